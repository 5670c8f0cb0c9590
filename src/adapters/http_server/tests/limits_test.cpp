#include "adapters/http_server/tests/fixture.hpp"

namespace chengshu::http::testing {
namespace {

using std::chrono::milliseconds;

TEST_F(HttpServerTest, ClosesAnIdleConnection) {
    config.idle_timeout = milliseconds{40};
    start(echo);
    Client client{port()};
    EXPECT_EQ(client.ask(kGet).status, 200);
    EXPECT_TRUE(client.is_closed());
}

TEST_F(HttpServerTest, ClosesAConnectionThatSaysNothing) {
    config.header_timeout = milliseconds{40};
    start(echo);
    Client client{port()};
    EXPECT_TRUE(client.is_closed());
}

TEST_F(HttpServerTest, CutsASlowHeader) {
    config.header_timeout = milliseconds{60};
    start(echo);
    Client client{port()};
    client.send("GET /x HTTP/1.1\r\nHost: h\r\n");
    EXPECT_EQ(client.receive().status, 408);
    EXPECT_TRUE(client.is_closed());
}

TEST_F(HttpServerTest, ADripOfHeaderBytesDoesNotHelp) {
    config.header_timeout = milliseconds{60};
    start(echo);
    Client client{port()};
    client.send("GET /x HTTP/1.1\r\nHost: h\r\n");
    // Each turn waits for an answer a little, and sends a little: the timeout is for the whole
    // header.
    const timeval pause{0, 10'000};
    ::setsockopt(client.fd(), SOL_SOCKET, SO_RCVTIMEO, &pause, sizeof pause);
    Answer answer;
    for (int i = 0; i < 1000 && answer.status == 0; ++i) {
        client.send("A: b\r\n");
        answer = client.receive();
    }
    EXPECT_EQ(answer.status, 408);
}

TEST_F(HttpServerTest, CutsASlowBody) {
    config.body_timeout = milliseconds{60};
    start(echo);
    Client client{port()};
    client.send("POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc");
    EXPECT_EQ(client.receive().status, 408);
    EXPECT_TRUE(client.is_closed());
}

TEST_F(HttpServerTest, CutsAPeerThatReadsNothing) {
    config.write_timeout = milliseconds{60};
    config.send_buffer = 4096;
    config.on_finished = [&](std::string_view, std::string_view, int, std::chrono::nanoseconds) {
        finished.set();
    };
    start([](const Request&, const Reply& reply) { reply(text(std::string(8 * 1024 * 1024, 'a'))); }
    );
    Client client{port(), 4096};
    client.send(kGet);
    EXPECT_TRUE(finished.wait());
    EXPECT_LT(client.receive().body.size(), 8U * 1024 * 1024);
}

TEST_F(HttpServerTest, RefusesConnectionsOverTheLimitWith503) {
    config.max_connections = 2;
    start(echo);
    Client first{port()};
    Client second{port()};
    EXPECT_EQ(first.ask(kGet).status, 200);
    EXPECT_EQ(second.ask(kGet).status, 200);
    Client third{port()};
    const Answer answer = third.ask(kGet);
    EXPECT_EQ(answer.status, 503);
    EXPECT_EQ(answer.header("Retry-After"), "1");
    EXPECT_TRUE(third.is_closed());
    EXPECT_EQ(server->gauges().refused, 1U);
    EXPECT_EQ(first.ask(kGet).status, 200);
}

TEST_F(HttpServerTest, RefusesRequestsInFlightOverTheLimitButKeepsTheConnection) {
    config.max_in_flight = 1;
    start([&](const Request& request, Reply reply) {
        if (request.target != "/hold") {
            return reply(text("quick"));
        }
        const std::lock_guard lock{mutex};
        held = std::move(reply);
        arrived.set();
    });
    Client slow{port()};
    slow.send("GET /hold HTTP/1.1\r\nHost: h\r\n\r\n");
    ASSERT_TRUE(arrived.wait());
    Client other{port()};
    const Answer refused = other.ask(kGet);
    EXPECT_EQ(refused.status, 503);
    EXPECT_EQ(refused.header("Retry-After"), "1");
    held(text("done"));
    held = nullptr;
    EXPECT_EQ(slow.receive().body, "done");
    EXPECT_EQ(other.ask(kGet).body, "quick");
    EXPECT_EQ(server->gauges().in_flight, 0U);
}

TEST_F(HttpServerTest, BoundsTheMemoryOfAllBodies) {
    config.max_buffered_bodies = 100'000;
    start(echo);
    Client client{port()};
    client.send("POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n");
    client.send(std::string(300'000, 'a'));
    EXPECT_EQ(client.receive().status, 503);
    Client small{port()};
    EXPECT_EQ(small.ask("POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\na").status, 200);
}

TEST_F(HttpServerTest, StopLetsARequestInFlightFinish) {
    start([&](const Request&, Reply reply) {
        held = std::move(reply);
        arrived.set();
    });
    Client idle{port()};
    Client busy{port()};
    busy.send(kGet);
    ASSERT_TRUE(arrived.wait());
    std::thread stopper{[&] { server->stop(std::chrono::seconds{10}); }};
    EXPECT_TRUE(idle.is_closed());
    held(text("done"));
    const Answer answer = busy.receive();
    EXPECT_EQ(answer.body, "done");
    EXPECT_EQ(answer.header("Connection"), "close");
    EXPECT_TRUE(busy.is_closed());
    stopper.join();
    EXPECT_EQ(server->gauges().connections, 0U);
    EXPECT_FALSE(Client{port()}.connected());
}

TEST_F(HttpServerTest, StopGivesUpAtTheDeadlineAndALateReplyIsHarmless) {
    start([&](const Request&, Reply reply) {
        held = std::move(reply);
        arrived.set();
    });
    Client client{port()};
    client.send(kGet);
    ASSERT_TRUE(arrived.wait());
    server->stop(milliseconds{20});
    EXPECT_TRUE(client.is_closed());
    server.reset();
    held(text("too late"));
}

TEST_F(HttpServerTest, AServerEndsWithItsHandlerThoughAReplyIsStillHeld) {
    auto handler = std::make_shared<FunctionHandler>([&](const Request&, Reply reply) {
        held = std::move(reply);
        arrived.set();
    });
    const std::weak_ptr<Handler> seen_again = handler;
    auto started = HttpServer::start(config, std::move(handler));
    ASSERT_TRUE(started) << started.error().context;
    server = std::move(started).value();
    Client client{port()};
    client.send(kGet);
    ASSERT_TRUE(arrived.wait());
    server.reset();
    EXPECT_TRUE(seen_again.expired());
    held(text("too late"));
}

}  // namespace
}  // namespace chengshu::http::testing
