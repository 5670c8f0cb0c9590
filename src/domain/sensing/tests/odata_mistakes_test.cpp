#include "domain/sensing/odata/query.hpp"

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <vector>

namespace chengshu::sensing::odata {
namespace {

struct Bad {
    EntityType type = EntityType::Thing;
    std::string option;
    std::string value;
    int character = 0;  ///< 0: the message names none
    std::string message;
};

std::ostream& operator<<(std::ostream& out, const Bad& row) {
    return out << row.option << '=' << row.value;
}

class BadQuery : public testing::TestWithParam<Bad> {};

TEST_P(BadQuery, IsRefusedWithItsPlace) {
    const auto& [type, name, value, character, message] = GetParam();
    const std::vector<Option> options{{name, value}};
    const auto query = parse_query(info(type), options);
    ASSERT_FALSE(query);
    EXPECT_EQ(query.error().code, ErrorCode::InvalidInput);
    EXPECT_EQ(query.error().field, name);
    const std::string place =
        character == 0 ? "" : name + ", at character " + std::to_string(character) + ": ";
    EXPECT_EQ(query.error().context, place + message);
}

INSTANTIATE_TEST_SUITE_P(
    Options,
    BadQuery,
    testing::Values(
        Bad{EntityType::Thing,
            "$filtr",
            "x",
            0,
            "there is no option '$filtr', did you mean "
            "'$filter'?"},
        Bad{EntityType::Thing, "$", "x", 0, "there is no option '$'"},
        Bad{EntityType::Thing, "$Top", "1", 0, "there is no option '$Top', did you mean '$top'?"},
        Bad{EntityType::Thing, "$top", "", 1, "expected a whole number, 0 or more, found the end"},
        Bad{EntityType::Thing, "$top", "-1", 1, "expected a whole number, 0 or more, found '-1'"},
        Bad{EntityType::Thing, "$top", "1.5", 1, "expected a whole number, 0 or more, found '1.5'"},
        Bad{EntityType::Thing, "$top", "5 6", 3, "expected the end, found '6'"},
        Bad{EntityType::Thing, "$skip", "99999999999999999999", 1, "the number is too great"},
        Bad{EntityType::Thing, "$count", "yes", 1, "expected true or false, found 'yes'"},
        Bad{EntityType::Thing,
            "$resultFormat",
            "xml",
            1,
            "expected dataArray, GeoJSON or CSV, "
            "found 'xml'"},
        Bad{EntityType::Thing, "$skiptoken", "", 0, "$skiptoken: expected 1 to 512 bytes"},
        Bad{EntityType::Thing,
            "$filter",
            "name eq '\xff'",
            0,
            "$filter: the text is not valid "
            "UTF-8"}
    )
);

INSTANTIATE_TEST_SUITE_P(
    Names,
    BadQuery,
    testing::Values(
        Bad{EntityType::Thing,
            "$select",
            "nam",
            1,
            "'nam' is not in Thing, which has id, name, description, properties, Locations, "
            "HistoricalLocations, Datastreams, MultiDatastreams, did you mean 'name'?"},
        Bad{EntityType::Sensor, "$select", "name,", 6, "expected a name in Sensor, found the end"},
        Bad{EntityType::Sensor, "$select", "name/x", 5, "'name' has nothing in it"},
        Bad{EntityType::Sensor,
            "$select",
            "Datastreams/name",
            12,
            "use $expand=Datastreams($select=…) for what is in it"},
        Bad{EntityType::Sensor, "$select", "properties/", 12, "expected a name, found the end"},
        Bad{EntityType::Sensor, "$select", "name desc", 6, "expected the end, found 'desc'"},
        Bad{EntityType::Sensor,
            "$expand",
            "Thing",
            1,
            "'Thing' is not in Sensor, which has Datastreams, MultiDatastreams"},
        Bad{EntityType::Sensor,
            "$expand",
            "Datastream",
            1,
            "'Datastream' is not in Sensor, which has Datastreams, MultiDatastreams, did you mean "
            "'Datastreams'?"},
        Bad{EntityType::Sensor,
            "$expand",
            "",
            1,
            "expected something linked to Sensor, found the "
            "end"},
        Bad{EntityType::Sensor,
            "$expand",
            "Datastreams(top=1)",
            13,
            "expected $filter, $count, $orderby, $skip, $top, $select or $expand"},
        Bad{EntityType::Sensor,
            "$expand",
            "Datastreams($tp=1)",
            13,
            "expected $filter, $count, $orderby, $skip, $top, $select or $expand, did you mean "
            "'$top'?"},
        Bad{EntityType::Sensor,
            "$expand",
            "Datastreams($resultFormat=CSV)",
            13,
            "expected $filter, $count, $orderby, $skip, $top, $select or $expand, did you mean "
            "'$resultFormat'?"},
        Bad{EntityType::Sensor, "$expand", "Datastreams($top=1;$top=2)", 20, "$top is given twice"},
        Bad{EntityType::Sensor, "$expand", "Datastreams($top 1)", 18, "expected '=', found '1'"},
        Bad{EntityType::Sensor,
            "$expand",
            "Datastreams($top=1",
            19,
            "expected ';' or ')', found "
            "the end"},
        Bad{EntityType::Sensor,
            "$expand",
            "Datastreams($top=1&$skip=1)",
            19,
            "expected ';' or ')', found '&'"},
        Bad{EntityType::Sensor,
            "$expand",
            "Datastreams($top=1),Datastreams($top=2)",
            21,
            "'Datastreams' is expanded twice with options"},
        Bad{EntityType::Sensor,
            "$expand",
            "Datastreams($filter=nam eq 'x')",
            21,
            "'nam' is not in Datastream, which has id, name, description, observationType, "
            "unitOfMeasurement, observedArea, phenomenonTime, resultTime, properties, Thing, "
            "Sensor, ObservedProperty, Observations, did you mean 'name'?"},
        Bad{EntityType::Thing, "$orderby", "name up", 6, "expected the end, found 'up'"},
        Bad{EntityType::Thing, "$orderby", "name,", 6, "expected a value, found the end"},
        Bad{EntityType::Thing,
            "$orderby",
            "id,Datastreams/name",
            4,
            "one value is needed to sort by, and this leads to many entities"}
    )
);

INSTANTIATE_TEST_SUITE_P(
    Filters,
    BadQuery,
    testing::Values(
        Bad{EntityType::Thing, "$filter", "", 1, "expected a value, found the end"},
        Bad{EntityType::Thing,
            "$filter",
            "name",
            1,
            "expected a condition such as name eq 'x', found a text"},
        Bad{EntityType::Thing,
            "$filter",
            "名 eq 1",
            1,
            "'名' is not in Thing, which has id, name, description, properties, Locations, "
            "HistoricalLocations, Datastreams, MultiDatastreams"},
        Bad{EntityType::Thing,
            "$filter",
            "properties/名 eq eq 1",
            17,
            "expected a value, found 'eq'"},
        Bad{EntityType::Thing, "$filter", "name eq", 8, "expected a value, found the end"},
        Bad{EntityType::Thing,
            "$filter",
            "name eq 'x",
            9,
            "this text has no closing '; a ' within it is written twice"},
        Bad{EntityType::Thing,
            "$filter",
            "name = 'x'",
            6,
            "expected an operator such as eq, found '='"},
        Bad{EntityType::Thing, "$filter", "name eq 'x' and", 16, "expected a value, found the end"},
        Bad{EntityType::Thing,
            "$filter",
            "name eq 'x' name",
            13,
            "expected an operator or the end, found 'name'"},
        Bad{EntityType::Thing,
            "$filter",
            "id eq 1 eq 2",
            9,
            "expected an operator or the end, found 'eq'"},
        Bad{EntityType::Thing, "$filter", "(id eq 1", 9, "expected ')', found the end"},
        Bad{EntityType::Thing,
            "$filter",
            "id eq 1)",
            8,
            "expected an operator or the end, found "
            "')'"},
        Bad{EntityType::Thing,
            "$filter",
            "id and id eq 1",
            1,
            "expected a condition such as name eq 'x', found a number"},
        Bad{EntityType::Thing,
            "$filter",
            "not name",
            5,
            "expected a condition such as name eq 'x', found a text"},
        Bad{EntityType::Thing,
            "$filter",
            "name add 1 eq 2",
            1,
            "'add' cannot work on a text and a number"},
        Bad{EntityType::Observation,
            "$filter",
            "phenomenonTime mul 2 eq 1",
            1,
            "'mul' cannot work on a time and a number"},
        Bad{EntityType::Observation,
            "$filter",
            "phenomenonTime add now() eq 1",
            1,
            "'add' cannot work on a time and a time"},
        Bad{EntityType::Thing,
            "$filter",
            "id eq -name",
            8,
            "expected a number after '-', found a text"},
        Bad{EntityType::Thing, "$filter", "id eq 1.", 7, "'1.' is neither a number nor a time"},
        Bad{EntityType::Thing, "$filter", "id eq 1e999", 7, "the number '1e999' is out of range"},
        Bad{EntityType::Thing, "$filter", "id eq 12abc", 7, "'12abc' is neither a number nor a time"
        },
        Bad{EntityType::Observation,
            "$filter",
            "resultTime gt 2026-02-30",
            15,
            "there is no date 2026-02-30"},
        Bad{EntityType::Observation,
            "$filter",
            "resultTime gt 2026-02-01T00:00:00",
            15,
            "expected a time such as 2026-01-01T00:00:00Z, found '2026-02-01T00:00:00'"},
        Bad{EntityType::Observation,
            "$filter",
            "time(resultTime) gt 25:00",
            21,
            "expected a time of day such as 08:30:00"},
        Bad{EntityType::Observation,
            "$filter",
            "during(resultTime,2026-01-02T00:00:00Z/2026-01-01T00:00:00Z)",
            19,
            "expected an interval such as 2026-01-01T00:00:00Z/2026-01-02T00:00:00Z or "
            "2026-01-01T00:00:00Z/P1D, its end not before its begin"},
        Bad{EntityType::Thing,
            "$filter",
            "id eq duration'5 days'",
            16,
            "expected a duration such as P1D or PT1H30M"},
        Bad{EntityType::Thing,
            "$filter",
            "id eq guid'5'",
            7,
            "expected duration'…' or geography'…', found guid'…'"},
        Bad{EntityType::Location,
            "$filter",
            "st_within(location, geography'POINT(1)')",
            38,
            "expected a coordinate"}
    )
);

INSTANTIATE_TEST_SUITE_P(
    Calls,
    BadQuery,
    testing::Values(
        Bad{EntityType::Thing,
            "$filter",
            "contain(name,'x')",
            1,
            "there is no function 'contain', did you mean 'contains'?"},
        Bad{EntityType::Thing, "$filter", "frobnicate(name)", 1, "there is no function 'frobnicate'"
        },
        Bad{EntityType::Thing, "$filter", "contains(name)", 14, "expected ',', found ')'"},
        Bad{EntityType::Thing,
            "$filter",
            "contains(name,'x','y')",
            18,
            "expected ')', as contains takes 2, found ','"},
        Bad{EntityType::Thing,
            "$filter",
            "contains(name,5)",
            15,
            "contains expects a text here, found a number"},
        Bad{EntityType::Thing,
            "$filter",
            "year(name) eq 5",
            6,
            "year expects a time or a date here, found a text"},
        Bad{EntityType::Thing,
            "$filter",
            "now(1) eq null",
            5,
            "expected ')', as now takes nothing, found '1'"},
        Bad{EntityType::Thing, "$filter", "substring(name eq 'x'", 22, "expected ',', found the end"
        },
        Bad{EntityType::Thing,
            "$filter",
            "substring(name,1 eq 'x'",
            24,
            "expected ',' or ')', found the end"},
        Bad{EntityType::Location,
            "$filter",
            "st_relate(location,location,'T')",
            29,
            "expected a pattern of nine of the characters T F * 0 1 2"},
        Bad{EntityType::Thing, "$filter", "id in 5", 7, "expected a list such as (1, 2), found '5'"
        },
        Bad{EntityType::Thing, "$filter", "id in ()", 8, "expected a value, found ')'"},
        Bad{EntityType::Thing, "$filter", "id in (1;2)", 9, "expected ',' or ')', found ';'"}
    )
);

INSTANTIATE_TEST_SUITE_P(
    Paths,
    BadQuery,
    testing::Values(
        Bad{EntityType::Thing,
            "$filter",
            "Datastreams eq null",
            12,
            "expected '/' and a name in Datastream, found a space"},
        Bad{EntityType::Thing,
            "$filter",
            "Datastreams/ eq null",
            13,
            "expected a name in Datastream, found a space"},
        Bad{EntityType::Thing,
            "$filter",
            "Datastreams/Sensr/name eq 'x'",
            13,
            "'Sensr' is not in Datastream, which has id, name, description, observationType, "
            "unitOfMeasurement, observedArea, phenomenonTime, resultTime, properties, Thing, "
            "Sensor, ObservedProperty, Observations, did you mean 'Sensor'?"},
        Bad{EntityType::Thing, "$filter", "name/first eq 'x'", 5, "'name' has nothing in it"},
        Bad{EntityType::Observation,
            "$filter",
            "phenomenonTime/begin eq 1",
            15,
            "'phenomenonTime' has nothing but start and end in it"},
        Bad{EntityType::Thing, "$filter", "properties/ eq 1", 12, "expected a name, found a space"},
        Bad{EntityType::Thing,
            "$filter",
            "Datastreams /name eq 1",
            12,
            "expected '/' and a name in Datastream, found a space"},
        Bad{EntityType::Thing, "$filter", "id eq not true", 7, "expected a value, found 'not'"},
        Bad{EntityType::Thing,
            "$filter",
            "properties/a[x] eq 1",
            14,
            "expected a position such as [0], found 'x'"},
        Bad{EntityType::Thing,
            "$filter",
            "selfLink eq 'x'",
            1,
            "links can be selected, not compared; use id"},
        Bad{EntityType::Thing, "$filter", "Datastreams/any(d)", 18, "expected ':', found ')'"},
        Bad{EntityType::Thing,
            "$filter",
            "Datastreams/all()",
            17,
            "expected a variable and ':', as in any(d: d/name eq 'x'), found ')'"},
        Bad{EntityType::Thing,
            "$filter",
            "Datastreams/any(d: e/id eq 1)",
            20,
            "'e' is not in Thing, which has id, name, description, properties, Locations, "
            "HistoricalLocations, Datastreams, MultiDatastreams"},
        Bad{EntityType::Thing,
            "$filter",
            "Datastreams/any(d:Datastreams/any(d:d/id eq 1))",
            35,
            "the variable 'd' is already in use"},
        Bad{EntityType::Observation,
            "$filter",
            "Datastream/any(d: d/id eq 1)",
            12,
            "'any' is not in Datastream, which has id, name, description, observationType, "
            "unitOfMeasurement, observedArea, phenomenonTime, resultTime, properties, Thing, "
            "Sensor, ObservedProperty, Observations"}
    )
);

}  // namespace
}  // namespace chengshu::sensing::odata
