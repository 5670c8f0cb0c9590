#pragma once

#include "domain/sensing/ingest.hpp"

#include <string>
#include <vector>

namespace chengshu::sensing {

/// Keeps what a parser finds, beyond the life of its texts.
class Collector final : public ReadingSink {
public:
    struct Kept {
        Reading reading;  ///< its texts are gone
        std::string thing;
        std::string datastream;
        std::string result;
        std::string extra;
    };

    bool reading(const Reading& reading) override {
        readings.push_back(
            {reading,
             std::string(reading.thing),
             std::string(reading.datastream),
             std::string(reading.result),
             std::string(reading.extra)}
        );
        return readings.size() + errors.size() < stop_after;
    }

    bool wrong(RowError error) override {
        errors.push_back(std::move(error));
        return readings.size() + errors.size() < stop_after;
    }

    std::vector<Kept> readings;
    std::vector<RowError> errors;
    std::size_t stop_after = 1'000'000;
};

}  // namespace chengshu::sensing
