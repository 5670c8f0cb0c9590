#include "base/assert.hpp"
#include "base/text.hpp"
#include "domain/sensing/odata/bounds.hpp"
#include "domain/sensing/odata/evaluate.hpp"
#include "domain/sensing/odata/query.hpp"
#include "domain/sensing/tests/json_row.hpp"

#include <boost/json.hpp>

#include <cstdint>
#include <string_view>

using namespace chengshu;
using namespace chengshu::sensing;
using namespace chengshu::sensing::odata;

namespace {

constexpr std::string_view kRow = R"({"id":1,"name":"n","description":"d","result":2.5,
    "properties":{"a":[1,"x"]},"parameters":{"a":{"b":null}},"time":"2026-01-01T00:00:00Z",
    "phenomenonTime":"2026-01-01T00:00:00Z/2026-01-02T00:00:00Z",
    "resultTime":"2026-01-01T00:00:00Z",
    "location":{"type":"Point","coordinates":[8,52]},
    "feature":{"type":"Point","coordinates":[8,52]},
    "Thing":{"id":2,"Datastreams":[{"id":3},{"id":4,"name":"m"}]},
    "Things":[{"id":5},{"id":6}],
    "Datastreams":[{"id":7,"name":"x","Observations":[{"id":8,"result":1}]},{"id":9}],
    "Datastream":{"id":10,"Thing":{"id":11,"name":"t"}},
    "Locations":[{"id":12,"location":{"type":"LineString","coordinates":[[0,0],[9,60]]}}]})";

Instant now() {
    return from_millis(1'767'225'600'000);
}

/// What a store would be asked, and every row answered, within a small budget.
void evaluate(const EntityInfo& entity, const Query& query) {
    static const boost::json::value kJson = boost::json::parse(kRow);
    const JsonRow row{entity.type, kJson};
    Budget budget{20'000};
    if (query.filter) {
        const Bounds found = bounds(entity, query.filter, now());
        static_cast<void>(found);
        if (auto evaluator = Evaluator::compile(query.filter, now())) {
            const auto passes = evaluator->matches(row, budget);
            CS_ASSERT(passes.has_value() || budget.exceeded());
            CS_ASSERT(!(passes.has_value() && *passes && found.never));
        }
    }
    for (const Order& order : query.order) {
        if (auto evaluator = Evaluator::compile(order.expression, now())) {
            const auto value = evaluator->value(row, budget);
            CS_ASSERT(value.has_value() || budget.exceeded());
            CS_ASSERT(!value || compare_for_order(*value, *value) == 0);
        }
    }
    for (const Expand& expand : query.expand) {
        CS_ASSERT(expand.navigation != nullptr);
        evaluate(info(expand.navigation->target), expand.query);
    }
}

}  // namespace

/// The first byte chooses the entity, the rest is the query of a URL.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) {
        return 0;
    }
    const EntityInfo& entity = all_entities()[data[0] % kEntityTypes];
    const std::string_view text{reinterpret_cast<const char*>(data + 1), size - 1};
    const auto query = parse_query(entity, text);
    if (!query) {
        CS_ASSERT(query.error().code == ErrorCode::InvalidInput);
        CS_ASSERT(!query.error().context.empty() && is_utf8(query.error().context));
        CS_ASSERT(is_utf8(query.error().field));
        return 0;
    }
    // Canonical text may be longer, never deeper or of more parts.
    Limits limits;
    limits.length_max = 1024 * 1024;
    const auto again = parse_query(entity, print(*query), limits);
    CS_ASSERT(again.has_value());
    CS_ASSERT(same(*query, *again));
    evaluate(entity, *query);
    return 0;
}
