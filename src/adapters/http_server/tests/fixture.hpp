#pragma once

#include "adapters/http_server/http_server.hpp"
#include "adapters/http_server/tests/client.hpp"

#include <gtest/gtest.h>

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace chengshu::http::testing {

/// A handler made of a function.
class FunctionHandler final : public Handler {
public:
    using Function = std::function<void(Request, Reply)>;

    explicit FunctionHandler(Function function) : function_(std::move(function)) {}

    void handle(Request request, Reply reply) override {
        function_(std::move(request), std::move(reply));
    }

private:
    Function function_;
};

/// Waits for something that another thread does; fails after ten seconds.
class Signal {
public:
    void set() {
        const std::lock_guard lock{mutex_};
        ++count_;
        changed_.notify_all();
    }

    bool wait(int times = 1) {
        std::unique_lock lock{mutex_};
        return changed_.wait_for(lock, std::chrono::seconds{10}, [&] { return count_ >= times; });
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    int count_ = 0;
};

inline Response text(std::string body, int status = 200) {
    Response response;
    response.status = status;
    response.headers.add("Content-Type", "text/plain");
    response.body = std::move(body);
    return response;
}

/// Says what it was asked: "METHOD target\nbody".
inline void echo(Request request, const Reply& reply) {
    reply(text(request.method + ' ' + request.target + '\n' + request.body));
}

class HttpServerTest : public ::testing::Test {
protected:
    void start(FunctionHandler::Function handler) {
        auto started =
            HttpServer::start(config, std::make_shared<FunctionHandler>(std::move(handler)));
        ASSERT_TRUE(started) << started.error().context;
        server = std::move(started).value();
    }

    [[nodiscard]] std::uint16_t port() const { return server->port(); }

    ServerConfig config;
    // What handlers and hooks use must outlive the server, so it is here and not in the tests.
    Signal arrived;
    Signal finished;
    Signal problems;
    std::mutex mutex;
    std::vector<std::string> seen;
    Reply held;
    std::unique_ptr<HttpServer> server;
};

inline const std::string kGet = "GET /x HTTP/1.1\r\nHost: h\r\n\r\n";

}  // namespace chengshu::http::testing
