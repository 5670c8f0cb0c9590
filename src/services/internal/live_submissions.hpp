#pragma once

#include "base/result.hpp"
#include "domain/indicators/calculation.hpp"
#include "ports/store.hpp"
#include "services/internal/live_counts.hpp"
#include "services/internal/live_parts.hpp"
#include "services/submissions.hpp"

#include <compare>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace chengshu::services {

/// The figures that people have entered and others approved, by indicator and area, in memory as
/// far as they are asked for. Everything needs the lock, except load(), which takes it.
class LiveSubmissions {
public:
    /// Which indicator, which area: all its periods.
    struct Key {
        std::uint32_t indicator = 0;
        std::uint32_t area = 0;

        friend auto operator<=>(const Key&, const Key&) = default;

        friend std::size_t hash_value(const Key& key) {
            return (std::uint64_t{key.indicator} << 32U | key.area) * 0x9e3779b97f4a7c15U;
        }
    };

    using Keys = std::set<Key>;

    /// `journal` knows what is durable.
    LiveSubmissions(
        ports::Store& store,
        LiveCounts& journal,
        std::mutex& mutex,
        LiveDays& days,
        LiveAreas& areas
    )
        : store_(store), journal_(journal), mutex_(mutex), days_(days), areas_(areas) {}

    void reset(city::CityPtr city);

    /// As indicators::Facts; what is not in memory is added to `missing`.
    std::optional<double> entered(
        std::string_view indicator,
        std::string_view area,
        const indicators::Period& period,
        std::uint64_t now,
        Keys& missing
    );
    /// The last change of the indicator's figures in an area or its parts.
    indicators::Tick changed_at(
        std::string_view indicator,
        std::string_view area,
        indicators::Day from,
        indicators::Day to
    );
    /// `visit` gets areas, by their place in the city's order, and days.
    void each_since(
        std::string_view indicator,
        indicators::Tick since,
        const std::function<void(std::uint32_t area, indicators::Day, indicators::Day)>& visit
    );

    /// Whether any of the documents concerns submissions.
    static bool concern(std::span<const ports::DocumentRow> documents);
    void committed(std::span<const ports::DocumentRow> documents, indicators::Tick now);
    void doubtful(indicators::Tick now);

    Status load(const Keys& keys);

    [[nodiscard]] std::uint64_t changes() const { return changes_; }

    void shrink(std::size_t bytes_max) { parts_.shrink(bytes_max); }

    [[nodiscard]] std::size_t size() const { return parts_.size(); }

    [[nodiscard]] std::size_t bytes() const { return parts_.bytes(); }

private:
    struct Values {
        static constexpr std::size_t kNodeBytes = 64;  ///< of a map, about

        ApprovedValues by_day;

        [[nodiscard]] std::size_t bytes() const { return by_day.size() * kNodeBytes; }
    };

    struct Late {
        int day = 0;
        double value = 0;
    };

    using Part = LivePart<Values, Late>;

    struct Indicator {
        std::string code;
        indicators::Stamps stamps;  ///< by area
    };

    std::uint32_t indicator_at(std::string_view code);
    void take(std::uint32_t indicator, const ApprovedValue& value, indicators::Tick now);
    Status load_one(const Key& key);

    ports::Store& store_;
    LiveCounts& journal_;
    std::mutex& mutex_;
    LiveDays& days_;
    LiveAreas& areas_;
    city::CityPtr city_;
    std::vector<Indicator> indicators_;
    LiveParts<Key, Part> parts_;
    std::uint64_t now_ = 0;
    std::uint64_t resets_ = 0;
    std::uint64_t changes_ = 0;
};

}  // namespace chengshu::services
