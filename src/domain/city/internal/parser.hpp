#pragma once

#include "domain/city/city.hpp"
#include "domain/city/findings.hpp"
#include "domain/city/internal/city_data.hpp"
#include "domain/city/internal/table.hpp"

#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace chengshu::city {

/// A file that takes part, and whether it is the city's own (its rows replace those of a scenario).
struct Source {
    const CityFile* file = nullptr;
    bool own = false;
};

/// What city.yaml says that only later steps can judge or use.
struct CityYaml {
    std::optional<TimeZone> zone;
    std::vector<WorkingPeriod> periods;
    std::set<unsigned> weekdays;

    struct Reference {
        std::string code;
        Spot spot;
    };

    std::vector<Reference> code_sets;
    std::vector<Reference> categories;   // keys of workflow_by_category
    std::vector<Reference> departments;  // keys of workflow_by_department
    std::vector<Reference> scenarios;
};

/// What every step of the parser works on. Steps run in a fixed order, so that codes are known
/// before they are used.
struct Parser {
    CityData data;
    Findings findings;
    CityYaml yaml;
    std::vector<Source> sources;  // scenarios in the city's order, then the city

    /// Files named `<name>.csv`, or `<name>-<anything>.csv` / `.geojson`, of scenarios and city in
    /// order.
    [[nodiscard]] std::vector<Source> files(std::string_view name, std::string_view extension)
        const;

    /// The area a field names; the city itself when the field is empty. Reported when unknown.
    std::string area_reference(Table& table, std::size_t column);
    /// The department a field names; empty when the field is empty and `needed` is false.
    std::string department_reference(Table& table, std::size_t column, bool needed);
    /// Reports a category id that is unknown.
    bool known_category(Table& table, std::size_t column, std::string_view id);
};

/// The row's key against those seen before: a city's own row replaces a scenario's, anything else
/// that repeats a key is a mistake.
class Keys {
public:
    explicit Keys(Findings& findings) : findings_(findings) {}

    /// Where to put the row: `end` for a new one, an earlier index to replace, kNoIndex to drop it
    /// (reported).
    std::size_t place(const std::string& key, std::size_t end, bool own, Spot spot);

private:
    struct Seen {
        std::size_t index;
        bool own;
        Spot spot;
    };

    Findings& findings_;
    StringMap<Seen> seen_;
};

/// Puts a row where Keys::place said.
template <class T>
void put(std::vector<T>& rows, std::size_t index, T row) {
    if (index < rows.size()) {
        rows[index] = std::move(row);
    } else {
        rows.push_back(std::move(row));
    }
}

/// The file's path below its city or scenario folder.
std::string_view relative_path(std::string_view path);

// The steps, in order. Each reports its mistakes and leaves what is sound in the data.
void parse_city_yaml(Parser& parser, const CityFile& file);
void parse_scenario_yaml(Parser& parser, const CityFile& file, std::string_view code);
void parse_areas(Parser& parser);
void parse_boundaries(Parser& parser);
void parse_departments(Parser& parser);
void parse_posts(Parser& parser);
void parse_accounts(Parser& parser);
void parse_categories(Parser& parser);
void parse_crosswalk(Parser& parser);
void parse_confusables(Parser& parser);
void parse_standards(Parser& parser);
void parse_responsibilities(Parser& parser);
void parse_components(Parser& parser);
void parse_observed(Parser& parser);
void parse_value_classes(Parser& parser);
void parse_sensors(Parser& parser);
void parse_things(Parser& parser);
void parse_streams(Parser& parser);
void parse_tables(Parser& parser);
void parse_calendar(Parser& parser);
/// References from city.yaml to what the other files define.
void check_city_yaml(Parser& parser);

}  // namespace chengshu::city
