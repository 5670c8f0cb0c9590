#include "services/internal/live_submissions.hpp"

#include <algorithm>
#include <utility>

namespace chengshu::services {

using indicators::Day;
using indicators::Tick;

void LiveSubmissions::reset(city::CityPtr city) {
    city_ = std::move(city);
    indicators_.clear();
    parts_.clear();
    ++resets_;
}

std::uint32_t LiveSubmissions::indicator_at(std::string_view code) {
    const auto found = std::find_if(indicators_.begin(), indicators_.end(), [&](const auto& item) {
        return item.code == code;
    });
    const auto index = static_cast<std::uint32_t>(found - indicators_.begin());
    if (found == indicators_.end()) {
        indicators_.push_back({std::string(code), {}});
    }
    return index;
}

std::optional<double> LiveSubmissions::entered(
    std::string_view indicator,
    std::string_view area,
    const indicators::Period& period,
    std::uint64_t now,
    Keys& missing
) {
    now_ = now;
    const Key key{indicator_at(indicator), areas_.index(area)};
    if (key.area == LiveAreas::kNone) {
        return std::nullopt;
    }
    const auto* part = parts_.loaded(key, now);
    if (part == nullptr) {
        missing.insert(key);
        return std::nullopt;
    }
    const auto found = part->data.by_day.find(date_key(live_date(days_.at(period.from))));
    return found == part->data.by_day.end() ? std::nullopt : std::optional(found->second);
}

Tick LiveSubmissions::changed_at(
    std::string_view indicator,
    std::string_view area,
    Day from,
    Day to
) {
    const auto index = areas_.index(area);
    return index == LiveAreas::kNone
               ? 0
               : indicators_[indicator_at(indicator)].stamps.latest(index, from, to);
}

void LiveSubmissions::each_since(
    std::string_view indicator,
    Tick since,
    const std::function<void(std::uint32_t area, Day, Day)>& visit
) {
    indicators_[indicator_at(indicator)].stamps.each_since(since, visit);
}

bool LiveSubmissions::concern(std::span<const ports::DocumentRow> documents) {
    return std::any_of(documents.begin(), documents.end(), [](const auto& row) {
        return row.kind == kSubmission;
    });
}

void LiveSubmissions::take(std::uint32_t indicator, const ApprovedValue& value, Tick now) {
    auto area = areas_.index(value.key.area);
    if (area == LiveAreas::kNone || !value.value) {
        return;
    }
    ++changes_;
    const auto day = date_key(value.key.day);
    if (auto* part = parts_.find({indicator, area}); part != nullptr && part->loaded) {
        part->data.by_day[day] = *value.value;
    } else if (part != nullptr) {
        part->wait({day, *value.value});
    }
    auto& stamps = indicators_[indicator].stamps;
    while (stamps.mark(area, live_day(value.key.day), now) && areas_.parent(area) != area) {
        area = areas_.parent(area);
    }
}

void LiveSubmissions::committed(std::span<const ports::DocumentRow> documents, Tick now) {
    for (const auto& row : documents) {
        const auto value = approved_value(row);
        for (std::size_t i = 0; value && i < indicators_.size(); ++i) {
            if (indicators_[i].code == value->key.indicator) {
                take(static_cast<std::uint32_t>(i), *value, now);
            }
        }
    }
}

void LiveSubmissions::doubtful(Tick now) {
    for (auto& indicator : indicators_) {
        indicator.stamps.mark_all(now);
    }
    parts_.drop_if([](const Key&) { return true; });
}

Status LiveSubmissions::load_one(const Key& key) {
    std::unique_lock lock(mutex_);
    CS_CHECK(journal_.wait_told(lock));
    const auto resets = resets_;
    if (key.indicator >= indicators_.size() || key.area >= areas_.count()) {
        return ok();  // numbers stand for something else by now
    }
    const auto code = indicators_[key.indicator].code;
    const auto area = city_->areas()[key.area].code;
    const auto generation = parts_.begin(key);
    lock.unlock();
    constexpr int kLastDay = 99'999'999;
    auto read = approved_values(store_, code, area, 0, kLastDay);
    // What was read may be ahead of the disk: it counts when all of it is durable.
    const auto head = read ? store_.head() : Result<Seq>(Failure{read.error()});
    Status done = head ? ok() : Status(Failure{head.error()});
    lock.lock();
    if (done) {
        done = journal_.wait_for(*head, lock);
    }
    if (resets != resets_) {
        return done;
    }
    if (auto* part = parts_.end(key, generation, done.has_value())) {
        part->data.by_day = std::move(*read);
        part->loaded = true;
        for (const auto& late : part->late) {
            part->data.by_day[late.day] = late.value;
        }
    }
    parts_.settle(key, now_);
    return done;
}

Status LiveSubmissions::load(const Keys& keys) {
    for (const auto& key : keys) {
        CS_CHECK(load_one(key));
    }
    return ok();
}

}  // namespace chengshu::services
