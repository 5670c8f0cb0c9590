#pragma once

#include "adapters/memory/memory_observations.hpp"
#include "adapters/memory/memory_store.hpp"
#include "edge/sensorthings/sensorthings.hpp"
#include "services/engine.hpp"
#include "services/sensing/entities.hpp"
#include "support/test_city.hpp"

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace chengshu::sensorthings {

/// A clock that only the test moves.
class TestClock final : public ports::Clock {
public:
    Instant now() override { return now_; }

    void set(std::string_view rfc3339) { now_ = *parse_rfc3339(rfc3339); }

private:
    Instant now_ = *parse_rfc3339("2025-09-16T01:00:00Z");
};

/// No secrets at all: digests that differ where the bytes differ.
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

/// Fails commits when told to, after or before they have happened.
class BrittleStore final : public memory::MemoryStore {
public:
    enum class Mood { Fine, Refuses, CommitsButSaysUnknown, LosesAndSaysUnknown };

    Status commit(const ports::Changes& changes) override;

    Mood mood = Mood::Fine;
};

/// Runs each job at once, in a commit of its own; or keeps them until `flush`, for one commit.
class TestSubmitter final : public services::Submitter {
public:
    explicit TestSubmitter(services::Engine& engine) : engine_(engine) {}

    bool submit(services::Job job) override;
    void flush();

    bool full = false;
    bool hold = false;

private:
    services::Engine& engine_;
    std::vector<services::Job> held_;
};

struct Field {
    std::string name;
    std::string value;
};

/// The test city behind the interface, with one API key for each of its accounts: "key-<login>".
class World {
public:
    explicit World(
        services::PublicSight sight = services::PublicSight::Everything,
        Options options = {}
    );

    /// `target` is below /sensorthings/v1.1/ unless it begins with a slash. `as` is a login; empty:
    /// nobody.
    http::Response ask(
        std::string method,
        std::string target,
        std::string body = {},
        std::string as = "administrator",
        std::vector<Field> headers = {}
    );
    /// Fails the test unless the answer is 200 and JSON.
    boost::json::value get(std::string target, std::string as = "administrator");
    /// Status of a GET.
    int status(std::string target, std::string as = "administrator");
    /// Makes an entity and gives its id; fails the test unless the answer is 201.
    std::int64_t make(std::string target, std::string body, std::string as = "administrator");
    /// The ids of a collection, in its order.
    std::vector<std::int64_t> ids(std::string target, std::string as = "administrator");

    /// A thing at a point with a stream of temperatures; gives the thing's id. `properties` is the
    /// JSON of the thing's properties.
    std::int64_t make_station(
        const std::string& name,
        const std::string& properties = "{}",
        city::Point point = testing::kEast1,
        std::string as = "administrator"
    );

    /// Everything anew from what is stored, as after a restart.
    void restart();

    services::DefinitionsPtr definitions;
    TestClock clock;
    TestSecrets secrets;
    BrittleStore store;
    memory::MemoryObservations rows;
    services::CurrentDefinitions current;
    services::Engine engine;
    TestSubmitter submitter{engine};
    services::DirectObservations door{rows, clock};
    std::unique_ptr<services::SensingEntities> entities;
    std::unique_ptr<SensorThings> edge;

private:
    void add_accounts();

    services::PublicSight sight_;
    Options options_;
};

/// The JSON of a station for a deep insert.
std::string station(const std::string& name, const std::string& properties, city::Point point);

boost::json::value json_of(const http::Response& response);
std::string text(const boost::json::value& value, std::string_view member);
/// The number at the end of a Location header or self link.
std::int64_t id_in(std::string_view link);

}  // namespace chengshu::sensorthings
