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

    bool publish(std::string topic, std::string payload) override {
        const std::lock_guard lock(mutex_);
        published_.emplace_back(std::move(topic), std::move(payload));
        changed_.notify_all();
        return true;
    }

    std::vector<std::uint64_t> tickets(std::size_t at_least = 0) {
        std::unique_lock lock(mutex_);
        EXPECT_TRUE(changed_.wait_for(lock, std::chrono::seconds{60}, [&] {
            return tickets_.size() >= at_least;
        }));
        return tickets_;
    }

    std::vector<std::pair<std::string, std::string>> published(std::size_t at_least) {
        std::unique_lock lock(mutex_);
        EXPECT_TRUE(changed_.wait_for(lock, std::chrono::seconds{60}, [&] {
            return published_.size() >= at_least;
        }));
        return published_;
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::uint64_t> tickets_;
    std::vector<std::pair<std::string, std::string>> published_;
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

    static BridgeOptions options() {
        BridgeOptions out;
        out.topic_prefix = "city/";
        out.token = "secret";
        out.publish = {"Observations", "Observations?$select=result,phenomenonTime"};
        out.publish_waiting = 2;
        out.retry = std::chrono::milliseconds{5};
        return out;
    }

    void receive(std::string topic, std::uint64_t ticket) {
        bridge_.receive({std::move(topic), "{\"result\":1}", ticket, false});
    }

    FakeSensorThings sensorthings_;
    FakeBroker broker_;
    std::vector<std::string> problems_;
    Bridge bridge_{
        sensorthings_,
        options(),
        [](std::int64_t stream) {
            return stream == 1 ? std::string_view("Datastreams") : std::string_view();
        },
        [this](const std::string& line) { problems_.push_back(line); }
    };
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

TEST_F(BridgeTest, NewObservationsArePublishedToTheirTopics) {
    sensing::Observation row;
    row.id = 5;
    row.stream = 1;
    bridge_.observed({&row, 1});
    work();
    const auto published = broker_.published(4);
    EXPECT_EQ(published[0].first, "city/v1.1/Observations");
    EXPECT_EQ(published[1].first, "city/v1.1/Datastreams(1)/Observations");
    EXPECT_EQ(published[2].first, "city/v1.1/Observations?$select=result,phenomenonTime");
    EXPECT_EQ(
        published[3].first, "city/v1.1/Datastreams(1)/Observations?$select=result,phenomenonTime"
    );
    EXPECT_EQ(published[0].second, "entity");
    const auto requests = sensorthings_.requests(2);
    EXPECT_EQ(requests[0].target, "/sensorthings/v1.1/Observations(5)");
    EXPECT_EQ(
        requests[1].target, "/sensorthings/v1.1/Observations(5)?$select=result,phenomenonTime"
    );
}

TEST_F(BridgeTest, MoreThanCanBePublishedIsCounted) {
    const std::vector<sensing::Observation> rows(5);
    bridge_.observed(rows);
    EXPECT_EQ(bridge_.counters().unpublished, 12U);
}

TEST_F(BridgeTest, WhatComesBeforeTheBrokerIsKnownWaits) {
    Bridge early(sensorthings_, options(), nullptr, [](const std::string&) {});
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
