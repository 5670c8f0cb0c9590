#include "edge/open311/tests/world.hpp"
#include "services/case_row.hpp"
#include "services/statistics.hpp"
#include "services/verify.hpp"

#include <fmt/format.h>

namespace chengshu::open311 {
namespace {

using namespace std::chrono_literals;

const std::vector<Field> kRubbish{
    {"api_key", "key-acceptor"},
    {"service_code", "0101"},
    {"lat", "40.05"},
    {"long", "116.35"}
};

std::vector<Field> with(std::vector<Field> form, std::vector<Field> more) {
    for (auto& field : more) {
        std::erase_if(form, [&](const auto& item) { return item.name == field.name; });
        if (!field.value.empty()) {
            form.push_back(std::move(field));
        }
    }
    return form;
}

cases::Case case_in(World& world, const std::string& id) {
    return *services::from_row(**world.store.find_case(world.case_of(id)));
}

void expect_consistent(World& world) {
    const auto result = services::verify(world.store, *world.definitions, {});
    ASSERT_TRUE(result);
    for (const auto& difference : result->differences) {
        ADD_FAILURE() << difference.what << ": " << difference.stored << " / "
                      << difference.recomputed;
    }
}

TEST(PostRequest, IsACaseWhenItIsAnswered) {
    World world;
    const auto response = world.post(
        "requests.xml",
        with(
            kRubbish,
            {{"description", "Rubbish\nby the gate"},
             {"first_name", "Ann"},
             {"last_name", "Lee"},
             {"email", "ann@b.example"},
             {"phone", "13812341234"},
             {"account_id", "u1"}}
        )
    );
    EXPECT_EQ(response.status, 200);
    const auto document = xml(response);
    const auto request = document.child("service_requests").child("request");
    const std::string id = request.child_value("service_request_id");
    EXPECT_STREQ(request.child_value("account_id"), "u1");
    const auto report = **world.store.find_report(ReportId{*parse_id(id)});
    EXPECT_EQ(report.source, "public");
    EXPECT_EQ(
        boost::json::parse(report.reporter),
        boost::json::parse(
            R"({"name":"Ann Lee","phone":"13812341234","email":"ann@b.example","account":"u1"})"
        )
    );
    const auto value = case_in(world, id);
    EXPECT_EQ(value.category, testing::category::kRubbish);
    EXPECT_EQ(value.description, "Rubbish\nby the gate");
    EXPECT_EQ(value.state, "dispatched");
    expect_consistent(world);
    // Nothing of the reporter can be read here.
    for (const auto* target :
         {"requests.json", "requests.json?api_key=key-acceptor", "servicerequestupdates.json"}) {
        const auto body = world.get(target).body;
        EXPECT_EQ(body.find("Ann"), std::string::npos);
        EXPECT_EQ(body.find("b.example"), std::string::npos);
        EXPECT_EQ(body.find("1381234"), std::string::npos);
    }
}

TEST(PostRequest, NeedsAKeyOfSomebodyWhoMayReport) {
    World world;
    const auto status = [&](const std::string& key, std::vector<Field> headers = {}) {
        return world.post("requests.json", with(kRubbish, {{"api_key", key}}), std::move(headers))
            .status;
    };
    EXPECT_EQ(status(""), 403);
    EXPECT_EQ(status("wrong"), 403);
    EXPECT_EQ(status(std::string(1000, 'k')), 403);
    EXPECT_EQ(status("", {{"Authorization", "Bearer key-acceptor"}}), 200);
    EXPECT_EQ(
        world
            .post(
                "requests.json?api_key=key-acceptor",
                with(kRubbish, {{"api_key", ""}, {"lat", "40.06"}})
            )
            .status,
        200
    );
    EXPECT_EQ(world.store.last_report()->value, 2);
}

TEST(PostRequest, ListsEverythingThatIsWrong) {
    World world;
    const auto response = world.post(
        "requests.json",
        {{"api_key", "key-acceptor"},
         {"lat", "north"},
         {"long", "116.35"},
         {"media_url", "javascript:alert(1)"},
         {"description", std::string(4001, 'x')}}
    );
    EXPECT_EQ(response.status, 400);
    EXPECT_EQ(json_of(response).as_array().size(), 4U) << response.body;
    const auto document = xml(world.post("requests.xml", {{"api_key", "key-acceptor"}}));
    EXPECT_STREQ(
        document.child("errors").child("error").child_value("description"),
        "service_code was not provided"
    );
    EXPECT_TRUE(document.child("errors").child("error").next_sibling("error"));
    EXPECT_EQ(world.store.last_report()->value, 0);
}

TEST(PostRequest, RefusesWhatIsNotSo) {
    World world;
    const std::vector<std::pair<Field, int>> wrong{
        {{"service_code", "9999"}, 404},
        {{"service_code", "0109"}, 404},
        {{"jurisdiction_id", "elsewhere"}, 404},
        {{"lat", "91"}, 400},
        {{"lat", "nan"}, 400},
        {{"lat", "1e400"}, 400},
        {{"lat", " 40.05x"}, 400},
        {{"long", "10"}, 400},  // outside the city
        {{"attribute[STANDARD]", "graffiti-small"}, 400},
        {{"email", std::string(300, 'e')}, 413},
    };
    for (const auto& [field, status] : wrong) {
        EXPECT_EQ(world.post("requests.json", with(kRubbish, {field})).status, status)
            << field.name << field.value;
    }
    EXPECT_EQ(
        world.ask("POST", "requests.json", "{}", {{"Content-Type", "application/json"}}).status, 415
    );
    EXPECT_EQ(
        world
            .ask(
                "POST",
                "requests.xml",
                "a=%zz",
                {{"Content-Type", "application/x-www-form-urlencoded"}}
            )
            .status,
        400
    );
    EXPECT_EQ(world.ask("POST", "requests.xml", "x", {kMultipart}).status, 400);
    world.submitter.full = true;
    const auto busy = world.post("requests.json", kRubbish);
    EXPECT_EQ(busy.status, 503);
    EXPECT_EQ(busy.headers.get("Retry-After"), "1");
    EXPECT_EQ(world.store.last_report()->value, 0);
}

TEST(PostRequest, TakesPhotosByTheirContent) {
    World world;
    auto form = kRubbish;
    form.push_back({"photo1", "@" + jpeg()});
    form.push_back({"file_abc", "@" + jpeg()});
    form.push_back({"description", "with a photo"});
    const auto response = world.ask("POST", "requests.json", multipart(form), {kMultipart});
    ASSERT_EQ(response.status, 200) << response.body;
    const auto id = text(json_of(response).at(0), "service_request_id");
    const auto value = case_in(world, id);
    ASSERT_EQ(value.attachments.size(), 1U) << "the same bytes are one file";
    EXPECT_EQ(value.attachments[0].media_type, "image/jpeg");
    EXPECT_EQ(value.attachments[0].kind, "before");
    EXPECT_EQ(world.blobs.files.at(value.attachments[0].sha256), jpeg());
    EXPECT_EQ(world.request(id).contains("media_url"), false) << "photos are not public";
}

TEST(PostRequest, RefusesFilesThatAreNone) {
    World world;
    const auto status = [&](const std::string& name, const std::string& value) {
        auto form = kRubbish;
        form.push_back({name, value});
        return world.ask("POST", "requests.xml", multipart(form), {kMultipart}).status;
    };
    EXPECT_EQ(status("photo1", "@<svg onload=alert(1)>"), 415);
    EXPECT_EQ(status("other", "@" + jpeg()), 400);
    EXPECT_EQ(status("description", "\xff\xfe"), 400);
    EXPECT_EQ(status("description", std::string("a\0b", 3)), 400);
    EXPECT_TRUE(world.blobs.files.empty());
    auto form = kRubbish;
    form.insert(form.end(), 17, {"media", "@" + jpeg()});
    EXPECT_EQ(world.ask("POST", "requests.xml", multipart(form), {kMultipart}).status, 413);
    EXPECT_EQ(world.store.last_report()->value, 0);
}

TEST(PostRequest, OfTheSameMatterHasItsOwnIdAndTheSameCase) {
    World world;
    const auto first = world.file();
    const auto response = world.post("requests.json", kRubbish);
    const auto second = text(json_of(response).at(0), "service_request_id");
    EXPECT_NE(first, second);
    EXPECT_EQ(world.case_of(first), world.case_of(second));
    EXPECT_NE(text(json_of(response).at(0), "service_notice"), "");
    EXPECT_EQ(text(world.request(second), "status"), "open");
}

TEST(PostRequest, SentAgainGivesTheSameId) {
    World world;
    const auto own = with(kRubbish, {{"attribute[fixmystreet_id]", "42"}});
    const auto id = [&](const http::Response& response) {
        return text(json_of(response).at(0), "service_request_id");
    };
    const auto first = id(world.post("requests.json", own));
    EXPECT_EQ(id(world.post("requests.json", own)), first);
    EXPECT_NE(id(world.post("requests.json", with(own, {{"api_key", "key-dispatcher"}}))), first)
        << "another sender's 42";
    const std::vector<Field> key{{"Idempotency-Key", "k1"}};
    const auto keyed = id(world.post("requests.json", kRubbish, key));
    EXPECT_EQ(id(world.post("requests.json", kRubbish, key)), keyed);
    EXPECT_EQ(world.post("requests.json", with(kRubbish, {{"lat", "40.06"}}), key).status, 409);
    EXPECT_EQ(world.post("requests.json", kRubbish, {{"Idempotency-Key", "a b"}}).status, 400);
    EXPECT_EQ(world.store.last_report()->value, 3);
}

TEST(PostRequest, TakesTheStandardThatWasChosen) {
    World world;
    const auto id = world.file(
        {{"service_code", "0102"},
         {"attribute[STANDARD]", "graffiti-large"},
         {"attribute[other]", "x"}}
    );
    EXPECT_EQ(case_in(world, id).standard, "graffiti-large");
}

TEST(PostRequest, TakesAnAddressInsteadOfAPlace) {
    World world;
    const auto place = [&](const Field& field) {
        return case_in(
                   world, world.file({field, {"lat", ""}, {"long", ""}, {"service_code", "0103"}})
        )
            .path.back();
    };
    EXPECT_EQ(place({"address_string", "测试市东区东一街道3号"}), "110102001");
    EXPECT_EQ(place({"address_string", "the corner of nowhere"}), "110000");
    EXPECT_EQ(place({"address_id", "110101002"}), "110101002");
    EXPECT_EQ(world.post("requests.json", with(kRubbish, {{"lat", ""}})).status, 400);
    EXPECT_EQ(
        world
            .post(
                "requests.json", with(kRubbish, {{"lat", ""}, {"long", ""}, {"address_id", "77"}})
            )
            .status,
        400
    );
}

TEST(PostRequest, KeepsHostileTextAsText) {
    World world;
    const std::string hostile =
        "</description><status>closed</status>&amp;<![CDATA[ ]]> \x01\x0b \"'; DROP TABLE cases; "
        "-- 垃圾";
    const auto id = world.file({{"description", hostile}, {"address_string", hostile}});
    for (const auto* extension : {"xml", "json"}) {
        EXPECT_EQ(
            world.get(fmt::format("requests/{}.{}?api_key=key-acceptor", id, extension)).status, 200
        );
    }
    const auto document = xml(world.get("requests/" + id + ".xml?api_key=key-acceptor"));
    const auto request = document.child("service_requests").child("request");
    EXPECT_STREQ(request.child_value("status"), "open");
    EXPECT_TRUE(
        std::string(request.child_value("description")).starts_with("</description><status>")
    );
}

TEST(Updates, TellReportersHowTheirCaseGoesOn) {
    World world;
    const auto first = world.file();
    world.clock.pass(1h);
    const auto second = world.file();
    const auto number = world.case_of(first);
    world.clock.pass(1h);
    world.act(number, "handler-san", "accept");
    world.clock.pass(1h);
    cases::Inputs inputs;
    inputs.result = "Cleared; call 13812341234";
    world.act(number, "handler-san", "resolve", inputs);
    cases::Inputs reason;
    reason.reason = "internal remark";
    world.act(number, "leader", "supervise", reason);
    world.act(number, "shift_leader", "force_close", reason);
    std::vector<std::string> rows;
    std::set<std::string> ids;
    for (const auto& update : world.updates()) {
        rows.push_back(
            text(update, "service_request_id") + " " + text(update, "status") + " " +
            text(update, "description")
        );
        ids.insert(text(update, "update_id"));
    }
    const std::string cleared = "Cleared; call 138****1234";
    const std::vector<std::string> expected{
        first + " INVESTIGATING Awaiting dispatch",
        first + " ACTION_SCHEDULED Awaiting acceptance (Sanitation)",
        first + " IN_PROGRESS Being handled",
        second + " IN_PROGRESS Being handled",
        first + " IN_PROGRESS Awaiting check: " + cleared,
        second + " IN_PROGRESS Awaiting check: " + cleared,
        first + " CLOSED Closed: " + cleared,
        second + " CLOSED Closed: " + cleared,
    };
    EXPECT_EQ(rows, expected);
    EXPECT_EQ(ids.size(), expected.size()) << "every update has an id of its own";
    EXPECT_EQ(
        world.updates("?start_date=2025-09-16T03:00:00Z&end_date=2025-09-16T03:00:00Z").size(), 2U
    );
    EXPECT_EQ(world.updates("?start_date=2025-09-16T05:00:00Z").size(), 0U);
    EXPECT_EQ(world.updates("?end_date=2025-09-16T00:59:59Z").size(), 0U);
    EXPECT_EQ(world.updates("?service_request_id=" + second).size(), 3U);
    EXPECT_EQ(world.updates("?page=2&page_size=3").size(), 3U);
    EXPECT_EQ(text(world.updates("?locale=zh")[0], "description"), "待派遣");
    EXPECT_EQ(world.get("servicerequestupdates.json?service_request_id=99").status, 404);
    EXPECT_EQ(world.get("servicerequestupdates.json?start_date=x").status, 400);
    const auto document = xml(world.get("servicerequestupdates.xml"));
    EXPECT_STREQ(
        document.child("service_request_updates")
            .child("request_update")
            .child_value("updated_datetime"),
        "2025-09-16T01:00:00Z"
    );
    EXPECT_EQ(
        world.get("servicerequestupdates.json").body.find("internal remark"), std::string::npos
    );
}

std::string post_update(World& world, std::vector<Field> form) {
    form.push_back({"api_key", "key-acceptor"});
    const auto response = world.post("servicerequestupdates.xml", form);
    EXPECT_EQ(response.status, 200) << response.body;
    const auto document = xml(response);
    return document.child("service_request_updates")
        .child("request_update")
        .child_value("update_id");
}

int count(World& world, const std::string& id, const std::string& type, const std::string& words) {
    int out = 0;
    const auto entries = *world.store.journal_of(world.case_of(id));
    for (const auto& entry : entries) {
        out += entry.type == type && entry.body.find(words) != std::string::npos ? 1 : 0;
    }
    return out;
}

TEST(PostUpdate, IsANoteInTheCase) {
    World world;
    const auto id = world.file();
    const std::vector<Field> form{
        {"service_request_id", id},
        {"update_id", "77"},
        {"status", "OPEN"},
        {"description", "It smells now"},
        {"media_url", "https://a.example/2.jpg"},
        {"first_name", "Ann"},
        {"email", "ann@b.example"},
        {"updated_datetime", "2025-09-16T09:00:00+08:00"}
    };
    const auto update = post_update(world, form);
    EXPECT_NE(update, "");
    EXPECT_EQ(post_update(world, form), update) << "sent again";
    EXPECT_EQ(count(world, id, "note", "It smells now"), 1);
    EXPECT_EQ(count(world, id, "note", "https://a.example/2.jpg"), 1);
    EXPECT_EQ(count(world, id, "note", "Ann"), 0);
    EXPECT_EQ(count(world, id, "note", "b.example"), 0);
    EXPECT_NE(
        post_update(world, {{"service_request_id", id}, {"update_id", "78"}, {"status", "FIXED"}}),
        update
    );
    EXPECT_EQ(count(world, id, "note", "The reporter says that it is solved"), 1);
    EXPECT_EQ(text(world.request(id), "status"), "open") << "only the city closes";
    expect_consistent(world);
}

TEST(PostUpdate, MayReopenAClosedCase) {
    World world;
    const auto id = world.file();
    cases::Inputs reason;
    reason.reason = "seen";
    world.act(world.case_of(id), "shift_leader", "force_close", reason);
    post_update(
        world, {{"service_request_id", id}, {"status", "CLOSED"}, {"description", "Thank you"}}
    );
    EXPECT_EQ(text(world.request(id), "status"), "closed");
    EXPECT_EQ(count(world, id, "open311.comment", "Thank you"), 1);
    const auto update = post_update(
        world, {{"service_request_id", id}, {"status", "REOPEN"}, {"description", "It is back"}}
    );
    EXPECT_EQ(text(world.request(id), "status"), "open");
    EXPECT_EQ(count(world, id, "reopen", "It is back"), 1);
    const auto updates = world.updates();
    const auto same = std::find_if(updates.begin(), updates.end(), [&](const auto& item) {
        return text(item, "update_id") == update;
    });
    ASSERT_NE(same, updates.end()) << "the sender recognises its own update in the list";
    expect_consistent(world);
}

TEST(PostUpdate, TakesPhotos) {
    World world;
    const auto id = world.file();
    const auto response = world.ask(
        "POST",
        "servicerequestupdates.json",
        multipart(
            {{"api_key", "key-acceptor"}, {"service_request_id", id}, {"photo1", "@" + jpeg()}}
        ),
        {kMultipart}
    );
    EXPECT_EQ(response.status, 200) << response.body;
    ASSERT_EQ(case_in(world, id).attachments.size(), 1U);
    EXPECT_EQ(case_in(world, id).attachments[0].kind, "evidence");
}

TEST(PostUpdate, RefusesWhatIsNotSo) {
    World world;
    const auto id = world.file();
    const auto status = [&](std::vector<Field> form, const std::string& key = "key-acceptor") {
        form.push_back({"api_key", key});
        return world.post("servicerequestupdates.json", form).status;
    };
    EXPECT_EQ(status({{"description", "x"}}), 400);
    EXPECT_EQ(status({{"service_request_id", id}}), 400);
    EXPECT_EQ(status({{"service_request_id", "99"}, {"description", "x"}}), 404);
    EXPECT_EQ(status({{"service_request_id", id}, {"status", "SOLVED"}}), 400);
    EXPECT_EQ(
        status({{"service_request_id", id}, {"description", "x"}, {"updated_datetime", "now"}}), 400
    );
    EXPECT_EQ(status({{"service_request_id", id}, {"description", "x"}}, "wrong"), 403);
    EXPECT_EQ(status({{"service_request_id", id}, {"description", "x"}}, "key-auditor"), 403);
    EXPECT_EQ(status({{"service_request_id", id}, {"description", "x"}}, "key-handler-road"), 404)
        << "another department's case";
    EXPECT_EQ(status({{"service_request_id", id}, {"description", std::string(4001, 'x')}}), 400);
}

TEST(PostRequest, MistakesSpeakTheReadersLanguage) {
    World world;
    const auto form = with(kRubbish, {{"lat", "95"}, {"service_code", "9999"}});
    const auto said = [&](const char* language) {
        return world.post("requests.json", form, {{"Accept-Language", language}}).body;
    };
    const auto en = said("en");
    EXPECT_NE(en.find("lat is a number of degrees from -90 to 90"), std::string::npos) << en;
    EXPECT_NE(en.find("service_code was not found"), std::string::npos) << en;
    const auto zh = said("zh");
    EXPECT_NE(zh.find("lat 应为 -90 至 90 的度数"), std::string::npos) << zh;
    EXPECT_NE(zh.find("没有该 service_code"), std::string::npos) << zh;
}

}  // namespace
}  // namespace chengshu::open311
