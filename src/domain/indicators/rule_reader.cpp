#include "base/text.hpp"
#include "domain/indicators/internal/indicator_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace chengshu::indicators {

using city::text;

namespace {

constexpr int kPartsMax = 366 * 25;

/// A column of the type; reported when the table has none of the name.
std::optional<std::size_t> column_of(
    city::YamlFile& yaml,
    const YAML::Node& node,
    const city::DataTable& table,
    city::TableColumn::Type type
) {
    const auto written = yaml.scalar(node);
    const auto found = table.column(written);
    if (found && table.columns[*found].type == type) {
        return found;
    }
    std::vector<std::string> known;
    for (const auto& column : table.columns) {
        if (column.type == type) {
            known.push_back(column.code);
        }
    }
    yaml.error(
        node,
        text(
            "数据表 {} 没有类型为 {} 的列 {}",
            "table {} has no column of type {} named {}",
            table.code,
            type_name(type),
            written
        ),
        city::did_you_mean(
            nearest_name(written, known), {"检查目录 tables.yaml", "look into tables.yaml"}
        )
    );
    return std::nullopt;
}

}  // namespace

void IndicatorReader::read_rule(Yaml& yaml, const YAML::Node& node, Indicator& out) {
    static constexpr std::array<std::string_view, 7> kRules{
        "observed", "window", "roll", "formula", "which", "entered", "table"
    };
    std::vector<std::string_view> given;
    for (const auto rule : kRules) {
        if (Yaml::find(node, rule)) {
            given.push_back(rule);
        }
    }
    if (given.size() != 1) {
        yaml.error(
            node,
            {"应写明且只写明一种算法", "exactly one rule is needed"},
            {"observed、window、roll、formula、which、entered、table 之一",
             "one of observed, window, roll, formula, which, entered and table"}
        );
        return;
    }
    const auto rule = *Yaml::find(node, given.front());
    if (given.front() == "observed") {
        out.rule = observed(yaml, rule, out);
    } else if (given.front() == "window") {
        out.rule = window(yaml, rule, out);
    } else if (given.front() == "roll") {
        out.rule = roll(yaml, rule);
    } else if (given.front() == "formula") {
        out.rule = formula(yaml, rule);
    } else if (given.front() == "entered") {
        out.rule = entered(yaml, rule, out);
    } else if (given.front() == "table") {
        out.rule = tabled(yaml, rule, out);
    } else {
        out.rule = which(yaml, rule);
    }
}

Observed IndicatorReader::observed(Yaml& yaml, const YAML::Node& node, const Indicator& whole) {
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
    if (const auto ignore = Yaml::find(node, "ignore")) {
        yaml.each(*ignore, kReaderListMax, [&](const YAML::Node& item) {
            const auto bit = flag_(yaml.scalar(item));
            out.ignore |= bit;
            if (bit == 0) {
                yaml.error(
                    item,
                    text("没有质量标记“{}”", "there is no quality flag '{}'", yaml.scalar(item)),
                    {"参看 docs/observations.md", "see docs/observations.md"}
                );
            }
        });
    }
    const bool fits =
        std::all_of(whole.periods.begin(), whole.periods.end(), [](const Cycle& cycle) {
            return cycle == PeriodKind::Hour || cycle == PeriodKind::FiveMinutes;
        });
    if (!fits || whole.any_days || !(whole.areas || whole.things_only)) {
        yaml.error(
            node,
            {"观测类指标的周期为 hour 或 five_minutes，并须写明 areas",
             "what is observed has the period hour or five_minutes and says how areas come of it"},
            {"写 period: hour 与 areas: mean；更长的周期用 roll",
             "write period: hour and areas: mean; use roll for longer periods"}
        );
    }
    return out;
}

Window IndicatorReader::window(Yaml& yaml, const YAML::Node& node, const Indicator& whole_one) {
    Window out;
    if (!yaml.check_map(node, {"of", "hours", "as", "at_least"})) {
        return out;
    }
    out.of = input(yaml, node, "of");
    out.hours = whole(yaml, node, "hours", 2, kWindowHoursMax, std::nullopt);
    out.as = word(yaml, node, "as", fold, kFoldWords).value_or(Fold::Mean);
    out.at_least = whole(yaml, node, "at_least", 1, std::max(out.hours, 1), 1);
    if (whole_one.periods != std::vector<Cycle>{PeriodKind::Hour} || whole_one.any_days) {
        yaml.error(
            node,
            {"window 只用于周期为 hour 的指标", "window is for indicators whose period is hour"},
            {"更长的周期用 roll", "use roll for longer periods"}
        );
    }
    return out;
}

Roll IndicatorReader::roll(Yaml& yaml, const YAML::Node& node) {
    Roll out;
    if (yaml.check_map(node, {"of", "as", "at_least", "from_hour"})) {
        out.of = input(yaml, node, "of");
        out.as = word(yaml, node, "as", fold, kFoldWords).value_or(Fold::Mean);
        out.at_least = whole(yaml, node, "at_least", 1, kPartsMax, 1);
        out.from_hour = whole(yaml, node, "from_hour", 0, 23, 0);
    }
    return out;
}

