#include "domain/sensing/alarm.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace chengshu::sensing {
namespace {

constexpr std::array<std::string_view, 4> kPhases{"quiet", "rising", "raised", "falling"};

bool beyond(Comparison when, double value, double limit) {
    switch (when) {
        case Comparison::Above:
            return value > limit;
        case Comparison::AtLeast:
            return value >= limit;
        case Comparison::Below:
            return value < limit;
        case Comparison::AtMost:
            return value <= limit;
    }
    return false;
}

bool upwards(Comparison when) {
    return when == Comparison::Above || when == Comparison::AtLeast;
}

void widen(const AlarmRule& rule, AlarmState& state, double value) {
    state.extreme =
        upwards(rule.when) ? std::max(state.extreme, value) : std::min(state.extreme, value);
}

AlarmEvent
rise(const AlarmRule& rule, AlarmState& state, const AlarmReading& reading, bool silent) {
    if (!beyond(rule.when, reading.value, rule.limit)) {
        state.phase = AlarmPhase::Quiet;
        return AlarmEvent::None;
    }
    if (state.phase == AlarmPhase::Quiet || silent) {
        state.phase = AlarmPhase::Rising;
        state.since = reading.from;
        state.extreme = reading.value;
    }
    widen(rule, state, reading.value);
    if (reading.to - state.since < rule.lasts.count()) {
        return AlarmEvent::None;
    }
    state.phase = AlarmPhase::Raised;
    return AlarmEvent::Raised;
}

AlarmEvent
fall(const AlarmRule& rule, AlarmState& state, const AlarmReading& reading, bool silent) {
    if (beyond(rule.when, reading.value, rule.clear_limit)) {
        state.phase = AlarmPhase::Raised;
        widen(rule, state, reading.value);
        return AlarmEvent::None;
    }
    if (state.phase == AlarmPhase::Raised || silent) {
        state.phase = AlarmPhase::Falling;
        state.falling = reading.from;
    }
    if (reading.to - state.falling < rule.clear_lasts.count()) {
        return AlarmEvent::None;
    }
    state.phase = AlarmPhase::Quiet;
    return AlarmEvent::Cleared;
}

}  // namespace

AlarmEvent advance(const AlarmRule& rule, AlarmState& state, const AlarmReading& reading) {
    if (state.seen && reading.to <= state.at) {
        return AlarmEvent::None;
    }
    const bool silent =
        state.seen && rule.gap.count() > 0 && reading.from - state.at > rule.gap.count();
    state.seen = true;
    state.at = reading.to;
    state.value = reading.value;
    const bool raised = state.phase == AlarmPhase::Raised || state.phase == AlarmPhase::Falling;
    return raised ? fall(rule, state, reading, silent) : rise(rule, state, reading, silent);
}

std::string alarm_text(const AlarmRule& rule, std::string_view text, const AlarmFacts& facts) {
    const std::array<std::pair<std::string_view, std::string>, 9> words{{
        {"{thing}", facts.thing},
        {"{code}", facts.code},
        {"{property}", facts.property},
        {"{unit}", facts.unit},
        {"{value}", facts.value},
        {"{limit}", fmt::format("{:g}", rule.limit)},
        {"{since}", facts.since},
        {"{at}", facts.at},
        {"{minutes}", std::to_string(facts.minutes)},
    }};
    // In one pass, so that a name which looks like a placeholder stays as it is.
    std::string out;
    while (!text.empty()) {
        const auto found = std::find_if(words.begin(), words.end(), [&](const auto& word) {
            return text.starts_with(word.first);
        });
        if (found == words.end()) {
            out += text.front();
            text.remove_prefix(1);
        } else {
            out += found->second;
            text.remove_prefix(found->first.size());
        }
    }
    return out;
}

std::string_view phase_name(AlarmPhase phase) {
    return kPhases[static_cast<std::size_t>(phase)];
}

AlarmPhase phase_of(std::string_view name) {
    const auto* const found = std::find(kPhases.begin(), kPhases.end(), name);
    return found == kPhases.end() ? AlarmPhase::Quiet
                                  : static_cast<AlarmPhase>(found - kPhases.begin());
}

}  // namespace chengshu::sensing
