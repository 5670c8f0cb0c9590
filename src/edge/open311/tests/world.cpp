#include "edge/open311/tests/world.hpp"

#include "services/accounts.hpp"
#include "services/definitions.hpp"
#include "services/transitions.hpp"

#include <fmt/format.h>

#include <cstdint>

namespace chengshu::open311 {
namespace {

services::DefinitionsPtr definitions_of(const testing::TestCityOptions& options) {
    auto parsed = services::parse_definitions("testcity", testing::test_city_files(options));
    if (!parsed.definitions) {
        ADD_FAILURE() << testing::to_text(parsed.findings);
        std::abort();
    }
    return parsed.definitions;
}

}  // namespace

std::string TestSecrets::sha256(std::string_view bytes) {
    std::string out;
    for (std::uint64_t seed = 1; seed <= 4; ++seed) {
        std::uint64_t hash = 14695981039346656037U * seed;
        for (const char c : bytes) {
            hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
        }
        out += fmt::format("{:016x}", hash);
    }
    return out;
}

Result<std::string> TestBlobs::put(std::string_view bytes) {
    auto name = secrets_.sha256(bytes);
    files[name] = bytes;
    return name;
}

Result<std::optional<std::string>> TestBlobs::get(std::string_view sha256) {
    const auto found = files.find(sha256);
    return found == files.end() ? std::nullopt : std::optional(found->second);
}

Result<bool> TestBlobs::has(std::string_view sha256) {
    return files.contains(sha256);
}

bool InlineSubmitter::submit(services::Job job) {
    if (full) {
        return false;
    }
    std::vector<services::Job> jobs;
    jobs.push_back(std::move(job));
    engine_.run(std::move(jobs));
    return true;
}

World::World(const testing::TestCityOptions& city)
    : definitions(definitions_of(city)), current(definitions), engine(store, clock, current) {
    add_accounts();
    open311 = std::make_unique<Open311>(store, clock, secrets, blobs, current, submitter);
}

Result<std::string> World::run(std::function<Result<std::string>(services::UnitOfWork&)> work) {
    Result<std::string> out = fail(ErrorCode::Internal, "no reply");
    services::Job job;
    job.work = std::move(work);
    job.done = [&](Result<std::string> reply) { out = std::move(reply); };
    submitter.submit(std::move(job));
    return out;
}

void World::add_accounts() {
    const auto done = run([&](services::UnitOfWork& work) -> Result<std::string> {
        for (const auto& demo : definitions->city->demo_accounts()) {
            services::Account account;
            account.login = demo.login;
            account.name = demo.name;
            account.posts = demo.posts;
            CS_CHECK(services::put_account(work, "test", account));
            const services::Token token{demo.login, "integration", "test", work.now(), {}};
            CS_CHECK(services::put_token(work, "test", secrets.sha256("key-" + demo.login), token));
        }
        return std::string("{}");
    });
    EXPECT_TRUE(done) << done.error().context;
}

http::Response
World::ask(std::string method, std::string target, std::string body, std::vector<Field> headers) {
    http::Request request;
    request.method = std::move(method);
    request.target = "/open311/v2/" + target;
    request.body = std::move(body);
    request.headers.set("Host", "city.example");
    for (auto& [name, value] : headers) {
        request.headers.set(name, value);
    }
    http::Response out;
    int replies = 0;
    open311->handle(std::move(request), [&](http::Response response) {
        out = std::move(response);
        ++replies;
    });
    EXPECT_EQ(replies, 1);
    return out;
}

http::Response World::get(std::string target, std::vector<Field> headers) {
    return ask("GET", std::move(target), {}, std::move(headers));
}

http::Response
World::post(std::string target, const std::vector<Field>& fields, std::vector<Field> headers) {
    headers.push_back({"Content-Type", "application/x-www-form-urlencoded"});
    return ask("POST", std::move(target), form(fields), std::move(headers));
}

std::string World::file(const std::vector<Field>& fields) {
    std::vector<Field> all{
        {"api_key", "key-acceptor"},
        {"service_code", "0101"},
        {"lat", "40.05"},
        {"long", "116.35"},
        {"description", "Rubbish by the gate"},
    };
    for (const auto& field : fields) {
        std::erase_if(all, [&](const auto& item) { return item.name == field.name; });
        all.push_back(field);
    }
    const auto answer = json_of(post("requests.json", all));
    if (!answer.is_array() || answer.get_array().size() != 1) {
        ADD_FAILURE() << boost::json::serialize(answer);
        return {};
    }
    return text(answer.at(0), "service_request_id");
}

boost::json::object World::request(const std::string& id, const std::string& query) {
    const auto answer = json_of(get("requests/" + id + ".json" + query));
    if (!answer.is_array() || answer.get_array().size() != 1) {
        ADD_FAILURE() << boost::json::serialize(answer);
        return {};
    }
    return answer.at(0).as_object();
}

CaseId World::case_of(const std::string& id) {
    const auto report = store.find_report(ReportId{*parse_id(id)});
    return (*report)->case_id;
}

void World::act(
    CaseId id,
    const std::string& login,
    const std::string& action,
    cases::Inputs inputs
) {
    const auto done = run([&](services::UnitOfWork& work) -> Result<std::string> {
        CS_TRY(row, work.document("account", login));
        CS_TRY(account, services::Account::from_json(*row));
        const services::ActionRequest request{id, action, inputs, {}, {}};
        CS_CHECK(services::act(work, services::principal_of(account, *definitions), request));
        return std::string("{}");
    });
    EXPECT_TRUE(done) << action << ": " << done.error().context;
}

boost::json::array World::updates(const std::string& query) {
    const auto answer = json_of(get("servicerequestupdates.json" + query));
    return answer.is_array() ? answer.get_array() : boost::json::array();
}

std::string encode(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const bool plain =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        out += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return out;
}

std::string form(const std::vector<Field>& fields) {
    std::string out;
    for (const auto& [name, value] : fields) {
        out += fmt::format("{}{}={}", out.empty() ? "" : "&", encode(name), encode(value));
    }
    return out;
}

std::string multipart(const std::vector<Field>& fields) {
    std::string out;
    for (const auto& [name, value] : fields) {
        out += "--XyZ\r\nContent-Disposition: form-data; name=\"" + name + "\"";
        if (value.starts_with('@')) {
            out += "; filename=\"a.jpg\"\r\nContent-Type: image/jpeg\r\n\r\n" + value.substr(1) +
                   "\r\n";
        } else {
            out += "\r\n\r\n" + value + "\r\n";
        }
    }
    return out + "--XyZ--\r\n";
}

std::string jpeg() {
    using namespace std::string_literals;
    return "\xff\xd8"s                                              // start of image
           "\xff\xc0\x00\x0b\x08\x00\x01\x00\x01\x01\x01\x11\x00"s  // frame: one grey pixel
           "\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00\x00"s          // scan
           "\xff\xd9"s;
}

pugi::xml_document xml(const http::Response& response) {
    EXPECT_EQ(response.headers.get("Content-Type"), "text/xml; charset=utf-8");
    EXPECT_TRUE(response.body.starts_with("<?xml version=\"1.0\" encoding=\"utf-8\"?>"))
        << response.body;
    pugi::xml_document out;
    EXPECT_TRUE(out.load_buffer(response.body.data(), response.body.size())) << response.body;
    return out;
}

boost::json::value json_of(const http::Response& response) {
    EXPECT_EQ(response.headers.get("Content-Type"), "application/json; charset=utf-8");
    boost::system::error_code error;
    auto out = boost::json::parse(response.body, error);
    EXPECT_FALSE(error) << response.body;
    return out;
}

std::string text(const boost::json::value& value, std::string_view member) {
    const auto* found = value.is_object() ? value.get_object().if_contains(member) : nullptr;
    return found != nullptr && found->is_string()
               ? std::string(std::string_view(found->get_string()))
               : std::string();
}

}  // namespace chengshu::open311
