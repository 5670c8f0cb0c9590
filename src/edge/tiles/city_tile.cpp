#include "edge/tiles/city_tile.hpp"

#include "domain/access/scope.hpp"
#include "services/case_row.hpp"
#include "services/statistics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace chengshu::tiles {
namespace {

constexpr double kPixelsOfTile = 512;
constexpr double kPixelsOfArea = 90;  // on average; smaller areas would be noise
constexpr std::size_t kAreasMax = 600;
constexpr int kOpenMax = 4000;
constexpr int kEndedMax = static_cast<int>(kPointsMax) - kOpenMax;
constexpr Duration kCountsKept = std::chrono::seconds{3};
/// Cases reported longer ago than this are not counted on the map, so that a count reads a bounded
/// number of cells.
constexpr std::chrono::days kCounted{400};

struct LevelSize {
    std::string code;
    std::size_t areas = 0;
};

/// Levels that have boundaries, from the city downwards, with how many.
std::vector<LevelSize> drawn_levels(const city::City& city) {
    std::vector<LevelSize> out;
    for (const auto& level : city.levels()) {
        out.push_back({level.code, 0});
    }
    for (const auto& area : city.areas()) {
        if (city.boundary(area.code) == nullptr) {
            continue;
        }
        const auto found = std::find_if(out.begin(), out.end(), [&](const auto& item) {
            return item.code == area.level;
        });
        if (found != out.end()) {
            ++found->areas;
        }
    }
    std::erase_if(out, [](const auto& item) { return item.areas == 0; });
    return out;
}

/// Index of the level to draw at the zoom.
std::size_t pick_level(const city::City& city, const std::vector<LevelSize>& levels, int zoom) {
    const auto box = city.extent();
    const double middle = (box.south + box.north) / 2 * 3.14159265358979 / 180;
    const double surface =
        std::max(1e-9, (box.east - box.west) * std::cos(middle) * (box.north - box.south));
    std::size_t picked = 0;
    for (std::size_t i = 0; i < levels.size(); ++i) {
        const double degrees = std::sqrt(surface / static_cast<double>(levels[i].areas));
        if (degrees / 360 * std::ldexp(kPixelsOfTile, zoom) >= kPixelsOfArea) {
            picked = i;
        }
    }
    // The city as one shape says nothing: show its parts.
    return picked == 0 && levels.size() > 1 ? 1 : picked;
}

std::vector<const city::Area*>
areas_in(const city::City& city, const std::string& level, const city::Box& box, Date today) {
    auto found = city.areas_in(level, box);
    std::erase_if(found, [&](const auto* area) {
        return !area->validity.holds(today) || city.boundary(area->code) == nullptr;
    });
    if (found.size() > kAreasMax) {
        found.resize(kAreasMax);
    }
    return found;
}

/// Middle of the outer ring with the most corners: enough to place a number.
city::Point middle_of(const city::MultiPolygon& boundary) {
    const city::Ring* longest = nullptr;
    for (const auto& polygon : boundary) {
        if (!polygon.empty() && (longest == nullptr || polygon.front().size() > longest->size())) {
            longest = &polygon.front();
        }
    }
    city::Point out;
    double twice = 0;
    for (std::size_t i = 0; longest != nullptr && i + 1 < longest->size(); ++i) {
        const auto& a = (*longest)[i];
        const auto& b = (*longest)[i + 1];
        const double cross = a.lon * b.lat - b.lon * a.lat;
        twice += cross;
        out.lon += (a.lon + b.lon) * cross;
        out.lat += (a.lat + b.lat) * cross;
    }
    if (longest == nullptr || longest->empty() || twice == 0) {
        return longest == nullptr || longest->empty() ? city::Point{} : longest->front();
    }
    return {out.lon / (3 * twice), out.lat / (3 * twice)};
}

double coarse(double degrees) {
    return std::round(degrees * 1000) / 1000;
}

/// Rows of cells that cover the box.
std::vector<std::pair<std::int64_t, std::int64_t>> cells_of(const city::Box& box) {
    std::vector<std::pair<std::int64_t, std::int64_t>> out;
    constexpr double kCell = 0.001;
    for (double lat = box.south; lat < box.north + kCell; lat += kCell) {
        const double row = std::min(lat, box.north);
        out.emplace_back(city::cell_of({box.west, row}), city::cell_of({box.east, row}));
    }
    out.erase(std::unique(out.begin(), out.end()), out.end());
    return out;
}

Status add_cases(
    ports::Store& store,
    const services::Definitions& definitions,
    const access::Principal& who,
    const ports::CaseQuery& query,
    std::vector<PointFeature>& out
) {
    CS_TRY(rows, store.search(query));
    const bool may_read = access::may(who, access::Permission::ReadCase);
    for (const auto& row : rows) {
        if (!row.lon || !row.lat) {
            continue;
        }
        CS_TRY(value, services::from_row(row));
        const bool inner = may_read && access::can_see(who, value, *definitions.city);
        const auto* category = definitions.city->category(row.category);
        PointFeature item;
        item.id = cases::format_case_id(row.id);
        item.state = row.state;
        item.category = category == nullptr ? row.category : category->code;
        item.source = row.source;
        item.overdue = std::any_of(value.clocks.begin(), value.clocks.end(), [](const auto& clock) {
            return clock.second.overdue;
        });
        item.point = inner ? city::Point{*row.lon, *row.lat}
                           : city::Point{coarse(*row.lon), coarse(*row.lat)};
        out.push_back(std::move(item));
    }
    return ok();
}

/// Open cases in the tile, and those of the newest day that are at an end.
Result<std::vector<PointFeature>> cases_in(
    ports::Store& store,
    const services::Definitions& definitions,
    const access::Principal& who,
    const city::Box& box,
    int newest_day
) {
    std::vector<PointFeature> out;
    ports::CaseQuery query;
    query.cells = cells_of(box);
    query.open = true;
    query.limit = kOpenMax;
    CS_CHECK(add_cases(store, definitions, who, query, out));
    query.open = false;
    query.limit = kEndedMax;
    query.reported_day_from = newest_day;
    CS_CHECK(add_cases(store, definitions, who, query, out));
    return out;
}

std::int64_t value_of(const services::Values& values, const evaluation::Measure* measure) {
    const auto bit = measure == nullptr ? values.size() : static_cast<std::size_t>(measure->bit);
    return bit < values.size() ? values[bit] : 0;
}

}  // namespace

