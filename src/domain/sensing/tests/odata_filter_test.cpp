#include "domain/sensing/odata/evaluate.hpp"
#include "domain/sensing/tests/json_row.hpp"

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <vector>

namespace chengshu::sensing::odata {
namespace {

constexpr std::string_view kThing = R"({
    "id": 7, "name": "Air station 1", "description": "it's on the roof",
    "properties": {"code": "A-1", "height": 12.5, "floors": 3, "active": true, "none": null,
        "installed": "2025-03-04T00:00:00Z", "tags": ["air", "roof"], "区域": "东城",
        "maker": {"name": "Acme"}},
    "Locations": [{"id": 1, "name": "Roof",
        "location": {"type": "Point", "coordinates": [116.4, 39.9]}}],
    "Datastreams": [
        {"id": 1, "name": "PM2.5", "Sensor": {"id": 1, "name": "S1"},
         "unitOfMeasurement": {"symbol": "ug/m3"},
         "phenomenonTime": "2026-01-01T00:00:00Z/2026-02-01T00:00:00Z"},
        {"id": 2, "name": "O3", "Sensor": {"id": 2, "name": "S2"}}],
    "HistoricalLocations": []})";

constexpr std::string_view kObservation = R"({
    "id": 9007199254740993, "phenomenonTime": "2026-01-02T03:04:05.678Z", "result": 5,
    "resultTime": "2026-01-02T03:05:00Z", "resultQuality": "good",
    "validTime": "2026-01-02T00:00:00Z/2026-01-03T00:00:00Z",
    "parameters": {"depth": 2, "n": [10, 20]},
    "Datastream": {"id": 4, "name": "T", "Thing": {"id": 3, "name": "pole"}}})";

/// An hourly mean whose result is no number.
constexpr std::string_view kHour = R"({
    "id": 2, "phenomenonTime": "2026-01-01T10:00:00Z/2026-01-01T11:00:00Z", "result": "low",
    "MultiDatastream": {"id": 5, "name": "M"}})";

Instant now() {
    return parse_rfc3339("2026-01-02T04:00:00Z").value();
}

struct Case {
    std::string filter;
    bool expected = true;
};

std::ostream& operator<<(std::ostream& out, const Case& row) {
    return out << row.filter;
}

