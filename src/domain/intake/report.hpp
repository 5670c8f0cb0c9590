#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "domain/cases/case.hpp"
#include "domain/city/city.hpp"

#include <optional>
#include <string>
#include <vector>

namespace chengshu::intake {

/// Personal data of who reported. Kept apart from the report and masked by default.
struct Reporter {
    std::string name;
    std::string phone;
    std::string email;
    std::string account;  ///< login, or the citizen app's own id

    [[nodiscard]] bool empty() const {
        return name.empty() && phone.empty() && email.empty() && account.empty();
    }
};

/// What one source says happened (上报), as it comes in.
struct Report {
    std::string source;  ///< a code of the city's source list, where it has one
    std::string category;
    std::string standard;
    std::string description;
    std::string address;
    std::optional<city::Point> point;
    bool gcj02 = false;  ///< `point` is in the Chinese map datum
    std::string area;    ///< area or grid code, when there is no coordinate
    std::string component;
    Reporter reporter;
    std::string collector;  ///< login of the collector who reported it
    std::string external_id;
    std::vector<cases::Attachment> attachments;
    std::vector<std::string> media_urls;  ///< pictures that the sender keeps in public
    std::string channel;                  ///< "open311": a report that is public; else empty
    bool confirmed_new = false;  ///< whoever sends it has made sure that it is no duplicate
    /// Set by the server alone: whose the case is, instead of the responsibility list, and why.
    std::string owner;
    std::string owner_basis;
    bool self_handled = false;
    bool urgent = false;
    bool generated = false;
};

inline constexpr std::size_t kDescriptionMax = 4000;  ///< characters
inline constexpr std::size_t kAddressMax = 500;
inline constexpr std::size_t kAttachmentsMax = 16;
inline constexpr std::size_t kMediaUrlMax = 2000;

/// White space folded, control characters dropped, ends trimmed. InvalidInput for text that is not
/// UTF-8, TooLarge past its limit.
Result<Report> normalise(Report report);

/// Where it is: by coordinate (converted from GCJ-02 if so marked), else component code, else area
/// code. OutsideCity, UnknownCode, or InvalidInput when nothing says where. A coordinate wins over
/// codes; a component code that disagrees by more than `kComponentAwayMax` metres is refused.
Result<city::Place> locate(const Report& report, const city::City& city, Date date);

inline constexpr double kComponentAwayMax = 2000;

/// The category, from its id or from the component; UnknownCode when it is not valid on the date.
/// Empty when the report names none: then a person chooses.
Result<std::string> classify(const Report& report, const city::City& city, Date date);

/// How near and how recent an open case of the category must be for a report to count as its
/// duplicate.
struct DuplicateRule {
    double radius_m = 0;
    Duration window{};
};

DuplicateRule duplicate_rule(const std::string& category, const city::City& city);
/// The longest window of any category.
Duration longest_duplicate_window(const city::City& city);

}  // namespace chengshu::intake
