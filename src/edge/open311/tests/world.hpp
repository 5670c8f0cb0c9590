#pragma once

#include "adapters/memory/memory_store.hpp"
#include "edge/open311/open311.hpp"
#include "services/engine.hpp"
#include "support/test_city.hpp"

#include <boost/json.hpp>
#include <gtest/gtest.h>
#include <pugixml.hpp>

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chengshu::open311 {

/// A clock that only the test moves.
class TestClock final : public ports::Clock {
public:
    Instant now() override { return now_; }

    void set(std::string_view rfc3339) { now_ = *parse_rfc3339(rfc3339); }

    void pass(Duration time) { now_ += time; }

private:
    Instant now_ = *parse_rfc3339("2025-09-16T01:00:00Z");  // Tuesday, 09:00 in the city
};

/// No secrets at all: digests that differ where the bytes differ, for tests.
class TestSecrets final : public ports::Secrets {
public:
    std::string random_token(std::size_t bytes) override { return std::string(bytes, 'r'); }

    Result<std::string> hash_password(std::string_view password) override {
        return "hash:" + std::string(password);
    }

    bool verify_password(std::string_view password, std::string_view encoded) override {
        return encoded == "hash:" + std::string(password);
    }

    std::string sha256(std::string_view bytes) override;

    std::string hmac_sha256(std::string_view key, std::string_view bytes) override {
        return sha256(std::string(key) + ":" + std::string(bytes));
    }
};

class TestBlobs final : public ports::Blobs {
public:
    explicit TestBlobs(TestSecrets& secrets) : secrets_(secrets) {}

    Result<std::string> put(std::string_view bytes) override;
    Result<std::optional<std::string>> get(std::string_view sha256) override;
    Result<bool> has(std::string_view sha256) override;

    std::map<std::string, std::string, std::less<>> files;

private:
    TestSecrets& secrets_;
};

/// Runs each job at once, in a commit of its own.
class InlineSubmitter final : public services::Submitter {
public:
    explicit InlineSubmitter(services::Engine& engine) : engine_(engine) {}

    bool submit(services::Job job) override;

    bool full = false;

private:
    services::Engine& engine_;
};

struct Field {
    std::string name;
    std::string value;
};

/// The test city behind the interface, with one API key for each of its accounts: "key-<login>".
class World {
public:
    explicit World(const testing::TestCityOptions& city = {});

    http::Response ask(
        std::string method,
        std::string target,
        std::string body = {},
        std::vector<Field> headers = {}
    );
    http::Response get(std::string target, std::vector<Field> headers = {});
    /// As application/x-www-form-urlencoded.
    http::Response
    post(std::string target, const std::vector<Field>& form, std::vector<Field> headers = {});

    /// A request for rubbish in the east, filed with the acceptor's key; the form's fields replace
    /// the usual ones.
    std::string file(const std::vector<Field>& form = {});
    /// The request as JSON, expecting that there is one.
    boost::json::object request(const std::string& id, const std::string& query = {});
    [[nodiscard]] CaseId case_of(const std::string& id);
    /// Does an action as the account of that login; expects that it may.
    void
    act(CaseId id, const std::string& login, const std::string& action, cases::Inputs inputs = {});
    /// Updates as JSON.
    boost::json::array updates(const std::string& query = {});

    services::DefinitionsPtr definitions;
    TestClock clock;
    TestSecrets secrets;
    TestBlobs blobs{secrets};
    memory::MemoryStore store;
    services::CurrentDefinitions current;
    services::Engine engine;
    InlineSubmitter submitter{engine};
    std::unique_ptr<Open311> open311;

private:
    void add_accounts();
    Result<std::string> run(std::function<Result<std::string>(services::UnitOfWork&)> work);
};

std::string encode(std::string_view text);
std::string form(const std::vector<Field>& fields);
/// With the boundary "XyZ"; a field whose value begins with "@" is a file of the rest.
std::string multipart(const std::vector<Field>& fields);
inline const Field kMultipart{"Content-Type", "multipart/form-data; boundary=XyZ"};
/// The smallest file that counts as a JPEG.
std::string jpeg();

/// Fails the test when the answer is not well-formed XML with its declaration and type.
pugi::xml_document xml(const http::Response& response);
boost::json::value json_of(const http::Response& response);
std::string text(const boost::json::value& value, std::string_view member);

}  // namespace chengshu::open311
