#include "domain/city/city.hpp"

#include "domain/city/codes.hpp"
#include "domain/city/internal/city_data.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <tuple>
#include <utility>

namespace chengshu::city {
namespace {

/// How near to an outline, in degrees (about a centimetre), a point still counts as on it.
constexpr double kBorderDegrees = 1e-7;

template <class T>
const T* row_or_null(const std::vector<T>& rows, std::size_t index) {
    return index == kNoIndex ? nullptr : &rows[index];
}

/// How many ancestors of the area agree that they contain the point.
int agreeing_ancestors(const CityData& data, std::size_t area, Point point) {
    int agreeing = 0;
    std::vector<std::size_t> containing;
    for (std::size_t up = data.area_parent[area]; up != kNoIndex; up = data.area_parent[up]) {
        containing.clear();
        data.level_index[data.area_level[up]].containing(point, containing);
        agreeing += std::find(containing.begin(), containing.end(), up) != containing.end() ? 1 : 0;
    }
    return agreeing;
}

/// Of several areas of one level: the one most of whose ancestors agree, then the smallest code.
std::size_t choose(const CityData& data, const std::vector<std::size_t>& found, Point point) {
    if (found.size() == 1) {
        return found.front();
    }
    std::size_t best = kNoIndex;
    int best_agreeing = -1;
    for (const std::size_t area : found) {
        const int agreeing = agreeing_ancestors(data, area, point);
        const bool better =
            agreeing > best_agreeing ||
            (agreeing == best_agreeing && data.areas[area].code < data.areas[best].code);
        if (better) {
            best = area;
            best_agreeing = agreeing;
        }
    }
    return best;
}

template <class Find>
std::size_t deepest(const CityData& data, Point point, std::optional<Date> date, const Find& find) {
    std::vector<std::size_t> found;
    for (std::size_t level = data.levels.size(); level-- > 0;) {
        find(data.level_index[level], found);
        if (date) {
            std::erase_if(found, [&](std::size_t area) {
                return !data.areas[area].validity.holds(*date);
            });
        }
        if (!found.empty()) {
            return choose(data, found, point);
        }
    }
    return kNoIndex;
}

bool has_boundaries(const CityData& data) {
    return std::any_of(
        data.level_index.begin(),
        data.level_index.end(),
        [](const LevelIndex& index) { return !index.empty(); }
    );
}

/// Rows of one area: by exact category, and those with a prefix.
struct AreaDuties {
    StringMap<std::vector<std::size_t>> exact;
    std::vector<std::size_t> prefixes;
};

class LoadedCity final : public City {
public:
    explicit LoadedCity(CityData data) : data_(std::move(data)) {
        for (std::size_t i = 0; i < data_.standards.size(); ++i) {
            standards_by_category_[data_.standards[i].category].push_back(i);
        }
        for (std::size_t i = 0; i < data_.confusables.size(); ++i) {
            confusables_by_category_[data_.confusables[i].category].push_back(i);
        }
        for (std::size_t i = 0; i < data_.responsibilities.size(); ++i) {
            const Responsibility& row = data_.responsibilities[i];
            AreaDuties& duties = duties_by_area_[row.area];
            if (row.category.ends_with('*')) {
                duties.prefixes.push_back(i);
            } else {
                duties.exact[row.category].push_back(i);
            }
        }
    }

    const std::string& code() const override { return data_.code; }

    const Label& name() const override { return data_.name; }

    const Label& notice() const override { return data_.notice; }

    const std::string& division() const override { return data_.division; }

    const Calendar& calendar() const override { return *data_.calendar; }

    const Settings& settings() const override { return data_.settings; }

    std::span<const Level> levels() const override { return data_.levels; }

    std::span<const Area> areas() const override { return data_.areas; }

    std::span<const Department> departments() const override { return data_.departments; }

    std::span<const Post> posts() const override { return data_.posts; }

    std::span<const DemoAccount> demo_accounts() const override { return data_.accounts; }

    std::span<const Category> categories() const override { return data_.categories; }

    std::span<const Standard> standards() const override { return data_.standards; }

    std::span<const Responsibility> responsibilities() const override {
        return data_.responsibilities;
    }

    std::span<const Component> components() const override { return data_.components; }

    const Terminals& terminals() const override { return data_.terminals; }

    std::span<const DataTablePtr> tables() const override { return data_.tables; }

    std::span<const DefinitionFile> definitions() const override { return data_.definitions; }

    Box extent() const override { return data_.extent; }

    const Area* area(std::string_view code) const override {
        return row_or_null(data_.areas, index_of(data_.area_by_code, code));
    }

    const Department* department(std::string_view code) const override {
        return row_or_null(data_.departments, index_of(data_.department_by_code, code));
    }

    const Post* post(std::string_view code) const override {
        return row_or_null(data_.posts, index_of(data_.post_by_code, code));
    }

    const Category* category(std::string_view id) const override {
        return row_or_null(data_.categories, index_of(data_.category_by_id, id));
    }

    const Standard* standard(std::string_view code) const override {
        return row_or_null(data_.standards, index_of(data_.standard_by_code, code));
    }

