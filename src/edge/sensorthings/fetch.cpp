#include "domain/sensing/odata/bounds.hpp"
#include "edge/sensorthings/internal/scan.hpp"
#include "services/sensing/entity_body.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <utility>

namespace chengshu::sensorthings {
namespace {

using sensing::EntityPtr;
using sensing::EntityType;

constexpr std::size_t kBlock = 256;
/// Items that an $orderby by anything but the id puts into order in memory.
constexpr std::size_t kSortMax = 400'000;

std::size_t bounded(std::int64_t number) {
    return static_cast<std::size_t>(std::max<std::int64_t>(number, 0));
}

/// Walks the entities of a source by id, in blocks.
class Walk {
public:
    Walk(Context& context, const Source& source, bool descending, std::int64_t after)
        : context_(context), source_(source), descending_(descending) {
        owned_ = source.behind &&
                 sensing::Registry::owns(source.behind->first.type, source.behind->second);
        after_ = after != 0 ? after : descending ? std::numeric_limits<std::int64_t>::max() : 0;
    }

    /// Null at the end.
    EntityPtr next() {
        while (at_ == block_.size()) {
            if (done_) {
                return {};
            }
            read();
        }
        return block_[at_++];
    }

private:
    void read() {
        at_ = 0;
        block_.clear();
        const auto& registry = context_.registry();
        if (!source_.behind) {
            block_ = registry.page(source_.type, after_, kBlock, descending_);
            done_ = block_.size() < kBlock;
            after_ = block_.empty() ? after_ : block_.back()->id();
            return;
        }
        const auto& [key, navigation] = *source_.behind;
        auto ids = descending_ ? registry.linked_down(key, navigation, after_, limit())
                               : registry.linked(key, navigation, after_, limit());
        done_ = ids.size() < limit();
        if (owned_ && !descending_ && key.type != EntityType::MultiDatastream) {
            std::sort(ids.begin(), ids.end());
        }
        after_ = ids.empty() ? after_ : ids.back();
        for (const auto id : ids) {
            if (auto entity = registry.find({source_.type, id})) {
                block_.push_back(std::move(entity));
            }
        }
    }

    [[nodiscard]] std::size_t limit() const {
        return owned_ ? std::numeric_limits<std::size_t>::max() : kBlock;
    }

