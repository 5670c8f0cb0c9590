#include "base/text.hpp"
#include "domain/city/definition_name.hpp"
#include "domain/indicators/internal/check_together.hpp"
#include "domain/indicators/internal/indicator_reader.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace chengshu::indicators {

using city::text;

namespace {

constexpr std::string_view kAnyDays = "days";
constexpr std::string_view kPeriodWords =
    "five_minutes, hour, day, week, ten_days, month, quarter, half_year, year, month_from_19, "
    "24_hours, 30_days, days";

bool is_code(std::string_view written) {
    const auto fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    };
    return !written.empty() && written.size() <= 64 && written.front() >= 'a' &&
           written.front() <= 'z' && std::all_of(written.begin(), written.end(), fits) &&
           !is_reserved(written);
}

std::optional<Better> better(std::string_view name) {
    return name == "higher"    ? std::optional(Better::Higher)
           : name == "lower"   ? std::optional(Better::Lower)
           : name == "neither" ? std::optional(Better::Neither)
                               : std::nullopt;
}

}  // namespace

IndicatorReader::IndicatorReader(
    std::span<const city::DefinitionFile> files,
    const city::City& city,
    std::uint32_t (*flag)(std::string_view name),
    const CaseMeasures& cases,
    const city::DefinitionFile* draft
)
    : city_(city), flag_(flag), cases_(cases) {
    for (const auto& file : files) {
        if (city::names_definition(file.path, "indicators")) {
            files_.push_back({file.path, file.content});
        }
    }
    if (draft != nullptr) {
        draft_ = files_.size();
        files_.push_back({draft->path, draft->content});
    }
}

ParsedIndicators IndicatorReader::read() {
    for (const auto& file : files_) {
        yaml_.push_back(std::make_unique<Yaml>(file, findings_));
    }
    for (const auto& measure : cases_.measures) {
        index_.emplace(measure.code, static_cast<int>(codes_.size()));
        names_.emplace(
            measure.code, Name{Name::Kind::Term, static_cast<int>(codes_.size()), nullptr}
        );
        codes_.push_back(measure.code);
    }
    guarded([&](std::size_t file) { read_draft(file); });
    guarded([&](std::size_t file) { read_lists(file); });
    guarded([&](std::size_t file) { read_codes(file); });
    guarded([&](std::size_t file) { read_indicators(file); });
    read_measures();
    guarded([&](std::size_t file) { read_sheets(file); });
    check_parents();
    check_together(indicators_, [&](std::size_t at, Label message, Label hint) {
        complain(at, std::move(message), std::move(hint));
    });
    // What an indicator can be broken down by follows from what it is made of.
    const bool sound = !findings_.has_errors();
    guarded([&](std::size_t file) { read_pages(file, sound); });
    ParsedIndicators out;
    if (!findings_.has_errors()) {
        out.catalogue = Catalogue(
            std::move(indicators_), std::move(groups_), std::move(sheets_), std::move(pages_)
        );
    }
    out.findings = std::move(findings_).sorted();
    return out;
}

/// A node of the wrong kind makes yaml-cpp throw; one place turns that into a finding.
template <class Read>
void IndicatorReader::guarded(Read read) {
    for (std::size_t file = 0; file < yaml_.size(); ++file) {
        if (!yaml_[file]->ok()) {
            continue;
        }
        try {
            read(file);
        } catch (const YAML::Exception& error) {
            findings_.error(
                {files_[file].path, error.mark.line + 1, error.mark.column + 1},
                text("结构不符：{}", "wrong structure: {}", error.msg),
                {"参看 docs/indicators.md", "see docs/indicators.md"}
            );
        }
    }
}

/// Every measure of the case loop is an indicator: of all its subjects, over any days.
void IndicatorReader::read_measures() {
    for (const auto& measure : cases_.measures) {
        Indicator out;
        out.code = measure.code;
        out.name = measure.name;
        out.period = PeriodKind::Day;
        out.periods = {out.period};
        out.any_days = true;
        out.rule = measure.counted;
        out.subjects = cases_.subjects;
        for (const auto& dimension : cases_.dimensions) {
            out.dimensions.push_back(dimension.code);
        }
        out.path = measure.path;
        out.line = measure.line;
        out.source = measure.path;
        indicators_.push_back(std::move(out));
    }
}

