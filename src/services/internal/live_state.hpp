#pragma once

#include "services/internal/live_counts.hpp"
#include "services/internal/live_readings.hpp"
#include "services/internal/live_submissions.hpp"
#include "services/live_indicators.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace chengshu::services {

/// What a calculation lacked.
struct LiveMissing {
    LiveReadings::Keys readings;
    LiveCounts::Keys counts;
    LiveSubmissions::Keys submissions;

    [[nodiscard]] std::size_t size() const {
        return readings.size() + counts.size() + submissions.size();
    }

    [[nodiscard]] bool empty() const { return size() == 0; }
};

class LiveIndicators::State {
public:
    State(
        ports::Store& store,
        CurrentDefinitions& definitions,
        SensingEntities* entities,
        LiveLimits limits
    )
        : limits_(limits),
          definitions_(definitions),
          entities_(entities),
          readings_(entities, mutex_, days_, areas_),
          counts_(store, limits.waits, mutex_, days_, areas_),
          submissions_(store, counts_, mutex_, days_, areas_),
          values_(limits.values_bytes) {}

    /// Takes in a change of facts.
    template <class Take>
    void change(const Take& take) {
        {
            const std::lock_guard lock(mutex_);
            if (known_ != nullptr) {  // else nothing has been asked yet
                next_tick();
            }
            take(tick_);
        }
        counts_.advanced();
        if (listener_) {
            listener_();
        }
    }

    Result<LiveAnswers> answer(std::span<const LiveQuestion> questions);
    LiveChanges changed_since(std::uint64_t since, std::span<const std::string> codes);
    Result<bool> unchanged(const LiveQuestion& question, std::uint64_t sequence_then, Seq head);

    // Needs mutex_.
    void refresh();

    [[nodiscard]] std::uint64_t sequence() const { return base_ + tick_; }

    const LiveLimits limits_;
    CurrentDefinitions& definitions_;
    SensingEntities* entities_;
    std::function<void()> listener_;

    std::mutex mutex_;  ///< of what follows
    LiveDays days_;
    LiveAreas areas_;
    LiveReadings readings_;
    LiveCounts counts_;
    LiveSubmissions submissions_;
    indicators::ValueTable values_;
    std::uint64_t calculated_ = 0;
    std::uint64_t loaded_ = 0;

private:
    /// What calculations read and keep; notes what is not in memory.
    class Memory;

    /// What the values of an indicator are made of.
    struct Support {
        std::vector<std::uint32_t> series;
        std::vector<std::string> entered;  ///< codes
        bool counts = false;
        Duration back{0};  ///< how far before its period
    };

    void next_tick();
    void reset();
    indicators::PlaceIndex place_index(const indicators::Place& place);
    const std::vector<std::string>&
    parts_of(std::string_view area, std::string_view level, const indicators::Period& period);
    const Support& support_of(const std::string& code);
    void add_support(const indicators::Indicator& indicator, Support& out);
    indicators::Tick changed_at(
        const Support& support,
        const indicators::Place& place,
        const indicators::Period& period
    );
    void add_changes(
        std::size_t indicator,
        const Support& support,
        indicators::Tick after,
        LiveChanges& out
    );
    Result<bool>
    round(std::span<const LiveQuestion> questions, LiveAnswers* out, std::int64_t& budget);
    Status load(const LiveMissing& missing, std::int64_t& budget);

    DefinitionsPtr known_;
    std::uint64_t registry_version_ = 0;
    std::uint64_t base_ = 0;  ///< sequence = base_ + tick_
    indicators::Tick tick_ = 1;
    std::uint64_t reset_at_ = 0;  ///< sequence
    std::uint64_t asked_ = 0;
    boost::unordered_flat_map<std::int64_t, indicators::PlaceIndex> things_;
    std::map<std::pair<std::string, std::string>, indicators::PlaceIndex> others_;
    indicators::PlaceIndex places_ = 0;
    std::vector<Date> turns_;  ///< days from which on areas are there, or no longer; ascending
    std::map<std::tuple<std::string, std::string, std::ptrdiff_t>, std::vector<std::string>> parts_;
    std::map<std::string, Support, std::less<>> supports_;
};

}  // namespace chengshu::services
