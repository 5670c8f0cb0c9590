#include "base/bounded_queue.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

namespace chengshu {
namespace {

TEST(BoundedQueue, KeepsOrderAndTakesAtMostMax) {
    BoundedQueue<int> queue(4);
    for (int i = 1; i <= 4; ++i) {
        EXPECT_TRUE(queue.try_push(std::move(i)));
    }
    EXPECT_EQ(queue.pop_batch(3), (std::vector{1, 2, 3}));
    EXPECT_EQ(queue.pop_batch(3), (std::vector{4}));
    EXPECT_TRUE(queue.try_pop_batch(3).empty());
}

TEST(BoundedQueue, RefusesWhenFullAndLeavesTheItem) {
    BoundedQueue<std::unique_ptr<int>> queue(1);
    EXPECT_EQ(queue.capacity(), 1U);
    EXPECT_TRUE(queue.try_push(std::make_unique<int>(1)));
    auto second = std::make_unique<int>(2);
    EXPECT_FALSE(queue.try_push(std::move(second)));
    ASSERT_NE(second, nullptr);
    EXPECT_EQ(queue.size(), 1U);
    EXPECT_EQ(queue.pop_batch(9).size(), 1U);
    EXPECT_TRUE(queue.try_push(std::move(second)));
}

TEST(BoundedQueue, CloseRefusesButGivesWhatIsThere) {
    BoundedQueue<int> queue(2);
    EXPECT_TRUE(queue.try_push(1));
    queue.close();
    EXPECT_FALSE(queue.try_push(2));
    EXPECT_EQ(queue.pop_batch(9), (std::vector{1}));
    EXPECT_TRUE(queue.pop_batch(9).empty());
}

TEST(BoundedQueue, CloseWakesTheConsumer) {
    BoundedQueue<int> queue(1);
    std::vector<int> batch{1};
    std::thread consumer([&] { batch = queue.pop_batch(1); });
    queue.close();
    consumer.join();
    EXPECT_TRUE(batch.empty());
}

TEST(BoundedQueue, ManyProducersLoseNothing) {
    constexpr int kProducers = 4;
    constexpr int kEach = 2'000;
    BoundedQueue<int> queue(16);
    std::vector<std::thread> producers;
    for (int p = 0; p < kProducers; ++p) {
        producers.emplace_back([&queue, p] {
            for (int i = 0; i < kEach; ++i) {
                int item = p * kEach + i;
                while (!queue.try_push(std::move(item))) {
                    std::this_thread::yield();
                }
            }
        });
    }
    std::vector<int> all;
    while (all.size() < kProducers * kEach) {
        const std::vector<int> batch = queue.pop_batch(8);
        ASSERT_FALSE(batch.empty());
        ASSERT_LE(batch.size(), 8U);
        all.insert(all.end(), batch.begin(), batch.end());
    }
    for (std::thread& producer : producers) {
        producer.join();
    }
    std::sort(all.begin(), all.end());
    for (int i = 0; i < kProducers * kEach; ++i) {
        ASSERT_EQ(all[static_cast<std::size_t>(i)], i);
    }
}

}  // namespace
}  // namespace chengshu
