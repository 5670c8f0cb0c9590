#include "domain/cases/internal/run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>

namespace chengshu::cases {

city::TimeLimit Run::limit_of(const ClockDefinition& definition) const {
    if (definition.from_standard) {
        const auto* standard = context_.city.standard(decision_.after.standard);
        return standard != nullptr ? standard->limit : city::TimeLimit{};
    }
    return definition.limit.value_or(city::TimeLimit{});
}

Status Run::start_clock(const std::string& code) {
    const auto* definition = workflow_->clock(code);
    if (definition == nullptr) {
        return fail(
            ErrorCode::Internal, fmt::format("workflow {} has no clock {}", workflow_->code, code)
        );
    }
    const auto& calendar = context_.city.calendar();
    Clock clock;
    clock.started = context_.now;
    if (definition->chain.empty()) {
        clock.limit = limit_of(*definition);
        if (clock.limit.bounded()) {
            clock.due = calendar.add(context_.now, clock.limit);
        }
    } else {
        Instant due = context_.now;
        bool bounded = true;
        for (const auto& link : definition->chain) {
            const auto limit = limit_of(*workflow_->clock(link));
            bounded = bounded && limit.bounded();
            due = limit.bounded() ? calendar.add(due, limit) : due;
        }
        if (bounded) {
            clock.due = due;
            const std::chrono::duration<double, std::ratio<3600>> hours = due - context_.now;
            clock.limit = {rounded_limit(hours.count()), city::TimeUnit::UrgentHour};
        }
    }
    set_reminder(code, clock);
    subject().clocks[code] = clock;
    return ok();
}

void Run::set_reminder(const std::string& code, Clock& clock) const {
    clock.remind.reset();
    const auto* definition = workflow_->clock(code);
    if (definition == nullptr || definition->remind <= 0 || !clock.due || clock.limit.value <= 0 ||
        *clock.due <= context_.now) {
        return;
    }
    const auto& calendar = context_.city.calendar();
    const auto unit = clock.limit.unit;
    const auto whole =
        calendar.remaining(context_.now, calendar.add(context_.now, clock.limit), unit);
    const Duration share{std::llround(static_cast<double>(whole.count()) * definition->remind)};
    const auto ahead = calendar.remaining(context_.now, *clock.due, unit) - share;
    clock.remind = calendar.resume(context_.now, std::max(ahead, Duration{}), unit);
}

void Run::stop_clock(Clock& clock) const {
    if (clock.stopped) {
        return;
    }
    clock.stopped = context_.now;
    clock.overdue = clock.overdue || (clock.due && !clock.paused && context_.now > *clock.due);
}

Status Run::pause_or_resume(bool pause) {
    const auto& calendar = context_.city.calendar();
    for (auto& [code, clock] : subject().clocks) {
        if (clock.stopped || clock.paused.has_value() == pause) {
            continue;
        }
        if (pause) {
            clock.overdue = clock.overdue || (clock.due && context_.now > *clock.due);
            clock.left = clock.due ? calendar.remaining(context_.now, *clock.due, clock.limit.unit)
                                   : Duration{};
            clock.paused = context_.now;
        } else {
            if (clock.due && !clock.overdue) {
                clock.due = calendar.resume(context_.now, clock.left, clock.limit.unit);
                if (!clock.reminded) {
                    set_reminder(code, clock);
                }
            }
            clock.left = Duration{};
            clock.paused.reset();
        }
    }
    return ok();
}

Status Run::apply_clock(const Effect& effect) {
    auto& clocks = subject().clocks;
    if (effect.kind == Effect::Kind::Start) {
        return start_clock(effect.name);
    }
    if (effect.kind == Effect::Kind::Stop && effect.name == "*") {
        for (auto& [code, clock] : clocks) {
            stop_clock(clock);
        }
        return ok();
    }
    const auto found = clocks.find(effect.name);
    if (found == clocks.end()) {
        return ok();  // a clock that never ran: a shorter path skipped it
    }
    auto& clock = found->second;
    if (effect.kind == Effect::Kind::Stop) {
        stop_clock(clock);
    } else if (effect.kind == Effect::Kind::Exempt) {
        clock.exempt = true;
    } else if (clock.due && clock.running()) {
        // One extension adds the original limit once more to the deadline as it stands.
        clock.due = context_.city.calendar().add(*clock.due, clock.limit);
        clock.extensions += 1;
        clock.reminded = false;
        set_reminder(effect.name, clock);
    }
    return ok();
}

}  // namespace chengshu::cases
