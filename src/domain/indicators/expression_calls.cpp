#include "base/text.hpp"
#include "domain/indicators/internal/expression_parser.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

namespace chengshu::indicators {
namespace {

constexpr std::array<std::string_view, 17> kReserved{
    "min",
    "max",
    "abs",
    "ceil",
    "floor",
    "round",
    "if",
    "interpolate",
    "known",
    "known_min",
    "known_max",
    "known_sum",
    "known_mean",
    "known_count",
    "and",
    "or",
    "not",
};
constexpr std::size_t kFunctionCount = kReserved.size() - 3;  // the last three are keywords

constexpr int kDigitsMax = 9;

}  // namespace

bool is_reserved(std::string_view name) {
    return std::find(kReserved.begin(), kReserved.end(), name) != kReserved.end();
}

ExpressionParser::Parsed ExpressionParser::call(std::string_view name, std::size_t begin) {
    struct Function {
        std::string_view name;
        Operation operation;
    };

    static constexpr std::array<Function, 5> kFoldCalls{{
        {"min", Operation::Minimum},
        {"max", Operation::Maximum},
        {"known_min", Operation::KnownMinimum},
        {"known_max", Operation::KnownMaximum},
        {"known_sum", Operation::KnownSum},
    }};
    static constexpr std::array<Function, 4> kOnes{{
        {"abs", Operation::Absolute},
        {"ceil", Operation::Ceil},
        {"floor", Operation::Floor},
        {"known", Operation::Known},
    }};
    const auto called = [&](const Function& function) { return function.name == name; };
    ++at_;  // the parenthesis
    if (const auto* const found = std::find_if(kFoldCalls.begin(), kFoldCalls.end(), called);
        found != kFoldCalls.end()) {
        return fold(found->operation, begin);
    }
    if (const auto* const found = std::find_if(kOnes.begin(), kOnes.end(), called);
        found != kOnes.end()) {
        return call_one(found->operation, begin);
    }
    if (name == "if") {
        return call_if(begin);
    }
    if (name == "round") {
        return call_round(begin);
    }
    if (name == "interpolate") {
        return call_interpolate(begin);
    }
    if (name == "known_count" || name == "known_mean") {
        return call_known(name == "known_mean", begin);
    }
    return wrong(
        begin,
        name.size(),
        {fmt::format("没有函数 {}", name), fmt::format("there is no function {}", name)},
        {fmt::format(
             "可用：{}", fmt::join(kReserved.begin(), kReserved.begin() + kFunctionCount, " ")
         ),
         fmt::format(
             "known: {}", fmt::join(kReserved.begin(), kReserved.begin() + kFunctionCount, ", ")
         )}
    );
}

ExpressionParser::Parsed ExpressionParser::call_one(Operation operation, std::size_t begin) {
    const auto inner = either();
    if (!inner || !need(*inner, Type::Number) || !need_symbol(')')) {
        return std::nullopt;
    }
    Node node;
    node.operation = operation;
    node.inputs = {inner->node, 0, 0};
    return add(node, operation == Operation::Known ? Type::Condition : Type::Number, begin);
}

ExpressionParser::Parsed ExpressionParser::call_round(std::size_t begin) {
    const auto inner = either();
    if (!inner || !need(*inner, Type::Number)) {
        return std::nullopt;
    }
    Node node;
    node.operation = Operation::Round;
    node.inputs = {inner->node, 0, 0};
    node.number = 1;
    skip_blanks();
    if (peek() == ',') {
        ++at_;
        skip_blanks();
        const auto digit = at_;
        if (!is_digit(peek()) || peek() - '0' > kDigitsMax) {
            return wrong(
                digit,
                1,
                {"此处应为小数位数", "the number of decimal places is expected here"},
                {"写作 0 到 9", "write 0 to 9"}
            );
        }
        for (int i = 0; i < peek() - '0'; ++i) {
            node.number *= 10;
        }
        ++at_;
    }
    return need_symbol(')') ? add(node, Type::Number, begin) : std::nullopt;
}

ExpressionParser::Parsed ExpressionParser::call_interpolate(std::size_t begin) {
    skip_blanks();
    const auto named_at = at_;
    while (is_letter(peek()) || is_digit(peek())) {
        ++at_;
    }
    const auto name = text_.substr(named_at, at_ - named_at);
    const auto found = names_.find(name);
    if (found == names_.end() || found->second.kind != Name::Kind::Curve) {
        std::vector<std::string> curves;
        for (const auto& [code, what] : names_) {
            if (what.kind == Name::Kind::Curve) {
                curves.push_back(code);
            }
        }
        const auto nearest = nearest_name(name, curves);
        Label hint{"曲线在 curves 中定义", "curves are defined under curves"};
        if (!nearest.empty()) {
            hint = {fmt::format("是否为 {}？", nearest), fmt::format("did you mean {}?", nearest)};
        }
        return wrong(
            named_at,
            std::max<std::size_t>(1, name.size()),
            {fmt::format("没有名为 {} 的曲线", name),
             fmt::format("there is no curve named {}", name)},
            std::move(hint)
        );
    }
    if (!need_symbol(',')) {
        return std::nullopt;
    }
    const auto inner = either();
    if (!inner || !need(*inner, Type::Number) || !need_symbol(')')) {
        return std::nullopt;
    }
    Node node;
    node.operation = Operation::Interpolate;
    node.inputs = {inner->node, 0, 0};
    node.index = static_cast<int>(out_.curves_.size());
    out_.curves_.push_back(found->second.curve);
    return add(node, Type::Number, begin);
}

/// known_count(a, b) is 1 for each that has a value; known_mean(a, b) their sum by that.
ExpressionParser::Parsed ExpressionParser::call_known(bool mean, std::size_t begin) {
    Parsed count;
    Parsed sum;
    do {
        const auto item = either();
        if (!item || !need(*item, Type::Number)) {
            return std::nullopt;
        }
        Node one;
        one.operation = Operation::KnownCount;
        one.inputs = {item->node, 0, 0};
        const auto counted = add(one, Type::Number, item->begin);
        if (!counted) {
            return std::nullopt;
        }
        count = count ? binary(Operation::Add, *count, *counted) : counted;
        sum = sum ? binary(Operation::KnownSum, *sum, *item) : item;
        if (!count || !sum) {
            return std::nullopt;
        }
        skip_blanks();
    } while (peek() == ',' && ++at_ != 0);
    if (!need_symbol(')')) {
        return std::nullopt;
    }
    auto out = mean ? binary(Operation::Divide, *sum, *count) : count;
    if (out) {
        out->begin = begin;
    }
    return out;
}

ExpressionParser::Parsed ExpressionParser::call_if(std::size_t begin) {
    const auto condition = either();
    if (!condition || !need(*condition, Type::Condition) || !need_symbol(',')) {
        return std::nullopt;
    }
    const auto then = either();
    if (!then || !need(*then, Type::Number)) {
        return std::nullopt;
    }
    Node node;
    node.operation = Operation::If;
    node.inputs = {condition->node, then->node, -1};
    skip_blanks();
    if (peek() == ',') {
        ++at_;
        const auto otherwise = either();
        if (!otherwise || !need(*otherwise, Type::Number)) {
            return std::nullopt;
        }
        node.inputs[2] = otherwise->node;
    }
    return need_symbol(')') ? add(node, Type::Number, begin) : std::nullopt;
}

ExpressionParser::Parsed ExpressionParser::fold(Operation operation, std::size_t begin) {
    auto left = either();
    if (!left || !need(*left, Type::Number)) {
        return std::nullopt;
    }
    // min(a) would be a slip: at least two.
    do {
        if (!need_symbol(',')) {
            return std::nullopt;
        }
        const auto right = either();
        if (!right) {
            return std::nullopt;
        }
        left = binary(operation, *left, *right);
        if (!left) {
            return std::nullopt;
        }
        skip_blanks();
    } while (peek() != ')');
    ++at_;
    left->begin = begin;
    return left;
}

}  // namespace chengshu::indicators
