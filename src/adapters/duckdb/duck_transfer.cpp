// A whole store of observations at once: shown to somebody else, or filled by somebody else.

#include "adapters/duckdb/duck_impl.hpp"
#include "adapters/sql/transfer.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace chengshu::duckdb {
namespace {

using ports::ObservationPart;
using ports::ObservationSink;

/// Ids that one query of a dump covers: its result is held in memory.
constexpr std::int64_t kIdsAtOnce = 250'000;

/// Collects rows and shows them when they are enough for a part.
class Shower {
public:
    explicit Shower(const ObservationSink& show) : show_(show) {}

    /// Runs the query; `add` puts a row into the part and gives the part's size.
    template <class Add>
    Status show(Connection& connection, const std::string& query, const Add& add) {
        Status shown = ok();
        CS_CHECK(connection.read(query, [&](const Chunk& chunk) {
            std::size_t size = 0;
            for (idx_t row = 0; row < chunk.size(); ++row) {
                size = add(part_, chunk, row);
            }
            if (size >= sql::kPartRows) {
                shown = flush();
            }
            return shown.has_value();
        }));
        CS_CHECK(shown);
        return flush();
    }

    /// How many rows have been shown.
    [[nodiscard]] std::int64_t shown() const { return shown_; }

private:
    Status flush() {
        if (part_.rows.empty() && part_.keys.empty() && part_.hours.empty()) {
            return ok();
        }
        shown_ += std::ssize(part_.rows);
        auto shown = show_(part_);
        part_.rows.clear();
        part_.keys.clear();
        part_.hours.clear();
        return shown;
    }

    const ObservationSink& show_;
    ObservationPart part_;
    std::int64_t shown_ = 0;
};

std::size_t add_row(ObservationPart& part, const Chunk& chunk, idx_t row) {
    part.rows.push_back(read_row(chunk, row));
    return part.rows.size();
}

std::size_t add_key(ObservationPart& part, const Chunk& chunk, idx_t row) {
    part.keys.push_back(
        {chunk.text(0, row), chunk.text(1, row), chunk.text(2, row), chunk.integer(3, row), {}}
    );
    return part.keys.size();
}

std::size_t add_hour(ObservationPart& part, const Chunk& chunk, idx_t row) {
    part.hours.push_back(
        {chunk.integer(0, row),
         chunk.integer(1, row),
         chunk.integer(2, row),
         chunk.integer(3, row),
         chunk.real(4, row).value_or(0),
         chunk.real(5, row).value_or(0),
         chunk.real(6, row).value_or(0)}
    );
    return part.hours.size();
}

Status write_keys(Connection& writer, std::span<const ports::ObservationBatch> keys) {
    using enum ColumnType;
    CS_TRY(to, Appender::open(writer, "batch_keys", {Text, Text, Text, Integer}));
    for (const auto& key : keys) {
        to->set(0, std::string_view{key.key});
        to->set(1, std::string_view{key.fingerprint});
        to->set(2, std::string_view{key.answer});
        to->set(3, key.at);
        CS_CHECK(to->next_row());
    }
    return to->finish();
}

Status write_hours(Connection& writer, std::span<const sensing::HourlyValue> hours) {
    using enum ColumnType;
    CS_TRY(
        to, Appender::open(writer, "hours", {Integer, Integer, Integer, Integer, Real, Real, Real})
    );
    for (const auto& hour : hours) {
        to->set(0, hour.stream);
        to->set(1, hour.hour);
        to->set(2, hour.count);
        to->set(3, hour.others);
        to->set(4, hour.sum);
        if (hour.count == 0) {
            to->set_null(5);
            to->set_null(6);
        } else {
            to->set(5, hour.min);
            to->set(6, hour.max);
        }
        CS_CHECK(to->next_row());
    }
    return to->finish();
}

Status write_rows(Connection& writer, std::span<const sensing::Observation> rows) {
    CS_TRY(to, Appender::open(writer, "fresh", row_types()));
    for (const auto& row : rows) {
        set_row(*to, row);
        CS_CHECK(to->next_row());
    }
    return to->finish();
}

}  // namespace

