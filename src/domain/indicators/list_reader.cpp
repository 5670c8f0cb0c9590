#include "domain/indicators/internal/indicator_reader.hpp"

#include <algorithm>
#include <array>

namespace chengshu::indicators {

using city::text;

namespace {

constexpr std::size_t kCurvesMax = 1000;
constexpr std::size_t kGradesMax = 100;
constexpr std::size_t kGroupsMax = 2000;
constexpr std::size_t kSheetsMax = 100;
constexpr std::size_t kItemsMax = 200;
constexpr std::size_t kPointsMax = 200;
constexpr std::array<std::string_view, 5> kGradeColours{"green", "blue", "yellow", "orange", "red"};

void read_points(city::YamlFile& yaml, const YAML::Node& node, Curve& curve) {
    yaml.each(node, kPointsMax, [&](const YAML::Node& pair) {
        if (!pair.IsSequence() || pair.size() != 2) {
            yaml.error(
                pair,
                {"此处应为一对数", "a pair of numbers is expected here"},
                {"写作 [35, 50]", "write [35, 50]"}
            );
            return;
        }
        const auto x = yaml.number(pair[0], -kReaderNumberMax, kReaderNumberMax);
        const auto y = yaml.number(pair[1], -kReaderNumberMax, kReaderNumberMax);
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

void read_band(city::YamlFile& yaml, const YAML::Node& node, Grades& grades) {
    if (!yaml.check_map(node, {"code", "name", "colour", "from"})) {
        return;
    }
    Grade out;
    out.code = yaml.need_scalar(node, "code");
    out.name = yaml.need_label(node, "name");
    out.colour = yaml.need_scalar(node, "colour");
    if (std::find(kGradeColours.begin(), kGradeColours.end(), out.colour) == kGradeColours.end()) {
        yaml.error(
            city::YamlFile::find(node, "colour").value_or(node),
            text("“{}”不可用", "'{}' is not known here", out.colour),
            {"可用：green, blue, yellow, orange, red", "known: green, blue, yellow, orange, red"}
        );
    }
    if (const auto from = city::YamlFile::find(node, "from")) {
        out.from = yaml.number(*from, -kReaderNumberMax, kReaderNumberMax);
    }
    const auto& bands = grades.bands;
    const bool last = !bands.empty() && !bands.back().from;
    if (last || (!bands.empty() && out.from && *out.from >= *bands.back().from)) {
        yaml.error(
            node,
            {"等级应从高到低，最后一级没有 from",
             "grades go from best to worst; only the last has no from"},
            {"按 from 从大到小排列", "put them in descending order of from"}
        );
        return;
    }
    grades.bands.push_back(std::move(out));
}

}  // namespace

/// What the draft takes the place of, before anything else is read.
void IndicatorReader::read_draft(std::size_t file) {
    if (file != draft_) {
        return;
    }
    for (const auto* name : {"curves", "grades", "groups", "indicators", "pages"}) {
        const auto list = Yaml::find(yaml_[file]->root(), name);
        if (!list || !list->IsSequence()) {
            continue;
        }
        for (const auto& node : *list) {
            const auto written = Yaml::find(node, "code");
            if (written && written->IsScalar()) {
                replaced_.emplace(name, written->Scalar());
            }
        }
    }
}

bool IndicatorReader::is_replaced(std::size_t file, const char* list, const YAML::Node& node)
    const {
    if (replaced_.empty() || file == draft_) {
        return false;
    }
    const auto written = Yaml::find(node, "code");
    return written && written->IsScalar() && replaced_.contains({list, written->Scalar()});
}

void IndicatorReader::read_lists(std::size_t file) {
    auto& yaml = *yaml_[file];
    if (!yaml.check_map(
            yaml.root(), {"curves", "grades", "groups", "indicators", "sheets", "pages"}
        )) {
        return;
    }
    const auto each = [&](const char* name, std::size_t size_max, const auto& read) {
        if (const auto list = Yaml::find(yaml.root(), name)) {
            yaml.each(*list, size_max, [&](const YAML::Node& node) {
                if (!is_replaced(file, name, node)) {
                    read(node);
                }
            });
        }
    };
    each("curves", kCurvesMax, [&](const YAML::Node& node) { read_curve(yaml, node); });
    each("grades", kGradesMax, [&](const YAML::Node& node) { read_grades(yaml, node); });
    each("groups", kGroupsMax, [&](const YAML::Node& node) { read_group(file, node); });
}

void IndicatorReader::read_curve(Yaml& yaml, const YAML::Node& node) {
    if (!yaml.check_map(node, {"code", "points", "extends", "source"})) {
        return;
    }
    auto curve = std::make_shared<Curve>();
    curve->code = code(yaml, node);
    yaml.need_scalar(node, "source");
    if (const auto extends = Yaml::find(node, "extends")) {
        curve->extends = yaml.flag(*extends).value_or(false);
    }
    if (const auto points = yaml.need(node, "points")) {
        read_points(yaml, *points, *curve);
    }
    Name name{Name::Kind::Curve, 0, curve};
    if (!names_.emplace(curve->code, std::move(name)).second) {
        yaml.error(
            node,
            text("名称 {} 已被使用", "the name {} is taken already", curve->code),
            {"改用另一代码", "give one of them another code"}
        );
    }
}

void IndicatorReader::read_grades(Yaml& yaml, const YAML::Node& node) {
    if (!yaml.check_map(node, {"code", "source", "bands"})) {
        return;
    }
    auto out = std::make_shared<Grades>();
    out->code = code(yaml, node);
    out->source = yaml.need_scalar(node, "source");
    if (const auto bands = yaml.need(node, "bands")) {
        yaml.each(*bands, kReaderListMax, [&](const YAML::Node& band) {
            read_band(yaml, band, *out);
        });
    }
    if (!grades_.emplace(out->code, out).second) {
        yaml.error(
            node,
            text("名称 {} 已被使用", "the name {} is taken already", out->code),
            {"改用另一代码", "give one of them another code"}
        );
    }
}

void IndicatorReader::read_group(std::size_t file, const YAML::Node& node) {
    auto& yaml = *yaml_[file];
    if (!yaml.check_map(node, {"code", "name", "level", "parent"})) {
        return;
    }
    Group out;
    out.code = code(yaml, node);
    out.name = yaml.need_label(node, "name");
    out.level = whole(yaml, node, "level", 1, kLevelMax - 1, std::nullopt);
    if (const auto parent = Yaml::find(node, "parent")) {
        out.parent = yaml.scalar(*parent);
    }
    const bool taken = std::any_of(groups_.begin(), groups_.end(), [&](const Group& group) {
        return group.code == out.code;
    });
    if (taken) {
        yaml.error(
            node,
            text("名称 {} 已被使用", "the name {} is taken already", out.code),
            {"改用另一代码", "give one of them another code"}
        );
        return;
    }
    groups_.push_back(std::move(out));
    group_entries_.push_back({file, node});
}

void IndicatorReader::read_sheets(std::size_t file) {
    auto& yaml = *yaml_[file];
    if (const auto sheets = Yaml::find(yaml.root(), "sheets")) {
        yaml.each(*sheets, kSheetsMax, [&](const YAML::Node& node) { read_sheet(yaml, node); });
    }
}

void IndicatorReader::read_sheet(Yaml& yaml, const YAML::Node& node) {
    if (!yaml.check_map(node, {"code", "name", "level", "score", "items", "period", "source"})) {
        return;
    }
    Sheet out;
    out.code = code(yaml, node);
    out.name = yaml.need_label(node, "name");
    out.source = yaml.need_scalar(node, "source");
    out.level = yaml.need_scalar(node, "level");
    if (const auto period = yaml.need(node, "period")) {
        out.period = cycle(yaml, *period).value_or(Cycle{});
    }
    const auto check = [&](const YAML::Node& at, const std::string& written) {
        const auto found =
            std::find_if(indicators_.begin(), indicators_.end(), [&](const Indicator& item) {
                return item.code == written;
            });
        if (found != indicators_.end() &&
            (!found->is_for("area") || found->things_only || !found->has_period(out.period))) {
            yaml.error(
                at,
                text(
                    "{} 没有区域在 {} 的值",
                    "{} has no values of areas for the period {}",
                    written,
                    period_name(out.period)
                ),
                {"检查该指标的 subjects 与 period", "look at its subjects and its period"}
            );
        }
    };
    if (const auto score = yaml.need(node, "score")) {
        out.score = known(yaml, *score);
        check(*score, out.score);
    }
    if (const auto items = yaml.need(node, "items")) {
        yaml.each(*items, kItemsMax, [&](const YAML::Node& item) {
            out.items.push_back(known(yaml, item));
            check(item, out.items.back());
        });
    }
    if (has_level(yaml, node, out.level, out.code)) {
        sheets_.push_back(std::move(out));
    }
}

bool IndicatorReader::has_level(
    Yaml& yaml,
    const YAML::Node& node,
    const std::string& level,
    const std::string& code
) {
    const auto levels = city_.levels();
    const bool has = std::any_of(levels.begin(), levels.end(), [&](const auto& one) {
        return one.code == level;
    });
    if (!has) {
        yaml.warning(
            node,
            text(
                "城市没有层级 {}，不生成 {}",
                "the city has no level {}: there is no {}",
                level,
                code
            ),
            {"层级在 city.yaml 的 levels 中", "levels stand in city.yaml"}
        );
    }
    return has;
}

}  // namespace chengshu::indicators
