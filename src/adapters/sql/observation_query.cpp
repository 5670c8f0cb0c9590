#include "adapters/sql/observation_query.hpp"

#include "base/time.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <vector>

namespace chengshu::sql {
namespace {

using ports::ObservationQuery;
using sensing::ObservationOrder;

constexpr std::int64_t kHourMs = 3'600'000;

Failure bad(std::string_view field, std::string why) {
    return fail(ErrorCode::InvalidInput, std::move(why), std::string{field});
}

bool finite(const std::optional<double>& value) {
    return !value || std::isfinite(*value);
}

/// ObservationConditions joined by AND.
class ObservationConditions {
public:
    void add(std::string condition) { conditions_.push_back(std::move(condition)); }

    template <class T, class Literal>
    void range(std::string_view column, const sensing::Range<T>& range, const Literal& literal) {
        if (range.from) {
            add(fmt::format("{} {} {}", column, range.after_from ? ">" : ">=", literal(*range.from))
            );
        }
        if (range.to) {
            add(fmt::format("{} {} {}", column, range.up_to_to ? "<=" : "<", literal(*range.to)));
        }
    }

    [[nodiscard]] std::string text() const {
        return conditions_.empty() ? "" : fmt::format(" WHERE {}", fmt::join(conditions_, " AND "));
    }

private:
    std::vector<std::string> conditions_;
};

std::string integer(std::int64_t value) {
    // The least one is no literal: its digits alone are one too many.
    return value == INT64_MIN ? "(-9223372036854775807 - 1)" : fmt::format("{}", value);
}

/// Rows behind the cursor in the order.
std::string behind(const ObservationQuery& query, const ObservationDialect& dialect) {
    const auto& cursor = *query.after;
    const auto* beyond = query.descending ? "<" : ">";
    const auto tie = fmt::format("id {} {}", beyond, cursor.id);
    const auto lexical = [&](std::string_view column, const std::string& value) {
        // The first part says the same again, in a form that prunes.
        return fmt::format(
            "{0} {1}= {2} AND ({0} {1} {2} OR ({0} = {2} AND {3}))", column, beyond, value, tie
        );
    };
    switch (query.order) {
        case ObservationOrder::Id:
            return tie;
        case ObservationOrder::PhenomenonTime:
            return lexical("phenomenon_from", integer(*cursor.time));
        case ObservationOrder::ResultTime:
            if (cursor.time && query.descending) {
                // Those without one come last.
                return fmt::format(
                    "(result_time IS NULL OR ({}))", lexical("result_time", integer(*cursor.time))
                );
            }
            if (cursor.time) {
                return lexical("result_time", integer(*cursor.time));
            }
            return query.descending ? fmt::format("result_time IS NULL AND {}", tie)
                                    : fmt::format("(result_time IS NOT NULL OR {})", tie);
        case ObservationOrder::Result:
            if (cursor.number) {
                const auto numbers = lexical("number", dialect.number(*cursor.number));
                return query.descending ? numbers
                                        : fmt::format("(number IS NULL OR ({}))", numbers);
            }
            const auto texts = fmt::format(
                "number IS NULL AND {}", lexical("result", dialect.text(cursor.result))
            );
            return query.descending ? fmt::format("(number IS NOT NULL OR ({}))", texts)
                                    : fmt::format("({})", texts);
    }
    CS_ASSERT(false);
    return {};
}

bool quotable(std::string_view text) {
    return text.find_first_of(",\"\r\n") != std::string_view::npos;
}

std::string csv_text(std::string_view text) {
    if (!quotable(text)) {
        return std::string{text};
    }
    std::string quoted = "\"";
    for (const char c : text) {
        quoted += c;
        if (c == '"') {
            quoted += c;
        }
    }
    return quoted + "\"";
}

std::string csv_time(std::int64_t time) {
    auto text = format_utc(from_millis(time));
    if (text.find('.') == std::string::npos) {
        text.insert(text.size() - 1, ".000");
    }
    return text;
}

std::string csv_line(const sensing::Observation& row) {
    return fmt::format(
        "{},{},{},{},{},{},{},{},{},{},{}\n",
        row.id,
        row.stream,
        csv_time(row.phenomenon_from),
        csv_time(row.phenomenon_to),
        row.result_time ? csv_time(*row.result_time) : "",
        csv_time(row.received_at),
        row.number ? fmt::format("{}", *row.number) : "",
        csv_text(row.result),
        row.feature,
        row.quality,
        csv_text(row.extra)
    );
}

}  // namespace

Status check(const ObservationQuery& query) {
    if (query.limit < 1 || query.limit > ObservationQuery::kMaxLimit) {
        return bad("limit", fmt::format("the limit must lie in 1 … {}", query.kMaxLimit));
    }
    if (query.offset < 0) {
        return bad("offset", "the offset must not be negative");
    }
    if (query.streams.size() > ObservationQuery::kMaxStreams) {
        return bad("streams", fmt::format("at most {} streams at a time", query.kMaxStreams));
    }
    if (!finite(query.number.from) || !finite(query.number.to)) {
        return bad("number", "the bounds of the number must be finite");
    }
    if (query.after) {
        const auto& cursor = *query.after;
        const bool no_time = query.order == ObservationOrder::PhenomenonTime && !cursor.time;
        if (no_time || !finite(cursor.number) || cursor.result.find('\0') != std::string::npos) {
            return bad("after", "the cursor does not belong to this order");
        }
    }
    return ok();
}

Status check_count(std::size_t items, std::string_view field) {
    if (items > ObservationQuery::kMaxLimit) {
        return bad(field, fmt::format("at most {} at a time", ObservationQuery::kMaxLimit));
    }
    return ok();
}

Status check_latest(std::span<const std::int64_t> streams, int n) {
    const auto most = static_cast<std::size_t>(ObservationQuery::kMaxLimit);
    if (n < 1 || streams.size() > most || streams.size() * static_cast<std::size_t>(n) > most) {
        return bad("n", fmt::format("at least one of each and at most {} in all", most));
    }
    return ok();
}

Status check_rows(std::span<const sensing::Observation> rows, std::int64_t& last_id) {
    for (const auto& row : rows) {
        CS_CHECK(sensing::check(row));
        if (row.id <= last_id) {
            return fail(
                ErrorCode::Conflict,
                fmt::format("observation {} does not come after {}", row.id, last_id),
                "id"
            );
        }
        last_id = row.id;
    }
    return ok();
}

Status check(std::span<const ports::ObservationBatch> batches, std::int64_t last_id) {
    auto last = last_id;
    for (const auto& batch : batches) {
        CS_CHECK(check_rows(batch.rows, last));
    }
    return ok();
}

std::vector<ports::AppendResult> sort_out(
    std::span<const ports::ObservationBatch> batches,
    KnownKeys& known,
    std::vector<const ports::ObservationBatch*>& to_store
) {
    std::vector<ports::AppendResult> results;
    for (const auto& batch : batches) {
        const auto found = batch.key.empty() ? known.end() : known.find(batch.key);
        if (found == known.end()) {
            to_store.push_back(&batch);
            results.emplace_back();
            if (!batch.key.empty()) {
                known[batch.key] = {batch.fingerprint, batch.answer};
            }
        } else if (found->second.fingerprint == batch.fingerprint) {
            results.push_back({ports::AppendOutcome::Repeated, found->second.answer});
        } else {
            results.push_back({ports::AppendOutcome::Mismatch, {}});
        }
    }
    return results;
}

bool only_streams(const ObservationQuery& query) {
    return !query.feature && query.id.unbounded() && query.phenomenon_from.unbounded() &&
           query.phenomenon_to.unbounded() && query.result_time.unbounded() &&
           query.number.unbounded() && query.quality_any == 0 && query.quality_none == 0;
}

std::int64_t hour_of(std::int64_t time) {
    const auto past = time % kHourMs;
    return time - (past < 0 ? past + kHourMs : past);
}

Status check_file_name(std::string_view name) {
    const auto allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_' || c == '.';
    };
    if (name.empty() || name.size() > 100 || name.front() == '.' ||
        !std::all_of(name.begin(), name.end(), allowed)) {
        return bad("name", "a file's name is 1 to 100 letters, digits, '-', '_' and '.'");
    }
    return ok();
}

