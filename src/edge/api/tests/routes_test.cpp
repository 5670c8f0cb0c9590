#include "edge/api/internal/call.hpp"
#include "edge/api/internal/schema.hpp"
#include "edge/api/tests/api_fixture.hpp"
#include "support/test_city.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <set>

namespace chengshu::api {
namespace {

bool known_type(std::string_view type) {
    if (const auto either = type.find(" or "); either != std::string_view::npos) {
        return known_type(type.substr(0, either)) && known_type(type.substr(either + 4));
    }
    if (type.ends_with("[]")) {
        return known_type(type.substr(0, type.size() - 2));
    }
    if (type.starts_with("map ")) {
        return known_type(type.substr(4));
    }
    const auto plain = type.substr(0, type.find('('));
    static const std::set<std::string_view> kPlain{
        "text", "integer", "number", "flag", "any", "instant", "date", "case_id", "days"
    };
    return type.starts_with('=') || kPlain.contains(plain) || schema(type) != nullptr;
}

TEST(Routes, NameOnlySchemasAndParametersThatExist) {
    for (const auto& route : routes()) {
        const auto where = fmt::format("{} {}", route.method, route.path);
        for (const auto name : words(route.parameters)) {
            EXPECT_NE(parameter(name), nullptr) << where << ": " << name;
        }
        const bool raw = route.body == "bytes" || route.body == "readings" || route.body == "cap";
        EXPECT_TRUE(route.body.empty() || raw || schema(route.body) != nullptr) << where;
        const bool media = route.reply.find('/') != std::string_view::npos;
        const auto reply = route.reply.starts_with("list ") ? route.reply.substr(5) : route.reply;
        EXPECT_TRUE(reply.empty() || media || schema(reply) != nullptr) << where;
        EXPECT_NE(route.handle, nullptr) << where;
        EXPECT_FALSE(route.zh.empty() || route.en.empty()) << where;
        EXPECT_EQ(route.status == 204, route.reply.empty()) << where;
    }
}

TEST(Routes, SchemasUseOnlyTypesThatExist) {
    std::set<std::string_view> names;
    for (const auto& item : schemas()) {
        EXPECT_TRUE(names.insert(item.name).second) << item.name << " is there twice";
        for (const auto& field : item.fields) {
            EXPECT_TRUE(known_type(field.type))
                << item.name << "." << field.name << ": " << field.type;
        }
    }
    for (const auto& item : parameters()) {
        EXPECT_TRUE(known_type(item.type)) << item.name;
    }
}

TEST(Routes, AreFoundByAddressAndMethod) {
    const auto find = [](std::string_view method, std::vector<std::string> path) {
        return match_route(method, path);
    };
    EXPECT_EQ(find("GET", {"cases"}).route->name, "listCases");
    EXPECT_EQ(find("GET", {"cases.csv"}).route->name, "exportCases");
    const auto tile = find("GET", {"tiles", "3", "4", "5.mvt"});
    ASSERT_NE(tile.route, nullptr);
    EXPECT_EQ(tile.path, (Pairs{{"z", "3"}, {"x", "4"}, {"y", "5"}}));
    EXPECT_EQ(find("GET", {"tiles", "3", "4", "5"}).route, nullptr);
    EXPECT_EQ(find("GET", {"tiles", "3", "4", ".mvt"}).route, nullptr);
    EXPECT_EQ(find("GET", {"cases", ""}).route, nullptr);
    EXPECT_EQ(find("GET", {"nothing"}).allowed, "");
    EXPECT_EQ(find("PATCH", {"cases"}).allowed, "GET");
    EXPECT_EQ(find("GET", {}).route, nullptr);
}

TEST(Routes, OpenApiDocumentIsTheCommittedOne) {
    const auto path = std::string(CS_SOURCE_DIR) + "/api/openapi.json";
    const auto document = openapi_document();
    if (std::getenv("CS_UPDATE") != nullptr) {
        std::ofstream(path, std::ios::binary) << document;
    }
    // Not EXPECT_EQ: it would print both documents whole.
    EXPECT_TRUE(testing::source_file("api/openapi.json") == document)
        << "run this test with CS_UPDATE=1 in the environment to write api/openapi.json anew";
}

TEST(Routes, OpenApiDocumentHoldsEveryRouteAndNoBrokenReference) {
    const auto text = openapi_document();
    const auto document = json::parse(text);
    const auto& paths = document.at("paths").as_object();
    for (const auto& route : routes()) {
        std::string method(route.method);
        for (auto& c : method) {
            c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        }
        ASSERT_TRUE(paths.contains(route.path)) << route.path;
        EXPECT_TRUE(paths.at(route.path).as_object().contains(method))
            << route.method << " " << route.path;
    }
    const auto& known = document.at("components").at("schemas").as_object();
    const std::string mark = "#/components/schemas/";
    for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark, at + 1)) {
        const auto begin = at + mark.size();
        EXPECT_TRUE(known.contains(text.substr(begin, text.find('"', begin) - begin)));
    }
}

