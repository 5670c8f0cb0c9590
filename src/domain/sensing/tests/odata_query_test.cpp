#include "base/text.hpp"
#include "domain/sensing/odata/query.hpp"

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <vector>

namespace chengshu::sensing::odata {
namespace {

struct Good {
    EntityType type = EntityType::Thing;
    std::string text;
    std::string canonical;
};

std::ostream& operator<<(std::ostream& out, const Good& row) {
    return out << row.text;
}

std::string plain(const Query& query) {
    std::string text;
    for (const auto& [name, value] : print_options(query)) {
        text += text.empty() ? "" : "&";
        text += name + "=" + value;
    }
    return text;
}

class GoodQuery : public testing::TestWithParam<Good> {};

TEST_P(GoodQuery, IsReadAndWritten) {
    const auto& [type, text, canonical] = GetParam();
    const auto query = parse_query(info(type), text);
    ASSERT_TRUE(query) << query.error().context;
    EXPECT_EQ(plain(*query), canonical);
    const auto again = parse_query(info(type), print(*query));
    ASSERT_TRUE(again) << print(*query) << ": " << again.error().context;
    EXPECT_TRUE(same(*query, *again)) << print(*query);
}

INSTANTIATE_TEST_SUITE_P(
    Options,
    GoodQuery,
    testing::Values(
        Good{EntityType::Thing, "", ""},
        Good{EntityType::Thing, "&&", ""},
        Good{EntityType::Thing, "a=1&$top=5&b", "$top=5"},
        Good{EntityType::Thing, "%24top=5", "$top=5"},
        Good{EntityType::Thing, "$top=0&$skip=20", "$skip=20&$top=0"},
        Good{EntityType::Thing, "$top=9999999", "$top=10000"},
        Good{EntityType::Thing, "$count=true", "$count=true"},
        Good{EntityType::Thing, "$count=FALSE", "$count=false"},
        Good{EntityType::Observation, "$resultFormat=dataArray", "$resultFormat=dataArray"},
        Good{EntityType::Location, "$resultFormat=geojson", "$resultFormat=GeoJSON"},
        Good{EntityType::Observation, "$resultFormat=CSV", "$resultFormat=CSV"},
        Good{EntityType::Thing, "$skiptoken=a%26b%3D%27c", "$skiptoken=a&b='c"},
        Good{EntityType::Thing, "$select=name", "$select=name"},
        Good{EntityType::Thing, "$select=name,%20id ,name", "$select=name,id"},
        Good{
            EntityType::Thing,
            "$select=@iot.id,@iot.selfLink,selfLink,Datastreams",
            "$select=id,selfLink,Datastreams"
        },
        Good{EntityType::Thing, "$select=properties/a/b,name", "$select=properties/a/b,name"},
        Good{EntityType::Location, "$select=location/coordinates", "$select=location/coordinates"}
    )
);

INSTANTIATE_TEST_SUITE_P(
    OrderBy,
    GoodQuery,
    testing::Values(
        Good{EntityType::Thing, "$orderby=name", "$orderby=name"},
        Good{EntityType::Thing, "$orderby=name asc,id desc", "$orderby=name,id desc"},
        Good{EntityType::Thing, "$orderby=name+DESC", "$orderby=name desc"},
        Good{EntityType::Thing, "$orderby=properties/a/b", "$orderby=properties/a/b"},
        Good{
            EntityType::Observation,
            "$orderby=Datastream/Thing/name,phenomenonTime desc",
            "$orderby=Datastream/Thing/name,phenomenonTime desc"
        },
        Good{
            EntityType::Thing,
            "$orderby=length(name) mul 2 desc",
            "$orderby=length(name) mul 2 desc"
        }
    )
);

INSTANTIATE_TEST_SUITE_P(
    Expand,
    GoodQuery,
    testing::Values(
        Good{EntityType::Thing, "$expand=Datastreams", "$expand=Datastreams"},
        Good{EntityType::Thing, "$expand=Datastreams()", "$expand=Datastreams"},
        Good{EntityType::Thing, "$expand=Datastreams, Locations", "$expand=Datastreams,Locations"},
        Good{
            EntityType::Thing,
            "$expand=Datastreams/Sensor",
            "$expand=Datastreams($expand=Sensor)"
        },
        Good{
            EntityType::Thing,
            "$expand=Datastreams/Sensor,Datastreams/ObservedProperty",
            "$expand=Datastreams($expand=Sensor,ObservedProperty)"
        },
        Good{
            EntityType::Thing,
            "$expand=Datastreams/Sensor,Datastreams($top=1)",
            "$expand=Datastreams($top=1;$expand=Sensor)"
        },
        Good{
            EntityType::Thing,
            "$expand=Datastreams($top=1)/Observations($top=2;$orderby=phenomenonTime desc)",
            "$expand=Datastreams($top=1;$expand=Observations($orderby=phenomenonTime "
            "desc;$top=2))"
        },
        Good{
            EntityType::Thing,
            "$expand=Datastreams($select=name;$filter=name eq 'a;b)c';$expand=Sensor($select=id),"
            "Observations($count=true;$skip=3))&$top=2",
            "$top=2&$expand=Datastreams($filter=name eq 'a;b)c';$select=name;$expand=Sensor("
            "$select=id),Observations($count=true;$skip=3))"
        },
        Good{
            EntityType::Observation,
            "$expand=Datastream,FeatureOfInterest",
            "$expand=Datastream,FeatureOfInterest"
        },
        Good{
            EntityType::Thing,
            "$expand=Datastreams($top=99999)",
            "$expand=Datastreams($top=10000)"
        }
    )
);

INSTANTIATE_TEST_SUITE_P(
    Filters,
    GoodQuery,
    testing::Values(
        Good{EntityType::Thing, "$filter=name+eq+%27a%2Bb%27", "$filter=name eq 'a+b'"},
        Good{EntityType::Thing, "$filter= ( name eq 'x' ) ", "$filter=name eq 'x'"},
        Good{
            EntityType::Thing,
            "$filter=(id eq 1 and id eq 2) or id eq 3",
            "$filter=id eq 1 and id eq 2 or id eq 3"
        },
        Good{
            EntityType::Thing,
            "$filter=id eq 1 and (id eq 2 or id eq 3)",
            "$filter=id eq 1 and (id eq 2 or id eq 3)"
        },
        Good{
            EntityType::Thing,
            "$filter=id eq 1 and (id eq 2 and id eq 3)",
            "$filter=id eq 1 and (id eq 2 and id eq 3)"
        },
        Good{
            EntityType::Thing,
            "$filter=not(id eq 1)and not not id eq 2",
            "$filter=not id eq 1 and not not id eq 2"
        },
        Good{
            EntityType::Thing,
            "$filter=not(id eq 1 or id eq 2)",
            "$filter=not (id eq 1 or id eq 2)"
        },
        Good{
            EntityType::Thing,
            "$filter=1 sub (2 sub 3) sub 4 eq id",
            "$filter=1 sub (2 sub 3) sub 4 eq id"
        },
        Good{
            EntityType::Thing,
            "$filter=(1 add 2) mul 3 eq (1 mul 2) add 3",
            "$filter=(1 add 2) mul 3 eq 1 mul 2 add 3"
        },
        Good{EntityType::Thing, "$filter=id eq - 5", "$filter=id eq - 5"},
        Good{EntityType::Thing, "$filter=id eq -5", "$filter=id eq -5"},
        Good{EntityType::Thing, "$filter=-id eq -(id add 1)", "$filter=- id eq - (id add 1)"},
        Good{
            EntityType::Thing,
            "$filter=id eq 1.0 or id eq 1e30 or id eq 0.1",
            "$filter=id eq 1.0 or id eq 1e30 or id eq 0.1"
        },
        Good{
            EntityType::Thing,
            "$filter=id eq 12345678901234567890",
            "$filter=id eq 1.2345678901234567e19"
        },
        Good{EntityType::Thing, "$filter=properties/a[0]/b eq 1", "$filter=properties/a/0/b eq 1"},
        Good{
            EntityType::Thing,
            "$filter=Datastreams/any(x:x/Observations/any(y:y/result gt x/id))",
            "$filter=Datastreams/any(v0:v0/Observations/any(v1:v1/result gt v0/id))"
        },
        Good{
            EntityType::Observation,
            "$filter=phenomenonTime gt 2026-01-01T08:00:00+08:00",
            "$filter=phenomenonTime gt 2026-01-01T00:00:00Z"
        },
        Good{
            EntityType::Observation,
            "$filter=during(phenomenonTime,2026-01-01T00:00Z/P1D)",
            "$filter=during(phenomenonTime,2026-01-01T00:00:00Z/2026-01-02T00:00:00Z)"
        },
        Good{
            EntityType::Observation,
            "$filter=validTime eq 2026-01-01T08:00:00+08:00/2026-01-01T09:00:00+08:00",
            "$filter=validTime eq 2026-01-01T00:00:00Z/2026-01-01T01:00:00Z"
        },
        Good{
            EntityType::Observation,
            "$filter=now() sub duration'P1Y2M3DT4H5M6.5S' lt resultTime",
            "$filter=now() sub duration'P14M3DT14706.500S' lt resultTime"
        },
        Good{
            EntityType::Observation,
            "$filter=time(resultTime) ge 08:30",
            "$filter=time(resultTime) ge 08:30:00"
        },
        Good{
            EntityType::Location,
            "$filter=geo.intersects(location,geography'POINT (1  2)')",
            "$filter=geo.intersects(location,geography'POINT(1 2)')"
        },
        Good{EntityType::Thing, "$filter=id in (1, 2)", "$filter=id in (1,2)"},
        Good{EntityType::Thing, "$filter=(id in (1)) eq true", "$filter=(id in (1)) eq true"}
    )
);

TEST(Query, IsRefusedWhenAnOptionComesTwice) {
    const auto query = parse_query(info(EntityType::Thing), "$top=1&$top=2");
    ASSERT_FALSE(query);
    EXPECT_EQ(query.error().field, "$top");
    EXPECT_EQ(query.error().context, "$top is given twice");
}

TEST(Query, IsRefusedInWellFormedTextHoweverLongANameIs) {
    std::string name = "x";
    for (int i = 0; i < 200; ++i) {
        name += "区";
    }
    for (const Option& option : std::vector<Option>{
             {"$filter", name + " eq 1"},
             {"$filter", name + "(1) eq 1"},
             {"$filter", name + "'1' eq 1"},
             {"$filter", "properties/a eq 1 " + name},
             {"$select", name},
             {"$expand", name},
             {"$" + name, "1"},
             {"$\xff", "1"},
             {"$" + name, std::string(20'000, 'x')},
             {"$\xff", std::string(20'000, 'x')},
         }) {
        const auto query = parse_query(info(EntityType::Thing), std::vector<Option>{option});
        ASSERT_FALSE(query);
        EXPECT_TRUE(is_utf8(query.error().context)) << query.error().context;
        EXPECT_TRUE(is_utf8(query.error().field)) << query.error().field;
        EXPECT_LT(query.error().context.size(), 500U);
    }
}

TEST(Query, IsRefusedWhenItsEncodingIsBroken) {
    for (const auto& [text, context] : std::vector<std::pair<std::string, std::string>>{
             {"$top=%", "at byte 1 of the query: '%' needs two hexadecimal digits"},
             {"$top=5%4", "at byte 2 of the query: '%' needs two hexadecimal digits"},
             {"$top=%zz", "at byte 1 of the query: '%' needs two hexadecimal digits"},
         }) {
        const auto query = parse_query(info(EntityType::Thing), text);
        ASSERT_FALSE(query);
        EXPECT_EQ(query.error().context, context);
    }
}

std::string repeated(std::string_view text, int times) {
    std::string result;
    for (int i = 0; i < times; ++i) {
        result += text;
    }
    return result;
}

TEST(Limits, BoundLengthDepthAndNodes) {
    const EntityInfo& thing = info(EntityType::Thing);
    const auto mistake = [&](const std::string& filter, const Limits& limits = {}) {
        const auto parsed = parse_filter(thing, filter, limits);
        return parsed ? std::string{"fine"} : parsed.error().context;
    };
    EXPECT_EQ(
        mistake("name eq '" + std::string(17'000, 'x') + "'"),
        "the options are longer than 16384 bytes together"
    );
    const std::string too_deep = "nested deeper than 64 levels";
    EXPECT_EQ(mistake(repeated("(", 63) + "id eq 1" + repeated(")", 63)), "fine");
    EXPECT_NE(mistake(repeated("(", 64) + "id eq 1").find(too_deep), std::string::npos);
    EXPECT_NE(mistake(repeated("(", 16'000)).find(too_deep), std::string::npos);
    EXPECT_NE(mistake(repeated("not ", 4'000)).find(too_deep), std::string::npos);
    EXPECT_NE(mistake("id eq " + repeated("- ", 8'000)).find(too_deep), std::string::npos);
    EXPECT_NE(mistake(repeated("trim(", 3'000)).find(too_deep), std::string::npos);
    EXPECT_EQ(
        mistake(repeated("id in (", 70)),
        "$filter, at character 11: expected ',' or ')', found 'in'"
    );
    // A chain to the left is deep, too; a long disjunction is not.
    EXPECT_EQ(mistake("1" + repeated(" add 1", 62) + " eq id"), "fine");
    EXPECT_NE(mistake("1" + repeated(" add 1", 64) + " eq id").find(too_deep), std::string::npos);
    EXPECT_EQ(mistake("id eq 1" + repeated(" or id eq 1", 400)), "fine");
    EXPECT_NE(
        mistake("id eq 1" + repeated(" or id eq 1", 700)).find("more than 2000 operands"),
        std::string::npos
    );
    EXPECT_NE(
        mistake(repeated("Datastreams/Thing/", 9) + "id eq 1").find("at most 16 entities"),
        std::string::npos
    );
    Limits strict;
    strict.expression_depth_max = 2;
    EXPECT_EQ(mistake("id eq 1", strict), "fine");
    EXPECT_NE(mistake("id eq 1 or id eq 2", strict), "fine");
}

TEST(Limits, BoundExpand) {
    const EntityInfo& thing = info(EntityType::Thing);
    const auto chain = [](int levels) {
        std::string text = "Datastreams";
        for (int i = 1; i < levels; ++i) {
            text += i % 2 == 1 ? "/Thing" : "/Datastreams";
        }
        return std::vector<Option>{{"$expand", text}};
    };
    EXPECT_TRUE(parse_query(thing, chain(8)));
    const auto deep = parse_query(thing, chain(9));
    ASSERT_FALSE(deep);
    EXPECT_NE(deep.error().context.find("nested deeper than 8 levels"), std::string::npos);
    std::string nested;
    for (int i = 0; i < 400; ++i) {
        nested += i % 2 == 0 ? "Datastreams($expand=" : "Thing($expand=";
    }
    EXPECT_FALSE(parse_query(thing, std::vector<Option>{{"$expand", nested}}));
    Limits limits;
    limits.top_max = 100;
    const auto query = parse_query(thing, "$top=500&$expand=Datastreams($top=50)", limits);
    ASSERT_TRUE(query);
    EXPECT_EQ(query->top, 100);
    EXPECT_EQ(query->expand.at(0).query.top, 50);
}

TEST(Print, EncodesForUrls) {
    const auto query = parse_query(
        info(EntityType::Thing),
        "$filter=name eq '50% & more #1; 城'&$expand=Datastreams($top=1;$skip=2)"
    );
    EXPECT_FALSE(query);  // '%' and '&' must be encoded by who writes a URL
    const std::vector<Option> options{
        {"$filter", "name eq '50% & more #1; 城'"}, {"$expand", "Datastreams($top=1;$skip=2)"}
    };
    const auto good = parse_query(info(EntityType::Thing), options);
    ASSERT_TRUE(good);
    EXPECT_EQ(
        print(*good),
        "$filter=name%20eq%20'50%25%20%26%20more%20%231%3B%20%E5%9F%8E'"
        "&$expand=Datastreams($skip=2%3B$top=1)"
    );
    EXPECT_TRUE(same(*good, *parse_query(info(EntityType::Thing), print(*good))));
}

}  // namespace
}  // namespace chengshu::sensing::odata
