// A whole store at once: shown to somebody else, or filled by somebody else.

#include "adapters/sql/transfer.hpp"
#include "adapters/sqlite/sqlite_impl.hpp"

#include <fmt/format.h>

namespace chengshu::sqlite {
namespace {

constexpr int kLoadCacheKib = 256 * 1024;

template <class Row>
Status
show_table(Connection& connection, const sql::Table<Row>& table, const ports::PartSink& show) {
    CS_TRY(select, connection.prepare(table.query));
    ports::Changes part;
    auto& rows = part.*table.rows;
    for (bool more = true; more;) {
        CS_TRY(stepped, select.step());
        more = stepped;
        if (more) {
            CS_TRY(row, table.read(select));
            rows.push_back(std::move(row));
        }
        if (rows.size() == table.part || (!more && !rows.empty())) {
            CS_CHECK(show(part));
            rows.clear();
        }
    }
    return ok();
}

Result<bool> is_empty(Connection& connection) {
    CS_TRY(
        rows,
        connection.integer(
            "SELECT EXISTS (SELECT 1 FROM cases) OR EXISTS (SELECT 1 FROM reports)"
            " OR EXISTS (SELECT 1 FROM journal) OR EXISTS (SELECT 1 FROM cells)"
            " OR EXISTS (SELECT 1 FROM documents) OR EXISTS (SELECT 1 FROM idempotency)"
        )
    );
    return rows == 0;
}

/// Indexes that only answer questions: built after the rows, sorted, they cost a fraction.
Result<std::vector<std::string>> drop_indexes(Connection& connection) {
    std::vector<std::string> make_again;
    std::string drop;
    {
        CS_TRY(
            select,
            connection.prepare("SELECT name, sql FROM sqlite_master WHERE type = 'index' "
                               "AND sql IS NOT NULL AND sql NOT LIKE 'CREATE UNIQUE%'")
        );
        for (;;) {
            CS_TRY(more, select.step());
            if (!more) {
                break;
            }
            drop += fmt::format("DROP INDEX {};", select.text(0));
            make_again.push_back(select.text(1));
        }
    }
    CS_CHECK(connection.run(drop));
    return make_again;
}

}  // namespace

Status SqliteStore::dump(const ports::PartSink& show) {
    // A connection of its own: it takes long, and readers must not wait for it.
    CS_TRY(reader, impl_->open_reader());
    CS_CHECK(reader->run("BEGIN"));
    return sql::each_table([&](const auto& table) { return show_table(*reader, table, show); });
}

Status SqliteStore::Impl::fill(const std::function<Status(const ports::PartSink& take)>& give) {
    CS_CHECK(
        writer->run("BEGIN IMMEDIATE; INSERT INTO case_fts(case_fts, rank) VALUES ('automerge', 0);"
                    "INSERT INTO case_fts(case_fts, rank) VALUES ('crisismerge', 64);")
    );
    CS_TRY(empty, is_empty(*writer));
    if (!empty) {
        return sql::not_empty(path);
    }
    CS_TRY(indexes, drop_indexes(*writer));
    CS_CHECK(give([&](const ports::Changes& part) -> Status {
        CS_CHECK(write(part));
        if (!part.journal.empty()) {
            head = part.journal.back().seq;
        }
        return ok();
    }));
    for (const auto& index : indexes) {
        CS_CHECK(writer->run(index));
    }
    return writer->run(
        "INSERT INTO case_fts(case_fts, rank) VALUES ('automerge', 4);"
        "INSERT INTO case_fts(case_fts, rank) VALUES ('crisismerge', 16);"
        "INSERT INTO case_fts(case_fts) VALUES ('optimize'); COMMIT"
    );
}

/// One transaction with a rollback journal: to an empty file that is little more than the rows
/// themselves, while the WAL would hold all of them once more.
Status SqliteStore::load(const std::function<Status(const ports::PartSink& take)>& give) {
    if (impl_->writer == nullptr) {
        return fail(ErrorCode::StorageUnavailable, "the store was opened for reading only");
    }
    auto& writer = *impl_->writer;
    impl_->readers.clear();
    impl_->checkpointer.reset();
    // Sorting indexes in memory would take more of it the larger the store is.
    CS_CHECK(writer.run(fmt::format(
        "PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL; PRAGMA temp_store = FILE;"
        "PRAGMA cache_size = -{}",
        kLoadCacheKib
    )));
    auto done = impl_->fill(give);
    if (!done) {
        impl_->roll_back();
    }
    CS_CHECK(writer.run("PRAGMA journal_mode = WAL; PRAGMA shrink_memory"));
    CS_CHECK(impl_->configure_writer());
    CS_CHECK(impl_->begin_syncing());
    CS_CHECK(impl_->open_readers());
    return done;
}

}  // namespace chengshu::sqlite
