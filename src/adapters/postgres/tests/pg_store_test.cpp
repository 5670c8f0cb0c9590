// What only the PostgreSQL store has: its guard, lost connections, unknown outcomes, its backup.
// The rest is in tests/contract.

#include "adapters/postgres/pg_store.hpp"

#include "support/postgres.hpp"

#include <gtest/gtest.h>
#include <libpq-fe.h>

#include <memory>
#include <thread>

namespace chengshu::postgres {
namespace {

ports::Changes one_entry(std::int64_t seq) {
    ports::Changes changes;
    changes.journal.push_back(
        {.seq = Seq{seq}, .at = seq, .type = "file", .actor = "system", .body = "{}"}
    );
    changes.documents.push_back({.kind = "round", .id = "last", .body = std::to_string(seq)});
    return changes;
}

class PgStoreTest : public testing::Test {
protected:
    void SetUp() override {
        auto server = support::shared_postgres();
        if (!server && server.error().code == ErrorCode::NotFound) {
            GTEST_SKIP() << server.error().context;
        }
        ASSERT_TRUE(server) << server.error().context;
        server_ = *server;
        conninfo_ = server_->create_database().value();
    }

    [[nodiscard]] std::unique_ptr<PgStore> open() const {
        auto store = PgStore::open(conninfo_, {.readers = 2});
        EXPECT_TRUE(store) << store.error().context;
        return store ? std::move(store).value() : nullptr;
    }

    /// Another client's statement; its first value.
    std::string run(const std::string& sql) const {
        const std::unique_ptr<PGconn, void (*)(PGconn*)> connection{
            PQconnectdb(conninfo_.c_str()), PQfinish
        };
        const std::unique_ptr<PGresult, void (*)(PGresult*)> result{
            PQexec(connection.get(), sql.c_str()), PQclear
        };
        EXPECT_NE(PQresultStatus(result.get()), PGRES_FATAL_ERROR)
            << PQerrorMessage(connection.get());
        return PQntuples(result.get()) == 0 ? "" : PQgetvalue(result.get(), 0, 0);
    }

    void end_other_connections() const {
        run("SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity "
            "WHERE pid <> pg_backend_pid() AND datname = current_database()");
    }

    support::PrivatePostgres* server_ = nullptr;
    std::string conninfo_;
};

TEST_F(PgStoreTest, OneServerPerDatabase) {
    auto store = open();
    const auto second = PgStore::open(conninfo_, {});
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, ErrorCode::StorageUnavailable);
    EXPECT_NE(second.error().context.find("in use by another"), std::string::npos);
    const auto reader = PgStore::open(conninfo_, {.read_only = true});
    ASSERT_TRUE(reader) << reader.error().context;
    EXPECT_FALSE((*reader)->commit(one_entry(1)));
    store.reset();
    EXPECT_TRUE(PgStore::open(conninfo_, {}));
}

TEST_F(PgStoreTest, RefusesWhatIsNotOurs) {
    run("CREATE TABLE cases (id integer)");
    const auto foreign = PgStore::open(conninfo_, {});
    ASSERT_FALSE(foreign);
    EXPECT_NE(foreign.error().context.find("another program"), std::string::npos);
    run("DROP TABLE cases");
    open().reset();
    run("INSERT INTO chengshu_schema VALUES (99)");
    const auto newer = PgStore::open(conninfo_, {});
    ASSERT_FALSE(newer);
    EXPECT_NE(newer.error().context.find("newer version"), std::string::npos);
}

TEST_F(PgStoreTest, BringsEarlierAlertsIntoTheOrderOfTime) {
    open().reset();
    run("DELETE FROM chengshu_schema WHERE version > 3");
    run("INSERT INTO documents VALUES"
        " ('alert', 'a', '{\"raised\":\"1970-01-01T00:01:00.000Z\"}'),"
        " ('response', 'r', '{\"created\":\"1970-01-01T00:00:09Z\",\"tasks\":"
        "{\"pump\":{\"resources\":[\"truck\"]},\"block\":{}}}'), ('round', 'last', '1')");
    const auto store = open();
    EXPECT_EQ(store->document("alert_newest", "9999999939.a").value()->body, "a");
    EXPECT_EQ(store->document("response_newest", "9999999990.r").value()->body, "r");
    EXPECT_EQ(store->document("resource_held", "truck").value()->body, "r");
    EXPECT_EQ(store->documents("alert_newest", "", 10).value().size(), 1U);
    EXPECT_EQ(store->documents("resource_held", "", 10).value().size(), 1U);
}

TEST_F(PgStoreTest, NeverShowsThePassword) {
    const auto store = PgStore::open("host=/nonexistent user=x password=geheim", {});
    ASSERT_FALSE(store);
    EXPECT_EQ(store.error().code, ErrorCode::StorageUnavailable);
    EXPECT_EQ(store.error().context.find("geheim"), std::string::npos) << store.error().context;
    EXPECT_FALSE(PgStore::open("not a conninfo", {}));
}

TEST_F(PgStoreTest, FindsItsWayBackAfterLostConnections) {
    const auto store = open();
    ASSERT_TRUE(store->commit(one_entry(1)));
    ASSERT_EQ(store->head().value(), Seq{1});
    end_other_connections();
    EXPECT_EQ(store->head().value(), Seq{1}) << "reads are asked again";
    EXPECT_TRUE(store->commit(one_entry(2))) << "an idle writer that was cut off connects again";
    EXPECT_EQ(store->head().value(), Seq{2});
}

TEST_F(PgStoreTest, SaysThatTheServerIsGoneAndComesBack) {
    const auto store = open();
    ASSERT_TRUE(store->commit(one_entry(1)));
    server_->kill();
    const auto down = store->head();
    ASSERT_FALSE(down);
    EXPECT_EQ(down.error().code, ErrorCode::StorageUnavailable);
    const auto refused = store->commit(one_entry(2));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::StorageUnavailable) << "nothing was sent";
    ASSERT_TRUE(server_->resume());
    // The pause between attempts is at most five seconds.
    bool back = false;
    for (int attempt = 0; attempt < 200 && !back; ++attempt) {
        back = store->commit(one_entry(2)).has_value();
        if (!back) {
            run("SELECT pg_sleep(0.05)");
        }
    }
    ASSERT_TRUE(back);
    EXPECT_EQ(store->head().value(), Seq{2});
    EXPECT_EQ(store->document("round", "last").value()->body, "2");
}

