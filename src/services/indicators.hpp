#pragma once

#include "base/result.hpp"
#include "domain/access/principal.hpp"
#include "domain/indicators/calculation.hpp"
#include "domain/indicators/exact_sum.hpp"
#include "ports/store.hpp"
#include "services/definitions.hpp"
#include "services/sensing/entities.hpp"
#include "services/submissions.hpp"

#include <compare>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace chengshu::services {

/// Most readings that one request is calculated from; beyond it the answer is TooLarge.
inline constexpr std::int64_t kReadingsPerCalculation = 2'000'000;
/// The same of statistics cells.
inline constexpr std::int64_t kCellsPerCalculation = 1'000'000;

/// What calculations of indicators read: means of stored readings, of terminals that the caller may
/// see, and sums of statistics cells, of subjects whose figures the caller may see. Reads each
/// stream and each subject once, from `from` to `to`. One request, one thread.
class StoredFacts final : public indicators::Facts {
public:
    /// Without `entities` nothing is observed. All arguments must outlive it.
    StoredFacts(
        ports::Store& store,
        SensingEntities* entities,
        const access::Principal& who,
        const Definitions& definitions,
        Instant from,
        Instant to
    );

    std::optional<double> observed(
        std::int64_t thing,
        const indicators::Observed& what,
        const indicators::Period& period
    ) override;
    const std::vector<std::int64_t>& things(std::string_view area, std::string_view type) override;
    const std::vector<std::string>&
    areas(std::string_view area, std::string_view level, const indicators::Period& period) override;
    std::int64_t counted(const indicators::Place& subject, int bit, const indicators::Period& days)
        override;
    std::optional<double> entered(
        const indicators::Indicator& indicator,
        const indicators::Place& area,
        const indicators::Period& period
    ) override;

    /// NotFound unless the caller may see the terminal.
    Status check_thing(std::int64_t thing);
    /// Subjects that will be asked for: their cells are read together with the first one's.
    void expect(const std::string& kind, std::vector<std::string> subjects);
    /// All subjects of a kind that have cells.
    Result<std::vector<std::string>> subjects(const std::string& kind);

    /// What has gone wrong while calculating: values are worth nothing then. NotPermitted when an
    /// area has terminals that the caller may not see, or the figures of a subject are not the
    /// caller's to see; TooLarge; failures of the store.
    [[nodiscard]] const Status& status() const { return status_; }

private:
    using Buckets =
        std::map<Instant, std::pair<indicators::ExactSum, std::int64_t>>;  ///< sum and count

    /// Cells of the subjects of a kind.
    struct Kind {
        std::map<std::string, std::vector<ports::CellRow>, std::less<>> cells;  ///< by day
        std::vector<std::string> expected;
        bool all = false;  ///< subjects that have cells are all there
    };

    struct Stream {
        std::int64_t thing = 0;
        std::string property;
        std::uint32_t ignore = 0;
        bool hours = true;  ///< else five minutes

        friend auto operator<=>(const Stream&, const Stream&) = default;
    };

    const Buckets& buckets_of(const Stream& stream, const indicators::Period& period);
    Status read(std::int64_t stream, const Stream& what, Duration phase, Buckets& out);
    Status check_subject(const std::string& kind);
    Status read_cells(const std::string& kind, std::vector<std::string> subjects);

    ports::Store& store_;
    SensingEntities* entities_;
    const access::Principal& who_;
    std::optional<SensingRights> rights_;
    const Definitions& definitions_;
    Instant from_;
    Instant to_;
    std::int64_t readings_left_ = kReadingsPerCalculation;
    std::int64_t cells_left_ = kCellsPerCalculation;
    std::map<Stream, Buckets> read_;
    std::map<std::pair<std::string, std::string>, std::vector<std::int64_t>> things_;
    std::map<std::tuple<std::string, std::string, Date>, std::vector<std::string>> areas_;
    std::map<std::string, Kind, std::less<>> kinds_;
    std::map<std::pair<std::string, std::string>, ApprovedValues> entered_;
    Status status_ = ok();
};

/// The Datastream of the terminal that observes the property, the first of several; 0: none.
std::int64_t observing_stream(
    const sensing::Registry& registry,
    std::int64_t thing,
    const std::string& property
);

/// Areas of the level within an area, or without a level those directly below it, that are valid on
/// the day; by the city's order.
std::vector<std::string>
areas_in(const city::City& city, std::string_view area, std::string_view level, Date on);

/// How far before its period an indicator looks: the windows on the way down to its readings.
Duration looks_back(const indicators::Catalogue& catalogue, std::string_view code);

}  // namespace chengshu::services
