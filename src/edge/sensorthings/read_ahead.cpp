#include "edge/sensorthings/internal/scan.hpp"

#include <algorithm>

namespace chengshu::sensorthings {
namespace {

using ports::ObservationQuery;
using sensing::EntityType;

/// The first of the latest readings, nothing left out; a single one stands in the summary anyway.
bool is_latest_first(const odata::Query& query) {
    const auto* property = single_order(query);
    return property != nullptr && property->name == "phenomenonTime" &&
           query.order.front().descending && !query.filter && query.skip.value_or(0) == 0 &&
           query.skip_token.empty() && query.top.value_or(2) > 1;
}

const odata::Expand* latest_of_streams(const odata::Query& query) {
    for (const auto& expand : query.expand) {
        if (expand.navigation->target == EntityType::Observation && is_latest_first(expand.query)) {
            return &expand;
        }
    }
    return nullptr;
}

/// Streams of the item whose latest readings the query shows; `readings` is what it says of them.
void add_streams(
    Context& context,
    const Item& item,
    const odata::Query& query,
    const odata::Query*& readings,
    std::vector<std::int64_t>& out
) {
    const auto key = key_of(item);
    if (is_stream(key.type)) {
        if (const auto* expand = latest_of_streams(query)) {
            readings = &expand->query;
            out.push_back(key.id);
        }
        return;
    }
    for (const auto& expand : query.expand) {
        const auto& navigation = *expand.navigation;
        const auto* below = latest_of_streams(expand.query);
        const bool all = !expand.query.filter && expand.query.order.empty() &&
                         expand.query.skip.value_or(0) == 0 && expand.query.skip_token.empty();
        if (!navigation.many || !is_stream(navigation.target) || below == nullptr || !all) {
            continue;
        }
        readings = &below->query;
        const auto position = sensing::navigation_position(key.type, navigation);
        const auto linked =
            context.registry().linked(key, position, 0, page_size(context, expand.query));
        out.insert(out.end(), linked.begin(), linked.end());
    }
}

}  // namespace

Status read_ahead(Context& context, std::span<const Item> items, const odata::Query& query) {
    if (query.expand.empty() || items.size() < 2) {
        return ok();
    }
    std::vector<std::int64_t> streams;
    const odata::Query* readings = nullptr;
    for (const auto& item : items) {
        add_streams(context, item, query, readings, streams);
    }
    if (streams.empty()) {
        return ok();
    }
    // One more than is shown tells whether there is a next page.
    const auto each = page_size(context, *readings) + 1;
    auto& ahead = context.ahead;
    if (each > ahead.each) {
        ahead = {each, {}};
    }
    // A page of things has asked for those of each of its things.
    std::erase_if(streams, [&](std::int64_t stream) { return ahead.rows.contains(stream); });
    streams.resize(std::min(streams.size(), std::size_t{ObservationQuery::kMaxLimit} / ahead.each));
    if (streams.size() < 2) {
        return ok();
    }
    for (const auto stream : streams) {
        ahead.rows[stream];  // also when it has none
    }
    CS_TRY(rows, context.observations().store().latest(streams, static_cast<int>(ahead.each)));
    for (auto& row : rows) {
        context.budget.spend();
        ahead.rows[row.stream].push_back(std::move(row));
    }
    return check_budget(context);
}

}  // namespace chengshu::sensorthings
