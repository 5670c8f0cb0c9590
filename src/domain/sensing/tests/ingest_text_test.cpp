#include "domain/sensing/ingest_text.hpp"

#include "base/random.hpp"
#include "base/time.hpp"
#include "domain/sensing/ingest.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>

namespace chengshu::sensing {
namespace {

TEST(IngestNumber, ReadsWhatJsonAllowsAndNothingElse) {
    EXPECT_EQ(parse_json_number("0"), 0.0);
    EXPECT_EQ(parse_json_number("-12.5e3"), -12'500.0);
    EXPECT_TRUE(std::signbit(*parse_json_number("-0")));
    for (const auto* const text :
         {"", "-", "+1", ".5", "1.", "01", "1e", "1e+", "0x10", "nan", "Infinity", "1 ", " 1", "1,"
         }) {
        EXPECT_FALSE(parse_json_number(text)) << text;
    }
}

TEST(IngestNumber, TooSmallIsZeroAndTooLargeIsNone) {
    EXPECT_EQ(parse_json_number("1e-400"), 0.0);
    EXPECT_TRUE(std::signbit(*parse_json_number("-1e-400")));
    EXPECT_EQ(parse_json_number("0." + std::string(400, '0') + "1"), 0.0);
    EXPECT_EQ(parse_json_number("1e-99999999999999999999"), 0.0);
    EXPECT_FALSE(parse_json_number("1e400"));
    EXPECT_FALSE(parse_json_number("1e99999999999999999999"));
    EXPECT_FALSE(parse_json_number(std::string(400, '9') + "e-5"));
    EXPECT_FALSE(parse_json_number("0.0001e9999"));
}

TEST(IngestNumber, AgreesWithTheLibraryOnRandomNumbers) {
    SeededRandom random(20261121);
    for (int i = 0; i < 20'000; ++i) {
        const auto digits = static_cast<int>(random.below(17)) + 1;
        const auto value = std::ldexp(
            static_cast<double>(random.below(1ULL << 53U)),
            static_cast<int>(random.below(200)) - 150
        );
        const auto text = fmt::format("{:.{}e}", value, digits);
        EXPECT_EQ(parse_json_number(text), std::strtod(text.c_str(), nullptr)) << text;
    }
}

TEST(IngestTime, AgreesWithTheOtherReader) {
    SeededRandom random(20261122);
    const char* const offsets[] = {"Z", "z", "+08:00", "-03:30", "+23:59", "+24:00", "", "+0800"};
    for (int i = 0; i < 20'000; ++i) {
        const auto fraction = random.below(3) == 0 ? fmt::format(".{}", random.below(100'000)) : "";
        const auto text = fmt::format(
            "{:04}-{:02}-{:02}{}{:02}:{:02}:{:02}{}{}",
            1 + random.below(9'998),
            random.below(14),
            random.below(33),
            random.below(20) == 0 ? " " : "T",
            random.below(25),
            random.below(61),
            random.below(61),
            fraction,
            offsets[random.below(std::size(offsets))]
        );
        const auto expected = parse_rfc3339(text);
        const auto got = parse_time(text);
        ASSERT_EQ(got.has_value(), expected.has_value()) << text;
        if (got) {
            EXPECT_EQ(*got, chengshu::to_millis(*expected)) << text;
        }
    }
}

TEST(IngestTime, StaysWithinTheYearsThatStoresTake) {
    EXPECT_TRUE(parse_time("0001-01-01T00:00:00Z"));
    EXPECT_FALSE(parse_time("0001-01-01T00:00:00+01:00"));
    EXPECT_FALSE(parse_time("9999-12-31T23:59:59-01:00"));
    EXPECT_FALSE(parse_time("0000-01-01T00:00:00Z"));
    EXPECT_FALSE(parse_time("2026-02-29T00:00:00Z"));
    EXPECT_TRUE(parse_time("2028-02-29T00:00:00Z"));
}

TEST(IngestTime, UnitsRoundTowardsThePast) {
    EXPECT_EQ(millis_of(1'465'839'830'100'400'200, TimeUnit::Nanoseconds), 1'465'839'830'100);
    EXPECT_EQ(millis_of(-1, TimeUnit::Nanoseconds), -1);
    EXPECT_EQ(millis_of(-1'000, TimeUnit::Microseconds), -1);
    EXPECT_EQ(millis_of(7, TimeUnit::Seconds), 7'000);
    EXPECT_FALSE(millis_of(INT64_MAX, TimeUnit::Seconds));
    EXPECT_FALSE(millis_of(INT64_MIN, TimeUnit::Milliseconds));
    EXPECT_FALSE(parse_time_unit("m"));
}

TEST(IngestLines, CutsAtLineFeeds) {
    Lines lines("a\r\n\nb");
    ASSERT_TRUE(lines.next());
    EXPECT_EQ(lines.line(), "a");
    ASSERT_TRUE(lines.next());
    EXPECT_EQ(lines.line(), "");
    ASSERT_TRUE(lines.next());
    EXPECT_EQ(lines.line(), "b");
    EXPECT_EQ(lines.number(), 3);
    EXPECT_FALSE(lines.next());
}

}  // namespace
}  // namespace chengshu::sensing
