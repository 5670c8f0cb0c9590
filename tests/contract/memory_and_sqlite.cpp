#include "adapters/memory/memory_store.hpp"
#include "adapters/redo/redo_store.hpp"
#include "adapters/sqlite/sqlite_store.hpp"
#include "contract/store_contract.hpp"
#include "support/temp_folder.hpp"

namespace chengshu::contract {
namespace {

class MemoryPlace final : public StorePlace {
public:
    Result<std::unique_ptr<ports::Store>> open() override {
        return std::unique_ptr<ports::Store>{std::make_unique<memory::MemoryStore>()};
    }

    [[nodiscard]] bool durable() const override { return false; }
};

class SqlitePlace final : public StorePlace {
public:
    Result<std::unique_ptr<ports::Store>> open() override {
        CS_TRY(store, sqlite::SqliteStore::open(folder_.file("store.db").string(), {}));
        return std::unique_ptr<ports::Store>{std::move(store)};
    }

    [[nodiscard]] bool durable() const override { return true; }

private:
    support::TempFolder folder_;
};

/// The redo log above SQLite; `kMoveBytes` decides whether answers come from memory or from below.
template <std::int64_t kMoveBytes>
class RedoPlace final : public StorePlace {
public:
    Result<std::unique_ptr<ports::Store>> open() override {
        redo::Options options;
        options.move_bytes = kMoveBytes;
        options.move_after = std::chrono::hours{1};
        CS_TRY(store, redo::RedoStore::open(folder_.file("store.db").string(), options));
        return std::unique_ptr<ports::Store>{std::move(store)};
    }

    [[nodiscard]] bool durable() const override { return true; }

private:
    support::TempFolder folder_;
};

constexpr std::int64_t kNever = std::int64_t{1} << 40;

template <class Place>
Result<std::unique_ptr<StorePlace>> make() {
    return std::unique_ptr<StorePlace>{std::make_unique<Place>()};
}

INSTANTIATE_TEST_SUITE_P(
    Stores,
    StoreContract,
    ::testing::Values(
        StoreKind{"memory", make<MemoryPlace>},
        StoreKind{"sqlite", make<SqlitePlace>},
        StoreKind{"redo", make<RedoPlace<kNever>>},
        StoreKind{"redo_that_moves_all_the_time", make<RedoPlace<1>>}
    ),
    [](const auto& kind) { return kind.param.name; }
);

}  // namespace
}  // namespace chengshu::contract
