#include "domain/indicators/judgement.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace chengshu::indicators {
namespace {

using When = Threshold::When;

constexpr std::array<std::string_view, 4> kColours{"blue", "yellow", "orange", "red"};
constexpr std::array<std::string_view, 4> kWhen{"above", "at_least", "below", "at_most"};

template <class Enum, class Words>
std::optional<Enum> look_up(const Words& words, std::string_view name) {
    const auto found = std::find(words.begin(), words.end(), name);
    return found == words.end() ? std::nullopt
                                : std::optional(static_cast<Enum>(found - words.begin()));
}

bool beyond(When when, double value, double limit) {
    switch (when) {
        case When::Above:
            return value > limit;
        case When::AtLeast:
            return value >= limit;
        case When::Below:
            return value < limit;
        default:
            return value <= limit;
    }
}

}  // namespace

std::optional<Colour> colour_of(std::string_view name) {
    return look_up<Colour>(kColours, name);
}

std::string_view colour_name(Colour colour) {
    return kColours[static_cast<std::size_t>(colour)];
}

std::optional<When> threshold_when(std::string_view name) {
    return look_up<When>(kWhen, name);
}

std::string_view threshold_word(When when) {
    return kWhen[static_cast<std::size_t>(when)];
}

bool Threshold::reached(double value) const {
    return beyond(when, value, limit);
}

bool Threshold::keeps(double value) const {
    return reached(value) || beyond(when, value, clear);
}

std::optional<Colour> colour_at(
    std::span<const Threshold> thresholds,
    const std::optional<double>& value,
    std::optional<Colour> now
) {
    std::optional<Colour> out;
    for (const auto& threshold : thresholds) {
        const bool had = now && *now >= threshold.colour;
        if (value && (had ? threshold.keeps(*value) : threshold.reached(*value))) {
            out = std::max(out.value_or(threshold.colour), threshold.colour);
        }
    }
    return out;
}

double as_displayed(double score) {
    return std::round(score * 1000) / 1000;
}

const Grade* grade_of(const std::optional<double>& value, const GradesPtr& grades) {
    if (!value || grades == nullptr) {
        return nullptr;
    }
    const auto& bands = grades->bands;
    const auto found = std::find_if(bands.begin(), bands.end(), [&](const Grade& grade) {
        return !grade.from || as_displayed(*value) >= *grade.from;
    });
    return found == bands.end() ? nullptr : &*found;
}

std::string format_score(double score) {
    const auto rounded = as_displayed(score);
    return fmt::format("{:.3f}", rounded == 0 ? 0.0 : rounded);  // never "-0.000"
}

std::vector<int> places(std::span<const std::optional<double>> values, bool smallest_first) {
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (values[i]) {
            order.push_back(i);
        }
    }
    const auto shown = [&](std::size_t at) {
        const double value = as_displayed(*values[at]);
        return smallest_first ? value : -value;
    };
    std::sort(order.begin(), order.end(), [&](std::size_t left, std::size_t right) {
        return shown(left) < shown(right);
    });
    std::vector<int> out(values.size(), 0);
    for (std::size_t i = 0; i < order.size(); ++i) {
        const bool shared = i > 0 && shown(order[i]) == shown(order[i - 1]);
        out[order[i]] = shared ? out[order[i - 1]] : static_cast<int>(i) + 1;
    }
    return out;
}

}  // namespace chengshu::indicators
