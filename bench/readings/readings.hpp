#pragma once

#include "load/scenario.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace chengshu::load {

/// Which readings a fleet of stations sends: every stream once each interval, a little out of step,
/// with a value that wanders.
struct Fleet {
    std::int64_t streams = 10'000;
    std::int64_t first_stream = 1;  ///< id of the first stream; the others follow
    std::string prefix = "S";       ///< code of the thing of stream n: prefix and n
    std::string datastream = "pm25";
    std::int64_t start = 1'795'132'800'000;  ///< ms UTC, of the first round
    std::int64_t interval = 60'000;          ///< ms between two rounds
};

struct Point {
    std::int64_t stream = 0;
    std::int64_t time = 0;   ///< ms UTC
    std::int64_t cents = 0;  ///< the value, times 100
};

/// The readings of one gateway, which serves a run of the fleet's streams, all in turn.
class Gateway {
public:
    /// `part` of `parts`. Each time it is a stream's turn it has `readings` of as many rounds.
    Gateway(const Fleet& fleet, std::size_t part, std::size_t parts, int readings = 1);

    Point next();

private:
    const Fleet& fleet_;
    std::int64_t first_;
    int readings_;
    std::vector<std::int16_t> values_;  ///< of each stream, times 100
    std::size_t index_ = 0;
    int given_ = 0;  ///< of the stream whose turn it is
    std::int64_t round_ = 0;
    std::uint64_t random_;
};

/// Readings of a stream beside each other in a data array.
inline constexpr int kReadingsOfAGroup = 10;

enum class Format : std::uint8_t { Ndjson, Line, DataArray, Csv };

/// Writes as many rows as asked for, in place of what `out` held. The gateway of a data array gives
/// kReadingsOfAGroup at a time, and so many divide the rows.
void write_batch(Format format, const Fleet& fleet, Gateway& from, int rows, std::string& out);

struct ReadingsConfig {
    Fleet fleet;
    Format format = Format::Ndjson;
    int rows = 1'000;     ///< of a request; 1 with `single`
    bool single = false;  ///< POST Datastreams(n)/Observations
    bool gzip = false;
    bool keys = true;  ///< a fresh Idempotency-Key for each request
    std::string token;
    std::string run;     ///< part of the keys
    std::string target;  ///< where to send instead of where the format says
};

/// Requests that bring readings; every answer is checked for the number of rows it confirms.
class ReadingsScenario final : public Scenario {
public:
    ReadingsScenario(ReadingsConfig config, std::size_t connections);

    [[nodiscard]] std::vector<std::string> steps() const override;
    std::unique_ptr<Script> script(std::size_t connection) override;

private:
    ReadingsConfig config_;
    std::size_t connections_;
};

/// Whether the answer says that all rows of a request are stored, by this request.
bool confirms(const ReadingsConfig& config, int status, std::string_view body);

/// Packs a text as gzip, at the fastest level.
std::string gzip(std::string_view text);

/// What single messages hold: {"phenomenonTime": …, "result": …}.
void write_single(const Point& point, std::string& out);

}  // namespace chengshu::load
