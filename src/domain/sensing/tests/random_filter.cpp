#include "domain/sensing/tests/random_filter.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <array>
#include <string_view>
#include <utility>
#include <vector>

namespace chengshu::sensing::odata {
namespace {

using Texts = std::vector<std::string_view>;

std::string_view one_of(SeededRandom& random, const Texts& texts) {
    return texts[random.below(texts.size())];
}

std::string hour(SeededRandom& random) {
    return fmt::format("2026-01-01T{:02}:00:00Z", random.below(6));
}

class Author {
public:
    explicit Author(SeededRandom& random) : random_(random) {}

    std::string condition(int depth) {
        if (depth <= 0) {
            return comparison(0);
        }
        switch (random_.below(9)) {
            case 0:
            case 1:
                return chain(depth, "and");
            case 2:
                return chain(depth, "or");
            case 3:
                return "not" + gap() + condition(depth - 1);
            case 4:
                return parentheses(condition(depth - 1));
            case 5:
                return call(depth - 1);
            case 6:
                return membership(depth - 1);
            case 7:
                return quantifier(depth - 1);
            default:
                return comparison(depth - 1);
        }
    }

    std::string number(int depth) {
        if (depth <= 0) {
            return std::string{one_of(
                random_,
                {"result",
                 "id",
                 "Datastream/id",
                 "parameters/depth",
                 "0",
                 "1",
                 "2.5",
                 "-3",
                 "4.0e0",
                 "1e3",
                 "9007199254740993",
                 "parameters/n[0]",
                 "parameters/n/1"}
            )};
        }
        switch (random_.below(6)) {
            case 0:
                return fmt::format(
                    "{}{}{}", function_name("round"), "", parentheses(number(depth - 1))
                );
            case 1:
                return function_name("length") + parentheses(text(depth - 1));
            case 2:
                return function_name("hour") + parentheses(time(depth - 1));
            case 3:
                return "-" + parentheses(number(depth - 1));
            case 4:
                return "- " + number(0);
            default:
                return operand(number(depth - 1)) + gap() +
                       std::string{one_of(random_, {"add", "sub", "mul", "div", "mod"})} + gap() +
                       operand(number(depth - 1));
        }
    }

private:
    std::string gap() { return std::string(1 + random_.below(2), ' '); }

    std::string parentheses(const std::string& inner) {
        const std::string space(random_.below(2), ' ');
        return fmt::format("({}{}{})", space, inner, space);
    }

    /// Arithmetic in parentheses, so that whatever is joined stays arithmetic.
    std::string operand(const std::string& inner) {
        return random_.chance(1, 2) ? parentheses(inner) : parentheses(parentheses(inner));
    }

    std::string function_name(std::string name) {
        if (random_.chance(1, 4)) {
            name[0] = static_cast<char>(name[0] - 'a' + 'A');
        }
        return name;
    }

    std::string chain(int depth, std::string_view word) {
        std::string result = parentheses(condition(depth - 1));
        for (std::uint64_t i = 0; i <= random_.below(3); ++i) {
            const std::string next = condition(depth - 1);
            result += fmt::format(
                "{}{}{}{}", gap(), word, gap(), random_.chance(1, 2) ? parentheses(next) : next
            );
        }
        return result;
    }

    std::string compared() {
        return gap() + std::string{one_of(random_, {"eq", "ne", "gt", "ge", "lt", "le", "GT"})} +
               gap();
    }

    std::string comparison(int depth) {
        switch (random_.below(6)) {
            case 0:
            case 1:
                return time(depth) + compared() + time(depth);
            case 2:
                return operand(text(depth)) + compared() + text(0);
            case 3:
                return std::string{one_of(
                           random_, {"Datastream/id", "MultiDatastream/id", "FeatureOfInterest/id"}
                       )} +
                       " eq " + std::string{one_of(random_, {"1", "2", "3"})};
            case 4:
                return std::string{one_of(random_, {"true", "false", "parameters/flag"})};
            default:
                return operand(number(depth)) + compared() + operand(number(depth));
        }
    }

    std::string membership(int depth) {
        std::string result =
            std::string{one_of(random_, {"Datastream/id", "result", "id", "parameters/depth"})} +
            gap() + "in" + gap() + "(" + number(0);
        for (std::uint64_t i = 0; i < random_.below(3); ++i) {
            result += ", " + operand(number(depth > 0 ? 1 : 0));
        }
        return result + ")";
    }

    std::string call(int depth) {
        if (random_.chance(1, 2)) {
            const std::string name{one_of(
                random_, {"before", "after", "meets", "during", "overlaps", "starts", "finishes"}
            )};
            return function_name(name) + "(" + time(depth) + "," + time(depth) + ")";
        }
        const std::string name{
            one_of(random_, {"contains", "startswith", "endswith", "substringof"})
        };
        return function_name(name) + "(" + text(depth) + ", " + text(depth) + ")";
    }

    std::string quantifier(int depth) {
        const std::string variable = fmt::format("x{}", variables_++);
        const std::string result = fmt::format(
            "Datastream/Observations/{}({}:{}/id{}{} or {})",
            random_.chance(1, 2) ? "any" : "all",
            variable,
            variable,
            compared(),
            operand(number(0)),
            parentheses(condition(depth - 1))
        );
        --variables_;
        return result;
    }