/// Formulas may name what stands further down, or in another file.
void IndicatorReader::read_codes(std::size_t file) {
    const auto list = Yaml::find(yaml_[file]->root(), "indicators");
    if (!list || !list->IsSequence()) {
        return;
    }
    const auto measures = static_cast<int>(cases_.measures.size());
    for (const auto& node : *list) {
        const auto written = Yaml::find(node, "code");
        if (!written || !written->IsScalar() || is_replaced(file, "indicators", node)) {
            continue;
        }
        const auto known = index_.find(written->Scalar());
        if (known != index_.end() && known->second >= measures) {
            continue;  // another version
        }
        const auto index = static_cast<int>(codes_.size());
        if (!names_.emplace(written->Scalar(), Name{Name::Kind::Term, index, nullptr}).second) {
            yaml_[file]->error(
                *written,
                text("名称 {} 已被使用", "the name {} is taken already", written->Scalar()),
                {"改用另一代码", "give one of them another code"}
            );
        }
        index_.emplace(written->Scalar(), index);
        codes_.push_back(written->Scalar());
    }
}

void IndicatorReader::read_indicators(std::size_t file) {
    auto& yaml = *yaml_[file];
    const auto list = Yaml::find(yaml.root(), "indicators");
    if (!list) {
        return;
    }
    yaml.each(*list, kIndicatorsMax, [&](const YAML::Node& node) {
        if (is_replaced(file, "indicators", node)) {
            return;
        }
        if (yaml.check_map(node, {"code",       "name",       "level",    "parent",  "unit",
                                  "precision",  "better",     "owner",    "period",  "subjects",
                                  "observed",   "window",     "roll",     "formula", "which",
                                  "entered",    "table",      "areas",    "ranks",   "grades",
                                  "thresholds", "valid_from", "valid_to", "source",  "note"})) {
            indicators_.push_back(indicator(file, node));
            entries_.push_back({file, node});
        }
    });
}

Indicator IndicatorReader::indicator(std::size_t file, const YAML::Node& node) {
    auto& yaml = *yaml_[file];
    Indicator out;
    out.path = files_[file].path;
    out.line = node.Mark().line + 1;
    out.code = code(yaml, node);
    out.name = yaml.need_label(node, "name");
    out.source = yaml.need_scalar(node, "source");
    if (const auto unit = Yaml::find(node, "unit")) {
        out.unit =
            unit->IsMap() ? yaml.label(*unit) : Label{yaml.scalar(*unit), yaml.scalar(*unit)};
        out.percent = out.unit.zh == "%" || out.unit.en == "%";
    }
    if (const auto note = Yaml::find(node, "note")) {
        out.note = yaml.label(*note);
    }
    constexpr int kPrecisionMax = 9;
    out.precision = whole(yaml, node, "precision", 0, kPrecisionMax, 0);
    read_place(yaml, node, out);
    read_periods(yaml, node, out);
    read_areas(yaml, node, out);
    read_subjects(yaml, node, out);
    read_judgement(yaml, node, out);
    if (const auto from = Yaml::find(node, "valid_from")) {
        out.validity.from = yaml.date(*from);
    }
    if (const auto to = Yaml::find(node, "valid_to")) {
        out.validity.to = yaml.date(*to);
    }
    if (out.validity.from && out.validity.to && *out.validity.from >= *out.validity.to) {
        yaml.error(
            node["valid_to"],
            {"valid_to 应晚于 valid_from", "valid_to lies after valid_from"},
            {"valid_to 是失效的第一天", "valid_to is the first day on which it no longer holds"}
        );
    }
    read_rule(yaml, node, out);
    return out;
}

