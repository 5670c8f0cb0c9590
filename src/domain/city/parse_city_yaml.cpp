#include "domain/city/codes.hpp"
#include "domain/city/internal/parser.hpp"
#include "domain/city/internal/text.hpp"
#include "domain/city/yaml_file.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace chengshu::city {
namespace {

constexpr std::size_t kListMax = 10'000;

/// Index = std::chrono::weekday::c_encoding().
constexpr std::array<std::string_view, 7>
    kWeekdays{"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

class CityYamlReader {
public:
    CityYamlReader(Parser& parser, const CityFile& file)
        : parser_(parser), file_(file, parser.findings) {}

    void run() {
        if (!file_.ok()) {
            return;
        }
        const YAML::Node& root = file_.root();
        if (!file_.check_map(
                root,
                {"code",
                 "name",
                 "notice",
                 "time_zone",
                 "division",
                 "source",
                 "levels",
                 "scenarios",
                 "working_week",
                 "working_periods",
                 "code_sets",
                 "settings"}
            )) {
            return;
        }
        read_identity(root);
        read_levels(root);
        read_week(root);
        read_periods(root);
        read_code_sets(root);
        if (const auto scenarios = file_.find(root, "scenarios")) {
            file_.each(*scenarios, kListMax, [&](const YAML::Node& node) {
                parser_.data.scenarios.push_back(file_.scalar(node));
                parser_.yaml.scenarios.push_back({parser_.data.scenarios.back(), file_.spot(node)});
            });
        }
        if (const auto settings = file_.find(root, "settings")) {
            read_settings(*settings);
        }
    }

private:
    void read_identity(const YAML::Node& root) {
        CityData& data = parser_.data;
        const std::string code = file_.need_scalar(root, "code");
        const auto code_node = file_.find(root, "code");
        if (code_node && !code.empty() && code != data.code) {
            file_.error(
                *code_node,
                text(
                    "代码应为“{}”（与文件夹同名）",
                    "the code must be '{}', as the folder",
                    data.code
                ),
                {"改为文件夹名", "write the name of the folder"}
            );
        }
        data.name = file_.need_label(root, "name");
        if (const auto notice = file_.find(root, "notice")) {
            data.notice = file_.label(*notice);
        }
        file_.need_scalar(root, "source");
        read_division(root);
        const std::string name = file_.need_scalar(root, "time_zone");
        const Result<TimeZone> zone = TimeZone::find(name);
        const auto zone_node = file_.find(root, "time_zone");
        if (zone) {
            parser_.yaml.zone = zone.value();
        } else if (zone_node && !name.empty()) {
            file_.error(
                *zone_node,
                text("未知时区“{}”", "unknown time zone '{}'", shortened(name)),
                {"写 IANA 时区名，如 Asia/Shanghai", "write an IANA name such as Asia/Shanghai"}
            );
        }
    }

    void read_division(const YAML::Node& root) {
        const std::string division = file_.need_scalar(root, "division");
        const auto node = file_.find(root, "division");
        int number = 0;
        std::from_chars(division.data(), division.data() + division.size(), number);
        if (node && !division.empty() && (!is_division(division) || number > kDivisionMax)) {
            file_.error(
                *node,
                text(
                    "“{}”不是可用的六位区划码", "'{}' is not a usable division", shortened(division)
                ),
                text(
                    "写带引号的六位数字，100000 至 {}（案件号由它开头）",
                    "write six quoted digits from 100000 to {}; case numbers begin with them",
                    kDivisionMax
                )
            );
            return;
        }
        parser_.data.division = division;
    }

    void read_levels(const YAML::Node& root) {
        const auto levels = file_.need(root, "levels");
        if (!levels) {
            return;
        }
        file_.each(*levels, 16, [&](const YAML::Node& node) {
            if (!file_.check_map(node, {"code", "name"})) {
                return;
            }
            Level level{file_.need_scalar(node, "code"), file_.need_label(node, "name")};
            const auto& known = parser_.data.levels;
            if (std::any_of(known.begin(), known.end(), [&](const Level& other) {
                    return other.code == level.code;
                })) {
                file_.error(
                    node,
                    text("层级“{}”重复", "the level '{}' is defined twice", shortened(level.code)),
                    {"删除其中一个", "remove one of them"}
                );
                return;
            }
            parser_.data.levels.push_back(std::move(level));
        });
        if (parser_.data.levels.empty()) {
            file_.error(
                *levels,
                {"至少需要一个层级", "at least one level is needed"},
                {"从城市向下列出各层级", "list the levels from the city downwards"}
            );
        }
    }

    void read_week(const YAML::Node& root) {
        const auto week = file_.need(root, "working_week");
        if (!week) {
            return;
        }
        file_.each(*week, kWeekdays.size(), [&](const YAML::Node& node) {
            const std::string name = file_.scalar(node);
            const auto found = std::find(kWeekdays.begin(), kWeekdays.end(), name);
            if (found == kWeekdays.end()) {
                Suggestion suggestion{name};
                for (const std::string_view day : kWeekdays) {
                    suggestion.consider(day);
                }
                file_.error(
                    node,
                    text("未知星期“{}”", "unknown weekday '{}'", shortened(name)),
                    did_you_mean(
                        suggestion.best(),
                        {"可用：mon tue wed thu fri sat sun", "known: mon tue wed thu fri sat sun"}
                    )
                );
                return;
            }
            parser_.yaml.weekdays.insert(static_cast<unsigned>(found - kWeekdays.begin()));
        });
        if (week->IsSequence() && week->size() == 0) {
            file_.error(
                *week,
                {"工作周不能为空", "the working week may not be empty"},
                {"至少写一个工作日", "name at least one day"}
            );
        }
    }

    static std::optional<std::chrono::minutes> clock_time(std::string_view value) {
        int hour = 0;
        int minute = 0;
        if (value.size() != 5 || value[2] != ':' || !all_digits(value.substr(0, 2)) ||
            !all_digits(value.substr(3))) {
            return std::nullopt;
        }
        std::from_chars(value.data(), value.data() + 2, hour);
        std::from_chars(value.data() + 3, value.data() + 5, minute);
        if (minute > 59 || hour * 60 + minute > 24 * 60) {
            return std::nullopt;
        }
        return std::chrono::minutes{hour * 60 + minute};
    }

    void read_periods(const YAML::Node& root) {
        const auto periods = file_.need(root, "working_periods");
        if (!periods) {
            return;
        }
        auto& known = parser_.yaml.periods;
        file_.each(*periods, 24, [&](const YAML::Node& node) {
            const std::string value = file_.scalar(node);
            const std::string_view view = value;
            const auto begin = view.size() == 11 ? clock_time(view.substr(0, 5)) : std::nullopt;
            const auto end =
                view.size() == 11 && view[5] == '-' ? clock_time(view.substr(6)) : std::nullopt;
            if (!begin || !end || *begin >= *end || (!known.empty() && known.back().end > *begin)) {
                file_.error(
                    node,
                    text(
                        "“{}”不是可用的工作时段",
                        "'{}' is not a working period here",
                        shortened(value)
                    ),
                    {"写成 \"08:00-12:00\"，按时间先后且互不重叠",
                     "write \"08:00-12:00\", in the order of the day, without overlap"}
                );
                return;
            }
            known.push_back({*begin, *end});
        });
        if (periods->IsSequence() && periods->size() == 0) {
            file_.error(
                *periods,
                {"工作时段不能为空", "there must be at least one working period"},
                {"写成 [\"08:00-12:00\", \"14:00-18:00\"]",
                 "write [\"08:00-12:00\", \"14:00-18:00\"]"}
            );
        }
    }

    void read_code_sets(const YAML::Node& root) {
        const auto sets = file_.need(root, "code_sets");
        if (!sets) {
            return;
        }
        file_.each(*sets, kListMax, [&](const YAML::Node& node) {
            if (!file_.check_map(node, {"code", "valid_from", "valid_to"})) {
                return;
            }
            CityData::CodeSet set;
            set.code = file_.need_scalar(node, "code");
            if (const auto from = file_.find(node, "valid_from")) {
                set.validity.from = file_.date(*from);
            }
            if (const auto to = file_.find(node, "valid_to")) {
                set.validity.to = file_.date(*to);
                if (set.validity.from && set.validity.to &&
                    *set.validity.from >= *set.validity.to) {
                    file_.error(
                        *to,
                        {"失效日期必须晚于生效日期", "valid_to must be later than valid_from"},
                        {"valid_to 是不再有效的第一天",
                         "valid_to is the first day it no longer holds"}
                    );
                }
            }
            parser_.yaml.code_sets.push_back({set.code, file_.spot(node)});
            parser_.data.code_sets.push_back(std::move(set));
        });
    }

    void read_settings(const YAML::Node& node) {
        if (!file_.check_map(
                node,
                {"duplicate_radius_m",
                 "duplicate_window_h",
                 "auto_file",
                 "auto_dispatch",
                 "default_workflow",
                 "workflow_by_category",
                 "workflow_by_department",
                 "auto_close_sources",
                 "verification_radius_m",
                 "public_sees_description"}
            )) {
            return;
        }
        Settings& settings = parser_.data.settings;
        read_number(node, "duplicate_radius_m", 0, 100'000, settings.duplicate_radius_m);
        read_number(node, "duplicate_window_h", 0, 24 * 366, settings.duplicate_window_h);
        read_number(node, "verification_radius_m", 0, 1'000'000, settings.verification_radius_m);
        read_flag(node, "auto_file", settings.auto_file);
        read_flag(node, "auto_dispatch", settings.auto_dispatch);
        read_flag(node, "public_sees_description", settings.public_sees_description);
        if (file_.find(node, "default_workflow")) {
            settings.default_workflow = file_.need_scalar(node, "default_workflow");
        }
        read_flows(
            node, "workflow_by_category", settings.workflow_by_category, parser_.yaml.categories
        );
        read_flows(
            node,
            "workflow_by_department",
            settings.workflow_by_department,
            parser_.yaml.departments
        );
        if (const auto sources = file_.find(node, "auto_close_sources")) {
            file_.each(*sources, kListMax, [&](const YAML::Node& source) {
                settings.auto_close_sources.push_back(file_.scalar(source));
            });
        }
    }

    void read_number(
        const YAML::Node& map,
        std::string_view key,
        double low,
        double high,
        double& target
    ) {
        if (const auto node = file_.find(map, key)) {
            target = file_.number(*node, low, high).value_or(target);
        }
    }

    void read_flag(const YAML::Node& map, std::string_view key, bool& target) {
        if (const auto node = file_.find(map, key)) {
            target = file_.flag(*node).value_or(target);
        }
    }

    void read_flows(
        const YAML::Node& map,
        std::string_view key,
        std::map<std::string, std::string>& target,
        std::vector<CityYaml::Reference>& references
    ) {
        const auto node = file_.find(map, key);
        if (!node) {
            return;
        }
        file_.each_pair(*node, kListMax, [&](const YAML::Node& name, const YAML::Node& flow) {
            const std::string code = file_.scalar(name);
            references.push_back({code, file_.spot(name)});
            target[code] = file_.scalar(flow);
        });
    }

    Parser& parser_;
    YamlFile file_;
};

bool any_category(const CityData& data, std::string_view pattern) {
    if (!pattern.ends_with('*')) {
        return data.category_by_id.contains(pattern);
    }
    const std::string_view prefix = pattern.substr(0, pattern.size() - 1);
    return std::any_of(data.categories.begin(), data.categories.end(), [&](const Category& row) {
        return row.id.starts_with(prefix);
    });
}

}  // namespace

void parse_city_yaml(Parser& parser, const CityFile& file) {
    CityYamlReader{parser, file}.run();
}

void parse_scenario_yaml(Parser& parser, const CityFile& file, std::string_view code) {
    YamlFile yaml{file, parser.findings};
    if (!yaml.ok() || !yaml.check_map(yaml.root(), {"code", "name", "source"})) {
        return;
    }
    const std::string own = yaml.need_scalar(yaml.root(), "code");
    const auto node = yaml.find(yaml.root(), "code");
    if (node && !own.empty() && own != code) {
        yaml.error(
            *node,
            text("代码应为“{}”（与文件夹同名）", "the code must be '{}', as the folder", code),
            {"改为文件夹名", "write the name of the folder"}
        );
    }
    yaml.need_label(yaml.root(), "name");
    yaml.need_scalar(yaml.root(), "source");
}

void check_city_yaml(Parser& parser) {
    const CityData& data = parser.data;
    for (const CityYaml::Reference& set : parser.yaml.code_sets) {
        Suggestion suggestion{set.code};
        bool found = false;
        for (const Category& category : data.categories) {
            found = found || category.code_set == set.code;
        }
        if (!found) {
            std::set<std::string_view> known;
            for (const Category& category : data.categories) {
                known.insert(category.code_set);
            }
            for (const std::string_view code : known) {
                suggestion.consider(code);
            }
            parser.findings.error(
                set.spot,
                text(
                    "代码集“{}”没有类目", "the code set '{}' has no categories", shortened(set.code)
                ),
                did_you_mean(
                    suggestion.best(),
                    {"在 categories-*.csv 中定义，或引用含有它的场景",
                     "define it in a categories-*.csv, or name the scenario that has it"}
                )
            );
        }
    }
    for (const CityYaml::Reference& row : parser.yaml.categories) {
        if (!any_category(data, row.code)) {
            Suggestion suggestion{row.code};
            for (const Category& category : data.categories) {
                suggestion.consider(category.id);
            }
            parser.findings.error(
                row.spot,
                text("类目“{}”不存在", "no category matches '{}'", shortened(row.code)),
                did_you_mean(
                    suggestion.best(),
                    {"写成 代码集/种类/代码，或以 * 结尾的前缀",
                     "write <set>/<kind>/<code>, or a prefix that ends in *"}
                )
            );
        }
    }
    for (const CityYaml::Reference& row : parser.yaml.departments) {
        if (!data.department_by_code.contains(row.code)) {
            Suggestion suggestion{row.code};
            for (const Department& department : data.departments) {
                suggestion.consider(department.code);
            }
            parser.findings.error(
                row.spot,
                text("部门“{}”不存在", "there is no department '{}'", shortened(row.code)),
                did_you_mean(
                    suggestion.best(), {"在 departments.csv 中定义", "define it in departments.csv"}
                )
            );
        }
    }
}

}  // namespace chengshu::city
