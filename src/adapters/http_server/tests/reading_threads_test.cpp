#include "adapters/http_server/reading_threads.hpp"

#include "adapters/http_server/tests/fixture.hpp"

#include <stdexcept>

namespace chengshu::http::testing {
namespace {

class ReadingThreadsTest : public HttpServerTest {
protected:
    /// One I/O thread and one reading thread; "/slow" ends when the test says so.
    void start(std::size_t waiting_max) {
        config.threads = 1;
        auto slow = std::make_shared<FunctionHandler>([this](Request request, const Reply& reply) {
            if (request.target == "/slow") {
                arrived.set();
                EXPECT_TRUE(finished.wait());
            } else if (request.target == "/throws") {
                throw std::runtime_error("on a thread of its own");
            }
            echo(std::move(request), reply);
        });
        auto started = HttpServer::start(
            config,
            std::make_shared<ReadingThreads>(
                std::move(slow),
                1,
                waiting_max,
                [](const Request& request) { return request.target == "/slow"; }
            )
        );
        ASSERT_TRUE(started) << started.error().context;
        server = std::move(started).value();
    }
};

TEST_F(ReadingThreadsTest, ASlowReadHoldsUpNoChange) {
    start(10);
    Client reader{port()};
    reader.send("GET /slow HTTP/1.1\r\nHost: h\r\n\r\n");
    ASSERT_TRUE(arrived.wait());
    Client writer{port()};
    const auto answer = writer.ask("POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi");
    EXPECT_EQ(answer.status, 200);
    finished.set();
    EXPECT_EQ(reader.receive().body, "GET /slow\n");
}

TEST_F(ReadingThreadsTest, APostThatOnlyReadsHoldsUpNoChangeEither) {
    start(10);
    Client reader{port()};
    reader.send("POST /slow HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi");
    ASSERT_TRUE(arrived.wait());
    Client writer{port()};
    const auto answer = writer.ask("POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi");
    EXPECT_EQ(answer.status, 200);
    finished.set();
    EXPECT_EQ(reader.receive().status, 200);
}

TEST_F(ReadingThreadsTest, TooManyWaitingReadsAreToldSo) {
    start(1);
    Client first{port()};
    first.send("GET /slow HTTP/1.1\r\nHost: h\r\n\r\n");
    ASSERT_TRUE(arrived.wait());
    // One may wait; which of the two that is, nobody knows.
    Client second{port()};
    Client third{port()};
    second.send("GET /b HTTP/1.1\r\nHost: h\r\n\r\n");
    third.send("GET /c HTTP/1.1\r\nHost: h\r\n\r\n");
    timeval moment{0, 20'000};
    Answer answer;
    while (answer.status == 0) {
        for (auto* client : {&second, &third}) {
            ::setsockopt(client->fd(), SOL_SOCKET, SO_RCVTIMEO, &moment, sizeof moment);
            if (answer.status == 0) {
                answer = client->receive();
            }
        }
    }
    EXPECT_EQ(answer.status, 503);
    EXPECT_EQ(answer.header("Retry-After"), "1");
    finished.set();
    EXPECT_EQ(first.receive().status, 200);
}

TEST_F(ReadingThreadsTest, WhatThrowsIsAnswered) {
    start(10);
    Client client{port()};
    EXPECT_EQ(client.ask("GET /throws HTTP/1.1\r\nHost: h\r\n\r\n").status, 500);
    EXPECT_EQ(client.ask("GET /y HTTP/1.1\r\nHost: h\r\n\r\n").status, 200);
}

}  // namespace
}  // namespace chengshu::http::testing
