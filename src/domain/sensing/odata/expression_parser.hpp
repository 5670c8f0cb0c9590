#pragma once

#include "base/result.hpp"
#include "domain/sensing/model.hpp"
#include "domain/sensing/odata/functions.hpp"
#include "domain/sensing/odata/lexer.hpp"
#include "domain/sensing/odata/query.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace chengshu::sensing::odata {

/// What one request may still use up, shared by its nested options.
struct Allowance {
    const Limits& limits;
    std::size_t nodes = 0;

    /// InvalidInput once there are too many.
    Status take(const Lexer& lexer, std::size_t offset);
};

/// "… there is no 'nam' in Thing; it has id, name, …, did you mean 'name'?"
std::string unknown_name(const EntityInfo& entity, std::string_view name, bool with_properties);

/// Reads one expression from where the lexer stands; stops before what cannot belong to it.
class ExpressionParser {
public:
    ExpressionParser(Lexer& lexer, const EntityInfo& target, Allowance& allowance)
        : lexer_(lexer), target_(target), allowance_(allowance) {}

    /// An expression that is true or false.
    Result<ExpressionPtr> condition();
    /// An expression that one row has one value of: it passes no to-many navigation.
    Result<ExpressionPtr> sort_key();

private:
    struct Parsed {
        Expression expression;
        Type type = Type::Any;
        int height = 1;
    };

    struct Variable {
        std::string name;
        const EntityInfo* entity = nullptr;
    };

    Result<Parsed> any_expression();
    Result<Parsed> conjunction();
    Result<Parsed> negation();
    Result<Parsed> comparison();
    Result<Parsed> membership(Parsed left);
    Result<Parsed> sum();
    Result<Parsed> product();
    Result<Parsed> factor();
    Result<Parsed> named();
    Result<Parsed> typed_literal(std::string_view kind, std::size_t begin);
    Result<Parsed> call(std::string_view name, std::size_t begin);
    Result<Parsed> quantifier(Path path, const EntityInfo& entity, std::size_t begin, bool all);

    Result<Parsed> path();
    Result<Parsed> property_path(Path path, const EntityInfo& entity, std::size_t begin);
    Result<Parsed> json_path(Path path, std::size_t begin);

    Result<Parsed> literal(Value value, std::size_t begin);
    Result<Parsed> operation(Operation what, std::vector<Parsed> operands, std::size_t begin);
    Result<Parsed> arithmetic(Operation what, Parsed left, Parsed right);
    Status need_condition(const Parsed& operand) const;
    Status check_arguments(const FunctionInfo& function, const std::vector<Parsed>& arguments);
    Status deeper();

    Lexer& lexer_;
    const EntityInfo& target_;
    Allowance& allowance_;
    std::vector<Variable> variables_;
    int depth_ = 0;
};

}  // namespace chengshu::sensing::odata