    const Component* component(std::string_view code) const override {
        return row_or_null(data_.components, index_of(data_.component_by_code, code));
    }

    DataTablePtr table(std::string_view code) const override {
        for (const auto& table : data_.tables) {
            if (table->code == code) {
                return table;
            }
        }
        return nullptr;
    }

    std::string division_of(std::string_view area) const override;
    std::vector<std::string> code_sets(Date date) const override;
    std::vector<const Standard*> standards_of(std::string_view category_id, Date date)
        const override;
    std::vector<const Category*> crosswalk(std::string_view category_id, std::string_view to_set)
        const override;
    std::vector<const Confusable*> confusables(std::string_view category_id) const override;
    std::vector<std::string> path(std::string_view area) const override;
    bool is_within(std::string_view area, std::string_view ancestor) const override;
    Result<Place> locate(Point point, Date date) const override;
    const MultiPolygon* boundary(std::string_view area) const override;
    std::vector<const Area*> areas_in(std::string_view level, Box box) const override;
    Owners owners(std::string_view category_id, std::span<const std::string> path, Date date)
        const override;

private:
    struct Match {
        const Responsibility* row;
        std::size_t depth;  // position of its area in the path

        [[nodiscard]] auto rank() const {
            return std::tuple{row->priority, depth, row->category.size()};
        }
    };

    [[nodiscard]] std::vector<Match>
    matches(std::string_view category_id, std::span<const std::string> path, Date date) const;
    [[nodiscard]] bool applies(const Responsibility& row, std::string_view category_id, Date date)
        const;
    [[nodiscard]] std::vector<std::string> path_of(std::size_t area) const;