std::string level_at(const city::City& city, int zoom) {
    const auto levels = drawn_levels(city);
    return levels.empty() ? std::string() : levels[pick_level(city, levels, zoom)].code;
}

std::vector<const city::Area*>
areas_shown(const city::City& city, TileAddress address, Date today) {
    return areas_in(city, level_at(city, address.z), box_of(address), today);
}

Result<std::map<std::string, CityTiles::Counts>> CityTiles::counts_of(
    const services::Definitions& definitions,
    std::vector<std::string> areas,
    Instant now
) {
    std::map<std::string, Counts> out;
    {
        const std::lock_guard lock(mutex_);
        if (revision_ != definitions.revision) {
            counts_.clear();
            revision_ = definitions.revision;
        }
        std::erase_if(areas, [&](const auto& code) {
            const auto found = counts_.find(code);
            const bool fresh = found != counts_.end() && now - found->second.at < kCountsKept &&
                               now >= found->second.at;
            if (fresh) {
                out[code] = found->second;
            }
            return fresh;
        });
    }
    if (areas.empty()) {
        return out;
    }
    const auto today = std::chrono::sys_days(definitions.city->calendar().zone().local_date(now));
    CS_TRY(sums, services::sums(store_, "area", areas, date_key(today - kCounted), 99'999'999));
    const auto& evaluation = definitions.evaluation;
    const std::lock_guard lock(mutex_);
    for (const auto& code : areas) {
        const auto& values = sums[code];
        Counts counts;
        counts.open = std::max<std::int64_t>(
            0,
            value_of(values, evaluation.measure("reported")) -
                value_of(values, evaluation.measure("void")) -
                value_of(values, evaluation.measure("reported_closed"))
        );
        counts.overdue = value_of(values, evaluation.measure("overdue_open"));
        counts.at = now;
        counts_[code] = counts;
        out[code] = counts;
    }
    return out;
}

Result<std::string>
CityTiles::tile(TileAddress address, const access::Principal& who, Instant now) {
    if (!address.valid()) {
        return fail(
            ErrorCode::NotFound,
            fmt::format("there is no tile {}/{}/{}", address.z, address.x, address.y)
        );
    }
    const auto definitions = definitions_.get();
    const auto& city = *definitions->city;
    const auto levels = drawn_levels(city);
    if (levels.empty()) {
        return std::string();
    }
    const auto today = city.calendar().zone().local_date(now);
    const auto box = box_of(address);
    const auto level = pick_level(city, levels, address.z);
    const auto shown = areas_in(city, levels[level].code, box, today);
    const bool one_by_one = address.z >= kCasesZoom;
    const auto counted =
        one_by_one
            ? std::vector<const city::Area*>()
            : areas_in(city, levels[std::min(level + 1, levels.size() - 1)].code, box, today);
    std::vector<std::string> codes;
    for (const auto* list : {&shown, &counted}) {
        for (const auto* area : *list) {
            codes.push_back(area->code);
        }
    }
    CS_TRY(counts, counts_of(*definitions, std::move(codes), now));
    std::vector<AreaFeature> areas;
    for (const auto* area : shown) {
        const auto& numbers = counts[area->code];
        areas.push_back(
            {area->code,
             area->name.zh,
             area->name.en,
             area->level,
             area->schematic,
             numbers.open,
             numbers.overdue,
             city.boundary(area->code)}
        );
    }
    std::vector<PointFeature> points;
    if (one_by_one) {
        CS_TRY(newest, services::newest_report_day(store_));
        CS_TRY(found, cases_in(store_, *definitions, who, box, newest));
        points = std::move(found);
    }
    for (const auto* area : counted) {
        const auto& numbers = counts[area->code];
        if (numbers.open > 0) {
            PointFeature item;
            item.count = numbers.open;
            item.overdue = numbers.overdue > 0;
            item.point = middle_of(*city.boundary(area->code));
            points.push_back(std::move(item));
        }
    }
    return encode(address, areas, points);
}

}  // namespace chengshu::tiles