Result<std::string> export_csv(
    ports::ObservationStore& store,
    const ObservationQuery& query,
    ports::ExportFormat format,
    const std::string& folder,
    std::string_view name
) {
    namespace fs = std::filesystem;
    if (format != ports::ExportFormat::Csv) {
        return fail(
            ErrorCode::UnsupportedMedia,
            "this store exports CSV only; Parquet is written by the store in DuckDB"
        );
    }
    CS_CHECK(check_file_name(name));
    const fs::path target = fs::path{folder} / name;
    std::error_code problem;
    fs::create_directories(folder, problem);
    if (fs::exists(target, problem)) {
        return fail(ErrorCode::Conflict, fmt::format("{} exists already", target.string()));
    }
    const fs::path part = target.string() + ".part";
    std::ofstream out{part, std::ios::binary | std::ios::trunc};
    out << kExportColumns << '\n';
    const auto walked = store.each(query, [&](const sensing::Observation& row) {
        out << csv_line(row);
        return out.good();
    });
    out.close();
    if (walked && out.good()) {
        fs::rename(part, target, problem);
        if (!problem) {
            return target.string();
        }
    }
    fs::remove(part, problem);
    return walked ? fail(
                        ErrorCode::StorageUnavailable,
                        fmt::format("{} could not be written", target.string())
                    )
                  : Failure{walked.error()};
}

