// Who may read and change which terminal, for every kind of address.

#include "edge/sensorthings/tests/world.hpp"
#include "services/accounts.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace chengshu::sensorthings {
namespace {

using Ids = std::vector<std::int64_t>;
using services::PublicSight;

/// Things 1 (of SAN, in the east), 2 (of ROAD, in the west), 3 (of nobody, outside the city, but
/// marked as public), each with one of everything of the same number and one observation.
void fill_open(World& world) {
    world.make_station("san", R"({"department":"SAN"})", testing::kEast1);
    world.make_station("road", R"({"department":"ROAD"})", testing::kWest1);
    world.make_station("open", R"({"public":true})", testing::kOutside);
    for (const int id : {1, 2, 3}) {
        world.make(fmt::format("Datastreams({})/Observations", id), R"({"result":1})");
    }
}

constexpr const char* kOfThings[] = {
    "Things",
    "Locations",
    "HistoricalLocations",
    "Datastreams",
    "Observations",
    "FeaturesOfInterest",
};

struct Reader {
    const char* login;
    PublicSight sight;
    Ids sees;
    bool catalogue;
};

class ReadRights : public ::testing::TestWithParam<Reader> {};

TEST_P(ReadRights, HoldOnEveryRoute) {
    const auto& [login, sight, sees, catalogue] = GetParam();
    World world(sight);
    fill_open(world);
    for (const auto* set : kOfThings) {
        const std::string all = set;
        if (!catalogue) {
            EXPECT_EQ(world.status(all, login), std::string(login).empty() ? 401 : 403) << set;
            continue;
        }
        EXPECT_EQ(world.ids(all, login), sees) << set;
        EXPECT_EQ(
            world.get(all + "?$count=true&$top=1", login).at("@iot.count").as_int64(),
            static_cast<std::int64_t>(sees.size())
        ) << set;
        EXPECT_EQ(world.ids(all + "?$orderby=id%20desc", login), Ids(sees.rbegin(), sees.rend()))
            << set;
        EXPECT_EQ(world.ids(all + "?$filter=id%20gt%200", login), sees) << set;
        EXPECT_EQ(world.ask("GET", all + "/$count", {}, login).body, std::to_string(sees.size()));
        for (const std::int64_t id : {1, 2, 3}) {
            const bool seen = std::find(sees.begin(), sees.end(), id) != sees.end();
            EXPECT_EQ(world.status(fmt::format("{}({})", set, id), login), seen ? 200 : 404)
                << set << id;
        }
    }
    if (!catalogue) {
        return;
    }
    EXPECT_EQ(world.ids("Sensors", login).size(), 3U) << "the catalogue is shared";
    // Not through relations, expansions or filters either.
    for (const std::int64_t id : {1, 2, 3}) {
        const bool seen = std::find(sees.begin(), sees.end(), id) != sees.end();
        const Ids expected = seen ? Ids{id} : Ids{};
        EXPECT_EQ(world.ids(fmt::format("Sensors({})/Datastreams", id), login), expected);
        const auto sensor = world.get(fmt::format("Sensors({})?$expand=Datastreams", id), login);
        EXPECT_EQ(sensor.at("Datastreams").as_array().size(), expected.size());
        EXPECT_EQ(
            world.ids(fmt::format("Sensors?$filter=Datastreams/id%20eq%20{}", id), login), expected
        );
        EXPECT_EQ(
            world.ids(
                fmt::format("Sensors?$filter=Datastreams/Observations/id%20eq%20{}", id), login
            ),
            expected
        );
        EXPECT_EQ(
            world.status(fmt::format("Sensors({0})/Datastreams({0})/Thing/name", id), login),
            seen ? 200 : 404
        );
        EXPECT_EQ(
            world.status(fmt::format("Things({0})/Datastreams({0})/Observations({0})", id), login),
            seen ? 200 : 404
        );
    }
}

const Reader kReaders[] = {
    {"administrator", PublicSight::Nothing, {1, 2, 3}, true},
    {"leader", PublicSight::Nothing, {1, 2, 3}, true},
    {"collector", PublicSight::Nothing, {1, 2, 3}, true},
    {"handler-san", PublicSight::Nothing, {1}, true},
    {"handler-road", PublicSight::Nothing, {2}, true},
    {"handler-lamp", PublicSight::Nothing, {}, true},
    {"auditor", PublicSight::Nothing, {}, false},
    {"", PublicSight::Nothing, {}, false},
    {"handler-san", PublicSight::Marked, {1, 3}, true},
    {"auditor", PublicSight::Marked, {3}, true},
    {"", PublicSight::Marked, {3}, true},
    {"", PublicSight::Everything, {1, 2, 3}, true},
    {"handler-lamp", PublicSight::Everything, {1, 2, 3}, true},
};

INSTANTIATE_TEST_SUITE_P(All, ReadRights, ::testing::ValuesIn(kReaders));

struct Change {
    const char* method;
    const char* target;  ///< {} is the number of the thing
    const char* body;
    bool observing = false;  ///< needs the right to observe, not that to manage
};

constexpr Change kForbiddenChanges[] = {
    {"PATCH", "Things({})", R"({"description":"x"})"},
    {"PUT", "Things({})", R"({"name":"n","description":"x","properties":{"department":"DEP"}})"},
    {"POST",
     "Things({})/Locations",
     R"({"name":"p","description":"d","encodingType":"e","location":1})"},
    {"POST",
     "HistoricalLocations",
     R"({"time":"2020-01-01T00:00:00Z","Thing":{"@iot.id":THING},"Locations":[{"@iot.id":THING}]})"
    },
    {"PATCH", "Locations({})", R"({"name":"x"})"},
    {"PATCH", "Datastreams({})", R"({"name":"x"})"},
    {"PATCH", "Things({})/Datastreams({})", R"({"name":"y"})"},
    {"PATCH", "Sensors({})", R"({"name":"x"})"},
    {"PATCH", "ObservedProperties({})", R"({"name":"x"})"},
    {"PATCH", "FeaturesOfInterest({})", R"({"name":"x"})"},
    {"POST", "Datastreams({})/Observations", R"({"result":2})", true},
    {"POST", "Observations", R"({"result":2,"Datastream":{"@iot.id":THING}})", true},
    {"PATCH", "Observations({})", R"({"result":3})"},
    {"PUT", "Observations({})", R"({"result":4})"},
    {"DELETE", "Observations({})", ""},
    {"DELETE", "HistoricalLocations({})", ""},
    {"DELETE", "Datastreams({})", ""},
    {"DELETE", "Locations({})", ""},
    {"DELETE", "Things({})", ""},
};

std::string put(std::string text, const std::string& name, const std::string& value) {
    for (auto at = text.find(name); at != std::string::npos; at = text.find(name)) {
        text.replace(at, name.size(), value);
    }
    return text;
}

/// Status of every change of a thing, in turn.
std::vector<int>
statuses(World& world, int thing, const std::string& department, const std::string& login) {
    std::vector<int> out;
    for (const auto& change : kForbiddenChanges) {
        const auto number = std::to_string(thing);
        const auto body = put(put(change.body, "THING", number), "DEP", department);
        out.push_back(world.ask(change.method, put(change.target, "{}", number), body, login).status
        );
    }
    return out;
}

TEST(ChangeRights, AHandlerChangesWhatIsOfHisDepartment) {
    World world;
    fill_open(world);
    const auto his = statuses(world, 1, "SAN", "handler-san");
    const auto others = statuses(world, 2, "ROAD", "handler-san");
    for (std::size_t i = 0; i < his.size(); ++i) {
        const auto name =
            fmt::format("{} {}", kForbiddenChanges[i].method, kForbiddenChanges[i].target);
        EXPECT_TRUE(his[i] == 200 || his[i] == 201) << name << ": " << his[i];
        EXPECT_EQ(others[i], 403) << name;
    }
}

TEST(ChangeRights, WhoMayNotManageOrObserveDoesNeither) {
    for (const auto* login : {"leader", "evaluator", "acceptor", "dispatcher", "auditor", ""}) {
        World world;
        fill_open(world);
        for (const auto status : statuses(world, 1, "SAN", login)) {
            EXPECT_EQ(status, std::string(login).empty() ? 401 : 403) << login;
        }
    }
    World world;
    fill_open(world);
    const auto collector = statuses(world, 1, "SAN", "collector");
    for (std::size_t i = 0; i < collector.size(); ++i) {
        EXPECT_EQ(collector[i], kForbiddenChanges[i].observing ? 201 : 403)
            << kForbiddenChanges[i].target;
    }
}

TEST(ChangeRights, NobodyTakesOrGivesWhatIsNotHis) {
    World world;
    fill_open(world);
    const auto as_san = [&](std::string method, std::string target, std::string body) {
        return world.ask(std::move(method), std::move(target), std::move(body), "handler-san")
            .status;
    };
    // A thing needs his department when he makes it, and keeps it when he changes it.
    EXPECT_EQ(as_san("POST", "Things", R"({"name":"n","description":"d"})"), 403);
    EXPECT_EQ(
        as_san(
            "POST", "Things", R"({"name":"n","description":"d","properties":{"department":"ROAD"}})"
        ),
        403
    );
    EXPECT_EQ(
        as_san(
            "POST", "Things", R"({"name":"n","description":"d","properties":{"department":"SAN"}})"
        ),
        201
    );
    EXPECT_EQ(as_san("PATCH", "Things(1)", R"({"properties":{"department":"ROAD"}})"), 403);
    EXPECT_EQ(as_san("PATCH", "Datastreams(1)", R"({"Thing":{"@iot.id":2}})"), 403);
    EXPECT_EQ(as_san("PATCH", "Datastreams(2)", R"({"Thing":{"@iot.id":1}})"), 403);
    EXPECT_EQ(as_san("PATCH", "Things(1)", R"({"Datastreams":[{"@iot.id":2}]})"), 403);
    EXPECT_EQ(as_san("PATCH", "Observations(1)", R"({"Datastream":{"@iot.id":2}})"), 403);
    EXPECT_EQ(
        as_san(
            "POST",
            "Locations",
            R"({"name":"p","description":"d","encodingType":"e","location":1,
                "Things":[{"@iot.id":2}]})"
        ),
        403
    );
    // The catalogue: a sensor that others use is not his.
    EXPECT_EQ(world.ask("PATCH", "Datastreams(2)", R"({"Sensor":{"@iot.id":1}})").status, 200);
    EXPECT_EQ(as_san("PATCH", "Sensors(1)", R"({"name":"x"})"), 403);
    EXPECT_EQ(as_san("DELETE", "Sensors(1)", ""), 403);
    // Not in a batch or a data array either.
    const auto batch = world.ask(
        "POST",
        "$batch",
        R"_({"requests":[{"id":"1","atomicityGroup":"g","method":"patch","url":"Things(2)",
            "body":{"name":"x"}},{"id":"2","method":"delete","url":"Things(2)"}]})_",
        "handler-san"
    );
    EXPECT_NE(batch.body.find("\"status\":403"), std::string::npos) << batch.body;
    EXPECT_EQ(batch.body.find("\"status\":200"), std::string::npos) << batch.body;
    const auto rows = world.ask(
        "POST",
        "CreateObservations",
        R"([{"Datastream":{"@iot.id":2},"components":["result"],"dataArray":[[1]]}])",
        "handler-san"
    );
    EXPECT_EQ(rows.status, 201);
    EXPECT_NE(rows.body.find("error"), std::string::npos);
    EXPECT_EQ(world.ids("Datastreams(2)/Observations").size(), 1U);
    EXPECT_EQ(text(world.get("Things(2)"), "name"), "road");
}

