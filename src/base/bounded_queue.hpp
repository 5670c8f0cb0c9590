#pragma once

#include "base/assert.hpp"

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <iterator>
#include <mutex>
#include <utility>
#include <vector>

namespace chengshu {

/// A queue of limited length between threads. Producers never wait: a full
/// queue is their signal to refuse work. All members may be called from any thread.
template <class T>
class BoundedQueue {
public:
    /// `capacity` > 0.
    explicit BoundedQueue(std::size_t capacity) : capacity_(capacity) { CS_ASSERT(capacity > 0); }

    /// False when the queue is full or closed; `item` is then untouched.
    [[nodiscard]] bool try_push(T&& item) {
        {
            const std::lock_guard lock(mutex_);
            if (closed_ || items_.size() >= capacity_) {
                return false;
            }
            items_.push_back(std::move(item));
        }
        ready_.notify_one();
        return true;
    }

    /// Waits for the first item, then takes up to `max` of those that are there, oldest first.
    /// Empty only when the queue is closed and everything has been taken.
    [[nodiscard]] std::vector<T> pop_batch(std::size_t max) {
        CS_ASSERT(max > 0);
        std::unique_lock lock(mutex_);
        ready_.wait(lock, [this] { return closed_ || !items_.empty(); });
        return take(max);
    }

    /// What is there now, up to `max`; never waits.
    [[nodiscard]] std::vector<T> try_pop_batch(std::size_t max) {
        const std::lock_guard lock(mutex_);
        return take(max);
    }

    /// Refuses further items and wakes the consumer; items already in the queue can still be taken.
    void close() {
        {
            const std::lock_guard lock(mutex_);
            closed_ = true;
        }
        ready_.notify_all();
    }

    [[nodiscard]] std::size_t size() const {
        const std::lock_guard lock(mutex_);
        return items_.size();
    }

    [[nodiscard]] std::size_t capacity() const { return capacity_; }

private:
    /// Needs mutex_.
    std::vector<T> take(std::size_t max) {
        const auto count = static_cast<std::ptrdiff_t>(std::min(max, items_.size()));
        const auto end = items_.begin() + count;
        std::vector<T> batch(std::make_move_iterator(items_.begin()), std::make_move_iterator(end));
        items_.erase(items_.begin(), end);
        return batch;
    }

    const std::size_t capacity_;
    mutable std::mutex mutex_;
    std::condition_variable ready_;
    std::deque<T> items_;
    bool closed_ = false;
};

}  // namespace chengshu
