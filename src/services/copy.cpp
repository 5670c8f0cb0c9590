#include "services/copy.hpp"

#include "services/case_row.hpp"

#include <fmt/format.h>

#include <bit>
#include <cstring>
#include <map>

namespace chengshu::services {
namespace {

/// A hash of one row in two lanes, word by word. It has to notice what was lost or changed on the
/// way, not to withstand anybody.
class RowHash {
public:
    void add(std::uint64_t word) {
        // Odd constants of the splitmix64 and murmur3 finalizers.
        left_ = std::rotl((left_ ^ word) * 0xBF58476D1CE4E5B9U, 31);
        right_ = (std::rotl(right_, 27) ^ word) * 0x94D049BB133111EBU + 0x9E3779B97F4A7C15U;
    }

    void add(std::int64_t value) { add(static_cast<std::uint64_t>(value)); }

    void add(int value) { add(static_cast<std::uint64_t>(value)); }

    void add(bool value) { add(std::uint64_t{value ? 1U : 0U}); }

    void add(double value) { add(std::bit_cast<std::uint64_t>(value)); }

    void add(std::string_view text) {
        add(std::uint64_t{text.size()});
        while (!text.empty()) {
            std::uint64_t word = 0;
            const auto taken = std::min(text.size(), sizeof(word));
            std::memcpy(&word, text.data(), taken);
            add(word);
            text.remove_prefix(taken);
        }
    }

    void add(const std::string& text) { add(std::string_view{text}); }

    template <class Value>
    void add(const std::optional<Value>& value) {
        add(value.has_value());
        if (value) {
            add(*value);
        }
    }

    void add_to(TableDigest& table) const {
        ++table.rows;
        table.sum[0] += (left_ ^ (left_ >> 29)) * 0xFF51AFD7ED558CCDU;
        table.sum[1] += (right_ ^ (right_ >> 32)) * 0xC4CEB9FE1A85EC53U;
    }

private:
    std::uint64_t left_ = 1;
    std::uint64_t right_ = 2;
};

template <class... Values>
void count(TableDigest& table, const Values&... values) {
    RowHash hash;
    (hash.add(values), ...);
    hash.add_to(table);
}

void count_case(TableDigest& table, const ports::CaseRow& row) {
    count(
        table,
        row.id.value,
        row.version,
        row.body,
        row.state,
        row.open,
        row.workflow,
        row.category,
        row.path,
        row.area_1,
        row.area_2,
        row.department,
        row.queue,
        row.holder,
        row.source,
        row.collector,
        row.reported_at,
        row.updated_at,
        row.reported_day,
        row.filed_day,
        row.closed_day,
        row.next_timer,
        row.facts,
        row.lon,
        row.lat,
        row.cell,
        row.parent.value
    );
}

void count_part(StoreDigest& digest, const ports::Changes& part) {
    for (const auto& change : part.cases) {
        count_case(digest.cases, change.row);
    }
    for (const auto& row : part.reports) {
        count(
            digest.reports,
            row.id.value,
            row.case_id.value,
            row.source,
            row.state,
            row.external_id,
            row.received_at,
            row.body,
            row.reporter
        );
    }
    for (const auto& row : part.journal) {
        count(
            digest.journal, row.seq.value, row.at, row.case_id.value, row.type, row.actor, row.body
        );
    }
    for (const auto& row : part.cells) {
        RowHash hash;
        hash.add(row.key.kind);
        hash.add(row.key.subject);
        hash.add(row.key.day);
        for (const auto value : row.values) {
            hash.add(value);
        }
        hash.add_to(digest.cells);
    }
    for (const auto& row : part.documents) {
        count(digest.documents, row.kind, row.id, row.body);
    }
    for (const auto& row : part.idempotency) {
        count(digest.idempotency, row.key, row.fingerprint, row.response, row.at);
    }
}

void count_observation(TableDigest& table, const sensing::Observation& row) {
    count(
        table,
        row.id,
        row.stream,
        row.phenomenon_from,
        row.phenomenon_to,
        row.result_time,
        row.received_at,
        row.number,
        row.result,
        row.feature,
        std::uint64_t{row.quality},
        row.extra
    );
}

void count_part(ObservationDigest& digest, const ports::ObservationPart& part) {
    for (const auto& row : part.rows) {
        count_observation(digest.rows, row);
    }
    for (const auto& key : part.keys) {
        count(digest.keys, key.key, key.fingerprint, key.answer, key.at);
    }
    for (const auto& hour : part.hours) {
        count(
            digest.hours,
            hour.stream,
            hour.hour,
            hour.count,
            hour.others,
            hour.sum,
            hour.min,
            hour.max
        );
    }
    digest.last_id = std::max(digest.last_id, part.last_id);
}

void count_stream(TableDigest& table, const sensing::StreamSummary& summary) {
    TableDigest latest;
    count_observation(latest, summary.latest);
    count(
        table,
        summary.stream,
        summary.count,
        summary.first_phenomenon,
        summary.last_phenomenon,
        summary.first_result_time,
        summary.last_result_time,
        summary.last_id,
        latest.sum[0]
    );
}

/// Tells how far the work has got, once for each part.
class Stages {
public:
    Stages(const CopyProgress& progress, ports::StoreStats totals)
        : progress_(progress), totals_(totals) {}

