#include "domain/indicators/internal/indicator_reader.hpp"

#include <fmt/ranges.h>

#include <algorithm>

namespace chengshu::indicators {

using city::text;

namespace {

constexpr std::size_t kPagesMax = 200;
constexpr std::size_t kPageAreasMax = 1000;

std::optional<std::string> comparison(std::string_view name) {
    const bool known = name == "previous" || name == "last_year" || name == "both";
    return known ? std::optional<std::string>(name) : std::nullopt;
}

std::optional<std::string> shape(std::string_view name) {
    const bool known = name == "table" || name == "ranking" || name == "distribution";
    return known ? std::optional<std::string>(name) : std::nullopt;
}

}  // namespace

void IndicatorReader::read_pages(std::size_t file, bool sound) {
    auto& yaml = *yaml_[file];
    if (const auto pages = Yaml::find(yaml.root(), "pages")) {
        yaml.each(*pages, kPagesMax, [&](const YAML::Node& node) {
            if (!is_replaced(file, "pages", node)) {
                read_page(yaml, node, sound);
            }
        });
    }
}

/// `sound`: all indicators are as they should be, so that what they are broken down by is known.
void IndicatorReader::read_page(Yaml& yaml, const YAML::Node& node, bool sound) {
    if (!yaml.check_map(
            node,
            {"code",
             "name",
             "note",
             "source",
             "indicators",
             "areas",
             "parts",
             "level",
             "by",
             "member",
             "period",
             "periods",
             "compare",
             "shape",
             "top"}
        )) {
        return;
    }
    NamedPage out;
    out.code = code(yaml, node);
    out.name = yaml.need_label(node, "name");
    out.source = yaml.need_scalar(node, "source");
    if (const auto note = Yaml::find(node, "note")) {
        out.note = yaml.label(*note);
    }
    read_page_places(yaml, node, out);
    read_page_periods(yaml, node, out);
    read_page_shape(yaml, node, out);
    const auto* dimension = read_page_dimension(yaml, node, out);
    read_page_indicators(yaml, node, out, sound);
    if (!page_codes_.insert(out.code).second) {
        yaml.error(
            node,
            text("名称 {} 已被使用", "the name {} is taken already", out.code),
            {"改用另一代码", "give one of them another code"}
        );
    }
    if (!out.level.empty() && !has_level(yaml, node, out.level, out.code)) {
        return;
    }
    check_page_size(yaml, node, out, dimension);
    pages_.push_back(std::move(out));
}

void IndicatorReader::read_page_places(Yaml& yaml, const YAML::Node& node, NamedPage& out) {
    if (const auto areas = Yaml::find(node, "areas")) {
        yaml.each(*areas, kPageAreasMax, [&](const YAML::Node& item) {
            const auto written = yaml.scalar(item);
            if (city_.area(written) != nullptr) {
                out.areas.push_back(written);
                return;
            }
            std::vector<std::string> known;
            for (const auto& area : city_.areas()) {
                known.push_back(area.code);
            }
            yaml.error(
                item,
                text("城市没有区域 {}", "the city has no area {}", written),
                suggestion(written, known)
            );
        });
    }
    if (const auto parts = Yaml::find(node, "parts")) {
        out.parts = yaml.flag(*parts).value_or(false);
    }
    if (const auto level = Yaml::find(node, "level")) {
        out.level = yaml.scalar(*level);
        if (out.parts) {
            yaml.error(
                *level,
                {"parts 与 level 只能写一个", "a page has parts or a level, not both"},
                {"parts 为直接下级，level 为指定层级的下级",
                 "parts are those directly below, level says which ones"}
            );
        }
    }
}

void IndicatorReader::read_page_periods(Yaml& yaml, const YAML::Node& node, NamedPage& out) {
    if (const auto period = Yaml::find(node, "period")) {
        out.period = cycle(yaml, *period);
    }
    out.periods = whole(yaml, node, "periods", 1, kPagePeriodsMax, 1);
    if (Yaml::find(node, "compare")) {
        constexpr std::string_view kWords = "previous, last_year, both";
        out.compare = word(yaml, node, "compare", comparison, kWords).value_or("");
    }
}

void IndicatorReader::read_page_shape(Yaml& yaml, const YAML::Node& node, NamedPage& out) {
    if (Yaml::find(node, "shape")) {
        constexpr std::string_view kWords = "table, ranking, distribution";
        out.shape = word(yaml, node, "shape", shape, kWords).value_or(out.shape);
    }
    if (const auto top = Yaml::find(node, "top")) {
        out.top = whole(yaml, node, "top", 1, kPageTopMax, 1);
        if (out.shape != "ranking") {
            yaml.error(
                *top,
                {"top 只用于 shape: ranking", "top belongs to shape: ranking"},
                {"去掉 top", "leave out top"}
            );
        }
    }
}

const CaseMeasures::Dimension*
IndicatorReader::read_page_dimension(Yaml& yaml, const YAML::Node& node, NamedPage& out) {
    const auto by = Yaml::find(node, "by");
    const auto member = Yaml::find(node, "member");
    if (!by) {
        if (member) {
            yaml.error(
                *member,
                {"member 需要 by", "a member needs its dimension"},
                {"用 by 写明维度", "name the dimension with by"}
            );
        }
        return nullptr;
    }
    const auto written = yaml.scalar(*by);
    const auto& all = cases_.dimensions;
    const auto found =
        std::find_if(all.begin(), all.end(), [&](const auto& one) { return one.code == written; });
    if (found == all.end()) {
        std::vector<std::string> known;
        known.reserve(all.size());
        for (const auto& one : all) {
            known.push_back(one.code);
        }
        yaml.error(
            *by,
            text("没有维度 {}", "there is no dimension {}", written),
            suggestion(written, known)
        );
        return nullptr;
    }
    out.dimension = written;
    if (member) {
        out.member = yaml.scalar(*member);
        const auto& members = found->members;
        if (std::find(members.begin(), members.end(), out.member) == members.end()) {
            yaml.error(
                *member,
                text("维度 {} 没有成员 {}", "{} has no member {}", found->code, out.member),
                suggestion(out.member, members)
            );
        }
    }
    for (const auto* area : page_areas(out)) {
        if (std::find(found->levels.begin(), found->levels.end(), area->level) ==
            found->levels.end()) {
            yaml.error(
                *by,
                text(
                    "区域 {} 没有按 {} 的计数",
                    "area {} has no counts by {}",
                    area->code,
                    found->code
                ),
                text(
                    "有计数的层级：{}",
                    "levels that have: {}",
                    fmt::format("{}", fmt::join(found->levels, ", "))
                )
            );
            break;
        }
    }
    return &*found;
}

void IndicatorReader::read_page_indicators(
    Yaml& yaml,
    const YAML::Node& node,
    NamedPage& out,
    bool sound
) {
    const auto list = yaml.need(node, "indicators");
    if (!list) {
        return;
    }
    yaml.each(*list, kPageIndicatorsMax, [&](const YAML::Node& item) {
        const auto written = known(yaml, item);
        if (std::find(out.indicators.begin(), out.indicators.end(), written) !=
            out.indicators.end()) {
            yaml.error(
                item,
                text("指标 {} 重复", "{} is named twice", written),
                {"去掉一个", "leave out one of them"}
            );
        }
        out.indicators.push_back(written);
        const auto found =
            std::find_if(indicators_.begin(), indicators_.end(), [&](const Indicator& one) {
                return one.code == written;
            });
        if (found != indicators_.end()) {
            check_page_indicator(yaml, item, *found, out, sound);
        }
    });
    if (out.indicators.empty()) {
        yaml.error(
            *list,
            {"页面至少一个指标", "a page has at least one indicator"},
            {"写作 [aqi, pm25_day]", "write [aqi, pm25_day]"}
        );
    }
}

void IndicatorReader::check_page_indicator(
    Yaml& yaml,
    const YAML::Node& at,
    const Indicator& indicator,
    const NamedPage& page,
    bool sound
) {
    const auto period = page.period.value_or(indicator.period);
    const auto& those = indicator.dimensions;
    if (!indicator.is_for("area") || indicator.things_only || !indicator.has_period(period)) {
        yaml.error(
            at,
            text(
                "{} 没有区域在 {} 的值",
                "{} has no values of areas for the period {}",
                indicator.code,
                period_name(period)
            ),
            {"检查该指标的 subjects 与 period", "look at its subjects and its period"}
        );
    } else if (sound && !page.dimension.empty() &&
               std::find(those.begin(), those.end(), page.dimension) == those.end()) {
        yaml.error(
            at,
            text("{} 没有按 {} 的值", "{} has no values by {}", indicator.code, page.dimension),
            {"只有全由区域案件计数算出的指标才有",
             "only what is made of an area's counts of cases has"}
        );
    }
}

/// The areas that the feed shows, as far as they hold for good: those of the city where the reader
/// says which.
std::vector<const city::Area*> IndicatorReader::page_areas(const NamedPage& page) const {
    std::vector<const city::Area*> out;
    std::vector<const city::Area*> wholes;
    wholes.reserve(page.areas.size() + 1);
    for (const auto& code : page.areas) {
        wholes.push_back(city_.area(code));
    }
    if (wholes.empty()) {
        wholes.push_back(&city::root_area(city_));
    }
    for (const auto* whole : wholes) {
        const auto before = out.size();
        for (const auto& one : city_.areas()) {
            const bool meant = page.level.empty() ? page.parts && one.parent == whole->code
                                                  : one.level == page.level && &one != whole &&
                                                        city_.is_within(one.code, whole->code);
            if (meant && !one.validity.to) {
                out.push_back(&one);
            }
        }
        // The whole is no rival of its parts.
        if (out.size() == before || page.shape == "table") {
            out.push_back(whole);
        }
    }
    return out;
}

void IndicatorReader::check_page_size(
    Yaml& yaml,
    const YAML::Node& node,
    const NamedPage& page,
    const CaseMeasures::Dimension* dimension
) {
    const auto members =
        dimension == nullptr || !page.member.empty() ? 1 : dimension->members.size();
    const auto places = page_areas(page).size() * members;
    const auto compared = page.compare.empty() ? 1U : page.compare == "both" ? 3U : 2U;
    const auto cells =
        page.indicators.size() * places * static_cast<std::size_t>(page.periods) * compared;
    const Label hint{
        "减少指标、区域、成员或周期", "take fewer indicators, areas, members or periods"
    };
    if (places > kPagePlacesMax) {
        yaml.error(
            node,
            text(
                "页面有 {} 个地点，最多 {} 个",
                "the page has {} places, {} at most",
                places,
                kPagePlacesMax
            ),
            hint
        );
    } else if (cells > kPageCellsMax) {
        yaml.error(
            node,
            text(
                "页面有 {} 个值（含对比周期），最多 {} 个",
                "the page has {} values, those of compared periods included; {} at most",
                cells,
                kPageCellsMax
            ),
            hint
        );
    }
}

}  // namespace chengshu::indicators
