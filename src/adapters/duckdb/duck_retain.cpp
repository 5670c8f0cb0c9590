#include "adapters/duckdb/duck_impl.hpp"

#include <fmt/format.h>

#include <filesystem>

namespace chengshu::duckdb {
namespace {

constexpr const char* kHour = "phenomenon_from - ((phenomenon_from % 3600000) + 3600000) % 3600000";

/// " AND stream …", or empty.
std::string of_streams(const ports::RetentionStep& step) {
    if (!step.streams.empty()) {
        return " AND " + stream_in(step.streams);
    }
    return step.except.empty() ? "" : fmt::format(" AND NOT ({})", stream_in(step.except));
}

/// Rows of one hour that come in two steps become two rows; hours() adds them up.
std::string down_sample(const std::string& where) {
    return fmt::format(
        "INSERT INTO hours SELECT stream, {0}, count(number), count(*) - count(number), "
        "sum(number), min(number), max(number) FROM observations WHERE {1} GROUP BY stream, {0}",
        kHour,
        where
    );
}

std::string timestamp(std::string_view column) {
    return fmt::format("make_timestamp({} * 1000)", column);
}

std::string csv_time(std::string_view column) {
    return fmt::format("strftime({}, '%Y-%m-%dT%H:%M:%S.%gZ')", timestamp(column));
}

/// Columns as kExportColumns names them.
std::string export_columns(ports::ExportFormat format) {
    const auto time = [&](std::string_view column, std::string_view name) {
        const bool csv = format == ports::ExportFormat::Csv;
        return fmt::format("{} AS {}", csv ? csv_time(column) : timestamp(column), name);
    };
    return fmt::format(
        "id, stream, {}, {}, {}, {}, number, result, feature, quality, extra",
        time("phenomenon_from", "phenomenon_from"),
        time("(phenomenon_from + lasting)", "phenomenon_to"),
        time("result_time", "result_time"),
        time("received_at", "received_at")
    );
}

}  // namespace

Result<ports::RetentionResult> DuckObservations::retain(const ports::RetentionStep& step) {
    CS_CHECK(sql::check_count(step.streams.size() + step.except.size(), "streams"));
    const std::scoped_lock lock{impl_->reshaping, impl_->writing};
    CS_CHECK(impl_->reshapable());
    auto& writer = *impl_->writer;
    ports::RetentionResult result;
    Impl::Summaries after;
    CS_TRY(transaction, Transaction::begin(writer));
    if (step.raw_before) {
        const auto where =
            fmt::format("phenomenon_from < {}{}", sql::hour_of(*step.raw_before), of_streams(step));
        if (step.keep_hours) {
            CS_TRY(written, writer.run(down_sample(where)));
            result.hours_written = written;
        }
        for (const auto* table : kTables) {
            CS_TRY(removed, writer.run(fmt::format("DELETE FROM {} WHERE {}", table, where)));
            result.rows_removed += removed;
        }
    }
    if (step.hours_before) {
        const auto where =
            fmt::format("hour < {}{}", sql::hour_of(*step.hours_before), of_streams(step));
        CS_TRY(
            hours,
            writer.integer(fmt::format(
                "SELECT count(*) FROM (SELECT DISTINCT stream, hour FROM hours WHERE {})", where
            ))
        );
        result.hours_removed = hours.value_or(0);
        CS_CHECK(writer.run("DELETE FROM hours WHERE " + where));
    }
    if (result.rows_removed > 0) {
        // The latest row of a stream goes last, with all others: it is what memory says it is.
        const auto* sql =
            "SELECT stream, count(*), min(phenomenon_from), max(phenomenon_from + lasting), "
            "min(result_time), max(result_time), max(id) FROM observations GROUP BY stream";
        CS_CHECK(writer.read(sql, [&](const Chunk& chunk) {
            for (idx_t row = 0; row < chunk.size(); ++row) {
                auto& summary = after[chunk.integer(0, row)];
                summary = impl_->summaries.at(chunk.integer(0, row));
                summary.count = chunk.integer(1, row);
                summary.first_phenomenon = chunk.integer(2, row);
                summary.last_phenomenon = chunk.integer(3, row);
                summary.first_result_time = chunk.optional_integer(4, row);
                summary.last_result_time = chunk.optional_integer(5, row);
                summary.last_id = chunk.integer(6, row);
            }
            return true;
        }));
        CS_CHECK(impl_->replace_summaries(after));
    }
    CS_CHECK(impl_->commit(*transaction));
    if (result.rows_removed > 0) {
        impl_->unsaved = 0;
        const std::lock_guard changing{impl_->summaries_mutex};
        impl_->summaries.swap(after);
        impl_->add_up();
    }
    return result;
}

Result<std::vector<sensing::HourlyValue>>
DuckObservations::hours(std::int64_t stream, std::int64_t from, std::int64_t to, int limit) {
    return impl_->readers.with(
        [&](Connection& reader) -> Result<std::vector<sensing::HourlyValue>> {
            std::vector<sensing::HourlyValue> found;
            const auto sql = fmt::format(
                "SELECT hour, CAST(sum(count) AS BIGINT), CAST(sum(others) AS BIGINT), sum(sum), "
                "min(min), max(max) FROM hours WHERE stream = {} AND hour >= {} AND hour < {} "
                "GROUP BY hour ORDER BY hour LIMIT {}",
                stream,
                from,
                to,
                std::max(limit, 0)
            );
            CS_CHECK(reader.read(sql, [&](const Chunk& chunk) {
                for (idx_t row = 0; row < chunk.size(); ++row) {
                    sensing::HourlyValue value;
                    value.stream = stream;
                    value.hour = chunk.integer(0, row);
                    value.count = chunk.integer(1, row);
                    value.others = chunk.integer(2, row);
                    value.sum = chunk.real(3, row).value_or(0);
                    value.min = chunk.real(4, row).value_or(0);
                    value.max = chunk.real(5, row).value_or(0);
                    found.push_back(value);
                }
                return true;
            }));
            return found;
        }
    );
}

Result<std::string> DuckObservations::export_rows(
    const ports::ObservationQuery& query,
    ports::ExportFormat format,
    std::string_view name
) {
    namespace fs = std::filesystem;
    CS_CHECK(sql::check(query));
    CS_CHECK(sql::check_file_name(name));
    const auto target = (fs::path{impl_->options.export_folder} / name).string();
    const auto part = target + ".part";
    std::error_code problem;
    fs::create_directories(impl_->options.export_folder, problem);
    if (fs::exists(target, problem)) {
        return fail(ErrorCode::Conflict, fmt::format("{} exists already", target));
    }
    const auto sql = fmt::format(
        "COPY (SELECT {} FROM observations{}{}) TO {} ({})",
        export_columns(format),
        sql::where_of(query, dialect(), true),
        sql::order_of(query),
        text_literal(part),
        format == ports::ExportFormat::Csv ? "FORMAT csv, HEADER"
                                           : "FORMAT parquet, COMPRESSION zstd"
    );
    const auto copied = impl_->readers.with([&](Connection& reader) { return reader.run(sql); });
    if (copied) {
        fs::rename(part, target, problem);
        if (!problem) {
            return target;
        }
    }
    std::error_code ignored;
    fs::remove(part, ignored);
    if (!copied) {
        return Failure{copied.error()};
    }
    return fail(
        ErrorCode::StorageUnavailable,
        fmt::format("{} could not be written: {}", target, problem.message())
    );
}

}  // namespace chengshu::duckdb