    std::string text(int depth) {
        if (depth <= 0) {
            return std::string{one_of(
                random_,
                {"'low'",
                 "'it''s'",
                 "''",
                 "'城; )'",
                 "resultQuality",
                 "Datastream/name",
                 "parameters/word",
                 "parameters/标签"}
            )};
        }
        switch (random_.below(4)) {
            case 0:
                return function_name("tolower") + "(" + text(depth - 1) + ")";
            case 1:
                return function_name("concat") + "(" + text(depth - 1) + "," + text(depth - 1) +
                       ")";
            case 2:
                return function_name("substring") + "(" + text(depth - 1) + "," + number(0) + ")";
            default:
                return text(0);
        }
    }

    std::string time(int depth) {
        switch (random_.below(depth > 0 ? 8 : 6)) {
            case 0:
                return hour(random_);
            case 1:
                return fmt::format("{}/PT{}H", hour(random_), random_.below(3));
            case 2:
                return std::string{one_of(
                    random_, {"validTime", "phenomenonTime/start", "phenomenonTime/end", "now()"}
                )};
            case 3:
                return "resultTime";
            case 4:
            case 5:
                return "phenomenonTime";
            case 6:
                return fmt::format("({} add duration'PT1H')", time(0));
            default:
                return fmt::format("({} sub -PT30M)", time(0));
        }
    }

    SeededRandom& random_;
    int variables_ = 0;
};

std::string random_expand(SeededRandom& random, int depth);

std::string option_value(SeededRandom& random, std::string_view name, int depth) {
    if (name == "$filter") {
        return random_filter(random, 2);
    }
    if (name == "$orderby") {
        return Author(random).number(1) + (random.chance(1, 2) ? " desc, id" : " asc");
    }
    if (name == "$select") {
        return std::string{one_of(
            random, {"id", "result,phenomenonTime", "parameters/a/b", "@iot.id,Datastream,result"}
        )};
    }
    if (name == "$expand") {
        return random_expand(random, depth);
    }
    if (name == "$count") {
        return random.chance(1, 2) ? "true" : "false";
    }
    return fmt::format("{}", random.below(20'000));
}

/// Leads from Observations back to Observations, so that options of every level are alike.
std::string random_expand(SeededRandom& random, int depth) {
    if (depth <= 0) {
        return std::string{
            one_of(random, {"Datastream", "FeatureOfInterest", "Datastream/Thing,MultiDatastream"})
        };
    }
    const std::string inner = random_options(random, ';', depth - 1);
    switch (random.below(3)) {
        case 0:
            return "FeatureOfInterest/Observations(" + inner + ")";
        case 1:
            return "Datastream($top=1)/Observations(" + inner + "), FeatureOfInterest";
        default:
            return "Datastream($expand=Thing,Observations(" + inner + "))";
    }
}

}  // namespace

std::string random_filter(SeededRandom& random, int depth) {
    return Author(random).condition(depth);
}

std::string random_options(SeededRandom& random, char separator, int depth) {
    std::string text;
    for (const std::string_view name :
         {"$filter", "$count", "$orderby", "$skip", "$top", "$select", "$expand"}) {
        if (random.chance(1, 2)) {
            text += text.empty() ? "" : std::string(1, separator);
            text += fmt::format("{}={}", name, option_value(random, name, depth));
        }
    }
    return text;
}

boost::json::value random_observation(SeededRandom& random) {
    boost::json::object row{{"id", random.between(0, 4)}};
    const auto begin = random.below(6);
    const auto end = begin + random.below(3);
    const std::string from = fmt::format("2026-01-01T{:02}:00:00Z", begin);
    row["phenomenonTime"] =
        end == begin ? from : fmt::format("{}/2026-01-01T{:02}:00:00Z", from, end);
    if (random.chance(2, 3)) {
        row["resultTime"] = hour(random);
    }
    if (random.chance(1, 3)) {
        row["validTime"] = fmt::format("{}/PT{}H", hour(random), 1 + random.below(3));
    }
    switch (random.below(5)) {
        case 0:
            row["result"] = "low";
            break;
        case 1:
            row["result"] = true;
            break;
        case 2:
            row["result"] = 2.5;
            break;
        default:
            row["result"] = random.between(-3, 3);
    }
    if (random.chance(1, 2)) {
        row["resultQuality"] = "it's";
        row["parameters"] =
            boost::json::object{{"depth", random.between(0, 2)}, {"n", {1, 2}}, {"flag", true}};
    }
    boost::json::object stream{{"id", random.between(1, 3)}, {"name", "low"}};
    const bool multi = random.chance(1, 4);
    if (!multi) {
        stream["Observations"] = boost::json::array{{{"id", 0}}, {{"id", 1}}};
    }
    row[multi ? "MultiDatastream" : "Datastream"] = std::move(stream);
    row["FeatureOfInterest"] = boost::json::object{{"id", random.between(1, 2)}};
    return row;
}

}  // namespace chengshu::sensing::odata
