#include "services/indicators.hpp"

#include "services/sensing/terminals.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace chengshu::services {
namespace {

using sensing::EntityType;

constexpr std::size_t kIndicatorsPage = 2'000;
constexpr std::size_t kStreamsOfThingMax = 1'000;

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

std::vector<std::string>
areas_in(const city::City& city, std::string_view area, std::string_view level, Date on) {
    std::vector<std::string> out;
    for (const auto& one : city.areas()) {
        const bool meant = level.empty() ? one.parent == area
                                         : one.level == level && one.code != area &&
                                               city.is_within(one.code, area);
        if (meant && one.validity.holds(on)) {
            out.push_back(one.code);
        }
    }
    return out;
}

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

Duration looks_back(const indicators::Catalogue& catalogue, std::string_view code) {
    std::map<std::string, Duration, std::less<>> known;
    return looks_back(catalogue, code, known);
}

StoredFacts::StoredFacts(
    ports::Store& store,
    SensingEntities* entities,
    const access::Principal& who,
    const Definitions& definitions,
    Instant from,
    Instant to
)
    : store_(store),
      entities_(entities),
      who_(who),
      definitions_(definitions),
      from_(from),
      to_(to) {
    if (entities_ != nullptr) {
        rights_.emplace(entities_->rights(who, *definitions.city));
    }
}

Status StoredFacts::check_thing(std::int64_t thing) {
    if (!rights_) {
        return fail(ErrorCode::NotFound, "this server keeps no terminals");
    }
    CS_CHECK(rights_->may_read());
    const auto found = entities_->registry().find({EntityType::Thing, thing});
    if (!found || !rights_->reads(*found)) {
        return fail(ErrorCode::NotFound, "there is no such terminal");
    }
    return ok();
}

const std::vector<std::int64_t>& StoredFacts::things(std::string_view area, std::string_view type) {
    auto [entry, added] = things_.try_emplace({std::string(area), std::string(type)});
    auto& out = entry->second;
    if (!added || !status_ || !rights_) {
        return out;
    }
    const auto& registry = entities_->registry();
    std::int64_t after = 0;
    while (true) {
        const auto page = registry.page(EntityType::Thing, after, kIndicatorsPage);
        for (const auto& thing : page) {
            if (member_of(*thing, "type") != type ||
                !definitions_.city->is_within(thing->tag(sensing::Tag::Area), area)) {
                continue;
            }
            if (!rights_->reads(*thing)) {
                status_ = fail(
                    ErrorCode::NotPermitted,
                    fmt::format("your posts do not reach all terminals in area {}", area),
                    "area"
                );
                return out;
            }
            out.push_back(thing->id());
        }
        if (page.size() < kIndicatorsPage) {
            return out;
        }
        after = page.back()->id();
    }
}

const std::vector<std::string>& StoredFacts::areas(
    std::string_view area,
    std::string_view level,
    const indicators::Period& period
) {
    const auto& city = *definitions_.city;
    const auto last = city.calendar().zone().local_date(period.to - Duration{1});
    auto [entry, added] = areas_.try_emplace({std::string(area), std::string(level), last});
    if (added) {
        entry->second = areas_in(city, area, level, last);
    }
    return entry->second;
}

std::optional<double> StoredFacts::observed(
    std::int64_t thing,
    const indicators::Observed& what,
    const indicators::Period& period
) {
    const auto& buckets = buckets_of(
        {thing, what.property, what.ignore, period.kind == indicators::PeriodKind::Hour}, period
    );
    const auto found = buckets.find(period.from);
    if (found == buckets.end() || found->second.second == 0) {
        return std::nullopt;
    }
    return found->second.first.value() / static_cast<double>(found->second.second);
}

const StoredFacts::Buckets&
StoredFacts::buckets_of(const Stream& stream, const indicators::Period& period) {
    auto [entry, added] = read_.try_emplace(stream);
    if (added && status_ && entities_ != nullptr) {
        const auto id = observing_stream(entities_->registry(), stream.thing, stream.property);
        if (id != 0) {
            // Local hours need not begin with hours of UTC.
            const auto phase = period.from - std::chrono::floor<std::chrono::hours>(period.from);
            status_ = read(id, stream, phase, entry->second);
        }
    }
    return entry->second;
}

Status StoredFacts::read(std::int64_t stream, const Stream& what, Duration phase, Buckets& out) {
    const Duration length =
        what.hours ? Duration{std::chrono::hours{1}} : Duration{std::chrono::minutes{5}};
    const auto bucket_of = [&](std::int64_t at) {
        const auto since = from_millis(at).time_since_epoch() - phase;
        auto part = since % length;
        if (part < Duration{0}) {
            part += length;
        }
        return Instant{since - part + phase};
    };
    auto& store = entities_->observations().store();
    ports::ObservationQuery query;
    query.streams = {stream};
    query.phenomenon_from.from = to_millis(from_);
    query.phenomenon_from.to = to_millis(to_);
    query.quality_none = what.ignore;
    query.order = sensing::ObservationOrder::PhenomenonTime;
    CS_CHECK(store.each(query, [&](const sensing::Observation& row) {
        if (--readings_left_ < 0) {
            return false;
        }
        if (row.number) {
            auto& [sum, count] = out[bucket_of(row.phenomenon_from)];
            sum.add(*row.number);
            ++count;
        }
        return true;
    }));
    if (readings_left_ < 0) {
        return fail(
            ErrorCode::TooLarge,
            fmt::format(
                "this needs more than {} readings; ask for a shorter time or fewer places",
                kReadingsPerCalculation
            )
        );
    }
    if (!what.hours) {
        return ok();
    }
    // What retention has made of older readings.
    constexpr int kHoursPerQuery = 400 * 24;
    for (auto from = to_millis(from_);;) {
        CS_TRY(kept, store.hours(stream, from, to_millis(to_), kHoursPerQuery));
        for (const auto& value : kept) {
            auto& [sum, count] = out[bucket_of(value.hour)];
            sum.add(value.sum);
            count += value.count;
        }
        if (kept.size() < kHoursPerQuery) {
            return ok();
        }
        from = kept.back().hour + 1;
    }
}

// Cases.

/// Counts of areas, by dimension too, are everybody's, as on the first page; those of others are of
/// the service, those of persons of whoever judges them.
Status StoredFacts::check_subject(const std::string& kind) {
    using From = evaluation::Subject::From;
    const auto* subject = definitions_.evaluation.subject(kind);
    if (subject == nullptr || subject->from == From::Path) {
        return ok();
    }
    const bool person = subject->from == From::Collector || subject->from == From::DoneBy;
    CS_CHECK(access::require(who_, access::Permission::ReadStatistics));
    return person ? access::require(who_, access::Permission::ReadPersonScores) : ok();
}

void StoredFacts::expect(const std::string& kind, std::vector<std::string> subjects) {
    kinds_[kind].expected = std::move(subjects);
}

Result<std::vector<std::string>> StoredFacts::subjects(const std::string& kind) {
    CS_CHECK(read_cells(kind, {}));
    std::vector<std::string> out;
    for (const auto& [code, cells] : kinds_[kind].cells) {
        if (!cells.empty()) {
            out.push_back(code);
        }
    }
    return out;
}

/// No subjects: all that have cells.
Status StoredFacts::read_cells(const std::string& kind, std::vector<std::string> subjects) {
    CS_CHECK(check_subject(kind));
    auto& known = kinds_[kind];
    if (known.all) {
        return ok();
    }
    const auto& zone = definitions_.city->calendar().zone();
    const auto first = zone.local_date(from_);
    const auto last = zone.local_date(to_ - Duration{1});
    const auto days =
        (std::chrono::sys_days{last} - std::chrono::sys_days{first}).count() + std::int64_t{1};
    ports::CellQuery query;
    query.kind = kind;
    query.day_from = date_key(first);
    query.day_to = date_key(last);
    known.all = subjects.empty();
    if (known.all) {
        known.cells.clear();
    }
    for (const auto& subject : subjects) {
        known.cells[subject].clear();
    }
    cells_left_ -= days * std::max<std::int64_t>(1, std::ssize(subjects));
    if (cells_left_ >= 0) {
        query.subjects = std::move(subjects);
        CS_TRY(rows, store_.cells(query));
        if (known.all) {
            cells_left_ -= std::ssize(rows);
        }
        std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) {
            return a.key < b.key;
        });
        for (auto& row : rows) {
            known.cells[row.key.subject].push_back(std::move(row));
        }
    }
    if (cells_left_ < 0) {
        return fail(
            ErrorCode::TooLarge,
            fmt::format(
                "this needs more than {} daily counts; ask for a shorter time or fewer places",
                kCellsPerCalculation
            )
        );
    }
    return ok();
}

