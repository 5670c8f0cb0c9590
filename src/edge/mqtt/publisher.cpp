#include "edge/mqtt/publisher.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace chengshu::mqtt_edge {
namespace {

std::size_t bytes_of(const sensing::Update& update) {
    const auto* row = std::get_if<sensing::Observation>(&update.now);
    return row == nullptr ? 0 : row->result.size() + row->extra.size();
}

}  // namespace

Publisher::Publisher(Tell tell, PublisherOptions options, Problem problem)
    : tell_(std::move(tell)), options_(std::move(options)), problem_(std::move(problem)) {}

/// Of the present second. Needs mutex_.
std::size_t Publisher::room_for_observations() {
    if (options_.observations_per_s == 0) {
        return options_.updates_max;
    }
    const auto now = std::chrono::steady_clock::now();
    if (now - second_ >= std::chrono::seconds{1}) {
        second_ = now;
        of_second_ = 0;
    }
    return static_cast<std::size_t>(options_.observations_per_s - of_second_);
}

/// Needs mutex_.
void Publisher::add(sensing::Update update) {
    const auto bytes = bytes_of(update);
    if (closed_ || waiting_.size() >= options_.updates_max || bytes_ + bytes > options_.bytes_max) {
        ++counters_.skipped;
        return;
    }
    bytes_ += bytes;
    waiting_.push_back(std::move(update));
}

void Publisher::observed(std::span<const sensing::Observation> rows) {
    {
        const std::lock_guard lock(mutex_);
        const auto room = options_.updates_max - std::min(options_.updates_max, waiting_.size());
        const auto taken = std::min({rows.size(), room_for_observations(), room});
        for (const auto& row : rows.first(taken)) {
            add({row, {}});
        }
        of_second_ += static_cast<std::int64_t>(taken);
        counters_.skipped += rows.size() - taken;
    }
    wake_.notify_one();
}

void Publisher::changed(std::span<const sensing::Update> updates) {
    {
        const std::lock_guard lock(mutex_);
        for (const auto& update : updates) {
            add(update);
        }
    }
    wake_.notify_one();
}

void Publisher::publish(const sensing::Update& update) {
    std::uint64_t published = 0;
    std::uint64_t dropped = 0;
    const auto told = tell_(update, [&](const std::string& topic, const std::string& payload) {
        auto* const broker = broker_.load();
        const bool gone =
            broker != nullptr && broker->publish(options_.topic_prefix + topic, payload);
        ++(gone ? published : dropped);
    });
    if (!told && !failed_) {
        problem_(fmt::format("mqtt: changes are not published: {}", told.error().context));
    }
    failed_ = !told;
    const std::lock_guard lock(mutex_);
    counters_.published += published;
    counters_.dropped += dropped;
    counters_.skipped += told ? 0 : 1;
}

void Publisher::work() {
    std::unique_lock lock(mutex_);
    while (true) {
        wake_.wait(lock, [this] { return closed_ || !waiting_.empty(); });
        if (closed_) {
            return;
        }
        const auto update = std::move(waiting_.front());
        waiting_.pop_front();
        bytes_ -= bytes_of(update);
        lock.unlock();
        publish(update);
        lock.lock();
    }
}

void Publisher::close() {
    {
        const std::lock_guard lock(mutex_);
        closed_ = true;
    }
    wake_.notify_all();
}

PublisherCounters Publisher::counters() const {
    const std::lock_guard lock(mutex_);
    auto out = counters_;
    out.waiting = waiting_.size();
    return out;
}

}  // namespace chengshu::mqtt_edge
