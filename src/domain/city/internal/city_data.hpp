#pragma once

#include "domain/city/city.hpp"
#include "domain/city/internal/locator.hpp"
#include "domain/city/internal/text.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace chengshu::city {

constexpr std::size_t kNoIndex = static_cast<std::size_t>(-1);

/// Everything the files of a city say, with indexes by code. Filled by the parser, then never
/// changed.
struct CityData {
    struct CodeSet {
        std::string code;
        Validity validity;
    };

    struct Counterpart {
        std::size_t category = 0;
        double confidence = 0;
    };

    std::string code;
    Label name;
    Label notice;
    std::string division;
    std::optional<Calendar> calendar;
    Settings settings;
    std::vector<std::string> scenarios;
    std::vector<CodeSet> code_sets;

    std::vector<Level> levels;
    std::vector<Area> areas;
    std::vector<std::size_t> area_parent;  // kNoIndex for the city itself
    std::vector<std::size_t> area_level;
    std::vector<MultiPolygon> boundaries;  // one per area, empty when unknown
    std::vector<LevelIndex> level_index;   // one per level
    Box extent;
    std::size_t root = kNoIndex;

    std::vector<Department> departments;
    std::vector<Post> posts;
    std::vector<DemoAccount> accounts;
    std::vector<Category> categories;
    std::vector<std::vector<Counterpart>> counterparts;  // one list per category, best first
    std::vector<Confusable> confusables;
    std::vector<Standard> standards;
    std::vector<Responsibility> responsibilities;
    std::vector<Component> components;
    Terminals terminals;
    std::vector<DataTablePtr> tables;
    std::vector<DefinitionFile> definitions;

    StringMap<std::size_t> area_by_code;
    StringMap<std::size_t> department_by_code;
    StringMap<std::size_t> post_by_code;
    StringMap<std::size_t> category_by_id;
    StringMap<std::size_t> standard_by_code;
    StringMap<std::size_t> component_by_code;
};

/// Index of a key, kNoIndex when absent.
inline std::size_t index_of(const StringMap<std::size_t>& map, std::string_view key) {
    const auto found = map.find(key);
    return found == map.end() ? kNoIndex : found->second;
}

/// The area a point lies in by City::locate's rules; kNoIndex when none.
std::size_t locate_area(const CityData& data, Point point, std::optional<Date> date);

CityPtr make_city(CityData data);

}  // namespace chengshu::city
