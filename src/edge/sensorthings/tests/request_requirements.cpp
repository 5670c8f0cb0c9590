// Queries: what is shown, of what, in which order and how much at a time.

#include "edge/sensorthings/tests/requirements.hpp"

#include <fmt/format.h>

#include <string>
#include <vector>

namespace chengshu::sensorthings {
namespace {

namespace json = boost::json;
using Ids = std::vector<std::int64_t>;

/// Three stations "a" to "c" and ten hourly temperatures of the first, 0 to 9 degrees.
void fill_stations(World& world) {
    world.make_station("a", R"({"floor":3,"tags":{"x":"one"}})");
    world.make_station("b", R"({"floor":1})", testing::kWest1);
    world.make_station("c");
    for (int i = 0; i < 10; ++i) {
        world.make(
            "Datastreams(1)/Observations",
            fmt::format(
                R"({{"result":{},"phenomenonTime":"2025-09-16T0{}:00:00Z"}})", (i * 7) % 10, i
            )
        );
    }
}

void status_codes(World& world) {
    fill_stations(world);
    EXPECT_EQ(world.status("Things"), 200);
    EXPECT_EQ(world.status("Things(9)"), 404);
    EXPECT_EQ(world.ask("PUT", "Things", "{}").status, 405);
    EXPECT_EQ(world.ask("POST", "Things(1)", "{}").status, 405);
    EXPECT_EQ(world.ask("BREW", "Things").status, 405);
    const auto response = world.ask("GET", "Things(9)");
    const auto body = json_of(response);
    EXPECT_EQ(body.at("code").as_int64(), 404);
    EXPECT_EQ(text(body, "type"), "error");
    EXPECT_NE(text(body, "message").find("Things(9)"), std::string::npos);
    const auto chinese =
        json_of(world.ask("GET", "Things(9)", "", "", {{"Accept-Language", "zh-CN"}}));
    EXPECT_NE(text(chinese, "message").find("对象不存在"), std::string::npos);
}

void query_status_codes(World& world) {
    fill_stations(world);
    for (const auto* bad :
         {"Things?$filter=nam%20eq%20'a'",
          "Things?$filter=name%20eq",
          "Things?$orderby=nothing",
          "Things?$top=-1",
          "Things?$skip=x",
          "Things?$count=perhaps",
          "Things?$select=nothing",
          "Things?$expand=Sensors",
          "Things?$unknown=1",
          "Things?$top=1&$top=2",
          "Things?$skiptoken=abc",
          "Observations?$skiptoken=abc",
          "Things?$resultFormat=CSV"}) {
        EXPECT_EQ(world.status(bad), 400) << bad;
    }
    const auto body = json_of(world.ask("GET", "Things?$filter=nam%20eq%20'a'"));
    EXPECT_EQ(text(body, "field"), "$filter");
}

void order(World& world) {
    fill_stations(world);
    // Filter, then count, then order, then skip and top, then expand and select.
    const auto page = world.get(
        "Datastreams(1)/Observations?$select=result&$top=2&$skip=1&$orderby=result%20desc"
        "&$count=true&$filter=result%20lt%208"
    );
    EXPECT_EQ(page.at("@iot.count").as_int64(), 8);
    EXPECT_EQ(json::serialize(page.at("value")), R"([{"result":6},{"result":5}])");
}

void expand(World& world) {
    fill_stations(world);
    const auto one = world.get(
        "Things(1)?$expand=Datastreams($select=name;$expand=Sensor,Observations($top=2;"
        "$orderby=phenomenonTime%20desc;$select=result;$count=true)),Locations"
    );
    const auto& stream = one.at("Datastreams").at(0);
    EXPECT_EQ(text(stream, "name"), "temperature at a");
    EXPECT_EQ(text(stream.at("Sensor"), "name"), "DHT");
    EXPECT_EQ(stream.at("Observations@iot.count").as_int64(), 10);
    EXPECT_EQ(json::serialize(stream.at("Observations")), R"([{"result":3},{"result":6}])");
    EXPECT_FALSE(stream.as_object().contains("description"));
    EXPECT_EQ(one.at("Locations").as_array().size(), 1U);
    // What is left out of an expanded collection stands behind its link.
    const auto next = text(stream, "Observations@iot.nextLink");
    const auto more = world.get(next.substr(std::string("http://city.example").size()));
    EXPECT_EQ(json::serialize(more.at("value")), R"([{"result":9},{"result":2}])");
    const auto deep = world.get("Observations(1)?$expand=Datastream/Thing,FeatureOfInterest");
    EXPECT_EQ(text(deep.at("Datastream").at("Thing"), "name"), "a");
    EXPECT_EQ(text(deep.at("FeatureOfInterest"), "name"), "a street");
    const auto list = world.get("Things?$expand=Datastreams($filter=name%20eq%20'nothing')");
    EXPECT_TRUE(list.at("value").at(0).at("Datastreams").as_array().empty());
    // The latest of many streams are read together, and are those that each of them has alone.
    for (int i = 0; i < 2; ++i) {
        world.make(
            "Datastreams(2)/Observations",
            fmt::format(R"({{"result":{0},"phenomenonTime":"2025-09-16T0{0}:30:00Z"}})", i)
        );
    }
    for (const auto* top : {"1", "2", "3", "20"}) {
        const auto latest = fmt::format("$top={};$orderby=phenomenonTime%20desc;$count=true", top);
        const auto streams =
            world.get(fmt::format("Datastreams?$expand=Observations({})", latest)).at("value");
        const auto things =
            world.get(fmt::format("Things?$expand=Datastreams($expand=Observations({}))", latest))
                .at("value");
        ASSERT_EQ(streams.as_array().size(), 3U);
        for (std::size_t i = 0; i < 3; ++i) {
            const auto alone =
                world.get(fmt::format("Datastreams({})?$expand=Observations({})", i + 1, latest));
            EXPECT_EQ(streams.at(i), alone) << top << " of " << i + 1;
            EXPECT_EQ(things.at(i).at("Datastreams").at(0), alone) << top << " of " << i + 1;
        }
    }
}

void select(World& world) {
    fill_stations(world);
    EXPECT_EQ(json::serialize(world.get("Things(1)?$select=name")), R"({"name":"a"})");
    EXPECT_EQ(
        json::serialize(world.get("Things?$select=id,name&$top=1").at("value")),
        R"([{"@iot.id":1,"name":"a"}])"
    );
    const auto links = world.get("Things(1)?$select=Datastreams");
    EXPECT_EQ(links.as_object().size(), 1U);
    EXPECT_TRUE(links.as_object().contains("Datastreams@iot.navigationLink"));
    EXPECT_EQ(
        json::serialize(world.get("Things(1)?$select=properties/tags/x")),
        R"({"properties":{"tags":{"x":"one"}}})"
    );
}

void orderby(World& world) {
    fill_stations(world);
    EXPECT_EQ(world.ids("Things?$orderby=name%20desc"), (Ids{3, 2, 1}));
    EXPECT_EQ(world.ids("Things?$orderby=id%20desc"), (Ids{3, 2, 1}));
    EXPECT_EQ(world.ids("Things?$orderby=properties/floor,name"), (Ids{3, 2, 1}));
    EXPECT_EQ(world.ids("Datastreams?$orderby=Thing/name%20desc"), (Ids{3, 2, 1}));
    EXPECT_EQ(world.ids("Observations?$orderby=result&$top=3"), (Ids{1, 4, 7}));
    EXPECT_EQ(world.ids("Observations?$orderby=phenomenonTime%20desc&$top=2"), (Ids{10, 9}));
    EXPECT_EQ(world.ids("Observations?$orderby=Datastream/name,result%20desc&$top=2"), (Ids{8, 5}));
}

void skip(World& world) {
    fill_stations(world);
    EXPECT_EQ(world.ids("Things?$skip=1"), (Ids{2, 3}));
    EXPECT_EQ(world.ids("Things?$skip=9"), Ids{});
    EXPECT_EQ(world.ids("Observations?$skip=8"), (Ids{9, 10}));
    EXPECT_EQ(world.ids("Things?$orderby=name%20desc&$skip=2"), (Ids{1}));
}

void top(World& world) {
    fill_stations(world);
    EXPECT_EQ(world.ids("Things?$top=2"), (Ids{1, 2}));
    EXPECT_EQ(world.ids("Things?$top=0"), Ids{});
    EXPECT_FALSE(world.get("Things?$top=0").as_object().contains("@iot.nextLink"));
    EXPECT_EQ(world.ids("Observations?$top=1"), (Ids{1}));
}

void count(World& world) {
    fill_stations(world);
    EXPECT_EQ(world.get("Things?$count=true&$top=1").at("@iot.count").as_int64(), 3);
    EXPECT_FALSE(world.get("Things?$count=false").as_object().contains("@iot.count"));
    EXPECT_FALSE(world.get("Things").as_object().contains("@iot.count"));
    const auto some = world.get("Things?$count=true&$filter=name%20ne%20'b'&$top=1");
    EXPECT_EQ(some.at("@iot.count").as_int64(), 2);
    EXPECT_EQ(world.get("Observations?$count=true&$top=0").at("@iot.count").as_int64(), 10);
    EXPECT_EQ(world.get("Datastreams(2)/Observations?$count=true").at("@iot.count").as_int64(), 0);
    EXPECT_EQ(
        world.get("Observations?$count=true&$filter=result%20gt%204%20and%20id%20le%205")
            .at("@iot.count")
            .as_int64(),
        2
    );
}

void filter(World& world) {
    fill_stations(world);
    EXPECT_EQ(world.ids("Things?$filter=name%20eq%20'b'"), (Ids{2}));
    EXPECT_EQ(world.ids("Things?$filter=properties/floor%20gt%202"), (Ids{1}));
    EXPECT_EQ(world.ids("Datastreams?$filter=Thing/name%20eq%20'c'"), (Ids{3}));
    EXPECT_EQ(world.ids("Things?$filter=Datastreams/Observations/result%20eq%209"), (Ids{1}));
    EXPECT_EQ(
        world.ids("Observations?$filter=phenomenonTime%20ge%202025-09-16T08:00:00Z"), (Ids{9, 10})
    );
    EXPECT_EQ(
        world.ids("Observations?$filter=Datastream/id%20eq%201%20and%20result%20ge%208"),
        (Ids{5, 8})
    );
    EXPECT_EQ(world.ids("Observations?$filter=Datastream/Thing/name%20eq%20'b'"), Ids{});
    EXPECT_EQ(
        world.ids("Observations?$filter=Datastream/id%20eq%201%20and%20Datastream/id%20eq%202"),
        Ids{}
    );
    EXPECT_EQ(world.ids("Observations?$filter=MultiDatastream/id%20eq%201"), Ids{});
}

void operations(World& world) {
    fill_stations(world);
    const std::vector<std::pair<const char*, Ids>> cases{
        {"result eq 7", {2}},
        {"result ne 7 and id le 3", {1, 3}},
        {"result gt 8", {8}},
        {"result ge 8", {5, 8}},
        {"result lt 1", {1}},
        {"result le 1", {1, 4}},
        {"result lt 1 or result gt 8", {1, 8}},
        {"not (result lt 9)", {8}},
        {"result add 1 eq 10", {8}},
        {"result sub 1 eq 8", {8}},
        {"result mul 2 eq 18", {8}},
        {"result div 3 eq 3", {8}},
        {"result mod 5 eq 4", {3, 8}},
        {"resultTime eq null and result eq 9", {8}},
        {"(result eq 1 or result eq 2) and not (result eq 2)", {4}},
    };
    for (const auto& [text, ids] : cases) {
        std::string encoded;
        for (const char c : std::string_view(text)) {
            encoded += c == ' ' ? std::string("%20") : std::string(1, c);
        }
        EXPECT_EQ(world.ids("Observations?$filter=" + encoded), ids) << text;
    }
}

void functions(World& world) {
    fill_stations(world);
    const std::vector<std::pair<const char*, Ids>> cases{
        {"Datastreams?$filter=substringof('at b',name)", {2}},
        {"Datastreams?$filter=contains(name,'at b')", {2}},
        {"Datastreams?$filter=startswith(name,'temp')", {1, 2, 3}},
        {"Datastreams?$filter=endswith(name,'c')", {3}},
        {"Things?$filter=length(name) eq 1 and indexof(name,'b') eq 0", {2}},
        {"Datastreams?$filter=substring(name,15) eq 'c'", {3}},
        {"Things?$filter=toupper(name) eq 'A'", {1}},
        {"Things?$filter=tolower('B') eq name", {2}},
        {"Things?$filter=trim(concat(name,' ')) eq 'c'", {3}},
        {"Observations?$filter=hour(phenomenonTime) eq 4", {5}},
        {"Observations?$filter=year(phenomenonTime) eq 2025 and minute(phenomenonTime) eq 0 and "
         "id eq 1",
         {1}},
        {"Observations?$filter=phenomenonTime lt now() and id eq 1", {1}},
        {"Observations?$filter=round(result) eq 9 and floor(result) eq ceiling(result)", {8}},
        {"Observations?$filter=after(phenomenonTime,2025-09-16T08:30:00Z)", {10}},
        {"Locations?$filter=geo.distance(location,geography'POINT(116.15 40.05)') lt 0.01", {2}},
        {"Locations?$filter=st_within(location,geography'POLYGON((116.1 40,116.2 40,116.2 40.1,"
         "116.1 40.1,116.1 40))')",
         {2}},
        {"Locations?$filter=geo.intersects(location,geography'POLYGON((116.3 40,116.4 40,116.4 "
         "40.1,116.3 40.1,116.3 40))')",
         {1, 3}},
        {"FeaturesOfInterest?$filter=st_equals(feature,geography'POINT(116.35 40.05)')", {1}},
    };
    for (const auto& [text, ids] : cases) {
        std::string encoded;
        for (const char c : std::string_view(text)) {
            encoded += c == ' ' ? std::string("%20") : std::string(1, c);
        }
        EXPECT_EQ(world.ids(encoded), ids) << text;
    }
}

/// Follows nextLinks to the end.
Ids walk(World& world, std::string target) {
    Ids out;
    for (int pages = 0; pages < 50; ++pages) {
        const auto page = world.get(target);
        for (const auto& item : page.at("value").as_array()) {
            out.push_back(item.at("@iot.id").as_int64());
        }
        const auto next = text(page, "@iot.nextLink");
        if (next.empty()) {
            return out;
        }
        target = next.substr(std::string("http://city.example").size());
    }
    ADD_FAILURE() << "no end";
    return out;
}

void pagination(World& world) {
    fill_stations(world);
    EXPECT_EQ(walk(world, "Things?$top=1"), (Ids{1, 2, 3}));
    EXPECT_EQ(walk(world, "Things?$top=2&$orderby=name%20desc"), (Ids{3, 2, 1}));
    EXPECT_EQ(walk(world, "Things?$top=1&$orderby=id%20desc&$count=true"), (Ids{3, 2, 1}));
    EXPECT_EQ(
        walk(world, "Observations?$top=3&$orderby=result"), (Ids{1, 4, 7, 10, 3, 6, 9, 2, 5, 8})
    );
    EXPECT_EQ(
        walk(world, "Observations?$top=4&$filter=result%20mod%202%20eq%200"), (Ids{1, 3, 5, 7, 9})
    );
    EXPECT_EQ(walk(world, "Datastreams(1)/Observations?$top=3&$skip=4"), (Ids{5, 6, 7, 8, 9, 10}));
    // The latest comes from the stream's summary, what follows it from the store.
    const std::string latest = "Datastreams(1)/Observations?$orderby=phenomenonTime%20desc";
    EXPECT_EQ(walk(world, latest + "&$top=1"), world.ids(latest));
    const std::string small_ones = latest + "&$filter=result%20lt%203";
    EXPECT_EQ(walk(world, small_ones + "&$top=1"), world.ids(small_ones));
    EXPECT_EQ(world.ids(latest + "&$top=1&$skip=1").front(), world.ids(latest).at(1));
    // A page that ends where the collection ends has no link.
    EXPECT_FALSE(world.get("Observations?$top=0&$count=true").as_object().contains("@iot.nextLink")
    );
    EXPECT_FALSE(world.get("Things?$top=3").as_object().contains("@iot.nextLink"));
    Options small;
    small.page_default = 2;
    small.page_max = 3;
    small.rows_max = 5;
    World narrow(services::PublicSight::Everything, small);
    fill_stations(narrow);
    EXPECT_EQ(narrow.ids("Observations"), (Ids{1, 2}));
    EXPECT_EQ(narrow.ids("Observations?$top=1000"), (Ids{1, 2, 3}));
    EXPECT_EQ(walk(narrow, "Observations"), (Ids{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}));
    const auto wide = narrow.get("Things?$top=3&$expand=Datastreams($expand=Observations($top=3))");
    const auto& first = wide.at("value").at(0).at("Datastreams").at(0);
    EXPECT_EQ(first.at("Observations").as_array().size(), 1U);
    EXPECT_TRUE(first.as_object().contains("Observations@iot.nextLink"));
}

void data_array(World& world) {
    fill_stations(world);
    const auto page =
        world.get("Observations?$resultFormat=dataArray&$select=id,result&$top=2&$count=true");
    EXPECT_EQ(page.at("@iot.count").as_int64(), 10);
    EXPECT_TRUE(page.as_object().contains("@iot.nextLink"));
    const auto& group = page.at("value").at(0);
    EXPECT_EQ(
        text(group, "Datastream@iot.navigationLink"),
        "http://city.example/sensorthings/v1.1/Datastreams(1)"
    );
    EXPECT_EQ(json::serialize(group.at("components")), R"(["id","result"])");
    EXPECT_EQ(group.at("dataArray@iot.count").as_int64(), 2);
    EXPECT_EQ(json::serialize(group.at("dataArray")), "[[1,0],[2,7]]");

    const auto made = world.ask(
        "POST",
        "CreateObservations",
        R"([{"Datastream":{"@iot.id":1},
             "components":["phenomenonTime","result","FeatureOfInterest/id"],
             "dataArray@iot.count":3,
             "dataArray":[["2025-09-17T00:00:00Z",1.5,1],["yesterday",2,1],
                          ["2025-09-17T01:00:00Z",2.5,99]]},
            {"Datastream":{"@iot.id":2},"components":["result"],"dataArray":[[7],[8]]},
            {"Datastream":{"@iot.id":77},"components":["result"],"dataArray":[[1]]}])"
    );
    EXPECT_EQ(made.status, 201) << made.body;
    const auto answers = json_of(made);
    ASSERT_EQ(answers.as_array().size(), 6U);
    const auto at = [&](std::size_t i) {
        return std::string(std::string_view(answers.at(i).as_string()));
    };
    EXPECT_EQ(at(0), "http://city.example/sensorthings/v1.1/Observations(11)");
    EXPECT_TRUE(at(1).starts_with("error")) << at(1);
    EXPECT_NE(at(1).find("0/dataArray/1/phenomenonTime"), std::string::npos) << at(1);
    EXPECT_TRUE(at(2).starts_with("error")) << at(2);
    EXPECT_EQ(id_in(at(3)), 12);
    EXPECT_EQ(id_in(at(4)), 13);
    EXPECT_TRUE(at(5).starts_with("error")) << at(5);
    EXPECT_EQ(text(world.get("Observations(12)/FeatureOfInterest"), "name"), "b street");
    EXPECT_EQ(world.ask("POST", "CreateObservations", "{}").status, 400);
    EXPECT_EQ(world.ask("POST", "CreateObservations", "[{}]").status, 400);
    EXPECT_EQ(world.ask("GET", "CreateObservations").status, 404);
}

void request_data(World& world) {
    fill_stations(world);
    EXPECT_EQ(world.ask("HEAD", "Things").status, 200);
    EXPECT_EQ(json_of(world.ask("GET", "/sensorthings/v1.1")).at("value").as_array().size(), 9U);
}

constexpr Requirement kRequests[] = {
    {"request-data", request_data},
    {"request-data/status-code", status_codes},
    {"request-data/query-status-code", query_status_codes},
    {"request-data/order", order},
    {"request-data/expand", expand},
    {"request-data/select", select},
    {"request-data/orderby", orderby},
    {"request-data/skip", skip},
    {"request-data/top", top},
    {"request-data/count", count},
    {"request-data/filter", filter},
    {"request-data/built-in-filter-operations", operations},
    {"request-data/built-in-query-functions", functions},
    {"request-data/pagination", pagination},
    {"data-array/data-array", data_array},
};

}  // namespace

std::span<const Requirement> request_requirements() {
    return kRequests;
}

}  // namespace chengshu::sensorthings
