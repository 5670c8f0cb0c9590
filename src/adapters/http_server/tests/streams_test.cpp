#include "adapters/http_server/tests/fixture.hpp"

#include <deque>

namespace chengshu::http::testing {
namespace {

using std::chrono::milliseconds;

/// A stream that a test feeds.
class Feed final : public BodyStream {
public:
    std::optional<std::string> next() override {
        const std::lock_guard lock{mutex_};
        asked.set();
        if (pieces_.empty()) {
            return ended_ ? std::nullopt : std::optional<std::string>{""};
        }
        std::string piece = std::move(pieces_.front());
        pieces_.pop_front();
        if (piece == "throw") {
            throw std::runtime_error("store is gone");
        }
        return piece;
    }

    void push(std::string piece) {
        const std::lock_guard lock{mutex_};
        pieces_.push_back(std::move(piece));
    }

    void end() {
        const std::lock_guard lock{mutex_};
        ended_ = true;
    }

    Signal asked;

private:
    std::mutex mutex_;
    std::deque<std::string> pieces_;
    bool ended_ = false;
};

class StreamTest : public HttpServerTest {
protected:
    void start_feed(const std::string& type) {
        start([this, type](const Request&, const Reply& reply) {
            Response response;
            response.headers.add("Content-Type", type);
            response.stream = feed;
            reply(std::move(response));
        });
    }

    std::shared_ptr<Feed> feed = std::make_shared<Feed>();
};

TEST_F(StreamTest, SendsPiecesAsChunksAndKeepsTheConnection) {
    feed->push("a,b\n");
    feed->push("1,2\n");
    feed->end();
    start_feed("text/csv");
    Client client{port()};
    const Answer answer = client.ask(kGet);
    EXPECT_EQ(answer.header("Transfer-Encoding"), "chunked");
    EXPECT_EQ(answer.header("Content-Length"), "");
    EXPECT_EQ(answer.body, "a,b\n1,2\n");
    EXPECT_EQ(client.ask(kGet).status, 200);
}

TEST_F(StreamTest, Http10GetsTheBytesUntilTheConnectionCloses) {
    feed->push("abc");
    feed->end();
    start_feed("text/csv");
    Client client{port()};
    client.send("GET /x HTTP/1.0\r\n\r\n");
    EXPECT_EQ(client.take("\r\n\r\n").find("Transfer-Encoding"), std::string::npos);
    EXPECT_EQ(client.take("abc"), "abc");
    EXPECT_TRUE(client.is_closed());
}

TEST_F(StreamTest, HeadOfAStreamAsksForNothing) {
    start_feed("text/csv");
    Client client{port()};
    client.send("HEAD /x HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_EQ(client.receive(true).status, 200);
    feed->end();
    EXPECT_EQ(client.ask(kGet).body, "");
}

TEST_F(StreamTest, WakeDeliversNews) {
    config.stream_keepalive = std::chrono::hours{1};
    start_feed("text/event-stream");
    Client client{port()};
    client.send(kGet);
    EXPECT_NE(client.take("\r\n\r\n"), "");
    for (int i = 1; i <= 20; ++i) {
        ASSERT_TRUE(feed->asked.wait(i));
        const std::string event = "id: " + std::to_string(i) + "\n\n";
        feed->push(event);
        server->wake();
        EXPECT_EQ(client.chunk_or_empty(), event);
    }
    EXPECT_EQ(server->gauges().streams, 1U);
}

TEST_F(StreamTest, WakesFromManyThreadsLoseNothing) {
    config.stream_keepalive = std::chrono::hours{1};
    config.wake_interval = milliseconds{1};
    start_feed("text/event-stream");
    Client client{port()};
    client.send(kGet);
    EXPECT_NE(client.take("\r\n\r\n"), "");
    constexpr int kThreads = 4;
    constexpr int kEvents = 200;
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
        threads.emplace_back([&] {
            for (int i = 0; i < kEvents; ++i) {
                feed->push("x");
                server->wake();
            }
        });
    }
    std::size_t got = 0;
    while (got < kThreads * kEvents) {
        const std::string chunk = client.chunk_or_empty();
        ASSERT_FALSE(chunk.empty()) << got;
        got += chunk.size();
    }
    for (auto& thread : threads) {
        thread.join();
    }
}

TEST_F(StreamTest, AQuietEventStreamSendsComments) {
    config.stream_keepalive = milliseconds{20};
    start_feed("text/event-stream");
    Client client{port()};
    client.send(kGet);
    EXPECT_NE(client.take("\r\n\r\n"), "");
    EXPECT_EQ(client.chunk_or_empty(), ": keep-alive\n\n");
    EXPECT_EQ(client.chunk_or_empty(), ": keep-alive\n\n");
}

TEST_F(StreamTest, AFailingStreamCutsTheConnectionWithoutALastChunk) {
    feed->push("part");
    feed->push("throw");
    start_feed("text/csv");
    Client client{port()};
    client.send(kGet);
    EXPECT_NE(client.take("\r\n\r\n"), "");
    EXPECT_EQ(client.chunk_or_empty(), "part");
    EXPECT_TRUE(client.is_closed());
}

TEST_F(StreamTest, AClientThatLeavesFreesItsPlace) {
    config.stream_keepalive = std::chrono::hours{1};
    config.max_streams = 1;
    config.on_finished = [&](std::string_view, std::string_view, int, std::chrono::nanoseconds) {
        finished.set();
    };
    start_feed("text/event-stream");
    {
        Client client{port()};
        client.send(kGet);
        ASSERT_TRUE(feed->asked.wait());
        Client refused{port()};
        EXPECT_EQ(refused.ask(kGet).status, 503);
        ASSERT_TRUE(finished.wait(1));
    }
    ASSERT_TRUE(finished.wait(2));
    feed->end();
    Client next{port()};
    EXPECT_EQ(next.ask(kGet).status, 200);
}

TEST_F(StreamTest, ASlowConsumerIsCut) {
    config.write_timeout = milliseconds{60};
    config.send_buffer = 4096;
    config.on_finished = [&](std::string_view, std::string_view, int, std::chrono::nanoseconds) {
        finished.set();
    };
    for (int i = 0; i < 64; ++i) {
        feed->push(std::string(256 * 1024, 'a'));
    }
    start_feed("text/event-stream");
    Client client{port(), 4096};
    client.send(kGet);
    EXPECT_TRUE(finished.wait());
    EXPECT_EQ(server->gauges().in_flight, 0U);
}

TEST_F(StreamTest, StopEndsEventStreamsProperly) {
    config.stream_keepalive = std::chrono::hours{1};
    start_feed("text/event-stream");
    Client client{port()};
    client.send(kGet);
    ASSERT_TRUE(feed->asked.wait());
    server->stop(std::chrono::seconds{10});
    EXPECT_NE(client.take("\r\n\r\n"), "");
    EXPECT_EQ(client.take("0\r\n\r\n"), "0\r\n\r\n");
    EXPECT_TRUE(client.is_closed());
}

TEST_F(StreamTest, StopWaitsForAnExportUntilTheDeadlineOnly) {
    start_feed("text/csv");
    Client client{port()};
    client.send(kGet);
    ASSERT_TRUE(feed->asked.wait());
    server->stop(milliseconds{20});
    EXPECT_NE(client.take("\r\n\r\n"), "");
    EXPECT_TRUE(client.is_closed());
}

}  // namespace
}  // namespace chengshu::http::testing
