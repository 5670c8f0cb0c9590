#include "edge/mqtt/bridge.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <utility>

namespace chengshu::mqtt_edge {
namespace {

/// Answers as told, and keeps what it was asked; keeps replies back on demand.
class FakeSensorThings final : public http::Handler {
public:
    void handle(http::Request request, http::Reply reply) override {
        std::unique_lock lock(mutex_);
        requests_.push_back(request);
        changed_.notify_all();
        http::Response response;
        response.status = request.method == "GET" ? 200 : status.load();
        response.body = request.method == "GET" ? "entity" : "why";
        if (hold && request.method == "POST") {
            held_.push_back(std::move(reply));
            return;
        }
        lock.unlock();
        reply(std::move(response));
    }

    std::vector<http::Request> requests(std::size_t at_least = 0) {
        std::unique_lock lock(mutex_);
        EXPECT_TRUE(changed_.wait_for(lock, std::chrono::seconds{60}, [&] {
            return requests_.size() >= at_least;
        }));
        return requests_;
    }

    void answer_held() {
        for (auto& reply : std::exchange(held_, {})) {
            http::Response response;
            response.status = 201;
            reply(std::move(response));
        }
    }

    std::atomic<int> status = 201;
    bool hold = false;

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<http::Request> requests_;
    std::vector<http::Reply> held_;
};

class FakeBroker final : public ports::MessageBroker {
public:
    void acknowledge(std::uint64_t ticket) override {
        const std::lock_guard lock(mutex_);
        tickets_.push_back(ticket);
        changed_.notify_all();
    }

    bool publish(std::string, std::string) override { return false; }

    std::vector<std::uint64_t> tickets(std::size_t at_least = 0) {
        std::unique_lock lock(mutex_);
        EXPECT_TRUE(changed_.wait_for(lock, std::chrono::seconds{60}, [&] {
            return tickets_.size() >= at_least;
        }));
        return tickets_;
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::uint64_t> tickets_;
};

class BridgeTest : public ::testing::Test {
protected:
    BridgeTest() { bridge_.attach(broker_); }

    ~BridgeTest() override {
        bridge_.close();
        if (worker_.joinable()) {
            worker_.join();
        }
    }

    void work() {
        worker_ = std::thread([this] { bridge_.work(); });
    }

    BridgeOptions options() {
        BridgeOptions out;
        out.topic_prefix = "city/";
        out.token = "secret";
        out.client_id = "our server";
        out.subscribed = [this](std::string_view topic) { heard_.emplace_back(topic); };
        out.hears = [this] { hears_ = true; };
        out.retry = std::chrono::milliseconds{5};
        return out;
    }

    void receive(std::string topic, std::uint64_t ticket) {
        bridge_.receive({std::move(topic), "{\"result\":1}", ticket, false});
    }

