#include "domain/city/definition_name.hpp"
#include "domain/city/findings.hpp"
#include "domain/city/yaml_file.hpp"
#include "domain/response/internal/condition_reader.hpp"
#include "domain/response/internal/reading.hpp"
#include "domain/response/internal/threshold_rules.hpp"
#include "domain/response/rule.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace chengshu::response {
namespace {

using city::text;
using city::YamlFile;

constexpr std::size_t kAreasMax = 10'000;
constexpr double kThresholdMax = 1e15;
constexpr double kRadiusMax = 100'000;
constexpr int kHoldMinutesMax = 7 * 24 * 60;
constexpr std::array<std::string_view, 12> kCapCategories{
    "Geo",
    "Met",
    "Safety",
    "Security",
    "Rescue",
    "Fire",
    "Health",
    "Env",
    "Transport",
    "Infra",
    "CBRNE",
    "Other"
};

class RuleReader {
public:
    RuleReader(
        std::span<const city::DefinitionFile> files,
        const city::City& city,
        const indicators::Catalogue& catalogue
    )
        : files_(files), city_(city), catalogue_(catalogue) {}

    ParsedRules read() {
        for (const auto& definition : files_) {
            if (city::names_definition(definition.path, "rules")) {
                file_ = {definition.path, definition.content};
                read_file(file_, findings_, "docs/alerts.md", [this](YamlFile& yaml) {
                    read_root(yaml);
                });
            }
        }
        ParsedRules out;
        if (!findings_.has_errors()) {
            out.book = RuleBook(std::move(rules_));
        }
        out.findings = std::move(findings_).sorted();
        return out;
    }

private:
    void read_root(YamlFile& yaml) {
        if (!yaml.check_map(yaml.root(), {"rules"})) {
            return;
        }
        if (const auto list = yaml.need(yaml.root(), "rules")) {
            yaml.each(*list, kRulesMax, [&](const YAML::Node& node) { read_rule(yaml, node); });
        }
    }

    void read_rule(YamlFile& yaml, const YAML::Node& node) {
        if (!yaml.check_map(node, {"code",         "name",   "source",     "valid_from",
                                   "valid_to",     "every",  "running",    "wait_minutes",
                                   "at",           "values", "parameters", "levels",
                                   "clear",        "hold",   "merge",      "case",
                                   "escalate",     "event",  "category",   "text",
                                   "thresholds_of"})) {
            return;
        }
        Rule rule;
        rule.path = file_.path;
        rule.line = node.Mark().line + 1;
        rule.code = read_code(yaml, node);
        rule.name = yaml.need_label(node, "name");
        rule.source = yaml.need_scalar(node, "source");
        rule.validity = read_validity(yaml, node);
        if (const auto every = yaml.need(node, "every")) {
            const auto kind = indicators::cycle_of(yaml.scalar(*every));
            if (kind) {
                rule.every = *kind;
            } else {
                yaml.error(
                    *every,
                    {"没有这种周期", "there is no such period"},
                    {"如 five_minutes、hour、day", "for example five_minutes, hour or day"}
                );
            }
        }
        if (const auto running = YamlFile::find(node, "running")) {
            rule.running = yaml.flag(*running).value_or(false);
        }
        if (const auto wait = YamlFile::find(node, "wait_minutes")) {
            rule.wait_minutes = read_whole(yaml, *wait, 0, kHoldMinutesMax);
        }
        if (const auto at = yaml.need(node, "at")) {
            read_places(yaml, *at, rule);
        }
        const auto thresholds = YamlFile::find(node, "thresholds_of");
        if (!thresholds) {
            read_terms(yaml, node, rule);
            read_conditions(yaml, node, rule);
        }
        read_consequences(yaml, node, rule);
        check_versions(yaml, node, rule);
        if (thresholds) {
            read_thresholds(yaml, node, *thresholds, rule);
        } else {
            rules_.push_back(std::move(rule));
        }
    }

