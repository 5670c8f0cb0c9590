#include "services/sensing/retention.hpp"

#include "services/sensing/terminals.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace chengshu::services {
namespace {

using sensing::EntityType;

constexpr std::int64_t kHourMs = 3'600'000;  // ms
constexpr std::int64_t kDay = 24 * kHourMs;
constexpr std::size_t kRetentionPage = 1'000;

std::int64_t floor_to(std::int64_t time, std::int64_t unit) {
    const auto rest = time % unit;
    return time - (rest < 0 ? rest + unit : rest);
}

/// Calls `visit` for each stream of a type.
template <class Visit>
void each_stream(const sensing::Registry& registry, EntityType type, Visit visit) {
    std::int64_t after = 0;
    while (true) {
        const auto page = registry.page(type, after, kRetentionPage);
        if (page.empty()) {
            return;
        }
        for (const auto& entity : page) {
            visit(*entity);
        }
        after = page.back()->id();
    }
}

/// Position of the rule of a stream; none when it is kept as it is.
std::optional<std::size_t> rule_of(
    const Definitions& definitions,
    const sensing::Registry& registry,
    const sensing::Entity& stream,
    Date today
) {
    static const auto kThing =
        static_cast<std::uint8_t>(sensing::navigation_position(EntityType::Datastream, "Thing"));
    static const auto kManyThing =
        static_cast<std::uint8_t>(sensing::navigation_position(EntityType::MultiDatastream, "Thing")
        );
    const bool one = stream.type() == EntityType::Datastream;
    const auto thing = registry.find({EntityType::Thing, stream.link(one ? kThing : kManyThing)});
    const auto property = one ? place_of(registry, stream).quantity : std::string();
    const auto type = thing ? member_of(*thing, "type") : std::string();
    sensing::RetentionSubject subject;
    subject.property = property;
    subject.thing_type = type;
    subject.thing = thing ? thing->tag(sensing::Tag::Code) : std::string_view();
    subject.area = thing ? thing->tag(sensing::Tag::Area) : std::string_view();
    const auto& rules = definitions.retention;
    const auto* const rule = sensing::retention_of(rules, subject, *definitions.city, today);
    return rule == nullptr ? std::nullopt
                           : std::optional(static_cast<std::size_t>(rule - rules.data()));
}

}  // namespace

/// Streams of a rule that are still alive share a cut. One that has gone silent keeps the hour of
/// its newest reading: those share a cut that fell silent on the same day.
Result<std::vector<Retention::Part>> Retention::parts(const Definitions& definitions) {
    const auto now = to_millis(clock_.now());
    const auto today = definitions.city->calendar().zone().local_date(clock_.now());
    const auto& registry = entities_.registry();
    std::map<std::pair<std::size_t, std::int64_t>, Part> open;  // by rule and day of silence
    std::vector<Part> out;
    Status status = ok();
    const auto take = [&](const sensing::Entity& stream) {
        const auto rule = rule_of(definitions, registry, stream, today);
        const auto summary = rule && status ? store_.summary(stream.id())
                                            : Result<std::optional<sensing::StreamSummary>>(
                                                  std::optional<sensing::StreamSummary>()
                                              );
        if (!rule || !summary) {
            status = summary ? status : Status(Failure{summary.error()});
            return;
        }
        const auto& row = definitions.retention[*rule];
        auto cut = floor_to(now - row.raw_days * kDay, kHourMs);
        std::int64_t silent = 0;
        if (*summary && (*summary)->latest.phenomenon_from < cut) {
            cut = floor_to((*summary)->latest.phenomenon_from, kHourMs);
            silent = floor_to(cut, kDay);
        }
        auto& part = open[{*rule, silent}];
        part.rule = *rule;
        part.step.keep_hours = row.keep_hours;
        part.step.raw_before = std::min(part.step.raw_before.value_or(cut), cut);
        if (row.keep_hours && row.hours_days) {
            part.step.hours_before = floor_to(now - *row.hours_days * kDay, kHourMs);
        }
        part.step.streams.push_back(stream.id());
        if (part.step.streams.size() == kStreamsPerStep) {
            out.push_back(std::move(part));
            open.erase({*rule, silent});
        }
    };
    each_stream(registry, EntityType::Datastream, take);
    each_stream(registry, EntityType::MultiDatastream, take);
    CS_CHECK(status);
    for (auto& [key, part] : open) {
        out.push_back(std::move(part));
    }
    return out;
}

Result<std::vector<RetentionForecast>> Retention::forecast(const Definitions& definitions) {
    std::vector<RetentionForecast> out;
    for (const auto& rule : definitions.retention) {
        out.push_back({&rule, 0, 0, {}});
    }
    CS_TRY(found, parts(definitions));
    for (const auto& part : found) {
        auto& line = out.at(part.rule);
        ports::ObservationQuery query;
        query.streams = part.step.streams;
        query.phenomenon_from.to = part.step.raw_before;
        CS_TRY(rows, store_.count(query));
        line.rows += rows;
        line.streams += static_cast<std::int64_t>(part.step.streams.size());
        line.raw_before =
            std::max(line.raw_before.value_or(*part.step.raw_before), *part.step.raw_before);
    }
    return out;
}

Status Retention::begin() {
    const auto definitions = definitions_.get();
    CS_TRY(found, parts(*definitions));
    waiting_.assign(std::make_move_iterator(found.begin()), std::make_move_iterator(found.end()));
    return ok();
}

/// How far the next step goes: as many whole hours from the oldest reading on as hold about
/// rows_per_step_ rows, if the streams' readings are spread evenly. None: there is nothing old.
Result<std::optional<std::int64_t>> Retention::next_cut(const ports::RetentionStep& step) {
    std::optional<std::int64_t> oldest;
    double rows_per_ms = 0;
    for (const auto stream : step.streams) {
        CS_TRY(summary, store_.summary(stream));
        if (!summary || summary->first_phenomenon >= *step.raw_before) {
            continue;
        }
        oldest = std::min(oldest.value_or(summary->first_phenomenon), summary->first_phenomenon);
        const auto span = std::max(kHourMs, summary->last_phenomenon - summary->first_phenomenon);
        rows_per_ms += static_cast<double>(summary->count) / static_cast<double>(span);
    }
    if (!oldest) {
        return std::optional<std::int64_t>();
    }
    const auto left = static_cast<double>(*step.raw_before - *oldest);
    const auto wanted = static_cast<double>(rows_per_step_) / rows_per_ms;
    const auto cut =
        floor_to(*oldest, kHourMs) +
        std::max(kHourMs, floor_to(static_cast<std::int64_t>(std::min(left, wanted)), kHourMs));
    return std::optional(std::min(cut, *step.raw_before));
}

Result<std::optional<ports::RetentionResult>> Retention::step() {
    while (!waiting_.empty()) {
        auto& part = waiting_.front();
        CS_TRY(cut, next_cut(part.step));
        auto step = part.step;
        step.raw_before = cut;
        if (cut) {
            step.hours_before.reset();
        } else {
            waiting_.pop_front();
            if (!step.hours_before) {
                continue;
            }
        }
        CS_TRY(done, store_.retain(step));
        if (done != ports::RetentionResult{}) {
            return std::optional(done);
        }
        if (cut) {
            waiting_.pop_front();  // what is old came or went meanwhile: the next pass sees it
        }
    }
    return std::optional<ports::RetentionResult>();
}

}  // namespace chengshu::services
