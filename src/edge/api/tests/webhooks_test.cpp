#include "services/webhooks.hpp"

#include "edge/api/tests/api_fixture.hpp"
#include "support/test_city.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace chengshu::api {
namespace {

using testing::category::kRubbish;

/// Answers by address: a status, no answer (0), or silence until `release`.
class FakeClient final : public ports::HttpClient {
public:
    void post(ports::Post request, std::function<void(Result<int>)> done) override {
        const auto found = answers.find(request.url);
        const int answer = found == answers.end() ? 200 : found->second;
        sent.push_back(request);
        if (answer == kSilent) {
            held.push_back(std::move(done));
        } else if (answer == 0) {
            done(fail(ErrorCode::StorageUnavailable, "connection refused"));
        } else {
            done(answer);
        }
    }

    std::vector<std::string> ids(const std::string& url) const {
        std::vector<std::string> out;
        for (const auto& request : sent) {
            if (request.url == url) {
                out.emplace_back(std::string_view(json::parse(request.body).at("id").as_string()));
            }
        }
        return out;
    }

    static constexpr int kSilent = -1;
    std::map<std::string, int> answers;
    std::vector<ports::Post> sent;
    std::vector<std::function<void(Result<int>)>> held;
};

struct Deliveries : World {
    FakeClient client;
    services::WebhookDelivery delivery{store, secrets, client, definitions, submitter, 7};

    Reply subscribe(const std::string& url, json::object more = {}) {
        more["url"] = url;
        return post("administrator", "/webhooks", more);
    }

