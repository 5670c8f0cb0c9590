#include "adapters/http_server/http_server.hpp"
#include "load/engine.hpp"
#include "load/get.hpp"
#include "load/histogram.hpp"
#include "load/lifecycle.hpp"
#include "load/response_reader.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <set>

namespace chengshu::load {
namespace {

using std::chrono::milliseconds;

TEST(Histogram, QuantilesAreExactToOnePercent) {
    Histogram histogram;
    for (std::uint64_t i = 1; i <= 100'000; ++i) {
        histogram.record(i * 1000);
    }
    for (const double q : {0.01, 0.5, 0.9, 0.99, 0.999}) {
        const double expected = q * 1e8;
        EXPECT_NEAR(static_cast<double>(histogram.quantile(q)), expected, expected * 0.01) << q;
    }
    EXPECT_EQ(histogram.quantile(1), 100'000'000U);
    EXPECT_EQ(histogram.max(), 100'000'000U);
    EXPECT_NEAR(histogram.mean(), 50'000'500, 1);
}

TEST(Histogram, HoldsEveryValueAndMerges) {
    Histogram one;
    EXPECT_EQ(one.quantile(0.5), 0U);
    one.record(0);
    Histogram two;
    two.record(std::numeric_limits<std::uint64_t>::max());
    one.merge(two);
    EXPECT_EQ(one.count(), 2U);
    EXPECT_EQ(one.quantile(0.5), 0U);
    EXPECT_EQ(one.quantile(1), std::numeric_limits<std::uint64_t>::max());
}

/// Feeds `text` in pieces of `size` bytes; the last state.
ResponseReader::State feed(ResponseReader& reader, std::string_view text, std::size_t size) {
    auto state = ResponseReader::State::NeedMore;
    while (!text.empty() && state == ResponseReader::State::NeedMore) {
        std::string_view piece = text.substr(0, size);
        text.remove_prefix(piece.size());
        state = reader.read(piece);
    }
    return state;
}

TEST(ResponseReader, ReadsBothFramingsHoweverCut) {
    const std::string sized =
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\ncontent-length: 5\r\n\r\nhello";
    const std::string chunked =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: "
        "close\r\n\r\n3\r\nhel\r\n2;x\r\nlo\r\n0\r\n\r\n";
    for (std::size_t size = 1; size < 100; ++size) {
        ResponseReader reader;
        ASSERT_EQ(feed(reader, sized, size), ResponseReader::State::Complete) << size;
        EXPECT_EQ(reader.status(), 201);
        EXPECT_EQ(reader.body(), "hello");
        EXPECT_TRUE(reader.keep_alive());
        reader.reset();
        ASSERT_EQ(feed(reader, chunked, size), ResponseReader::State::Complete) << size;
        EXPECT_EQ(reader.body(), "hello");
        EXPECT_FALSE(reader.keep_alive());
    }
}

TEST(ResponseReader, RefusesNonsense) {
    for (const std::string bad :
         {"SSH-2.0-x\r\n\r\n",
          "HTTP/1.1 abc\r\n\r\n",
          "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n"}) {
        ResponseReader reader;
        EXPECT_EQ(feed(reader, bad, 1000), ResponseReader::State::Malformed) << bad;
    }
    ResponseReader reader;
    EXPECT_EQ(feed(reader, std::string(100'000, 'a'), 1000), ResponseReader::State::Malformed);
}

TEST(Samples, AreParsedStrictly) {
    const auto samples = parse_samples("# comment\n\n0101,0101-1,116.4,39.9\r\n0102,,116,40\n");
    ASSERT_TRUE(samples);
    ASSERT_EQ(samples.value().size(), 2U);
    EXPECT_EQ(samples.value()[0].standard, "0101-1");
    EXPECT_EQ(samples.value()[1].lat, "40");
    for (const std::string bad : {"", "a,b,c,d", "a,b,1", "a,b,1,2,3", ",b,1,2", "a\",b,1,2"}) {
        EXPECT_FALSE(parse_samples(bad)) << bad;
    }
}

/// As much of the case API as the lifecycle script needs; it fails every tenth resolve when told
/// to.
class CaseHandler final : public http::Handler {
public:
    explicit CaseHandler(bool fail_some) : fail_some_(fail_some) {}

    void handle(http::Request request, http::Reply reply) override {
        http::Response response;
        response.headers.add("Content-Type", "application/json");
        if (request.target == "/api/v1/reports") {
            EXPECT_EQ(request.headers.get("Authorization"), "Bearer r");
            EXPECT_EQ(request.body.front(), '{');
            EXPECT_EQ(request.body.back(), '}');
            response.status = 201;
            const std::string id = std::to_string(1'000'000'000'000'000'000 + ++cases_);
            response.body = R"({"report":{"id":"7"},"case":{"id":")" + id + "\"}}";
        } else if (request.method == "GET") {
            response.body =
                "{\"items\":[\"" + request.target.substr(request.target.find('=') + 1) + "\"]}";
        } else {
            const std::lock_guard lock{mutex_};
            EXPECT_TRUE(keys_.insert(std::string{request.headers.get("Idempotency-Key")}).second);
            response.status = fail_some_ && ++transitions_ % 20 == 0 ? 409 : 200;
        }
        reply(std::move(response));
    }

private:
    bool fail_some_;
    std::atomic<int> cases_{0};
    std::mutex mutex_;
    int transitions_ = 0;
    std::set<std::string> keys_;
};

LoadResult run_lifecycle(bool fail_some, double rate) {
    auto server = http::HttpServer::start({}, std::make_shared<CaseHandler>(fail_some));
    EXPECT_TRUE(server);
    LifecycleConfig life;
    life.reporter_token = "r";
    life.samples = {{"0101", "", "116.4", "39.9"}};
    LifecycleScenario scenario{std::move(life)};
    EngineConfig config;
    config.port = server.value()->port();
    config.connections = 4;
    config.jobs_per_second = rate;
    config.warmup = milliseconds{0};
    config.duration = milliseconds{200};
    auto result = run(config, scenario);
    EXPECT_TRUE(result);
    return std::move(result).value();
}

TEST(Engine, ClosedLoopCountsEveryJob) {
    const LoadResult result = run_lifecycle(false, 0);
    EXPECT_GT(result.jobs_good, 0U);
    EXPECT_EQ(result.jobs_good, result.jobs_begun);
    EXPECT_EQ(result.job_latency.count(), result.jobs_good);
    for (const auto& step : result.steps) {
        EXPECT_EQ(step.latency.count(), result.jobs_good) << step.name;
        EXPECT_EQ(step.errors, 0U);
    }
    EXPECT_NE(result.to_json().find("\"jobs_per_second\""), std::string::npos);
}

TEST(Engine, BadAnswersEndTheirJobAndAreCounted) {
    const LoadResult result = run_lifecycle(true, 0);
    EXPECT_GT(result.jobs_bad, 0U);
    EXPECT_EQ(result.jobs_good + result.jobs_bad, result.jobs_begun);
    EXPECT_EQ(result.steps[1].errors + result.steps[2].errors, result.jobs_bad);
    EXPECT_EQ(result.statuses.at(409), result.jobs_bad);
    EXPECT_FALSE(result.first_error.empty());
}

TEST(Engine, OpenLoopBeginsAsManyJobsAsAsked) {
    const LoadResult result = run_lifecycle(false, 100);
    EXPECT_EQ(result.jobs_begun, 20U);
    EXPECT_EQ(result.jobs_good, 20U);
    EXPECT_EQ(result.jobs_unfinished, 0U);
}

TEST(Engine, SaysWhenTheServerCannotBeReached) {
    std::uint16_t port = 0;
    {
        const auto server = http::HttpServer::start({}, std::make_shared<CaseHandler>(false));
        ASSERT_TRUE(server);
        port = server.value()->port();
    }
    GetScenario scenario{{"/"}, ""};
    EngineConfig config;
    config.port = port;
    EXPECT_EQ(run(config, scenario).error().code, ErrorCode::NotFound);
    config.host = "localhost";
    EXPECT_EQ(run(config, scenario).error().field, "host");
    config.connections = 0;
    EXPECT_EQ(run(config, scenario).error().field, "connections");
}

}  // namespace
}  // namespace chengshu::load
