#include "edge/sensorthings/tests/world.hpp"

#include "services/accounts.hpp"
#include "services/definitions.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace chengshu::sensorthings {
namespace {

services::DefinitionsPtr test_definitions() {
    auto parsed = services::parse_definitions("testcity", testing::test_city_files());
    if (!parsed.definitions) {
        std::fputs(testing::to_text(parsed.findings).c_str(), stderr);
        std::abort();
    }
    return parsed.definitions;
}

}  // namespace

std::string TestSecrets::sha256(std::string_view bytes) {
    // Twice FNV-1a, in hex, padded to the length of a digest.
    std::string out;
    for (std::uint64_t hash : {14695981039346656037ULL, 1099511628211ULL}) {
        for (const char c : bytes) {
            hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
        }
        out += fmt::format("{:016x}", hash);
    }
    return out + out;
}

Status BrittleStore::commit(const ports::Changes& changes) {
    switch (mood) {
        case Mood::Fine:
            return memory::MemoryStore::commit(changes);
        case Mood::Refuses:
            return fail(ErrorCode::StorageUnavailable, "the test says so");
        case Mood::CommitsButSaysUnknown:
            CS_CHECK(memory::MemoryStore::commit(changes));
            break;
        case Mood::LosesAndSaysUnknown:
            break;
    }
    return fail(ErrorCode::OutcomeUnknown, "the test says so");
}

bool TestSubmitter::submit(services::Job job) {
    if (full) {
        return false;
    }
    held_.push_back(std::move(job));
    if (!hold) {
        flush();
    }
    return true;
}

void TestSubmitter::flush() {
    engine_.run(std::exchange(held_, {}));
}

World::World(services::PublicSight sight, Options options)
    : definitions(test_definitions()),
      rows("/nonexistent"),
      current(definitions),
      engine(store, clock, current),
      sight_(sight),
      options_(std::move(options)) {
    add_accounts();
    restart();
}

void World::restart() {
    edge.reset();
    entities = std::make_unique<services::SensingEntities>(current, door, sight_);
    const auto loaded = entities->load(store);
    EXPECT_TRUE(loaded) << loaded.error().context;
    edge = std::make_unique<SensorThings>(
        Ports{store, clock, secrets, current, submitter, *entities, options_}
    );
}

void World::add_accounts() {
    services::Job job;
    job.work = [&](services::UnitOfWork& work) -> Result<std::string> {
        for (const auto& demo : definitions->city->demo_accounts()) {
            services::Account account;
            account.login = demo.login;
            account.name = demo.name;
            account.posts = demo.posts;
            CS_CHECK(services::put_account(work, "test", account));
            services::Token token;
            token.login = demo.login;
            token.kind = "integration";
            token.label = "test";
            token.created = work.now();
            CS_CHECK(services::put_token(work, "test", secrets.sha256("key-" + demo.login), token));
        }
        return std::string("{}");
    };
    job.done = [](Result<std::string> done) { EXPECT_TRUE(done) << done.error().context; };
    submitter.submit(std::move(job));
}

http::Response World::ask(
    std::string method,
    std::string target,
    std::string body,
    std::string as,
    std::vector<Field> headers
) {
    http::Request request;
    request.method = std::move(method);
    request.target = target.starts_with('/') ? target : "/sensorthings/v1.1/" + target;
    request.body = std::move(body);
    request.headers.set("Host", "city.example");
    if (!as.empty()) {
        request.headers.set("Authorization", "Bearer key-" + as);
    }
    if (!request.body.empty()) {
        request.headers.set("Content-Type", "application/json");
    }
    for (auto& [name, value] : headers) {
        request.headers.set(name, value);
    }
    http::Response out;
    int replies = 0;
    edge->handle(std::move(request), [&](http::Response response) {
        out = std::move(response);
        ++replies;
    });
    EXPECT_EQ(replies, submitter.hold ? replies : 1) << target;
    return out;
}

boost::json::value World::get(std::string target, std::string as) {
    const auto response = ask("GET", target, {}, std::move(as));
    EXPECT_EQ(response.status, 200) << target << ": " << response.body;
    return json_of(response);
}

int World::status(std::string target, std::string as) {
    return ask("GET", std::move(target), {}, std::move(as)).status;
}

std::int64_t World::make(std::string target, std::string body, std::string as) {
    const auto response = ask("POST", target, std::move(body), std::move(as));
    EXPECT_EQ(response.status, 201) << target << ": " << response.body;
    return id_in(response.headers.get("Location"));
}

std::vector<std::int64_t> World::ids(std::string target, std::string as) {
    std::vector<std::int64_t> out;
    const auto value = get(std::move(target), std::move(as));
    const auto* list = value.is_object() ? value.get_object().if_contains("value") : nullptr;
    if (list == nullptr || !list->is_array()) {
        ADD_FAILURE() << boost::json::serialize(value);
        return out;
    }
    for (const auto& item : list->get_array()) {
        out.push_back(item.at("@iot.id").as_int64());
    }
    return out;
}

std::string station(const std::string& name, const std::string& properties, city::Point point) {
    return fmt::format(
        R"({{"name":"{0}","description":"an air station","properties":{1},)"
        R"("Locations":[{{"name":"{0} street","description":"where it stands",)"
        R"("encodingType":"application/geo+json",)"
        R"("location":{{"type":"Point","coordinates":[{2},{3}]}}}}],)"
        R"("Datastreams":[{{"name":"temperature at {0}","description":"every hour",)"
        R"("observationType":)"
        R"("http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement",)"
        R"("unitOfMeasurement":{{"name":"degree Celsius","symbol":"degC",)"
        R"("definition":"ucum:Cel"}},)"
        R"("Sensor":{{"name":"DHT","description":"a sensor","encodingType":"application/pdf",)"
        R"("metadata":"https://example.org/dht.pdf"}},)"
        R"("ObservedProperty":{{"name":"temperature","definition":"https://example.org/t",)"
        R"("description":"air temperature"}}}}]}})",
        name,
        properties,
        point.lon,
        point.lat
    );
}

std::int64_t World::make_station(
    const std::string& name,
    const std::string& properties,
    city::Point point,
    std::string as
) {
    return make("Things", station(name, properties, point), std::move(as));
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

std::int64_t id_in(std::string_view link) {
    std::int64_t id = 0;
    const auto open = link.rfind('(');
    if (open == std::string_view::npos) {
        ADD_FAILURE() << "no id in \"" << link << '"';
        return 0;
    }
    std::from_chars(link.data() + open + 1, link.data() + link.size(), id);
    return id;
}

}  // namespace chengshu::sensorthings
