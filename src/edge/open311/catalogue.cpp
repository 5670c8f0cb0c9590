#include "edge/open311/internal/catalogue.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace chengshu::open311 {
namespace {

/// Leaves what needs no escaping in an address.
std::string safe(std::string_view text) {
    std::string out(text);
    for (char& c : out) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
        c = plain ? c : '-';
    }
    return out;
}

std::string long_code(const city::Category& category) {
    return fmt::format(
        "{}~{}~{}", safe(category.code_set), safe(category.kind), safe(category.code)
    );
}

std::vector<const city::Category*> reportable(const city::City& city, Date day) {
    const auto sets = city.code_sets(day);
    std::set<std::string> classes;
    for (const auto& category : city.categories()) {
        if (!category.parent.empty()) {
            classes.insert(
                fmt::format("{}/{}/{}", category.code_set, category.kind, category.parent)
            );
        }
    }
    std::vector<const city::Category*> out;
    for (const auto& set : sets) {
        for (const auto& category : city.categories()) {
            const bool kind = category.kind == "matter" || category.kind == "request";
            if (category.code_set == set && kind && category.validity.holds(day) &&
                !classes.contains(category.id)) {
                out.push_back(&category);
            }
        }
    }
    return out;
}

}  // namespace

Catalogue::Catalogue(services::DefinitionsPtr definitions, Date day)
    : definitions_(std::move(definitions)), day_(day) {
    const auto categories = reportable(*definitions_->city, day);
    std::map<std::string, int> codes;
    std::map<std::string, int> names;
    for (const auto* category : categories) {
        ++codes[safe(category->code)];
        ++names["zh " + category->name.of("zh")];
        ++names["en " + category->name.of("en")];
    }
    for (const auto* category : categories) {
        Service service;
        service.category = category;
        service.code =
            codes[safe(category->code)] == 1 ? safe(category->code) : long_code(*category);
        const auto unique = [&](const char* language) {
            const auto& name = category->name.of(language);
            const bool alone = names[fmt::format("{} {}", language, name)] == 1;
            return alone ? name : fmt::format("{} ({})", name, service.code);
        };
        service.name = {unique("zh"), unique("en")};
        by_code_.emplace(service.code, services_.size());
        by_code_.emplace(long_code(*category), services_.size());
        by_category_.emplace(category->id, services_.size());
        services_.push_back(std::move(service));
    }
}

const Service* Catalogue::find(std::string_view code) const {
    const auto found = by_code_.find(code);
    return found == by_code_.end() ? nullptr : &services_[found->second];
}

const city::Category* Catalogue::category_of(std::string_view code) const {
    if (const auto* service = find(code)) {
        return service->category;
    }
    const auto all = city().categories();
    const auto found = std::find_if(all.begin(), all.end(), [&](const auto& category) {
        return long_code(category) == code;
    });
    return found == all.end() ? nullptr : &*found;
}

std::string Catalogue::code_of(const std::string& category_id) const {
    if (const auto found = by_category_.find(category_id); found != by_category_.end()) {
        return services_[found->second].code;
    }
    const auto* category = city().category(category_id);
    return category == nullptr ? std::string() : long_code(*category);
}

std::string Catalogue::name_of(const std::string& category_id, std::string_view language) const {
    if (const auto found = by_category_.find(category_id); found != by_category_.end()) {
        return services_[found->second].name.of(language);
    }
    const auto* category = city().category(category_id);
    return category == nullptr ? std::string() : category->name.of(language);
}

std::shared_ptr<const Catalogue>
CatalogueCache::get(const services::DefinitionsPtr& definitions, Date day) {
    const std::lock_guard lock(mutex_);
    if (!latest_ || latest_->definitions() != definitions || latest_->day() != day) {
        latest_ = std::make_shared<const Catalogue>(definitions, day);
    }
    return latest_;
}

}  // namespace chengshu::open311
