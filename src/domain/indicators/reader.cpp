#include "base/text.hpp"
#include "domain/city/findings.hpp"
#include "domain/city/yaml_file.hpp"
#include "domain/indicators/definition.hpp"
#include "domain/indicators/internal/check_together.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <utility>

namespace chengshu::indicators {
namespace {

using city::text;

constexpr std::string_view kFileName = "/indicators.yaml";
constexpr std::size_t kCurvesMax = 1000;
constexpr std::size_t kPointsMax = 200;
constexpr std::size_t kListMax = 32;
constexpr double kNumberMax = 1e15;
constexpr int kPrecisionMax = 9;
constexpr int kPartsMax = 366 * 25;

bool is_code(std::string_view written) {
    const auto fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    };
    return !written.empty() && written.size() <= 64 && written.front() >= 'a' &&
           written.front() <= 'z' && std::all_of(written.begin(), written.end(), fits) &&
           !is_reserved(written);
}

/// Where an entry stands, for what can only be said when all are known.
struct Entry {
    std::size_t file = 0;
    YAML::Node node;
};

class IndicatorReader {
public:
    IndicatorReader(
        std::span<const city::DefinitionFile> files,
        const city::City& city,
        std::uint32_t (*flag)(std::string_view name)
    )
        : city_(city), flag_(flag) {
        for (const auto& file : files) {
            if (file.path.ends_with(kFileName)) {
                files_.push_back({file.path, file.content});
            }
        }
    }

