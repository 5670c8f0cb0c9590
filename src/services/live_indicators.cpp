#include "services/live_indicators.hpp"

#include "services/internal/live_state.hpp"

#include <mutex>
#include <utility>

namespace chengshu::services {

using indicators::Place;
using indicators::Tick;

LiveIndicators::LiveIndicators(
    ports::Store& store,
    CurrentDefinitions& definitions,
    SensingEntities* entities,
    LiveLimits limits
)
    : store_(store), state_(std::make_unique<State>(store, definitions, entities, limits)) {}

LiveIndicators::~LiveIndicators() {
    if (watched_ != nullptr) {
        watched_->follow(nullptr);
    }
}

Status LiveIndicators::start(WatchedObservations* readings) {
    CS_CHECK(store_.sync());
    CS_TRY(head, store_.head());
    {
        const std::lock_guard lock(state_->mutex_);
        state_->counts_.start(head);
    }
    watched_ = readings;
    if (watched_ != nullptr) {
        watched_->follow(this);
    }
    return ok();
}

void LiveIndicators::stop() {
    state_->counts_.stop();
}

void LiveIndicators::listen(std::function<void()> listener) {
    state_->listener_ = std::move(listener);
}

void LiveIndicators::committed(const ports::Changes& changes, Seq head) {
    const bool entered = LiveSubmissions::concern(changes.documents);
    if (changes.cells.empty() && !entered) {
        {
            const std::lock_guard lock(state_->mutex_);
            state_->counts_.committed({}, head, 0);
        }
        state_->counts_.advanced();
        return;
    }
    state_->change([&](Tick now) {
        state_->counts_.committed(changes.cells, head, now);
        state_->submissions_.committed(changes.documents, now);
    });
}

void LiveIndicators::commit_doubtful(Seq told) {
    state_->change([&](Tick now) {
        state_->counts_.doubtful(told, now);
        state_->submissions_.doubtful(now);
    });
}

void LiveIndicators::appended(std::span<const sensing::Observation> rows) {
    state_->change([&](Tick now) { state_->readings_.appended(rows, now); });
}

void LiveIndicators::changed(const sensing::Observation& before, const sensing::Observation& now) {
    state_->change([&](Tick tick) {
        state_->readings_.rewritten({&before, 1}, tick);
        state_->readings_.rewritten({&now, 1}, tick);
    });
}

void LiveIndicators::erased(std::span<const sensing::Observation> rows) {
    state_->change([&](Tick now) { state_->readings_.rewritten(rows, now); });
}

void LiveIndicators::streams_erased(std::span<const std::int64_t> streams) {
    state_->change([&](Tick now) { state_->readings_.streams_erased(streams, now); });
}

void LiveIndicators::thinned(const ports::RetentionStep& step) {
    state_->change([&](Tick now) { state_->readings_.thinned(step, now); });
}

void LiveIndicators::doubtful() {
    state_->change([&](Tick now) { state_->readings_.doubtful(now); });
}

std::uint64_t LiveIndicators::sequence() const {
    const std::lock_guard lock(state_->mutex_);
    return state_->sequence();
}

Result<LiveAnswers> LiveIndicators::answer(std::span<const LiveQuestion> questions) {
    return state_->answer(questions);
}

Result<LiveAnswer> LiveIndicators::value(std::string_view code, const Place& place, Instant at) {
    const auto definitions = state_->definitions_.get();
    const auto& zone = definitions->city->calendar().zone();
    const auto* rule = definitions->indicators.find(code, zone.local_date(at));
    if (rule == nullptr) {
        return LiveAnswer{};
    }
    const LiveQuestion question{
        std::string(code), place, indicators::period_at(rule->period, at, zone)
    };
    CS_TRY(out, answer({&question, 1}));
    return std::move(out.items.front());
}

Result<bool> LiveIndicators::unchanged(const LiveQuestion& question, std::uint64_t sequence) {
    CS_TRY(head, store_.head());
    if (watched_ != nullptr) {
        watched_->settle();
    }
    return state_->unchanged(question, sequence, head);
}

LiveChanges LiveIndicators::changed_since(std::uint64_t since, std::span<const std::string> codes) {
    return state_->changed_since(since, codes);
}

std::vector<std::int64_t> LiveIndicators::things(std::string_view area, std::string_view type) {
    const std::lock_guard lock(state_->mutex_);
    state_->refresh();
    return state_->readings_.things(area, type);
}

DefinitionsPtr LiveIndicators::definitions() const {
    return state_->definitions_.get();
}

LiveCounters LiveIndicators::counters() const {
    const std::lock_guard lock(state_->mutex_);
    LiveCounters out;
    out.values = state_->values_.size();
    out.values_bytes = state_->values_.bytes();
    out.measures = state_->readings_.size() + state_->counts_.size() + state_->submissions_.size();
    out.measures_bytes =
        state_->readings_.bytes() + state_->counts_.bytes() + state_->submissions_.bytes();
    out.changes =
        state_->readings_.changes() + state_->counts_.changes() + state_->submissions_.changes();
    out.calculated = state_->calculated_;
    out.loaded = state_->loaded_;
    return out;
}

}  // namespace chengshu::services
