// When the replies of a batch go out: after the disk has it, in order, or not at all.

#include "services/engine.hpp"

#include "adapters/memory/memory_store.hpp"
#include "support/test_city.hpp"

#include <gtest/gtest.h>

namespace chengshu::services {
namespace {

class FixedClock final : public ports::Clock {
public:
    Instant now() override { return from_millis(1'800'000'000'000); }
};

/// Notes what is asked of it, and fails when told to.
class NotingStore final : public memory::MemoryStore {
public:
    explicit NotingStore(std::vector<std::string>& events) : events_(events) {}

    Status commit(const ports::Changes& changes) override {
        events_.emplace_back("commit");
        return memory::MemoryStore::commit(changes);
    }

    Status sync() override {
        events_.emplace_back("sync");
        return fails ? Status(fail(ErrorCode::OutcomeUnknown, "the disk")) : ok();
    }

    bool fails = false;

private:
    std::vector<std::string>& events_;
};

class EngineTest : public ::testing::Test {
protected:
    EngineTest() {
        engine.on_commit([this](const ports::Changes&, Seq head) {
            events.push_back("told " + std::to_string(head.value));
        });
    }

    Job job(std::string name, std::string key = {}, bool good = true) {
        Job out;
        out.idempotency_key = std::move(key);
        out.work = [name, good](UnitOfWork& work) -> Result<std::string> {
            if (!good) {
                return fail(ErrorCode::RuleViolation, "refused");
            }
            work.stage_entry("note", "test", {}, "{}");
            return name;
        };
        out.settled = [this, name](const Result<std::string>&) {
            events.push_back(name + " settled");
        };
        out.done = [this, name](const Result<std::string>& reply) {
            events.push_back(name + ": " + (reply ? *reply : reply.error().context));
        };
        return out;
    }

    Engine::Batch execute(Job one) {
        std::vector<Job> jobs;
        jobs.push_back(std::move(one));
        return engine.execute(std::move(jobs));
    }

    using Events = std::vector<std::string>;

    Events events;
    NotingStore store{events};
    FixedClock clock;
    CurrentDefinitions definitions{
        parse_definitions("testcity", testing::test_city_files()).definitions
    };
    Engine engine{store, clock, definitions};
};

TEST_F(EngineTest, NobodyIsToldBeforeTheSync) {
    std::vector<Job> jobs;
    jobs.push_back(job("a"));
    engine.run(std::move(jobs));
    EXPECT_EQ(events, (Events{"commit", "a settled", "sync", "told 1", "a: a"}));
}

TEST_F(EngineTest, OneSyncServesSeveralBatchesInTheirOrder) {
    std::vector<Engine::Batch> batches;
    batches.push_back(execute(job("a", "key")));
    batches.push_back(execute(job("again", "key")));
    batches.push_back(execute(job("b")));
    batches.push_back(execute(job("c", {}, false)));
    EXPECT_EQ(
        events, (Events{"commit", "a settled", "again settled", "commit", "b settled", "c settled"})
    );
    events.clear();
    ASSERT_TRUE(engine.acknowledge(std::move(batches)));
    EXPECT_EQ(
        events, (Events{"sync", "told 1", "a: a", "again: a", "told 2", "b: b", "c: refused"})
    ) << "a repetition has the first answer and changes nothing";
}

TEST_F(EngineTest, WhatChangesNothingWaitsForTheDiskToo) {
    auto first = execute(job("a", "key"));
    std::vector<Engine::Batch> repetition;
    repetition.push_back(execute(job("again", "key")));
    store.fails = true;
    events.clear();
    const auto done = engine.acknowledge(std::move(repetition));
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, ErrorCode::OutcomeUnknown);
    EXPECT_EQ(events, (Events{"sync", "again: the disk"}));
}

TEST_F(EngineTest, AFailedSyncIsTheAnswerToAll) {
    std::vector<Engine::Batch> batches;
    batches.push_back(execute(job("a")));
    batches.push_back(execute(job("b", {}, false)));
    store.fails = true;
    events.clear();
    ASSERT_FALSE(engine.acknowledge(std::move(batches)));
    EXPECT_EQ(events, (Events{"sync", "a: the disk", "b: the disk"}));
}

}  // namespace
}  // namespace chengshu::services
