#include "adapters/memory/memory_observations.hpp"
#include "base/random.hpp"
#include "contract/observation_store_contract.hpp"

#include <algorithm>
#include <csignal>
#include <limits>
#include <map>
#include <numeric>
#include <sys/wait.h>
#include <unistd.h>

namespace chengshu::contract {

using ports::ObservationBatch;
using ports::ObservationQuery;
using sensing::Observation;
using sensing::ObservationOrder;

namespace {

/// Rows whose order is easily got wrong: few different times and numbers, gaps, texts.
Observation any_row(SeededRandom& random, std::int64_t id) {
    auto row = reading(id, random.between(1, 5), random.between(-7200, 7200), 0);
    row.phenomenon_to += random.chance(1, 3) ? random.between(0, 5000) : 0;
    if (random.chance(1, 2)) {
        row.result_time = kDay + random.between(-3, 3);
    }
    if (random.chance(1, 4)) {
        row.number.reset();
        row.result = std::string{"\""} + "aAzé0"[random.below(3)] + "\"";
    } else {
        row.number = static_cast<double>(random.between(-3, 3)) / 4;
    }
    row.feature = random.between(0, 2);
    row.quality = static_cast<std::uint32_t>(random.below(8));
    return row;
}

template <class T>
sensing::Range<T> any_range(SeededRandom& random, T low, T high) {
    sensing::Range<T> range;
    const auto pick = [&] {
        return low + static_cast<T>(static_cast<double>(high - low) * random.unit());
    };
    if (random.chance(1, 2)) {
        range.from = pick();
    }
    if (random.chance(1, 2)) {
        range.to = pick();
    }
    range.after_from = random.chance(1, 2);
    range.up_to_to = random.chance(1, 2);
    return range;
}

ObservationQuery any_query(SeededRandom& random, std::int64_t last_id) {
    ObservationQuery query;
    const auto sometimes = [&] { return random.chance(1, 4); };
    if (sometimes()) {
        query.streams = {random.between(1, 6), random.between(1, 6)};
    }
    if (sometimes()) {
        query.feature = random.between(0, 2);
    }
    if (sometimes()) {
        query.id = any_range<std::int64_t>(random, 0, last_id + 1);
    }
    if (sometimes()) {
        query.phenomenon_from = any_range(random, kDay - 7'200'000, kDay + 7'200'000);
    }
    if (sometimes()) {
        query.phenomenon_to = any_range(random, kDay - 7'200'000, kDay + 7'200'000);
    }
    if (sometimes()) {
        query.result_time = any_range(random, kDay - 4, kDay + 4);
    }
    if (sometimes()) {
        query.number = any_range(random, -1.0, 1.0);
    }
    query.quality_any = sometimes() ? 3 : 0;
    query.quality_none = sometimes() ? 4 : 0;
    query.order = static_cast<ObservationOrder>(random.below(4));
    query.descending = random.chance(1, 2);
    query.limit = static_cast<int>(random.between(1, 40));
    query.offset = sometimes() ? random.between(0, 30) : 0;
    return query;
}

ports::RetentionStep any_step(SeededRandom& random) {
    ports::RetentionStep step;
    const std::vector<std::int64_t> some{random.between(1, 5), random.between(1, 5)};
    (random.chance(1, 2) ? step.streams : step.except) = some;
    if (random.chance(2, 3)) {
        step.raw_before = kDay + random.between(-7200, 0) * 1000;
    }
    if (random.chance(1, 3)) {
        step.hours_before = kDay - random.between(0, 2) * kHour;
    }
    step.keep_hours = random.chance(2, 3);
    return step;
}

/// Does the same to a store and to the plainest one, and compares what they say.
class Pair {
public:
    Pair(ports::ObservationStore& tested, SeededRandom& random)
        : tested_(tested), random_(random) {}

