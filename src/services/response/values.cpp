#include "services/response/values.hpp"

#include "base/assert.hpp"

#include <algorithm>
#include <vector>

namespace chengshu::services {
namespace {

/// Values that are remembered; then all are forgotten, and the needed ones calculated again.
constexpr std::size_t kKnownMax = 200'000;

}  // namespace

void StoredValues::set_span(const response::Rule& rule, Instant from, Instant to) {
    const auto& zone = definitions_->city->calendar().zone();
    auto first = indicators::period_at(rule.every, from, zone);
    for (int back = response::looks_back(rule); back > 0; --back) {
        first = indicators::previous_period(first, zone);
    }
    Duration before{0};
    for (const auto& term : rule.terms) {
        if (!term.indicator.empty()) {
            before = std::max(before, looks_back(definitions_->indicators, term.indicator));
        }
    }
    span_from_ = first.from;
    span_to_ = to;
    span_ = std::make_unique<StoredFacts>(
        store_, &entities_, who_, *definitions_, first.from - before, to
    );
}

std::optional<double> StoredValues::value(
    std::string_view indicator,
    const indicators::Place& place,
    const indicators::Period& period
) {
    if (!status_) {
        return std::nullopt;
    }
    const Key key{std::string(indicator), place, period};
    const bool ended = period.to <= now_;
    if (const auto found = known_.find(key); ended && found != known_.end()) {
        return found->second;
    }
    const auto& catalogue = definitions_->indicators;
    const auto& city = *definitions_->city;
    std::unique_ptr<StoredFacts> own;
    if (!span_ || period.from < span_from_ || period.to > span_to_) {
        own = std::make_unique<StoredFacts>(
            store_,
            &entities_,
            who_,
            *definitions_,
            period.from - looks_back(catalogue, indicator),
            period.to
        );
    }
    auto& facts = own ? *own : *span_;
    if (place.thing != 0) {
        if (auto seen = facts.check_thing(place.thing); !seen) {
            status_ = std::move(seen);
            return std::nullopt;
        }
    }
    indicators::Calculation calculation(catalogue, city.calendar().zone(), facts, rules_);
    const auto* rule = calculation.rule(indicator, period);
    const auto out =
        rule == nullptr ? std::nullopt : calculation.value(*rule, place, period).number;
    if (!facts.status()) {
        status_ = Failure{facts.status().error()};
        return std::nullopt;
    }
    if (ended) {
        if (known_.size() >= kKnownMax) {
            known_.clear();
        }
        known_.emplace(key, out);
    }
    return out;
}

Result<bool>
LiveValues::read(std::span<const response::Asked> asked, const DefinitionsPtr& definitions) {
    known_.clear();
    for (const auto& one : asked) {
        known_.try_emplace(one);
    }
    std::vector<LiveQuestion> questions;
    questions.reserve(known_.size());
    for (const auto& [one, number] : known_) {
        questions.push_back({one.indicator, one.place, one.period});
    }
    CS_TRY(answers, live_.answer(questions));
    auto next = answers.items.begin();
    for (auto& [one, number] : known_) {
        number = (next++)->value.number;
    }
    return answers.definitions == definitions;
}

std::optional<double> LiveValues::value(
    std::string_view indicator,
    const indicators::Place& place,
    const indicators::Period& period
) {
    const auto found = known_.find({std::string(indicator), place, period});
    CS_ASSERT(found != known_.end());
    return found->second;
}

}  // namespace chengshu::services
