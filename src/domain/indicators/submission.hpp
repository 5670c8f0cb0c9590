#pragma once

#include "base/result.hpp"
#include "base/time.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace chengshu::indicators {

/// Steps of one submission that are kept with it.
inline constexpr std::size_t kSubmissionStepsMax = 100;

/// What one submission is for: a figure of an area in a period.
struct SubmissionKey {
    std::string indicator;
    std::string area;
    Date day;  ///< first local day of the period

    /// "indicator:area:20250901". Those of an indicator in an area are next to one another, in the
    /// order of their days.
    [[nodiscard]] std::string id() const;

    friend bool operator==(const SubmissionKey&, const SubmissionKey&) = default;
};

/// Nothing for a text that is no id of a submission.
std::optional<SubmissionKey> submission_key(std::string_view id);

/// A figure that no system measures, as people have entered it (填报): it counts only after another
/// person has approved it (审核), and until a later one is approved.
struct Submission {
    /// As entered by somebody, once.
    struct Entered {
        int number = 0;  ///< from 1, in the order of entering
        double value = 0;
        std::string note;
        std::string by;  ///< login
        Instant at;

        friend bool operator==(const Entered&, const Entered&) = default;
    };

    struct Step {
        std::string what;  ///< entered, approved, returned
        int number = 0;    ///< of what was entered
        std::optional<double> value;
        std::string text;  ///< note or reason
        std::string by;
        Instant at;

        friend bool operator==(const Step&, const Step&) = default;
    };

    SubmissionKey key;
    int entered = 0;                  ///< how many times
    std::optional<Entered> pending;   ///< waits for somebody's approval
    std::optional<Entered> approved;  ///< counts
    std::string approved_by;
    Instant approved_at;
    std::vector<Step> steps;  ///< oldest first

    friend bool operator==(const Submission&, const Submission&) = default;
};

/// A value takes the place of one that waits; what counts goes on counting. TooLarge after
/// kSubmissionStepsMax steps.
Status
enter(Submission& submission, double value, std::string note, const std::string& by, Instant now);
/// What waits, by its number, counts from now on. Conflict when something else waits; RuleViolation
/// for who has entered it.
Status approve(Submission& submission, int number, const std::string& by, Instant now);
/// What waits, by its number, is refused. Conflict when something else waits.
Status send_back(
    Submission& submission,
    int number,
    std::string reason,
    const std::string& by,
    Instant now
);

}  // namespace chengshu::indicators
