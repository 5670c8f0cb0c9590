#include "support/postgres.hpp"

#include "adapters/postgres/pg_store.hpp"
#include "contract/store_contract.hpp"

namespace chengshu::contract {
namespace {

class PostgresPlace final : public StorePlace {
public:
    explicit PostgresPlace(std::string conninfo) : conninfo_(std::move(conninfo)) {}

    Result<std::unique_ptr<ports::Store>> open() override {
        CS_TRY(store, postgres::PgStore::open(conninfo_, {}));
        return std::unique_ptr<ports::Store>{std::move(store)};
    }

    [[nodiscard]] bool durable() const override { return true; }

private:
    std::string conninfo_;
};

Result<std::unique_ptr<StorePlace>> make_place() {
    CS_TRY(server, support::shared_postgres());
    CS_TRY(conninfo, server->create_database());
    return std::unique_ptr<StorePlace>{std::make_unique<PostgresPlace>(conninfo)};
}

INSTANTIATE_TEST_SUITE_P(
    Stores,
    StoreContract,
    ::testing::Values(StoreKind{"postgres", make_place}),
    [](const auto& kind) { return kind.param.name; }
);

}  // namespace
}  // namespace chengshu::contract
