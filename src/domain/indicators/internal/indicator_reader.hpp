#pragma once

#include "domain/city/findings.hpp"
#include "domain/city/yaml_file.hpp"
#include "domain/indicators/definition.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chengshu::indicators {

/// Reads all indicators.yaml files of a city. One use; entries in reader.cpp, rules in
/// rule_reader.cpp, pages in page_reader.cpp, what else stands beside them in list_reader.cpp.
class IndicatorReader {
public:
    IndicatorReader(
        std::span<const city::DefinitionFile> files,
        const city::City& city,
        std::uint32_t (*flag)(std::string_view name),
        const CaseMeasures& cases,
        const city::DefinitionFile* draft
    );

    ParsedIndicators read();

private:
    using Yaml = city::YamlFile;

    /// Where an entry stands, for what can only be said when all are known.
    struct Entry {
        std::size_t file = 0;
        YAML::Node node;
    };

    template <class Read>
    void guarded(Read read);

    void read_draft(std::size_t file);
    [[nodiscard]] bool is_replaced(std::size_t file, const char* list, const YAML::Node& node)
        const;
    void read_measures();
    void read_codes(std::size_t file);
    void read_indicators(std::size_t file);
    Indicator indicator(std::size_t file, const YAML::Node& node);
    void read_place(Yaml& yaml, const YAML::Node& node, Indicator& out);
    void read_periods(Yaml& yaml, const YAML::Node& node, Indicator& out);
    void read_areas(Yaml& yaml, const YAML::Node& node, Indicator& out);
    void read_subjects(Yaml& yaml, const YAML::Node& node, Indicator& out);
    void read_judgement(Yaml& yaml, const YAML::Node& node, Indicator& out);
    Threshold threshold(Yaml& yaml, const YAML::Node& node);
    static void
    check_thresholds(Yaml& yaml, const YAML::Node& node, std::span<const Threshold> thresholds);
    void check_parents();
    void complain(std::size_t at, Label message, Label hint);

    void read_rule(Yaml& yaml, const YAML::Node& node, Indicator& out);
    Observed observed(Yaml& yaml, const YAML::Node& node, const Indicator& whole);
    Window window(Yaml& yaml, const YAML::Node& node, const Indicator& whole);
    Roll roll(Yaml& yaml, const YAML::Node& node);
    Computed formula(Yaml& yaml, const YAML::Node& node);
    Which which(Yaml& yaml, const YAML::Node& node);
    Entered entered(Yaml& yaml, const YAML::Node& node, const Indicator& whole);
    Tabled tabled(Yaml& yaml, const YAML::Node& node, const Indicator& whole);
    Tabled::Condition condition(
        Yaml& yaml,
        const YAML::Node& key,
        const YAML::Node& value,
        const city::DataTable& table
    );

    void read_lists(std::size_t file);
    void read_curve(Yaml& yaml, const YAML::Node& node);
    void read_grades(Yaml& yaml, const YAML::Node& node);
    void read_group(std::size_t file, const YAML::Node& node);
    void read_sheets(std::size_t file);
    void read_sheet(Yaml& yaml, const YAML::Node& node);
    /// Warns that there is no sheet or page `code` where the city lacks the level.
    bool has_level(
        Yaml& yaml,
        const YAML::Node& node,
        const std::string& level,
        const std::string& code
    );

    void read_pages(std::size_t file, bool sound);
    void read_page(Yaml& yaml, const YAML::Node& node, bool sound);
    void read_page_places(Yaml& yaml, const YAML::Node& node, NamedPage& out);
    static void read_page_periods(Yaml& yaml, const YAML::Node& node, NamedPage& out);
    static void read_page_shape(Yaml& yaml, const YAML::Node& node, NamedPage& out);
    const CaseMeasures::Dimension*
    read_page_dimension(Yaml& yaml, const YAML::Node& node, NamedPage& out);
    void read_page_indicators(Yaml& yaml, const YAML::Node& node, NamedPage& out, bool sound);
    static void check_page_indicator(
        Yaml& yaml,
        const YAML::Node& at,
        const Indicator& indicator,
        const NamedPage& page,
        bool sound
    );
    [[nodiscard]] std::vector<const city::Area*> page_areas(const NamedPage& page) const;
    void check_page_size(
        Yaml& yaml,
        const YAML::Node& node,
        const NamedPage& page,
        const CaseMeasures::Dimension* dimension
    );

    // Reading of nodes; each reports what is wrong and goes on.
    static std::string code(Yaml& yaml, const YAML::Node& node);
    static int whole(
        Yaml& yaml,
        const YAML::Node& node,
        const char* key,
        int low,
        int high,
        std::optional<int> otherwise
    );
    template <class Look>
    static auto
    word(Yaml& yaml, const YAML::Node& node, const char* key, Look look, std::string_view words)
        -> decltype(look(""));
    static std::optional<Cycle> cycle(Yaml& yaml, const YAML::Node& node);
    std::string input(Yaml& yaml, const YAML::Node& node, const char* key);
    std::string known(Yaml& yaml, const YAML::Node& node);
    static Label suggestion(std::string_view word, std::span<const std::string> known);

    const city::City& city_;
    std::uint32_t (*flag_)(std::string_view name);
    const CaseMeasures& cases_;
    std::vector<city::CityFile> files_;
    std::optional<std::size_t> draft_;                        ///< in files_
    std::set<std::pair<std::string, std::string>> replaced_;  ///< list and code, of the draft
    city::Findings findings_;
    std::vector<std::unique_ptr<Yaml>> yaml_;
    Names names_;                                    ///< of curves and indicators
    std::map<std::string, int, std::less<>> index_;  ///< of indicators, in codes_
    std::vector<std::string> codes_;                 ///< of indicators and measures
    std::map<std::string, GradesPtr, std::less<>> grades_;
    std::vector<Indicator> indicators_;
    std::vector<Entry> entries_;  ///< of indicators_, as far as these stand in files
    std::vector<Group> groups_;
    std::vector<Entry> group_entries_;
    std::vector<Sheet> sheets_;
    std::vector<NamedPage> pages_;
    std::set<std::string> page_codes_;
    /// What there is in the columns of tables that conditions name.
    std::map<std::pair<const city::DataTable*, std::size_t>, std::set<std::string_view>> texts_;
};

template <class Look>
auto IndicatorReader::word(
    Yaml& yaml,
    const YAML::Node& node,
    const char* key,
    Look look,
    std::string_view words
) -> decltype(look("")) {
    const auto value = yaml.need(node, key);
    if (!value) {
        return std::nullopt;
    }
    const auto written = yaml.scalar(*value);
    const auto found = look(written);
    if (!found) {
        yaml.error(
            *value,
            city::text("“{}”不可用", "'{}' is not known here", written),
            city::text("可用：{}", "known: {}", words)
        );
    }
    return found;
}

inline constexpr std::size_t kReaderListMax = 32;
inline constexpr double kReaderNumberMax = 1e15;
inline constexpr std::string_view kFoldWords = "mean, max, min, sum, count";

}  // namespace chengshu::indicators
