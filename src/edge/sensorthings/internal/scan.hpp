#pragma once

#include "edge/sensorthings/internal/context.hpp"

#include <functional>
#include <optional>
#include <vector>

namespace chengshu::sensorthings {

/// A filter made ready, if there is one, and what it costs.
class Matcher {
public:
    static Result<Matcher> make(const odata::ExpressionPtr& filter, Instant now);

    /// InvalidInput when the request's budget is used up.
    Result<bool> matches(Context& context, const Item& item);

private:
    std::optional<odata::Evaluator> evaluator_;
};

/// Puts items into the order of $orderby and keeps those from `skip` on, one more than `top`.
class Sorter {
public:
    static Result<Sorter> make(const odata::Query& query, Instant now);

    Status add(Context& context, Item item);
    [[nodiscard]] std::vector<Item> take(std::size_t skip, std::size_t count);

private:
    struct Row {
        std::vector<odata::Value> keys;
        Item item;
    };

    std::vector<odata::Evaluator> keys_;
    std::vector<bool> descending_;
    std::vector<Row> rows_;
};

/// InvalidInput when the budget of the request is used up, or the store's error.
Status check_budget(const Context& context);

/// The one property that an $orderby of a single property names, else null.
const sensing::Property* single_order(const odata::Query& query);

Result<Page> fetch_entities(Context& context, const Source& source, const odata::Query& query);
Result<Page> fetch_observations(Context& context, const Source& source, const odata::Query& query);

/// How many items a page has.
std::size_t page_size(const Context& context, const odata::Query& query);
/// The URL of the page after this one.
std::string next_link(
    const Context& context,
    const Source& source,
    const odata::Query& query,
    std::size_t shown,
    const std::string& token
);

}  // namespace chengshu::sensorthings
