#include "adapters/sqlite/sqlite_store.hpp"

#include <gtest/gtest.h>

namespace chengshu::sqlite {
namespace {

TEST(SqliteStore, MissingFileIsNotMadeUnasked) {
    const auto store = SqliteStore::open("/nonexistent-folder/store.db", {.create = false});
    ASSERT_FALSE(store);
    EXPECT_EQ(store.error().code, ErrorCode::StorageUnavailable);
}

}  // namespace
}  // namespace chengshu::sqlite
