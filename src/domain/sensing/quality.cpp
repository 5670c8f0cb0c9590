#include "domain/sensing/quality.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace chengshu::sensing {
namespace {

constexpr std::array kFlags{
    QualityFlagInfo{QualityFlag::BelowRange, "below_range", "低于量程", "below the possible range"},
    QualityFlagInfo{QualityFlag::AboveRange, "above_range", "高于量程", "above the possible range"},
    QualityFlagInfo{QualityFlag::Jump, "jump", "突变", "changed impossibly fast"},
    QualityFlagInfo{QualityFlag::FlatLine, "flat_line", "数值不变", "unchanged for too long"},
    QualityFlagInfo{QualityFlag::Late, "late", "迟到", "arrived late"},
    QualityFlagInfo{QualityFlag::Duplicate, "duplicate", "重复", "sent twice"},
    QualityFlagInfo{QualityFlag::OutOfOrder, "out_of_order", "乱序", "older than the newest"},
    QualityFlagInfo{QualityFlag::AfterGap, "after_gap", "中断后首条", "first after a gap"},
    QualityFlagInfo{QualityFlag::Future, "future", "时间超前", "observed after it arrived"},
    QualityFlagInfo{QualityFlag::NotANumber, "not_a_number", "非数值", "not a number"},
};

std::uint32_t bit(QualityFlag flag) {
    return static_cast<std::uint32_t>(flag);
}

constexpr std::uint32_t kIncredible = static_cast<std::uint32_t>(QualityFlag::BelowRange) |
                                      static_cast<std::uint32_t>(QualityFlag::AboveRange) |
                                      static_cast<std::uint32_t>(QualityFlag::NotANumber);

std::int64_t gap_limit(const QualityRule& rule) {
    return rule.gap_after > 0 ? rule.gap_after : 2 * rule.expected_interval;
}

std::int64_t offline_limit(const QualityRule& rule) {
    return rule.offline_after > 0 ? rule.offline_after : 3 * rule.expected_interval;
}

std::uint32_t judge_range(const QualityRule& rule, const Observation& row) {
    if (!row.number) {
        return rule.min || rule.max || rule.max_step ? bit(QualityFlag::NotANumber) : 0;
    }
    std::uint32_t flags = 0;
    flags |= rule.min && *row.number < *rule.min ? bit(QualityFlag::BelowRange) : 0;
    flags |= rule.max && *row.number > *rule.max ? bit(QualityFlag::AboveRange) : 0;
    return flags;
}

std::uint32_t
judge_times(const QualityRule& rule, const QualityState& state, const Observation& row) {
    std::uint32_t flags = 0;
    if (rule.late_after > 0 && row.received_at - row.phenomenon_to >= rule.late_after) {
        flags |= bit(QualityFlag::Late);
    }
    if (rule.future_after > 0 && row.phenomenon_from - row.received_at >= rule.future_after) {
        flags |= bit(QualityFlag::Future);
    }
    if (!state.seen) {
        return flags;
    }
    if (row.phenomenon_to < state.newest) {
        flags |= bit(QualityFlag::OutOfOrder);
    }
    const auto limit = gap_limit(rule);
    if (limit > 0 && row.phenomenon_from - state.newest > limit) {
        flags |= bit(QualityFlag::AfterGap);
    }
    return flags;
}

bool jumps(const QualityRule& rule, const QualityState& state, const Observation& row) {
    if (!rule.max_step || !row.number || state.flat_count == 0) {
        return false;
    }
    const auto apart = std::max(row.phenomenon_from - state.value_at, rule.step_per);
    const auto allowed =
        *rule.max_step * (static_cast<double>(apart) / static_cast<double>(rule.step_per));
    return std::abs(*row.number - state.value) > allowed;
}

bool is_flat(const QualityRule& rule, const QualityState& state) {
    if (rule.flat_count <= 0 && rule.flat_after <= 0) {
        return false;
    }
    return state.flat_count > 1 &&
           state.flat_count >= static_cast<std::uint32_t>(std::max(rule.flat_count, 0)) &&
           state.value_at - state.flat_since >= rule.flat_after;
}

void take_value(QualityState& state, const Observation& row) {
    if (state.flat_count == 0 || state.value != *row.number) {
        state.flat_since = row.phenomenon_from;
        state.flat_count = 0;
        state.value = *row.number;
    }
    ++state.flat_count;
    state.value_at = row.phenomenon_to;
}

}  // namespace

std::span<const QualityFlagInfo> quality_flags() {
    return kFlags;
}

std::vector<std::string_view> quality_names(std::uint32_t flags) {
    std::vector<std::string_view> names;
    for (const auto& info : kFlags) {
        if ((flags & bit(info.flag)) != 0) {
            names.push_back(info.name);
        }
    }
    return names;
}

Result<QualityFlag> quality_flag(std::string_view name) {
    for (const auto& info : kFlags) {
        if (info.name == name) {
            return info.flag;
        }
    }
    return fail(
        ErrorCode::UnknownCode,
        fmt::format(
            "there is no quality flag '{}'; there are: {}",
            name,
            fmt::join(quality_names(~std::uint32_t{0}), ", ")
        ),
        "quality"
    );
}