    void change() {
        switch (random_.below(6)) {
            case 0: {
                auto row = any_row(random_, random_.between(1, last_id_ + 1));
                same(tested_.update(row), plain_.update(row));
                return;
            }
            case 1: {
                std::vector<std::int64_t> ids;
                for (int i = 0; i < 5; ++i) {
                    ids.push_back(
                        random_.between(std::max<std::int64_t>(last_id_ - 60, 1), last_id_ + 1)
                    );
                }
                same(tested_.erase(ids), plain_.erase(ids));
                return;
            }
            case 2: {
                const auto step = any_step(random_);
                same(tested_.retain(step), plain_.retain(step));
                return;
            }
            case 3: {
                if (random_.chance(1, 5)) {
                    const std::vector<std::int64_t> streams{random_.between(1, 5)};
                    same(tested_.erase_streams(streams), plain_.erase_streams(streams));
                }
                return;
            }
            default:
                append();
        }
    }

    void compare(int queries) {
        for (int i = 0; i < queries; ++i) {
            const auto query = any_query(random_, last_id_);
            const auto rows = plain_.query(query);
            same(tested_.query(query), rows);
            same(tested_.count(query), plain_.count(query));
            page_on(query, rows.value());
        }
        const std::vector<std::int64_t> streams{5, 1, 3, 77};
        same(tested_.latest(streams, 1), plain_.latest(streams, 1));
        same(tested_.latest(streams, 3), plain_.latest(streams, 3));
        std::vector<std::int64_t> many(30);
        std::iota(many.begin(), many.end(), 1);
        same(tested_.latest(many, 2), plain_.latest(many, 2));
        for (std::int64_t stream = 1; stream <= 5; ++stream) {
            same(
                tested_.hours(stream, kDay - 3 * kHour, kDay + 3 * kHour, 100),
                plain_.hours(stream, kDay - 3 * kHour, kDay + 3 * kHour, 100)
            );
        }
        EXPECT_EQ(tested_.stats()->last_id, last_id_);
    }

private:
    void append() {
        ObservationBatch batch;
        const auto rows = random_.between(0, 60);
        auto id = last_id_;
        for (std::int64_t i = 0; i < rows; ++i) {
            id += random_.between(1, 3);
            batch.rows.push_back(any_row(random_, id));
        }
        same(tested_.append({&batch, 1}), plain_.append({&batch, 1}));
        last_id_ = id;
    }

    /// The next page is the same by cursor as by offset.
    void page_on(ObservationQuery query, const std::vector<Observation>& page) {
        if (page.empty()) {
            return;
        }
        auto by_offset = query;
        by_offset.offset += static_cast<std::int64_t>(page.size());
        query.offset = 0;
        query.after = sensing::cursor_after(query.order, page.back());
        same(tested_.query(query), plain_.query(by_offset));
        std::vector<Observation> walked;
        EXPECT_TRUE(tested_.each(query, [&](const Observation& row) {
            walked.push_back(row);
            return walked.size() < 20;
        }));
        query.limit = 20;
        EXPECT_EQ(walked, plain_.query(query).value());
    }

    static void same(const Status& tested, const Status& plain) {
        ASSERT_EQ(tested.has_value(), plain.has_value());
        if (!tested) {
            EXPECT_EQ(tested.error().code, plain.error().code);
        }
    }

    template <class T>
    static void same(const Result<T>& tested, const Result<T>& plain) {
        ASSERT_TRUE(tested) << tested.error().context;
        ASSERT_TRUE(plain) << plain.error().context;
        EXPECT_EQ(*tested, *plain);
    }

