#pragma once

#include "base/result.hpp"
#include "domain/indicators/calculation.hpp"
#include "domain/indicators/live_measures.hpp"
#include "ports/store.hpp"
#include "services/internal/live_parts.hpp"

#include <algorithm>
#include <compare>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace chengshu::services {

/// The measures of the case loop that live values are made of, by subject and month, in memory as
/// far as they are asked for. Everything needs the lock, except load(), which takes it.
class LiveCounts {
public:
    /// Which kind of subject, which one, which month (12 × year + month from 0).
    struct Key {
        std::uint32_t kind = 0;
        std::uint32_t subject = 0;
        std::int32_t month = 0;

        friend auto operator<=>(const Key&, const Key&) = default;

        friend std::size_t hash_value(const Key& key) {
            auto out = std::uint64_t{key.kind} << 32U | key.subject;
            out = out * 0x9e3779b97f4a7c15U ^ static_cast<std::uint32_t>(key.month);
            return out * 0xbf58476d1ce4e5b9U;
        }
    };

    using Keys = std::set<Key>;

    /// `waits`: whether a read waits for the disk to have what the store has.
    LiveCounts(ports::Store& store, bool waits, std::mutex& mutex, LiveDays& days, LiveAreas& areas)
        : store_(store), waits_(waits), mutex_(mutex), days_(days), areas_(areas) {}

    void reset(city::CityPtr city);

    /// As indicators::Facts; what is not in memory is added to `missing`.
    std::int64_t counted(
        std::string_view kind,
        std::string_view subject,
        int bit,
        const indicators::Period& days,
        std::uint64_t now,
        Keys& missing
    );
    /// The last change of a subject's measures.
    indicators::Tick changed_at(
        std::string_view kind,
        std::string_view subject,
        indicators::Day from,
        indicators::Day to
    );
    void each_since(
        indicators::Tick since,
        const std::function<void(
            const std::string& kind,
            const std::string& subject,
            indicators::Day,
            indicators::Day
        )>& visit
    ) const;

    /// Where the journal is that is durable, before the first commit.
    void start(Seq head) { journal_ = std::max(journal_, head); }

    void committed(std::span<const ports::CellRow> rows, Seq head, indicators::Tick now);
    /// Waits until what was committed up to here is durable and has been taken in. Overloaded when
    /// it is not to be waited for.
    Status wait_for(Seq head, std::unique_lock<std::mutex>& lock);
    /// Waits, before something is read, until what may still be told late has been told.
    Status wait_told(std::unique_lock<std::mutex>& lock);
    /// Nobody waits any more.
    void stop();

    /// A commit may have been made that will not be told; those up to `told` are.
    void doubtful(Seq told, indicators::Tick now);

    /// To be called without the lock after committed().
    void advanced() { advanced_.notify_all(); }

    [[nodiscard]] Seq journal() const { return journal_; }

    Status load(const Keys& keys);

    [[nodiscard]] std::uint64_t changes() const { return changes_; }

    void shrink(std::size_t bytes_max) { parts_.shrink(bytes_max); }

    [[nodiscard]] std::size_t size() const { return parts_.size(); }

    [[nodiscard]] std::size_t bytes() const { return parts_.bytes(); }

private:
    struct Late {
        int day = 0;
        std::vector<std::int64_t> values;
    };

    using Part = LivePart<indicators::CountedMonth, Late>;

    /// A kind of subjects; areas have the numbers of the city's.
    struct Kind {
        std::string name;
        bool areas = false;
        boost::unordered_flat_map<std::string, std::uint32_t> index;
        std::vector<std::string> subjects;
        indicators::Stamps stamps;
    };

    std::uint32_t kind_at(std::string_view name);
    static std::uint32_t subject_at(Kind& kind, std::string_view code);
    void take(std::uint32_t kind, const ports::CellRow& row, indicators::Tick now);
    Status
    load_month(std::uint32_t kind, std::int32_t month, std::span<const std::uint32_t> subjects);

    ports::Store& store_;
    const bool waits_;
    std::mutex& mutex_;
    LiveDays& days_;
    LiveAreas& areas_;
    std::condition_variable advanced_;
    bool stopped_ = false;
    bool doubtful_ = false;  ///< what is durable may be ahead of what has been told
    Seq told_;               ///< up to here everything is told; for doubtful_
    city::CityPtr city_;
    std::vector<Kind> kinds_;
    LiveParts<Key, Part> parts_;
    Seq journal_;
    std::uint64_t now_ = 0;
    std::uint64_t resets_ = 0;
    std::uint64_t changes_ = 0;
};

}  // namespace chengshu::services