    FakeSensorThings sensorthings_;
    FakeBroker broker_;
    std::vector<std::string> problems_;
    std::vector<std::string> heard_;
    bool hears_ = false;
    Bridge bridge_{sensorthings_, options(), [this](const std::string& line) {
                       problems_.push_back(line);
                   }};
    std::thread worker_;
};

TEST_F(BridgeTest, AMessageBecomesAPostAndIsAcknowledgedWhenThatIsAnswered) {
    EXPECT_EQ(
        bridge_.filters(),
        (std::vector<std::string>{
            "city/v1.1/Observations",
            "city/v1.1/+/Observations",
            "city/v1.0/Observations",
            "city/v1.0/+/Observations"
        })
    );
    sensorthings_.hold = true;
    receive("city/v1.1/Datastreams(12)/Observations", 7);
    const auto requests = sensorthings_.requests(1);
    EXPECT_EQ(requests[0].method, "POST");
    EXPECT_EQ(requests[0].target, "/sensorthings/v1.1/Datastreams(12)/Observations");
    EXPECT_EQ(requests[0].headers.get("Authorization"), "Bearer secret");
    EXPECT_EQ(requests[0].body, "{\"result\":1}");
    EXPECT_TRUE(broker_.tickets().empty());
    sensorthings_.answer_held();
    EXPECT_EQ(broker_.tickets(), (std::vector<std::uint64_t>{7}));
    EXPECT_EQ(bridge_.counters().taken, 1U);
}

TEST_F(BridgeTest, WrongMessagesAreRefusedOnceAndForGood) {
    const char* const topics[] = {
        "v1.1/Observations",
        "city/v2/Observations",
        "city/v1.1/Things(1)/Observations",
        "city/v1.1/Datastreams(1)/Thing",
        "city/v1.1/Datastreams(x)/Observations",
        "city/v1.1/Datastreams()/Observations",
        "city/v1.1/Datastreams(1)?$x/Observations",
        "city/v1.1//Observations",
        "city/v1.1/xObservations"
    };
    std::uint64_t ticket = 0;
    for (const auto* topic : topics) {
        receive(topic, ++ticket);
    }
    EXPECT_TRUE(sensorthings_.requests().empty());
    sensorthings_.status = 400;
    receive("city/v1.1/Observations", ++ticket);
    EXPECT_EQ(broker_.tickets().size(), ticket);
    EXPECT_EQ(bridge_.counters().rejected, ticket);
    EXPECT_NE(problems_.back().find("why"), std::string::npos);
}

TEST_F(BridgeTest, WhileThereIsNoRoomMessagesAreTriedAgain) {
    sensorthings_.status = 503;
    receive("city/v1.1/Observations", 1);
    receive("city/v1.1/Observations", 0);
    EXPECT_TRUE(broker_.tickets().empty());
    EXPECT_EQ(bridge_.counters().held, 1U);
    EXPECT_EQ(bridge_.counters().dropped, 1U);
    work();
    sensorthings_.requests(4);
    sensorthings_.status = 201;
    EXPECT_EQ(broker_.tickets(1), (std::vector<std::uint64_t>{1}));
}

TEST_F(BridgeTest, WhatOthersSubscribeToIsHeard) {
    EXPECT_EQ(
        bridge_.optional_filters(), (std::vector<std::string>{"$SYS/broker/log/M/subscribe"})
    );
    EXPECT_FALSE(hears_);
    const char* const lines[] = {
        "1795241221: a b 1 city/v1.1/Things(1)/name",
        "1795241221: our server 1 city/v1.1/Observations",
        "1795241222: our server2 0 city/v1.0/Things?$select=name, description",
        "1795241222: sensor 0 other/v1.1/Things",
        "1795241222: sensor 0 $SYS/#",
        "",
        ": "
    };
    std::uint64_t ticket = 0;
    for (const auto* line : lines) {
        bridge_.receive({"$SYS/broker/log/M/subscribe", line, ++ticket, false});
    }
    EXPECT_EQ(
        heard_,
        (std::vector<std::string>{"v1.1/Things(1)/name", "v1.0/Things?$select=name, description"})
    );
    EXPECT_TRUE(hears_);
    EXPECT_EQ(broker_.tickets().size(), ticket);
    EXPECT_TRUE(sensorthings_.requests().empty());
}

TEST_F(BridgeTest, WithoutAskingASubscriptionIsAnyMessage) {
    auto deaf = options();
    deaf.subscribed = nullptr;
    Bridge bridge(sensorthings_, deaf, [](const std::string&) {});
    bridge.attach(broker_);
    EXPECT_TRUE(bridge.optional_filters().empty());
    bridge.receive({"$SYS/broker/log/M/subscribe", "1: a 1 city/v1.1/Things", 4, false});
    EXPECT_TRUE(heard_.empty());
    EXPECT_EQ(bridge.counters().rejected, 1U);
}

TEST_F(BridgeTest, WhatComesBeforeTheBrokerIsKnownWaits) {
    Bridge early(sensorthings_, options(), [](const std::string&) {});
    early.receive({"city/v1.1/Observations", "{}", 3, false});
    EXPECT_EQ(early.counters().held, 1U);
    early.attach(broker_);
    std::thread worker([&] { early.work(); });
    EXPECT_EQ(broker_.tickets(1), (std::vector<std::uint64_t>{3}));
    early.close();
    worker.join();
}

}  // namespace
}  // namespace chengshu::mqtt_edge
