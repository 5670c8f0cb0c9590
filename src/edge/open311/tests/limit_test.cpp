#include "edge/open311/tests/world.hpp"
#include "services/report_limit.hpp"

namespace chengshu::open311 {
namespace {

TEST(Limit, WhoHasNoValidKeyMayNotEvenAskAsOftenAsHeLikes) {
    World world;
    services::ReportLimit limit({2, std::chrono::seconds{10}, 100});
    Options options;
    options.report_limit = &limit;
    world.open311 = std::make_unique<Open311>(
        world.store,
        world.clock,
        world.secrets,
        world.blobs,
        world.current,
        world.submitter,
        options
    );
    const auto send = [&](const std::string& key, std::vector<Field> headers = {}) {
        return world.post(
            "requests.json",
            {{"api_key", key}, {"service_code", "0101"}, {"lat", "40.05"}, {"long", "116.35"}},
            std::move(headers)
        );
    };
    EXPECT_EQ(send("").status, 403);
    EXPECT_EQ(send("guessed").status, 403);
    const auto english = send("guessed");
    EXPECT_EQ(english.status, 429);
    EXPECT_EQ(english.headers.get("Retry-After"), "10");
    EXPECT_NE(english.body.find("wait 10 s"), std::string::npos) << english.body;
    const auto chinese = send("", {{"Accept-Language", "zh"}});
    EXPECT_NE(chinese.body.find("请求过于频繁"), std::string::npos) << chinese.body;
    for (int i = 0; i < 5; ++i) {
        EXPECT_EQ(send("key-acceptor").status, 200) << "an account answers for what it sends";
    }
    EXPECT_EQ(world.get("requests.json").status, 200) << "reading is not limited";
    world.clock.pass(std::chrono::seconds{10});
    EXPECT_EQ(send("").status, 403);
}

}  // namespace
}  // namespace chengshu::open311