/// The answer to COMMIT gets lost: a trigger that waits at commit keeps it open, meanwhile the
/// server dies.
TEST_F(PgStoreTest, TellsAnUnknownOutcomeFromARefusal) {
    const auto store = open();
    ASSERT_TRUE(store->commit(one_entry(1)));
    run("CREATE FUNCTION wait_at_commit() RETURNS trigger LANGUAGE plpgsql AS "
        "$f$ BEGIN PERFORM pg_sleep(60); RETURN NULL; END $f$;"
        "CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON journal DEFERRABLE INITIALLY DEFERRED "
        "FOR EACH ROW EXECUTE FUNCTION wait_at_commit()");
    Status outcome = ok();
    std::thread committer{[&] { outcome = store->commit(one_entry(2)); }};
    const auto waiting = [&] {
        return run("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'") == "1";
    };
    while (!waiting()) {
        run("SELECT pg_sleep(0.02)");
    }
    end_other_connections();
    committer.join();
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, ErrorCode::OutcomeUnknown) << outcome.error().context;

    run("DROP TRIGGER slow ON journal");
    EXPECT_EQ(store->head().value(), Seq{1});
    const auto conflict = store->commit(one_entry(5));
    ASSERT_FALSE(conflict);
    EXPECT_EQ(conflict.error().code, ErrorCode::Conflict);
    EXPECT_TRUE(store->commit(one_entry(2)));
}

TEST_F(PgStoreTest, RefusesWhatPostgresCannotStore) {
    const auto store = open();
    ports::Changes changes;
    changes.documents.push_back({.kind = "round", .id = "x", .body = std::string("a\0b", 3)});
    const auto refused = store->commit(changes);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::InvalidInput);
    EXPECT_TRUE(store->commit(one_entry(1)));
}

TEST_F(PgStoreTest, BacksUpWithPgDump) {
    const auto store = open();
    ASSERT_TRUE(store->commit(one_entry(1)));
    const support::TempFolder folder;
    const auto to = folder.file("city.dump").string();
    std::vector<std::int64_t> progress;
    const auto saved =
        store->backup(to, [&](std::int64_t done, std::int64_t) { progress.push_back(done); });
    ASSERT_TRUE(saved) << saved.error().context;
    EXPECT_EQ(progress, (std::vector<std::int64_t>{0, 1}));
    EXPECT_GT(std::filesystem::file_size(to), 1000U);
    EXPECT_FALSE(store->backup(to, nullptr)) << "never overwrites";
    server_->kill();
    EXPECT_FALSE(store->backup(folder.file("other").string(), nullptr));
    EXPECT_FALSE(std::filesystem::exists(folder.file("other")));
    ASSERT_TRUE(server_->resume());
}

}  // namespace
}  // namespace chengshu::postgres
