#include "domain/response/internal/condition_reader.hpp"

#include "domain/city/findings.hpp"
#include "domain/response/internal/reading.hpp"

#include <fmt/format.h>

#include <string_view>
#include <utility>

namespace chengshu::response {
namespace {

using city::text;
using city::YamlFile;

}  // namespace

Condition ConditionReader::read(const YAML::Node& node, int depth) {
    Condition out;
    if (++parts_ > kPartsMax || depth > kConditionDepthMax) {
        yaml_.error(
            node,
            text(
                "条件过于复杂：至多 {} 项、{} 层",
                "too complicated: at most {} conditions, {} deep",
                kPartsMax,
                kConditionDepthMax
            ),
            {"拆成几条规则", "make several rules of it"}
        );
        return out;
    }
    if (node.IsScalar()) {
        read_when(node, out);
        return out;
    }
    if (!yaml_.check_map(node, {"all", "any", "not", "when", "lasts", "times", "of"})) {
        return out;
    }
    if (const auto inner = YamlFile::find(node, "not")) {
        out.kind = Condition::Kind::Not;
        out.parts.push_back(read(*inner, depth + 1));
        only(node, 1);
        return out;
    }
    for (const auto* word : {"all", "any"}) {
        if (const auto list = YamlFile::find(node, word)) {
            out.kind =
                word == std::string_view("all") ? Condition::Kind::All : Condition::Kind::Any;
            yaml_.each(*list, kListMax, [&](const YAML::Node& part) {
                out.parts.push_back(read(part, depth + 1));
            });
            only(node, 1);
            if (out.parts.empty()) {
                yaml_.error(
                    *list,
                    {"至少一个条件", "at least one condition is needed"},
                    {"写成 - aqi > 200", "write - aqi > 200"}
                );
            }
            return out;
        }
    }
    read_lasts(node, out);
    if (const auto when = yaml_.need(node, "when")) {
        read_when(*when, out);
    }
    return out;
}

void ConditionReader::only(const YAML::Node& node, std::size_t keys) {
    if (node.size() != keys) {
        yaml_.error(
            node,
            {"all、any 与 not 单独使用", "all, any and not stand alone"},
            {"把其余的写进列表", "put the rest into the list"}
        );
    }
}

void ConditionReader::read_lasts(const YAML::Node& node, Condition& out) {
    if (const auto lasts = YamlFile::find(node, "lasts")) {
        out.periods = read_whole(yaml_, *lasts, 1, kPeriodsMax);
        out.times = out.periods;
    }
    const auto times = YamlFile::find(node, "times");
    const auto of = YamlFile::find(node, "of");
    if (times || of) {
        out.times = times ? read_whole(yaml_, *times, 1, kPeriodsMax) : 1;
        out.periods = of ? read_whole(yaml_, *of, 1, kPeriodsMax) : out.times;
        if (YamlFile::find(node, "lasts") || out.times > out.periods) {
            yaml_.error(
                node,
                {"次数与周期数矛盾", "the number of times does not fit the periods"},
                {"写 lasts: 3，或 {times: 2, of: 4}", "write lasts: 3, or {times: 2, of: 4}"}
            );
        }
    }
}

void ConditionReader::read_when(const YAML::Node& node, Condition& out) {
    const auto written = yaml_.scalar(node);
    indicators::ExpressionMistake wrong;
    auto parsed = indicators::Expression::parse_condition(written, names_, wrong);
    if (!parsed) {
        const auto pointer = indicators::point_at(written, wrong);
        yaml_.error(
            node,
            {fmt::format("{}\n{}", wrong.message.zh, pointer),
             fmt::format("{}\n{}", wrong.message.en, pointer)},
            wrong.hint
        );
        return;
    }
    out.when = std::move(*parsed);
    looks_ += out.periods * static_cast<std::int64_t>(out.when.terms().size());
}

}  // namespace chengshu::response
