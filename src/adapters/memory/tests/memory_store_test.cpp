#include "adapters/memory/memory_store.hpp"

#include <gtest/gtest.h>

namespace chengshu::memory {
namespace {

ports::Changes one_document(const std::string& id, const std::string& body) {
    ports::Changes changes;
    changes.documents.push_back({.kind = "account", .id = id, .body = body});
    return changes;
}

// Everything that all stores have in common is in tests/contract.

TEST(MemoryStore, CloneIsIndependent) {
    MemoryStore store;
    ASSERT_TRUE(store.commit(one_document("a", "1")));
    const auto crashed = store.clone();
    ASSERT_TRUE(store.commit(one_document("b", "2")));
    ASSERT_TRUE(crashed->commit(one_document("a", "3")));

    EXPECT_EQ(store.document("account", "a").value()->body, "1");
    EXPECT_EQ(crashed->document("account", "a").value()->body, "3");
    EXPECT_TRUE(store.document("account", "b").value().has_value());
    EXPECT_FALSE(crashed->document("account", "b").value().has_value());
}

TEST(MemoryStore, HasNoBackup) {
    MemoryStore store;
    const auto done = store.backup("anywhere", nullptr);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, ErrorCode::RuleViolation);
}

}  // namespace
}  // namespace chengshu::memory
