#include "domain/evaluation/expression.hpp"

#include "base/text.hpp"
#include "domain/evaluation/internal/expression_parser.hpp"

#include <algorithm>
#include <cmath>

namespace chengshu::evaluation {
namespace {

constexpr std::size_t kWordBytesMax = 64;  // keeps the cost of hostile input small

std::optional<double> finite(double value) {
    return std::isfinite(value) ? std::optional<double>(value) : std::nullopt;
}

}  // namespace

std::string nearest_name(std::string_view word, std::span<const std::string> candidates) {
    std::string best;
    if (word.size() > kWordBytesMax) {
        return best;
    }
    std::size_t best_distance = word.size() / 3 + 2;
    for (const auto& candidate : candidates) {
        const auto distance = edit_distance(word, candidate);
        if (distance < best_distance) {
            best_distance = distance;
            best = candidate;
        }
    }
    return best;
}

std::vector<std::string>
nearest_names(std::string_view word, std::span<const std::string> candidates, std::size_t at_most) {
    std::vector<std::pair<std::size_t, std::string>> ranked;
    for (const auto& candidate : candidates) {
        ranked.emplace_back(edit_distance(word.substr(0, kWordBytesMax), candidate), candidate);
    }
    std::sort(ranked.begin(), ranked.end());
    ranked.resize(std::min(ranked.size(), at_most));
    std::vector<std::string> out;
    for (auto& [distance, name] : ranked) {
        out.push_back(std::move(name));
    }
    return out;
}

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
    return ExpressionParser(text, names, mistake).parse();
}

std::optional<double> Expression::evaluate(
    std::span<const std::int64_t> measures,
    std::span<const std::optional<double>> terms
) const {
    return nodes_.empty() ? std::nullopt : value_of(root_, {measures, terms});
}

std::vector<int> Expression::measures() const {
    std::vector<int> out;
    for (const auto& node : nodes_) {
        if (node.operation == Operation::Measure) {
            out.push_back(node.index);
        }
    }
    std::sort(out.begin(), out.end());
    out.erase(std::unique(out.begin(), out.end()), out.end());
    return out;
}

std::optional<double> Expression::value_of(int at, const Values& values) const {
    const auto& node = nodes_[static_cast<std::size_t>(at)];
    const auto index = static_cast<std::size_t>(node.index);
    switch (node.operation) {
        case Operation::Number:
            return node.number;
        case Operation::Measure:
            return index < values.measures.size() ? static_cast<double>(values.measures[index]) : 0;
        case Operation::Term:
            return index < values.terms.size() ? values.terms[index] : std::nullopt;
        default:
            break;
    }
    const auto first = value_of(node.inputs[0], values);
    if (!first) {
        return std::nullopt;
    }
    switch (node.operation) {
        case Operation::If:
            return value_of(*first != 0 ? node.inputs[1] : node.inputs[2], values);
        case Operation::Negate:
            return -*first;
        case Operation::Ceil:
            return std::ceil(*first);
        case Operation::Floor:
            return std::floor(*first);
        default:
            break;
    }
    const auto second = value_of(node.inputs[1], values);
    if (!second) {
        return std::nullopt;
    }
    const double a = *first;
    const double b = *second;
    switch (node.operation) {
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
            return a < b ? 1 : 0;
        case Operation::LessEqual:
            return a <= b ? 1 : 0;
        case Operation::Equal:
            return a == b ? 1 : 0;
        case Operation::NotEqual:
            return a != b ? 1 : 0;
        case Operation::GreaterEqual:
            return a >= b ? 1 : 0;
        default:
            return a > b ? 1 : 0;
    }
}

}  // namespace chengshu::evaluation