    CityData data_;
    StringMap<std::vector<std::size_t>> standards_by_category_;
    StringMap<std::vector<std::size_t>> confusables_by_category_;
    StringMap<AreaDuties> duties_by_area_;
};

std::string LoadedCity::division_of(std::string_view area) const {
    std::size_t index = index_of(data_.area_by_code, area);
    for (; index != kNoIndex; index = data_.area_parent[index]) {
        const std::string first = data_.areas[index].code.substr(0, 6);
        int number = 0;
        if (is_division(first)) {
            std::from_chars(first.data(), first.data() + first.size(), number);
        }
        if (number > 0 && number <= kDivisionMax) {
            return first;
        }
    }
    return data_.division;
}

std::vector<std::string> LoadedCity::code_sets(Date date) const {
    std::vector<std::string> sets;
    for (const CityData::CodeSet& set : data_.code_sets) {
        if (set.validity.holds(date)) {
            sets.push_back(set.code);
        }
    }
    return sets;
}

std::vector<const Standard*> LoadedCity::standards_of(std::string_view category_id, Date date)
    const {
    std::vector<const Standard*> rows;
    const auto found = standards_by_category_.find(category_id);
    if (found != standards_by_category_.end()) {
        for (const std::size_t index : found->second) {
            if (data_.standards[index].validity.holds(date)) {
                rows.push_back(&data_.standards[index]);
            }
        }
    }
    return rows;
}

std::vector<const Category*>
LoadedCity::crosswalk(std::string_view category_id, std::string_view to_set) const {
    std::vector<const Category*> rows;
    const std::size_t from = index_of(data_.category_by_id, category_id);
    if (from == kNoIndex) {
        return rows;
    }
    if (data_.categories[from].code_set == to_set) {
        rows.push_back(&data_.categories[from]);
        return rows;
    }
    for (const CityData::Counterpart& counterpart : data_.counterparts[from]) {
        const Category& category = data_.categories[counterpart.category];
        if (category.code_set == to_set) {
            rows.push_back(&category);
        }
    }
    return rows;
}

std::vector<const Confusable*> LoadedCity::confusables(std::string_view category_id) const {
    std::vector<const Confusable*> rows;
    const auto found = confusables_by_category_.find(category_id);
    if (found != confusables_by_category_.end()) {
        for (const std::size_t index : found->second) {
            rows.push_back(&data_.confusables[index]);
        }
    }
    return rows;
}

std::vector<std::string> LoadedCity::path_of(std::size_t area) const {
    std::vector<std::string> codes;
    for (; area != kNoIndex; area = data_.area_parent[area]) {
        codes.push_back(data_.areas[area].code);
    }
    std::reverse(codes.begin(), codes.end());
    return codes;
}

std::vector<std::string> LoadedCity::path(std::string_view area) const {
    return path_of(index_of(data_.area_by_code, area));
}

bool LoadedCity::is_within(std::string_view area, std::string_view ancestor) const {
    const std::size_t wanted = index_of(data_.area_by_code, ancestor);
    std::size_t index = wanted == kNoIndex ? kNoIndex : index_of(data_.area_by_code, area);
    while (index != kNoIndex && index != wanted) {
        index = data_.area_parent[index];
    }
    return index != kNoIndex;
}

Result<Place> LoadedCity::locate(Point point, Date date) const {
    if (!(std::abs(point.lon) <= 180.0 && std::abs(point.lat) <= 90.0)) {
        return fail(
            ErrorCode::InvalidInput,
            "the coordinate is out of range; use WGS 84 degrees, longitude first"
        );
    }
    Place place;
    place.point = point;
    std::size_t area = locate_area(data_, point, date);
    if (area == kNoIndex) {
        if (has_boundaries(data_)) {
            return fail(
                ErrorCode::OutsideCity,
                fmt::format(
                    "{:.6f}, {:.6f} is outside {}", point.lon, point.lat, data_.name.of("en")
                )
            );
        }
        area = data_.root;
    }
    place.path = path_of(area);
    return place;
}

const MultiPolygon* LoadedCity::boundary(std::string_view area) const {
    const std::size_t index = index_of(data_.area_by_code, area);
    return index == kNoIndex || data_.boundaries[index].empty() ? nullptr
                                                                : &data_.boundaries[index];
}

std::vector<const Area*> LoadedCity::areas_in(std::string_view level, Box box) const {
    std::vector<const Area*> rows;
    for (std::size_t i = 0; i < data_.levels.size(); ++i) {
        if (data_.levels[i].code == level) {
            std::vector<std::size_t> found;
            data_.level_index[i].meeting(box, found);
            for (const std::size_t index : found) {
                rows.push_back(&data_.areas[index]);
            }
        }
    }
    return rows;
}

bool LoadedCity::applies(const Responsibility& row, std::string_view category_id, Date date) const {
    if (!row.validity.holds(date)) {
        return false;
    }
    if (row.category.ends_with('*')) {
        const auto prefix = std::string_view{row.category}.substr(0, row.category.size() - 1);
        if (!category_id.starts_with(prefix)) {
            return false;
        }
    }
    const Department* owner = department(row.department);
    return owner != nullptr && owner->validity.holds(date);
}

std::vector<LoadedCity::Match> LoadedCity::matches(
    std::string_view category_id,
    std::span<const std::string> path,
    Date date
) const {
    std::vector<Match> found;
    for (std::size_t depth = 0; depth < path.size(); ++depth) {
        const auto duties = duties_by_area_.find(path[depth]);
        if (duties == duties_by_area_.end()) {
            continue;
        }
        std::vector<std::size_t> rows = duties->second.prefixes;
        const auto exact = duties->second.exact.find(category_id);
        if (exact != duties->second.exact.end()) {
            rows.insert(rows.end(), exact->second.begin(), exact->second.end());
        }
        for (const std::size_t index : rows) {
            if (applies(data_.responsibilities[index], category_id, date)) {
                found.push_back({&data_.responsibilities[index], depth});
            }
        }
    }
    // Rows of equal rank stay in the order of the file, which is their order in memory.
    std::sort(found.begin(), found.end(), [](const Match& a, const Match& b) {
        return a.rank() != b.rank() ? a.rank() > b.rank() : a.row < b.row;
    });
    return found;
}

Owners LoadedCity::owners(
    std::string_view category_id,
    std::span<const std::string> path,
    Date date
) const {
    Owners result;
    std::vector<std::string_view> taken;
    const auto take = [&](std::vector<const Responsibility*>& rows, const Responsibility& row) {
        if (std::find(taken.begin(), taken.end(), row.department) == taken.end()) {
            taken.push_back(row.department);
            rows.push_back(&row);
        }
    };
    const std::vector<Match> found = matches(category_id, path, date);
    const Match* first_lead = nullptr;
    for (const Match& match : found) {
        if (match.row->lead && (first_lead == nullptr || match.rank() == first_lead->rank())) {
            first_lead = first_lead == nullptr ? &match : first_lead;
            take(result.leads, *match.row);
        }
    }
    // Sorted, so the first assisting row has the highest priority. One below the lead's priority
    // goes with a lead that lost, and is left out like it.
    std::optional<int> priority;
    for (const Match& match : found) {
        if (match.row->lead) {
            continue;
        }
        priority = priority.value_or(match.row->priority);
        const bool below_lead = first_lead != nullptr && *priority < first_lead->row->priority;
        if (match.row->priority == *priority && !below_lead) {
            take(result.assists, *match.row);
        }
    }
    return result;
}

}  // namespace

bool Validity::holds(Date date) const {
    return (!from || *from <= date) && (!to || date < *to);
}

std::size_t locate_area(const CityData& data, Point point, std::optional<Date> date) {
    std::size_t area = deepest(data, point, date, [&](const LevelIndex& index, auto& found) {
        index.containing(point, found);
    });
    if (area == kNoIndex) {
        // Nothing contains it: it may stand exactly on the outer border of the city.
        area = deepest(data, point, date, [&](const LevelIndex& index, auto& found) {
            index.touching(point, kBorderDegrees, found);
        });
    }
    return area;
}

const Area& root_area(const City& city) {
    const auto areas = city.areas();
    const auto found = std::find_if(areas.begin(), areas.end(), [](const Area& area) {
        return area.parent.empty();
    });
    CS_ASSERT(found != areas.end());
    return *found;
}

bool has_outlines(const City& city) {
    const Box extent = city.extent();
    return extent.west < extent.east;
}

CityPtr make_city(CityData data) {
    return std::make_shared<const LoadedCity>(std::move(data));
}

}  // namespace chengshu::city
