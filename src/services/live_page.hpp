#pragma once

#include "domain/access/principal.hpp"
#include "services/live_indicators.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace chengshu::services {

/// Which values a screen shows: every indicator at every place over the last so many periods.
struct PageSet {
    std::vector<std::string> indicators;
    std::vector<indicators::Place> places;
    std::optional<indicators::Cycle> period;  ///< none: each indicator's own
    std::optional<Instant> at;                ///< in the last period; none: now, as time goes on
    int last = 1;
    bool previous = false;   ///< compared with the period before (环比)
    bool last_year = false;  ///< and with the same one of the year before (同比)

    [[nodiscard]] std::size_t cells() const {
        const auto compared = 1U + (previous ? 1U : 0U) + (last_year ? 1U : 0U);
        return indicators.size() * places.size() * static_cast<std::size_t>(last) * compared;
    }

    /// Equal for equal sets.
    [[nodiscard]] std::string key() const;
};

struct PageCell {
    LiveAnswer now;
    std::optional<indicators::Comparison> previous;
    std::optional<indicators::Comparison> last_year;
    std::uint64_t changed = 0;  ///< version of the page that it is new in

    [[nodiscard]] bool same(const PageCell& other) const;
};

/// A page's values of one moment. Cells are ordered by indicator, place and period.
struct PageState {
    DefinitionsPtr definitions;
    std::uint64_t version = 0;   ///< goes up when a cell changes; over all pages
    std::uint64_t first = 0;     ///< what has changed since an earlier version is not known
    std::uint64_t sequence = 0;  ///< of the last change of facts that is in it
    Seq journal;                 ///< the last journal entry that is in it
    std::vector<std::vector<indicators::Period>> periods;  ///< of each indicator, ascending
    std::vector<PageCell> cells;
};

/// The values of a set, evaluated once for all who look at it. Thread-safe.
class LivePage {
public:
    /// `live` outlives this object.
    LivePage(LiveIndicators& live, PageSet set) : live_(live), set_(std::move(set)) {}

    [[nodiscard]] const PageSet& set() const { return set_; }

    /// Brings it up to date and shows it. Costs nothing when nothing has changed since.
    Status look(Instant now, const std::function<void(const PageState&)>& show);

private:
    /// What a period is compared with, as far as it is.
    struct Beside {
        indicators::Period previous;
        indicators::Period last_year;

        friend bool operator==(const Beside&, const Beside&) = default;
    };

    Status evaluate(Instant now);
    [[nodiscard]] Result<std::vector<std::vector<indicators::Period>>>
    periods_at(const Definitions& definitions, Instant now) const;

    LiveIndicators& live_;
    const PageSet set_;
    std::mutex mutex_;
    PageState state_;
    std::vector<std::vector<Beside>> beside_;  ///< as PageState::periods
    std::uint64_t looked_at_ = 0;              ///< sequence
};

/// Whether the caller may see the values of the page's indicators at its places: the readings of
/// all terminals that they are made of, as everywhere else. NotPermitted, or NotFound for a
/// terminal.
Status check_page(
    const PageSet& set,
    const access::Principal& who,
    const Definitions& definitions,
    LiveIndicators& live,
    SensingEntities* entities
);

}  // namespace chengshu::services
