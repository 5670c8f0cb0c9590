#include "services/internal/live_readings.hpp"

#include "services/indicators.hpp"
#include "services/sensing/terminals.hpp"

#include <fmt/format.h>

namespace chengshu::services {
namespace {

using indicators::Day;
using indicators::Period;
using indicators::Tick;
using sensing::EntityType;

constexpr std::size_t kStreamsPerQuery = 500;
constexpr std::size_t kStreamsPage = 2'000;
constexpr std::int64_t kHour = 3'600'000;  // ms
constexpr std::int64_t kFiveMinutes = 300'000;

}  // namespace

void LiveReadings::reset(city::CityPtr city) {
    city_ = std::move(city);
    series_.clear();
    sources_.clear();
    source_of_.clear();
    by_stream_.clear();
    parts_.clear();
    things_.clear();
    ++resets_;
}

bool LiveReadings::terminals_changed() {
    std::map<std::string, Things, std::less<>> found;
    for (const auto& [type, things] : things_) {
        found[type];
    }
    find_things(found);
    return found != things_ ||
           std::any_of(sources_.begin(), sources_.end(), [&](const Source& source) {
               const auto now = find_source(source.thing, source.series);
               return now.stream != source.stream || now.areas != source.areas;
           });
}

std::uint32_t LiveReadings::series_at(const indicators::Observed& what, std::int64_t slot) {
    for (std::size_t i = 0; i < series_.size(); ++i) {
        const auto& known = series_[i];
        if (known.ignore == what.ignore && known.slot == slot && known.property == what.property) {
            return static_cast<std::uint32_t>(i);
        }
    }
    series_.push_back({what.property, what.ignore, slot, {}, {}});
    return static_cast<std::uint32_t>(series_.size() - 1);
}

std::vector<std::uint32_t> LiveReadings::series_of(const indicators::Observed& what) {
    return {series_at(what, kHour), series_at(what, kFiveMinutes)};
}

LiveReadings::Source LiveReadings::find_source(std::int64_t thing, std::uint32_t series) const {
    Source out{thing, series, 0, {}};
    const auto& registry = entities_->registry();
    out.stream = observing_stream(registry, thing, series_[series].property);
    if (const auto found = registry.find({EntityType::Thing, thing})) {
        for (const auto& code : city_->path(found->tag(sensing::Tag::Area))) {
            out.areas.push_back(areas_.index(code));
        }
    }
    return out;
}

std::uint32_t LiveReadings::source_at(std::int64_t thing, std::uint32_t series) {
    const auto [found, fresh] =
        source_of_.try_emplace({thing, series}, static_cast<std::uint32_t>(sources_.size()));
    if (fresh) {
        sources_.push_back(find_source(thing, series));
        if (sources_.back().stream != 0) {
            by_stream_[sources_.back().stream].push_back(found->second);
        }
    }
    return found->second;
}

std::optional<double> LiveReadings::observed(
    std::int64_t thing,
    const indicators::Observed& what,
    const Period& period,
    std::uint64_t now,
    Keys& missing
) {
    if (entities_ == nullptr) {
        return std::nullopt;
    }
    now_ = now;
    const bool hour = period.kind == indicators::PeriodKind::Hour;
    const auto source = source_at(thing, series_at(what, hour ? kHour : kFiveMinutes));
    if (sources_[source].stream == 0) {
        return std::nullopt;
    }
    const Key key{source, days_.at(period.from)};
    const auto* part = parts_.loaded(key, now);
    if (part == nullptr) {
        missing.insert(key);
        return std::nullopt;
    }
    const auto* reported = part->data.find(to_millis(period.from));
    if (reported == nullptr) {
        return std::nullopt;
    }
    return reported->sum.value() / static_cast<double>(reported->count);
}

void LiveReadings::find_things(std::map<std::string, Things, std::less<>>& types) const {
    const auto& registry = entities_->registry();
    std::int64_t after = 0;
    while (!types.empty()) {
        const auto page = registry.page(EntityType::Thing, after, kStreamsPage);
        for (const auto& thing : page) {
            const auto found = types.find(member_of(*thing, "type"));
            if (found == types.end()) {
                continue;
            }
            for (const auto& code : city_->path(thing->tag(sensing::Tag::Area))) {
                found->second[areas_.index(code)].push_back(thing->id());
            }
        }
        if (page.size() < kStreamsPage) {
            return;
        }
        after = page.back()->id();
    }
}

const std::vector<std::int64_t>&
LiveReadings::things(std::string_view area, std::string_view type) {
    const auto [found, fresh] = things_.try_emplace(std::string(type));
    if (fresh && entities_ != nullptr) {
        std::map<std::string, Things, std::less<>> types;
        types[found->first];
        find_things(types);
        found->second = std::move(types.begin()->second);
    }
    static const std::vector<std::int64_t> kNone;
    const auto there = found->second.find(areas_.index(area));
    return there == found->second.end() ? kNone : there->second;
}

// What has changed.

Tick LiveReadings::changed_at(
    std::uint32_t series,
    std::int64_t thing,
    std::uint32_t area,
    Day from,
    Day to
) const {
    if (thing == 0) {
        return series_[series].areas.latest(area, from, to);
    }
    const auto found = source_of_.find({thing, series});
    const auto source = found == source_of_.end() ? LiveAreas::kNone : found->second;
    return series_[series].sources.latest(source, from, to);
}

bool LiveReadings::each_since(
    std::uint32_t series,
    Tick since,
    const std::function<void(std::int64_t, std::uint32_t, Day, Day)>& visit
) const {
    const auto& changed = series_[series];
    if (changed.areas.general().second > since) {
        return false;
    }
    changed.sources.each_since(since, [&](std::uint32_t source, Day from, Day to) {
        visit(sources_[source].thing, 0, from, to);
    });
    changed.areas.each_since(since, [&](std::uint32_t area, Day from, Day to) {
        visit(0, area, from, to);
    });
    return true;
}

void LiveReadings::mark(std::uint32_t source_at, Day day, Tick now) {
    const auto& source = sources_[source_at];
    auto& series = series_[source.series];
    if (!series.sources.mark(source_at, day, now)) {
        return;  // already with an earlier row of the batch
    }
    for (const auto area : source.areas) {
        series.areas.mark(area, day, now);
    }
}

void LiveReadings::take(std::uint32_t source_at, const sensing::Observation& row, Tick now) {
    if ((row.quality & series_[sources_[source_at].series].ignore) != 0) {
        return;
    }
    ++changes_;
    const auto day = days_.at(row.phenomenon_from);
    mark(source_at, day, now);
    auto* part = parts_.find({source_at, day});
    if (part == nullptr) {
        return;
    }
    if (!part->loaded) {
        part->wait({row.id, row.phenomenon_from, *row.number});
    } else if (row.id > part->last_id) {
        part->data.at(row.phenomenon_from).add(*row.number);
        part->last_id = row.id;
    }
}

void LiveReadings::appended(std::span<const sensing::Observation> rows, Tick now) {
    std::int64_t stream = 0;
    const std::vector<std::uint32_t>* watched = nullptr;
    for (const auto& row : rows) {
        if (row.stream != stream) {
            stream = row.stream;
            const auto found = by_stream_.find(stream);
            watched = found == by_stream_.end() ? nullptr : &found->second;
        }
        for (std::size_t i = 0; watched != nullptr && row.number && i < watched->size(); ++i) {
            take((*watched)[i], row, now);
        }
    }
}

/// Rows that are no longer what they were: their days are read anew.
void LiveReadings::rewritten(std::span<const sensing::Observation> rows, Tick now) {
    for (const auto& row : rows) {
        const auto found = by_stream_.find(row.stream);
        if (found == by_stream_.end()) {
            continue;
        }
        const auto day = days_.at(row.phenomenon_from);
        for (const auto source : found->second) {
            ++changes_;
            mark(source, day, now);
            if (auto* part = parts_.find({source, day})) {
                part->drop();
            }
        }
    }
}

void LiveReadings::streams_erased(std::span<const std::int64_t> streams, Tick now) {
    std::set<std::uint32_t> gone;
    for (const auto stream : streams) {
        if (const auto found = by_stream_.find(stream); found != by_stream_.end()) {
            gone.insert(found->second.begin(), found->second.end());
        }
    }
    for (const auto at : gone) {
        const auto& source = sources_[at];
        auto& series = series_[source.series];
        series.sources.mark_place(at, now);
        for (const auto area : source.areas) {
            series.areas.mark_place(area, now);
        }
    }
    parts_.drop_if([&](const Key& key) { return gone.contains(key.source); });
}

void LiveReadings::thinned(const ports::RetentionStep& step, Tick now) {
    if (sources_.empty() || (!step.raw_before && !step.hours_before)) {
        return;
    }
    const auto cut = std::max(
        step.raw_before.value_or(*(step.hours_before ? step.hours_before : step.raw_before)),
        step.hours_before.value_or(*(step.raw_before ? step.raw_before : step.hours_before))
    );
    const auto before = days_.at(cut) + 1;
    const std::set<std::int64_t> streams(step.streams.begin(), step.streams.end());
    const std::set<std::int64_t> except(step.except.begin(), step.except.end());
    std::set<std::uint32_t> meant;
    for (std::size_t i = 0; i < sources_.size(); ++i) {
        const auto stream = sources_[i].stream;
        if (stream != 0 && (streams.empty() || streams.contains(stream)) &&
            !except.contains(stream)) {
            meant.insert(static_cast<std::uint32_t>(i));
            auto& series = series_[sources_[i].series];
            series.areas.mark_before(before, now);
            series.sources.mark_before(before, now);
        }
    }
    parts_.drop_if([&](const Key& key) { return key.day < before && meant.contains(key.source); });
}

void LiveReadings::doubtful(Tick now) {
    for (auto& series : series_) {
        series.areas.mark_all(now);
        series.sources.mark_all(now);
    }
    parts_.drop_if([](const Key&) { return true; });
}

// Reading from the store.

struct LiveReadings::Reading {
    struct Item {
        indicators::ReportedDay data;
        std::int64_t last_id = 0;
        std::uint32_t generation = 0;
    };

