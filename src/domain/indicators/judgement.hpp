#pragma once

#include "base/label.hpp"
#include "base/time.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace chengshu::indicators {

/// Of warnings, mildest first (蓝、黄、橙、红).
enum class Colour : std::uint8_t { Blue, Yellow, Orange, Red };

std::optional<Colour> colour_of(std::string_view name);
std::string_view colour_name(Colour colour);

/// Where an indicator begins to have a colour.
struct Threshold {
    enum class When : std::uint8_t { Above, AtLeast, Below, AtMost };

    Colour colour = Colour::Blue;
    When when = When::Above;
    double limit = 0;
    double clear = 0;  ///< a colour that is reached stays until the value is back beyond this
    Duration hold{0};  ///< it counts only when the value has stayed beyond the limit so long

    [[nodiscard]] bool upwards() const { return when == When::Above || when == When::AtLeast; }

    [[nodiscard]] bool reached(double value) const;
    /// Whether a colour that has been reached still holds.
    [[nodiscard]] bool keeps(double value) const;
};

std::optional<Threshold::When> threshold_when(std::string_view name);
std::string_view threshold_word(Threshold::When when);

/// The worst colour whose limit the value has reached, or that it had (`now`) and has not yet come
/// back from; none for no value. Time is not looked at: who watches a value keeps `hold`.
std::optional<Colour> colour_at(
    std::span<const Threshold> thresholds,
    const std::optional<double>& value,
    std::optional<Colour> now = std::nullopt
);

/// One band of a judgement.
struct Grade {
    std::string code;
    Label name;
    std::string colour;          ///< green, blue, yellow, orange, red
    std::optional<double> from;  ///< lowest value; the last grade has none
};

/// Bands that scores are judged by.
struct Grades {
    std::string code;
    std::string source;
    std::vector<Grade> bands;  ///< best first
};

using GradesPtr = std::shared_ptr<const Grades>;

/// The best grade whose lower bound the value reaches, compared as displayed (three decimals), so
/// that a shown 90.000 is never graded below 90. Null when there are no grades or no value.
const Grade* grade_of(const std::optional<double>& value, const GradesPtr& grades);

/// Three decimals, halves away from zero: as scores are shown, compared and ranked.
double as_displayed(double score);
/// "92.484".
std::string format_score(double score);

/// Places in a ranking, the largest first, or the smallest: equal displayed values share a place,
/// subjects without a value have none (0). Same order as `values`.
std::vector<int> places(std::span<const std::optional<double>> values, bool smallest_first = false);

}  // namespace chengshu::indicators
