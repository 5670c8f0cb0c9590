#include "services/internal/live_state.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

namespace chengshu::services {
namespace {

using indicators::Day;
using indicators::Indicator;
using indicators::Period;
using indicators::Place;
using indicators::PlaceIndex;
using indicators::Tick;
using indicators::Value;

/// Questions that are settled without letting changes in between.
constexpr std::size_t kSlice = 64;
/// How often a call begins anew because what it has loaded was changed or forgotten meanwhile.
constexpr int kRounds = 64;
constexpr std::size_t kPartsPerCall = 400'000;
constexpr std::size_t kNamesMax = 50;
constexpr Tick kTickMax = std::numeric_limits<Tick>::max() - 16;

bool keepable(const Indicator& indicator) {
    const auto* which = std::get_if<indicators::Which>(&indicator.rule);
    return which == nullptr || which->of.size() <= kNamesMax;
}

/// A value as one number: `which` names some of its rule's names, which are its bits.
double packed(const Indicator& indicator, const Value& value) {
    const auto* which = std::get_if<indicators::Which>(&indicator.rule);
    if (which == nullptr) {
        return value.number.value_or(std::numeric_limits<double>::quiet_NaN());
    }
    double out = 0;
    for (std::size_t i = 0; i < which->of.size(); ++i) {
        if (std::find(value.names.begin(), value.names.end(), which->of[i].name) !=
            value.names.end()) {
            out += std::ldexp(1.0, static_cast<int>(i));
        }
    }
    return out;
}

Value unpacked(const Indicator& indicator, double number) {
    Value out;
    const auto* which = std::get_if<indicators::Which>(&indicator.rule);
    if (which == nullptr) {
        if (!std::isnan(number)) {
            out.number = number;
        }
        return out;
    }
    const auto bits = static_cast<std::uint64_t>(number);
    for (std::size_t i = 0; i < which->of.size(); ++i) {
        if ((bits >> i & 1U) != 0) {
            out.names.push_back(which->of[i].name);
        }
    }
    return out;
}

}  // namespace

class LiveIndicators::State::Memory final : public indicators::Facts, public indicators::Kept {
public:
    explicit Memory(State& state) : state_(state) {}

    std::optional<double>
    observed(std::int64_t thing, const indicators::Observed& what, const Period& period) override {
        return state_.readings_.observed(thing, what, period, state_.asked_, missing_.readings);
    }

    const std::vector<std::int64_t>& things(std::string_view area, std::string_view type) override {
        return state_.readings_.things(area, type);
    }

    const std::vector<std::string>&
    areas(std::string_view area, std::string_view level, const Period& period) override {
        return state_.parts_of(area, level, period);
    }

    std::int64_t counted(const Place& subject, int bit, const Period& days) override {
        return state_.counts_.counted(
            subject.kind, subject.code, bit, days, state_.asked_, missing_.counts
        );
    }

    std::optional<double>
    entered(const Indicator& indicator, const Place& area, const Period& period) override {
        return state_.submissions_.entered(
            indicator.code, area.code, period, state_.asked_, missing_.submissions
        );
    }

    std::optional<Value> find(const Indicator& indicator, const Place& place, const Period& period)
        override {
        const auto cell = state_.values_.find(key_of(indicator, period), state_.place_index(place));
        if (!cell ||
            state_.changed_at(state_.support_of(indicator.code), place, period) > cell->at) {
            return std::nullopt;
        }
        return unpacked(indicator, cell->number);
    }

    void keep(
        const Indicator& indicator,
        const Place& place,
        const Period& period,
        const Value& value
    ) override {
        ++state_.calculated_;
        if (missing_.empty() && keepable(indicator)) {
            state_.values_.put(
                key_of(indicator, period),
                state_.place_index(place),
                {packed(indicator, value), state_.tick_}
            );
        }
    }

    [[nodiscard]] LiveMissing& missing() { return missing_; }

private:
    [[nodiscard]] indicators::ValueTable::Key
    key_of(const Indicator& indicator, const Period& period) const {
        const auto position =
            static_cast<std::uint64_t>(&indicator - state_.known_->indicators.all().data());
        return {
            position << 8U | static_cast<std::uint64_t>(period.kind),
            to_millis(period.from),
            to_millis(period.to)
        };
    }