    Group group;
    std::uint64_t resets = 0;
    std::uint32_t ignore = 0;
    bool hours = true;
    std::map<std::int64_t, std::uint32_t> source_of;  ///< by stream
    std::vector<std::int64_t> begins;  ///< of each day, and of the day after the last
    std::map<Key, Item> items;

    Item* at(std::int64_t stream, std::int64_t millis) {
        const auto day = std::upper_bound(begins.begin(), begins.end(), millis) - begins.begin();
        const auto found =
            items.find({source_of.at(stream), group.from + static_cast<Day>(day) - 1});
        return found == items.end() ? nullptr : &found->second;
    }
};

bool LiveReadings::begin_reading(
    const Group& group,
    std::span<const std::uint32_t> sources,
    Reading& reading
) {
    const std::lock_guard lock(mutex_);
    const bool known =
        group.series < series_.size() && std::all_of(
                                             sources.begin(),
                                             sources.end(),
                                             [&](const auto source) {
                                                 return source < sources_.size() &&
                                                        sources_[source].series == group.series;
                                             }
                                         );
    if (!known) {
        return false;  // numbers stand for something else by now
    }
    const auto& series = series_[group.series];
    reading.group = group;
    reading.resets = resets_;
    reading.ignore = series.ignore;
    reading.hours = series.slot == kHour;
    for (Day day = group.from; day <= group.to + 1; ++day) {
        reading.begins.push_back(days_.begin(day));
    }
    for (const auto source : sources) {
        reading.source_of[sources_[source].stream] = source;
        for (Day day = group.from; day <= group.to; ++day) {
            const auto begin = reading.begins[static_cast<std::size_t>(day - group.from)];
            reading.items[{source, day}] = {
                indicators::ReportedDay(begin, series.slot), 0, parts_.begin({source, day})
            };
        }
    }
    return true;
}

Status LiveReadings::read(Reading& reading, std::int64_t& budget) const {
    ports::ObservationQuery query;
    query.quality_none = reading.ignore;
    query.phenomenon_from.from = reading.begins.front();
    query.phenomenon_from.to = reading.begins.back();
    for (const auto& [stream, source] : reading.source_of) {
        query.streams.push_back(stream);
    }
    auto& store = entities_->observations().store();
    CS_CHECK(store.each(query, [&](const sensing::Observation& row) {
        if (--budget < 0) {
            return false;
        }
        auto* item = row.number ? reading.at(row.stream, row.phenomenon_from) : nullptr;
        if (item != nullptr) {
            item->data.at(row.phenomenon_from).add(*row.number);
            item->last_id = std::max(item->last_id, row.id);
        }
        return true;
    }));
    if (budget < 0) {
        return fail(
            ErrorCode::TooLarge,
            fmt::format(
                "this needs more than {} readings; ask for a shorter time or fewer places",
                kReadingsPerCalculation
            )
        );
    }
    for (auto at = reading.source_of.begin(); reading.hours && at != reading.source_of.end();
         ++at) {
        // What retention has made of older readings.
        constexpr int kHoursMax = 400 * 25;
        CS_TRY(
            kept, store.hours(at->first, reading.begins.front(), reading.begins.back(), kHoursMax)
        );
        for (const auto& hour : kept) {
            if (auto* item = reading.at(at->first, hour.hour)) {
                item->data.at(hour.hour).add(hour.sum, hour.count, hour.min, hour.max);
            }
        }
    }
    return ok();
}

void LiveReadings::end_reading(Reading& reading, bool well) {
    const std::lock_guard lock(mutex_);
    if (reading.resets != resets_) {
        return;
    }
    for (auto& [key, item] : reading.items) {
        if (auto* part = parts_.end(key, item.generation, well)) {
            part->data = std::move(item.data);
            part->last_id = item.last_id;
            part->loaded = true;
            for (const auto& row : part->late) {
                if (row.id > part->last_id) {
                    part->data.at(row.at).add(row.number);
                    part->last_id = row.id;
                }
            }
        }
        parts_.settle(key, now_);
    }
}

Status LiveReadings::load_group(
    const Group& group,
    std::span<const std::uint32_t> sources,
    std::int64_t& budget
) {
    Reading reading;
    if (!begin_reading(group, sources, reading)) {
        return ok();
    }
    auto done = read(reading, budget);
    end_reading(reading, done.has_value());
    return done;
}

Status LiveReadings::load(const Keys& keys, std::int64_t& budget) {
    // Runs of days of a source, then those with the same days of the same series together.
    std::map<Group, std::vector<std::uint32_t>> groups;
    {
        const std::lock_guard lock(mutex_);
        for (auto at = keys.begin(); at != keys.end();) {
            auto end = at;
            Day last = at->day;
            for (++end; end != keys.end() && end->source == at->source && end->day == last + 1;
                 ++end) {
                last = end->day;
            }
            if (at->source < sources_.size()) {
                groups[{sources_[at->source].series, at->day, last}].push_back(at->source);
            }
            at = end;
        }
    }
    for (const auto& [group, sources] : groups) {
        const std::span all(sources);
        for (std::size_t i = 0; i < all.size(); i += kStreamsPerQuery) {
            const auto part = all.subspan(i, std::min(kStreamsPerQuery, all.size() - i));
            CS_CHECK(load_group(group, part, budget));
        }
    }
    return ok();
}

}  // namespace chengshu::services
