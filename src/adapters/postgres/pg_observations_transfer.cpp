// A whole store of observations at once: shown to somebody else, or filled by somebody else.

#include "adapters/postgres/copy_in.hpp"
#include "adapters/postgres/pg_observations_impl.hpp"
#include "adapters/postgres/transfer.hpp"
#include "adapters/sql/transfer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace chengshu::postgres {
namespace {

using sensing::Observation;

constexpr const char* kObservationTables = "observations, observation_keys, observation_hours";

void add_optional(CopyIn& to, const std::optional<std::int64_t>& value) {
    if (value) {
        to.add(*value);
    } else {
        to.add_null();
    }
}

void add_number(CopyIn& to, const std::optional<double>& value) {
    if (value) {
        to.add(*value);
    } else {
        to.add_null();
    }
}

void add_row(CopyIn& to, const Observation& row) {
    to.add(row.id);
    to.add(row.stream);
    to.add(row.phenomenon_from);
    to.add(row.phenomenon_to - row.phenomenon_from);
    add_optional(to, row.result_time);
    to.add(row.received_at);
    add_number(to, row.number);
    to.add_text_or_null(row.result);
    to.add(row.feature);
    to.add(std::int64_t{row.quality});
    to.add_text_or_null(row.extra);
}

void add_hour(CopyIn& to, const sensing::HourlyValue& hour) {
    to.add(hour.stream);
    to.add(hour.hour);
    to.add(hour.count);
    to.add(hour.others);
    to.add(hour.sum);
    add_number(to, hour.count == 0 ? std::optional<double>{} : hour.min);
    add_number(to, hour.count == 0 ? std::optional<double>{} : hour.max);
}

void add_summary(CopyIn& to, const sensing::StreamSummary& summary) {
    to.add(summary.stream);
    to.add(summary.count);
    to.add(summary.first_phenomenon);
    to.add(summary.last_phenomenon);
    add_optional(to, summary.first_result_time);
    add_optional(to, summary.last_result_time);
    to.add(summary.last_id);
    to.add(summary.latest.phenomenon_from);
    to.add(summary.latest.id);
}

template <class RowsOf, class Add>
Status copy(Connection& connection, const char* table, int columns, const RowsOf& rows, Add add) {
    if (rows.empty()) {
        return ok();
    }
    CopyIn to{connection};
    CS_CHECK(to.begin(table));
    for (const auto& row : rows) {
        CS_CHECK(to.row(columns));
        add(to, row);
    }
    return to.finish();
}

sensing::HourlyValue read_hour(const Row& row) {
    return {
        row.integer(0),
        row.integer(1),
        row.integer(2),
        row.integer(3),
        row.real(4),
        row.real(5),
        row.real(6)
    };
}

Status show_rows(Connection& connection, const ports::ObservationSink& show) {
    const auto query =
        fmt::format("SELECT {} FROM observations AS o ORDER BY o.id", kObservationColumns);
    return walk(connection, query, sql::kPartRows, [&](const Rows& found) {
        ports::ObservationPart part;
        for (int i = 0; i < found.size(); ++i) {
            part.rows.push_back(read_observation(found[i]));
        }
        return show(part);
    });
}

}  // namespace

Status PgObservations::dump(const ports::ObservationSink& show) {
    CS_TRY(connection, open_picture(impl_->dialer));
    CS_TRY(mark, connection->query("SELECT last_id FROM observation_marks", {}));
    ports::ObservationPart first;
    first.last_id = mark[0].integer(0);
    CS_CHECK(show(first));
    CS_CHECK(show_rows(*connection, show));
    CS_CHECK(walk(
        *connection,
        "SELECT key, fingerprint, answer, seen FROM observation_keys ORDER BY key",
        sql::kPartRows,
        [&](const Rows& found) {
            ports::ObservationPart part;
            for (int i = 0; i < found.size(); ++i) {
                const auto row = found[i];
                part.keys.push_back({row.text(0), row.text(1), row.text(2), row.integer(3), {}});
            }
            return show(part);
        }
    ));
    return walk(
        *connection,
        "SELECT stream, hour, count, others, sum, min, max FROM observation_hours "
        "ORDER BY stream, hour",
        sql::kPartRows,
        [&](const Rows& found) {
            ports::ObservationPart part;
            for (int i = 0; i < found.size(); ++i) {
                part.hours.push_back(read_hour(found[i]));
            }
            return show(part);
        }
    );
}

Status PgObservations::Impl::fill(
    Connection& connection,
    const std::function<Status(const ports::ObservationSink& take)>& give
) {
    CS_CHECK(check_empty(connection, kObservationTables));
    CS_TRY(indexes, drop_indexes(connection, kObservationTables));
    std::map<std::int64_t, sensing::StreamSummary> summaries;
    std::int64_t last_row = 0;
    CS_CHECK(give([&](const ports::ObservationPart& part) -> Status {
        CS_CHECK(sql::check_rows(part.rows, last_row));
        last_id = std::max({last_id, part.last_id, last_row});
        auto missing = missing_partitions(part.rows);
        CS_CHECK(make_partitions(connection, missing));
        partitions.merge(missing);
        for (const auto& row : part.rows) {
            sensing::add(summaries[row.stream], row);
        }
        CS_CHECK(copy(connection, "observations", 11, part.rows, add_row));
        CS_CHECK(copy(
            connection,
            "observation_keys",
            4,
            part.keys,
            [](CopyIn& to, const auto& key) {
                to.add(std::string_view{key.key});
                to.add(std::string_view{key.fingerprint});
                to.add(std::string_view{key.answer});
                to.add(key.at);
            }
        ));
        return copy(connection, "observation_hours", 7, part.hours, add_hour);
    }));
    CS_CHECK(copy(
        connection,
        "observation_summaries",
        9,
        summaries,
        [](CopyIn& to, const auto& item) { add_summary(to, item.second); }
    ));
    CS_CHECK(make_indexes(connection, indexes));
    return connection.run(fmt::format("UPDATE observation_marks SET last_id = {}", last_id));
}

Status PgObservations::load(const std::function<Status(const ports::ObservationSink& take)>& give) {
    const std::lock_guard lock{impl_->writing};
    CS_TRY(writer, impl_->ready_writer());
    if (impl_->last_id != 0) {
        return sql::not_empty("the store of observations");
    }
    auto done = postgres::in_transaction(*writer, [&](Connection& connection) {
        return impl_->fill(connection, give);
    });
    if (!done) {
        // What is stored must be read again.
        impl_->writer.reset();
        return done;
    }
    return writer->run("ANALYZE observations, observation_keys, observation_hours");
}

}  // namespace chengshu::postgres