    State& state_;
    LiveMissing missing_;
};

void LiveIndicators::State::next_tick() {
    if (++tick_ >= kTickMax) {
        base_ += tick_;
        tick_ = 1;
        reset();
    }
}

/// Forgets everything: what numbers stand for has changed.
void LiveIndicators::State::reset() {
    days_.reset(known_->city->calendar().zone());
    areas_.reset(*known_->city);
    readings_.reset(known_->city);
    counts_.reset(known_->city);
    submissions_.reset(known_->city);
    values_.clear();
    things_.clear();
    others_.clear();
    places_ = areas_.count();
    parts_.clear();
    turns_.clear();
    for (const auto& area : known_->city->areas()) {
        for (const auto& turn : {area.validity.from, area.validity.to}) {
            if (turn) {
                turns_.push_back(*turn);
            }
        }
    }
    std::sort(turns_.begin(), turns_.end());
    turns_.erase(std::unique(turns_.begin(), turns_.end()), turns_.end());
    supports_.clear();
    reset_at_ = sequence();
}

/// Follows what is in force: another revision, other terminals.
void LiveIndicators::State::refresh() {
    ++asked_;
    auto definitions = definitions_.get();
    bool other = definitions != known_;
    if (entities_ != nullptr && entities_->registry().version() != registry_version_) {
        registry_version_ = entities_->registry().version();
        other = other || readings_.terminals_changed();
    }
    if (other) {
        known_ = std::move(definitions);
        next_tick();
        reset();
    }
}

PlaceIndex LiveIndicators::State::place_index(const Place& place) {
    if (place.is_area()) {
        if (const auto area = areas_.index(place.code); area != LiveAreas::kNone) {
            return area;
        }
    }
    auto& index = place.thing != 0
                      ? things_.try_emplace(place.thing, places_).first->second
                      : others_.try_emplace({place.kind, place.code}, places_).first->second;
    places_ += index == places_ ? 1 : 0;
    return index;
}

const std::vector<std::string>& LiveIndicators::State::parts_of(
    std::string_view area,
    std::string_view level,
    const Period& period
) {
    const auto last = live_date(days_.at(to_millis(period.to) - 1));
    // The same for all days between two on which areas come or go.
    const auto span = std::upper_bound(turns_.begin(), turns_.end(), last) - turns_.begin();
    const auto [found, fresh] = parts_.try_emplace({std::string(area), std::string(level), span});
    if (fresh) {
        found->second = areas_in(*known_->city, area, level, last);
    }
    return found->second;
}

void LiveIndicators::State::add_support(const Indicator& indicator, Support& out) {
    if (const auto* observed = std::get_if<indicators::Observed>(&indicator.rule)) {
        const auto series = readings_.series_of(*observed);
        out.series.insert(out.series.end(), series.begin(), series.end());
    }
    out.counts = out.counts || std::holds_alternative<indicators::Counted>(indicator.rule);
    if (std::holds_alternative<indicators::Entered>(indicator.rule)) {
        out.entered.push_back(indicator.code);
    }
    auto inputs = indicator.inputs();
    if (!indicator.weights.empty()) {
        inputs.push_back(indicator.weights);
    }
    for (const auto& input : inputs) {
        const auto& below = support_of(input);
        out.series.insert(out.series.end(), below.series.begin(), below.series.end());
        out.entered.insert(out.entered.end(), below.entered.begin(), below.entered.end());
        out.counts = out.counts || below.counts;
    }
}

/// By any version: a value may rest on versions of several days.
const LiveIndicators::State::Support& LiveIndicators::State::support_of(const std::string& code) {
    if (const auto found = supports_.find(code); found != supports_.end()) {
        return found->second;
    }
    Support out;
    out.back = looks_back(known_->indicators, code);
    for (const auto& version : known_->indicators.all()) {
        if (version.code == code) {
            add_support(version, out);
        }
    }
    std::sort(out.series.begin(), out.series.end());
    out.series.erase(std::unique(out.series.begin(), out.series.end()), out.series.end());
    std::sort(out.entered.begin(), out.entered.end());
    out.entered.erase(std::unique(out.entered.begin(), out.entered.end()), out.entered.end());
    return supports_.emplace(code, std::move(out)).first->second;
}

Tick LiveIndicators::State::changed_at(
    const Support& support,
    const Place& place,
    const Period& period
) {
    const auto from = days_.at(period.from - support.back);
    const auto to = days_.at(to_millis(period.to) - 1);
    Tick out = 0;
    const auto area = place.is_area() ? areas_.index(place.code) : LiveAreas::kNone;
    for (const auto series : support.series) {
        out = std::max(out, readings_.changed_at(series, place.thing, area, from, to));
    }
    if (support.counts && place.thing == 0) {
        out = std::max(out, counts_.changed_at(place.kind, place.code, from, to));
    }
    if (place.is_area()) {
        for (const auto& code : support.entered) {
            out = std::max(out, submissions_.changed_at(code, place.code, from, to));
        }
    }
    return out;
}

Status LiveIndicators::State::load(const LiveMissing& missing, std::int64_t& budget) {
    if (missing.size() > kPartsPerCall) {
        return fail(
            ErrorCode::TooLarge, "this needs too many measures; ask for fewer places or periods"
        );
    }
    CS_CHECK(readings_.load(missing.readings, budget));
    CS_CHECK(counts_.load(missing.counts));
    CS_CHECK(submissions_.load(missing.submissions));
    const std::lock_guard lock(mutex_);
    loaded_ += missing.size();
    return ok();
}

/// Whether nothing was missing; then `out`, when given, has the answers. Else what was is loaded.
Result<bool> LiveIndicators::State::round(
    std::span<const LiveQuestion> questions,
    LiveAnswers* out,
    std::int64_t& budget
) {
    LiveMissing missing;
    {
        const std::lock_guard lock(mutex_);
        refresh();
        Memory memory(*this);
        indicators::Calculation calculation(
            known_->indicators,
            known_->city->calendar().zone(),
            memory,
            indicators::CalculationOptions{{}, false, &memory}
        );
        LiveAnswers answers{known_, sequence(), counts_.journal(), {}};
        answers.items.reserve(questions.size());
        for (const auto& question : questions) {
            LiveAnswer answer;
            answer.rule = calculation.rule(question.code, question.period);
            if (answer.rule != nullptr) {
                answer.value = calculation.value(*answer.rule, question.place, question.period);
            }
            answers.items.push_back(std::move(answer));
        }
        if (memory.missing().empty()) {
            readings_.shrink(limits_.measures_bytes / 2);
            counts_.shrink(limits_.measures_bytes / 8 * 3);
            submissions_.shrink(limits_.measures_bytes / 8);
            if (out != nullptr) {
                *out = std::move(answers);
            }
            return true;
        }
        missing = std::move(memory.missing());
    }
    CS_CHECK(load(missing, budget));
    return false;
}

Result<LiveAnswers> LiveIndicators::State::answer(std::span<const LiveQuestion> questions) {
    auto budget = kReadingsPerCalculation;
    const auto settle = [&](std::span<const LiveQuestion> part, LiveAnswers* out) -> Status {
        for (int i = 0; i < kRounds; ++i) {
            CS_TRY(settled, round(part, out, budget));
            if (settled) {
                return ok();
            }
        }
        return fail(ErrorCode::Overloaded, "too much changes at once; try again");
    };
    // First in slices, so that changes need not wait for long; then all of them at one moment,
    // which costs no more than a look at each.
    for (std::size_t i = 0; questions.size() > kSlice && i < questions.size(); i += kSlice) {
        CS_CHECK(settle(questions.subspan(i, std::min(kSlice, questions.size() - i)), nullptr));
    }
    LiveAnswers out;
    CS_CHECK(settle(questions, &out));
    return out;
}

void LiveIndicators::State::add_changes(
    std::size_t indicator,
    const Support& support,
    Tick after,
    LiveChanges& out
) {
    constexpr Day kEarliest = -700'000;
    constexpr Day kLatest = 2'900'000;
    const auto add = [&](Place place, Day from, Day to) {
        out.items.push_back(
            {indicator,
             std::move(place),
             from_millis(days_.begin(std::max(from, kEarliest))),
             from_millis(days_.begin(std::min(to, kLatest) + 1)) + support.back}
        );
    };
    const auto areas = known_->city->areas();
    for (const auto series : support.series) {
        const bool some = readings_.each_since(
            series,
            after,
            [&](std::int64_t thing, std::uint32_t area, Day from, Day to) {
                add(thing != 0 ? Place{thing, {}} : Place{0, areas[area].code}, from, to);
            }
        );
        out.everything = out.everything || !some;
    }
    if (support.counts) {
        counts_.each_since(
            after,
            [&](const std::string& kind, const std::string& subject, Day from, Day to) {
                add({0, subject, kind}, from, to);
            }
        );
    }
    for (const auto& code : support.entered) {
        submissions_.each_since(code, after, [&](std::uint32_t area, Day from, Day to) {
            add({0, areas[area].code}, from, to);
        });
    }
}

LiveChanges
LiveIndicators::State::changed_since(std::uint64_t since, std::span<const std::string> codes) {
    const std::lock_guard lock(mutex_);
    refresh();
    LiveChanges out;
    out.sequence = sequence();
    out.everything = since < reset_at_ || since > out.sequence;
    for (std::size_t i = 0; i < codes.size() && !out.everything; ++i) {
        add_changes(i, support_of(codes[i]), static_cast<Tick>(since - base_), out);
    }
    if (out.everything) {
        out.items.clear();
    }
    return out;
}

Result<bool> LiveIndicators::State::unchanged(
    const LiveQuestion& question,
    std::uint64_t sequence_then,
    Seq head
) {
    std::unique_lock lock(mutex_);
    CS_CHECK(counts_.wait_for(head, lock));
    refresh();
    return sequence_then >= reset_at_ && sequence_then >= base_ &&
           changed_at(support_of(question.code), question.place, question.period) <=
               static_cast<Tick>(sequence_then - base_);
}

}  // namespace chengshu::services