std::string
where_of(const ObservationQuery& query, const ObservationDialect& dialect, bool with_cursor) {
    ObservationConditions conditions;
    if (query.streams.size() == 1) {
        conditions.add(fmt::format("stream = {}", integer(query.streams.front())));
    } else if (!query.streams.empty()) {
        std::vector<std::string> streams;
        std::transform(
            query.streams.begin(), query.streams.end(), std::back_inserter(streams), integer
        );
        conditions.add(fmt::format("stream IN ({})", fmt::join(streams, ", ")));
    }
    if (query.feature) {
        conditions.add(fmt::format("feature = {}", integer(*query.feature)));
    }
    conditions.range("id", query.id, integer);
    conditions.range("phenomenon_from", query.phenomenon_from, integer);
    conditions.range(dialect.phenomenon_to, query.phenomenon_to, integer);
    if (query.phenomenon_to.to) {
        // No interval begins after it ends: prunes by what is sorted.
        conditions.add(fmt::format("phenomenon_from <= {}", integer(*query.phenomenon_to.to)));
    }
    conditions.range("result_time", query.result_time, integer);
    conditions.range("number", query.number, dialect.number);
    if (query.quality_any != 0) {
        conditions.add(fmt::format("quality & {} <> 0", query.quality_any));
    }
    if (query.quality_none != 0) {
        conditions.add(fmt::format("quality & {} = 0", query.quality_none));
    }
    if (with_cursor && query.after) {
        conditions.add(behind(query, dialect));
    }
    return conditions.text();
}

std::string order_of(const ObservationQuery& query) {
    const auto* direction = query.descending ? "DESC" : "ASC";
    const auto* nulls = query.descending ? "NULLS LAST" : "NULLS FIRST";
    switch (query.order) {
        case ObservationOrder::Id:
            return fmt::format(" ORDER BY id {}", direction);
        case ObservationOrder::PhenomenonTime:
            return fmt::format(" ORDER BY phenomenon_from {0}, id {0}", direction);
        case ObservationOrder::ResultTime:
            return fmt::format(" ORDER BY result_time {0} {1}, id {0}", direction, nulls);
        case ObservationOrder::Result:
            // Numbers have no text and texts no number.
            return fmt::format(
                " ORDER BY number {0} {1}, result {0}, id {0}",
                direction,
                query.descending ? "NULLS FIRST" : "NULLS LAST"
            );
    }
    CS_ASSERT(false);
    return {};
}

}  // namespace chengshu::sql
