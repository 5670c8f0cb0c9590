#include "adapters/duckdb/duck_observations.hpp"
#include "adapters/sqlite/sqlite_store.hpp"
#include "contract/live_values.hpp"
#include "support/temp_folder.hpp"

namespace chengshu::contract {

services::LiveStores real_stores() {
    auto folder = std::make_shared<support::TempFolder>();
    auto store = sqlite::SqliteStore::open(folder->file("store.db").string(), {});
    auto rows = duckdb::DuckObservations::open(folder->file("o.duckdb").string(), {});
    EXPECT_TRUE(store) << store.error().context;
    EXPECT_TRUE(rows) << rows.error().context;
    return {folder, std::move(store).value(), std::move(rows).value()};
}

}  // namespace chengshu::contract
