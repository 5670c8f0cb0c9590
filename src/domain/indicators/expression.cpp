#include "domain/indicators/expression.hpp"

#include "base/text.hpp"
#include "domain/indicators/internal/expression_parser.hpp"

#include <algorithm>
#include <cmath>

namespace chengshu::indicators {
namespace {

std::optional<double> finite(double value) {
    return std::isfinite(value) ? std::optional<double>(value) : std::nullopt;
}

std::optional<double> truth(bool value) {
    return value ? 1 : 0;
}

/// What adding and multiplying may be off by.
double slack(double value) {
    return 1e-9 * std::max(1.0, std::abs(value));
}

/// Halves to the even digit, as GB/T 8170 rounds.
double round_half_even(double value, double scale) {
    const double scaled = value * scale;
    const double low = std::floor(scaled);
    const double part = scaled - low;
    if (std::abs(part - 0.5) <= slack(scaled)) {
        return (std::fmod(low, 2) == 0 ? low : low + 1) / scale;
    }
    return (part < 0.5 ? low : low + 1) / scale;
}

}  // namespace

std::string point_at(std::string_view text, const ExpressionMistake& mistake) {
    const auto offset = std::min(mistake.offset, text.size());
    const auto covered = text.substr(offset, mistake.length);
    std::string out(text);
    std::replace(out.begin(), out.end(), '\n', ' ');
    out += '\n';
    out.append(utf8_length(text.substr(0, offset)), ' ');
    out.append(std::max<std::size_t>(1, utf8_length(covered)), '^');
    return out;
}

std::optional<Expression>
Expression::parse(std::string_view text, const Names& names, ExpressionMistake& mistake) {
    return ExpressionParser(text, names, mistake).parse(ExpressionParser::Type::Number);
}

std::optional<Expression>
Expression::parse_condition(std::string_view text, const Names& names, ExpressionMistake& mistake) {
    return ExpressionParser(text, names, mistake).parse(ExpressionParser::Type::Condition);
}

namespace {

/// One side alone decides: false for `and`, true for `or`.
std::optional<double> both_or_either(
    bool decides,
    const std::optional<double>& first,
    const std::optional<double>& second
) {
    if ((first && (*first != 0) == decides) || (second && (*second != 0) == decides)) {
        return truth(decides);
    }
    return first && second ? truth(!decides) : std::nullopt;
}

}  // namespace

std::vector<int> Expression::terms() const {
    std::vector<int> out;
    for (const auto& node : nodes_) {
        if (node.operation == Operation::Term) {
            out.push_back(node.index);
        }
    }
    std::sort(out.begin(), out.end());
    out.erase(std::unique(out.begin(), out.end()), out.end());
    return out;
}

std::vector<int> Expression::compact_terms() {
    auto old = terms();
    for (auto& node : nodes_) {
        if (node.operation == Operation::Term) {
            const auto found = std::lower_bound(old.begin(), old.end(), node.index);
            node.index = static_cast<int>(found - old.begin());
        }
    }
    return old;
}

std::optional<double> Curve::at(double x) const {
    const auto above = std::find_if(points.begin(), points.end(), [&](const Point& point) {
        return x <= point.x;
    });
    if (above == points.end()) {
        return extends ? std::optional(points.back().y) : std::nullopt;
    }
    if (above->x == x) {
        return above->y;
    }
    if (above == points.begin()) {
        return extends ? std::optional(above->y) : std::nullopt;
    }
    const auto& low = *(above - 1);
    return (above->y - low.y) / (above->x - low.x) * (x - low.x) + low.y;
}

std::optional<double> Expression::of_known(
    Operation operation,
    const std::optional<double>& first,
    const std::optional<double>& second
) {
    switch (operation) {
        case Operation::And:
            return both_or_either(false, first, second);
        case Operation::Or:
            return both_or_either(true, first, second);
        case Operation::Known:
        case Operation::KnownCount:
            return truth(first.has_value());
        default:
            break;
    }
    if (!first || !second) {
        return first ? first : second;
    }
    switch (operation) {
        case Operation::KnownMinimum:
            return std::min(*first, *second);
        case Operation::KnownMaximum:
            return std::max(*first, *second);
        default:
            return finite(*first + *second);
    }
}

std::optional<double> Expression::of_one(const Node& node, double value) const {
    switch (node.operation) {
        case Operation::Negate:
            return -value;
        case Operation::Not:
            return truth(value == 0);
        case Operation::Absolute:
            return std::abs(value);
        case Operation::Ceil:
            return std::ceil(value - slack(value));
        case Operation::Floor:
            return std::floor(value + slack(value));
        case Operation::Round:
            return finite(round_half_even(value, node.number));
        default:
            return curves_[static_cast<std::size_t>(node.index)]->at(value);
    }
}

std::optional<double> Expression::evaluate(std::span<const std::optional<double>> terms) const {
    // Nodes stand behind their inputs, and some are the input of several: one pass, each once.
    std::vector<std::optional<double>> values(nodes_.size());
    for (std::size_t at = 0; at < nodes_.size(); ++at) {
        const auto& node = nodes_[at];
        const auto index = static_cast<std::size_t>(node.index);
        switch (node.operation) {
            case Operation::Number:
                values[at] = node.number;
                break;
            case Operation::Term:
                values[at] = index < terms.size() ? terms[index] : std::nullopt;
                break;
            default:
                values[at] = value_of(node, values);
        }
    }
    return values.empty() ? std::nullopt : values[static_cast<std::size_t>(root_)];
}

std::optional<double>
Expression::value_of(const Node& node, std::span<const std::optional<double>> values) const {
    const auto input = [&](std::size_t which) -> std::optional<double> {
        const int at = node.inputs[which];
        return at < 0 ? std::nullopt : values[static_cast<std::size_t>(at)];
    };
    const auto first = input(0);
    switch (node.operation) {
        case Operation::And:
        case Operation::Or:
        case Operation::Known:
        case Operation::KnownMinimum:
        case Operation::KnownMaximum:
        case Operation::KnownSum:
        case Operation::KnownCount:
            return of_known(node.operation, first, input(1));
        case Operation::If:
            return first ? input(*first != 0 ? 1 : 2) : std::nullopt;
        case Operation::Negate:
        case Operation::Not:
        case Operation::Absolute:
        case Operation::Ceil:
        case Operation::Floor:
        case Operation::Round:
        case Operation::Interpolate:
            return first ? of_one(node, *first) : std::nullopt;
        default:
            break;
    }
    const auto second = input(1);
    return first && second ? of_two(node.operation, *first, *second) : std::nullopt;
}

std::optional<double> Expression::of_two(Operation operation, double a, double b) {
    switch (operation) {
        case Operation::Add:
            return finite(a + b);
        case Operation::Subtract:
            return finite(a - b);
        case Operation::Multiply:
            return finite(a * b);
        case Operation::Divide:
            return b == 0 ? std::nullopt : finite(a / b);
        case Operation::Minimum:
            return std::min(a, b);
        case Operation::Maximum:
            return std::max(a, b);
        case Operation::Less:
            return truth(a < b);
        case Operation::LessEqual:
            return truth(a <= b);
        case Operation::Equal:
            return truth(a == b);
        case Operation::NotEqual:
            return truth(a != b);
        case Operation::GreaterEqual:
            return truth(a >= b);
        default:
            return truth(a > b);
    }
}

}  // namespace chengshu::indicators
