#include "simulation/clock_checker.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace chengshu::simulation {
namespace {

using cases::Clock;

class Checker {
public:
    Checker(
        const SimCity& city,
        const cases::Workflow& flow,
        const cases::Case& after,
        Instant at,
        std::string name,
        Findings& findings
    )
        : city_(city),
          flow_(flow),
          after_(after),
          at_(at),
          name_(std::move(name)),
          findings_(findings) {}

    void check(const std::string& code, const Clock* before, const Clock& now) {
        code_ = code;
        definition_ = flow_.clock(code);
        // Begun again in the instant in which it had begun: only another limit tells.
        const bool again = before != nullptr && now.extensions == 0 && now.started == at_ &&
                           (now.limit != before->limit || now.due != before->due) &&
                           before->paused.has_value() == now.paused.has_value();
        if (before == nullptr || before->started != now.started || again) {
            begun(now);
            return;
        }
        if (now.extensions == before->extensions + 1) {
            extended(*before, now);
        } else if (!before->paused && now.paused) {
            paused(*before, now);
        } else if (before->paused && !now.paused) {
            resumed(*before, now);
        } else if (now.due != before->due || now.remind != before->remind ||
                   now.limit != before->limit) {
            say("changed without a reason", show(before->due), show(now.due));
        }
        judged(*before, now);
    }

private:
    static std::string show(const std::optional<Instant>& at) {
        return at ? format_utc(*at) : "none";
    }

    void say(const std::string& what, const std::string& expected, const std::string& found) {
        findings_.add(fmt::format(
            "{}: clock {} at {}: {}: expected {}, found {}",
            name_,
            code_,
            format_utc(at_),
            what,
            expected,
            found
        ));
    }

    void expect(
        const char* what,
        const std::optional<Instant>& expected,
        const std::optional<Instant>& found
    ) {
        if (expected != found) {
            say(what, show(expected), show(found));
        }
    }

    [[nodiscard]] city::TimeLimit limit_of(const cases::ClockDefinition& definition) const {
        if (!definition.from_standard) {
            return definition.limit.value_or(city::TimeLimit{});
        }
        const auto* standard = city_.definitions->city->standard(after_.standard);
        return standard != nullptr ? standard->limit : city::TimeLimit{};
    }

    /// Where the clock reminds when it is due at `due`; none when it does not.
    [[nodiscard]] std::optional<Instant> reminder(const Clock& clock) const {
        if (definition_ == nullptr || definition_->remind <= 0 || !clock.due ||
            clock.limit.value <= 0 || *clock.due <= at_) {
            return std::nullopt;
        }
        const auto& calendar = *city_.calendar;
        const auto unit = clock.limit.unit;
        const auto whole = calendar.remaining(at_, calendar.add(at_, clock.limit), unit);
        const Duration share{std::llround(static_cast<double>(whole.count()) * definition_->remind)
        };
        const auto ahead = std::max(calendar.remaining(at_, *clock.due, unit) - share, Duration{});
        return calendar.resume(at_, ahead, unit);
    }

    void begun(const Clock& now) {
        if (now.started != at_) {
            say("start", format_utc(at_), format_utc(now.started));
        }
        if (now.overdue || now.stopped || now.extensions != 0) {
            say("a fresh clock", "neither overdue nor stopped nor extended", "otherwise");
        }
        if (definition_ == nullptr) {
            say("definition", "known to the workflow", "none");
            return;
        }
        if (!definition_->chain.empty()) {
            Instant due = at_;
            bool bounded = true;
            for (const auto& link : definition_->chain) {
                const auto limit = limit_of(*flow_.clock(link));
                bounded = bounded && limit.bounded();
                due = limit.bounded() ? city_.calendar->add(due, limit) : due;
            }
            expect("due (chain)", bounded ? std::optional{due} : std::nullopt, now.due);
            return;
        }
        const auto limit = limit_of(*definition_);
        if (limit.bounded() != now.limit.bounded() || (limit.bounded() && limit != now.limit)) {
            say("limit",
                fmt::format("{} {}", limit.value, to_string(limit.unit)),
                fmt::format("{} {}", now.limit.value, to_string(now.limit.unit)));
        }
        expect(
            "due",
            limit.bounded() ? std::optional{city_.calendar->add(at_, limit)} : std::nullopt,
            now.due
        );
        if (!now.paused) {
            expect("reminder", reminder(now), now.remind);
        }
    }

    void extended(const Clock& before, const Clock& now) {
        if (!before.due || before.stopped || before.paused) {
            say("extension", "none: it does not run", "extended");
            return;
        }
        expect("due after an extension", city_.calendar->add(*before.due, before.limit), now.due);
        expect("reminder after an extension", reminder(now), now.remind);
    }

    void paused(const Clock& before, const Clock& now) {
        if (*now.paused != at_) {
            say("pause", format_utc(at_), format_utc(*now.paused));
        }
        expect("due of a paused clock", before.due, now.due);
        const auto left = before.due
                              ? city_.calendar->remaining(at_, *before.due, before.limit.unit)
                              : Duration{};
        if (left != now.left) {
            say("what is left",
                fmt::format("{} ms", left.count()),
                fmt::format("{} ms", now.left.count()));
        }
    }

    void resumed(const Clock& before, const Clock& now) {
        // Stopping a paused clock leaves it paused; a resumed one runs on with what was left, if it
        // was in time.
        const bool runs_on = before.due && !before.overdue;
        const auto due = runs_on ? city_.calendar->resume(at_, before.left, before.limit.unit)
                                 : before.due.value_or(Instant{});
        expect("due after a pause", before.due ? std::optional{due} : std::nullopt, now.due);
        if (runs_on && !now.reminded) {
            expect("reminder after a pause", reminder(now), now.remind);
        }
    }

    void judged(const Clock& before, const Clock& now) {
        const bool late = before.due && !before.paused && !before.stopped && at_ > *before.due;
        if (now.overdue && !before.overdue && !late) {
            say("overdue", "no, due " + show(before.due), "yes");
        }
        if (!now.overdue && (before.overdue || (now.stopped && !before.stopped && late))) {
            say("overdue", "yes, due " + show(before.due), "no");
        }
        if (now.stopped && !before.stopped && *now.stopped != at_) {
            say("stop", format_utc(at_), format_utc(*now.stopped));
        }
    }

    const SimCity& city_;
    const cases::Workflow& flow_;
    const cases::Case& after_;
    Instant at_;
    std::string name_;
    Findings& findings_;
    std::string code_;
    const cases::ClockDefinition* definition_ = nullptr;
};

}  // namespace

void check_clocks(
    const SimCity& city,
    const cases::Workflow& flow,
    const cases::Case* before,
    const cases::Case& after,
    Instant at,
    const std::string& name,
    Findings& findings
) {
    Checker checker(city, flow, after, at, name, findings);
    for (const auto& [code, clock] : after.clocks) {
        const Clock* known = nullptr;
        if (before != nullptr) {
            const auto found = before->clocks.find(code);
            known = found == before->clocks.end() ? nullptr : &found->second;
        }
        if (known == nullptr || *known != clock) {
            checker.check(code, known, clock);
        }
    }
    for (const auto& [code, clock] :
         before != nullptr ? before->clocks : std::map<std::string, Clock>{}) {
        if (!after.clocks.contains(code)) {
            findings.add(fmt::format("{}: clock {} has vanished", name, code));
        }
    }
}

}  // namespace chengshu::simulation
