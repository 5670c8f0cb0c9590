#include "services/internal/live_counts.hpp"

#include <map>
#include <utility>

namespace chengshu::services {
namespace {

using indicators::Day;
using indicators::Tick;

constexpr std::size_t kSubjectsPerQuery = 500;
constexpr int kMonthDays = 31;

std::int32_t month_of(Date date) {
    return static_cast<int>(date.year()) * 12 +
           static_cast<int>(static_cast<unsigned>(date.month())) - 1;
}

Date first_of(std::int32_t month) {
    return Date{
        std::chrono::year{month / 12},
        std::chrono::month{static_cast<unsigned>(month % 12) + 1},
        std::chrono::day{1}
    };
}

int day_in_month(Date date) {
    return static_cast<int>(static_cast<unsigned>(date.day()));
}

}  // namespace

void LiveCounts::reset(city::CityPtr city) {
    city_ = std::move(city);
    kinds_.clear();
    parts_.clear();
    ++resets_;
}

std::uint32_t LiveCounts::kind_at(std::string_view name) {
    for (std::size_t i = 0; i < kinds_.size(); ++i) {
        if (kinds_[i].name == name) {
            return static_cast<std::uint32_t>(i);
        }
    }
    kinds_.push_back({std::string(name), name == "area", {}, {}, {}});
    if (kinds_.back().areas) {
        for (const auto& area : city_->areas()) {
            subject_at(kinds_.back(), area.code);
        }
    }
    return static_cast<std::uint32_t>(kinds_.size() - 1);
}

std::uint32_t LiveCounts::subject_at(Kind& kind, std::string_view code) {
    const auto [found, fresh] =
        kind.index.try_emplace(std::string(code), static_cast<std::uint32_t>(kind.subjects.size()));
    if (fresh) {
        kind.subjects.emplace_back(code);
    }
    return found->second;
}

std::int64_t LiveCounts::counted(
    std::string_view kind,
    std::string_view subject,
    int bit,
    const indicators::Period& days,
    std::uint64_t now,
    Keys& missing
) {
    now_ = now;
    const auto kind_index = kind_at(kind);
    const auto subject_index = subject_at(kinds_[kind_index], subject);
    const auto from = live_date(days_.at(days.from));
    const auto to = live_date(days_.at(to_millis(days.to) - 1));
    std::int64_t out = 0;
    for (auto month = month_of(from); month <= month_of(to); ++month) {
        const Key key{kind_index, subject_index, month};
        const auto* part = parts_.loaded(key, now);
        if (part == nullptr) {
            missing.insert(key);
            continue;
        }
        const bool to_end =
            month < month_of(to) || std::chrono::sys_days(to) + std::chrono::days{1} ==
                                        std::chrono::sys_days(first_of(month + 1));
        out += part->data.sum(
            bit,
            month == month_of(from) ? day_in_month(from) : 1,
            to_end ? kMonthDays : day_in_month(to)
        );
    }
    return out;
}

Tick LiveCounts::changed_at(std::string_view kind, std::string_view subject, Day from, Day to) {
    auto& counted = kinds_[kind_at(kind)];
    return counted.stamps.latest(subject_at(counted, subject), from, to);
}

void LiveCounts::each_since(
    Tick since,
    const std::function<void(const std::string&, const std::string&, Day, Day)>& visit
) const {
    for (const auto& kind : kinds_) {
        kind.stamps.each_since(since, [&](std::uint32_t subject, Day from, Day to) {
            visit(kind.name, kind.subjects[subject], from, to);
        });
    }
}

void LiveCounts::take(std::uint32_t kind_index, const ports::CellRow& row, Tick now) {
    auto& kind = kinds_[kind_index];
    const auto found = kind.index.find(row.key.subject);
    const auto date = date_from_key(row.key.day);
    if (found == kind.index.end() || !date) {
        return;  // nobody has asked for it
    }
    ++changes_;
    auto subject = found->second;
    auto* part = parts_.find({kind_index, subject, month_of(*date)});
    if (part != nullptr && part->loaded) {
        part->data.set(day_in_month(*date), row.values);
    } else if (part != nullptr) {
        part->wait({day_in_month(*date), row.values});
    }
    // Areas above it too: what is folded of parts may change while the whole does not.
    const auto day = live_day(*date);
    while (kind.stamps.mark(subject, day, now) && kind.areas && subject < areas_.count() &&
           areas_.parent(subject) != subject) {
        subject = areas_.parent(subject);
    }
}

void LiveCounts::committed(std::span<const ports::CellRow> rows, Seq head, Tick now) {
    journal_ = std::max(journal_, head);
    doubtful_ = doubtful_ && head <= told_;
    for (const auto& row : rows) {
        for (std::size_t i = 0; i < kinds_.size(); ++i) {
            if (kinds_[i].name == row.key.kind) {
                take(static_cast<std::uint32_t>(i), row, now);
            }
        }
    }
}

void LiveCounts::doubtful(Seq told, Tick now) {
    doubtful_ = true;
    told_ = told;
    for (auto& kind : kinds_) {
        kind.stamps.mark_all(now);
    }
    parts_.drop_if([](const Key&) { return true; });
}

Status LiveCounts::wait_for(Seq head, std::unique_lock<std::mutex>& lock) {
    const auto reached = [&] {
        return stopped_ || journal_ >= head || (doubtful_ && journal_ >= told_);
    };
    if (waits_) {
        advanced_.wait(lock, reached);
    }
    auto durable = journal_;
    if (journal_ < head && reached() && !stopped_) {
        // What is missing may never be told: then the disk must have it.
        lock.unlock();
        const auto stored = store_.durable_head();
        lock.lock();
        CS_CHECK(stored ? ok() : Status(Failure{stored.error()}));
        durable = std::max(journal_, *stored);
    }
    return durable >= head ? ok()
                           : Status(fail(ErrorCode::Overloaded, "the disk is behind; try again"));
}

/// What is told late must not take the place of what was read.
Status LiveCounts::wait_told(std::unique_lock<std::mutex>& lock) {
    const auto told = [&] { return stopped_ || !doubtful_ || journal_ >= told_; };
    if (waits_) {
        advanced_.wait(lock, told);
    }
    return !stopped_ && told()
               ? ok()
               : Status(fail(ErrorCode::Overloaded, "the disk is behind; try again"));
}

void LiveCounts::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopped_ = true;
    }
    advanced_.notify_all();
}