    ParsedIndicators read() {
        for (const auto& file : files_) {
            yaml_.push_back(std::make_unique<city::YamlFile>(file, findings_));
        }
        guarded([&](std::size_t file) { read_curves(file); });
        guarded([&](std::size_t file) { read_codes(file); });
        guarded([&](std::size_t file) { read_indicators(file); });
        check_together(indicators_, [&](std::size_t at, Label message, Label hint) {
            complain(at, std::move(message), std::move(hint));
        });
        ParsedIndicators out;
        if (!findings_.has_errors()) {
            out.catalogue = Catalogue(std::move(indicators_));
        }
        out.findings = std::move(findings_).sorted();
        return out;
    }

private:
    /// A node of the wrong kind makes yaml-cpp throw; one place turns that into a finding.
    template <class Read>
    void guarded(Read read) {
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

    void read_curves(std::size_t file) {
        auto& yaml = *yaml_[file];
        if (!yaml.check_map(yaml.root(), {"curves", "indicators"})) {
            return;
        }
        const auto curves = city::YamlFile::find(yaml.root(), "curves");
        if (!curves) {
            return;
        }
        yaml.each(*curves, kCurvesMax, [&](const YAML::Node& node) {
            if (!yaml.check_map(node, {"code", "points", "extends", "source"})) {
                return;
            }
            auto curve = std::make_shared<Curve>();
            curve->code = code(yaml, node);
            yaml.need_scalar(node, "source");
            if (const auto extends = city::YamlFile::find(node, "extends")) {
                curve->extends = yaml.flag(*extends).value_or(false);
            }
            if (const auto points = yaml.need(node, "points")) {
                read_points(yaml, *points, *curve);
            }
            Name name{Name::Kind::Curve, 0, curve};
            if (!names_.emplace(curve->code, std::move(name)).second) {
                yaml.error(
                    node,
                    text("曲线 {} 重复", "curve {} is defined twice", curve->code),
                    {"改用另一代码", "give one of them another code"}
                );
            }
        });
    }

    static void read_points(city::YamlFile& yaml, const YAML::Node& node, Curve& curve) {
        yaml.each(node, kPointsMax, [&](const YAML::Node& pair) {
            if (!pair.IsSequence() || pair.size() != 2) {
                yaml.error(
                    pair,
                    {"此处应为一对数", "a pair of numbers is expected here"},
                    {"写作 [35, 50]", "write [35, 50]"}
                );
                return;
            }
            const auto x = yaml.number(pair[0], -kNumberMax, kNumberMax);
            const auto y = yaml.number(pair[1], -kNumberMax, kNumberMax);
            if (!x || !y) {
                return;
            }
            if (!curve.points.empty() && *x <= curve.points.back().x) {
                yaml.error(
                    pair,
                    {"横坐标应递增", "the first numbers of the pairs must ascend"},
                    {"按从小到大排列", "put them in ascending order"}
                );
                return;
            }
            curve.points.push_back({*x, *y});
        });
        if (curve.points.size() < 2) {
            yaml.error(
                node,
                {"曲线至少两个点", "a curve has at least two points"},
                {"写作 [[0, 0], [35, 50]]", "write [[0, 0], [35, 50]]"}
            );
        }
    }

    /// Formulas may name what stands further down, or in another file.
    void read_codes(std::size_t file) {
        const auto list = city::YamlFile::find(yaml_[file]->root(), "indicators");
        if (!list || !list->IsSequence()) {
            return;
        }
        for (const auto& node : *list) {
            const auto written = city::YamlFile::find(node, "code");
            if (!written || !written->IsScalar() || index_.contains(written->Scalar())) {
                continue;
            }
            const auto index = static_cast<int>(codes_.size());
            index_.emplace(written->Scalar(), index);
            codes_.push_back(written->Scalar());
            if (!names_.emplace(written->Scalar(), Name{Name::Kind::Term, index, nullptr}).second) {
                yaml_[file]->error(
                    *written,
                    text(
                        "{} 已是曲线的代码", "{} is the code of a curve already", written->Scalar()
                    ),
                    {"改用另一代码", "give one of them another code"}
                );
            }
        }
    }

    void read_indicators(std::size_t file) {
        auto& yaml = *yaml_[file];
        const auto list = city::YamlFile::find(yaml.root(), "indicators");
        if (!list) {
            return;
        }
        yaml.each(*list, kIndicatorsMax, [&](const YAML::Node& node) {
            if (yaml.check_map(
                    node,
                    {"code",
                     "name",
                     "unit",
                     "precision",
                     "period",
                     "observed",
                     "window",
                     "roll",
                     "formula",
                     "which",
                     "areas",
                     "valid_from",
                     "valid_to",
                     "source",
                     "note"}
                )) {
                indicators_.push_back(indicator(file, node));
                entries_.push_back({file, node});
            }
        });
    }

    Indicator indicator(std::size_t file, const YAML::Node& node) {
        auto& yaml = *yaml_[file];
        Indicator out;
        out.path = files_[file].path;
        out.line = node.Mark().line + 1;
        out.code = code(yaml, node);
        out.name = yaml.need_label(node, "name");
        out.source = yaml.need_scalar(node, "source");
        if (const auto unit = city::YamlFile::find(node, "unit")) {
            out.unit =
                unit->IsMap() ? yaml.label(*unit) : Label{yaml.scalar(*unit), yaml.scalar(*unit)};
        }
        if (const auto note = city::YamlFile::find(node, "note")) {
            out.note = yaml.label(*note);
        }
        out.precision = whole(yaml, node, "precision", 0, kPrecisionMax, 0);
        out.period = word(yaml, node, "period", period_kind, "hour, day, month, year")
                         .value_or(PeriodKind::Hour);
        if (city::YamlFile::find(node, "areas")) {
            out.areas = word(yaml, node, "areas", fold, "mean, max, min, sum, count");
        }
        out.validity.from = date(yaml, node, "valid_from");
        out.validity.to = date(yaml, node, "valid_to");
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

    void read_rule(city::YamlFile& yaml, const YAML::Node& node, Indicator& out) {
        static constexpr std::array<std::string_view, 5> kRules{
            "observed", "window", "roll", "formula", "which"
        };
        std::vector<std::string_view> given;
        for (const auto rule : kRules) {
            if (city::YamlFile::find(node, rule)) {
                given.push_back(rule);
            }
        }
        if (given.size() != 1) {
            yaml.error(
                node,
                {"应写明且只写明一种算法", "exactly one rule is needed"},
                {"observed、window、roll、formula、which 之一",
                 "one of observed, window, roll, formula and which"}
            );
            return;
        }
        const auto rule = *city::YamlFile::find(node, given.front());
        if (given.front() == "observed") {
            out.rule = observed(yaml, rule, out);
        } else if (given.front() == "window") {
            out.rule = window(yaml, rule, out);
        } else if (given.front() == "roll") {
            out.rule = roll(yaml, rule);
        } else if (given.front() == "formula") {
            out.rule = formula(yaml, rule);
        } else {
            out.rule = which(yaml, rule);
        }
    }

    Observed observed(city::YamlFile& yaml, const YAML::Node& node, const Indicator& whole) {
        Observed out;
        if (!yaml.check_map(node, {"property", "thing_type", "ignore"})) {
            return out;
        }
        out.property = yaml.need_scalar(node, "property");
        out.thing_type = yaml.need_scalar(node, "thing_type");
        if (!out.property.empty() && city_.terminals().quantity(out.property) == nullptr) {
            std::vector<std::string> known;
            for (const auto& quantity : city_.terminals().quantities) {
                known.push_back(quantity.code);
            }
            yaml.error(
                node["property"],
                text("observed.csv 中没有 {}", "{} is not in observed.csv", out.property),
                suggestion(out.property, known)
            );
        }
        if (const auto ignore = city::YamlFile::find(node, "ignore")) {
            yaml.each(*ignore, kListMax, [&](const YAML::Node& item) {
                const auto bit = flag_(yaml.scalar(item));
                out.ignore |= bit;
                if (bit == 0) {
                    yaml.error(
                        item,
                        text(
                            "没有质量标记“{}”", "there is no quality flag '{}'", yaml.scalar(item)
                        ),
                        {"参看 docs/observations.md", "see docs/observations.md"}
                    );
                }
            });
        }
        if (whole.period != PeriodKind::Hour || !whole.areas) {
            yaml.error(
                node,
                {"观测类指标的周期为 hour，并须写明 areas",
                 "what is observed has the period hour and says how areas come of it"},
                {"写 period: hour 与 areas: mean；更长的周期用 roll",
                 "write period: hour and areas: mean; use roll for longer periods"}
            );
        }
        return out;
    }

    Window window(city::YamlFile& yaml, const YAML::Node& node, const Indicator& whole_one) {
        Window out;
        if (!yaml.check_map(node, {"of", "hours", "as", "at_least"})) {
            return out;
        }
        out.of = input(yaml, node, "of");
        out.hours = whole(yaml, node, "hours", 2, kWindowHoursMax, std::nullopt);
        out.as = word(yaml, node, "as", fold, "mean, max, min, sum, count").value_or(Fold::Mean);
        out.at_least = whole(yaml, node, "at_least", 1, std::max(out.hours, 1), 1);
        if (whole_one.period != PeriodKind::Hour) {
            yaml.error(
                node,
                {"window 只用于周期为 hour 的指标", "window is for indicators whose period is hour"
                },
                {"更长的周期用 roll", "use roll for longer periods"}
            );
        }
        return out;
    }

    Roll roll(city::YamlFile& yaml, const YAML::Node& node) {
        Roll out;
        if (yaml.check_map(node, {"of", "as", "at_least", "from_hour"})) {
            out.of = input(yaml, node, "of");
            out.as =
                word(yaml, node, "as", fold, "mean, max, min, sum, count").value_or(Fold::Mean);
            out.at_least = whole(yaml, node, "at_least", 1, kPartsMax, 1);
            out.from_hour = whole(yaml, node, "from_hour", 0, 23, 0);
        }
        return out;
    }

    Computed formula(city::YamlFile& yaml, const YAML::Node& node) {
        Computed out;
        const auto written = yaml.scalar(node);
        ExpressionMistake wrong;
        auto parsed = Expression::parse(written, names_, wrong);
        if (!parsed) {
            const auto pointer = point_at(written, wrong);
            yaml.error(
                node,
                {fmt::format("{}\n{}", wrong.message.zh, pointer),
                 fmt::format("{}\n{}", wrong.message.en, pointer)},
                wrong.hint
            );
            return out;
        }
        out.expression = std::move(*parsed);
        for (const int index : out.expression.compact_terms()) {
            out.inputs.push_back(codes_[static_cast<std::size_t>(index)]);
        }
        return out;
    }

    Which which(city::YamlFile& yaml, const YAML::Node& node) {
        Which out;
        if (!yaml.check_map(node, {"of", "when", "above"})) {
            return out;
        }
        if (const auto of = yaml.need(node, "of")) {
            yaml.each_pair(*of, kListMax, [&](const YAML::Node& key, const YAML::Node& value) {
                out.of.push_back({yaml.scalar(key), known(yaml, value)});
            });
        }
        if (const auto when = city::YamlFile::find(node, "when")) {
            out.when = known(yaml, *when);
            if (const auto above = yaml.need(node, "above")) {
                out.above = yaml.number(*above, -kNumberMax, kNumberMax).value_or(0);
            }
        }
        return out;
    }

    // Reading of nodes.

    static std::string code(city::YamlFile& yaml, const YAML::Node& node) {
        auto written = yaml.need_scalar(node, "code");
        if (!written.empty() && !is_code(written)) {
            yaml.error(
                node["code"],
                text("{} 不能作为代码", "{} cannot be a code", written),
                {"小写字母开头，由小写字母、数字与下划线组成，且不与函数同名",
                 "lower-case letters, digits and underscores, a letter first, and not the name of "
                 "a "
                 "function"}
            );
        }
        return written;
    }

    static int whole(
        city::YamlFile& yaml,
        const YAML::Node& node,
        const char* key,
        int low,
        int high,
        std::optional<int> otherwise
    ) {
        const auto value = otherwise ? city::YamlFile::find(node, key) : yaml.need(node, key);
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

    template <class Look>
    static auto word(
        city::YamlFile& yaml,
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
                text("“{}”不可用", "'{}' is not known here", written),
                text("可用：{}", "known: {}", words)
            );
        }
        return found;
    }

    static std::optional<Date> date(city::YamlFile& yaml, const YAML::Node& node, const char* key) {
        const auto value = city::YamlFile::find(node, key);
        return value ? yaml.date(*value) : std::nullopt;
    }

    std::string input(city::YamlFile& yaml, const YAML::Node& node, const char* key) {
        const auto value = yaml.need(node, key);
        return value ? known(yaml, *value) : std::string();
    }

    std::string known(city::YamlFile& yaml, const YAML::Node& node) {
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

    static Label suggestion(std::string_view word, std::span<const std::string> known) {
        return city::did_you_mean(nearest_name(word, known), {"检查代码", "look at the code"});
    }

    // What can only be said when everything has been read.

    void complain(std::size_t at, Label message, Label hint) {
        yaml_[entries_[at].file]->error(entries_[at].node, std::move(message), std::move(hint));
    }

    const city::City& city_;
    std::uint32_t (*flag_)(std::string_view name);
    std::vector<city::CityFile> files_;
    city::Findings findings_;
    std::vector<std::unique_ptr<city::YamlFile>> yaml_;
    Names names_;
    std::map<std::string, int, std::less<>> index_;
    std::vector<std::string> codes_;
    std::vector<Indicator> indicators_;
    std::vector<Entry> entries_;
};

}  // namespace

ParsedIndicators parse_indicators(
    std::span<const city::DefinitionFile> files,
    const city::City& city,
    std::uint32_t (*flag)(std::string_view name)
) {
    return IndicatorReader(files, city, flag).read();
}

}  // namespace chengshu::indicators
