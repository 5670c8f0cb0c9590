#include "domain/sensing/odata/path.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace chengshu::sensing::odata {
namespace {

TEST(ResourcePath, OfTheServiceIsEmpty) {
    for (const std::string_view text : {"", "/"}) {
        const auto path = parse_path(text);
        ASSERT_TRUE(path);
        EXPECT_EQ(*path, ResourcePath{});
        EXPECT_EQ(path->target(), nullptr);
        EXPECT_FALSE(path->many());
    }
}

TEST(ResourcePath, NamesSteps) {
    const auto path = parse_path("/Things(1)/Datastreams(2)/Observations");
    ASSERT_TRUE(path) << path.error().context;
    ASSERT_EQ(path->steps.size(), 3U);
    EXPECT_EQ(path->steps[0].type, EntityType::Thing);
    EXPECT_EQ(path->steps[0].via, nullptr);
    EXPECT_EQ(path->steps[0].key, Key{std::int64_t{1}});
    EXPECT_FALSE(path->steps[0].many);
    EXPECT_EQ(path->steps[1].type, EntityType::Datastream);
    EXPECT_EQ(path->steps[1].via, info(EntityType::Thing).navigation("Datastreams"));
    EXPECT_EQ(path->steps[2].type, EntityType::Observation);
    EXPECT_FALSE(path->steps[2].key);
    EXPECT_TRUE(path->many());
    EXPECT_EQ(path->target(), &info(EntityType::Observation));
}

TEST(ResourcePath, LeadsToAPropertyAndItsParts) {
    const auto path = parse_path("Things(1)/properties/制造商/name");
    ASSERT_TRUE(path) << path.error().context;
    EXPECT_EQ(path->property, info(EntityType::Thing).property("properties"));
    EXPECT_EQ(path->keys, (std::vector<std::string>{"制造商", "name"}));
    EXPECT_FALSE(path->many());
    EXPECT_EQ(path->end, PathEnd::Plain);
    EXPECT_EQ(parse_path("Things(1)/@iot.id")->property, &id_property());
    EXPECT_EQ(parse_path("Things(1)/name/$value")->end, PathEnd::RawValue);
}

TEST(ResourcePath, IsWrittenCanonically) {
    for (const auto& [text, canonical] : std::vector<std::pair<std::string, std::string>>{
             {"/Things", "Things"},
             {"Things/", "Things"},
             {"Things(007)", "Things(7)"},
             {"Things('x')", "Things('x')"},
             {"Things('it''s/a (b)')/name", "Things('it''s/a (b)')/name"},
             {"Things(99999999999999999999)", "Things('99999999999999999999')"},
             {"Things/$ref", "Things/$ref"},
             {"Things/$count", "Things/$count"},
             {"Things(1)/$ref", "Things(1)/$ref"},
             {"Things(1)/@iot.id", "Things(1)/id"},
             {"Things(1)/selfLink", "Things(1)/selfLink"},
             {"Things(1)/name/$value", "Things(1)/name/$value"},
             {"Things(1)/properties/a/$value", "Things(1)/properties/a/$value"},
             {"Things(1)/Datastreams/$ref", "Things(1)/Datastreams/$ref"},
             {"Datastreams(1)/Thing", "Datastreams(1)/Thing"},
             {"Datastreams(1)/Thing/$ref", "Datastreams(1)/Thing/$ref"},
             {"Observations(5)/Datastream/Thing/Locations(2)/location/coordinates/0",
              "Observations(5)/Datastream/Thing/Locations(2)/location/coordinates/0"},
             {"FeaturesOfInterest(1)/Observations", "FeaturesOfInterest(1)/Observations"},
         }) {
        const auto path = parse_path(text);
        ASSERT_TRUE(path) << text << ": " << path.error().context;
        EXPECT_EQ(print(*path), canonical);
        const auto again = parse_path(canonical);
        ASSERT_TRUE(again);
        EXPECT_EQ(*again, *path);
    }
}

struct BadPath {
    std::string text;
    ErrorCode code;
    int character;
    std::string message;
};

TEST(ResourcePath, IsRefusedWithItsPlace) {
    constexpr auto kUnknown = ErrorCode::NotFound;
    constexpr auto kMalformed = ErrorCode::InvalidInput;
    for (const auto& [text, code, character, message] : std::vector<BadPath>{
             {"Thing", kUnknown, 1, "there is no entity set 'Thing', did you mean 'Things'?"},
             {"things", kUnknown, 1, "there is no entity set 'things', did you mean 'Things'?"},
             {"Anything", kUnknown, 1, "there is no entity set 'Anything'"},
             {"//Things", kMalformed, 2, "expected an entity set such as Things, found '/'"},
             {"(1)", kMalformed, 1, "expected an entity set such as Things, found '('"},
             {"Things(1", kMalformed, 9, "expected ')', found the end"},
             {"Things()", kMalformed, 8, "expected an id such as 12 or 'x', found ')'"},
             {"Things(-1)", kMalformed, 8, "expected an id such as 12 or 'x', found '-1'"},
             {"Things(a)", kMalformed, 8, "expected an id such as 12 or 'x', found 'a'"},
             {"Things(1.5)", kMalformed, 8, "expected an id such as 12 or 'x', found '1.5'"},
             {"Things('a)",
              kMalformed,
              8,
              "this text has no closing '; a ' within it is written twice"},
             {"Things(1)x", kMalformed, 10, "expected '/' or the end, found 'x'"},
             {"Things(1)(2)", kMalformed, 10, "expected '/' or the end, found '('"},
             {"Things(1)//name", kMalformed, 11, "expected a name in Thing, found '/'"},
             {"Things(1)/nam",
              kUnknown,
              11,
              "'nam' is not in Thing, which has id, name, description, properties, Locations, "
              "HistoricalLocations, Datastreams, MultiDatastreams, did you mean 'name'?"},
             {"Things/name", kUnknown, 8, "choose one of Things: Things(1)/name"},
             {"Things/Datastreams", kUnknown, 8, "choose one of Things: Things(1)/Datastreams"},
             {"Things(1)/name/first", kUnknown, 16, "'name' has no 'first'"},
             {"Things(1)/name/$ref", kUnknown, 16, "'name' has no '$ref'"},
             {"Things(1)/properties/$ref", kUnknown, 22, "'properties' has no '$ref'"},
             {"Things(1)/properties//a", kMalformed, 22, "expected a name, found '/'"},
             {"Things(1)/$value", kUnknown, 11, "'$value' cannot stand here; $ref can"},
             {"Things(1)/$count", kUnknown, 11, "'$count' cannot stand here; $ref can"},
             {"Things/$metadata", kUnknown, 8, "'$metadata' cannot stand here; $ref and $count can"
             },
             {"Things/$ref/x", kMalformed, 13, "expected the end of the path"},
             {"Datastreams(1)/Thing(2)",
              kMalformed,
              21,
              "expected '/' or the end: Thing is one entity"},
         }) {
        const auto path = parse_path(text);
        ASSERT_FALSE(path) << text;
        EXPECT_EQ(path.error().code, code) << text;
        EXPECT_EQ(path.error().field, "path");
        EXPECT_EQ(
            path.error().context, "path, at character " + std::to_string(character) + ": " + message
        );
    }
}

TEST(ResourcePath, IsBounded) {
    std::string deep = "Things(1)";
    for (int i = 0; i < 16; ++i) {
        deep += "/Datastreams(1)/Thing";
    }
    EXPECT_FALSE(parse_path(deep));
    EXPECT_FALSE(parse_path("Things('" + std::string(3'000, 'x') + "')"));
    EXPECT_FALSE(parse_path("Things('\xff')"));
    EXPECT_FALSE(parse_path(std::string_view{"Things\0", 7}));
    std::string keys = "Things(1)/properties";
    for (int i = 0; i < 33; ++i) {
        keys += "/a";
    }
    EXPECT_FALSE(parse_path(keys));
}

TEST(Model, LeadsBackFromEveryNavigation) {
    for (const EntityInfo& entity : all_entities()) {
        EXPECT_EQ(&info(entity.type), &entity);
        EXPECT_EQ(find_set(entity.set), &entity);
        EXPECT_EQ(find_entity(entity.name), &entity);
        for (const Navigation& navigation : entity.navigations) {
            const Navigation& back = inverse(navigation);
            EXPECT_EQ(back.target, entity.type);
            EXPECT_EQ(&inverse(back), &navigation);
            const EntityInfo& target = info(navigation.target);
            EXPECT_EQ(navigation.name, navigation.many ? target.set : target.name);
            EXPECT_EQ(entity.property(navigation.name), nullptr);
        }
    }
    EXPECT_EQ(find_set("Thing"), nullptr);
    EXPECT_EQ(find_entity("Things"), nullptr);
}

}  // namespace
}  // namespace chengshu::sensing::odata
