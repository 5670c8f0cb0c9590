#pragma once

#include "base/label.hpp"
#include "domain/city/geometry.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace chengshu::city {

/// A quantity that terminals measure (observed.csv), and what its readings can be. What is not set
/// is not checked.
struct ObservedQuantity {
    std::string code;  ///< also the name of its Datastreams, e.g. "PM2.5"
    Label name;
    std::string definition;  ///< URI
    std::string unit;        ///< as shown, "µg/m³"; empty for what has no unit
    std::string ucum;        ///< the same in UCUM, "ug/m3"
    std::optional<double> min;
    std::optional<double> max;
    std::optional<double> max_step;  ///< greatest credible change within `step_per_s`
    std::int64_t step_per_s = 60;
    int flat_count = 0;             ///< equal readings in a row that are suspect; 0 = any number
    std::int64_t late_after_s = 0;  ///< 0 = never late
};

/// A step of a quantity's scale for people and maps (value_classes.csv); ascending.
struct ValueClass {
    std::string quantity;
    int step = 0;                ///< 1 = best
    std::optional<double> upto;  ///< inclusive; absent: the last step
    Label name;
};

/// A kind of instrument (sensors.csv).
struct SensorKind {
    std::string code;
    Label name;
    std::string encoding;  ///< media type of `metadata`
    std::string metadata;
};

/// A terminal that the city folder lists (things.csv).
struct Terminal {
    std::string code;  ///< unified code 统一编码
    std::string type;
    Label name;
    Point point;
    std::string department;
    std::string state;  ///< registered, installed, active, faulty, retired
    bool is_public = false;
    bool schematic = false;  ///< made up for demonstration
    std::string source;
};

/// What a terminal measures, with what and how often (streams.csv).
struct TerminalStream {
    std::string thing;
    std::string quantity;
    std::string sensor;
    std::int64_t interval_s = 0;  ///< expected between readings; 0 = irregular
};

/// Everything that a city folder and its scenarios say of terminals.
struct Terminals {
    std::vector<ObservedQuantity> quantities;
    std::vector<ValueClass> classes;
    std::vector<SensorKind> sensors;
    std::vector<Terminal> things;
    std::vector<TerminalStream> streams;

    /// Null when there is none.
    [[nodiscard]] const ObservedQuantity* quantity(std::string_view code) const;
    [[nodiscard]] const SensorKind* sensor(std::string_view code) const;
    /// The step of the scale that a value is on; null when the quantity has no scale.
    [[nodiscard]] const ValueClass* value_class(std::string_view code, double value) const;
};

}  // namespace chengshu::city