/// Where it stands in the tree, and who answers for it.
void IndicatorReader::read_place(Yaml& yaml, const YAML::Node& node, Indicator& out) {
    out.level = whole(yaml, node, "level", 1, kLevelMax, kLevelMax);
    if (const auto parent = Yaml::find(node, "parent")) {
        out.parent = yaml.scalar(*parent);
    }
    if (Yaml::find(node, "better")) {
        out.better =
            word(yaml, node, "better", better, "higher, lower, neither").value_or(Better::Neither);
    }
    if (const auto owner = Yaml::find(node, "owner")) {
        out.owner = yaml.scalar(*owner);
        if (city_.department(out.owner) == nullptr) {
            std::vector<std::string> known;
            for (const auto& department : city_.departments()) {
                known.push_back(department.code);
            }
            yaml.error(
                *owner,
                text("没有部门 {}", "there is no department {}", out.owner),
                suggestion(out.owner, known)
            );
        }
    }
}

void IndicatorReader::read_periods(Yaml& yaml, const YAML::Node& node, Indicator& out) {
    const auto period = yaml.need(node, "period");
    if (!period) {
        return;
    }
    const auto read_one = [&](const YAML::Node& one) {
        if (one.IsScalar() && one.Scalar() == kAnyDays) {
            out.any_days = true;
        } else if (const auto read = cycle(yaml, one)) {
            out.periods.push_back(*read);
        }
    };
    if (period->IsSequence()) {
        yaml.each(*period, kReaderListMax, read_one);
    } else {
        read_one(*period);
    }
    if (out.periods.empty()) {
        out.periods = {out.any_days ? Cycle{PeriodKind::Day} : Cycle{PeriodKind::Hour}};
    }
    out.period = out.periods.front();
}

void IndicatorReader::read_areas(Yaml& yaml, const YAML::Node& node, Indicator& out) {
    const auto areas = Yaml::find(node, "areas");
    if (!areas) {
        return;
    }
    if (!areas->IsMap()) {
        if (areas->IsScalar() && areas->Scalar() == "own") {
            out.things_only = true;
        } else {
            out.areas = word(yaml, node, "areas", fold, "mean, max, min, sum, count, own");
        }
        return;
    }
    if (!yaml.check_map(*areas, {"as", "weights", "level"})) {
        return;
    }
    out.areas = word(yaml, *areas, "as", fold, kFoldWords);
    if (const auto weights = Yaml::find(*areas, "weights")) {
        out.weights = known(yaml, *weights);
        if (out.areas != Fold::Mean) {
            yaml.error(
                *weights,
                {"weights 只用于 as: mean", "weights belong to as: mean"},
                {"去掉 weights", "leave out the weights"}
            );
        }
    }
    if (const auto level = Yaml::find(*areas, "level")) {
        out.part_level = yaml.scalar(*level);
        std::vector<std::string> levels;
        for (const auto& one : city_.levels()) {
            levels.push_back(one.code);
        }
        if (std::find(levels.begin(), levels.end(), out.part_level) == levels.end()) {
            yaml.error(
                *level,
                text("城市没有层级 {}", "the city has no level {}", out.part_level),
                suggestion(out.part_level, levels)
            );
        }
    }
}

void IndicatorReader::read_subjects(Yaml& yaml, const YAML::Node& node, Indicator& out) {
    const auto subjects = Yaml::find(node, "subjects");
    if (!subjects) {
        return;
    }
    out.subjects.clear();
    auto kinds = cases_.subjects;
    kinds.emplace_back("area");
    yaml.each(*subjects, kReaderListMax, [&](const YAML::Node& item) {
        const auto kind = yaml.scalar(item);
        if (std::find(kinds.begin(), kinds.end(), kind) == kinds.end()) {
            yaml.error(
                item,
                text("没有“{}”这类对象", "there is no kind of subject '{}'", kind),
                suggestion(kind, kinds)
            );
        }
        out.subjects.push_back(kind);
    });
}

