#pragma once

#include "services/definitions.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace chengshu::open311 {

/// A category that a citizen can report.
struct Service {
    std::string code;
    Label name;  ///< unique: clients such as FixMyStreet tell services apart by their names, too
    const city::Category* category = nullptr;
};

/// The services of one day: the matters and requests of the code sets in use that have no classes
/// below them. A service's code is its category's where only one service has that, else
/// "<set>~<kind>~<code>".
class Catalogue {
public:
    Catalogue(services::DefinitionsPtr definitions, Date day);

    [[nodiscard]] const std::vector<Service>& services() const { return services_; }

    /// Null when there is none. The long form is understood for every service.
    [[nodiscard]] const Service* find(std::string_view code) const;
    /// The category of a service of today or of the past (by its long form); null when unknown.
    [[nodiscard]] const city::Category* category_of(std::string_view code) const;
    /// The service code under which a category is shown; also for those that are no service (any
    /// more).
    [[nodiscard]] std::string code_of(const std::string& category_id) const;
    [[nodiscard]] std::string name_of(const std::string& category_id, std::string_view language)
        const;

    [[nodiscard]] const city::City& city() const { return *definitions_->city; }

    [[nodiscard]] Date day() const { return day_; }

    [[nodiscard]] const services::DefinitionsPtr& definitions() const { return definitions_; }

private:
    services::DefinitionsPtr definitions_;
    Date day_;
    std::vector<Service> services_;
    std::map<std::string, std::size_t, std::less<>> by_code_;  ///< both forms
    std::map<std::string, std::size_t, std::less<>> by_category_;
};

/// Keeps the latest catalogue until the definitions or the day change. Thread-safe.
class CatalogueCache {
public:
    std::shared_ptr<const Catalogue> get(const services::DefinitionsPtr& definitions, Date day);

private:
    std::mutex mutex_;
    std::shared_ptr<const Catalogue> latest_;
};

}  // namespace chengshu::open311
