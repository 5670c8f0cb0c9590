#include "adapters/postgres/pg_observations.hpp"
#include "adapters/postgres/pg_store.hpp"
#include "contract/observation_store_contract.hpp"
#include "support/postgres.hpp"
#include "support/temp_folder.hpp"

namespace chengshu::contract {
namespace {

class PostgresPlace final : public ObservationPlace {
public:
    explicit PostgresPlace(std::string conninfo) : conninfo_(std::move(conninfo)) {}

    Result<std::unique_ptr<ports::ObservationStore>> open() override {
        CS_TRY(store, postgres::PgObservations::open(conninfo_, {2, folder_.path().string()}));
        return std::unique_ptr<ports::ObservationStore>{std::move(store)};
    }

    [[nodiscard]] bool durable() const override { return true; }

    Status maintain(ports::ObservationStore&) override { return ok(); }

    [[nodiscard]] bool writes_parquet() const override { return false; }

private:
    std::string conninfo_;
    support::TempFolder folder_;
};

Result<std::unique_ptr<ObservationPlace>> make_place() {
    CS_TRY(server, support::shared_postgres());
    CS_TRY(conninfo, server->create_database());
    // Makes the tables.
    CS_CHECK(postgres::PgStore::open(conninfo, {}));
    return std::unique_ptr<ObservationPlace>{std::make_unique<PostgresPlace>(conninfo)};
}

}  // namespace

std::vector<ObservationStoreKind> observation_stores() {
    return {{"postgres", make_place}};
}

}  // namespace chengshu::contract
