#include "edge/open311/tests/world.hpp"

#include <fmt/format.h>

namespace chengshu::open311 {
namespace {

using namespace std::chrono_literals;

TEST(Discovery, NamesTheEndpointInBothFormats) {
    World world;
    const auto document = xml(world.get("discovery.xml"));
    const auto endpoint = document.child("discovery").child("endpoints").child("endpoint");
    EXPECT_STREQ(endpoint.child_value("specification"), "http://wiki.open311.org/GeoReport_v2");
    EXPECT_STREQ(endpoint.child_value("url"), "http://city.example/open311/v2");
    EXPECT_STREQ(endpoint.child_value("type"), "production");
    EXPECT_STREQ(endpoint.child("formats").first_child().child_value(), "text/xml");
    EXPECT_STREQ(document.child("discovery").child_value("changeset"), "2025-09-16T01:00:00Z");
    const auto json = json_of(world.get("discovery.json"));
    EXPECT_EQ(json.at("endpoints").at(0).at("formats").as_array().size(), 2U);
}

TEST(Discovery, TakesNoStrangeHost) {
    World world;
    const auto json = json_of(world.get("discovery.json", {{"Host", "evil\"><script>"}}));
    EXPECT_EQ(text(json.at("endpoints").at(0), "url"), "/open311/v2");
}

TEST(Services, AreWhatACitizenCanReportToday) {
    World world;
    const auto services = json_of(world.get("services.json")).as_array();
    std::vector<std::string> codes;
    for (const auto& service : services) {
        codes.push_back(text(service, "service_code"));
        EXPECT_EQ(text(service, "type"), "realtime");
        EXPECT_EQ(text(service, "group"), "Street order");
    }
    // Neither the class 01, nor the component 0201, nor 0109, which was valid until 2025.
    const std::vector<std::string> expected{
        "0101", "0102", "0103", "0104", "0105", "0106", "0107", "0108"
    };
    EXPECT_EQ(codes, expected);
    EXPECT_EQ(text(services[0], "service_name"), "Exposed rubbish");
    EXPECT_EQ(text(services[0], "keywords"), "暴露垃圾");
    EXPECT_EQ(
        text(services[0], "description"), world.definitions->city->standard("rubbish")->condition.en
    );
    EXPECT_FALSE(services[0].at("metadata").as_bool());
    EXPECT_TRUE(services[1].at("metadata").as_bool());
    const auto document = xml(world.get("services.xml"));
    EXPECT_STREQ(document.child("services").child("service").child_value("metadata"), "false");
    EXPECT_STREQ(document.child("services").child("service").child_value("service_code"), "0101");
}

TEST(Services, SpeakTheReadersLanguage) {
    World world;
    const auto name = [&](const std::string& query, const std::string& accept) {
        return text(
            json_of(world.get("services.json" + query, {{"Accept-Language", accept}})).at(0),
            "service_name"
        );
    };
    EXPECT_EQ(name("", "zh-CN,zh;q=0.9,en;q=0.5"), "暴露垃圾");
    EXPECT_EQ(name("", "en,zh;q=0.5"), "Exposed rubbish");
    EXPECT_EQ(name("", "fr"), "Exposed rubbish");
    EXPECT_EQ(name("?locale=zh_CN", "en"), "暴露垃圾");
}

TEST(Services, WithTheSameCodeOrNameAreToldApart) {
    testing::TestCityOptions options;
    options.files.push_back(
        {"cities/testcity/categories-OLD.csv",
         "code_set,kind,code,parent,name_zh,name_en,local_extension,duplicate_radius_m,"
         "duplicate_window_h,valid_from,valid_to,source\n"
         "TEST,request,0101,,暴露垃圾,Exposed rubbish,false,,,,,made up\n"}
    );
    World world(options);
    std::map<std::string, std::string> names;
    const auto services = json_of(world.get("services.json")).as_array();
    for (const auto& service : services) {
        names[text(service, "service_code")] = text(service, "service_name");
    }
    EXPECT_EQ(names["TEST~matter~0101"], "Exposed rubbish (TEST~matter~0101)");
    EXPECT_EQ(names["TEST~request~0101"], "Exposed rubbish (TEST~request~0101)");
    EXPECT_EQ(names["0102"], "Graffiti");
    EXPECT_FALSE(names.contains("0101"));
    EXPECT_EQ(world.get("services/0101.json").status, 404);
    EXPECT_EQ(world.get("services/TEST~matter~0101.json").status, 200);
    EXPECT_EQ(world.get("services/TEST~matter~0102.xml").status, 200)
        << "the long form always works";
}

TEST(ServiceDefinition, OffersTheStandardsOfACategory) {
    World world;
    const auto document = xml(world.get("services/0102.xml"));
    const auto definition = document.child("service_definition");
    EXPECT_STREQ(definition.child_value("service_code"), "0102");
    const auto attribute = definition.child("attributes").child("attribute");
    EXPECT_STREQ(attribute.child_value("variable"), "true");
    EXPECT_STREQ(attribute.child_value("code"), "STANDARD");
    EXPECT_STREQ(attribute.child_value("datatype"), "singlevaluelist");
    EXPECT_STREQ(attribute.child_value("required"), "false");
    EXPECT_STREQ(attribute.child_value("order"), "1");
    EXPECT_STREQ(attribute.child("values").child("value").child_value("key"), "graffiti-small");
    const auto json = json_of(world.get("services/0102.json"));
    EXPECT_EQ(json.at("attributes").at(0).at("order").as_int64(), 1);
    EXPECT_EQ(json.at("attributes").at(0).at("values").as_array().size(), 2U);
    EXPECT_TRUE(json_of(world.get("services/0101.json")).at("attributes").as_array().empty());
}

TEST(Addresses, ThatAreUnknownAreAnsweredInTheFormatAskedFor) {
    World world;
    EXPECT_STREQ(
        xml(world.get("services/9999.xml")).child("errors").child("error").child_value("code"),
        "404"
    );
    EXPECT_EQ(json_of(world.get("services/9999.json")).at(0).at("code").as_int64(), 404);
    for (const char* target :
         {"services",
          "services.html",
          "services.XML",
          "services.xml/",
          "nothing.json",
          "requests/1/2.json",
          "discovery/1.xml",
          ".json",
          "",
          "tokens.json"}) {
        EXPECT_EQ(world.get(target).status, 404) << target;
    }
    EXPECT_EQ(world.get("services/%ff.xml").status, 400);
    EXPECT_EQ(world.get("services.json?jurisdiction_id=elsewhere").status, 404);
    EXPECT_EQ(world.get("services.json?jurisdiction_id=testcity").status, 200);
}

TEST(Methods, OthersAreRefusedAndHeadIsAGet) {
    World world;
    EXPECT_EQ(world.ask("HEAD", "services.xml").status, 200);
    const auto refused = world.ask("DELETE", "requests.json");
    EXPECT_EQ(refused.status, 405);
    EXPECT_EQ(refused.headers.get("Allow"), "GET, HEAD, POST");
    EXPECT_EQ(world.ask("POST", "services.xml").status, 405);
}

TEST(Requests, ShowTheCaseOfAReport) {
    World world;
    const auto id =
        world.file({{"address_string", "1 Gate Road"}, {"media_url", "https://a.example/1.jpg"}});
    const auto request = world.request(id);
    EXPECT_EQ(text(request, "service_request_id"), id);
    EXPECT_EQ(text(request, "status"), "open");
    EXPECT_EQ(text(request, "status_notes"), "Awaiting acceptance");
    EXPECT_EQ(text(request, "service_code"), "0101");
    EXPECT_EQ(text(request, "service_name"), "Exposed rubbish");
    EXPECT_EQ(text(request, "agency_responsible"), "Sanitation");
    EXPECT_EQ(text(request, "requested_datetime"), "2025-09-16T01:00:00Z");
    EXPECT_EQ(text(request, "updated_datetime"), "2025-09-16T01:00:00Z");
    // Eight working hours from 09:00 local: 17:00 is eight hours less the two of noon, so the next
    // morning.
    EXPECT_EQ(text(request, "expected_datetime"), "2025-09-17T01:00:00Z");
    EXPECT_EQ(text(request, "address"), "1 Gate Road");
    EXPECT_EQ(text(request, "media_url"), "https://a.example/1.jpg");
    EXPECT_DOUBLE_EQ(request.at("lat").as_double(), 40.05);
    EXPECT_DOUBLE_EQ(request.at("long").as_double(), 116.35);
    const auto document = xml(world.get("requests/" + id + ".xml"));
    EXPECT_STREQ(document.child("service_requests").child("request").child_value("long"), "116.35");
}

TEST(Requests, ShowDescriptionsOnlyToWhoMaySeeThem) {
    World world;
    const auto id = world.file({{"description", "Call 13812341234 please"}});
    EXPECT_TRUE(world.request(id).at("description").is_null());
    EXPECT_EQ(
        text(world.request(id, "?api_key=key-acceptor"), "description"), "Call 138****1234 please"
    );
    EXPECT_TRUE(world.request(id, "?api_key=key-auditor").at("description").is_null());
    EXPECT_EQ(world.get("requests/" + id + ".json?api_key=wrong").status, 403);
}

TEST(Requests, OfOtherSourcesAreShownAsThePublicSeesThem) {
    World world;
    const auto id = world.file();
    // The same report without the mark of this interface, as the hotline would have filed it.
    auto report = **world.store.find_report(ReportId{*parse_id(id)});
    auto body = boost::json::parse(report.body).as_object();
    body.erase("channel");
    body["point"] = boost::json::array{116.3512345, 40.0512345};
    report.body = boost::json::serialize(body);
    report.id = ReportId{report.id.value + 1};
    ports::Changes changes;
    changes.reports.push_back(report);
    ASSERT_TRUE(world.store.commit(changes));
    const auto request = world.request(to_string(report.id));
    EXPECT_DOUBLE_EQ(request.at("long").as_double(), 116.35) << "the case's place, to 100 m";
}

TEST(Requests, FollowTheCaseToItsEnd) {
    World world;
    const auto id = world.file();
    const auto number = world.case_of(id);
    world.clock.pass(1h);
    world.act(number, "handler-san", "accept");
    EXPECT_EQ(text(world.request(id), "status_notes"), "Being handled");
    world.clock.pass(1h);
    cases::Inputs inputs;
    inputs.result = "Cleared away";
    world.act(number, "handler-san", "resolve", inputs);
    cases::Inputs reason;
    reason.reason = "seen";
    world.act(number, "shift_leader", "force_close", reason);
    world.clock.pass(1h);
    const auto request = world.request(id);
    EXPECT_EQ(text(request, "status"), "closed");
    EXPECT_EQ(text(request, "status_notes"), "Cleared away");
    EXPECT_EQ(text(request, "updated_datetime"), "2025-09-16T03:00:00Z");
}

std::vector<std::string> ids_of(World& world, const std::string& query) {
    std::vector<std::string> out;
    const auto requests = json_of(world.get("requests.json?" + query)).as_array();
    for (const auto& request : requests) {
        out.push_back(text(request, "service_request_id"));
    }
    return out;
}

using Ids = std::vector<std::string>;

TEST(Requests, AreFilteredByServiceStatusTimeAndId) {
    World world;
    const auto rubbish = world.file();
    world.clock.pass(24h);
    const auto graffiti = world.file({{"service_code", "0102"}});
    cases::Inputs reason;
    reason.reason = "nothing there";
    world.act(world.case_of(rubbish), "shift_leader", "force_close", reason);
    EXPECT_EQ(ids_of(world, ""), (Ids{graffiti, rubbish}));
    EXPECT_EQ(ids_of(world, "service_code=0102"), Ids{graffiti});
    EXPECT_EQ(ids_of(world, "service_code=0102,0101"), (Ids{graffiti, rubbish}));
    EXPECT_EQ(ids_of(world, "status=closed"), Ids{rubbish});
    EXPECT_EQ(ids_of(world, "status=Open"), Ids{graffiti});
    EXPECT_EQ(ids_of(world, "status=open,closed"), (Ids{graffiti, rubbish}));
    EXPECT_EQ(ids_of(world, "start_date=2025-09-17T01:00:00Z"), Ids{graffiti});
    EXPECT_EQ(ids_of(world, "end_date=2025-09-16T01:00:00Z"), Ids{rubbish});
    EXPECT_EQ(
        ids_of(world, "start_date=2025-09-16&end_date=2025-09-16T09:30%2B08:00"), Ids{rubbish}
    );
    EXPECT_EQ(ids_of(world, "start_date=2025-09-16T09:30:00+08:00"), Ids{graffiti})
        << "an unescaped plus";
    EXPECT_EQ(ids_of(world, "end_date=2025-09-15T00:00:00Z"), Ids{});
    EXPECT_EQ(ids_of(world, "service_request_id=" + rubbish + ",77777&status=open"), Ids{rubbish});
    EXPECT_EQ(ids_of(world, "page=2&page_size=1"), Ids{rubbish});
    EXPECT_EQ(ids_of(world, "page=3&page_size=1"), Ids{});
}

TEST(Requests, RefuseFiltersThatMakeNoSense) {
    World world;
    world.file();
    const std::vector<std::pair<const char*, int>> wrong{
        {"status=solved", 400},
        {"start_date=yesterday", 400},
        {"start_date=2025-01-01&end_date=2025-09-01", 400},
        {"start_date=2025-09-02&end_date=2025-09-01", 400},
        {"page=0", 400},
        {"page_size=1001", 400},
        {"page=9999&page_size=1000", 400},
        {"service_code=9999", 404},
        {"service_request_id=99", 404},
        {"service_request_id=-1", 404},
        {"service_request_id=1;drop", 404},
    };
    for (const auto& [query, status] : wrong) {
        EXPECT_EQ(world.get(fmt::format("requests.json?{}", query)).status, status) << query;
        xml(world.get(fmt::format("requests.xml?{}", query)));
    }
    EXPECT_EQ(world.get("requests/99.json").status, 404);
    EXPECT_EQ(world.get("requests/9223372036854775808.json").status, 404);
}

TEST(Tokens, AreTheIdsThemselves) {
    World world;
    const auto id = world.file();
    const auto document = xml(world.get("tokens/" + id + ".xml"));
    EXPECT_EQ(
        document.child("service_requests").child("request").child_value("service_request_id"), id
    );
    EXPECT_EQ(text(json_of(world.get("tokens/" + id + ".json")).at(0), "token"), id);
    EXPECT_EQ(world.get("tokens/nope.xml").status, 404);
}

TEST(Lists, ThatAreEmptyAreWellFormed) {
    World world;
    EXPECT_TRUE(xml(world.get("requests.xml")).child("service_requests"));
    EXPECT_EQ(world.get("requests.json").body, "[]");
    EXPECT_EQ(world.get("servicerequestupdates.json").body, "[]");
}

}  // namespace
}  // namespace chengshu::open311