// Reading from the store.

Status LiveCounts::load_month(
    std::uint32_t kind,
    std::int32_t month,
    std::span<const std::uint32_t> subjects
) {
    ports::CellQuery query;
    query.day_from = date_key(first_of(month));
    query.day_to =
        date_key(Date{std::chrono::sys_days(first_of(month + 1)) - std::chrono::days{1}});
    std::map<std::string, std::uint32_t> index;
    std::map<std::uint32_t, std::uint32_t> generations;
    std::unique_lock lock(mutex_);
    CS_CHECK(wait_told(lock));
    const auto resets = resets_;
    if (kind >= kinds_.size()) {
        return ok();  // numbers stand for something else by now
    }
    query.kind = kinds_[kind].name;
    for (const auto subject : subjects) {
        if (subject < kinds_[kind].subjects.size()) {
            query.subjects.push_back(kinds_[kind].subjects[subject]);
            index.emplace(query.subjects.back(), subject);
            generations.emplace(subject, parts_.begin({kind, subject, month}));
        }
    }
    lock.unlock();
    std::map<std::uint32_t, indicators::CountedMonth> read;
    Result<std::vector<ports::CellRow>> rows = std::vector<ports::CellRow>();
    if (!query.subjects.empty()) {
        rows = store_.cells(query);
    }
    // What was read may be ahead of the disk: it counts when all of it is durable.
    const auto head = rows ? store_.head() : Result<Seq>(Failure{rows.error()});
    Status done = head ? ok() : Status(Failure{head.error()});
    for (std::size_t i = 0; done && i < rows->size(); ++i) {
        const auto& row = (*rows)[i];
        if (const auto date = date_from_key(row.key.day)) {
            read[index.at(row.key.subject)].set(day_in_month(*date), row.values);
        }
    }
    lock.lock();
    if (done) {
        done = wait_for(*head, lock);
    }
    if (resets != resets_) {
        return done;
    }
    for (const auto& [subject, generation] : generations) {
        const Key key{kind, subject, month};
        if (auto* part = parts_.end(key, generation, done.has_value())) {
            part->data = std::move(read[subject]);
            part->loaded = true;
            for (const auto& late : part->late) {
                part->data.set(late.day, late.values);
            }
        }
        parts_.settle(key, now_);
    }
    return done;
}

Status LiveCounts::load(const Keys& keys) {
    std::map<std::pair<std::uint32_t, std::int32_t>, std::vector<std::uint32_t>> groups;
    for (const auto& key : keys) {
        groups[{key.kind, key.month}].push_back(key.subject);
    }
    for (const auto& [group, subjects] : groups) {
        const std::span all(subjects);
        for (std::size_t i = 0; i < all.size(); i += kSubjectsPerQuery) {
            const auto part = all.subspan(i, std::min(kSubjectsPerQuery, all.size() - i));
            CS_CHECK(load_month(group.first, group.second, part));
        }
    }
    return ok();
}

}  // namespace chengshu::services