    /// Levels come of the thresholds of an indicator: a version of the rule for each of its own.
    void read_thresholds(
        YamlFile& yaml,
        const YAML::Node& node,
        const YAML::Node& of,
        const Rule& rule
    ) {
        for (const auto* word : {"values", "parameters", "levels", "clear"}) {
            if (const auto other = YamlFile::find(node, word)) {
                yaml.error(
                    *other,
                    text(
                        "{} 与 thresholds_of 不能并用",
                        "{} and thresholds_of exclude each other",
                        word
                    ),
                    {"界限写在指标的 thresholds 里",
                     "the limits stand in the indicator's thresholds"}
                );
            }
        }
        auto one = rule;
        if (const auto hold = YamlFile::find(node, "hold")) {
            one.hold = read_whole(yaml, *hold, 1, kPeriodsMax);
        }
        Term term;
        read_value(yaml, of, rule, term);
        const auto code = term.indicator;
        term.name = code;
        one.terms.push_back(std::move(term));
        const auto before = rules_.size();
        for (const auto& version : catalogue_.all()) {
            const auto validity = both(rule.validity, version.validity);
            if (version.code != code || version.thresholds.empty() || !validity) {
                continue;
            }
            rules_.push_back(one);
            rules_.back().validity = *validity;
            take_thresholds(rules_.back(), version);
            for (const auto& threshold : version.thresholds) {
                if (periods_of(rule, threshold) > kPeriodsMax) {
                    yaml.error(
                        of,
                        text(
                            "指标 {} 的阈值要保持的周期多于 {}",
                            "a threshold of {} is to hold for more than {} periods",
                            code,
                            kPeriodsMax
                        ),
                        {"缩短 hold，或用更长的周期", "shorten hold, or use a longer period"}
                    );
                }
            }
        }
        if (rules_.size() == before && catalogue_.has(code)) {
            yaml.error(
                of,
                text("指标 {} 在此期间没有阈值", "indicator {} has no thresholds then", code),
                {"在 indicators.yaml 中加上 thresholds", "add thresholds to it in indicators.yaml"}
            );
        }
    }

    void read_places(YamlFile& yaml, const YAML::Node& node, Rule& rule) {
        if (node.IsScalar()) {
            if (node.Scalar() != "city") {
                yaml.error(
                    node,
                    {"此处应为 city 或键值表", "either city or a map is expected here"},
                    {"如 {level: district} 或 {things: air_station}",
                     "for example {level: district} or {things: air_station}"}
                );
            }
            rule.at.area = city::root_area(city_).code;
            return;
        }
        if (!yaml.check_map(node, {"area", "level", "things", "near", "metres"})) {
            return;
        }
        if (const auto area = YamlFile::find(node, "area")) {
            rule.at.area = read_area(yaml, *area, city_);
        }
        if (const auto level = YamlFile::find(node, "level")) {
            rule.at.level = read_level(yaml, *level, city_);
        }
        if (const auto things = YamlFile::find(node, "things")) {
            rule.at.things = yaml.scalar(*things);
        }
        if (rule.at.area.empty() && rule.at.level.empty() && rule.at.things.empty()) {
            yaml.error(
                node,
                {"没有说明监视何处", "this does not say what is watched"},
                {"用 area、level 或 things", "use area, level or things"}
            );
        }
        if (!rule.at.level.empty() && !rule.at.things.empty()) {
            yaml.error(
                node,
                {"level 与 things 不能并用", "level and things exclude each other"},
                {"写成两条规则", "write two rules"}
            );
        }
        if (const auto near = YamlFile::find(node, "near")) {
            rule.at.center = read_point(yaml, *near);
            if (const auto metres = yaml.need(node, "metres")) {
                rule.at.radius_m = yaml.number(*metres, 1, kRadiusMax).value_or(0);
            }
            if (rule.at.things.empty()) {
                yaml.error(
                    *near,
                    {"near 只用于终端", "near is for terminals only"},
                    {"加上 things", "add things"}
                );
            }
        }
    }

    void add_term(YamlFile& yaml, const YAML::Node& at, Rule& rule, Term term) {
        const bool known = std::any_of(rule.terms.begin(), rule.terms.end(), [&](const auto& one) {
            return one.name == term.name;
        });
        if (known || !is_name(term.name) || indicators::is_reserved(term.name)) {
            yaml.error(
                at,
                text("“{}”不能用作名称", "'{}' cannot be used as a name", shortened(term.name)),
                {"用小写字母开头、各不相同的名称",
                 "use names that begin with a lower-case letter, each once"}
            );
            return;
        }
        if (rule.terms.size() == kTermsMax) {
            yaml.error(
                at,
                text("名称多于 {} 个", "there are more than {} names", kTermsMax),
                {"拆分规则", "split the rule"}
            );
            return;
        }
        rule.terms.push_back(std::move(term));
    }

    void read_terms(YamlFile& yaml, const YAML::Node& node, Rule& rule) {
        if (const auto values = yaml.need(node, "values")) {
            yaml.each_pair(*values, kTermsMax, [&](const YAML::Node& key, const YAML::Node& value) {
                Term term;
                term.name = yaml.scalar(key);
                read_value(yaml, value, rule, term);
                add_term(yaml, key, rule, std::move(term));
            });
        }
        if (const auto parameters = YamlFile::find(node, "parameters")) {
            yaml.each_pair(
                *parameters,
                kTermsMax,
                [&](const YAML::Node& key, const YAML::Node& value) {
                    Term term;
                    term.name = yaml.scalar(key);
                    read_parameter(yaml, value, term);
                    add_term(yaml, key, rule, std::move(term));
                }
            );
        }
    }

