#pragma once

#include "base/result.hpp"
#include "domain/indicators/calculation.hpp"
#include "domain/indicators/live_measures.hpp"
#include "services/internal/live_parts.hpp"
#include "services/sensing/entities.hpp"

#include <compare>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chengshu::services {

/// The readings of terminals that live values are made of, by day, in memory as far as they are
/// asked for. Everything needs the lock, except load(), which takes it.
class LiveReadings {
public:
    /// Whose readings, which day.
    struct Key {
        std::uint32_t source = 0;
        indicators::Day day = 0;

        friend auto operator<=>(const Key&, const Key&) = default;

        friend std::size_t hash_value(const Key& key) {
            return (std::uint64_t{key.source} << 32U | static_cast<std::uint32_t>(key.day)) *
                   0x9e3779b97f4a7c15U;
        }
    };

    using Keys = std::set<Key>;

    LiveReadings(SensingEntities* entities, std::mutex& mutex, LiveDays& days, LiveAreas& areas)
        : entities_(entities), mutex_(mutex), days_(days), areas_(areas) {}

    /// For another city, or other terminals.
    void reset(city::CityPtr city);
    /// Whether terminals have come, gone or moved that values are made of.
    bool terminals_changed();

    /// As indicators::Facts; what is not in memory is added to `missing`.
    std::optional<double> observed(
        std::int64_t thing,
        const indicators::Observed& what,
        const indicators::Period& period,
        std::uint64_t now,
        Keys& missing
    );
    const std::vector<std::int64_t>& things(std::string_view area, std::string_view type);

    /// What `what` is read off, for changed_at().
    std::vector<std::uint32_t> series_of(const indicators::Observed& what);
    /// The last change of readings at a terminal (area none) or in an area.
    [[nodiscard]] indicators::Tick changed_at(
        std::uint32_t series,
        std::int64_t thing,
        std::uint32_t area,
        indicators::Day from,
        indicators::Day to
    ) const;
    /// `visit` gets a terminal, or 0 and an area, and days. False when everything has changed.
    bool each_since(
        std::uint32_t series,
        indicators::Tick since,
        const std::function<
            void(std::int64_t thing, std::uint32_t area, indicators::Day, indicators::Day)>& visit
    ) const;

    void appended(std::span<const sensing::Observation> rows, indicators::Tick now);
    void rewritten(std::span<const sensing::Observation> rows, indicators::Tick now);
    void streams_erased(std::span<const std::int64_t> streams, indicators::Tick now);
    void thinned(const ports::RetentionStep& step, indicators::Tick now);
    void doubtful(indicators::Tick now);

    Status load(const Keys& keys, std::int64_t& budget);

    [[nodiscard]] std::uint64_t changes() const { return changes_; }

    void shrink(std::size_t bytes_max) { parts_.shrink(bytes_max); }

    [[nodiscard]] std::size_t size() const { return parts_.size(); }

    [[nodiscard]] std::size_t bytes() const { return parts_.bytes(); }

private:
    struct Late {
        std::int64_t id = 0;
        std::int64_t at = 0;
        double number = 0;
    };

    using Part = LivePart<indicators::ReportedDay, Late>;

    /// Readings that are alike: of one property, with the same flags passed over, in slots of one
    /// length.
    struct Series {
        std::string property;
        std::uint32_t ignore = 0;
        std::int64_t slot = 0;  ///< ms
        indicators::Stamps areas;
        indicators::Stamps sources;
    };

    /// A terminal's readings of a series.
    struct Source {
        std::int64_t thing = 0;
        std::uint32_t series = 0;
        std::int64_t stream = 0;           ///< 0: it has none
        std::vector<std::uint32_t> areas;  ///< that it lies in
    };

    /// What is read at once: sources of one series over the same days.
    struct Group {
        std::uint32_t series = 0;
        indicators::Day from = 0;
        indicators::Day to = 0;

        friend auto operator<=>(const Group&, const Group&) = default;
    };

    struct Reading;

    std::uint32_t series_at(const indicators::Observed& what, std::int64_t slot);
    std::uint32_t source_at(std::int64_t thing, std::uint32_t series);
    Source find_source(std::int64_t thing, std::uint32_t series) const;
    using Things = std::map<std::uint32_t, std::vector<std::int64_t>>;  ///< by area
    /// Adds the terminals of the types that are in the map, each to all areas it lies in.
    void find_things(std::map<std::string, Things, std::less<>>& types) const;
    void mark(std::uint32_t source, indicators::Day day, indicators::Tick now);
    void take(std::uint32_t source, const sensing::Observation& row, indicators::Tick now);
    Status
    load_group(const Group& group, std::span<const std::uint32_t> sources, std::int64_t& budget);
    bool
    begin_reading(const Group& group, std::span<const std::uint32_t> sources, Reading& reading);
    Status read(Reading& reading, std::int64_t& budget) const;
    void end_reading(Reading& reading, bool well);

    SensingEntities* entities_;
    std::mutex& mutex_;
    LiveDays& days_;
    LiveAreas& areas_;
    city::CityPtr city_;
    std::vector<Series> series_;
    std::vector<Source> sources_;
    std::map<std::pair<std::int64_t, std::uint32_t>, std::uint32_t> source_of_;
    boost::unordered_flat_map<std::int64_t, std::vector<std::uint32_t>> by_stream_;
    LiveParts<Key, Part> parts_;
    std::map<std::string, Things, std::less<>> things_;  ///< by type, of those asked for
    std::uint64_t now_ = 0;
    std::uint64_t resets_ = 0;
    std::uint64_t changes_ = 0;
};

}  // namespace chengshu::services
