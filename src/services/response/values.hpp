#pragma once

#include "domain/response/rule.hpp"
#include "services/definitions.hpp"
#include "services/indicators.hpp"
#include "services/live_indicators.hpp"

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>

// The one place where rules meet indicators.

namespace chengshu::services {

/// The values that rules look at, calculated from stored readings. Those of periods that had ended
/// when they were asked for are remembered: a rule that looks back over days reads each day once.
class StoredValues final : public response::Values {
public:
    /// `who`: values of areas with terminals that he may not see are refused.
    StoredValues(
        ports::Store& store,
        SensingEntities& entities,
        DefinitionsPtr definitions,
        access::Principal who
    )
        : store_(store),
          entities_(entities),
          definitions_(std::move(definitions)),
          who_(std::move(who)) {}

    /// The rules of a day for all values (what if), or those of each period's day.
    void set_rules(std::optional<Date> rules) { rules_ = rules; }

    /// Values are asked for at this instant: periods that end later are not remembered.
    void set_now(Instant now) { now_ = now; }

    /// The rule is going to be judged over this time: each stream is read once for all of it.
    void set_span(const response::Rule& rule, Instant from, Instant to);

    std::optional<double> value(
        std::string_view indicator,
        const indicators::Place& place,
        const indicators::Period& period
    ) override;

    /// What went wrong while reading; the values given since are worth nothing then.
    [[nodiscard]] const Status& status() const { return status_; }

    void forget_problem() { status_ = ok(); }

private:
    using Key = std::tuple<std::string, indicators::Place, indicators::Period>;

    ports::Store& store_;
    SensingEntities& entities_;
    DefinitionsPtr definitions_;
    access::Principal who_;
    std::optional<Date> rules_;
    Instant now_;
    std::unique_ptr<StoredFacts> span_;
    Instant span_from_;  ///< of periods, not of what they look back to
    Instant span_to_;
    std::map<Key, std::optional<double>> known_;
    Status status_ = ok();
};

/// The values that rules look at while their periods run: those kept in memory, which follow what
/// becomes durable.
class LiveValues final : public response::Values {
public:
    /// `live` outlives this object.
    explicit LiveValues(LiveIndicators& live) : live_(live) {}

    /// Reads what judgements are going to ask for, all of one moment; false when the values are of
    /// other definitions than these by now. Failures of LiveIndicators::answer.
    Result<bool> read(std::span<const response::Asked> asked, const DefinitionsPtr& definitions);

    std::optional<double> value(
        std::string_view indicator,
        const indicators::Place& place,
        const indicators::Period& period
    ) override;

private:
    LiveIndicators& live_;
    std::map<response::Asked, std::optional<double>> known_;
};

}  // namespace chengshu::services
