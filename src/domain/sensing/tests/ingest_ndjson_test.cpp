#include "base/random.hpp"
#include "domain/sensing/tests/ingest_collector.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace chengshu::sensing {
namespace {

Collector read_json(std::string_view text, TimeUnit unit = TimeUnit::Milliseconds) {
    Collector out;
    read_ndjson(text, unit, out);
    return out;
}

TEST(Ndjson, ReadsStreamsByIdAndByName) {
    const auto got = read_json(
        "{\"stream\": 12, \"time\": \"2026-01-01T08:00:00+08:00\", \"result\": 3.25}\n"
        "\r\n"
        " { \"result\":true , \"datastream\":\"PM2.5 \\\"fine\\\"\",\"thing\":\"A-1\"}\r\n"
    );
    ASSERT_EQ(got.errors.size(), 0U);
    ASSERT_EQ(got.readings.size(), 2U);
    EXPECT_EQ(got.readings[0].reading.stream, 12);
    EXPECT_EQ(got.readings[0].reading.from, 1'767'225'600'000);
    EXPECT_EQ(got.readings[0].reading.to, 1'767'225'600'000);
    EXPECT_EQ(got.readings[0].reading.number, 3.25);
    EXPECT_EQ(got.readings[1].reading.row, 3);
    EXPECT_EQ(got.readings[1].reading.stream, 0);
    EXPECT_EQ(got.readings[1].thing, "A-1");
    EXPECT_EQ(got.readings[1].datastream, "PM2.5 \"fine\"");
    EXPECT_EQ(got.readings[1].result, "true");
    EXPECT_FALSE(got.readings[1].reading.from);
}

TEST(Ndjson, ReadsEverythingThatAnObservationHas) {
    const auto got = read_json(
        R"({"stream":1,"time":"2026-01-01T00:00:00Z/2026-01-01T01:00:00Z","resultTime":1767225600,)"
        R"("result":[1, {"a" : "\u4e2d"}],"resultQuality":"good","parameters":{"x": 1.50},)"
        R"("validTime":"2026-01-01T00:00:00Z/PT1H"})",
        TimeUnit::Seconds
    );
    ASSERT_EQ(got.errors.size(), 0U);
    ASSERT_EQ(got.readings.size(), 1U);
    const auto& row = got.readings[0];
    EXPECT_EQ(row.reading.to - *row.reading.from, 3'600'000);
    EXPECT_EQ(row.reading.result_time, 1'767'225'600'000);
    EXPECT_EQ(row.result, "[1,{\"a\":\"中\"}]");
    EXPECT_EQ(
        row.extra,
        R"({"resultQuality":"good","validTime":"2026-01-01T00:00:00Z/PT1H","parameters":{"x":1.5}})"
    );
}

struct WrongObject {
    const char* line;
    const char* field;
};

class NdjsonRefuses : public testing::TestWithParam<WrongObject> {};

TEST_P(NdjsonRefuses, AndGoesOnWithTheNextLine) {
    const auto good = std::string("{\"stream\":1,\"result\":2}");
    const auto got = read_json(good + "\n" + GetParam().line + "\n" + good);
    ASSERT_EQ(got.errors.size(), 1U) << GetParam().line;
    EXPECT_EQ(got.errors[0].row, 2);
    EXPECT_EQ(got.errors[0].field, GetParam().field) << got.errors[0].what;
    EXPECT_FALSE(got.errors[0].what.empty());
    EXPECT_EQ(got.readings.size(), 2U);
}

INSTANTIATE_TEST_SUITE_P(
    Lines,
    NdjsonRefuses,
    testing::Values(
        WrongObject{"[]", ""},
        WrongObject{"{", ""},
        WrongObject{"{}", "stream"},
        WrongObject{"{\"stream\":1,\"result\":2", ""},
        WrongObject{"{\"stream\":1,\"result\":2}x", ""},
        WrongObject{"{\"stream\":1,\"result\":2,}", ""},
        WrongObject{"{\"stream\":1 \"result\":2}", ""},
        WrongObject{"{\"stream\":1}", "result"},
        WrongObject{"{\"stream\":0,\"result\":2}", "stream"},
        WrongObject{"{\"stream\":1.5,\"result\":2}", "stream"},
        WrongObject{"{\"stream\":\"1\",\"result\":2}", "stream"},
        WrongObject{"{\"stream\":99999999999999999999,\"result\":2}", "stream"},
        WrongObject{"{\"stream\":1,\"stream\":1,\"result\":2}", "stream"},
        WrongObject{"{\"stream\":1,\"thing\":\"a\",\"result\":2}", "stream"},
        WrongObject{"{\"thing\":\"a\",\"result\":2}", "datastream"},
        WrongObject{"{\"datastream\":\"a\",\"result\":2}", "thing"},
        WrongObject{"{\"thing\":\"\",\"datastream\":\"a\",\"result\":2}", "thing"},
        WrongObject{"{\"thing\":\"\\x\",\"datastream\":\"a\",\"result\":2}", "thing"},
        WrongObject{"{\"stream\":1,\"result\":NaN}", ""},
        WrongObject{"{\"stream\":1,\"result\":1e999}", "result"},
        WrongObject{"{\"stream\":1,\"result\":[1}", ""},
        WrongObject{"{\"stream\":1,\"result\":[1}]}", ""},
        WrongObject{"{\"stream\":1,\"result\":\"\\ud800\"}", "result"},
        WrongObject{"{\"stream\":1,\"result\":\"\xff\"}", ""},
        WrongObject{"{\"stream\":1,\"result\":2,\"time\":\"yesterday\"}", "time"},
        WrongObject{"{\"stream\":1,\"result\":2,\"time\":\"2026-01-01T00:00:00\"}", "time"},
        WrongObject{"{\"stream\":1,\"result\":2,\"time\":1.5}", "time"},
        WrongObject{"{\"stream\":1,\"result\":2,\"time\":true}", "time"},
        WrongObject{"{\"stream\":1,\"result\":2,\"time\":[\"a\"]}", "time"},
        WrongObject{"{\"stream\":1,\"result\":2,\"time\":9223372036854775807}", "time"},
        WrongObject{"{\"stream\":1,\"result\":2,\"parameters\":[]}", "parameters"},
        WrongObject{
            "{\"stream\":1,\"result\":2,\"validTime\":\"2026-01-01T00:00:00Z\"}",
            "validTime"
        },
        WrongObject{"{\"stream\":1,\"result\":2,\"phenomenonTime\":1}", "phenomenonTime"}
    )
);

TEST(Ndjson, RefusesWhatNestsTooDeep) {
    const auto deep =
        "{\"stream\":1,\"result\":" + std::string(100, '[') + std::string(100, ']') + "}";
    EXPECT_EQ(read_json(deep).errors.size(), 1U);
}

TEST(Ndjson, RefusesALineThatIsTooLong) {
    const auto line = "{\"stream\":1,\"result\":\"" + std::string(kIngestLineMax, 'x') +
                      "\"}\n{\"stream\":1,\"result\":1}";
    const auto got = read_json(line);
    EXPECT_EQ(got.errors.size(), 1U);
    EXPECT_EQ(got.readings.size(), 1U);
}

TEST(Ndjson, StopsWhenTheSinkHasEnough) {
    Collector out;
    out.stop_after = 2;
    read_ndjson("x\nx\nx\n", TimeUnit::Milliseconds, out);
    EXPECT_EQ(out.errors.size(), 2U);
}

TEST(Ndjson, GivesBackWhatWasWritten) {
    SeededRandom random(20261123);
    std::string text;
    std::vector<std::pair<std::int64_t, double>> expected;
    for (int i = 0; i < 2'000; ++i) {
        const auto stream = static_cast<std::int64_t>(random.below(1'000'000)) + 1;
        const auto value = static_cast<double>(random.below(1'000'000)) / 64.0 - 5'000.0;
        const auto time = static_cast<std::int64_t>(random.below(4'000'000'000'000));
        expected.emplace_back(stream + time, value);
        text += fmt::format("{{\"result\":{},\"time\":{},\"stream\":{}}}\n", value, time, stream);
    }
    const auto got = read_json(text);
    ASSERT_EQ(got.errors.size(), 0U);
    ASSERT_EQ(got.readings.size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
        EXPECT_EQ(
            got.readings[i].reading.stream + *got.readings[i].reading.from, expected[i].first
        );
        EXPECT_EQ(got.readings[i].reading.number, expected[i].second);
    }
}

TEST(Ndjson, EveryLineIsAReadingOrAnError) {
    SeededRandom random(20261124);
    constexpr std::string_view kPieces[] = {
        "{",
        "}",
        "\"stream\":1",
        "\"result\":2",
        ",",
        " ",
        "\"time\":0",
        "\\",
        "\"",
        "[",
        "]",
        "1e5",
        "null",
        "\xc3"
    };
    for (int i = 0; i < 5'000; ++i) {
        std::string line;
        for (auto n = random.below(12) + 1; n > 0; --n) {
            line += kPieces[random.below(std::size(kPieces))];
        }
        const bool blank = line.find_first_not_of(' ') == std::string::npos;
        const auto got = read_json(line);
        EXPECT_EQ(got.readings.size() + got.errors.size(), blank ? 0U : 1U) << line;
    }
}

}  // namespace
}  // namespace chengshu::sensing