    void read_value(YamlFile& yaml, const YAML::Node& node, const Rule& rule, Term& term) {
        auto of = node;
        if (node.IsMap()) {
            if (!yaml.check_map(node, {"of", "level", "ago"})) {
                return;
            }
            if (const auto level = YamlFile::find(node, "level")) {
                term.level = read_level(yaml, *level, city_);
            }
            if (const auto ago = YamlFile::find(node, "ago")) {
                term.ago = read_whole(yaml, *ago, 0, kPeriodsMax);
            }
            const auto found = yaml.need(node, "of");
            if (!found) {
                return;
            }
            of = *found;
        }
        term.indicator = yaml.scalar(of);
        bool known = false;
        for (const auto& indicator : catalogue_.all()) {
            if (indicator.code != term.indicator) {
                continue;
            }
            known = true;
            if (!indicator.has_period(rule.every)) {
                yaml.error(
                    of,
                    text(
                        "指标 {} 没有 {} 的值",
                        "indicator {} has no values of every {}",
                        term.indicator,
                        indicators::period_name(rule.every)
                    ),
                    {"改用有此周期的指标", "use an indicator that has the rule's period"}
                );
                return;
            }
            if (std::holds_alternative<indicators::Which>(indicator.rule)) {
                yaml.error(
                    of,
                    text("指标 {} 不是数", "indicator {} is no number", term.indicator),
                    {"改用有数值的指标", "use one that has a number"}
                );
                return;
            }
        }
        if (!known && !catalogue_.all().empty()) {
            yaml.error(
                of,
                text("没有指标“{}”", "there is no indicator '{}'", shortened(term.indicator)),
                {"参看 indicators.yaml", "see indicators.yaml"}
            );
        } else if (!known) {
            yaml.error(
                of,
                {"这座城市没有指标", "this city has no indicators"},
                {"加上 indicators.yaml", "add an indicators.yaml"}
            );
        }
    }

    void read_parameter(YamlFile& yaml, const YAML::Node& node, Term& term) {
        if (!node.IsMap()) {
            term.value = yaml.number(node, -kThresholdMax, kThresholdMax).value_or(0);
            return;
        }
        if (!yaml.check_map(node, {"value", "areas"})) {
            return;
        }
        if (const auto value = yaml.need(node, "value")) {
            term.value = yaml.number(*value, -kThresholdMax, kThresholdMax).value_or(0);
        }
        if (const auto areas = YamlFile::find(node, "areas")) {
            yaml.each_pair(*areas, kAreasMax, [&](const YAML::Node& key, const YAML::Node& value) {
                const auto area = read_area(yaml, key, city_);
                term.by_area[area] = yaml.number(value, -kThresholdMax, kThresholdMax).value_or(0);
            });
        }
    }

    void read_conditions(YamlFile& yaml, const YAML::Node& node, Rule& rule) {
        indicators::Names names;
        for (std::size_t i = 0; i < rule.terms.size(); ++i) {
            names.emplace(
                rule.terms[i].name,
                indicators::Name{indicators::Name::Kind::Term, static_cast<int>(i), nullptr}
            );
        }
        ConditionReader conditions(yaml, std::move(names));
        if (const auto levels = yaml.need(node, "levels")) {
            yaml.each_pair(*levels, kListMax, [&](const YAML::Node& key, const YAML::Node& value) {
                const auto level = level_of(yaml.scalar(key));
                if (!level || *level == Level::None || rule.grade(*level) != nullptr) {
                    yaml.error(
                        key,
                        {"此处应为 blue、yellow、orange 或 red，各一次",
                         "blue, yellow, orange or red is expected here, each once"},
                        {"改为其中之一", "write one of them"}
                    );
                    return;
                }
                rule.grades.emplace_back(*level, conditions.read(value));
            });
            if (rule.grades.empty()) {
                yaml.error(
                    *levels,
                    {"至少一个级别", "at least one level is needed"},
                    {"如 {red: aqi > 300}", "for example {red: aqi > 300}"}
                );
            }
        }
        std::sort(rule.grades.begin(), rule.grades.end(), [](const auto& a, const auto& b) {
            return a.first > b.first;
        });
        if (const auto clear = YamlFile::find(node, "clear")) {
            rule.clear = conditions.read(*clear);
        }
        if (const auto hold = YamlFile::find(node, "hold")) {
            rule.hold = read_whole(yaml, *hold, 1, kPeriodsMax);
        }
        if (conditions.looks() > kLooksMax) {
            yaml.error(
                node,
                text(
                    "这些条件共要看 {} 个值，多于 {}",
                    "these conditions look at {} values, more than {}",
                    conditions.looks(),
                    kLooksMax
                ),
                {"缩短回看的周期数", "look back over fewer periods"}
            );
        }
    }

