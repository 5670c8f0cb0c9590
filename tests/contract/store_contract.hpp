#pragma once

#include "ports/store.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <ostream>
#include <string>

namespace chengshu::contract {

/// A place where one kind of store keeps its data for one test; empty at first, cleaned up at the
/// end.
class StorePlace {
public:
    virtual ~StorePlace() = default;
    /// Opens the store on what the place holds. Only one is open at a time.
    virtual Result<std::unique_ptr<ports::Store>> open() = 0;
    /// False for a store that forgets everything when it is closed.
    [[nodiscard]] virtual bool durable() const = 0;
};

/// A kind of store under test.
struct StoreKind {
    std::string name;
    std::function<Result<std::unique_ptr<StorePlace>>()> make_place;

    friend std::ostream& operator<<(std::ostream& out, const StoreKind& kind) {
        return out << kind.name;
    }
};

/// What every store must do: the tests are in store_contract_*.cpp, instantiated for each kind.
class StoreContract : public testing::TestWithParam<StoreKind> {
protected:
    void SetUp() override;
    void TearDown() override;
    void reopen();

    ports::Store& store() { return *store_; }

    [[nodiscard]] bool durable() const { return place_->durable(); }

private:
    std::unique_ptr<StorePlace> place_;
    std::unique_ptr<ports::Store> store_;
};

/// The seed of random data: CHENGSHU_TEST_SEED, or a fixed one. Printed by the tests that use it.
std::uint64_t test_seed();

/// A case with every column set to something plausible; 2026-11-20 08:00 in Beijing plus `minutes`.
ports::CaseRow sample_case(std::int64_t serial, int minutes = 0);

ports::Changes insert_of(const ports::CaseRow& row);
/// The row one version further, as an update of what is stored.
ports::Changes update_of(ports::CaseRow row);
/// As given back by a store.
ports::CaseRow without_terms(ports::CaseRow row);

ports::JournalRow sample_entry(std::int64_t seq, CaseId case_id);
ports::ReportRow sample_report(std::int64_t id, CaseId case_id);

/// The value, by value: a range-for over `.value()` of a temporary would look at a dead object.
template <class T>
T got(Result<T> result) {
    return std::move(result).value();
}

/// Everything a store answers about itself, for comparing before and after.
std::string snapshot(ports::Store& store);

}  // namespace chengshu::contract
