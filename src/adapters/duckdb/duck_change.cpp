#include "adapters/duckdb/duck_impl.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace chengshu::duckdb {
namespace {

using ports::AppendResult;
using ports::ObservationBatch;
using sensing::Observation;

constexpr const char* kFresh = "fresh";
constexpr const char* kKeys = "batch_keys";

Result<sql::KnownKeys>
stored_keys(Connection& connection, std::span<const ObservationBatch> batches) {
    std::vector<std::string> literals;
    for (const auto& batch : batches) {
        if (!batch.key.empty()) {
            literals.push_back(text_literal(batch.key));
        }
    }
    sql::KnownKeys known;
    if (literals.empty()) {
        return known;
    }
    const auto sql = fmt::format(
        "SELECT key, fingerprint, answer FROM batch_keys WHERE key IN ({})",
        fmt::join(literals, ", ")
    );
    CS_CHECK(connection.read(sql, [&](const Chunk& chunk) {
        for (idx_t row = 0; row < chunk.size(); ++row) {
            known[chunk.text(0, row)] = {chunk.text(1, row), chunk.text(2, row)};
        }
        return true;
    }));
    return known;
}

Status check_keys(std::span<const ObservationBatch> batches) {
    for (const auto& batch : batches) {
        for (const auto* text : {&batch.key, &batch.fingerprint, &batch.answer}) {
            if (text->find('\0') != std::string::npos) {
                return fail(ErrorCode::InvalidInput, "a batch's key holds a NUL", "key");
            }
        }
    }
    return ok();
}

/// Runs a DELETE on both tables of rows; gives how many went.
Result<std::int64_t> delete_rows(Connection& connection, const std::string& where) {
    std::int64_t erased = 0;
    for (const auto* table : kTables) {
        CS_TRY(rows, connection.run(fmt::format("DELETE FROM {} WHERE {}", table, where)));
        erased += rows;
    }
    return erased;
}

Result<std::vector<std::int64_t>> streams_of(Connection& connection, const std::string& where) {
    std::vector<std::int64_t> streams;
    const auto sql = fmt::format("SELECT DISTINCT stream FROM observations WHERE {}", where);
    CS_CHECK(connection.read(sql, [&](const Chunk& chunk) {
        for (idx_t row = 0; row < chunk.size(); ++row) {
            streams.push_back(chunk.integer(0, row));
        }
        return true;
    }));
    return streams;
}

}  // namespace

Result<std::vector<AppendResult>> DuckObservations::append(std::span<const ObservationBatch> batches
) {
    const std::lock_guard lock{impl_->writing};
    CS_CHECK(impl_->writable());
    CS_CHECK(sql::check(batches, impl_->last_id));
    CS_CHECK(check_keys(batches));
    CS_TRY(known, stored_keys(*impl_->writer, batches));
    std::vector<const ObservationBatch*> to_store;
    auto results = sql::sort_out(batches, known, to_store);
    if (to_store.empty()) {
        return results;
    }
    {
        CS_TRY(transaction, Transaction::begin(*impl_->writer));
        CS_CHECK(impl_->write_batches(to_store));
        CS_CHECK(impl_->commit(*transaction));
    }
    impl_->take_in(to_store);
    if (impl_->unsaved >= impl_->options.summaries_after) {
        const auto saved = impl_->save_summaries();
        static_cast<void>(saved);  // The rows are stored; summaries can be counted from them.
    }
    return results;
}

Status DuckObservations::Impl::write_batches(std::span<const ObservationBatch* const> batches) {
    using enum ColumnType;
    CS_TRY(rows, writer->appender(kFresh, row_types()));
    bool with_keys = false;
    for (const auto* batch : batches) {
        with_keys = with_keys || !batch->key.empty();
        for (const auto& row : batch->rows) {
            set_row(*rows, row);
            CS_CHECK(rows->next_row());
        }
    }
    CS_CHECK(rows->finish());
    writer->keep(kFresh, std::move(rows));
    if (!with_keys) {
        return ok();
    }
    CS_TRY(keys, writer->appender(kKeys, {Text, Text, Text, Integer}));
    for (const auto* batch : batches) {
        if (!batch->key.empty()) {
            keys->set(0, std::string_view{batch->key});
            keys->set(1, std::string_view{batch->fingerprint});
            keys->set(2, std::string_view{batch->answer});
            keys->set(3, batch->at);
            CS_CHECK(keys->next_row());
        }
    }
    CS_CHECK(keys->finish());
    writer->keep(kKeys, std::move(keys));
    return ok();
}

