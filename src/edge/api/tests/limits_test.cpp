// How often one address may report without an account.

#include "edge/api/tests/api_fixture.hpp"
#include "services/report_limit.hpp"

#include <gtest/gtest.h>

namespace chengshu::api {
namespace {

using std::chrono::seconds;

const char* const kBody =
    R"({"source":"public","lon":116.35,"lat":40.05,"description":"路边有垃圾"})";

/// The world's interface, with a burst of two and then a report in ten seconds.
class Limited {
public:
    Limited() {
        Options options;
        options.report_limit = &limit;
        api = std::make_unique<Api>(
            world.store,
            world.clock,
            world.secrets,
            world.blobs,
            world.definitions,
            world.submitter,
            options
        );
    }

    http::Response report(
        const std::string& peer,
        const std::vector<std::pair<std::string, std::string>>& headers = {},
        const std::string& body = kBody
    ) {
        http::Request request;
        request.method = "POST";
        request.target = "/api/v1/reports";
        request.peer = peer;
        request.body = body;
        request.headers.set("Content-Type", "application/json");
        for (const auto& [name, value] : headers) {
            request.headers.set(name, value);
        }
        http::Response out;
        api->handle(std::move(request), [&](http::Response response) {
            out = std::move(response);
        });
        return out;
    }

    World world;
    services::ReportLimit limit{{2, seconds{10}, 1000}};
    std::unique_ptr<Api> api;
};

TEST(ReportLimit, AnAddressThatReportsTooOftenIsToldWhenToComeAgain) {
    Limited limited;
    EXPECT_EQ(limited.report("192.0.2.1").status, 201);
    EXPECT_EQ(limited.report("192.0.2.1").status, 201);
    const auto english = limited.report("192.0.2.1", {{"Accept-Language", "en"}});
    EXPECT_EQ(english.status, 429);
    EXPECT_EQ(english.headers.get("Retry-After"), "10");
    EXPECT_EQ(english.headers.get("Content-Type"), "application/problem+json");
    EXPECT_NE(english.body.find("Too many requests"), std::string::npos) << english.body;
    EXPECT_NE(english.body.find("wait 10 s"), std::string::npos) << english.body;
    const auto chinese = limited.report("192.0.2.1", {{"Accept-Language", "zh"}});
    EXPECT_NE(chinese.body.find("请求过于频繁"), std::string::npos) << chinese.body;
    EXPECT_EQ(limited.report("192.0.2.2").status, 201) << "others are not held up";
    limited.world.clock.pass(seconds{4});
    EXPECT_EQ(limited.report("192.0.2.1").headers.get("Retry-After"), "6");
    limited.world.clock.pass(seconds{6});
    EXPECT_EQ(limited.report("192.0.2.1").status, 201);
}

TEST(ReportLimit, BadReportsCountAsWell) {
    Limited limited;
    EXPECT_EQ(limited.report("192.0.2.1", {}, "{").status, 400);
    EXPECT_EQ(limited.report("192.0.2.1", {}, "{").status, 400);
    EXPECT_EQ(limited.report("192.0.2.1", {}, "{").status, 429);
}

TEST(ReportLimit, AHouseholdsIpv6AddressesAreOne) {
    Limited limited;
    EXPECT_EQ(limited.report("2001:db8:1:2::1").status, 201);
    EXPECT_EQ(limited.report("2001:db8:1:2:aaaa:bbbb:cccc:dddd").status, 201);
    EXPECT_EQ(limited.report("2001:db8:1:2::77").status, 429);
    EXPECT_EQ(limited.report("2001:db8:1:3::1").status, 201);
    EXPECT_EQ(limited.report("::ffff:192.0.2.9").status, 201);
    EXPECT_EQ(limited.report("192.0.2.9").status, 201);
    EXPECT_EQ(limited.report("192.0.2.9").status, 429);
    EXPECT_NE(services::sender_key("::1"), services::sender_key("0.0.0.0"));
    EXPECT_EQ(services::sender_key("fe80::1%eth0"), services::sender_key("fe80::2%eth1"));
    EXPECT_EQ(services::sender_key(""), services::sender_key("no address"));
}

TEST(ReportLimit, AccountsAreNotLimited) {
    Limited limited;
    for (int i = 0; i < 5; ++i) {
        const auto reply = limited.report(
            "192.0.2.1", {{"Authorization", "Bearer " + World::token_of("acceptor")}}
        );
        EXPECT_EQ(reply.status, 201);
    }
    EXPECT_EQ(limited.report("192.0.2.1").status, 201);
}

TEST(ReportLimit, NoAddressIsStored) {
    Limited limited;
    const auto first = limited.report("198.51.100.77", {{"Idempotency-Key", "k1"}});
    ASSERT_EQ(first.status, 201);
    EXPECT_EQ(limited.report("198.51.100.77", {{"Idempotency-Key", "k1"}}).body, first.body);
    const auto rows = limited.world.store.journal(Seq{}, 1000);
    for (const auto& row : *rows) {
        EXPECT_EQ((row.body + row.actor).find("198.51.100.77"), std::string::npos) << row.body;
    }
    const auto report = limited.world.store.find_report(*limited.world.store.last_report());
    EXPECT_EQ(((**report).body + (**report).reporter).find("198.51.100.77"), std::string::npos);
    // The public has no names: the same key for something else is another report.
    limited.world.clock.pass(std::chrono::hours{1});
    auto other = std::string(kBody);
    other.replace(other.find("116.35"), 6, "116.15");
    const auto second = limited.report("203.0.113.5", {{"Idempotency-Key", "k1"}}, other);
    EXPECT_EQ(second.status, 201);
    EXPECT_NE(second.body, first.body);
}

}  // namespace
}  // namespace chengshu::api
