#include "edge/mqtt/publisher.hpp"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace chengshu::mqtt_edge {
namespace {

class SilentBroker final : public ports::MessageBroker {
public:
    void acknowledge(std::uint64_t) override {}

    bool publish(std::string topic, std::string payload) override {
        const std::lock_guard lock(mutex_);
        if (full) {
            return false;
        }
        published_.emplace_back(std::move(topic), std::move(payload));
        changed_.notify_all();
        return true;
    }

    std::vector<std::pair<std::string, std::string>> published(std::size_t at_least) {
        std::unique_lock lock(mutex_);
        EXPECT_TRUE(changed_.wait_for(lock, std::chrono::seconds{60}, [&] {
            return published_.size() >= at_least;
        }));
        return published_;
    }

    bool full = false;

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::pair<std::string, std::string>> published_;
};

sensing::Observation row_of(std::int64_t id, std::string result = {}) {
    sensing::Observation row;
    row.id = id;
    row.result = std::move(result);
    return row;
}

class PublisherTest : public ::testing::Test {
protected:
    PublisherOptions options() {
        PublisherOptions out;
        out.topic_prefix = "city/";
        out.updates_max = 3;
        out.bytes_max = 10;
        return out;
    }

    /// Runs the publisher until what waits is done.
    void publish_all() {
        std::thread worker([this] { publisher_->work(); });
        done_.wait(false);
        publisher_->close();
        worker.join();
    }

    void make(PublisherOptions options) {
        publisher_ = std::make_unique<Publisher>(
            [this](const sensing::Update& update, const Publisher::Emit& emit) -> Status {
                const auto& row = std::get<sensing::Observation>(update.now);
                if (row.id == last_) {
                    done_ = true;
                    done_.notify_all();
                }
                if (fails_) {
                    return fail(ErrorCode::NotAuthenticated, "no such token");
                }
                emit(update.before ? "changed" : "new", std::to_string(row.id));
                return ok();
            },
            options,
            [this](const std::string& line) { problems_.push_back(line); }
        );
        publisher_->attach(broker_);
    }

    SilentBroker broker_;
    std::int64_t last_ = 0;
    bool fails_ = false;
    std::atomic<bool> done_ = false;
    std::vector<std::string> problems_;
    std::unique_ptr<Publisher> publisher_;
};

using Messages = std::vector<std::pair<std::string, std::string>>;

TEST_F(PublisherTest, PublishesInOrderBelowThePrefix) {
    make(options());
    const std::vector<sensing::Observation> rows{row_of(1), row_of(2)};
    const sensing::Update change{row_of(3), row_of(3)};
    last_ = 3;
    publisher_->observed(rows);
    publisher_->changed({&change, 1});
    EXPECT_EQ(publisher_->counters().waiting, 3U);
    publish_all();
    EXPECT_EQ(
        broker_.published(3),
        (Messages{{"city/new", "1"}, {"city/new", "2"}, {"city/changed", "3"}})
    );
    EXPECT_EQ(publisher_->counters().published, 3U);
}

TEST_F(PublisherTest, WhatIsTooMuchIsSkippedAndCounted) {
    make(options());
    const std::vector<sensing::Observation> many(5);
    publisher_->observed(many);
    EXPECT_EQ(publisher_->counters().waiting, 3U);
    EXPECT_EQ(publisher_->counters().skipped, 2U);
    const sensing::Update change{row_of(3), {}};
    publisher_->changed({&change, 1});
    EXPECT_EQ(publisher_->counters().skipped, 3U);

    make(options());
    const std::vector<sensing::Observation> large{row_of(1, "\"12345\""), row_of(2, "\"12345\"")};
    publisher_->observed(large);
    EXPECT_EQ(publisher_->counters().waiting, 1U);
    EXPECT_EQ(publisher_->counters().skipped, 1U);
}

TEST_F(PublisherTest, TheRateOfObservationsIsBounded) {
    auto slow = options();
    slow.observations_per_s = 1;
    make(slow);
    const std::vector<sensing::Observation> two(2);
    publisher_->observed(two);
    EXPECT_EQ(publisher_->counters().waiting, 1U);
    EXPECT_EQ(publisher_->counters().skipped, 1U);
}

TEST_F(PublisherTest, WhatTheConnectionDoesNotTakeIsDropped) {
    make(options());
    broker_.full = true;
    last_ = 1;
    const auto row = row_of(1);
    publisher_->observed({&row, 1});
    publish_all();
    EXPECT_EQ(publisher_->counters().dropped, 1U);
    EXPECT_EQ(publisher_->counters().published, 0U);
}

TEST_F(PublisherTest, AFailureIsSaidOnce) {
    make(options());
    fails_ = true;
    last_ = 2;
    const std::vector<sensing::Observation> rows{row_of(1), row_of(2)};
    publisher_->observed(rows);
    publish_all();
    ASSERT_EQ(problems_.size(), 1U);
    EXPECT_NE(problems_[0].find("no such token"), std::string::npos);
    EXPECT_EQ(publisher_->counters().skipped, 2U);
}

}  // namespace
}  // namespace chengshu::mqtt_edge
