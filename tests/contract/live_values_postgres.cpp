#include "adapters/postgres/pg_observations.hpp"
#include "adapters/postgres/pg_store.hpp"
#include "contract/live_values.hpp"
#include "support/postgres.hpp"
#include "support/temp_folder.hpp"

namespace chengshu::contract {

services::LiveStores real_stores() {
    auto folder = std::make_shared<support::TempFolder>();
    const auto server = support::shared_postgres();
    EXPECT_TRUE(server) << server.error().context;
    const auto conninfo = (*server)->create_database();
    EXPECT_TRUE(conninfo) << conninfo.error().context;
    auto store = postgres::PgStore::open(*conninfo, {});
    EXPECT_TRUE(store) << store.error().context;
    auto rows = postgres::PgObservations::open(*conninfo, {2, folder->path().string()});
    EXPECT_TRUE(rows) << rows.error().context;
    return {folder, std::move(store).value(), std::move(rows).value()};
}

}  // namespace chengshu::contract
