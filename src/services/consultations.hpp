#pragma once

#include "domain/access/principal.hpp"
#include "services/city_revisions.hpp"
#include "services/unit_of_work.hpp"

#include <optional>
#include <string>
#include <vector>

namespace chengshu::services {

/// 会商: departments decide together whose a case is. Document kind "consultation".
struct Consultation {
    std::string id;  ///< "000001", ascending
    std::vector<CaseId> cases;
    std::vector<std::string> departments;
    std::string question;
    std::string opened_by;
    Instant opened_at;
    std::string lead;  ///< empty until concluded
    std::vector<std::string> assisting;
    std::string basis;
    std::string concluded_by;
    std::optional<Instant> concluded_at;

    [[nodiscard]] std::string to_json() const;
    static Result<Consultation> from_json(const ports::DocumentRow& row);
};

/// Every case must be waiting for dispatch (or be in consultation); those not yet there do
/// "consult".
Result<Consultation> open_consultation(
    UnitOfWork& work,
    const access::Principal& who,
    std::vector<CaseId> cases,
    std::vector<std::string> departments,
    std::string question
);

/// Dispatches every case of the consultation to the lead department, with the basis as the reason.
Result<Consultation> conclude(
    UnitOfWork& work,
    const access::Principal& who,
    const std::string& id,
    std::string lead,
    std::vector<std::string> assisting,
    std::string basis
);

/// A conclusion made general: from `from` on, the category in the area belongs to the department.
struct NewResponsibility {
    std::string category;
    std::string area;
    std::string department;
    std::vector<std::string> assisting;
    std::string basis;
    Date from;
};

/// The stored city with the rows added (in responsibilities-consultations.csv): to be parsed, then
/// staged with load_city.
Result<StoredCity> with_responsibility(ports::Store& store, const NewResponsibility& row);

}  // namespace chengshu::services
