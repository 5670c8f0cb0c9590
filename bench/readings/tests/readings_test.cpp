#include "readings/readings.hpp"

#include "domain/sensing/ingest.hpp"
#include "edge/http/inflate.hpp"

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include <map>
#include <set>

namespace chengshu::load {
namespace {

/// What our own parsers make of it.
class Seen final : public sensing::ReadingSink {
public:
    bool reading(const sensing::Reading& reading) override {
        ++rows;
        streams.insert(reading.stream);
        things.insert(std::string(reading.thing));
        times.insert(reading.from.value_or(0));
        numbers += reading.number ? 1 : 0;
        return true;
    }

    bool wrong(sensing::RowError error) override {
        ADD_FAILURE() << error.row << ": " << error.what;
        return true;
    }

    int rows = 0;
    int numbers = 0;
    std::set<std::int64_t> streams;
    std::set<std::string> things;
    std::set<std::int64_t> times;
};

Fleet small_fleet() {
    Fleet fleet;
    fleet.streams = 40;
    fleet.first_stream = 7;
    return fleet;
}

TEST(Readings, NdjsonIsWhatTheFastDoorReads) {
    const auto fleet = small_fleet();
    Gateway gateway(fleet, 1, 4);
    std::string text;
    write_batch(Format::Ndjson, fleet, gateway, 25, text);
    Seen seen;
    sensing::read_ndjson(text, sensing::TimeUnit::Milliseconds, seen);
    EXPECT_EQ(seen.rows, 25);
    EXPECT_EQ(seen.numbers, 25);
    EXPECT_EQ(seen.streams.size(), 10U);  // its quarter
    EXPECT_EQ(*seen.streams.begin(), 17);
    EXPECT_GE(*seen.times.begin(), fleet.start);
    EXPECT_LT(*seen.times.rbegin(), fleet.start + 3 * fleet.interval);
    EXPECT_GT(seen.times.size(), 20U);
}

TEST(Readings, LineProtocolNamesTheThingsByTheirCodes) {
    const auto fleet = small_fleet();
    Gateway gateway(fleet, 0, 1);
    std::string text;
    write_batch(Format::Line, fleet, gateway, 100, text);
    Seen seen;
    sensing::read_lines(text, sensing::TimeUnit::Milliseconds, seen);
    EXPECT_EQ(seen.rows, 100);
    EXPECT_EQ(seen.things.size(), 40U);
    EXPECT_TRUE(seen.things.contains("S1"));
    EXPECT_TRUE(seen.things.contains("S40"));
}

TEST(Readings, ADataArrayHasReadingsOfAStreamBesideEachOther) {
    const auto fleet = small_fleet();
    Gateway gateway(fleet, 0, 1, kReadingsOfAGroup);
    std::string text;
    write_batch(Format::DataArray, fleet, gateway, 450, text);
    const auto groups = boost::json::parse(text).as_array();
    ASSERT_EQ(groups.size(), 45U);
    std::map<std::int64_t, std::set<std::string>> times;
    for (const auto& group : groups) {
        const auto stream = group.at("Datastream").at("@iot.id").as_int64();
        ASSERT_EQ(group.at("dataArray").as_array().size(), 10U);
        for (const auto& row : group.at("dataArray").as_array()) {
            EXPECT_TRUE(times[stream].emplace(row.at(0).as_string()).second) << "a time twice";
        }
    }
    EXPECT_EQ(times.size(), 40U);
    EXPECT_EQ(times[7].size(), 20U);
}

TEST(Readings, AnAnswerMustConfirmEveryRow) {
    ReadingsConfig config;
    config.rows = 10;
    const auto* good =
        R"({"accepted":10,"rejected":0,"first_id":1,"repeated":false,"dry_run":false,"errors":[]})";
    EXPECT_TRUE(confirms(config, 200, good));
    EXPECT_FALSE(confirms(config, 503, good));
    EXPECT_FALSE(confirms(config, 200, R"({"accepted":9,"rejected":1,"repeated":false})"));
    EXPECT_FALSE(confirms(config, 200, R"({"accepted":10,"rejected":0,"repeated":true})"));
    config.format = Format::DataArray;
    config.rows = 2;
    EXPECT_TRUE(confirms(config, 201, R"x(["x/Observations(1)","x/Observations(2)"])x"));
    EXPECT_FALSE(confirms(config, 201, R"x(["x/Observations(1)","error: (no)"])x"));
}

TEST(Readings, GzipCanBeUnpacked) {
    const std::string text(100'000, 'x');
    const auto back = http::inflate_gzip(gzip(text), 1'000'000);
    ASSERT_TRUE(back);
    EXPECT_EQ(*back, text);
}

}  // namespace
}  // namespace chengshu::load
