#include "adapters/mqtt/mqtt_client.hpp"

#include "support/broker.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace chengshu::mqtt {
namespace {

/// What a client has received, for waiting.
class Inbox {
public:
    MqttClient::Receive receiver() {
        return [this](ports::BrokerMessage message) {
            const std::lock_guard lock(mutex_);
            messages_.push_back(std::move(message));
            changed_.notify_all();
        };
    }

    MqttClient::Problem problems() {
        return [this](const std::string& line) {
            const std::lock_guard lock(mutex_);
            lines_.push_back(line);
            changed_.notify_all();
        };
    }

    /// The next message; fails the test after a minute.
    ports::BrokerMessage next() {
        std::unique_lock lock(mutex_);
        EXPECT_TRUE(changed_.wait_for(lock, kPatience, [this] { return !messages_.empty(); }));
        if (messages_.empty()) {
            return {};
        }
        auto out = std::move(messages_.front());
        messages_.pop_front();
        return out;
    }

    std::string problem() {
        std::unique_lock lock(mutex_);
        EXPECT_TRUE(changed_.wait_for(lock, kPatience, [this] { return !lines_.empty(); }));
        return lines_.empty() ? std::string() : lines_.front();
    }

    /// Whether a message is there within the time.
    bool arrives(std::chrono::milliseconds time) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, time, [this] { return !messages_.empty(); });
    }

    std::size_t waiting() {
        const std::lock_guard lock(mutex_);
        return messages_.size();
    }

private:
    static constexpr std::chrono::seconds kPatience{60};

    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<ports::BrokerMessage> messages_;
    std::vector<std::string> lines_;
};

/// A client that sends with QoS 1 is not ours to be: publications of QoS 0 are enough to test what
/// we receive, but acknowledgements need QoS 1. mosquitto_pub is such a client.
bool send_qos1(std::uint16_t port, const std::string& topic, const std::string& payload) {
    const auto command = "mosquitto_pub -V 5 -h 127.0.0.1 -q 1 -p " + std::to_string(port) +
                         " -t '" + topic + "' -m '" + payload + "' >/dev/null 2>&1";
    return std::system(command.c_str()) == 0;
}

class MqttClientTest : public ::testing::Test {
protected:
    void SetUp() override {
        auto started = support::PrivateBroker::start();
        if (!started && started.error().code == ErrorCode::NotFound) {
            GTEST_SKIP() << started.error().context;
        }
        ASSERT_TRUE(started) << started.error().context;
        broker_ = std::move(*started);
    }

    ClientOptions options(std::string id, std::vector<std::string> filters = {}) {
        ClientOptions out;
        out.host = "127.0.0.1";
        out.port = broker_->port();
        out.client_id = std::move(id);
        out.filters = std::move(filters);
        out.retry_first = std::chrono::milliseconds{10};
        out.retry_last = std::chrono::milliseconds{100};
        return out;
    }

    /// Publishes until the receiver has it: the subscription may not stand yet.
    static void say(MqttClient& client, Inbox& inbox, const std::string& topic) {
        do {
            client.publish(topic, "hello");
        } while (!inbox.arrives(std::chrono::milliseconds{20}));
    }

    std::unique_ptr<support::PrivateBroker> broker_;
};

TEST_F(MqttClientTest, MessagesGoFromOneToTheOther) {
    Inbox inbox;
    Inbox other;
    MqttClient receiver(options("r", {"v1.1/+/Observations"}), inbox.receiver(), inbox.problems());
    MqttClient sender(options("s"), other.receiver(), other.problems());
    say(sender, inbox, "v1.1/Datastreams(1)/Observations");
    const auto message = inbox.next();
    EXPECT_EQ(message.topic, "v1.1/Datastreams(1)/Observations");
    EXPECT_EQ(message.payload, "hello");
    EXPECT_EQ(message.ticket, 0U);
    EXPECT_FALSE(sender.publish("bad/#", "x"));
    EXPECT_FALSE(sender.publish("t", std::string(20'000'000, 'x')));
    EXPECT_GE(sender.counters().refused, 1U);
}

