#include "domain/sensing/odata/expression_parser.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace chengshu::sensing::odata {
namespace {

constexpr std::size_t kVariablesMax = 8;
constexpr std::size_t kNavigationsMax = 16;  ///< of one path

std::string_view take_digits(Lexer& lexer) {
    std::size_t count = 0;
    const std::string_view found = lexer.peek_word();
    while (count < found.size() && found[count] >= '0' && found[count] <= '9') {
        ++count;
    }
    lexer.skip(count);
    return found.substr(0, count);
}

}  // namespace

auto ExpressionParser::path() -> Result<Parsed> {
    const std::size_t begin = lexer_.offset();
    Path path;
    const EntityInfo* entity = &target_;
    const std::string_view first = lexer_.peek_word();
    for (std::size_t i = variables_.size(); i-- > 0;) {
        if (variables_[i].name == first) {
            lexer_.skip(first.size());
            CS_CHECK(
                lexer_.expect('/', fmt::format("'/' and a name in {}", variables_[i].entity->name))
            );
            path.variable = static_cast<int>(i);
            entity = variables_[i].entity;
            break;
        }
    }
    while (true) {
        const std::size_t here = lexer_.offset();
        CS_CHECK(allowance_.take(lexer_, here));
        const std::string_view name = lexer_.peek_word();
        const bool quantified = !path.navigations.empty() && path.navigations.back()->many &&
                                lexer_.peek(name.size()) == '(' && (name == "any" || name == "all");
        if (quantified) {
            lexer_.skip(name.size() + 1);
            return quantifier(std::move(path), *entity, begin, name == "all");
        }
        const Navigation* navigation = entity->navigation(name);
        if (navigation == nullptr) {
            return property_path(std::move(path), *entity, begin);
        }
        if (path.navigations.size() == kNavigationsMax) {
            return lexer_.wrong(
                here, fmt::format("a path passes at most {} entities", kNavigationsMax)
            );
        }
        lexer_.skip(name.size());
        path.navigations.push_back(navigation);
        entity = &sensing::info(navigation->target);
        if (lexer_.peek() != '/') {
            return lexer_.expected_here(fmt::format("'/' and a name in {}", entity->name));
        }
        lexer_.skip(1);
    }
}

auto ExpressionParser::property_path(Path path, const EntityInfo& entity, std::size_t begin)
    -> Result<Parsed> {
    const std::size_t here = lexer_.offset();
    const std::string_view name = lexer_.peek_word();
    if (name.empty()) {
        return lexer_.expected_here(fmt::format("a name in {}", entity.name));
    }
    path.property = entity.property(name);
    if (path.property == nullptr) {
        return lexer_.wrong(here, unknown_name(entity, name, true));
    }
    if (path.property->kind == PropertyKind::Link) {
        return lexer_.wrong(here, "links can be selected, not compared; use id");
    }
    lexer_.skip(name.size());
    return json_path(std::move(path), begin);
}

auto ExpressionParser::json_path(Path path, std::size_t begin) -> Result<Parsed> {
    const Property& property = *path.property;
    const bool timed =
        property.kind == PropertyKind::Interval || property.kind == PropertyKind::Moment;
    const bool free = property.kind == PropertyKind::Object ||
                      property.kind == PropertyKind::Array || property.kind == PropertyKind::Json ||
                      property.kind == PropertyKind::Geometry;
    while (lexer_.peek() == '/' || lexer_.peek() == '[') {
        const std::size_t here = lexer_.offset();
        CS_CHECK(allowance_.take(lexer_, here));
        const bool index = lexer_.peek() == '[';
        lexer_.skip(1);
        const std::string_view key = index ? take_digits(lexer_) : lexer_.word();
        if (key.empty()) {
            return lexer_.expected_here(index ? "a position such as [0]" : "a name");
        }
        if (index) {
            CS_CHECK(lexer_.expect(']', "']'"));
        }
        if (timed && path.keys.empty() && (key == "start" || key == "end")) {
            path.keys.emplace_back(key);
            continue;
        }
        if (!free) {
            return lexer_.wrong(
                here,
                timed ? fmt::format("'{}' has nothing but start and end in it", property.name)
                      : fmt::format("'{}' has nothing in it", property.name)
            );
        }
        path.keys.emplace_back(key);
    }
    Parsed parsed;
    parsed.type = type_of(property, !path.keys.empty());
    parsed.expression.operation = Operation::Path;
    parsed.expression.path = std::move(path);
    parsed.expression.offset = begin;
    return parsed;
}

auto ExpressionParser::quantifier(Path path, const EntityInfo& entity, std::size_t begin, bool all)
    -> Result<Parsed> {
    std::vector<Parsed> operands;
    if (all || !lexer_.accept(')')) {
        lexer_.next();
        const std::size_t here = lexer_.offset();
        const std::string_view variable = lexer_.identifier();
        if (variable.empty()) {
            return lexer_.expected("a variable and ':', as in any(d: d/name eq 'x')");
        }
        const bool taken = std::any_of(variables_.begin(), variables_.end(), [&](const auto& row) {
            return row.name == variable;
        });
        if (taken || variables_.size() >= kVariablesMax) {
            return lexer_.wrong(
                here,
                taken ? fmt::format("the variable '{}' is already in use", variable)
                      : fmt::format("any and all may be nested {} times", kVariablesMax)
            );
        }
        CS_CHECK(lexer_.expect(':', "':'"));
        variables_.push_back({std::string{variable}, &entity});
        CS_TRY(operand, any_expression());
        variables_.pop_back();
        CS_CHECK(need_condition(operand));
        CS_CHECK(lexer_.expect(')', "')'"));
        operands.push_back(std::move(operand));
    }
    CS_TRY(parsed, operation(all ? Operation::All : Operation::Any, std::move(operands), begin));
    parsed.expression.path = std::move(path);
    return parsed;
}

}  // namespace chengshu::sensing::odata
