#include "base/json_text.hpp"
#include "domain/sensing/odata/bounds.hpp"
#include "edge/sensorthings/internal/scan.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <utility>

namespace json = boost::json;

namespace chengshu::sensorthings {
namespace {

using ports::ObservationQuery;
using sensing::EntityType;
using sensing::Observation;
using sensing::ObservationOrder;

constexpr int kObservationsBlock = 1'000;
/// A longer cursor (a long text as result) is replaced by $skip.
constexpr std::size_t kTokenMax = 500;
constexpr std::size_t kStreamBlock = 1'000;

std::optional<ObservationOrder> order_of(const odata::Query& query) {
    if (query.order.empty()) {
        return ObservationOrder::Id;
    }
    const auto* property = single_order(query);
    if (property == nullptr) {
        return std::nullopt;
    }
    if (property == &sensing::id_property()) {
        return ObservationOrder::Id;
    }
    return property->name == "phenomenonTime" ? std::optional(ObservationOrder::PhenomenonTime)
           : property->name == "resultTime"   ? std::optional(ObservationOrder::ResultTime)
           : property->name == "result"       ? std::optional(ObservationOrder::Result)
                                              : std::nullopt;
}

std::string token_of(const sensing::ObservationCursor& cursor) {
    json::array out{cursor.id};
    out.emplace_back(cursor.time ? json::value(*cursor.time) : json::value());
    out.emplace_back(cursor.number ? json::value(*cursor.number) : json::value());
    out.emplace_back(cursor.result);
    return json::serialize(out);
}

Result<sensing::ObservationCursor> parse_token(const std::string& token) {
    const auto refused = fail(ErrorCode::InvalidInput, "$skiptoken: not one of ours", "$skiptoken");
    const auto parsed = parse_json(token, "$skiptoken");
    const auto* list = parsed ? parsed->if_array() : nullptr;
    if (list == nullptr || list->size() != 4 || !(*list)[0].is_int64() ||
        !((*list)[1].is_int64() || (*list)[1].is_null()) ||
        !((*list)[2].is_number() || (*list)[2].is_null()) || !(*list)[3].is_string()) {
        return refused;
    }
    sensing::ObservationCursor out;
    out.id = (*list)[0].get_int64();
    if ((*list)[1].is_int64()) {
        out.time = (*list)[1].get_int64();
    }
    if ((*list)[2].is_number()) {
        out.number = (*list)[2].to_number<double>();
    }
    out.result = std::string(std::string_view((*list)[3].get_string()));
    return out;
}

/// The streams that the caller may see; nullopt when there are too many to name.
std::optional<std::vector<std::int64_t>> visible_streams(Context& context) {
    std::vector<std::int64_t> out;
    for (const auto type : {EntityType::Datastream, EntityType::MultiDatastream}) {
        std::int64_t after = 0;
        while (true) {
            const auto block = context.registry().page(type, after, kStreamBlock);
            for (const auto& stream : block) {
                context.budget.spend();
                if (context.rights.reads(*stream)) {
                    out.push_back(stream->id());
                }
            }
            if (out.size() > ObservationQuery::kMaxStreams) {
                return std::nullopt;
            }
            if (block.size() < kStreamBlock) {
                break;
            }
            after = block.back()->id();
        }
    }
    std::sort(out.begin(), out.end());
    return out;
}

/// What the store is asked, and what remains to be looked at row by row.
struct Plan {
    ObservationQuery query;
    odata::ExpressionPtr rest;
    bool look_at_rights = false;
    bool nothing = false;
};

void keep_only(Plan& plan, std::vector<std::int64_t> streams, bool restricted) {
    if (!restricted) {
        plan.query.streams = std::move(streams);
    } else {
        std::erase_if(plan.query.streams, [&](std::int64_t id) {
            return !std::binary_search(streams.begin(), streams.end(), id);
        });
    }
    plan.nothing = plan.nothing || plan.query.streams.empty();
}

Plan plan_of(Context& context, const Source& source, const odata::Query& query) {
    Plan plan;
    const auto bounds =
        odata::bounds(sensing::info(EntityType::Observation), query.filter, context.now);
    plan.nothing = bounds.never;
    plan.rest = bounds.rest;
    auto& asked = plan.query;
    asked.feature = bounds.feature;
    asked.id = bounds.id;
    asked.phenomenon_from = bounds.phenomenon_from;
    asked.phenomenon_to = bounds.phenomenon_to;
    asked.result_time = bounds.result_time;
    asked.number = bounds.number;
    bool restricted = false;
    bool of_stream = false;
    if (source.behind) {
        const auto key = source.behind->first;
        if (key.type == EntityType::FeatureOfInterest) {
            plan.nothing = plan.nothing || (asked.feature && *asked.feature != key.id);
            asked.feature = key.id;
        } else {
            keep_only(plan, {key.id}, false);
            restricted = true;
            of_stream = true;  // and the stream itself has been found visible
        }
    }
    if (bounds.streams) {
        std::vector<std::int64_t> known;
        for (const auto id : *bounds.streams) {
            if (context.registry().find({bounds.stream_type, id})) {
                known.push_back(id);
            }
        }
        if (known.size() > ObservationQuery::kMaxStreams) {
            plan.rest = query.filter;
        } else {
            keep_only(plan, std::move(known), restricted);
            restricted = true;
        }
    }
    plan.look_at_rights = !of_stream && !context.rights.reads_all();
    if (plan.look_at_rights && !plan.nothing) {
        if (auto streams = visible_streams(context)) {
            keep_only(plan, std::move(*streams), restricted);
            plan.look_at_rights = false;
        }
    }
    return plan;
}

/// All rows of the plan that belong to the answer, in the store's order, until `take` says enough.
Status scan(
    Context& context,
    const Plan& plan,
    Matcher& matcher,
    int block,
    const std::function<Result<bool>(const Observation&)>& take
) {
    auto query = plan.query;
    query.limit = block;
    while (true) {
        CS_TRY(rows, context.observations().store().query(query));
        for (const auto& row : rows) {
            context.budget.spend();
            CS_CHECK(check_budget(context));
            if (plan.look_at_rights && !context.visible(row)) {
                continue;
            }
            CS_TRY(fits, matcher.matches(context, row));
            if (!fits) {
                continue;
            }
            CS_TRY(more, take(row));
            if (!more) {
                return ok();
            }
        }
        if (rows.size() < static_cast<std::size_t>(query.limit)) {
            return ok();
        }
        query.after = sensing::cursor_after(query.order, rows.back());
        query.offset = 0;
        query.limit = kObservationsBlock;
    }
}

Result<std::int64_t> count_of(Context& context, const Plan& plan) {
    if (!plan.rest && !plan.look_at_rights) {
        return context.observations().store().count(plan.query);
    }
    CS_TRY(matcher, Matcher::make(plan.rest, context.now));
    std::int64_t count = 0;
    CS_CHECK(scan(
        context,
        plan,
        matcher,
        kObservationsBlock,
        [&](const Observation&) -> Result<bool> {
            ++count;
            return true;
        }
    ));
    return count;
}

/// All rows of one stream, from the first of the order on.
bool is_whole_stream(const Plan& plan) {
    const auto& query = plan.query;
    const sensing::Range<std::int64_t> all;
    return !plan.rest && !plan.look_at_rights && query.streams.size() == 1 && !query.feature &&
           query.id == all && query.phenomenon_from == all && query.phenomenon_to == all &&
           query.result_time == all && query.number == sensing::Range<double>{} && !query.after &&
           query.offset == 0;
}

/// The first rows of the order where nothing has to be read for them, however many rows there are:
/// what has been read ahead, or the latest of a stream, which its summary knows.
bool take_known(Context& context, const Plan& plan, std::size_t top, std::vector<Item>& items) {
    if (!is_whole_stream(plan)) {
        return false;
    }
    const auto stream = plan.query.streams.front();
    const bool latest_first =
        plan.query.order == ObservationOrder::PhenomenonTime && plan.query.descending;
    const auto ahead = context.ahead.rows.find(stream);
    if (latest_first && ahead != context.ahead.rows.end() && top < context.ahead.each) {
        const auto& rows = ahead->second;
        items.assign(
            rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(std::min(rows.size(), top + 1))
        );
        return true;
    }
    const auto& summary = context.summary(stream);
    if (summary && (summary->count == 1 || (top == 1 && latest_first))) {
        // When there are more, it also stands for the one that follows, which is not shown.
        items.assign(summary->count > 1 ? 2 : 1, summary->latest);
        return true;
    }
    return false;
}

/// The rows of a page in the store's order, and one more if there is one.
Status read_in_order(
    Context& context,
    const Plan& plan,
    Matcher& matcher,
    std::int64_t skip,
    std::size_t top,
    std::vector<Item>& items
) {
    if (skip == 0 && take_known(context, plan, top, items)) {
        return ok();
    }
    const auto first = plan.rest
                           ? kObservationsBlock
                           : static_cast<int>(std::min<std::size_t>(top + 1, kObservationsBlock));
    return scan(context, plan, matcher, first, [&](const Observation& row) -> Result<bool> {
        if (skip-- > 0) {
            return true;
        }
        items.emplace_back(row);
        return items.size() <= top;
    });
}

/// Puts everything into an order that the store does not know.
Result<std::vector<Item>> sorted(
    Context& context,
    const Plan& plan,
    const odata::Query& query,
    Matcher& matcher,
    std::size_t count
) {
    CS_TRY(sorter, Sorter::make(query, context.now));
    CS_CHECK(scan(
        context,
        plan,
        matcher,
        kObservationsBlock,
        [&](const Observation& row) -> Result<bool> {
            CS_CHECK(sorter.add(context, row));
            return true;
        }
    ));
    return sorter.take(static_cast<std::size_t>(query.skip.value_or(0)), count);
}

}  // namespace

Result<Page> fetch_observations(Context& context, const Source& source, const odata::Query& query) {
    Page page;
    const auto top = page_size(context, query);
    auto plan = plan_of(context, source, query);
    CS_CHECK(check_budget(context));
    if (plan.nothing) {
        page.count = query.count.value_or(false) ? std::optional<std::int64_t>(0) : std::nullopt;
        return page;
    }
    if (query.count.value_or(false)) {
        CS_TRY(count, count_of(context, plan));
        page.count = count;
    }
    CS_TRY(matcher, Matcher::make(plan.rest, context.now));
    if (query.top == 0) {
        return page;
    }
    const auto order = order_of(query);
    if (!order) {
        CS_TRY(items, sorted(context, plan, query, matcher, top + 1));
        page.items = std::move(items);
    } else {
        plan.query.order = *order;
        plan.query.descending = !query.order.empty() && query.order.front().descending;
        if (!query.skip_token.empty()) {
            CS_TRY(cursor, parse_token(query.skip_token));
            plan.query.after = std::move(cursor);
        }
        auto skip = query.skip.value_or(0);
        if (!plan.rest && !plan.look_at_rights) {
            plan.query.offset = std::exchange(skip, 0);
        }
        CS_CHECK(read_in_order(context, plan, matcher, skip, top, page.items));
    }
    if (page.items.size() > top) {
        page.items.resize(top);
        std::string token;
        if (order && !page.items.empty()) {
            token =
                token_of(sensing::cursor_after(*order, std::get<Observation>(page.items.back())));
        }
        page.next = next_link(
            context, source, query, top, token.size() > kTokenMax ? std::string() : token
        );
    }
    return page;
}

}  // namespace chengshu::sensorthings
