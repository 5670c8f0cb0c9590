#pragma once

#include "domain/access/principal.hpp"
#include "services/response/tracked.hpp"
#include "services/unit_of_work.hpp"

#include <optional>
#include <string>
#include <vector>

namespace chengshu::services {

/// A warning of somebody else's, as a CAP message tells it.
struct ForeignWarning {
    enum class Kind { Alert, Update, Cancel };

    /// A message that is named by another one.
    struct Reference {
        std::string sender;
        std::string identifier;
    };

    Kind kind = Kind::Alert;
    std::string sender;
    std::string identifier;
    std::string sent;  ///< as written
    bool exercise = false;
    std::vector<Reference> references;
    response::Level level = response::Level::None;
    Label name;  ///< the event
    Label text;
    std::string event;     ///< its code
    std::string category;  ///< of CAP
    std::vector<std::string> area_codes;
    std::string area_text;
    std::optional<city::Point> point;
    std::optional<Instant> expires;
};

/// A message becomes an alert of rule "cap:<event code>", updates or cancels the one it refers to.
/// The same message again changes nothing. NotPermitted for whose posts do not reach its area,
/// NotFound for an update or cancellation of what is not known, Conflict when it comes after a
/// newer one of the same alert.
Result<response::Alert>
take_warning(UnitOfWork& work, const access::Principal& who, const ForeignWarning& warning);

}  // namespace chengshu::services
