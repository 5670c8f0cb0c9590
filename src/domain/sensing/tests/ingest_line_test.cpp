#include "base/random.hpp"
#include "domain/sensing/tests/ingest_collector.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace chengshu::sensing {
namespace {

Collector read(std::string_view text, TimeUnit unit = TimeUnit::Nanoseconds) {
    Collector out;
    read_lines(text, unit, out);
    return out;
}

TEST(LineProtocol, EachFieldIsAReading) {
    const auto got = read(
        "# comment\n"
        "air,region=north,code=A-1 pm25=12.5,pm10=30i,alarm=t,note=\"a \\\"b\\\" \\\\ c, d=e\" "
        "1465839830100400200\r\n"
        "\n"
        "temperature,code=A-2 value=+.5\n"
    );
    ASSERT_EQ(got.errors.size(), 0U) << got.errors[0].what;
    ASSERT_EQ(got.readings.size(), 5U);
    EXPECT_EQ(got.readings[0].reading.row, 2);
    EXPECT_EQ(got.readings[0].thing, "A-1");
    EXPECT_EQ(got.readings[0].datastream, "pm25");
    EXPECT_EQ(got.readings[0].reading.number, 12.5);
    EXPECT_EQ(got.readings[0].reading.from, 1'465'839'830'100);
    EXPECT_EQ(got.readings[1].reading.number, 30.0);
    EXPECT_EQ(got.readings[2].result, "true");
    EXPECT_EQ(got.readings[3].result, R"("a \"b\" \\ c, d=e")");
    EXPECT_EQ(got.readings[4].reading.row, 4);
    EXPECT_EQ(got.readings[4].datastream, "temperature");
    EXPECT_EQ(got.readings[4].reading.number, 0.5);
    EXPECT_FALSE(got.readings[4].reading.from);
}

TEST(LineProtocol, BackslashesMakeSeparatorsOrdinary) {
    const auto got = read(R"(my\ air\,x,co\=de=z,code=A\ 1\,\= long\ name=1,b\a\=c=2,value=3 7)");
    ASSERT_EQ(got.errors.size(), 0U) << got.errors[0].what;
    ASSERT_EQ(got.readings.size(), 3U);
    EXPECT_EQ(got.readings[0].thing, "A 1,=");
    EXPECT_EQ(got.readings[0].datastream, "long name");
    EXPECT_EQ(got.readings[1].datastream, "b\\a=c");
    EXPECT_EQ(got.readings[2].datastream, "my air,x");
}

TEST(LineProtocol, TimesHaveAUnit) {
    EXPECT_EQ(read("a,code=b c=1 5", TimeUnit::Seconds).readings[0].reading.from, 5'000);
    EXPECT_EQ(read("a,code=b c=1  5 ", TimeUnit::Milliseconds).readings[0].reading.from, 5);
    EXPECT_EQ(read("a,code=b c=1 5999", TimeUnit::Microseconds).readings[0].reading.from, 5);
}

struct Wrong {
    const char* line;
    const char* field;
};

class LineProtocolRefuses : public testing::TestWithParam<Wrong> {};

TEST_P(LineProtocolRefuses, TheWholeLine) {
    const auto got = read(std::string("m,code=A x=1\n") + GetParam().line + "\nm,code=A x=1");
    ASSERT_EQ(got.errors.size(), 1U) << GetParam().line;
    EXPECT_EQ(got.errors[0].row, 2);
    EXPECT_EQ(got.errors[0].field, GetParam().field) << got.errors[0].what;
    EXPECT_EQ(got.readings.size(), 2U);
}

INSTANTIATE_TEST_SUITE_P(
    Lines,
    LineProtocolRefuses,
    testing::Values(
        Wrong{"m", "code"},
        Wrong{"m x=1", "code"},
        Wrong{",code=A x=1", ""},
        Wrong{"m,code=A", ""},
        Wrong{"m,code=A ", ""},
        Wrong{"m,code= x=1", "code"},
        Wrong{"m,code x=1", "code"},
        Wrong{"m,code=A,code=B x=1", "code"},
        Wrong{"m,code=A x", "x"},
        Wrong{"m,code=A x=", "x"},
        Wrong{"m,code=A =1", ""},
        Wrong{"m,code=A x=1,", ""},
        Wrong{"m,code=A x=1,y=abc", "y"},
        Wrong{"m,code=A x=nan", "x"},
        Wrong{"m,code=A x=-inf", "x"},
        Wrong{"m,code=A x=1e999", "x"},
        Wrong{"m,code=A x=1.5i", "x"},
        Wrong{"m,code=A x=9223372036854775808i", "x"},
        Wrong{"m,code=A x=-1u", "x"},
        Wrong{"m,code=A x=\"open", "x"},
        Wrong{"m,code=A x=\"a\"b", "x"},
        Wrong{"m,code=A x=1 now", "time"},
        Wrong{"m,code=A x=1 1 2", "time"},
        Wrong{"m,code=A x=1 99999999999999999999", "time"},
        Wrong{"m,code=A x=\"\xff\"", ""}
    )
);

TEST(LineProtocol, ManyFieldsKeepTheirNames) {
    std::string line = "m,code=A ";
    for (int i = 0; i < 200; ++i) {
        line += fmt::format("{}f\\ {}={}", i == 0 ? "" : ",", i, i);
    }
    const auto got = read(line);
    ASSERT_EQ(got.readings.size(), 200U);
    for (std::size_t i = 0; i < 200; ++i) {
        EXPECT_EQ(got.readings[i].datastream, fmt::format("f {}", i));
        EXPECT_EQ(got.readings[i].reading.number, static_cast<double>(i));
    }
    std::string more = "m,code=A f=1";
    for (int i = 0; i < 1'000; ++i) {
        more += ",f=1";
    }
    EXPECT_EQ(read(more).errors.size(), 1U);
}

TEST(LineProtocol, GivesBackWhatWasWritten) {
    SeededRandom random(20261125);
    const auto escaped = [](std::string_view text) {
        std::string out;
        for (const char c : text) {
            if (c == ',' || c == ' ' || c == '=') {
                out += '\\';
            }
            out += c;
        }
        return out;
    };
    for (int i = 0; i < 5'000; ++i) {
        const auto word = [&] {
            std::string out = "w";
            for (auto n = random.below(6); n > 0; --n) {
                out += std::string_view(",= ab中")[random.below(5)];
            }
            return out;
        };
        const auto measurement = word();
        const auto code = word();
        const auto field = word();
        const auto value = static_cast<double>(random.below(100'000)) / 8.0;
        const auto got = read(fmt::format(
            "{},code={} {}={} {}", escaped(measurement), escaped(code), escaped(field), value, i
        ));
        ASSERT_EQ(got.readings.size(), 1U);
        EXPECT_EQ(got.readings[0].thing, code);
        EXPECT_EQ(got.readings[0].datastream, field);
        EXPECT_EQ(got.readings[0].reading.number, value);
    }
}

}  // namespace
}  // namespace chengshu::sensing
