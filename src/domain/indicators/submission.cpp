#include "domain/indicators/submission.hpp"

#include <fmt/format.h>

#include <charconv>
#include <utility>

namespace chengshu::indicators {
namespace {

Status check_waiting(const Submission& submission, int number) {
    if (!submission.pending || submission.pending->number != number) {
        return fail(ErrorCode::Conflict, "this figure no longer waits; look at it again", "number");
    }
    return ok();
}

Status check_room(const Submission& submission, std::size_t steps) {
    if (submission.steps.size() + steps > kSubmissionStepsMax) {
        return fail(ErrorCode::TooLarge, "this figure has been entered too often");
    }
    return ok();
}

}  // namespace

std::string SubmissionKey::id() const {
    return fmt::format("{}:{}:{:08}", indicator, area, date_key(day));
}

std::optional<SubmissionKey> submission_key(std::string_view id) {
    const auto first = id.find(':');
    const auto last = id.rfind(':');
    constexpr std::size_t kDigits = 8;
    if (first == std::string_view::npos || first == last || id.size() - last - 1 != kDigits) {
        return std::nullopt;
    }
    const auto digits = id.substr(last + 1);
    int day = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + kDigits, day);
    const auto date = date_from_key(day);
    if (error != std::errc() || end != digits.data() + kDigits || !date) {
        return std::nullopt;
    }
    return SubmissionKey{
        std::string(id.substr(0, first)), std::string(id.substr(first + 1, last - first - 1)), *date
    };
}

Status
enter(Submission& submission, double value, std::string note, const std::string& by, Instant now) {
    // There is always room to decide.
    CS_CHECK(check_room(submission, 2));
    const int number = ++submission.entered;
    submission.steps.push_back({"entered", number, value, note, by, now});
    submission.pending = Submission::Entered{number, value, std::move(note), by, now};
    return ok();
}

Status approve(Submission& submission, int number, const std::string& by, Instant now) {
    CS_CHECK(check_waiting(submission, number));
    if (submission.pending->by == by) {
        return fail(ErrorCode::RuleViolation, "whoever entered a figure does not approve it");
    }
    submission.steps.push_back({"approved", number, {}, {}, by, now});
    submission.approved = std::move(submission.pending);
    submission.pending.reset();
    submission.approved_by = by;
    submission.approved_at = now;
    return ok();
}

Status send_back(
    Submission& submission,
    int number,
    std::string reason,
    const std::string& by,
    Instant now
) {
    CS_CHECK(check_waiting(submission, number));
    submission.steps.push_back({"returned", number, {}, std::move(reason), by, now});
    submission.pending.reset();
    return ok();
}

}  // namespace chengshu::indicators