TEST_F(MqttClientTest, WhatIsNotAcknowledgedComesAgain) {
    {
        Inbox inbox;
        MqttClient first(options("r", {"t"}), inbox.receiver(), inbox.problems());
        MqttClient sender(options("s"), [](ports::BrokerMessage) {}, [](const std::string&) {});
        say(sender, inbox, "t");
        while (inbox.waiting() > 0) {
            inbox.next();
        }
        ASSERT_TRUE(send_qos1(broker_->port(), "t", "one"));
        ASSERT_TRUE(send_qos1(broker_->port(), "t", "two"));
        std::vector<std::string> seen;
        while (seen.size() < 2) {
            const auto message = inbox.next();
            if (message.payload == "hello") {
                continue;
            }
            EXPECT_NE(message.ticket, 0U);
            seen.push_back(message.payload);
            if (message.payload == "one") {
                first.acknowledge(message.ticket);
            }
        }
        // The acknowledgement must have left before the client does.
        ASSERT_TRUE(send_qos1(broker_->port(), "t", "three"));
        EXPECT_EQ(inbox.next().payload, "three");
    }
    ASSERT_TRUE(send_qos1(broker_->port(), "t", "four"));
    Inbox inbox;
    MqttClient second(options("r", {"t"}), inbox.receiver(), inbox.problems());
    std::set<std::string> seen;
    for (int i = 0; i < 3; ++i) {
        const auto message = inbox.next();
        EXPECT_EQ(message.again, message.payload != "four") << message.payload;
        seen.insert(message.payload);
        second.acknowledge(message.ticket);
    }
    EXPECT_EQ(seen, (std::set<std::string>{"two", "three", "four"}));
}

TEST_F(MqttClientTest, NoMoreComesThanMayBeInFlight) {
    Inbox inbox;
    auto narrow = options("r", {"t"});
    narrow.in_flight = 2;
    MqttClient client(narrow, inbox.receiver(), inbox.problems());
    MqttClient sender(options("s"), [](ports::BrokerMessage) {}, [](const std::string&) {});
    say(sender, inbox, "t");
    for (int i = 0; i < 5; ++i) {
        ASSERT_TRUE(send_qos1(broker_->port(), "t", "m" + std::to_string(i)));
    }
    std::deque<std::uint64_t> held;
    int seen = 0;
    while (seen < 5) {
        if (held.size() == 2) {
            client.acknowledge(held.front());
            held.pop_front();
        }
        const auto message = inbox.next();
        if (message.ticket != 0) {
            held.push_back(message.ticket);
            EXPECT_EQ(message.payload, "m" + std::to_string(seen++));
        }
        EXPECT_LE(held.size(), 2U);
    }
}

TEST_F(MqttClientTest, ABrokerThatComesBackIsFoundAgain) {
    Inbox inbox;
    MqttClient receiver(options("r", {"t"}), inbox.receiver(), inbox.problems());
    MqttClient sender(options("s"), [](ports::BrokerMessage) {}, [](const std::string&) {});
    say(sender, inbox, "t");
    broker_->kill();
    EXPECT_NE(inbox.problem().find("127.0.0.1"), std::string::npos);
    ASSERT_TRUE(broker_->resume());
    while (inbox.waiting() > 0) {
        inbox.next();
    }
    say(sender, inbox, "t");
    EXPECT_GE(receiver.counters().connections, 2U);
}

TEST(MqttClientAlone, ABrokerThatIsNotThereIsNoReasonToWait) {
    Inbox inbox;
    ClientOptions options;
    options.host = "127.0.0.1";
    options.port = 1;
    options.client_id = "x";
    MqttClient client(options, inbox.receiver(), inbox.problems());
    EXPECT_FALSE(inbox.problem().empty());
    EXPECT_FALSE(client.publish("t", "x"));
    client.acknowledge(17U << 16U | 3U);
}

TEST(MqttUrl, NamesHostAndPort) {
    ClientOptions options;
    ASSERT_TRUE(read_url("mqtt://broker.example", options));
    EXPECT_EQ(options.host, "broker.example");
    EXPECT_EQ(options.port, 1883);
    ASSERT_TRUE(read_url("mqtts://[::1]:99/", options));
    EXPECT_EQ(options.host, "::1");
    EXPECT_EQ(options.port, 99);
    EXPECT_TRUE(options.tls);
    for (const auto* url :
         {"",
          "mqtt://",
          "http://a",
          "mqtt://a:0",
          "mqtt://a:x",
          "mqtt://u:p@a",
          "mqtt://a/b",
          "mqtt://[::1"}) {
        EXPECT_FALSE(read_url(url, options)) << url;
    }
}

}  // namespace
}  // namespace chengshu::mqtt
