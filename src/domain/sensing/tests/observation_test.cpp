#include "domain/sensing/observation.hpp"

#include "base/random.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <vector>

namespace chengshu::sensing {
namespace {

Observation reading(std::int64_t id, std::int64_t at, double number) {
    Observation row;
    row.id = id;
    row.stream = 1;
    row.phenomenon_from = row.phenomenon_to = row.received_at = at;
    row.number = number;
    return row;
}

TEST(Observation, RefusesWhatNoStoreTakesAndNamesTheField) {
    struct Case {
        const char* field;
        void (*spoil)(Observation&);
    };

    const Case cases[] = {
        {"id", [](Observation& row) { row.id = 0; }},
        {"stream", [](Observation& row) { row.stream = -1; }},
        {"feature", [](Observation& row) { row.feature = -1; }},
        {"phenomenonTime", [](Observation& row) { row.phenomenon_to = row.phenomenon_from - 1; }},
        {"phenomenonTime",
         [](Observation& row) { row.phenomenon_to = std::numeric_limits<std::int64_t>::max(); }},
        {"resultTime",
         [](Observation& row) { row.result_time = std::numeric_limits<std::int64_t>::min(); }},
        {"result", [](Observation& row) { row.number = std::numeric_limits<double>::infinity(); }},
        {"result", [](Observation& row) { row.number.reset(); }},
        {"result", [](Observation& row) { row.result = "true"; }},
        {"result",
         [](Observation& row) {
             row.number.reset();
             row.result = "\"\xff\"";
         }},
        {"parameters", [](Observation& row) { row.extra = std::string{"{}\0", 3}; }},
    };
    EXPECT_TRUE(check(reading(1, 1000, 1)));
    for (const auto& item : cases) {
        auto row = reading(1, 1000, 1);
        item.spoil(row);
        const auto checked = check(row);
        ASSERT_FALSE(checked) << item.field;
        EXPECT_EQ(checked.error().code, ErrorCode::InvalidInput);
        EXPECT_EQ(checked.error().field, item.field);
    }
}

TEST(Observation, OrdersNothingBeforeTimesAndNumbersBeforeTexts) {
    auto without = reading(5, 10, 3);
    auto with = reading(4, 10, 2);
    with.result_time = -5;
    auto text = reading(1, 10, 0);
    text.number.reset();
    text.result = "\"a\"";
    using enum ObservationOrder;
    EXPECT_LT(compare(ResultTime, without, cursor_after(ResultTime, with)), 0);
    EXPECT_GT(compare(Result, text, cursor_after(Result, without)), 0);
    EXPECT_GT(compare(Result, without, cursor_after(Result, with)), 0);
    EXPECT_GT(compare(PhenomenonTime, without, cursor_after(PhenomenonTime, with)), 0)
        << "the id breaks the tie";
    EXPECT_EQ(compare(Id, with, cursor_after(Id, with)), 0);
}

TEST(Observation, SummaryDoesNotDependOnTheOrderOfArrival) {
    const std::uint64_t seed = 20'261'121;
    SCOPED_TRACE(seed);
    SeededRandom random{seed};
    std::vector<Observation> rows;
    for (std::int64_t id = 1; id <= 50; ++id) {
        auto row = reading(id, random.between(0, 20), static_cast<double>(id));
        row.phenomenon_to += random.between(0, 5);
        if (random.chance(1, 2)) {
            row.result_time = random.between(-9, 9);
        }
        rows.push_back(row);
    }
    StreamSummary forward;
    for (const auto& row : rows) {
        add(forward, row);
    }
    for (int round = 0; round < 20; ++round) {
        for (std::size_t i = rows.size(); i > 1; --i) {
            std::swap(rows[i - 1], rows[random.below(i)]);
        }
        StreamSummary shuffled;
        for (const auto& row : rows) {
            add(shuffled, row);
        }
        EXPECT_EQ(shuffled, forward);
    }
    EXPECT_EQ(forward.count, 50);
    EXPECT_EQ(forward.last_id, 50);
}

}  // namespace
}  // namespace chengshu::sensing