void DuckObservations::Impl::take_in(std::span<const ObservationBatch* const> batches) {
    std::int64_t rows = 0;
    {
        const std::lock_guard lock{summaries_mutex};
        for (const auto* batch : batches) {
            for (const auto& row : batch->rows) {
                sensing::add(summaries[row.stream], row);
                last_id = row.id;
                ++rows;
            }
        }
        row_count += rows;
    }
    unsaved += rows;
    fresh_rows += rows;
    if (options.settle_after > 0 && fresh_rows >= options.settle_after) {
        const std::lock_guard lock{settler_mutex};
        settler_wakes.notify_one();
    }
}

Result<int> DuckObservations::prune_keys(std::int64_t before, int limit) {
    const std::lock_guard lock{impl_->writing};
    CS_CHECK(impl_->writable());
    CS_TRY(
        pruned,
        impl_->writer->run(fmt::format(
            "DELETE FROM batch_keys WHERE key IN (SELECT key FROM batch_keys WHERE seen < {} "
            "ORDER BY seen, key LIMIT {})",
            before,
            std::max(limit, 0)
        ))
    );
    return static_cast<int>(pruned);
}

Status DuckObservations::Impl::write_summaries(const Summaries& all, std::int64_t upto) {
    using enum ColumnType;
    std::vector<ColumnType> types(7, Integer);
    types.insert(types.end(), row_types().begin(), row_types().end());
    types.push_back(Integer);
    CS_TRY(to, Appender::open(*writer, "summaries", types));
    const auto set_optional = [&](idx_t column, const std::optional<std::int64_t>& value) {
        if (value) {
            to->set(column, *value);
        } else {
            to->set_null(column);
        }
    };
    for (const auto& [stream, summary] : all) {
        to->set(0, stream);
        to->set(1, summary.count);
        to->set(2, summary.first_phenomenon);
        to->set(3, summary.last_phenomenon);
        set_optional(4, summary.first_result_time);
        set_optional(5, summary.last_result_time);
        to->set(6, summary.last_id);
        set_row(*to, summary.latest, 7);
        to->set(types.size() - 1, upto);
        CS_CHECK(to->next_row());
    }
    return to->finish();
}

Status DuckObservations::Impl::replace_summaries(const Summaries& all) {
    CS_CHECK(writer->run("DELETE FROM summaries"));
    CS_CHECK(write_summaries(all, last_id));
    CS_CHECK(writer->run(
        fmt::format("UPDATE marks SET value = {} WHERE name IN ('last_id', 'summaries')", last_id)
    ));
    return ok();
}

Status DuckObservations::Impl::save_summaries() {
    CS_TRY(transaction, Transaction::begin(*writer));
    // Only holders of `writing` change them, so reading needs no lock.
    CS_CHECK(replace_summaries(summaries));
    CS_CHECK(commit(*transaction));
    unsaved = 0;
    return ok();
}

Result<DuckObservations::Impl::Summaries> DuckObservations::Impl::recount(
    std::span<const std::int64_t> streams
) {
    Summaries counted;
    const auto sql =
        fmt::format("SELECT {} FROM observations WHERE {}", kColumns, stream_in(streams));
    CS_CHECK(writer->read(sql, [&](const Chunk& chunk) {
        for (idx_t row = 0; row < chunk.size(); ++row) {
            const auto read = read_row(chunk, row);
            sensing::add(counted[read.stream], read);
        }
        return true;
    }));
    return counted;
}

Status DuckObservations::Impl::commit_change(
    Transaction& transaction,
    std::span<const std::int64_t> streams
) {
    CS_TRY(counted, recount(streams));
    CS_CHECK(writer->run(
        fmt::format("DELETE FROM summaries WHERE of_stream IN ({})", fmt::join(streams, ", "))
    ));
    CS_CHECK(write_summaries(counted, last_id));
    CS_CHECK(writer->run(fmt::format("UPDATE marks SET value = {} WHERE name = 'last_id'", last_id))
    );
    CS_CHECK(commit(transaction));
    const std::lock_guard lock{summaries_mutex};
    for (const auto stream : streams) {
        summaries.erase(stream);
    }
    summaries.merge(counted);
    add_up();
    return ok();
}

