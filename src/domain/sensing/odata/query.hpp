#pragma once

#include "base/result.hpp"
#include "domain/sensing/model.hpp"
#include "domain/sensing/odata/value.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chengshu::sensing::odata {

enum class Operation : std::uint8_t {
    Literal,
    Path,
    And,  ///< two or more operands
    Or,   ///< two or more operands
    Not,
    Equal,
    NotEqual,
    Greater,
    GreaterEqual,
    Less,
    LessEqual,
    In,  ///< the first operand is one of the others
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
    Negate,
    Call,
    Any,  ///< over `path`, a to-many navigation; one operand, or none: there is at least one
    All,
};

enum class Function : std::uint8_t {
    None,
    SubstringOf,
    Contains,
    StartsWith,
    EndsWith,
    Length,
    IndexOf,
    Substring,
    ToLower,
    ToUpper,
    Trim,
    Concat,
    Year,
    Month,
    Day,
    Hour,
    Minute,
    Second,
    FractionalSeconds,
    DateOf,
    TimeOf,
    TotalOffsetMinutes,
    Now,
    MinDateTime,
    MaxDateTime,
    Round,
    Floor,
    Ceiling,
    GeoDistance,
    GeoLength,
    GeoIntersects,
    StEquals,
    StDisjoint,
    StTouches,
    StWithin,
    StOverlaps,
    StCrosses,
    StIntersects,
    StContains,
    StRelate,
    Before,
    After,
    Meets,
    During,
    Overlaps,
    Starts,
    Finishes,
};

/// Where a value is, seen from an entity; every name but those in `keys` is in the model.
struct Path {
    int variable = -1;  ///< index of the enclosing any/all, outermost 0; -1 = the entity asked for
    std::vector<const Navigation*> navigations;
    const Property* property = nullptr;  ///< null: ends at the navigation (any, all)
    /// Inside the property's JSON, array indexes as decimal digits; "start" or "end" of an
    /// interval.
    std::vector<std::string> keys;

    friend bool operator==(const Path&, const Path&) = default;
};

struct Expression;
/// Immutable, so queries are copied cheaply and shared between threads.
using ExpressionPtr = std::shared_ptr<const Expression>;

struct Expression {
    Operation operation = Operation::Literal;
    Function function = Function::None;  ///< Call
    Value literal;                       ///< Literal
    Path path;                           ///< Path, Any, All
    std::vector<ExpressionPtr> operands;
    std::size_t offset = 0;  ///< byte of the option's text where it begins; not compared
};

/// Same structure, wherever it was written.
bool same(const Expression& left, const Expression& right);
bool same(const ExpressionPtr& left, const ExpressionPtr& right);

struct Order {
    ExpressionPtr expression;  ///< passes no to-many navigation
    bool descending = false;
};

/// One of `property` and `navigation` is set; the navigation asks for its link.
struct Select {
    const Property* property = nullptr;
    const Navigation* navigation = nullptr;
    std::vector<std::string> keys;  ///< inside the property's JSON

    friend bool operator==(const Select&, const Select&) = default;
};

enum class ResultFormat : std::uint8_t { Default, DataArray, GeoJson, Csv };

struct Expand;

/// The `$` options of a request or of one expanded navigation.
struct Query {
    ExpressionPtr filter;  ///< null: everything
    std::optional<bool> count;
    std::vector<Order> order;
    std::optional<std::int64_t> skip;
    std::optional<std::int64_t> top;              ///< never above Limits::top_max
    std::vector<Select> select;                   ///< empty: everything
    std::vector<Expand> expand;                   ///< each navigation once
    ResultFormat format = ResultFormat::Default;  ///< outermost only
    std::string skip_token;                       ///< outermost only; opaque
};

struct Expand {
    const Navigation* navigation = nullptr;
    Query query;
};

bool same(const Query& left, const Query& right);

struct Limits {
    std::size_t length_max = 16 * 1024;  ///< bytes of all options together
    int expression_depth_max = 64;
    int expand_depth_max = 8;
    std::size_t order_max = 16;     ///< parts of one $orderby
    std::size_t nodes_max = 2'000;  ///< operands, path steps, selected and expanded names
    std::int64_t top_max = 10'000;  ///< a greater $top is lowered to it
};

/// A name and its value, percent-decoded, as they came: {"$filter", "result gt 5"}.
using Option = std::pair<std::string, std::string>;

/// Options that do not begin with `$` are not ours and are passed over. `target` is the entity the
/// path leads to. InvalidInput with `field` = the option's name; the context gives the character
/// (from 1) of its value, what was expected there and what is there.
Result<Query>
parse_query(const EntityInfo& target, std::span<const Option> options, const Limits& limits = {});
/// "$filter=…&$top=5" as in a URL: split, percent-decoded, then as above.
Result<Query>
parse_query(const EntityInfo& target, std::string_view text, const Limits& limits = {});
/// A filter alone.
Result<ExpressionPtr>
parse_filter(const EntityInfo& target, std::string_view text, const Limits& limits = {});

/// Canonical text: parsing it again gives the same query.
std::string print(const Expression& expression);
/// In a fixed order, values not percent-encoded.
std::vector<Option> print_options(const Query& query);
/// "$filter=…&$top=5", percent-encoded, for links; empty when nothing is asked.
std::string print(const Query& query);

}  // namespace chengshu::sensing::odata