/// A request to a route that is well formed as far as the gate is concerned.
Reply knock(World& world, const Route& route, std::string_view who, const std::string& number) {
    std::string path(route.path);
    for (auto open = path.find('{'); open != std::string::npos; open = path.find('{')) {
        const auto close = path.find('}');
        const auto name = path.substr(open + 1, close - open - 1);
        path.replace(
            open,
            close - open + 1,
            name == "case"    ? number
            : name == "login" ? "nobody"
                              : "1"
        );
    }
    return world.call(who, route.method, path, route.body.empty() ? "" : "{}");
}

TEST(Rights, EveryRouteAsksForWhatItsRowSays) {
    World world;
    const auto number = world.report(testing::category::kRubbish);
    const std::vector<std::string> people{
        "",
        "collector",
        "acceptor",
        "shift_leader",
        "dispatcher",
        "handler-san",
        "evaluator",
        "leader",
        "administrator",
        "auditor"
    };
    for (const auto& route : routes()) {
        if (route.name == "closeSession") {
            continue;  // would take the token away
        }
        for (const auto& who : people) {
            const auto where = fmt::format("{} {} as \"{}\"", route.method, route.path, who);
            const auto kind = who.substr(0, who.find('-'));
            const auto reply = knock(world, route, who, number);
            const bool open = route.gate.kind == Gate::Kind::Anyone ||
                              (route.gate.kind == Gate::Kind::Permitted &&
                               access::permission_info(route.gate.permission).without_post);
            if (who.empty()) {
                EXPECT_EQ(reply.status == 401, !open) << where << ": " << reply.text;
                continue;
            }
            const bool allowed = open || route.gate.kind == Gate::Kind::SignedIn ||
                                 access::has(kind, route.gate.permission);
            if (!allowed) {
                EXPECT_EQ(reply.status, 403) << where << ": " << reply.text;
            } else if (route.name != "setPassword" && route.name != "getScores") {
                EXPECT_NE(reply.status, 403) << where << ": " << reply.text;
                EXPECT_NE(reply.status, 401) << where << ": " << reply.text;
            }
            EXPECT_LT(reply.status, 500) << where << ": " << reply.text;
        }
    }
}

TEST(Rights, ACaseOutOfScopeShowsOnlyItsPublicView) {
    World world;
    const auto east =
        world.report(testing::category::kRubbish, testing::kEast1.lon, testing::kEast1.lat);
    const auto west =
        world.report(testing::category::kRubbish, testing::kWest1.lon, testing::kWest1.lat);
    for (const auto& kind : {"acceptor-west", "dispatcher-west", "leader-west"}) {
        const auto inner = world.get(kind, "/cases/" + west);
        EXPECT_EQ(inner.text_at("inner"), "true") << kind;
        EXPECT_NE(inner.text_at("description"), "") << kind;
        const auto outer = world.get(kind, "/cases/" + east);
        EXPECT_EQ(outer.status, 200) << kind;
        EXPECT_EQ(outer.text_at("inner"), "false") << kind;
        EXPECT_EQ(outer.text_at("description"), "") << kind;
        EXPECT_TRUE(outer.at("reporter").is_null()) << kind;
        EXPECT_EQ(world.get(kind, "/cases/" + east + "/actions").status, 404) << kind;
        EXPECT_EQ(world.act(kind, east, {{"action", "note"}, {"reason", "x"}}), "not_found")
            << kind;
        EXPECT_EQ(world.act(kind, west, {{"action", "note"}, {"reason", "x"}}), "dispatched")
            << kind;
        const auto list = world.get(kind, "/cases");
        ASSERT_EQ(list.list("items").size(), 1U) << kind;
        EXPECT_EQ(list.text_at("items.0.id"), west) << kind;
        EXPECT_EQ(world.get(kind, "/cases?scope=all").list("items").size(), 2U) << kind;
    }
    EXPECT_EQ(
        world.post("acceptor-west", "/cases/" + east + "/reveal", {{"reason", "x"}}).status, 404
    );
    EXPECT_EQ(
        world.post("handler-road", "/cases/" + east + "/reveal", {{"reason", "x"}}).status, 404
    );
    EXPECT_EQ(
        world.post("handler-san", "/cases/" + east + "/reveal", {{"reason", "x"}}).status, 200
    );
}

TEST(Rights, AdministratorAndAuditorSeeCasesAsThePublicDoes) {
    World world;
    const auto number = world.report(testing::category::kRubbish);
    for (const auto& who : {"", "administrator", "auditor"}) {
        const auto reply = world.get(who, "/cases/" + number);
        EXPECT_EQ(reply.text_at("inner"), "false") << who;
        EXPECT_EQ(reply.text_at("address").find("3号楼"), std::string::npos) << who;
        const auto timeline = world.get(who, "/cases/" + number + "/timeline");
        EXPECT_EQ(timeline.text.find("changes"), std::string::npos) << who;
        EXPECT_EQ(timeline.text.find("\"account\""), std::string::npos) << who;
    }
}

}  // namespace
}  // namespace chengshu::api