bool passes(EntityType type, std::string_view json, const std::string& filter) {
    const auto value = boost::json::parse(json);
    const auto expression = parse_filter(info(type), filter);
    if (!expression) {
        ADD_FAILURE() << filter << ": " << expression.error().context;
        return false;
    }
    auto evaluator = Evaluator::compile(*expression, now());
    if (!evaluator) {
        ADD_FAILURE() << filter << ": " << evaluator.error().context;
        return false;
    }
    Budget budget{100'000};
    const auto result = evaluator->matches(JsonRow{type, value}, budget);
    if (!result) {
        ADD_FAILURE() << filter << ": " << result.error().context;
        return false;
    }
    // The canonical text means the same.
    const auto again = parse_filter(info(type), print(**expression));
    if (!again || !same(*expression, *again)) {
        ADD_FAILURE() << filter << " is printed as " << print(**expression)
                      << (again ? "" : again.error().context);
    }
    return *result;
}

class OfThing : public testing::TestWithParam<Case> {};

TEST_P(OfThing, Filter) {
    EXPECT_EQ(passes(EntityType::Thing, kThing, GetParam().filter), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    Comparisons,
    OfThing,
    testing::Values(
        Case{"id eq 7"},
        Case{"@iot.id eq 7"},
        Case{"id eq 7.0"},
        Case{"id ne 7", false},
        Case{"7 eq id"},
        Case{"id gt 6 and id lt 8"},
        Case{"id ge 7 and id le 7"},
        Case{"name eq 'Air station 1'"},
        Case{"name EQ 'Air station 1' AND NOT (id eq 8)"},
        Case{"name eq 'air station 1'", false},
        Case{"description eq 'it''s on the roof'"},
        Case{"name lt 'B'"},
        Case{"name gt 'Air'"},
        Case{"id in (1, 7, 9)"},
        Case{"id in (1)", false},
        Case{"name in ('x','Air station 1')"},
        Case{"not id in (1,2)"},
        Case{"true"},
        Case{"false", false},
        Case{"null", false},
        Case{"true eq true"},
        Case{"false lt true"},
        Case{"(id eq 7) eq true"},
        Case{"(id eq 7) eq (name eq 'x')", false}
    )
);

INSTANTIATE_TEST_SUITE_P(
    Nulls,
    OfThing,
    testing::Values(
        Case{"null eq null"},
        Case{"null ne null", false},
        Case{"null ge null", false},
        Case{"properties/missing eq null"},
        Case{"properties/none eq null"},
        Case{"properties/missing ne 'x'"},
        Case{"properties/missing eq 'x'", false},
        Case{"properties/missing gt 1", false},
        Case{"properties/missing le 1", false},
        Case{"not (properties/missing gt 1)"},
        Case{"properties/missing add 1 eq null"},
        Case{"contains(properties/missing, 'x')", false},
        Case{"not contains(properties/missing, 'x')", false},
        Case{"contains(properties/missing, 'x') or id eq 7"},
        Case{"contains(properties/missing, 'x') and id eq 7", false},
        Case{"not (contains(properties/missing, 'x') and id eq 8)"},
        Case{"not (contains(properties/missing, 'x') and id eq 7)", false},
        Case{"id div 0 eq null"},
        Case{"id mod 0 eq null"}
    )
);

INSTANTIATE_TEST_SUITE_P(
    Types,
    OfThing,
    testing::Values(
        Case{"name gt 5", false},
        Case{"name le 5", false},
        Case{"name eq 5", false},
        Case{"name ne 5", false},
        Case{"id eq '7'", false},
        Case{"properties/height eq '12.5'", false},
        Case{"properties/active eq 1", false},
        Case{"properties/tags eq 'air'", false},
        Case{"length(properties/height) eq 4", false},
        Case{"properties/code add 1 eq null"}
    )
);

INSTANTIATE_TEST_SUITE_P(
    Json,
    OfThing,
    testing::Values(
        Case{"properties/code eq 'A-1'"},
        Case{"properties/height gt 12"},
        Case{"properties/floors eq 3"},
        Case{"properties/active"},
        Case{"properties/active eq true"},
        Case{"not properties/active", false},
        Case{"properties/code", false},
        Case{"properties/maker/name eq 'Acme'"},
        Case{"properties/maker/name/deeper eq null"},
        Case{"properties/tags/0 eq 'air'"},
        Case{"properties/tags[1] eq 'roof'"},
        Case{"properties/tags[2] eq null"},
        Case{"properties/区域 eq '东城'"},
        Case{"length(properties/区域) eq 2"},
        Case{"properties/installed lt 2025-06-01T00:00:00Z"},
        Case{"2025-06-01T00:00:00Z gt properties/installed"},
        Case{"properties/code lt 2025-06-01T00:00:00Z", false},
        Case{"year(properties/installed) eq 2025"},
        Case{"properties/installed eq '2025-03-04T00:00:00Z'"}
    )
);

INSTANTIATE_TEST_SUITE_P(
    Arithmetic,
    OfThing,
    testing::Values(
        Case{"id add 1 eq 8"},
        Case{"id sub 10 eq -3"},
        Case{"id mul 2 add 1 eq 15"},
        Case{"1 add id mul 2 eq 15"},
        Case{"(1 add id) mul 2 eq 16"},
        Case{"id div 2 eq 3.5"},
        Case{"id mod 4 eq 3"},
        Case{"7.5 mod 2 eq 1.5"},
        Case{"10 sub 3 sub 2 eq 5"},
        Case{"-id eq -7"},
        Case{"- -id eq 7"},
        Case{"-(id add 1) eq -8"},
        Case{"9223372036854775807 add 1 gt 9223372036854775807"},
        Case{"1e3 eq 1000"},
        Case{"1.5E+2 eq 150"},
        Case{"-9223372036854775808 mod -1 eq 0"},
        Case{"round(2.5) eq 3 and round(-2.5) eq -3"},
        Case{"floor(-1.5) eq -2 and ceiling(-1.5) eq -1"},
        Case{"round(id) eq 7"},
        Case{"properties/height add properties/floors eq 15.5"}
    )
);

INSTANTIATE_TEST_SUITE_P(
    Texts,
    OfThing,
    testing::Values(
        Case{"contains(name, 'station')"},
        Case{"contains('station', name)", false},
        Case{"substringof('station', name)"},
        Case{"substringof(name, 'station')", false},
        Case{"startswith(name, 'Air')"},
        Case{"startswith(name,'air')", false},
        Case{"endswith(name, ' 1')"},
        Case{"endswith(name, '')"},
        Case{"length(name) eq 13"},
        Case{"indexof(name, 'station') eq 4"},
        Case{"indexof(name, 'x') eq -1"},
        Case{"indexof('东城区', '城') eq 1"},
        Case{"substring(name, 4) eq 'station 1'"},
        Case{"substring(name, 4, 3) eq 'sta'"},
        Case{"substring('东城区', 1, 1) eq '城'"},
        Case{"substring(name, 100) eq ''"},
        Case{"substring(name, -5, 3) eq 'Air'"},
        Case{"tolower(name) eq 'air station 1'"},
        Case{"ToUpper(name) eq 'AIR STATION 1'"},
        Case{"trim('  a b ') eq 'a b'"},
        Case{"trim('  ') eq ''"},
        Case{"concat(concat(name, ' '), 'x') eq 'Air station 1 x'"},
        Case{"length('') eq 0"}
    )
);

INSTANTIATE_TEST_SUITE_P(
    Navigation,
    OfThing,
    testing::Values(
        Case{"Datastreams/name eq 'O3'"},
        Case{"Datastreams/name eq 'NO2'", false},
        Case{"not Datastreams/name eq 'NO2'"},
        Case{"not Datastreams/name eq 'O3'", false},
        Case{"Datastreams/name ne 'O3'"},
        Case{"Datastreams/name eq 'O3' and Datastreams/Sensor/name eq 'S1'"},
        Case{"concat(Datastreams/name, Datastreams/Sensor/name) eq 'O3S2'"},
        Case{"concat(Datastreams/name, Datastreams/Sensor/name) eq 'O3S1'", false},
        Case{"Datastreams/any(d: d/name eq 'O3' and d/Sensor/name eq 'S2')"},
        Case{"Datastreams/any(d:d/name eq 'O3' and d/Sensor/name eq 'S1')", false},
        Case{"Datastreams/all(d: d/id gt 0)"},
        Case{"Datastreams/all(d: d/id gt 1)", false},
        Case{"Datastreams/any()"},
        Case{"HistoricalLocations/any()", false},
        Case{"HistoricalLocations/all(h: h/id eq 0)"},
        Case{"HistoricalLocations/id eq null", false},
        Case{"MultiDatastreams/any()", false},
        Case{"Datastreams/any(d: Datastreams/any(e: e/id gt d/id))"},
        Case{"Datastreams/all(d: Datastreams/any(e: e/id gt d/id))", false},
        Case{"Datastreams/any(d: d/id add 5 eq id)"},
        Case{"Datastreams/unitOfMeasurement/symbol eq 'ug/m3'"},
        Case{"Datastreams/phenomenonTime/end eq 2026-02-01T00:00:00Z"},
        Case{"Datastreams/id in (2, 3)"}
    )
);

class OfObservation : public testing::TestWithParam<Case> {};

TEST_P(OfObservation, Filter) {
    EXPECT_EQ(
        passes(EntityType::Observation, kObservation, GetParam().filter), GetParam().expected
    );
}

INSTANTIATE_TEST_SUITE_P(
    Values,
    OfObservation,
    testing::Values(
        Case{"id eq 9007199254740993"},
        Case{"id eq 9007199254740992", false},
        Case{"id gt 9007199254740992.0"},
        Case{"result eq 5"},
        Case{"result eq 5.0"},
        Case{"result gt '3'"},
        Case{"result gt '10'"},
        Case{"'5' eq result"},
        Case{"result lt '3'", false},
        Case{"result mul 2 ge 10"},
        Case{"resultQuality eq 'good'"},
        Case{"parameters/depth eq 2"},
        Case{"parameters/n/1 eq 20"},
        Case{"Datastream/id eq 4"},
        Case{"Datastream/Thing/name eq 'pole'"},
        Case{"MultiDatastream/id eq null"},
        Case{"MultiDatastream/Thing/id eq null"},
        Case{"MultiDatastream/id ne null", false},
        Case{"FeatureOfInterest/name eq 'x'", false}
    )
);

INSTANTIATE_TEST_SUITE_P(
    Times,
    OfObservation,
    testing::Values(
        Case{"phenomenonTime eq 2026-01-02T03:04:05.678Z"},
        Case{"phenomenonTime eq 2026-01-02T11:04:05.678+08:00"},
        Case{"phenomenonTime eq 2026-01-02T11:04:05.678 08:00"},
        Case{"phenomenonTime gt 2026-01-02T03:04Z"},
        Case{"phenomenonTime gt '2026-01-02T03:04:00Z'"},
        Case{"phenomenonTime gt 'yesterday'", false},
        Case{"phenomenonTime lt now()"},
        Case{"phenomenonTime gt now() sub duration'PT1H'"},
        Case{"phenomenonTime gt now() sub PT30M", false},
        Case{"phenomenonTime add P1M eq 2026-02-02T03:04:05.678Z"},
        Case{"P1D add phenomenonTime gt now()"},
        Case{"resultTime sub phenomenonTime eq PT54.322S"},
        Case{"resultTime sub phenomenonTime lt PT1M"},
        Case{"(resultTime sub phenomenonTime) mul 2 gt PT1M"},
        Case{"year(phenomenonTime) eq 2026 and month(phenomenonTime) eq 1"},
        Case{"day(phenomenonTime) eq 2 and hour(phenomenonTime) eq 3"},
        Case{"minute(phenomenonTime) eq 4 and second(phenomenonTime) eq 5"},
        Case{"fractionalseconds(phenomenonTime) eq 0.678"},
        Case{"date(phenomenonTime) eq 2026-01-02"},
        Case{"date(phenomenonTime) lt 2026-01-03"},
        Case{"year(2024-02-29) eq 2024"},
        Case{"2024-02-29 add P1Y eq 2025-02-28"},
        Case{"2024-03-01 sub 2024-02-28 eq P2D"},
        Case{"time(phenomenonTime) eq 03:04:05.678"},
        Case{"time(phenomenonTime) gt 03:04"},
        Case{"hour(23:59) eq 23"},
        Case{"totaloffsetminutes(phenomenonTime) eq 0"},
        Case{"phenomenonTime gt mindatetime() and phenomenonTime lt maxdatetime()"},
        Case{"maxdatetime() add P1D eq null"},
        Case{"phenomenonTime gt 2026-01-01", false},
        Case{"duration'P1D' eq duration'PT24H'"},
        Case{"duration'P1M' gt duration'P30D'"},
        Case{"-PT1M lt PT0S"}
    )
);

INSTANTIATE_TEST_SUITE_P(
    Intervals,
    OfObservation,
    testing::Values(
        Case{"during(phenomenonTime, 2026-01-02T00:00:00Z/2026-01-03T00:00:00Z)"},
        Case{"during(phenomenonTime, 2026-01-02T00:00:00Z/P1D)"},
        Case{"during(phenomenonTime, P1D/2026-01-03T00:00:00Z)"},
        Case{"during(phenomenonTime, validTime)"},
        Case{"during(2026-01-03T00:00:00Z, validTime)", false},
        Case{"during(2026-01-02T00:00:00Z, validTime)"},
        Case{"overlaps(phenomenonTime, validTime)"},
        Case{"overlaps(validTime, 2026-01-03T00:00:00Z/P1D)", false},
        Case{"meets(validTime, 2026-01-03T00:00:00Z/P1D)"},
        Case{"meets(validTime, 2026-01-02T00:00:00Z)"},
        Case{"starts(validTime, 2026-01-02T00:00:00Z/PT1H)"},
        Case{"finishes(validTime, 2026-01-02T10:00:00Z/2026-01-03T00:00:00Z)"},
        Case{"before(phenomenonTime, 2026-01-03T00:00:00Z)"},
        Case{"after(phenomenonTime, 2026-01-03T00:00:00Z)", false},
        Case{"after(2026-01-03T00:00:00Z, validTime)"},
        Case{"validTime lt 2026-01-03T00:00:00Z"},
        Case{"validTime lt 2026-01-02T23:00:00Z", false},
        Case{"validTime gt 2026-01-02T00:00:00Z", false},
        Case{"validTime ge 2026-01-02T00:00:00Z"},
        Case{"validTime eq 2026-01-02T00:00:00Z/2026-01-03T00:00:00Z"},
        Case{"validTime/start lt phenomenonTime and validTime/end gt phenomenonTime"},
        Case{"validTime add P1D eq 2026-01-03T00:00:00Z/P1D"},
        Case{"before(resultQuality, now()) eq null"},
        Case{"hour(validTime) eq 0"}
    )
);

TEST(FilterOfAnInterval, ComparesBothEnds) {
    for (const auto& [filter, expected] : std::vector<Case>{
             {"phenomenonTime lt 2026-01-01T11:00:00Z", true},
             {"phenomenonTime lt 2026-01-01T10:30:00Z", false},
             {"phenomenonTime gt 2026-01-01T10:00:00Z", false},
             {"phenomenonTime gt 2026-01-01T09:59:59Z", true},
             {"phenomenonTime eq 2026-01-01T10:00:00Z", false},
             {"phenomenonTime ne 2026-01-01T10:00:00Z", true},
             {"phenomenonTime/start eq 2026-01-01T10:00:00Z", true},
             {"result eq 'low'", true},
             {"result gt 3", false},
             {"result ne 3", false},
             {"resultTime eq null", true},
             {"resultTime ne null", false},
             {"resultTime ne 2027-01-01T00:00:00Z", false},
             {"resultTime lt 2027-01-01T00:00:00Z", false},
             {"Datastream/id eq 5", false},
             {"MultiDatastream/id eq 5", true},
             {"result mul 2 eq null", true},
         }) {
        EXPECT_EQ(passes(EntityType::Observation, kHour, filter), expected) << filter;
    }
}

TEST(Filter, RefusesALiteralGeometryThatCrossesItself) {
    const auto expression = parse_filter(
        info(EntityType::Location),
        "st_within(location, geography'POLYGON((0 0, 1 1, 1 0, 0 1, 0 0))')"
    );
    ASSERT_TRUE(expression);
    const auto evaluator = Evaluator::compile(*expression, now());
    ASSERT_FALSE(evaluator);
    EXPECT_EQ(evaluator.error().code, ErrorCode::InvalidInput);
    EXPECT_EQ(
        evaluator.error().context,
        "a geometry of the filter is not valid: Self-intersection[0.5 0.5]"
    );
}

TEST(Filter, StopsWhenItsStepsAreUsedUp) {
    boost::json::array streams;
    for (int i = 0; i < 100; ++i) {
        streams.push_back(boost::json::object{{"id", i}, {"name", std::string(1'000, 'x')}});
    }
    const boost::json::value thing = boost::json::object{{"id", 1}, {"Datastreams", streams}};
    const JsonRow row{EntityType::Thing, thing};
    // A million pairs.
    const std::string filter =
        "Datastreams/any(a: Datastreams/any(b: Datastreams/any(c: a/id add b/id add c/id lt 0)))";
    const auto expression = parse_filter(info(EntityType::Thing), filter);
    ASSERT_TRUE(expression);
    auto evaluator = Evaluator::compile(*expression, now());
    ASSERT_TRUE(evaluator);
    Budget budget{5'000};
    const auto result = evaluator->matches(row, budget);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::InvalidInput);
    EXPECT_EQ(result.error().field, "$filter");
    EXPECT_TRUE(budget.exceeded());
    EXPECT_EQ(budget.left(), 0);
    // Nothing is left for the next row either.
    EXPECT_FALSE(evaluator->matches(row, budget));
}

TEST(Filter, DoesNotBuildEndlessTexts) {
    std::string filter = "name";
    for (int i = 0; i < 9; ++i) {
        filter = "concat(" + filter + "," + filter + ")";  // 51 MB if it were built
    }
    const boost::json::value thing =
        boost::json::object{{"id", 1}, {"name", std::string(100'000, 'x')}};
    const auto expression = parse_filter(info(EntityType::Thing), filter + " eq 'x'");
    ASSERT_TRUE(expression) << expression.error().context;
    auto evaluator = Evaluator::compile(*expression, now());
    ASSERT_TRUE(evaluator);
    Budget budget{1'000'000'000};
    EXPECT_FALSE(evaluator->matches(JsonRow{EntityType::Thing, thing}, budget));
    EXPECT_TRUE(budget.exceeded());
}

TEST(Filter, GivesValuesToSortBy) {
    const auto thing = boost::json::parse(kThing);
    const auto observation = boost::json::parse(kObservation);
    const auto value_of_key = [](EntityType type, const auto& json, const std::string& key) {
        const std::vector<Option> options{{"$orderby", key}};
        const auto query = parse_query(info(type), options);
        auto evaluator = Evaluator::compile(query->order.at(0).expression, now());
        Budget budget{1'000};
        return evaluator->value(JsonRow{type, json}, budget).value();
    };
    EXPECT_EQ(value_of_key(EntityType::Thing, thing, "name"), Value{"Air station 1"});
    EXPECT_EQ(value_of_key(EntityType::Thing, thing, "properties/height mul 2"), Value{25.0});
    EXPECT_EQ(value_of_key(EntityType::Thing, thing, "id eq 7 or false"), Value{true});
    EXPECT_EQ(
        value_of_key(EntityType::Observation, observation, "Datastream/Thing/name"), Value{"pole"}
    );
    EXPECT_EQ(
        value_of_key(EntityType::Observation, observation, "MultiDatastream/name"), Value{Null{}}
    );
}

TEST(CompareForOrder, IsTotal) {
    const Json json = std::make_shared<const boost::json::value>(boost::json::array{1});
    const Json later = std::make_shared<const boost::json::value>(boost::json::array{2});
    const std::vector<Value> ascending{
        Null{},
        false,
        true,
        std::int64_t{-1},
        0.5,
        std::int64_t{1},
        "a",
        "b",
        now(),
        TimeInterval{now(), now() + Duration{1}},
        Period{0, 1},
        Period{1, 0},
        Date{std::chrono::year{2026} / 1 / 1},
        TimeOfDay{5},
        json,
        later,
    };
    for (std::size_t i = 0; i < ascending.size(); ++i) {
        for (std::size_t j = 0; j < ascending.size(); ++j) {
            const int order = compare_for_order(ascending[i], ascending[j]);
            EXPECT_EQ(order < 0, i < j) << i << ' ' << j;
            EXPECT_EQ(order == 0, i == j) << i << ' ' << j;
        }
    }
}

}  // namespace
}  // namespace chengshu::sensing::odata