Computed IndicatorReader::formula(Yaml& yaml, const YAML::Node& node) {
    Computed out;
    const auto written = yaml.scalar(node);
    ExpressionMistake wrong;
    auto parsed = Expression::parse(written, names_, wrong);
    if (!parsed) {
        const auto pointer = point_at(written, wrong);
        findings_.error(
            yaml.spot(node, wrong.offset),
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

Which IndicatorReader::which(Yaml& yaml, const YAML::Node& node) {
    Which out;
    if (!yaml.check_map(node, {"of", "when", "above"})) {
        return out;
    }
    if (const auto of = yaml.need(node, "of")) {
        yaml.each_pair(*of, kReaderListMax, [&](const YAML::Node& key, const YAML::Node& value) {
            out.of.push_back({yaml.scalar(key), known(yaml, value)});
        });
    }
    if (const auto when = Yaml::find(node, "when")) {
        out.when = known(yaml, *when);
        if (const auto above = yaml.need(node, "above")) {
            out.above = yaml.number(*above, -kReaderNumberMax, kReaderNumberMax).value_or(0);
        }
    }
    return out;
}

Entered IndicatorReader::entered(Yaml& yaml, const YAML::Node& node, const Indicator& whole) {
    Entered out;
    out.min = -kReaderNumberMax;
    out.max = kReaderNumberMax;
    if (!yaml.check_map(node, {"by", "approved_by", "min", "max"})) {
        return out;
    }
    const auto posts = city::service_posts();
    const auto read = [&](const char* key, std::vector<std::string>& kinds) {
        const auto list = yaml.need(node, key);
        if (!list) {
            return;
        }
        yaml.each(*list, kReaderListMax, [&](const YAML::Node& item) {
            kinds.push_back(yaml.scalar(item));
            if (std::find(posts.begin(), posts.end(), kinds.back()) == posts.end()) {
                yaml.error(
                    item,
                    text("没有“{}”这类岗位", "there is no kind of post '{}'", kinds.back()),
                    suggestion(kinds.back(), std::vector<std::string>(posts.begin(), posts.end()))
                );
            }
        });
        if (kinds.empty() && list->IsSequence()) {
            yaml.error(
                *list,
                {"至少一类岗位", "at least one kind of post is needed"},
                {"写作 [evaluator]", "write [evaluator]"}
            );
        }
    };
    read("by", out.by);
    read("approved_by", out.approved_by);
    if (const auto min = Yaml::find(node, "min")) {
        out.min = yaml.number(*min, -kReaderNumberMax, kReaderNumberMax).value_or(out.min);
    }
    if (const auto max = Yaml::find(node, "max")) {
        out.max = yaml.number(*max, out.min, kReaderNumberMax).value_or(out.max);
    }
    const auto& cycle = whole.period;
    const bool calendar =
        cycle.whole_days() && cycle.kind != PeriodKind::Days && cycle.kind != PeriodKind::Hours;
    if (whole.periods.size() != 1 || !calendar || whole.any_days || whole.things_only ||
        whole.subjects != std::vector<std::string>{"area"}) {
        yaml.error(
            node,
            {"填报类指标只有一种历法周期（日、周、旬、月、季、半年、年），只用于区域",
             "what is entered has one period of the calendar (day, week, ten days, month, quarter, "
             "half a year, year) and is of areas only"},
            {"写 period: month；更长的周期用 roll",
             "write period: month; use roll for longer periods"}
        );
    }
    return out;
}

/// `column: text` or `column: [text, text]`.
Tabled::Condition IndicatorReader::condition(
    Yaml& yaml,
    const YAML::Node& key,
    const YAML::Node& value,
    const city::DataTable& table
) {
    Tabled::Condition out;
    const auto column = column_of(yaml, key, table, city::TableColumn::Type::Text);
    if (!column) {
        return out;
    }
    out.column = *column;
    const auto [entry, fresh] = texts_.try_emplace({&table, out.column});
    auto& texts = entry->second;
    for (const auto& row : fresh ? std::span(table.rows) : std::span<const city::TableRow>{}) {
        if (const auto* text = std::get_if<std::string>(&row.cells[out.column])) {
            texts.insert(*text);
        }
    }
    const auto read = [&](const YAML::Node& item) {
        out.any_of.push_back(yaml.scalar(item));
        if (item.IsScalar() && !texts.contains(out.any_of.back())) {
            yaml.warning(
                item,
                text("没有一行是“{}”", "no row has '{}'", out.any_of.back()),
                {"检查拼写；没有行就没有值", "look at the spelling; without rows there is no value"}
            );
        }
    };
    if (value.IsSequence()) {
        yaml.each(value, kReaderListMax, read);
    } else {
        read(value);
    }
    return out;
}

Tabled IndicatorReader::tabled(Yaml& yaml, const YAML::Node& node, const Indicator& whole) {
    Tabled out;
    if (whole.things_only || whole.subjects != std::vector<std::string>{"area"}) {
        yaml.error(
            node,
            {"取自数据表的指标只用于区域", "what is read off a table is of areas only"},
            {"去掉 subjects 与 areas: own", "leave out subjects and areas: own"}
        );
    }
    if (!yaml.check_map(node, {"of", "column", "as", "where"})) {
        return out;
    }
    const auto code = yaml.need_scalar(node, "of");
    out.table = city_.table(code);
    if (out.table == nullptr) {
        std::vector<std::string> known;
        for (const auto& table : city_.tables()) {
            known.push_back(table->code);
        }
        if (const auto of = Yaml::find(node, "of")) {
            yaml.error(
                *of,
                text("目录中没有数据表 {}", "there is no table {} in the catalogue", code),
                suggestion(code, known)
            );
        }
        return out;
    }
    out.as = word(yaml, node, "as", fold, kFoldWords).value_or(Fold::Sum);
    if (const auto column =
            out.as == Fold::Count ? Yaml::find(node, "column") : yaml.need(node, "column")) {
        out.column = column_of(yaml, *column, *out.table, city::TableColumn::Type::Number);
    }
    if (const auto where = Yaml::find(node, "where")) {
        yaml.each_pair(*where, kReaderListMax, [&](const YAML::Node& key, const YAML::Node& value) {
            out.where.push_back(condition(yaml, key, value, *out.table));
        });
    }
    return out;
}

}  // namespace chengshu::indicators
