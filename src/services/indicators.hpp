#pragma once

#include "base/result.hpp"
#include "domain/access/principal.hpp"
#include "domain/indicators/calculation.hpp"
#include "domain/indicators/exact_sum.hpp"
#include "services/definitions.hpp"
#include "services/sensing/entities.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace chengshu::services {

/// Most readings that one request is calculated from; beyond it the answer is TooLarge.
inline constexpr std::int64_t kReadingsPerCalculation = 2'000'000;

/// What calculations of indicators read: hourly means of stored readings, of terminals that the
/// caller may see. Reads each stream once, from `from` to `to`. One request, one thread.
class StoredFacts final : public indicators::Facts {
public:
    StoredFacts(
        SensingEntities& entities,
        const access::Principal& who,
        const city::City& city,
        Instant from,
        Instant to
    );

    std::optional<double> hourly(
        std::int64_t thing,
        const indicators::Observed& what,
        const indicators::Period& hour
    ) override;
    const std::vector<std::int64_t>& things(std::string_view area, std::string_view type) override;

    /// NotFound unless the caller may see the terminal.
    Status check_thing(std::int64_t thing);

    /// What has gone wrong while calculating: values are worth nothing then. NotPermitted when an
    /// area has terminals that the caller may not see; TooLarge; failures of the store.
    [[nodiscard]] const Status& status() const { return status_; }

private:
    using Hours =
        std::map<Instant, std::pair<indicators::ExactSum, std::int64_t>>;  ///< sum and count

    const Hours&
    hours_of(std::int64_t thing, const indicators::Observed& what, const indicators::Period& hour);
    Status read(std::int64_t stream, std::uint32_t ignore, Duration phase, Hours& out);

    SensingEntities& entities_;
    SensingRights rights_;
    const city::City& city_;
    Instant from_;
    Instant to_;
    std::int64_t budget_ = kReadingsPerCalculation;
    std::map<std::tuple<std::int64_t, std::string, std::uint32_t>, Hours> read_;
    std::map<std::pair<std::string, std::string>, std::vector<std::int64_t>> things_;
    Status status_ = ok();
};

/// How far before its period an indicator looks: the windows on the way down to its readings.
Duration looks_back(const indicators::Catalogue& catalogue, std::string_view code);

}  // namespace chengshu::services