    Status report(const StoreDigest& digest, const ports::Changes& part) const {
        const bool more =
            !part.cases.empty()       ? tell("cases", digest.cases.rows, totals_.cases)
            : !part.reports.empty()   ? tell("reports", digest.reports.rows, totals_.reports)
            : !part.journal.empty()   ? tell("journal", digest.journal.rows, totals_.head.value)
            : !part.cells.empty()     ? tell("cells", digest.cells.rows, 0)
            : !part.documents.empty() ? tell("documents", digest.documents.rows, 0)
                                      : tell("keys", digest.idempotency.rows, 0);
        return stopped_unless(more);
    }

    static Status stopped_unless(bool more) {
        return more ? ok() : Status(fail(ErrorCode::StorageUnavailable, "the copy was stopped"));
    }

private:
    [[nodiscard]] bool tell(const char* stage, std::int64_t done, std::int64_t total) const {
        return !progress_ || progress_(stage, done, total);
    }

    const CopyProgress& progress_;
    ports::StoreStats totals_;
};

Status report(
    const CopyProgress& progress,
    const char* stage,
    const ObservationDigest& digest,
    std::int64_t total
) {
    return Stages::stopped_unless(!progress || progress(stage, digest.rows.rows, total));
}

Status add_terms(std::vector<ports::Changes::CaseChange>& changes, const Definitions& definitions) {
    for (auto& change : changes) {
        auto value = from_row(change.row);
        if (!value) {
            return fail(
                value.error().code,
                fmt::format(
                    "case {}: {}; run `chengshu verify`",
                    cases::format_case_id(change.row.id),
                    value.error().context
                )
            );
        }
        change.row.terms = search_terms(*value, definitions);
    }
    return ok();
}

struct Compared {
    const char* table;
    const TableDigest& given;
    const TableDigest& found;
};

Status compare(std::initializer_list<Compared> tables) {
    std::string different;
    for (const auto& [table, given, found] : tables) {
        if (given != found) {
            different += fmt::format(
                "{}{} ({} rows of {})", different.empty() ? "" : ", ", table, found.rows, given.rows
            );
        }
    }
    return different.empty() ? ok()
                             : Status(fail(
                                   ErrorCode::Internal,
                                   fmt::format(
                                       "the copy differs from what was copied and must not be "
                                       "used: {}",
                                       different
                                   )
                               ));
}

}  // namespace

Result<StoreDigest> digest_of(ports::Store& store, const CopyProgress& progress) {
    CS_TRY(totals, store.stats());
    const Stages stages(progress, totals);
    StoreDigest digest;
    CS_CHECK(store.dump([&](const ports::Changes& part) {
        count_part(digest, part);
        return stages.report(digest, part);
    }));
    return digest;
}

Result<ObservationDigest> digest_of(ports::ObservationStore& store, const CopyProgress& progress) {
    CS_TRY(totals, store.stats());
    ObservationDigest digest;
    CS_CHECK(store.dump([&](const ports::ObservationPart& part) {
        count_part(digest, part);
        return report(progress, "compare", digest, totals.rows);
    }));
    CS_CHECK(store.each_summary([&](const sensing::StreamSummary& summary) {
        count_stream(digest.streams, summary);
    }));
    return digest;
}

Result<StoreDigest> copy_store(
    ports::Store& from,
    ports::Store& to,
    const Definitions& definitions,
    const CopyProgress& progress
) {
    CS_TRY(totals, from.stats());
    const Stages stages(progress, totals);
    StoreDigest given;
    CS_CHECK(to.load([&](const ports::PartSink& take) {
        return from.dump([&](const ports::Changes& shown) -> Status {
            count_part(given, shown);
            CS_CHECK(stages.report(given, shown));
            if (shown.cases.empty()) {
                return take(shown);
            }
            auto part = shown;
            CS_CHECK(add_terms(part.cases, definitions));
            return take(part);
        });
    }));
    CS_TRY(found, digest_of(to, progress));
    CS_CHECK(compare(
        {{"cases", given.cases, found.cases},
         {"reports", given.reports, found.reports},
         {"journal", given.journal, found.journal},
         {"cells", given.cells, found.cells},
         {"documents", given.documents, found.documents},
         {"idempotency", given.idempotency, found.idempotency}}
    ));
    return given;
}

Result<ObservationDigest> copy_observations(
    ports::ObservationStore& from,
    ports::ObservationStore& to,
    const CopyProgress& progress
) {
    CS_TRY(totals, from.stats());
    ObservationDigest given;
    std::map<std::int64_t, sensing::StreamSummary> summaries;
    CS_CHECK(to.load([&](const ports::ObservationSink& take) {
        return from.dump([&](const ports::ObservationPart& part) -> Status {
            count_part(given, part);
            for (const auto& row : part.rows) {
                sensing::add(summaries[row.stream], row);
            }
            CS_CHECK(report(progress, "readings", given, totals.rows));
            return take(part);
        });
    }));
    for (const auto& [stream, summary] : summaries) {
        count_stream(given.streams, summary);
    }
    CS_TRY(found, digest_of(to, progress));
    CS_CHECK(compare(
        {{"readings", given.rows, found.rows},
         {"keys", given.keys, found.keys},
         {"hours", given.hours, found.hours},
         {"streams", given.streams, found.streams}}
    ));
    if (found.last_id != given.last_id) {
        return fail(
            ErrorCode::Internal,
            fmt::format("the last reading of the copy is {}, not {}", found.last_id, given.last_id)
        );
    }
    return given;
}

}  // namespace chengshu::services
