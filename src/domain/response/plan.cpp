#include "domain/response/plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>

namespace chengshu::response {
namespace {

constexpr std::array<std::string_view, 5> kGrades{"none", "IV", "III", "II", "I"};

double cut_of(const PlanObject& object, Grade grade) {
    double out = 0;
    for (const auto& [from, percent] : object.cut) {
        if (from <= grade) {
            out = percent;
        }
    }
    return out;
}

bool in_reach(const PlanObject& object, std::string_view area, const city::City& city) {
    return area.empty() || city.is_within(object.area, area);
}

double saving(const PlanObject& object, Grade grade) {
    return object.emission * cut_of(object, grade) / 100;
}

}  // namespace

std::string_view grade_name(Grade grade) {
    return kGrades[static_cast<std::size_t>(grade)];
}

std::optional<Grade> grade_of(std::string_view name) {
    const auto* const found = std::find(kGrades.begin(), kGrades.end(), name);
    if (found == kGrades.end()) {
        return std::nullopt;
    }
    return static_cast<Grade>(found - kGrades.begin());
}

const PlanGrade* Plan::grade(Grade wanted) const {
    for (const auto& one : grades) {
        if (one.grade == wanted) {
            return &one;
        }
    }
    return nullptr;
}

const PlanGrade* Plan::triggered_by(Level level) const {
    const PlanGrade* out = nullptr;
    for (const auto& one : grades) {
        if (level != Level::None && one.alert != Level::None && one.alert <= level) {
            out = &one;
        }
    }
    return out;
}

const Plan* PlanBook::find(std::string_view code, Date date) const {
    for (const auto& plan : plans_) {
        if (plan.code == code && plan.validity.holds(date)) {
            return &plan;
        }
    }
    return nullptr;
}

const ObjectList* PlanBook::list(std::string_view code) const {
    for (const auto& list : lists_) {
        if (list.code == code) {
            return &list;
        }
    }
    return nullptr;
}

std::vector<const PlanObject*> targets_of(
    const Targets& targets,
    const ObjectList& list,
    Grade grade,
    std::string_view area,
    const city::City& city
) {
    std::vector<const PlanObject*> out;
    double total = 0;
    for (const auto& object : list.objects) {
        if (!in_reach(object, area, city)) {
            continue;
        }
        total += object.emission;
        const bool fits = targets.grades.empty() ||
                          std::find(targets.grades.begin(), targets.grades.end(), object.grade) !=
                              targets.grades.end();
        if (!object.exempt && fits && object.emission >= targets.emission_from) {
            out.push_back(&object);
        }
    }
    std::optional<double> percent;
    for (const auto& [from, wanted] : targets.reach) {
        if (from <= grade) {
            percent = wanted;
        }
    }
    if (!percent) {
        return out;
    }
    // Few large savers instead of everybody: fewest places are touched for the same cut.
    std::stable_sort(out.begin(), out.end(), [&](const auto* a, const auto* b) {
        return saving(*a, grade) > saving(*b, grade);
    });
    double saved = 0;
    std::size_t count = 0;
    while (count < out.size() && saved < total * *percent / 100 && saving(*out[count], grade) > 0) {
        saved += saving(*out[count], grade);
        ++count;
    }
    out.resize(count);
    return out;
}

double saved_percent(
    std::span<const PlanObject* const> objects,
    const ObjectList& list,
    Grade grade,
    std::string_view area,
    const city::City& city
) {
    double total = 0;
    for (const auto& object : list.objects) {
        total += in_reach(object, area, city) ? object.emission : 0;
    }
    const double saved =
        std::accumulate(objects.begin(), objects.end(), 0.0, [&](double sum, const auto* object) {
            return sum + saving(*object, grade);
        });
    return total > 0 ? saved / total * 100 : 0;
}

std::vector<const Resource*> nearest(
    std::span<const Resource> resources,
    std::string_view type,
    city::Point to,
    int count,
    const std::set<std::string>& taken
) {
    std::vector<std::pair<double, const Resource*>> found;
    for (const auto& resource : resources) {
        if (resource.type == type && !taken.contains(resource.code)) {
            found.emplace_back(city::distance_m(resource.point, to), &resource);
        }
    }
    std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) {
        return a.first < b.first;
    });
    std::vector<const Resource*> out;
    for (const auto& [metres, resource] : found) {
        if (out.size() == static_cast<std::size_t>(std::max(0, count))) {
            break;
        }
        out.push_back(resource);
    }
    return out;
}

std::vector<const Duty*> on_duty(std::span<const Duty> roster, LocalTime at) {
    const auto day = std::chrono::floor<std::chrono::days>(at);
    const auto weekday = static_cast<int>(std::chrono::weekday(day).iso_encoding());
    const auto hour = static_cast<int>(std::chrono::floor<std::chrono::hours>(at - day).count());
    std::vector<const Duty*> out;
    for (const auto& duty : roster) {
        if ((duty.weekday == 0 || duty.weekday == weekday) && duty.from_hour <= hour &&
            hour < duty.to_hour) {
            out.push_back(&duty);
        }
    }
    return out;
}

std::string response_id(const Plan& plan, std::string_view cause) {
    return fmt::format("{}.{}", plan.code, cause);
}

}  // namespace chengshu::response