std::int64_t
StoredFacts::counted(const indicators::Place& subject, int bit, const indicators::Period& days) {
    auto& kind = kinds_[subject.kind];
    auto found = kind.cells.find(subject.code);
    if (found == kind.cells.end() && status_ && !kind.all) {
        std::vector<std::string> wanted{subject.code};
        for (const auto& other : kind.expected) {
            if (other != subject.code && !kind.cells.contains(other)) {
                wanted.push_back(other);
            }
        }
        status_ = read_cells(subject.kind, std::move(wanted));
        found = kind.cells.find(subject.code);
    }
    if (found == kind.cells.end() || !status_) {
        return 0;
    }
    const auto [first, last] = indicators::days_of(days, definitions_.city->calendar().zone());
    const auto& cells = found->second;
    const auto from = std::lower_bound(
        cells.begin(),
        cells.end(),
        date_key(first),
        [](const ports::CellRow& row, int day) { return row.key.day < day; }
    );
    std::int64_t sum = 0;
    for (auto row = from; row != cells.end() && row->key.day <= date_key(last); ++row) {
        const auto at = static_cast<std::size_t>(bit);
        sum += at < row->values.size() ? row->values[at] : 0;
    }
    return sum;
}

// What people have entered.

std::optional<double> StoredFacts::entered(
    const indicators::Indicator& indicator,
    const indicators::Place& area,
    const indicators::Period& period
) {
    const auto& zone = definitions_.city->calendar().zone();
    auto [entry, added] = entered_.try_emplace({indicator.code, area.code});
    if (added && status_) {
        auto read = approved_values(
            store_,
            indicator.code,
            area.code,
            date_key(zone.local_date(from_)),
            date_key(zone.local_date(to_ - Duration{1}))
        );
        status_ = read ? ok() : Status(Failure{read.error()});
        if (read) {
            entry->second = std::move(*read);
        }
    }
    const auto found = entry->second.find(date_key(zone.local_date(period.from)));
    return found == entry->second.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace chengshu::services