Status DuckObservations::update(const Observation& row) {
    CS_CHECK(sensing::check(row));
    const std::scoped_lock lock{impl_->reshaping, impl_->writing};
    CS_CHECK(impl_->reshapable());
    const auto where = fmt::format("id = {}", row.id);
    CS_TRY(transaction, Transaction::begin(*impl_->writer));
    CS_TRY(streams, streams_of(*impl_->writer, where));
    if (streams.empty()) {
        return fail(ErrorCode::NotFound, fmt::format("there is no observation {}", row.id));
    }
    if (streams.front() != row.stream) {
        streams.push_back(row.stream);
    }
    CS_CHECK(delete_rows(*impl_->writer, where));
    CS_TRY(to, Appender::open(*impl_->writer, "fresh", row_types()));
    set_row(*to, row);
    CS_CHECK(to->next_row());
    CS_CHECK(to->finish());
    return impl_->commit_change(*transaction, streams);
}

Result<std::int64_t> DuckObservations::erase(std::span<const std::int64_t> ids) {
    CS_CHECK(sql::check_count(ids.size(), "ids"));
    if (ids.empty()) {
        return 0;
    }
    const std::scoped_lock lock{impl_->reshaping, impl_->writing};
    CS_CHECK(impl_->reshapable());
    const auto where = fmt::format("id IN ({})", fmt::join(ids, ", "));
    CS_TRY(transaction, Transaction::begin(*impl_->writer));
    CS_TRY(streams, streams_of(*impl_->writer, where));
    if (streams.empty()) {
        return 0;
    }
    CS_TRY(erased, delete_rows(*impl_->writer, where));
    CS_CHECK(impl_->commit_change(*transaction, streams));
    return erased;
}

Result<std::int64_t> DuckObservations::erase_streams(std::span<const std::int64_t> streams) {
    CS_CHECK(sql::check_count(streams.size(), "streams"));
    if (streams.empty()) {
        return 0;
    }
    const std::scoped_lock lock{impl_->reshaping, impl_->writing};
    CS_CHECK(impl_->reshapable());
    CS_TRY(transaction, Transaction::begin(*impl_->writer));
    CS_TRY(erased, delete_rows(*impl_->writer, stream_in(streams)));
    CS_CHECK(impl_->writer->run("DELETE FROM hours WHERE " + stream_in(streams)));
    CS_CHECK(impl_->commit_change(*transaction, streams));
    return erased;
}

Result<std::int64_t> DuckObservations::Impl::settle() {
    const std::lock_guard lock{reshaping};
    CS_CHECK(finish_moving());
    std::int64_t upto = 0;
    {
        const std::shared_lock reading{summaries_mutex};
        upto = last_id;
    }
    return move_rows(upto);
}

/// Streams at which the rows up to an id are cut into pieces of about `move_at_once`.
Result<std::vector<std::int64_t>> DuckObservations::Impl::cuts(std::int64_t upto) {
    std::vector<std::int64_t> out;
    const auto pieces = fresh_rows / std::max<std::int64_t>(options.move_at_once, 1);
    if (pieces < 2) {
        return out;
    }
    std::vector<double> shares;
    for (std::int64_t piece = 1; piece < pieces; ++piece) {
        shares.push_back(static_cast<double>(piece) / static_cast<double>(pieces));
    }
    CS_CHECK(mover->read(
        fmt::format(
            "SELECT DISTINCT unnest(quantile_disc(stream, [{}])) AS cut FROM fresh WHERE id <= {} "
            "ORDER BY cut",
            fmt::join(shares, ", "),
            upto
        ),
        [&](const Chunk& chunk) {
            for (idx_t row = 0; row < chunk.size(); ++row) {
                out.push_back(chunk.integer(0, row));
            }
            return true;
        }
    ));
    return out;
}