Status DuckObservations::dump(const ObservationSink& show) {
    // A connection of its own: it takes long, and readers must not wait for it.
    CS_TRY(connection, Connection::open(impl_->database.handle));
    CS_TRY(transaction, Transaction::begin(*connection));
    // The first look at the data fixes the moment. The mark is written down from time to time only.
    CS_TRY(
        last,
        connection->integer("SELECT greatest((SELECT value FROM marks WHERE name = 'last_id'), "
                            "(SELECT coalesce(max(id), 0) FROM observations))")
    );
    ObservationPart first;
    first.last_id = last.value_or(0);
    CS_CHECK(show(first));
    Shower shower{show};
    std::int64_t from = 1;
    for (auto width = kIdsAtOnce; from <= first.last_id;) {
        const auto query = fmt::format(
            "SELECT {} FROM observations WHERE id >= {} AND id < {} ORDER BY id",
            kColumns,
            from,
            from + width
        );
        const auto before = shower.shown();
        CS_CHECK(shower.show(*connection, query, add_row));
        from += width;
        // Where many rows have been erased, many ids hold few.
        width *= shower.shown() - before < kIdsAtOnce / 4 && width < first.last_id ? 4 : 1;
    }
    CS_CHECK(shower.show(
        *connection, "SELECT key, fingerprint, answer, seen FROM batch_keys ORDER BY key", add_key
    ));
    return shower.show(
        *connection,
        "SELECT stream, hour, count, others, sum, min, max FROM hours ORDER BY stream, hour",
        add_hour
    );
}

Status DuckObservations::Impl::write_part(const ObservationPart& part) {
    if (!part.rows.empty()) {
        CS_CHECK(write_rows(*writer, part.rows));
    }
    if (!part.keys.empty()) {
        CS_CHECK(write_keys(*writer, part.keys));
    }
    return part.hours.empty() ? ok() : write_hours(*writer, part.hours);
}

Status
DuckObservations::Impl::end_run(std::unique_ptr<Transaction>& transaction, std::int64_t upto) {
    CS_CHECK(commit(*transaction));
    transaction.reset();
    std::int64_t moved = 0;
    CS_CHECK(move_pieces(upto, {}, moved));
    fresh_rows -= moved;
    CS_TRY(next, Transaction::begin(*writer));
    transaction = std::move(next);
    return ok();
}

Status DuckObservations::Impl::fill(
    Summaries& counted,
    std::int64_t& last,
    const std::function<Status(const ObservationSink& take)>& give
) {
    // Until this is erased with the last run, nothing of the load counts.
    CS_CHECK(writer->run("INSERT INTO marks VALUES ('loading', 1)"));
    CS_TRY(transaction, Transaction::begin(*writer));
    std::int64_t last_row = 0;
    std::int64_t pending = 0;
    CS_CHECK(give([&](const ObservationPart& part) -> Status {
        CS_CHECK(sql::check_rows(part.rows, last_row));
        last = std::max({last, part.last_id, last_row});
        for (const auto& row : part.rows) {
            sensing::add(counted[row.stream], row);
        }
        CS_CHECK(write_part(part));
        fresh_rows += std::ssize(part.rows);
        pending += std::ssize(part.rows) + std::ssize(part.keys) + std::ssize(part.hours);
        if (pending < options.load_run) {
            return ok();
        }
        pending = 0;
        return end_run(transaction, last_row);
    }));
    CS_CHECK(end_run(transaction, last_row));
    {
        const std::lock_guard exclusive{summaries_mutex};
        last_id = last;
    }
    CS_CHECK(replace_summaries(counted));
    CS_CHECK(writer->run("DELETE FROM marks WHERE name = 'loading'"));
    return commit(*transaction);
}

Status DuckObservations::load(const std::function<Status(const ObservationSink& take)>& give) {
    auto& store = *impl_;
    {
        const std::scoped_lock lock{store.reshaping, store.writing};
        CS_CHECK(store.writable());
        CS_TRY(
            others,
            store.writer->integer(
                "SELECT (SELECT count(*) FROM batch_keys) + (SELECT count(*) FROM hours)"
            )
        );
        if (store.last_id != 0 || others != 0) {
            return sql::not_empty(store.path);
        }
        Impl::Summaries counted;
        std::int64_t last = 0;
        auto done = store.fill(counted, last, give);
        if (!done) {
            CS_CHECK(store.clear());
        }
        const std::lock_guard exclusive{store.summaries_mutex};
        if (!done) {
            store.last_id = 0;
            return done;
        }
        store.summaries = std::move(counted);
        store.add_up();
    }
    return checkpoint();
}

}  // namespace chengshu::duckdb