    Context& context_;
    const Source& source_;
    bool descending_;
    bool owned_ = false;
    bool done_ = false;
    std::int64_t after_ = 0;
    std::vector<EntityPtr> block_;
    std::size_t at_ = 0;
};

Result<std::int64_t> id_token(const std::string& token) {
    std::int64_t id = 0;
    const auto* const end = token.data() + token.size();
    const bool whole = token.size() > 1 && token.front() == 'i' &&
                       std::from_chars(token.data() + 1, end, id).ptr == end && id > 0;
    if (!token.empty() && !whole) {
        return fail(ErrorCode::InvalidInput, "$skiptoken: not one of ours", "$skiptoken");
    }
    return id;
}

/// Whether every entity of the source belongs to the answer, so that it can be counted without
/// looking.
std::optional<std::int64_t>
known_count(Context& context, const Source& source, const odata::Query& query) {
    if (query.filter || !context.rights.reads_all()) {
        return std::nullopt;
    }
    const auto& registry = context.registry();
    const auto count = source.behind
                           ? registry.linked_count(source.behind->first, source.behind->second)
                           : registry.count(source.type);
    return static_cast<std::int64_t>(count);
}

}  // namespace

Status check_budget(const Context& context) {
    if (context.trouble) {
        return Failure{*context.trouble};
    }
    if (context.budget.exceeded()) {
        return fail(
            ErrorCode::InvalidInput,
            fmt::format(
                "the request takes more than {} steps; narrow it: name a Datastream, a time or "
                "an id range in $filter, or ask for less",
                context.budget.given()
            ),
            "$filter"
        );
    }
    return ok();
}

Result<Matcher> Matcher::make(const odata::ExpressionPtr& filter, Instant now) {
    Matcher out;
    if (filter) {
        CS_TRY(evaluator, odata::Evaluator::compile(filter, now));
        out.evaluator_ = std::move(evaluator);
    }
    return out;
}

Result<bool> Matcher::matches(Context& context, const Item& item) {
    if (!evaluator_) {
        return true;
    }
    auto result = evaluator_->matches(*row_of(context, item), context.budget);
    CS_CHECK(check_budget(context));
    return result;
}

Result<Sorter> Sorter::make(const odata::Query& query, Instant now) {
    Sorter out;
    for (const auto& order : query.order) {
        CS_TRY(evaluator, odata::Evaluator::compile(order.expression, now));
        out.keys_.push_back(std::move(evaluator));
        out.descending_.push_back(order.descending);
    }
    return out;
}

Status Sorter::add(Context& context, Item item) {
    if (rows_.size() >= kSortMax) {
        return fail(
            ErrorCode::InvalidInput,
            fmt::format("more than {} entities cannot be ordered like this; filter them", kSortMax),
            "$orderby"
        );
    }
    Row row;
    const auto view = row_of(context, item);
    for (auto& key : keys_) {
        CS_TRY(value, key.value(*view, context.budget));
        CS_CHECK(check_budget(context));
        row.keys.push_back(std::move(value));
    }
    row.item = std::move(item);
    rows_.push_back(std::move(row));
    return ok();
}

std::vector<Item> Sorter::take(std::size_t skip, std::size_t count) {
    const auto before = [&](const Row& left, const Row& right) {
        for (std::size_t i = 0; i < keys_.size(); ++i) {
            const int order = odata::compare_for_order(left.keys[i], right.keys[i]);
            if (order != 0) {
                return descending_[i] ? order > 0 : order < 0;
            }
        }
        return key_of(left.item).id < key_of(right.item).id;
    };
    const auto wanted = std::min(rows_.size(), skip + std::min(count, rows_.size()));
    std::partial_sort(
        rows_.begin(), rows_.begin() + static_cast<std::ptrdiff_t>(wanted), rows_.end(), before
    );
    std::vector<Item> out;
    for (auto i = skip; i < wanted; ++i) {
        out.push_back(std::move(rows_[i].item));
    }
    return out;
}

const sensing::Property* single_order(const odata::Query& query) {
    if (query.order.size() != 1) {
        return nullptr;
    }
    const auto& expression = *query.order.front().expression;
    const bool plain = expression.operation == odata::Operation::Path &&
                       expression.path.variable < 0 && expression.path.navigations.empty() &&
                       expression.path.keys.empty();
    return plain ? expression.path.property : nullptr;
}

std::size_t page_size(const Context& context, const odata::Query& query) {
    const auto& options = context.ports.options;
    const auto wanted = query.top ? std::min<std::int64_t>(*query.top, options.page_max)
                                  : std::int64_t{options.page_default};
    return std::min(bounded(wanted), context.rows_left);
}

std::string next_link(
    const Context& context,
    const Source& source,
    const odata::Query& query,
    std::size_t shown,
    const std::string& token
) {
    auto next = query;
    if (token.empty()) {
        next.skip = query.skip.value_or(0) + static_cast<std::int64_t>(shown);
    } else {
        next.skip.reset();
        next.skip_token = token;
    }
    return fmt::format("{}/{}?{}", context.base, source.path, odata::print(next));
}

Result<Page> fetch_entities(Context& context, const Source& source, const odata::Query& query) {
    Page page;
    const auto top = page_size(context, query);
    const auto skip = bounded(query.skip.value_or(0));
    const auto* order = single_order(query);
    const bool by_id = query.order.empty() || order == &sensing::id_property();
    const bool descending = by_id && !query.order.empty() && query.order.front().descending;
    // Observed properties of a MultiDatastream keep their order, which ids cannot express.
    const bool keeps_order = source.behind &&
                             source.behind->first.type == EntityType::MultiDatastream &&
                             query.order.empty();
    CS_TRY(after, id_token(query.skip_token));
    const auto bounds = odata::bounds(sensing::info(source.type), query.filter, context.now);
    const auto low = descending ? 0 : bounds.id.from.value_or(1) - 1;
    const auto high = descending ? std::numeric_limits<std::int64_t>::max()
                                 : bounds.id.to.value_or(std::numeric_limits<std::int64_t>::max());
    CS_TRY(matcher, Matcher::make(query.filter, context.now));
    CS_TRY(sorter, Sorter::make(query, context.now));
    page.count = query.count.value_or(false) ? known_count(context, source, query) : std::nullopt;
    const bool count_all = query.count.value_or(false) && !page.count;
    // Counting begins at the first entity, also on later pages.
    const auto begin = count_all || !by_id ? 0 : after;
    Walk walk(context, source, descending, descending ? begin : std::max(begin, low));
    const auto is_after = [&](std::int64_t id) {
        return after == 0 || (descending ? id < after : id > after);
    };
    std::int64_t matched = 0;
    std::size_t passed = 0;
    bool more = false;
    while (auto entity = bounds.never ? EntityPtr() : walk.next()) {
        if (!keeps_order && entity->id() > high) {
            break;  // ids ascend
        }
        context.budget.spend();
        CS_CHECK(check_budget(context));
        const Item item = entity;
        if (!context.rights.reads(*entity)) {
            continue;
        }
        CS_TRY(fits, matcher.matches(context, item));
        if (!fits) {
            continue;
        }
        ++matched;
        if (!by_id) {
            CS_CHECK(sorter.add(context, item));
            continue;
        }
        if (!is_after(entity->id()) || passed++ < skip) {
            continue;
        }
        if (page.items.size() == top) {
            more = true;
            if (!count_all) {
                break;
            }
            continue;
        }
        page.items.push_back(item);
    }
    if (!by_id) {
        page.items = sorter.take(skip, top + 1);
        more = page.items.size() > top;
        page.items.resize(std::min(page.items.size(), top));
    }
    if (count_all) {
        page.count = matched;
    }
    if (more && query.top != 0) {
        const bool by_token = by_id && !keeps_order && !page.items.empty();
        page.next = next_link(
            context,
            source,
            query,
            page.items.size(),
            by_token ? fmt::format("i{}", key_of(page.items.back()).id) : std::string()
        );
    }
    return page;
}

Result<Page> fetch(Context& context, const Source& source, const odata::Query& query) {
    auto page = source.type == EntityType::Observation ? fetch_observations(context, source, query)
                                                       : fetch_entities(context, source, query);
    if (page) {
        context.rows_left -= std::min(context.rows_left, page->items.size());
    }
    return page;
}

}  // namespace chengshu::sensorthings
