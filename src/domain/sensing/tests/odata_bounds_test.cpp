#include "domain/sensing/odata/bounds.hpp"
#include "domain/sensing/tests/json_row.hpp"
#include "domain/sensing/tests/random_filter.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace chengshu::sensing::odata {
namespace {

Instant bounds_now() {
    return parse_rfc3339("2026-01-01T03:00:00Z").value();
}

template <class T>
std::string written(const Range<T>& range) {
    if (range.unbounded()) {
        return "";
    }
    const auto text = [](T value) {
        if constexpr (std::is_same_v<T, std::int64_t>) {
            const bool time = value > 1'000'000'000'000;
            return time ? format_utc(from_millis(value)).substr(11, 5) : fmt::format("{}", value);
        } else {
            return fmt::format("{}", value);
        }
    };
    return fmt::format(
        "{}{},{}{}",
        range.after_from ? '(' : '[',
        range.from ? text(*range.from) : "",
        range.to ? text(*range.to) : "",
        range.up_to_to ? ']' : ')'
    );
}

/// All that is set, in a fixed order.
std::string written(const Bounds& bounds) {
    std::string text;
    const auto add = [&](std::string_view name, const std::string& value) {
        if (!value.empty()) {
            text += fmt::format("{}{} {}", text.empty() ? "" : "; ", name, value);
        }
    };
    if (bounds.streams) {
        std::string ids;
        for (const std::int64_t id : *bounds.streams) {
            ids += fmt::format("{}{}", ids.empty() ? "" : ",", id);
        }
        add(info(bounds.stream_type).name, "{" + ids + "}");
    }
    add("feature", bounds.feature ? fmt::format("{}", *bounds.feature) : "");
    add("id", written(bounds.id));
    add("from", written(bounds.phenomenon_from));
    add("to", written(bounds.phenomenon_to));
    add("resultTime", written(bounds.result_time));
    add("number", written(bounds.number));
    add("never", bounds.never ? "!" : "");
    add("rest", bounds.rest ? print(*bounds.rest) : "");
    return text;
}

Bounds bounds_of(const std::string& filter, EntityType type = EntityType::Observation) {
    const auto expression = parse_filter(info(type), filter);
    EXPECT_TRUE(expression) << filter << ": " << expression.error().context;
    return bounds(info(type), *expression, bounds_now());
}

TEST(Bounds, SayWhatAStoreUnderstands) {
    for (const auto& [filter, expected] : std::vector<std::pair<std::string, std::string>>{
             {"true", ""},
             {"false", "never !"},
             {"null", "never !"},
             {"1 add 1 eq 2", ""},
             {"Datastream/id eq 5", "Datastream {5}"},
             {"5 eq Datastream/@iot.id", "Datastream {5}"},
             {"MultiDatastream/id eq 5", "MultiDatastream {5}"},
             {"Datastream/id in (7,5,7)", "Datastream {5,7}"},
             {"Datastream/id eq 5 or Datastream/id in (6,7)", "Datastream {5,6,7}"},
             {"Datastream/id in (1,2) and Datastream/id in (2,3)", "Datastream {2}"},
             {"Datastream/id eq 1 and Datastream/id eq 2", "Datastream {}; never !"},
             {"Datastream/id eq 1 and MultiDatastream/id eq 1",
              "Datastream {1}; rest MultiDatastream/id eq 1"},
             {"Datastream/id eq 1 or MultiDatastream/id eq 1",
              "rest Datastream/id eq 1 or MultiDatastream/id eq 1"},
             {"Datastream/id eq 1 or result gt 1", "rest Datastream/id eq 1 or result gt 1"},
             {"Datastream/id gt 1", "rest Datastream/id gt 1"},
             {"Datastream/Thing/id eq 1", "rest Datastream/Thing/id eq 1"},
             {"FeatureOfInterest/id eq 3", "feature 3"},
             {"FeatureOfInterest/id eq 0", "never !"},
             {"FeatureOfInterest/id in (0,3)", "feature 3"},
             {"Datastream/id in (-1,0,2)", "Datastream {2}"},
             {"Datastream/id eq 0", "Datastream {}; never !"},
             {"id gt 3 and id le 9", "id (3,9]"},
             {"3 lt id", "id (3,)"},
             {"id eq 3", "id [3,3]"},
             {"id gt 9 and id lt 3", "id (9,3); never !"},
             {"id gt 3.5", "rest id gt 3.5"},
             {"id ne 3", "rest id ne 3"},
             {"result gt 5", "number (5,)"},
             {"result ge -1.5 and result lt 2", "number [-1.5,2)"},
             {"result eq 5 and result lt 5", "number [5,5); never !"},
             {"result eq 'low'", "rest result eq 'low'"},
             {"result eq 9007199254740993", "rest result eq 9007199254740993"},
             {"result mul 2 gt 5", "rest result mul 2 gt 5"},
             {"not (result gt 5)", "rest not result gt 5"},
         }) {
        EXPECT_EQ(written(bounds_of(filter)), expected) << filter;
    }
}

TEST(Bounds, SayTimes) {
    const std::string one = "2026-01-01T01:00:00Z";
    const std::string two = "2026-01-01T02:00:00Z";
    const std::string hour = one + "/" + two;
    for (const auto& [filter, expected] : std::vector<std::pair<std::string, std::string>>{
             {"phenomenonTime gt " + one, "from (01:00,)"},
             {"phenomenonTime ge " + one, "from [01:00,); to [01:00,)"},
             {"phenomenonTime lt " + one, "from [,01:00); to [,01:00]"},
             {"phenomenonTime le " + one, "from [,01:00]; to [,01:00]"},
             {"phenomenonTime eq " + one, "from [01:00,01:00]; to [01:00,01:00]"},
             {"phenomenonTime gt " + hour, "from [02:00,)"},
             {"phenomenonTime lt " + hour, "from [,01:00); to [,01:00]"},
             {"phenomenonTime eq " + hour, "from [01:00,01:00]; to [02:00,02:00]"},
             {"phenomenonTime gt '" + one + "'", "from (01:00,)"},
             {"phenomenonTime gt 'x'", "rest phenomenonTime gt 'x'"},
             {"phenomenonTime gt now() sub PT2H", "from (01:00,)"},
             {"now() gt phenomenonTime", "from [,03:00); to [,03:00]"},
             {"phenomenonTime/start ge " + one, "from [01:00,)"},
             {"phenomenonTime/end lt " + two, "to [,02:00)"},
             {"after(phenomenonTime, " + one + ")", "from (01:00,)"},
             {"before(phenomenonTime, " + one + ")", "from [,01:00); to [,01:00]"},
             {"before(" + one + ", phenomenonTime)", "from (01:00,)"},
             {"during(phenomenonTime, " + hour + ")", "from [01:00,02:00); to [,02:00]"},
             {"starts(phenomenonTime, " + hour + ")", "from [01:00,01:00]"},
             {"finishes(phenomenonTime, " + hour + ")", "to [02:00,02:00]"},
             {"overlaps(phenomenonTime, " + hour + ")",
              "from [,02:00); to [01:00,); rest overlaps(phenomenonTime," + hour + ")"},
             {"meets(phenomenonTime, " + hour + ")", "rest meets(phenomenonTime," + hour + ")"},
             {"resultTime gt " + one, "resultTime (01:00,)"},
             {"resultTime lt " + one, "resultTime [,01:00)"},
             {"during(resultTime, " + hour + ")", "resultTime [01:00,02:00)"},
             {"resultTime eq null", "rest resultTime eq null"},
             {"validTime gt " + one, "rest validTime gt " + one},
             {"phenomenonTime gt " + two + " and phenomenonTime lt " + one,
              "from (02:00,01:00); to [,01:00]; never !"},
             {"Datastream/id eq 4 and phenomenonTime ge " + one + " and resultQuality eq 'g'",
              "Datastream {4}; from [01:00,); to [01:00,); rest resultQuality eq 'g'"},
             {"result gt 1 and resultQuality eq 'g' and parameters/a eq 1",
              "number (1,); rest resultQuality eq 'g' and parameters/a eq 1"},
         }) {
        EXPECT_EQ(written(bounds_of(filter)), expected) << filter;
    }
}

TEST(Bounds, OfOtherEntitiesAreIds) {
    EXPECT_EQ(
        written(bounds_of("id gt 3 and name eq 'x'", EntityType::Thing)),
        "id (3,); rest name eq 'x'"
    );
    EXPECT_EQ(
        written(bounds_of("Datastreams/id eq 3", EntityType::Thing)), "rest Datastreams/id eq 3"
    );
    EXPECT_EQ(written(bounds(info(EntityType::Thing), nullptr, bounds_now())), "");
}

TEST(Bounds, LeaveAConstantThatCannotBeEvaluatedToTheEvaluator) {
    const std::string bow = "geography'POLYGON((0 0,1 1,1 0,0 1,0 0))'";
    const Bounds found = bounds_of("geo.length(" + bow + ") eq 0");
    EXPECT_FALSE(found.never);
    EXPECT_FALSE(found.exact());
}

template <class T>
bool holds(const Range<T>& range, T value) {
    const bool low =
        !range.from || *range.from < value || (*range.from == value && !range.after_from);
    const bool high = !range.to || value < *range.to || (value == *range.to && range.up_to_to);
    return low && high;
}

/// As a store would look at the row.
bool within(const Bounds& bounds, const JsonRow& row) {
    if (bounds.never) {
        return false;
    }
    std::int64_t stream = 0;
    const auto take_id = [](std::int64_t& id) {
        return [&id](const Row& other) {
            id = std::get<std::int64_t>(other.property("id"));
            return true;
        };
    };
    row.each(info(bounds.stream_type).name, take_id(stream));
    std::int64_t feature = 0;
    row.each("FeatureOfInterest", take_id(feature));
    if (bounds.streams &&
        !std::binary_search(bounds.streams->begin(), bounds.streams->end(), stream)) {
        return false;
    }
    const auto phenomenon = interval_of(row.property("phenomenonTime")).value();
    const auto result_time = interval_of(row.property("resultTime"));
    const Value result = row.property("result");
    const auto* whole = std::get_if<std::int64_t>(&result);
    const auto* number = std::get_if<double>(&result);
    const bool numeric = whole != nullptr || number != nullptr;
    const double value =
        whole != nullptr ? static_cast<double>(*whole) : (number != nullptr ? *number : 0);
    return (!bounds.feature || *bounds.feature == feature) &&
           holds(bounds.id, std::get<std::int64_t>(row.property("id"))) &&
           holds(bounds.phenomenon_from, to_millis(phenomenon.from)) &&
           holds(bounds.phenomenon_to, to_millis(phenomenon.to)) &&
           (bounds.result_time.unbounded() ||
            (result_time && holds(bounds.result_time, to_millis(result_time->from)))) &&
           (bounds.number.unbounded() || (numeric && holds(bounds.number, value)));
}

bool passes(const ExpressionPtr& filter, const Row& row) {
    if (!filter) {
        return true;
    }
    Budget budget{1'000'000};
    return Evaluator::compile(filter, bounds_now()).value().matches(row, budget).value();
}

TEST(Bounds, AndTheirRestAreTheFilter) {
    int passed = 0;
    int narrowed = 0;
    for (std::uint64_t seed = 1; seed <= 2'000; ++seed) {
        SeededRandom random{seed};
        std::string text = random_filter(random, static_cast<int>(random.below(3)));
        if (random.chance(1, 2)) {
            text = "(" + text + ") and " + random_filter(random, 0) + " and (" +
                   random_filter(random, 1) + ")";
        }
        SCOPED_TRACE("seed " + std::to_string(seed) + ": " + text);
        const auto filter = parse_filter(info(EntityType::Observation), text);
        ASSERT_TRUE(filter) << filter.error().context;
        const Bounds found = bounds(info(EntityType::Observation), *filter, bounds_now());
        narrowed += found.rest && same(found.rest, *filter) ? 0 : 1;
        for (int i = 0; i < 20; ++i) {
            const auto json = random_observation(random);
            const JsonRow row{EntityType::Observation, json};
            const bool expected = passes(*filter, row);
            ASSERT_EQ(within(found, row) && passes(found.rest, row), expected)
                << boost::json::serialize(json) << "\n"
                << written(found);
            passed += expected ? 1 : 0;
        }
    }
    // Both would be worthless if they were rare.
    EXPECT_GT(passed, 4'000);
    EXPECT_GT(narrowed, 400);
}

}  // namespace
}  // namespace chengshu::sensing::odata