void IndicatorReader::read_judgement(Yaml& yaml, const YAML::Node& node, Indicator& out) {
    if (const auto grades = Yaml::find(node, "grades")) {
        const auto written = yaml.scalar(*grades);
        const auto found = grades_.find(written);
        if (found == grades_.end()) {
            std::vector<std::string> known;
            for (const auto& [known_code, bands] : grades_) {
                known.push_back(known_code);
            }
            yaml.error(
                *grades,
                text("没有等级表 {}", "there are no grades {}", written),
                suggestion(written, known)
            );
        } else {
            out.grades = found->second;
        }
    }
    if (const auto ranks = Yaml::find(node, "ranks")) {
        out.ranks = yaml.flag(*ranks).value_or(false);
        if (out.ranks && !out.any_days) {
            yaml.error(
                *ranks,
                {"排名按任意日期区间进行，周期须为 days",
                 "rankings are made over any run of days, which the period must allow"},
                {"写 period: days", "write period: days"}
            );
        }
    }
    if (const auto thresholds = Yaml::find(node, "thresholds")) {
        yaml.each(*thresholds, kReaderListMax, [&](const YAML::Node& item) {
            out.thresholds.push_back(threshold(yaml, item));
        });
        std::stable_sort(
            out.thresholds.begin(),
            out.thresholds.end(),
            [](const Threshold& a, const Threshold& b) { return a.colour < b.colour; }
        );
        check_thresholds(yaml, *thresholds, out.thresholds);
    }
}

Threshold IndicatorReader::threshold(Yaml& yaml, const YAML::Node& node) {
    Threshold out;
    if (!yaml.check_map(
            node, {"colour", "above", "at_least", "below", "at_most", "clear", "hold"}
        )) {
        return out;
    }
    out.colour =
        word(yaml, node, "colour", colour_of, "blue, yellow, orange, red").value_or(Colour::Blue);
    int given = 0;
    for (const auto* when : {"above", "at_least", "below", "at_most"}) {
        if (const auto limit = Yaml::find(node, when)) {
            ++given;
            out.when = *threshold_when(when);
            out.limit = yaml.number(*limit, -kReaderNumberMax, kReaderNumberMax).value_or(0);
        }
    }
    if (given != 1) {
        yaml.error(
            node,
            {"阈值应写明且只写明一个界限", "a threshold has exactly one limit"},
            {"above、at_least、below、at_most 之一", "one of above, at_least, below and at_most"}
        );
    }
    out.clear = out.limit;
    if (const auto clear = Yaml::find(node, "clear")) {
        out.clear = yaml.number(*clear, -kReaderNumberMax, kReaderNumberMax).value_or(out.limit);
        if (out.upwards() ? out.clear > out.limit : out.clear < out.limit) {
            yaml.error(
                *clear,
                {"解除值应在界限的安全一侧", "clear lies on the safe side of the limit"},
                {"向上的阈值取更小的值，向下的取更大的值",
                 "take a smaller value for a limit upwards, a larger one downwards"}
            );
        }
    }
    if (const auto hold = Yaml::find(node, "hold")) {
        out.hold = yaml.duration(*hold).value_or(Duration{0});
    }
    return out;
}

/// Worse colours have limits further out.
void IndicatorReader::check_thresholds(
    Yaml& yaml,
    const YAML::Node& node,
    std::span<const Threshold> thresholds
) {
    for (std::size_t i = 0; i < thresholds.size(); ++i) {
        for (std::size_t j = 0; j < i; ++j) {
            const auto& milder = thresholds[j];
            const auto& worse = thresholds[i];
            if (milder.upwards() != worse.upwards()) {
                continue;
            }
            const bool further =
                worse.upwards() ? worse.limit > milder.limit : worse.limit < milder.limit;
            if (milder.colour == worse.colour || !further) {
                yaml.error(
                    node,
                    text(
                        "{} 与 {} 的界限次序不对",
                        "the limits of {} and {} are not in order",
                        colour_name(milder.colour),
                        colour_name(worse.colour)
                    ),
                    {"同一方向每色一个，越严重界限越远",
                     "one for each colour and direction, further out the worse it is"}
                );
                return;
            }
        }
    }
}