Status check(const QualityRule& rule) {
    const auto bad = [](const char* field, const char* why) {
        return fail(ErrorCode::InvalidInput, fmt::format("{} {}", field, why), field);
    };
    const auto unusable = [](const std::optional<double>& limit) {
        return limit && !std::isfinite(*limit);
    };
    if (unusable(rule.min) || unusable(rule.max)) {
        return bad(unusable(rule.min) ? "min" : "max", "must be finite");
    }
    if (rule.min && rule.max && *rule.max < *rule.min) {
        return bad("max", "must not be below min");
    }
    if (unusable(rule.max_step) || (rule.max_step && *rule.max_step < 0)) {
        return bad("max_step", "must be finite and not negative");
    }
    if (rule.step_per <= 0) {
        return bad("step_per", "must be above 0");
    }
    if (rule.flat_count < 0) {
        return bad("flat_count", "must not be negative");
    }
    const std::pair<const char*, std::int64_t> durations[] = {
        {"flat_after", rule.flat_after},
        {"late_after", rule.late_after},
        {"future_after", rule.future_after},
        {"expected_interval", rule.expected_interval},
        {"gap_after", rule.gap_after},
        {"offline_after", rule.offline_after},
    };
    constexpr std::int64_t kCentury = 36'525LL * 86'400'000;
    for (const auto& [field, duration] : durations) {
        if (duration < 0 || duration > kCentury) {
            return bad(field, "must lie between 0 and a hundred years");
        }
    }
    return ok();
}

QualityRule merged(const QualityRule& base, const QualityRule& own) {
    QualityRule rule = base;
    rule.min = own.min ? own.min : base.min;
    rule.max = own.max ? own.max : base.max;
    if (own.max_step) {
        rule.max_step = own.max_step;
        rule.step_per = own.step_per;
    }
    const auto take = [](auto& to, auto value) { to = value != 0 ? value : to; };
    take(rule.flat_count, own.flat_count);
    take(rule.flat_after, own.flat_after);
    take(rule.late_after, own.late_after);
    take(rule.future_after, own.future_after);
    take(rule.expected_interval, own.expected_interval);
    take(rule.gap_after, own.gap_after);
    take(rule.offline_after, own.offline_after);
    return rule;
}

std::uint32_t judge(const QualityRule& rule, QualityState& state, const Observation& row) {
    auto flags = judge_range(rule, row) | judge_times(rule, state, row);
    const bool newest = !state.seen || row.phenomenon_to >= state.newest;
    if (state.seen && row.phenomenon_to == state.newest && row.number && state.newest_counts &&
        *row.number == state.value) {
        // A repetition says nothing new: it must not make a line flat.
        state.received_at = row.received_at;
        return flags | bit(QualityFlag::Duplicate);
    }
    if (newest) {
        state.newest_counts = row.number && (flags & kIncredible) == 0;
    }
    if (newest && state.newest_counts) {
        flags |= jumps(rule, state, row) ? bit(QualityFlag::Jump) : 0;
        // Also a jump: when the level has really changed, only its first reading is flagged.
        take_value(state, row);
        flags |= is_flat(rule, state) ? bit(QualityFlag::FlatLine) : 0;
    }
    state.newest = newest ? row.phenomenon_to : state.newest;
    state.received_at = row.received_at;
    state.seen = true;
    return flags;
}

QualityState resume(const StreamSummary& summary) {
    QualityState state;
    if (summary.count > 0) {
        const auto& row = summary.latest;
        state.seen = true;
        state.newest = row.phenomenon_to;
        state.received_at = row.received_at;
        state.newest_counts = row.number && (row.quality & kIncredible) == 0;
        if (state.newest_counts) {
            take_value(state, row);
        }
    }
    return state;
}

StreamHealth health(const QualityRule& rule, const QualityState& state, std::int64_t now) {
    const auto offline = offline_limit(rule);
    const auto late = gap_limit(rule);
    if (!state.seen || (offline <= 0 && late <= 0)) {
        return StreamHealth::Unknown;
    }
    const auto silent = now - state.newest;
    if (offline > 0 && silent > offline) {
        return StreamHealth::Offline;
    }
    return late > 0 && silent > late ? StreamHealth::Late : StreamHealth::Online;
}

std::optional<std::int64_t>
next_change(const QualityRule& rule, const QualityState& state, std::int64_t now) {
    if (!state.seen) {
        return {};
    }
    std::optional<std::int64_t> next;
    for (const auto limit : {gap_limit(rule), offline_limit(rule)}) {
        const auto at = state.newest + limit + 1;
        if (limit > 0 && at > now && (!next || at < *next)) {
            next = at;
        }
    }
    return next;
}

std::string_view health_name(StreamHealth health) {
    constexpr std::array<std::string_view, 4> kNames{"unknown", "online", "late", "offline"};
    return kNames.at(static_cast<std::size_t>(health));
}

Label health_label(StreamHealth health) {
    switch (health) {
        case StreamHealth::Unknown:
            return {"未知", "unknown"};
        case StreamHealth::Online:
            return {"在线", "online"};
        case StreamHealth::Late:
            return {"延迟", "late"};
        case StreamHealth::Offline:
            return {"离线", "offline"};
    }
    CS_ASSERT(false);
    return {};
}

}  // namespace chengshu::sensing
