#include "domain/sensing/odata/expression_parser.hpp"

#include "base/text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <utility>

namespace chengshu::sensing::odata {
namespace {

constexpr std::array kComparisons{
    Operation::Equal,
    Operation::NotEqual,
    Operation::Greater,
    Operation::GreaterEqual,
    Operation::Less,
    Operation::LessEqual,
};

/// No property is called so.
constexpr std::array<std::string_view, 15> kOperators{
    "and",
    "or",
    "not",
    "eq",
    "ne",
    "gt",
    "ge",
    "lt",
    "le",
    "in",
    "add",
    "sub",
    "mul",
    "div",
    "mod"
};

/// Where an expression has several values, or nullptr.
const Expression* to_many(const Expression& expression) {
    if (expression.operation == Operation::Any || expression.operation == Operation::All) {
        return &expression;
    }
    for (const Navigation* navigation : expression.path.navigations) {
        if (navigation->many) {
            return &expression;
        }
    }
    for (const auto& operand : expression.operands) {
        if (const Expression* found = to_many(*operand)) {
            return found;
        }
    }
    return nullptr;
}

}  // namespace

Status Allowance::take(const Lexer& lexer, std::size_t offset) {
    if (++nodes > limits.nodes_max) {
        return lexer.wrong(
            offset, fmt::format("the query has more than {} operands and names", limits.nodes_max)
        );
    }
    return ok();
}

std::string unknown_name(const EntityInfo& entity, std::string_view name, bool with_properties) {
    std::vector<std::string_view> known;
    if (with_properties) {
        known.push_back("id");
        for (const Property& property : entity.properties) {
            known.push_back(property.name);
        }
    }
    for (const Navigation& navigation : entity.navigations) {
        known.push_back(navigation.name);
    }
    return fmt::format(
        "'{}' is not in {}, which has {}{}",
        utf8_prefix(name, 64),
        entity.name,
        fmt::join(known, ", "),
        did_you_mean(name, known)
    );
}

Status ExpressionParser::deeper() {
    if (depth_ >= allowance_.limits.expression_depth_max) {
        return lexer_.wrong(
            lexer_.offset(),
            fmt::format(
                "the expression is nested deeper than {} levels",
                allowance_.limits.expression_depth_max
            )
        );
    }
    return ok();
}

Status ExpressionParser::need_condition(const Parsed& operand) const {
    const Type type = operand.type;
    if (type == Type::Bool || type == Type::Any || type == Type::Null) {
        return ok();
    }
    return lexer_.wrong(
        operand.expression.offset,
        fmt::format("expected a condition such as name eq 'x', found {}", describe(type))
    );
}

Result<ExpressionPtr> ExpressionParser::condition() {
    CS_TRY(parsed, any_expression());
    if (const Status status = need_condition(parsed); !status) {
        // "name = 'x'": what stands behind it is the mistake, not the name.
        const bool ends = lexer_.at_end() || lexer_.peek() == ';' || lexer_.peek() == ')';
        return ends ? Failure{status.error()} : lexer_.expected("an operator such as eq");
    }
    return std::make_shared<const Expression>(std::move(parsed.expression));
}

Result<ExpressionPtr> ExpressionParser::sort_key() {
    CS_TRY(parsed, any_expression());
    if (const Expression* many = to_many(parsed.expression)) {
        return lexer_.wrong(
            many->offset, "one value is needed to sort by, and this leads to many entities"
        );
    }
    return std::make_shared<const Expression>(std::move(parsed.expression));
}

auto ExpressionParser::literal(Value value, std::size_t begin) -> Result<Parsed> {
    CS_CHECK(allowance_.take(lexer_, begin));
    Parsed parsed;
    parsed.type = type_of(value);
    parsed.expression.literal = std::move(value);
    parsed.expression.offset = begin;
    return parsed;
}

auto ExpressionParser::operation(Operation what, std::vector<Parsed> operands, std::size_t begin)
    -> Result<Parsed> {
    CS_CHECK(allowance_.take(lexer_, begin));
    Parsed parsed;
    parsed.type = Type::Bool;
    parsed.expression.operation = what;
    parsed.expression.offset = begin;
    for (Parsed& operand : operands) {
        parsed.height = std::max(parsed.height, operand.height + 1);
        parsed.expression.operands.push_back(
            std::make_shared<const Expression>(std::move(operand.expression))
        );
    }
    if (parsed.height > allowance_.limits.expression_depth_max) {
        return lexer_.wrong(
            begin,
            fmt::format(
                "the expression is nested deeper than {} levels",
                allowance_.limits.expression_depth_max
            )
        );
    }
    return parsed;
}

auto ExpressionParser::any_expression() -> Result<Parsed> {
    CS_CHECK(deeper());
    ++depth_;
    const std::size_t begin = lexer_.next();
    std::vector<Parsed> operands;
    do {
        CS_TRY(operand, conjunction());
        operands.push_back(std::move(operand));
    } while (lexer_.accept_word("or"));
    --depth_;
    if (operands.size() == 1) {
        return std::move(operands.front());
    }
    for (const Parsed& operand : operands) {
        CS_CHECK(need_condition(operand));
    }
    return operation(Operation::Or, std::move(operands), begin);
}

auto ExpressionParser::conjunction() -> Result<Parsed> {
    const std::size_t begin = lexer_.next();
    std::vector<Parsed> operands;
    do {
        CS_TRY(operand, negation());
        operands.push_back(std::move(operand));
    } while (lexer_.accept_word("and"));
    if (operands.size() == 1) {
        return std::move(operands.front());
    }
    for (const Parsed& operand : operands) {
        CS_CHECK(need_condition(operand));
    }
    return operation(Operation::And, std::move(operands), begin);
}

auto ExpressionParser::negation() -> Result<Parsed> {
    const std::size_t begin = lexer_.next();
    if (!lexer_.accept_word("not")) {
        return comparison();
    }
    CS_CHECK(deeper());
    ++depth_;
    CS_TRY(operand, negation());
    --depth_;
    CS_CHECK(need_condition(operand));
    std::vector<Parsed> operands;
    operands.push_back(std::move(operand));
    return operation(Operation::Not, std::move(operands), begin);
}

auto ExpressionParser::comparison() -> Result<Parsed> {
    CS_TRY(left, sum());
    if (lexer_.accept_word("in")) {
        return membership(std::move(left));
    }
    for (const Operation what : kComparisons) {
        if (!lexer_.accept_word(spelling(what))) {
            continue;
        }
        CS_TRY(right, sum());
        const std::size_t begin = left.expression.offset;
        std::vector<Parsed> operands;
        operands.push_back(std::move(left));
        operands.push_back(std::move(right));
        return operation(what, std::move(operands), begin);
    }
    return left;
}

auto ExpressionParser::membership(Parsed left) -> Result<Parsed> {
    const std::size_t begin = left.expression.offset;
    std::vector<Parsed> operands;
    operands.push_back(std::move(left));
    CS_CHECK(lexer_.expect('(', "a list such as (1, 2)"));
    CS_CHECK(deeper());
    ++depth_;
    do {
        CS_TRY(operand, sum());
        operands.push_back(std::move(operand));
    } while (lexer_.accept(','));
    --depth_;
    CS_CHECK(lexer_.expect(')', "',' or ')'"));
    return operation(Operation::In, std::move(operands), begin);
}

auto ExpressionParser::arithmetic(Operation what, Parsed left, Parsed right) -> Result<Parsed> {
    const ArithmeticType type = arithmetic_type(what, left.type, right.type);
    if (!type.possible) {
        return lexer_.wrong(
            left.expression.offset,
            fmt::format(
                "'{}' cannot work on {} and {}",
                spelling(what),
                describe(left.type),
                describe(right.type)
            )
        );
    }
    const std::size_t begin = left.expression.offset;
    std::vector<Parsed> operands;
    operands.push_back(std::move(left));
    operands.push_back(std::move(right));
    CS_TRY(parsed, operation(what, std::move(operands), begin));
    parsed.type = type.type;
    return parsed;
}

auto ExpressionParser::sum() -> Result<Parsed> {
    CS_TRY(left, product());
    while (true) {
        const bool add = lexer_.accept_word("add");
        if (!add && !lexer_.accept_word("sub")) {
            return left;
        }
        CS_TRY(right, product());
        CS_TRY(
            both,
            arithmetic(
                add ? Operation::Add : Operation::Subtract, std::move(left), std::move(right)
            )
        );
        left = std::move(both);
    }
}

auto ExpressionParser::product() -> Result<Parsed> {
    constexpr std::array kProducts{Operation::Multiply, Operation::Divide, Operation::Modulo};
    CS_TRY(left, factor());
    while (true) {
        const auto* const what =
            std::find_if(kProducts.begin(), kProducts.end(), [&](Operation candidate) {
                return lexer_.accept_word(spelling(candidate));
            });
        if (what == kProducts.end()) {
            return left;
        }
        CS_TRY(right, factor());
        CS_TRY(both, arithmetic(*what, std::move(left), std::move(right)));
        left = std::move(both);
    }
}

auto ExpressionParser::factor() -> Result<Parsed> {
    const std::size_t begin = lexer_.next();
    const char first = lexer_.peek();
    const char second = lexer_.peek(1);
    const bool digit_follows = second >= '0' && second <= '9';
    if (first == '(') {
        lexer_.skip(1);
        CS_TRY(inner, any_expression());
        CS_CHECK(lexer_.expect(')', "')'"));
        inner.expression.offset = begin;
        return inner;
    }
    if (first == '\'') {
        CS_TRY(text, lexer_.quoted());
        return literal(std::move(text), begin);
    }
    if ((first >= '0' && first <= '9') || (first == '-' && (digit_follows || second == 'P'))) {
        CS_TRY(value, lexer_.number_or_time());
        return literal(std::move(value), begin);
    }
    if (first != '-') {
        return named();
    }
    lexer_.skip(1);
    CS_CHECK(deeper());
    ++depth_;
    CS_TRY(operand, factor());
    --depth_;
    const Type type = operand.type;
    if (type != Type::Any && type != Type::Null && type != Type::Number && type != Type::Period) {
        return lexer_.wrong(
            operand.expression.offset,
            fmt::format("expected a number after '-', found {}", describe(type))
        );
    }
    std::vector<Parsed> operands;
    operands.push_back(std::move(operand));
    CS_TRY(parsed, operation(Operation::Negate, std::move(operands), begin));
    parsed.type = type;
    return parsed;
}

auto ExpressionParser::named() -> Result<Parsed> {
    const std::size_t begin = lexer_.offset();
    const std::string_view word = lexer_.peek_word();
    const std::string name = lower_case(word);
    const char after = lexer_.peek(word.size());
    const bool is_operator =
        std::find(kOperators.begin(), kOperators.end(), name) != kOperators.end();
    if (word.empty() || (is_operator && after != '/')) {
        return lexer_.expected("a value");
    }
    if (after == '\'') {
        return typed_literal(name, begin);
    }
    if (after == '(') {
        return call(name, begin);
    }
    if (after != '/' && after != '[') {
        if (name == "true" || name == "false") {
            lexer_.skip(word.size());
            return literal(name == "true", begin);
        }
        if (name == "null") {
            lexer_.skip(word.size());
            return literal(Null{}, begin);
        }
    }
    const char behind = lexer_.peek(word.size() + 1);
    const bool whole = after != '/' || (behind >= '0' && behind <= '9');
    if (whole && parse_period(word)) {
        CS_TRY(value, lexer_.number_or_time());
        return literal(std::move(value), begin);
    }
    return path();
}

auto ExpressionParser::typed_literal(std::string_view kind, std::size_t begin) -> Result<Parsed> {
    if (kind != "duration" && kind != "geography" && kind != "geometry") {
        return lexer_.wrong(
            begin,
            fmt::format("expected duration'…' or geography'…', found {}'…'", utf8_prefix(kind, 64))
        );
    }
    lexer_.skip(kind.size());
    const std::size_t quote = lexer_.offset();
    CS_TRY(text, lexer_.quoted());
    if (kind == "duration") {
        const auto period = parse_period(text);
        if (!period) {
            return lexer_.wrong(quote + 1, "expected a duration such as P1D or PT1H30M");
        }
        return literal(*period, begin);
    }
    GeometryMistake mistake;
    GeometryPtr geometry = parse_wkt(text, mistake);
    if (!geometry) {
        return lexer_.wrong(quote + 1 + mistake.offset, mistake.message);
    }
    return literal(std::move(geometry), begin);
}

Status ExpressionParser::check_arguments(
    const FunctionInfo& function,
    const std::vector<Parsed>& arguments
) {
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const Type type = arguments[i].type;
        const bool fits =
            type == Type::Any || type == Type::Null || (function.arguments[i] & set_of(type)) != 0;
        if (!fits) {
            std::vector<std::string_view> wanted;
            for (const Type candidate :
                 {Type::Number, Type::Text, Type::Time, Type::Date, Type::TimeOfDay, Type::Geometry
                 }) {
                if ((function.arguments[i] & set_of(candidate)) != 0) {
                    wanted.push_back(describe(candidate));
                }
            }
            return lexer_.wrong(
                arguments[i].expression.offset,
                fmt::format(
                    "{} expects {} here, found {}",
                    function.name,
                    fmt::join(wanted, " or "),
                    describe(type)
                )
            );
        }
    }
    if (function.function == Function::StRelate) {
        const auto* pattern = std::get_if<std::string>(&arguments[2].expression.literal);
        if (pattern != nullptr && !is_relation_pattern(*pattern)) {
            return lexer_.wrong(
                arguments[2].expression.offset,
                "expected a pattern of nine of the characters T F * 0 1 2"
            );
        }
    }
    return ok();
}

