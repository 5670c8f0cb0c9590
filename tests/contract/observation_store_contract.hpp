#pragma once

#include "ports/observation_store.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

namespace chengshu::contract {

/// A place where one kind of store keeps its observations for one test; empty at first.
class ObservationPlace {
public:
    virtual ~ObservationPlace() = default;
    /// Opens the store on what the place holds. Only one is open at a time.
    virtual Result<std::unique_ptr<ports::ObservationStore>> open() = 0;
    /// False for a store that forgets everything when it is closed.
    [[nodiscard]] virtual bool durable() const = 0;
    /// Does now what the store otherwise does in the background: order, fold, tidy.
    virtual Status maintain(ports::ObservationStore& store) = 0;
    [[nodiscard]] virtual bool writes_parquet() const = 0;
};

struct ObservationStoreKind {
    std::string name;
    std::function<Result<std::unique_ptr<ObservationPlace>>()> make_place;

    friend std::ostream& operator<<(std::ostream& out, const ObservationStoreKind& kind) {
        return out << kind.name;
    }
};

/// The kinds that this test program has.
std::vector<ObservationStoreKind> observation_stores();

/// What every store of observations must do, instantiated for each kind.
class ObservationContract : public testing::TestWithParam<ObservationStoreKind> {
protected:
    void SetUp() override;
    void TearDown() override;
    void reopen();
    void close();

    ports::ObservationStore& store() { return *store_; }

    ObservationPlace& place() { return *place_; }

    /// Appends one batch without a key; must succeed.
    void append(std::vector<sensing::Observation> rows);
    /// The stored ids of a query, in its order.
    std::vector<std::int64_t> ids(const ports::ObservationQuery& query);
    /// Every summary equals what the rows say, and counts agree.
    void expect_summaries_right();

private:
    std::unique_ptr<ObservationPlace> place_;
    std::unique_ptr<ports::ObservationStore> store_;
};

/// 2026-11-20T00:00Z, in ms.
inline constexpr std::int64_t kDay = 1'795'132'800'000;
inline constexpr std::int64_t kHour = 3'600'000;

/// A number read at kDay + `seconds`, received a second later.
sensing::Observation
reading(std::int64_t id, std::int64_t stream, std::int64_t seconds, double number);

/// The seed of random data: CHENGSHU_TEST_SEED, or a fixed one.
std::uint64_t observation_seed();

}  // namespace chengshu::contract