/// While rows are moved in one transaction the log cannot be folded into the database, and a start
/// would read all of it: so they are moved stream by stream, in pieces that make up one sorted run,
/// with checkpoints in between. What has been moved stays in `fresh`, hidden from the view, until
/// the last piece: then its row groups go whole, and no checkpoint writes their rest anew.
Result<std::int64_t> DuckObservations::Impl::move_rows(std::int64_t upto) {
    CS_TRY(last_streams, cuts(upto));
    std::int64_t moved = 0;
    auto done = move_pieces(upto, last_streams, moved);
    if (!done) {
        hides = true;  // as far as it came; finished before anything else is changed
        return Failure{std::move(done).error()};
    }
    fresh_rows -= moved;
    return moved;
}

/// Appends go on meanwhile: they add to `fresh` what these transactions do not see.
Status DuckObservations::Impl::move_pieces(
    std::int64_t upto,
    std::span<const std::int64_t> last_streams,
    std::int64_t& moved
) {
    std::string rest = fmt::format("id <= {}", upto);
    for (const auto stream : last_streams) {
        CS_TRY(transaction, Transaction::begin(*mover));
        CS_TRY(piece, copy_sorted(fmt::format("{} AND stream <= {}", rest, stream)));
        CS_CHECK(mover->run(fmt::format(
            "CREATE OR REPLACE VIEW observations AS "
            "SELECT * FROM fresh WHERE id > {0} OR stream > {1} UNION ALL SELECT * FROM settled;"
            "DELETE FROM moving; INSERT INTO moving VALUES ({0}, {1})",
            upto,
            stream
        )));
        CS_CHECK(transaction->commit());
        moved += piece;
        rest = fmt::format("id <= {} AND stream > {}", upto, stream);
        {
            const std::lock_guard lock{writing};
            const auto folded = mover->run("CHECKPOINT");
            static_cast<void>(folded);  // readers may be in its way; the next commit tries again
        }
        const std::lock_guard lock{settler_mutex};
        if (closing) {
            return fail(ErrorCode::StorageUnavailable, "the store is closing");
        }
    }
    CS_TRY(transaction, Transaction::begin(*mover));
    CS_TRY(piece, copy_sorted(rest));
    moved += piece;
    CS_TRY(erased, show_all(fmt::format("id <= {}", upto)));
    if (moved != erased) {
        return fail(
            ErrorCode::Internal, fmt::format("{} rows sorted, but {} to erase", moved, erased)
        );
    }
    return transaction->commit();
}

Result<std::int64_t> DuckObservations::Impl::copy_sorted(const std::string& where) {
    return mover->run(fmt::format(
        "INSERT INTO settled SELECT {} FROM fresh WHERE {} ORDER BY stream, phenomenon_from, id",
        kColumns,
        where
    ));
}

/// Erases what has been moved, and hides nothing any more.
Result<std::int64_t> DuckObservations::Impl::show_all(const std::string& moved) {
    CS_TRY(erased, mover->run("DELETE FROM fresh WHERE " + moved));
    CS_CHECK(mover->run(fmt::format("{}; DELETE FROM moving", kView)));
    return erased;
}

/// What a move that was cut off between its pieces has left: queries see each row once, but one
/// that is written again might be hidden.
Status DuckObservations::Impl::finish_moving() {
    if (!hides) {
        return ok();
    }
    CS_TRY(upto, mover->integer("SELECT upto FROM moving"));
    CS_TRY(stream, mover->integer("SELECT stream FROM moving"));
    if (upto && stream) {
        CS_TRY(transaction, Transaction::begin(*mover));
        CS_TRY(erased, show_all(fmt::format("id <= {} AND stream <= {}", *upto, *stream)));
        CS_CHECK(transaction->commit());
        fresh_rows -= erased;
    }
    hides = false;
    return ok();
}

Status DuckObservations::Impl::reshapable() {
    CS_CHECK(writable());
    return finish_moving();
}

Result<std::int64_t> DuckObservations::settle() {
    return impl_->settle();
}

Status DuckObservations::checkpoint() {
    const std::scoped_lock lock{impl_->reshaping, impl_->writing};
    CS_CHECK(impl_->writable());
    CS_CHECK(impl_->save_summaries());
    CS_CHECK(impl_->writer->run("CHECKPOINT"));
    return ok();
}

}  // namespace chengshu::duckdb