    /// Steps a second at a time.
    void run(int seconds) {
        for (int i = 0; i < seconds; ++i) {
            clock.pass(std::chrono::seconds{1});
            ASSERT_TRUE(delivery.step(clock.now()));
        }
    }
};

constexpr auto kHook = "https://a.example.org/hook";
constexpr auto kOther = "https://b.example.org/hook";

TEST(Webhooks, GetEveryEventInOrderWithASignature) {
    Deliveries world;
    world.report(kRubbish);  // before the subscription: not sent
    const auto hook = world.subscribe(kHook);
    ASSERT_EQ(hook.status, 201) << hook.text;
    const auto number = world.report(kRubbish, 116.36, 40.06);
    world.run(10);
    ASSERT_EQ(world.client.sent.size(), 3U);
    std::vector<std::string> types;
    std::int64_t last = 0;
    for (const auto& request : world.client.sent) {
        const auto event = json::parse(request.body);
        EXPECT_EQ(event.at("specversion").as_string(), "1.0");
        EXPECT_EQ(event.at("subject").as_string(), std::string_view(number));
        EXPECT_EQ(event.at("source").as_string(), "/cities/testcity");
        EXPECT_EQ(
            event.at("id").as_string(),
            fmt::format("testcity-{}", event.at("data").at("seq").as_int64())
        );
        EXPECT_GT(event.at("data").at("seq").as_int64(), last);
        last = event.at("data").at("seq").as_int64();
        EXPECT_EQ(request.body.find("13812345678"), std::string::npos);
        types.emplace_back(std::string_view(event.at("type").as_string()));
        std::map<std::string, std::string> headers(request.headers.begin(), request.headers.end());
        EXPECT_EQ(
            headers["X-Chengshu-Signature"],
            "sha256=" +
                world.secrets.hmac_sha256(
                    hook.text_at("secret"), headers["X-Chengshu-Timestamp"] + "." + request.body
                )
        );
    }
    EXPECT_EQ(types.front(), "city.chengshu.case.report");
    EXPECT_EQ(types.back(), "city.chengshu.case.dispatch_to_owner");
    EXPECT_TRUE(world.get("administrator", "/webhooks").at("items.0.secret").is_null());
    world.run(3);
    EXPECT_EQ(world.client.sent.size(), 3U);
}

TEST(Webhooks, FilterByTypeAreaAndDepartment) {
    Deliveries world;
    world.subscribe(kHook, {{"types", json::array{"dispatch_to_owner"}}, {"area", "110101"}});
    world.subscribe(kOther, {{"department", "ROAD"}});
    world.report(kRubbish, testing::kEast1.lon, testing::kEast1.lat);
    world.report(kRubbish, testing::kWest1.lon, testing::kWest1.lat);
    world.run(5);
    ASSERT_EQ(world.client.sent.size(), 1U);
    EXPECT_EQ(world.client.sent.front().url, kHook);
    EXPECT_EQ(world.subscribe(kHook, {{"area", "9"}}).status, 422);
    EXPECT_EQ(world.subscribe(kHook, {{"department", "9"}}).status, 422);
}

TEST(Webhooks, ADeadEndpointHoldsUpNobodyAndEndsInDeadLetters) {
    Deliveries world;
    world.subscribe(kHook, {{"types", json::array{"report"}}});
    world.subscribe(kOther, {{"types", json::array{"report"}}});
    world.client.answers[kHook] = 0;
    world.report(kRubbish);
    world.report(testing::category::kLamp);
    world.run(5);
    EXPECT_EQ(world.client.ids(kOther).size(), 2U);
    const auto before = world.client.ids(kHook);
    ASSERT_GE(before.size(), 2U);
    EXPECT_TRUE(std::all_of(before.begin(), before.end(), [&](const auto& id) {
        return id == before.front();
    })) << "order is kept";
    world.run(3600);
    const auto letters = world.get("administrator", "/webhooks/000001/dead-letters");
    ASSERT_EQ(letters.list("items").size(), 2U) << letters.text;
    EXPECT_EQ(letters.text_at("items.0.attempts"), "10");
    EXPECT_EQ(letters.text_at("items.0.error"), "connection refused");
    EXPECT_EQ(world.client.ids(kHook).size(), 20U);
    // The operator mends it and sends one again.
    world.client.answers[kHook] = 204;
    const auto number = letters.text_at("items.1.number");
    EXPECT_EQ(
        world.call("administrator", "POST", "/webhooks/000001/dead-letters/" + number + "/replay")
            .status,
        204
    );
    EXPECT_EQ(
        world.call("administrator", "POST", "/webhooks/000001/dead-letters/999/replay").status, 404
    );
    world.run(3);
    EXPECT_EQ(world.client.ids(kHook).size(), 21U);
    EXPECT_EQ(world.client.ids(kHook).back(), "testcity-" + number);
    EXPECT_EQ(world.get("administrator", "/webhooks/000001/dead-letters").list("items").size(), 1U);
}

TEST(Webhooks, ASilentEndpointHasOneRequestUnderWay) {
    Deliveries world;
    world.subscribe(kHook);
    world.client.answers[kHook] = FakeClient::kSilent;
    world.report(kRubbish);
    world.run(20);
    EXPECT_EQ(world.client.sent.size(), 1U);
    EXPECT_EQ(world.delivery.in_flight(), 1U);
    world.client.answers.clear();
    world.client.held.front()(200);
    world.run(5);
    EXPECT_EQ(world.client.ids(kHook).size(), 3U);
}

TEST(Webhooks, GoOnAfterARestartAtLeastOnce) {
    Deliveries world;
    world.subscribe(kHook);
    world.report(kRubbish);
    world.run(5);
    const auto before = world.client.ids(kHook);
    world.report(testing::category::kLamp);
    FakeClient client;
    services::WebhookDelivery again(
        world.store, world.secrets, client, world.definitions, world.submitter, 8
    );
    for (int i = 0; i < 10; ++i) {
        world.clock.pass(std::chrono::seconds{1});
        ASSERT_TRUE(again.step(world.clock.now()));
    }
    const auto after = client.ids(kHook);
    ASSERT_GE(after.size(), 3U);
    EXPECT_LE(after.size(), 4U) << "at most what the last second sent comes twice";
    EXPECT_EQ(before.size(), 3U);
}

TEST(Webhooks, ARemovedOneIsSentNothing) {
    Deliveries world;
    world.subscribe(kHook);
    EXPECT_EQ(world.call("administrator", "DELETE", "/webhooks/000001").status, 204);
    EXPECT_EQ(world.call("administrator", "DELETE", "/webhooks/000001").status, 404);
    world.report(kRubbish);
    world.run(3);
    EXPECT_TRUE(world.client.sent.empty());
    const auto head = world.store.head()->value;
    EXPECT_EQ(world.subscribe(kHook).text_at("cursor"), fmt::format("{}", head))
        << "it begins with what comes after";
}

TEST(Webhooks, NeverLeadIntoAPrivateNetworkUnlessAllowed) {
    World world;
    for (const char* url :
         {"ftp://a.example.org/",
          "a.example.org",
          "https://",
          "https://user:secret@a.example.org/",
          "http://localhost/x",
          "http://intranet/",
          "http://printer.local/",
          "http://127.0.0.1:8080/",
          "http://10.1.2.3/",
          "http://169.254.169.254/latest",
          "http://[::1]/",
          "http://[fe80::1]/",
          "http://[::ffff:192.168.0.1]/",
          "http://2130706433/",
          "http://0x7f.1/",
          "http://127.1/",
          "http://a.example.org:0/",
          "http://a.example.org:99999/",
          "http://a b.example.org/",
          "https://a.example.org/#x"}) {
        const auto reply = world.post("administrator", "/webhooks", {{"url", url}});
        EXPECT_EQ(reply.status, 400) << url;
        EXPECT_EQ(reply.text_at("field"), "url") << url << reply.text;
    }
    EXPECT_TRUE(services::check_webhook_url("http://10.1.2.3:9000/x?y=1", true));
    EXPECT_TRUE(services::check_webhook_url("http://[fd00::1]:9000/", true));
    EXPECT_TRUE(services::check_webhook_url("https://8.8.8.8/", false));
    EXPECT_TRUE(services::check_webhook_url("https://[2a00:1450:4001:80b::200e]/", false));
    for (const char* address :
         {"0.0.0.0",
          "100.64.0.1",
          "172.31.255.255",
          "192.0.2.1",
          "224.0.0.1",
          "255.255.255.255",
          "::",
          "fc00::1",
          "2002:7f00:1::",
          "64:ff9b::a00:1",
          "2001:db8::1",
          "2001::1",
          "what"}) {
        EXPECT_TRUE(services::is_private_address(address)) << address;
    }
    for (const char* address :
         {"172.32.0.1", "1.1.1.1", "2606:4700:4700::1111", "64:ff9b::808:808"}) {
        EXPECT_FALSE(services::is_private_address(address)) << address;
    }
}

}  // namespace
}  // namespace chengshu::api