auto ExpressionParser::call(std::string_view name, std::size_t begin) -> Result<Parsed> {
    const FunctionInfo* function = find_function(name);
    if (function == nullptr) {
        return lexer_.wrong(
            begin,
            fmt::format(
                "there is no function '{}'{}",
                utf8_prefix(name, 64),
                did_you_mean(name, function_names())
            )
        );
    }
    lexer_.skip(name.size() + 1);
    std::vector<Parsed> arguments;
    if (function->arguments_max == 0) {
        CS_CHECK(lexer_.expect(')', fmt::format("')', as {} takes nothing", name)));
    }
    while (arguments.size() < function->arguments_max) {
        CS_TRY(argument, any_expression());
        arguments.push_back(std::move(argument));
        const bool more_may_follow = arguments.size() < function->arguments_max;
        const bool enough = arguments.size() >= function->arguments_min;
        if (enough && lexer_.accept(')')) {
            break;
        }
        if (!more_may_follow) {
            return lexer_.expected(fmt::format("')', as {} takes {}", name, function->arguments_max)
            );
        }
        CS_CHECK(lexer_.expect(',', enough ? "',' or ')'" : "','"));
    }
    CS_CHECK(check_arguments(*function, arguments));
    CS_TRY(parsed, operation(Operation::Call, std::move(arguments), begin));
    parsed.expression.function = function->function;
    parsed.type = function->result;
    return parsed;
}

}  // namespace chengshu::sensing::odata
