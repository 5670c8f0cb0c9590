#include "services/indicators.hpp"

#include "services/sensing/terminals.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace chengshu::services {
namespace {

using sensing::EntityType;

constexpr std::size_t kPage = 2'000;
constexpr std::size_t kStreamsOfThingMax = 1'000;

std::int64_t observing_stream(
    const sensing::Registry& registry,
    std::int64_t thing,
    const std::string& property
) {
    static const auto kStreams = sensing::navigation_position(EntityType::Thing, "Datastreams");
    for (const auto id :
         registry.linked({EntityType::Thing, thing}, kStreams, 0, kStreamsOfThingMax)) {
        const auto stream = registry.find({EntityType::Datastream, id});
        if (stream && place_of(registry, *stream).quantity == property) {
            return id;
        }
    }
    return 0;
}

Duration looks_back(
    const indicators::Catalogue& catalogue,
    std::string_view code,
    std::map<std::string, Duration, std::less<>>& known
) {
    if (const auto found = known.find(code); found != known.end()) {
        return found->second;
    }
    Duration out{0};
    for (const auto& indicator : catalogue.all()) {
        if (indicator.code != code) {
            continue;
        }
        const auto* window = std::get_if<indicators::Window>(&indicator.rule);
        const Duration own = window == nullptr ? Duration{0} : std::chrono::hours{window->hours};
        for (const auto& input : indicator.inputs()) {
            out = std::max(out, own + looks_back(catalogue, input, known));
        }
    }
    known.emplace(code, out);
    return out;
}

}  // namespace

Duration looks_back(const indicators::Catalogue& catalogue, std::string_view code) {
    std::map<std::string, Duration, std::less<>> known;
    return looks_back(catalogue, code, known);
}

StoredFacts::StoredFacts(
    SensingEntities& entities,
    const access::Principal& who,
    const city::City& city,
    Instant from,
    Instant to
)
    : entities_(entities), rights_(entities.rights(who, city)), city_(city), from_(from), to_(to) {}

Status StoredFacts::check_thing(std::int64_t thing) {
    CS_CHECK(rights_.may_read());
    const auto found = entities_.registry().find({EntityType::Thing, thing});
    if (!found || !rights_.reads(*found)) {
        return fail(ErrorCode::NotFound, "there is no such terminal");
    }
    return ok();
}

const std::vector<std::int64_t>& StoredFacts::things(std::string_view area, std::string_view type) {
    auto [entry, added] = things_.try_emplace({std::string(area), std::string(type)});
    auto& out = entry->second;
    if (!added || !status_) {
        return out;
    }
    const auto& registry = entities_.registry();
    std::int64_t after = 0;
    while (true) {
        const auto page = registry.page(EntityType::Thing, after, kPage);
        for (const auto& thing : page) {
            if (member_of(*thing, "type") != type ||
                !city_.is_within(thing->tag(sensing::Tag::Area), area)) {
                continue;
            }
            if (!rights_.reads(*thing)) {
                status_ = fail(
                    ErrorCode::NotPermitted,
                    fmt::format("your posts do not reach all terminals in area {}", area),
                    "area"
                );
                return out;
            }
            out.push_back(thing->id());
        }
        if (page.size() < kPage) {
            return out;
        }
        after = page.back()->id();
    }
}

std::optional<double> StoredFacts::hourly(
    std::int64_t thing,
    const indicators::Observed& what,
    const indicators::Period& hour
) {
    const auto& hours = hours_of(thing, what, hour);
    const auto found = hours.find(hour.from);
    if (found == hours.end() || found->second.second == 0) {
        return std::nullopt;
    }
    return found->second.first.value() / static_cast<double>(found->second.second);
}

const StoredFacts::Hours& StoredFacts::hours_of(
    std::int64_t thing,
    const indicators::Observed& what,
    const indicators::Period& hour
) {
    auto [entry, added] = read_.try_emplace({thing, what.property, what.ignore});
    if (added && status_) {
        const auto stream = observing_stream(entities_.registry(), thing, what.property);
        if (stream != 0) {
            // Local hours need not begin with hours of UTC.
            const auto phase = hour.from - std::chrono::floor<std::chrono::hours>(hour.from);
            status_ = read(stream, what.ignore, phase, entry->second);
        }
    }
    return entry->second;
}

Status StoredFacts::read(std::int64_t stream, std::uint32_t ignore, Duration phase, Hours& out) {
    const auto hour_of = [&](std::int64_t at) {
        return std::chrono::floor<std::chrono::hours>(from_millis(at) - phase) + phase;
    };
    auto& store = entities_.observations().store();
    ports::ObservationQuery query;
    query.streams = {stream};
    query.phenomenon_from.from = to_millis(from_);
    query.phenomenon_from.to = to_millis(to_);
    query.quality_none = ignore;
    query.order = sensing::ObservationOrder::PhenomenonTime;
    CS_CHECK(store.each(query, [&](const sensing::Observation& row) {
        if (--budget_ < 0) {
            return false;
        }
        if (row.number) {
            auto& [sum, count] = out[hour_of(row.phenomenon_from)];
            sum.add(*row.number);
            ++count;
        }
        return true;
    }));
    if (budget_ < 0) {
        return fail(
            ErrorCode::TooLarge,
            fmt::format(
                "this needs more than {} readings; ask for a shorter time or fewer places",
                kReadingsPerCalculation
            )
        );
    }
    // What retention has made of older readings.
    constexpr int kHoursMax = 400 * 24;
    CS_TRY(kept, store.hours(stream, to_millis(from_), to_millis(to_), kHoursMax));
    for (const auto& value : kept) {
        auto& [sum, count] = out[hour_of(value.hour)];
        sum.add(value.sum);
        count += value.count;
    }
    return ok();
}

}  // namespace chengshu::services