    ports::ObservationStore& tested_;
    memory::MemoryObservations plain_{""};
    SeededRandom& random_;
    std::int64_t last_id_ = 0;
};

}  // namespace

TEST_P(ObservationContract, DoesWhatThePlainestStoreDoes) {
    const auto seed = observation_seed();
    SCOPED_TRACE(seed);
    SeededRandom random{seed};
    Pair pair{store(), random};
    for (int step = 0; step < 60 && !HasFailure(); ++step) {
        SCOPED_TRACE(step);
        pair.change();
        if (step % 7 == 0) {
            ASSERT_TRUE(place().maintain(store()));
        }
        pair.compare(6);
        expect_summaries_right();
    }
}

TEST_P(ObservationContract, SummariesAreRightAfterEveryStart) {
    if (!place().durable()) {
        GTEST_SKIP() << "forgets everything";
    }
    const auto seed = observation_seed() + 1;
    SCOPED_TRACE(seed);
    SeededRandom random{seed};
    std::int64_t id = 0;
    for (int round = 0; round < 12 && !HasFailure(); ++round) {
        SCOPED_TRACE(round);
        std::vector<Observation> rows;
        for (int i = 0; i < 40; ++i) {
            rows.push_back(any_row(random, ++id));
        }
        append(rows);
        if (random.chance(1, 2)) {
            ASSERT_TRUE(place().maintain(store()));
        }
        auto changed = any_row(random, random.between(1, id));
        const auto updated = store().update(changed);
        EXPECT_TRUE(updated || updated.error().code == ErrorCode::NotFound);
        ASSERT_TRUE(store().erase(std::vector{random.between(1, id), id}));
        if (random.chance(1, 4)) {
            ASSERT_TRUE(store().retain(any_step(random)));
        }
        reopen();
        expect_summaries_right();
        EXPECT_EQ(store().stats()->last_id, id) << "even though it was erased";
        ObservationBatch reused{"", "", "", 0, {any_row(random, id)}};
        EXPECT_EQ(store().append({&reused, 1}).error().code, ErrorCode::Conflict);
    }
}

TEST_P(ObservationContract, ChangesSurviveAProcessThatJustEnds) {
    if (!place().durable()) {
        GTEST_SKIP() << "forgets everything";
    }
    const auto seed = observation_seed() + 2;
    SCOPED_TRACE(seed);
    constexpr std::int64_t kRows = 40;
    std::int64_t id = 0;
    close();
    for (std::uint64_t round = 0; round < 10 && !HasFailure(); ++round) {
        SCOPED_TRACE(round);
        const pid_t child = ::fork();
        ASSERT_GE(child, 0);
        if (child == 0) {
            SeededRandom random{seed + round};
            auto opened = place().open();
            bool good = opened.has_value();
            for (int part = 0; good && part < 2; ++part) {
                auto& changed = *opened.value();
                ObservationBatch batch;
                for (std::int64_t i = 0; i < kRows; ++i) {
                    batch.rows.push_back(any_row(random, ++id));
                }
                good = changed.append({&batch, 1}).has_value();
                if (random.chance(1, 2)) {
                    good = good && place().maintain(changed);
                }
                const auto updated = changed.update(any_row(random, random.between(1, id)));
                good = good && (updated || updated.error().code == ErrorCode::NotFound);
                // Also the greatest one, which must not be given out again.
                good = good && changed.erase(std::vector{random.between(1, id), id}).has_value();
                if (random.chance(1, 4)) {
                    good = good && changed.retain(any_step(random)).has_value();
                }
            }
            // As kill -9 would: nothing is closed, nothing is written down.
            ::_exit(good ? 0 : 1);
        }
        int status = 1;
        ASSERT_EQ(::waitpid(child, &status, 0), child);
        ASSERT_EQ(status, 0);
        id += 2 * kRows;
        reopen();
        expect_summaries_right();
        EXPECT_EQ(store().stats()->last_id, id);
        close();
    }
}

TEST_P(ObservationContract, DownSamplingKeepsWhatAnHourWas) {
    auto text = reading(5, 1, 1900, 0);
    text.number.reset();
    text.result = "false";
    append({
        reading(1, 1, -10, 4),
        reading(2, 1, 0, 1),
        reading(3, 1, 1800, 3),
        reading(4, 1, 3600, 9),
        text,
        reading(6, 2, 0, 7),
    });
    ports::RetentionStep step;
    step.except = {2};
    step.raw_before = kDay + kHour + 1800;
    EXPECT_EQ(store().retain(step).value(), (ports::RetentionResult{4, 2, 0}));
    EXPECT_EQ(ids({}), (std::vector<std::int64_t>{4, 6}));
    using sensing::HourlyValue;
    const std::vector<HourlyValue> expected{
        {1, kDay - kHour, 1, 0, 4, 4, 4}, {1, kDay, 2, 1, 4, 1, 3}
    };
    EXPECT_EQ(store().hours(1, kDay - kHour, kDay + kHour, 10).value(), expected);
    EXPECT_EQ(store().hours(1, kDay, kDay + kHour, 10)->size(), 1U);
    EXPECT_EQ(store().hours(1, kDay - kHour, kDay + kHour, 1)->size(), 1U);
    EXPECT_TRUE(store().hours(2, 0, kDay * 2, 10)->empty());
    // A row that arrives after its hour was made smaller joins it the next time.
    append({reading(7, 1, 60, -2)});
    EXPECT_EQ(store().retain(step).value(), (ports::RetentionResult{1, 1, 0}));
    EXPECT_EQ(
        store().hours(1, kDay, kDay + 1, 10).value(),
        (std::vector<HourlyValue>{{1, kDay, 3, 1, 2, -2, 3}})
    );
    expect_summaries_right();
    step.raw_before.reset();
    step.hours_before = kDay + 1;
    EXPECT_EQ(store().retain(step).value(), (ports::RetentionResult{0, 0, 1}));
    EXPECT_EQ(store().hours(1, 0, kDay * 2, 10)->size(), 1U);
}

TEST_P(ObservationContract, SurvivesKillNineWithEveryAcknowledgedBatchOnce) {
    if (!place().durable()) {
        GTEST_SKIP() << "forgets everything";
    }
    constexpr std::int64_t kRows = 200;
    std::int64_t id = 0;
    std::int64_t sure = 0;
    close();
    for (int round = 0; round < 3; ++round) {
        int acknowledged[2];
        ASSERT_EQ(::pipe(acknowledged), 0);
        const pid_t child = ::fork();
        ASSERT_GE(child, 0);
        if (child == 0) {
            auto opened = place().open();
            for (std::int64_t batch = sure; opened; ++batch) {
                ObservationBatch next{"b" + std::to_string(batch), "", "", batch, {}};
                for (std::int64_t i = 0; i < kRows; ++i) {
                    next.rows.push_back(reading(++id, 1 + batch % 7, batch, 1));
                }
                const auto stored = opened.value()->append({&next, 1});
                if (!stored || ::write(acknowledged[1], &batch, sizeof batch) != sizeof batch) {
                    break;
                }
            }
            ::_exit(1);
        }
        ::close(acknowledged[1]);
        std::int64_t last = sure - 1;
        for (int i = 0; i < 8 + 12 * round; ++i) {
            ASSERT_EQ(
                ::read(acknowledged[0], &last, sizeof last), static_cast<ssize_t>(sizeof last)
            );
        }
        ::kill(child, SIGKILL);
        ::waitpid(child, nullptr, 0);
        while (::read(acknowledged[0], &last, sizeof last) == static_cast<ssize_t>(sizeof last)) {
        }
        ::close(acknowledged[0]);

        reopen();
        if (HasFatalFailure()) {
            return;
        }
        std::map<std::int64_t, std::int64_t> rows_of;
        ASSERT_TRUE(store().each({}, [&](const Observation& row) {
            ++rows_of[row.phenomenon_from];
            return true;
        }));
        // The batch that was under way may be there too, whole.
        const auto batches = static_cast<std::int64_t>(rows_of.size());
        EXPECT_GE(batches, last + 1);
        EXPECT_LE(batches, last + 2);
        for (const auto& [time, rows] : rows_of) {
            EXPECT_EQ(rows, kRows);
        }
        expect_summaries_right();
        for (std::int64_t batch = 0; batch < batches; ++batch) {
            ObservationBatch again{"b" + std::to_string(batch), "", "", batch, {}};
            EXPECT_EQ(store().append({&again, 1})->front().outcome, ports::AppendOutcome::Repeated);
        }
        id = store().stats()->last_id;
        sure = batches;
        close();
    }
}

INSTANTIATE_TEST_SUITE_P(
    Stores,
    ObservationContract,
    testing::ValuesIn(observation_stores()),
    [](const auto& kind) { return kind.param.name; }
);

}  // namespace chengshu::contract
