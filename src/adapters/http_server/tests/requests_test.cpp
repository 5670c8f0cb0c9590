#include "adapters/http_server/tests/fixture.hpp"

#include <thread>

namespace chengshu::http::testing {
namespace {

TEST_F(HttpServerTest, AnswersAndKeepsTheConnection) {
    start(echo);
    Client client{port()};
    for (int i = 0; i < 3; ++i) {
        const Answer answer = client.ask("GET /a?b=%20 HTTP/1.1\r\nHost: h\r\n\r\n");
        EXPECT_EQ(answer.status, 200);
        EXPECT_EQ(answer.body, "GET /a?b=%20\n");
        EXPECT_EQ(answer.header("Connection"), "");
    }
}

TEST_F(HttpServerTest, EveryAnswerCarriesSecurityHeaders) {
    start([](const Request&, const Reply& reply) {
        Response response = text("x");
        response.headers.add("X-Frame-Options", "SAMEORIGIN");
        reply(std::move(response));
    });
    Client client{port()};
    const Answer answer = client.ask(kGet);
    EXPECT_EQ(answer.header("X-Content-Type-Options"), "nosniff");
    EXPECT_EQ(answer.header("X-Frame-Options"), "SAMEORIGIN");
    EXPECT_EQ(answer.header("Referrer-Policy"), "same-origin");
    EXPECT_EQ(answer.header("Content-Security-Policy").substr(0, 18), "default-src 'self'");
    EXPECT_EQ(answer.header("Strict-Transport-Security"), "");
    EXPECT_EQ(answer.header("Date").size(), 29U);
    const Answer refused = client.ask("BAD\r\n\r\n");
    EXPECT_EQ(refused.header("X-Content-Type-Options"), "nosniff");
}

TEST_F(HttpServerTest, HeadersOfTheHandlerCannotBreakTheFraming) {
    start([](const Request&, const Reply& reply) {
        Response response = text("x");
        response.headers.add("A", "b\r\nInjected: 1");
        response.headers.add("Bad Name", "1");
        response.headers.add("content-length", "999");
        response.headers.add("Connection", "close");
        response.headers.add("Transfer-Encoding", "chunked");
        response.headers.add("Good", "2");
        reply(std::move(response));
    });
    Client client{port()};
    const Answer answer = client.ask(kGet);
    EXPECT_EQ(answer.head.find("Injected"), std::string::npos);
    EXPECT_EQ(answer.head.find("Bad Name"), std::string::npos);
    EXPECT_EQ(answer.header("Content-Length"), "1");
    EXPECT_EQ(answer.header("Good"), "2");
    EXPECT_EQ(client.ask(kGet).status, 200);
}

TEST_F(HttpServerTest, AnswersPipelinedRequestsInOrder) {
    start(echo);
    Client client{port()};
    std::string burst;
    for (int i = 0; i < 50; ++i) {
        burst +=
            "POST /" + std::to_string(i) + " HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nab";
    }
    client.send(burst);
    for (int i = 0; i < 50; ++i) {
        EXPECT_EQ(client.receive().body, "POST /" + std::to_string(i) + "\nab");
    }
}

TEST_F(HttpServerTest, ReadsARequestThatComesByteByByte) {
    start(echo);
    Client client{port()};
    const std::string request =
        "POST /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: "
        "chunked\r\n\r\n3;e=1\r\nabc\r\n2\r\nde\r\n0\r\nT: 1\r\n\r\n";
    for (const char c : request) {
        client.send({&c, 1});
    }
    EXPECT_EQ(client.receive().body, "POST /x\nabcde");
    EXPECT_EQ(client.ask(kGet).body, "GET /x\n");
}

TEST_F(HttpServerTest, HeadHasLengthButNoBody) {
    start(echo);
    Client client{port()};
    client.send("HEAD /x HTTP/1.1\r\nHost: h\r\n\r\n");
    const Answer answer = client.receive(true);
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.header("Content-Length"), "7");
    EXPECT_EQ(client.ask(kGet).body, "GET /x\n");
}

TEST_F(HttpServerTest, NoContentAndNotModifiedHaveNoBody) {
    start([](const Request& request, const Reply& reply) {
        reply(text("hidden", request.target == "/204" ? 204 : 304));
    });
    Client client{port()};
    for (const std::string target : {"/204", "/304"}) {
        const Answer answer = client.ask("GET " + target + " HTTP/1.1\r\nHost: h\r\n\r\n");
        EXPECT_EQ(answer.status, std::stoi(target.substr(1)));
        EXPECT_EQ(answer.header("Content-Length"), "");
    }
}

TEST_F(HttpServerTest, Http10ClosesUnlessAskedToKeep) {
    start(echo);
    Client closing{port()};
    EXPECT_EQ(closing.ask("GET /x HTTP/1.0\r\n\r\n").header("Connection"), "close");
    EXPECT_TRUE(closing.is_closed());
    Client keeping{port()};
    EXPECT_EQ(
        keeping.ask("GET /x HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").header("Connection"),
        "keep-alive"
    );
    EXPECT_EQ(
        keeping.ask("GET /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").header("Connection"),
        "close"
    );
    EXPECT_TRUE(keeping.is_closed());
}

TEST_F(HttpServerTest, InvitesTheBodyAfterExpect) {
    start(echo);
    Client client{port()};
    client.send("POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_EQ(client.receive().status, 100);
    EXPECT_EQ(client.ask("abc").body, "POST /x\nabc");
}

TEST_F(HttpServerTest, RefusesAnOversizedBodyBeforeItComes) {
    config.max_body = 100;
    start(echo);
    Client client{port()};
    const Answer answer = client.ask(
        "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 101\r\nExpect: 100-continue\r\n\r\n"
    );
    EXPECT_EQ(answer.status, 413);
    EXPECT_NE(answer.body.find("too_large"), std::string::npos);
    EXPECT_EQ(answer.header("Connection"), "close");
    EXPECT_TRUE(client.is_closed());
}

TEST_F(HttpServerTest, RefusesAnOversizedChunkedBody) {
    config.max_body = 100;
    start(echo);
    for (const std::string& body :
         {std::string{"65\r\n"},
          std::string{"ffffffffffffffff\r\n"},
          "60\r\n" + std::string(96, 'a') + "\r\n5\r\n"}) {
        Client client{port()};
        EXPECT_EQ(
            client.ask("POST /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" + body)
                .status,
            413
        );
    }
    Client exact{port()};
    EXPECT_EQ(
        exact
            .ask(
                "POST /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n64\r\n" +
                std::string(100, 'a') + "\r\n0\r\n\r\n"
            )
            .status,
        200
    );
}

TEST_F(HttpServerTest, AcceptsALargeBodyWithinTheLimit) {
    start([](const Request& request, const Reply& reply) {
        reply(text(std::to_string(request.body.size())));
    });
    Client client{port()};
    const std::size_t size = 10 * 1024 * 1024;
    client.send(
        "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n"
    );
    client.send(std::string(size, 'a'));
    EXPECT_EQ(client.receive().body, std::to_string(size));
}

TEST_F(HttpServerTest, RefusesMalformedRequests) {
    start(echo);
    const std::vector<std::pair<std::string, int>> cases{
        {"GET\r\n\r\n", 400},
        {"\x16\x03\x01\x02\r\n\r\n", 400},
        {"GET /x HTTP/1.1\r\n\r\n", 400},  // no Host
        {"GET /x HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
        {"GET x HTTP/1.1\r\nHost: h\r\n\r\n", 400},
        {"get /x HTTP/1.1\r\nHost: h\r\n\r\n", 501},
        {"GET /x HTTP/2.0\r\nHost: h\r\n\r\n", 505},
        {"GET /x HTTP/1.1\r\nHost: h\r\nA : b\r\n\r\n", 400},
        {"GET /x HTTP/1.1\r\nHost: h\r\nContent-Length: x\r\n\r\n", 400},
        {"GET /x HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n", 400},
        {"POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400},
        {"POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: "
         "chunked\r\n\r\n0\r\n\r\n",
         400},
        {"POST /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nContent-Length: "
         "1\r\n\r\n0\r\n\r\n",
         400},
        {"POST /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501},
        {"POST /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400},
        {"POST /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n", 400},
        {"POST /x HTTP/1.1\r\nHost: h\r\nExpect: tea\r\n\r\n", 417},
        {"GET /" + std::string(20'000, 'a') + " HTTP/1.1\r\nHost: h\r\n\r\n", 431},
        {"GET /x HTTP/1.1\r\nHost: h\r\nA: " + std::string(20'000, 'a') + "\r\n\r\n", 431},
    };
    for (const auto& [request, status] : cases) {
        Client client{port()};
        EXPECT_EQ(client.ask(request).status, status) << request.substr(0, 120);
        EXPECT_TRUE(client.is_closed()) << request.substr(0, 120);
    }
    Client fine{port()};
    EXPECT_EQ(fine.ask(kGet).status, 200);
}

TEST_F(HttpServerTest, HeaderLimitHoldsForManySmallFields) {
    start(echo);
    Client client{port()};
    std::string request = "GET /x HTTP/1.1\r\nHost: h\r\n";
    for (int i = 0; i < 101; ++i) {
        request += "A: b\r\n";
    }
    EXPECT_EQ(client.ask(request + "\r\n").status, 431);
}

TEST_F(HttpServerTest, TakesTheAbsoluteFormOfATarget) {
    start(echo);
    Client client{port()};
    EXPECT_EQ(client.ask("GET http://h/a?b HTTP/1.1\r\nHost: h\r\n\r\n").body, "GET /a?b\n");
    EXPECT_EQ(client.ask("GET HTTP://h HTTP/1.1\r\nHost: h\r\n\r\n").body, "GET /\n");
}

TEST_F(HttpServerTest, ErrorsSpeakTheCallersLanguage) {
    config.max_body = 1;
    start(echo);
    Client client{port()};
    const Answer answer = client.ask(
        "POST /x HTTP/1.1\r\nHost: h\r\nAccept-Language: en\r\nExpect: "
        "100-continue\r\nContent-Length: 1\r\n\r\n"
    );
    EXPECT_EQ(answer.status, 100);
    client.send("a");
    EXPECT_EQ(client.receive().status, 200);
}

TEST_F(HttpServerTest, ThrowingAndSilentHandlersBecome500) {
    config.on_problem = [&](std::string_view) { problems.set(); };
    start([](const Request& request, const Reply&) {
        if (request.target == "/throw") {
            throw std::runtime_error("secret");
        }
    });
    Client client{port()};
    for (const std::string target : {"/throw", "/silent"}) {
        const Answer answer =
            client.ask("GET " + target + " HTTP/1.1\r\nHost: h\r\nAccept-Language: en\r\n\r\n");
        EXPECT_EQ(answer.status, 500);
        EXPECT_NE(answer.body.find("\"code\":\"internal\""), std::string::npos);
        EXPECT_EQ(answer.body.find("secret"), std::string::npos);
        EXPECT_EQ(answer.header("Content-Language"), "en");
    }
    EXPECT_TRUE(problems.wait(2));
}

TEST_F(HttpServerTest, RepliesMayComeFromAnotherThread) {
    std::vector<std::thread> threads;
    start([&](Request request, Reply reply) {
        const std::lock_guard lock{mutex};
        threads.emplace_back([reply = std::move(reply), target = std::move(request.target)] {
            reply(text(target));
        });
    });
    Client client{port()};
    for (int i = 0; i < 100; ++i) {
        const std::string target = "/" + std::to_string(i);
        EXPECT_EQ(client.ask("GET " + target + " HTTP/1.1\r\nHost: h\r\n\r\n").body, target);
    }
    for (auto& thread : threads) {
        thread.join();
    }
}

TEST_F(HttpServerTest, CompressesLargeTextWhenAccepted) {
    start([](const Request& request, const Reply& reply) {
        Response response = text(std::string(5000, 'a'));
        if (request.target == "/strong") {
            response.headers.add("ETag", "\"1\"");
        } else if (request.target == "/small") {
            response.body.resize(1023);
        } else if (request.target == "/image") {
            response.headers.set("Content-Type", "image/png");
        }
        reply(std::move(response));
    });
    Client client{port()};
    const auto ask = [&](const std::string& target, const std::string& encoding) {
        return client.ask(
            "GET " + target + " HTTP/1.1\r\nHost: h\r\nAccept-Encoding: " + encoding + "\r\n\r\n"
        );
    };
    const Answer packed = ask("/", "gzip");
    EXPECT_EQ(packed.header("Content-Encoding"), "gzip");
    EXPECT_EQ(packed.header("Vary"), "Accept-Encoding");
    EXPECT_LT(packed.body.size(), 200U);
    EXPECT_EQ(packed.body.substr(0, 2), "\x1f\x8b");
    EXPECT_EQ(ask("/", "gzip;q=0").body, std::string(5000, 'a'));
    EXPECT_EQ(ask("/strong", "gzip").header("Content-Encoding"), "");
    EXPECT_EQ(ask("/small", "gzip").header("Content-Encoding"), "");
    EXPECT_EQ(ask("/image", "gzip").header("Content-Encoding"), "");
}

TEST_F(HttpServerTest, ReportsEachAnswerToTheMetricsHook) {
    config.threads = 1;
    config.on_finished = [&](std::string_view method,
                             std::string_view target,
                             int status,
                             std::chrono::nanoseconds duration) {
        EXPECT_GE(duration.count(), 0);
        seen.push_back(
            std::string{method} + ' ' + std::string{target} + ' ' + std::to_string(status)
        );
        finished.set();
    };
    start(echo);
    Client client{port()};
    client.send("HEAD /a HTTP/1.1\r\nHost: h\r\n\r\n");
    client.receive(true);
    client.ask("GET /b HTTP/1.1\r\n\r\n");
    ASSERT_TRUE(finished.wait(2));
    server->stop(std::chrono::seconds{1});
    EXPECT_EQ(seen, (std::vector<std::string>{"HEAD /a 200", "GET /b 400"}));
}

TEST(HttpServerStart, RefusesSettingsThatCannotWork) {
    const auto field_of = [](const ServerConfig& config) {
        const auto started = HttpServer::start(config, std::make_shared<FunctionHandler>(echo));
        return started ? std::string{"started"} : started.error().field;
    };
    ServerConfig config;
    config.address = "localhost";
    EXPECT_EQ(field_of(config), "address");
    config = {};
    config.threads = 0;
    EXPECT_EQ(field_of(config), "threads");
    config = {};
    config.tls_certificate = "/nonexistent.pem";
    EXPECT_EQ(field_of(config), "tls_key");
    config.tls_key = "/nonexistent.pem";
    EXPECT_EQ(field_of(config), "tls_certificate");
    config = {};
    const auto first = HttpServer::start(config, std::make_shared<FunctionHandler>(echo));
    ASSERT_TRUE(first);
    config.port = first.value()->port();
    EXPECT_EQ(field_of(config), "port");
}

}  // namespace
}  // namespace chengshu::http::testing
