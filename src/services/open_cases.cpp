#include "services/open_cases.hpp"

#include <algorithm>
#include <utility>

namespace chengshu::services {

void OpenCases::put(const std::string& category, const Spot& spot) {
    categories_[category][city::cell_of(spot.point)].push_back(spot);
}

void OpenCases::erase(const std::string& category, city::Point point, CaseId id) {
    const auto cells = categories_.find(category);
    if (cells == categories_.end()) {
        return;
    }
    const auto cell = cells->second.find(city::cell_of(point));
    if (cell == cells->second.end()) {
        return;
    }
    std::erase_if(cell->second, [&](const Spot& spot) { return spot.id == id; });
    if (cell->second.empty()) {
        cells->second.erase(cell);
    }
    if (cells->second.empty()) {
        categories_.erase(cells);
    }
}

std::vector<OpenCases::Spot> OpenCases::near(
    const std::string& category,
    city::Point point,
    double radius_m,
    std::int64_t since
) {
    std::vector<Spot> out;
    const auto found = categories_.find(category);
    if (found == categories_.end()) {
        return out;
    }
    auto& cells = found->second;
    for (const auto& range : city::cells_around(point, radius_m)) {
        for (auto cell = cells.lower_bound(range.first);
             cell != cells.end() && cell->first <= range.last;) {
            auto& spots = cell->second;
            std::erase_if(spots, [&](const Spot& spot) { return spot.reported_at < since; });
            std::copy_if(spots.begin(), spots.end(), std::back_inserter(out), [&](const auto& at) {
                return city::distance_m(point, at.point) <= radius_m;
            });
            cell = spots.empty() ? cells.erase(cell) : std::next(cell);
        }
    }
    std::sort(out.begin(), out.end(), [&](const Spot& a, const Spot& b) {
        return std::pair(city::distance_m(point, a.point), a.id) <
               std::pair(city::distance_m(point, b.point), b.id);
    });
    return out;
}

}  // namespace chengshu::services
