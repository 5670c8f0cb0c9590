#include "domain/sensing/odata/query.hpp"
#include "domain/sensing/tests/random_filter.hpp"

#include <gtest/gtest.h>

#include <string>

namespace chengshu::sensing::odata {
namespace {

/// The text as a value of an option would come: '&' separates options, so none may be within.
std::string encoded(const std::string& text) {
    std::string result;
    for (const char c : text) {
        if (c == '+' || c == '%') {
            result += c == '+' ? "%2B" : "%25";
        } else {
            result += c;
        }
    }
    return result;
}

TEST(Print, OfAFilterParsesToTheSame) {
    const EntityInfo& entity = info(EntityType::Observation);
    for (std::uint64_t seed = 1; seed <= 2'000; ++seed) {
        SeededRandom random{seed};
        const std::string text = random_filter(random, static_cast<int>(random.below(5)));
        SCOPED_TRACE("seed " + std::to_string(seed) + ": " + text);
        const auto parsed = parse_filter(entity, text);
        ASSERT_TRUE(parsed) << parsed.error().context;
        const std::string canonical = print(**parsed);
        const auto again = parse_filter(entity, canonical);
        ASSERT_TRUE(again) << canonical << ": " << again.error().context;
        ASSERT_TRUE(same(*parsed, *again)) << canonical;
        ASSERT_EQ(print(**again), canonical);
    }
}

TEST(Print, OfAQueryParsesToTheSame) {
    const EntityInfo& entity = info(EntityType::Observation);
    for (std::uint64_t seed = 1; seed <= 1'000; ++seed) {
        SeededRandom random{seed};
        const std::string text = random_options(random, '&', static_cast<int>(random.below(3)));
        SCOPED_TRACE("seed " + std::to_string(seed) + ": " + text);
        const auto parsed = parse_query(entity, encoded(text));
        ASSERT_TRUE(parsed) << parsed.error().context;
        const auto again = parse_query(entity, print(*parsed));
        ASSERT_TRUE(again) << print(*parsed) << ": " << again.error().context;
        ASSERT_TRUE(same(*parsed, *again)) << print(*parsed);
        ASSERT_EQ(print(*again), print(*parsed));
        const auto options = print_options(*parsed);
        const auto from_options = parse_query(entity, options);
        ASSERT_TRUE(from_options);
        ASSERT_TRUE(same(*parsed, *from_options));
    }
}

TEST(Print, ShowsADifference) {
    // The comparison that the tests above rest on must be able to fail.
    const EntityInfo& entity = info(EntityType::Observation);
    const auto filter = [&](const char* text) { return parse_filter(entity, text).value(); };
    EXPECT_FALSE(same(filter("id eq 1"), filter("id eq 2")));
    EXPECT_FALSE(same(filter("id eq 1"), filter("id eq 1.0")));
    EXPECT_FALSE(same(filter("id eq 1"), filter("1 eq id")));
    EXPECT_FALSE(same(filter("id eq 1"), filter("id ne 1")));
    EXPECT_FALSE(same(filter("id eq 1"), filter("result eq 1")));
    EXPECT_FALSE(same(filter("parameters/a eq 1"), filter("parameters/b eq 1")));
    EXPECT_FALSE(
        same(filter("id eq 1 and (id eq 2 and true)"), filter("id eq 1 and id eq 2 and true"))
    );
    const auto query = [&](const char* text) { return parse_query(entity, text).value(); };
    EXPECT_FALSE(same(query("$top=1"), query("")));
    EXPECT_FALSE(same(query("$orderby=id"), query("$orderby=id desc")));
    EXPECT_FALSE(same(query("$expand=Datastream"), query("$expand=Datastream($top=1)")));
    EXPECT_FALSE(same(query("$expand=Datastream"), query("$expand=FeatureOfInterest")));
    EXPECT_FALSE(same(query("$select=id"), query("$select=result")));
}

}  // namespace
}  // namespace chengshu::sensing::odata