void IndicatorReader::check_parents() {
    std::map<std::string, int, std::less<>> levels;
    std::vector<std::string> known;
    for (const auto& group : groups_) {
        levels.emplace(group.code, group.level);
        known.push_back(group.code);
    }
    for (std::size_t i = 0; i < groups_.size(); ++i) {
        if (index_.contains(groups_[i].code)) {
            yaml_[group_entries_[i].file]->error(
                group_entries_[i].node,
                text("名称 {} 已被使用", "the name {} is taken already", groups_[i].code),
                {"改用另一代码", "give one of them another code"}
            );
        }
    }
    for (const auto& indicator : indicators_) {
        levels.emplace(indicator.code, indicator.level);
        known.push_back(indicator.code);
    }
    const auto check = [&](const Entry& entry, const std::string& parent, int level) {
        if (parent.empty()) {
            return;
        }
        const auto found = levels.find(parent);
        const auto node = entry.node["parent"];
        if (found == levels.end()) {
            yaml_[entry.file]->error(
                node,
                text("没有上级 {}", "there is no parent {}", parent),
                suggestion(parent, known)
            );
        } else if (found->second >= level) {
            yaml_[entry.file]->error(
                node,
                text(
                    "上级 {} 为 {} 级，不高于 {} 级",
                    "the parent {} has level {}, which is not above level {}",
                    parent,
                    found->second,
                    level
                ),
                {"上级的级别数更小", "a parent's level is a smaller number"}
            );
        }
    };
    for (std::size_t i = 0; i < groups_.size(); ++i) {
        check(group_entries_[i], groups_[i].parent, groups_[i].level);
    }
    for (std::size_t i = 0; i < entries_.size(); ++i) {
        check(entries_[i], indicators_[i].parent, indicators_[i].level);
    }
}

std::string IndicatorReader::code(Yaml& yaml, const YAML::Node& node) {
    auto written = yaml.need_scalar(node, "code");
    if (!written.empty() && !is_code(written)) {
        yaml.error(
            node["code"],
            text("{} 不能作为代码", "{} cannot be a code", written),
            {"小写字母开头，由小写字母、数字与下划线组成，且不与函数同名",
             "lower-case letters, digits and underscores, a letter first, and not the name of a "
             "function"}
        );
    }
    return written;
}

int IndicatorReader::whole(
    Yaml& yaml,
    const YAML::Node& node,
    const char* key,
    int low,
    int high,
    std::optional<int> otherwise
) {
    const auto value = otherwise ? Yaml::find(node, key) : yaml.need(node, key);
    if (!value) {
        return otherwise.value_or(low);
    }
    const auto number = yaml.number(*value, low, high);
    if (number && *number != static_cast<int>(*number)) {
        yaml.error(
            *value,
            {"此处应为整数", "a whole number is expected here"},
            {"去掉小数部分", "leave out the decimals"}
        );
    }
    return number ? static_cast<int>(*number) : low;
}

std::optional<Cycle> IndicatorReader::cycle(Yaml& yaml, const YAML::Node& node) {
    const auto written = yaml.scalar(node);
    const auto found = cycle_of(written);
    if (!found) {
        yaml.error(
            node,
            text("“{}”不可用", "'{}' is not known here", written),
            text("可用：{}", "known: {}", kPeriodWords)
        );
    }
    return found;
}

std::string IndicatorReader::input(Yaml& yaml, const YAML::Node& node, const char* key) {
    const auto value = yaml.need(node, key);
    return value ? known(yaml, *value) : std::string();
}

std::string IndicatorReader::known(Yaml& yaml, const YAML::Node& node) {
    auto written = yaml.scalar(node);
    if (!index_.contains(written)) {
        yaml.error(
            node,
            text("没有指标 {}", "there is no indicator {}", written),
            suggestion(written, codes_)
        );
    }
    return written;
}

Label IndicatorReader::suggestion(std::string_view word, std::span<const std::string> known) {
    return city::did_you_mean(nearest_name(word, known), {"检查代码", "look at the code"});
}

void IndicatorReader::complain(std::size_t at, Label message, Label hint) {
    if (at >= entries_.size()) {
        return;  // a measure: whoever took its code has been told
    }
    yaml_[entries_[at].file]->error(entries_[at].node, std::move(message), std::move(hint));
}

ParsedIndicators parse_indicators(
    std::span<const city::DefinitionFile> files,
    const city::City& city,
    std::uint32_t (*flag)(std::string_view name),
    const CaseMeasures& cases,
    const city::DefinitionFile* draft
) {
    return IndicatorReader(files, city, flag, cases, draft).read();
}

}  // namespace chengshu::indicators