TEST(ChangeRights, ATokenMayBeGivenForObservationsAlone) {
    World world(PublicSight::Nothing);
    fill_open(world);
    services::Job job;
    job.work = [&](services::UnitOfWork& work) -> Result<std::string> {
        services::Token token;
        token.login = "handler-san";
        token.kind = "integration";
        token.label = "a device";
        token.created = work.now();
        token.scopes = std::vector{access::Permission::Observe};
        CS_CHECK(services::put_token(work, "test", world.secrets.sha256("key-device"), token));
        return std::string("{}");
    };
    job.done = [](Result<std::string> done) { EXPECT_TRUE(done); };
    world.submitter.submit(std::move(job));
    EXPECT_EQ(
        world.ask("POST", "Datastreams(1)/Observations", R"({"result":5})", "device").status, 201
    );
    EXPECT_EQ(
        world.ask("POST", "Datastreams(2)/Observations", R"({"result":5})", "device").status, 404
    );
    EXPECT_EQ(world.status("Things(1)", "device"), 403);
    EXPECT_EQ(world.ask("PATCH", "Things(1)", R"({"name":"x"})", "device").status, 403);
    EXPECT_EQ(world.ask("GET", "Things", {}, "unknown").status, 401);
}

}  // namespace
}  // namespace chengshu::sensorthings