    void read_consequences(YamlFile& yaml, const YAML::Node& node, Rule& rule) {
        if (const auto merge = YamlFile::find(node, "merge")) {
            rule.merge = read_level(yaml, *merge, city_);
        }
        if (const auto opens = YamlFile::find(node, "case")) {
            rule.opens = read_case(yaml, *opens);
        }
        if (const auto escalate = YamlFile::find(node, "escalate")) {
            yaml.each(*escalate, kListMax, [&](const YAML::Node& step) {
                if (!yaml.check_map(step, {"minutes", "to", "from"})) {
                    return;
                }
                Escalation out;
                if (const auto minutes = yaml.need(step, "minutes")) {
                    out.minutes = read_whole(yaml, *minutes, 1, kHoldMinutesMax);
                }
                out.to = yaml.need_scalar(step, "to");
                check_post_kind(yaml, step, out.to);
                out.from = read_from(yaml, step);
                rule.escalate.push_back(std::move(out));
            });
            std::stable_sort(
                rule.escalate.begin(),
                rule.escalate.end(),
                [](const auto& a, const auto& b) { return a.minutes < b.minutes; }
            );
        }
        if (const auto event = YamlFile::find(node, "event")) {
            rule.event = yaml.scalar(*event);
        }
        rule.category = "Other";
        if (const auto category = YamlFile::find(node, "category")) {
            rule.category = yaml.scalar(*category);
            if (std::find(kCapCategories.begin(), kCapCategories.end(), rule.category) ==
                kCapCategories.end()) {
                yaml.error(
                    *category,
                    {"不是 CAP 的类别", "this is no category of CAP"},
                    {"如 Met、Env、Infra", "for example Met, Env or Infra"}
                );
            }
        }
        rule.text = yaml.need_label(node, "text");
    }

    static Level read_from(YamlFile& yaml, const YAML::Node& node) {
        const auto from = YamlFile::find(node, "from");
        if (!from) {
            return Level::Blue;
        }
        const auto level = level_of(yaml.scalar(*from));
        if (!level || *level == Level::None) {
            yaml.error(
                *from,
                {"此处应为 blue、yellow、orange 或 red",
                 "blue, yellow, orange or red is expected here"},
                {"改为其中之一", "write one of them"}
            );
            return Level::Blue;
        }
        return *level;
    }

    CaseOfAlert read_case(YamlFile& yaml, const YAML::Node& node) {
        CaseOfAlert out;
        if (!yaml.check_map(node, {"categories", "source", "urgent", "from"})) {
            return out;
        }
        if (const auto categories = yaml.need(node, "categories")) {
            out.categories = read_categories(yaml, *categories, city_);
        }
        if (const auto source = YamlFile::find(node, "source")) {
            out.source = yaml.scalar(*source);
        }
        if (const auto urgent = YamlFile::find(node, "urgent")) {
            out.urgent = yaml.flag(*urgent).value_or(false);
        }
        out.from = read_from(yaml, node);
        return out;
    }

    static void check_post_kind(YamlFile& yaml, const YAML::Node& node, std::string_view kind) {
        if (!kind.empty() && !is_post_kind(kind)) {
            yaml.error(
                node,
                text("没有岗位类型“{}”", "there is no kind of post '{}'", shortened(kind)),
                {"如 shift_leader、leader", "for example shift_leader or leader"}
            );
        }
    }

    void check_versions(YamlFile& yaml, const YAML::Node& node, const Rule& rule) {
        for (const auto& other : rules_) {
            if (other.code == rule.code && overlap(other.validity, rule.validity)) {
                yaml.error(
                    node,
                    text(
                        "规则 {} 的两个版本有效期重叠",
                        "two versions of rule {} hold at the same time",
                        rule.code
                    ),
                    text("另一个在第 {} 行", "the other one is in line {}", other.line)
                );
                return;
            }
        }
    }

    std::span<const city::DefinitionFile> files_;
    const city::City& city_;
    const indicators::Catalogue& catalogue_;
    city::CityFile file_;
    city::Findings findings_;
    std::vector<Rule> rules_;
};

}  // namespace

ParsedRules parse_rules(
    std::span<const city::DefinitionFile> files,
    const city::City& city,
    const indicators::Catalogue& catalogue
) {
    return RuleReader(files, city, catalogue).read();
}

}  // namespace chengshu::response
