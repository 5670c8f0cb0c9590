#include "adapters/duckdb/duck_impl.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace chengshu::duckdb {
namespace {

using ports::ObservationQuery;
using sensing::Observation;
using sensing::ObservationOrder;

/// Rows that one step of a long walk should find.
constexpr std::int64_t kStep = 250'000;

/// A closed interval of what the order looks at.
struct Span {
    std::int64_t low;
    std::int64_t high;

    void narrow(const sensing::Range<std::int64_t>& range) {
        low = range.from ? std::max(low, *range.from) : low;
        high = range.to ? std::min(high, *range.to) : high;
    }

    [[nodiscard]] bool empty() const { return low > high; }
};

/// How wide a part of the span holds about so many of its rows.
std::int64_t width_for(const Span& span, std::int64_t rows, std::int64_t wanted) {
    const auto whole = static_cast<double>(span.high) - static_cast<double>(span.low) + 1;
    const auto part =
        whole * static_cast<double>(wanted) / static_cast<double>(std::max<std::int64_t>(rows, 1));
    return static_cast<std::int64_t>(std::clamp(part, 1.0, 4e18));
}

/// `from` - `by`, as far as numbers go; `by` is not negative.
std::int64_t below(std::int64_t from, std::int64_t by) {
    const auto least = std::numeric_limits<std::int64_t>::min();
    return from < least + by ? least : from - by;
}

/// Cuts the next part off the span, from the end where the order begins.
Span cut(Span& rest, std::int64_t width, bool from_high) {
    Span part = rest;
    // Unsigned: a span can be wider than the greatest signed number.
    const auto size = static_cast<std::uint64_t>(rest.high) - static_cast<std::uint64_t>(rest.low);
    if (size < static_cast<std::uint64_t>(width)) {
        rest = {1, 0};
        return part;
    }
    if (from_high) {
        part.low = rest.high - (width - 1);
        rest.high = part.low - 1;
    } else {
        part.high = rest.low + (width - 1);
        rest.low = part.high + 1;
    }
    return part;
}

std::string select(const std::string& where, const ObservationQuery& query, std::int64_t most) {
    return fmt::format(
        "SELECT {} FROM observations{}{}{}",
        kColumns,
        where,
        sql::order_of(query),
        most > 0 ? fmt::format(" LIMIT {}", most) : ""
    );
}

/// Shows rows to `visit`; counts them and remembers when it has seen enough.
class Visitor {
public:
    Visitor(const std::function<bool(const Observation&)>& visit, std::int64_t most)
        : visit_(visit), most_(most) {}

    bool operator()(const Chunk& chunk) {
        for (idx_t row = 0; row < chunk.size() && !done_; ++row) {
            ++seen_;
            done_ = !visit_(read_row(chunk, row)) || seen_ == most_;
        }
        return !done_;
    }

    [[nodiscard]] bool done() const { return done_; }

    [[nodiscard]] std::int64_t seen() const { return seen_; }

    [[nodiscard]] std::int64_t missing() const { return most_ == 0 ? 0 : most_ - seen_; }

private:
    const std::function<bool(const Observation&)>& visit_;
    std::int64_t most_;
    std::int64_t seen_ = 0;
    bool done_ = false;
};

}  // namespace

std::optional<std::pair<std::int64_t, std::int64_t>>
DuckObservations::Impl::bounds(const ObservationQuery& query, std::int64_t& rows) const {
    const bool by_id = query.order == ObservationOrder::Id;
    const std::shared_lock lock{summaries_mutex};
    rows = 0;
    Span span{std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::min()};
    const auto take = [&](const sensing::StreamSummary& summary) {
        rows += summary.count;
        span.low = std::min(span.low, summary.first_phenomenon);
        span.high = std::max(span.high, summary.latest.phenomenon_from);
    };
    if (by_id && query.streams.empty()) {
        rows = last_id;
    } else if (query.streams.empty()) {
        for (const auto& [stream, summary] : summaries) {
            take(summary);
        }
    } else {
        for (const auto stream : query.streams) {
            if (const auto found = summaries.find(stream); found != summaries.end()) {
                take(found->second);
            }
        }
    }
    if (rows == 0) {
        return {};
    }
    if (by_id) {
        span = {1, last_id};
    }
    return std::pair{span.low, span.high};
}

/// A sort of all rows for the sake of one page would read everything. Where the order is by id or
/// time, parts of the span are asked for one after the other, wider when they hold little.
Status DuckObservations::Impl::scan(
    Connection& connection,
    const ObservationQuery& query,
    std::int64_t most,
    const std::function<bool(const Observation&)>& visit
) const {
    const auto where = sql::where_of(query, dialect(), true);
    Visitor visitor{visit, most};
    if (query.order == ObservationOrder::ResultTime || query.order == ObservationOrder::Result) {
        return connection.read(select(where, query, most), std::ref(visitor));
    }
    std::int64_t rows = 0;
    const auto ends = bounds(query, rows);
    if (!ends) {
        return ok();
    }
    const bool by_id = query.order == ObservationOrder::Id;
    Span rest{ends->first, ends->second};
    const auto width_rows = width_for(rest, rows, most > 0 ? std::min(most * 2, kStep) : kStep);
    auto width = width_rows;
    rest.narrow(by_id ? query.id : query.phenomenon_from);
    if (query.after) {
        const auto at = by_id ? query.after->id : *query.after->time;
        (query.descending ? rest.high : rest.low) =
            query.descending ? std::min(rest.high, at) : std::max(rest.low, at);
    }
    // One picture for all parts.
    CS_TRY(transaction, Transaction::begin(connection));
    while (!rest.empty() && !visitor.done()) {
        const auto part = cut(rest, width, query.descending);
        const auto condition = fmt::format(
            "{0}{1} >= {2} AND {1} <= {3}",
            where.empty() ? " WHERE " : where + " AND ",
            by_id ? "id" : "phenomenon_from",
            part.low,
            part.high
        );
        const auto before = visitor.seen();
        CS_CHECK(connection.read(select(condition, query, visitor.missing()), std::ref(visitor)));
        if (visitor.seen() - before < kStep / 4 &&
            width < std::numeric_limits<std::int64_t>::max() / 8) {
            width *= 4;
        }
    }
    return ok();
}

Result<std::optional<Observation>> DuckObservations::find(std::int64_t id) {
    return impl_->readers.with([&](Connection& reader) -> Result<std::optional<Observation>> {
        std::optional<Observation> found;
        CS_CHECK(reader.read(
            fmt::format("SELECT {} FROM observations WHERE id = {}", kColumns, id),
            [&](const Chunk& chunk) {
                if (chunk.size() > 0) {
                    found = read_row(chunk, 0);
                }
                return !found;
            }
        ));
        return found;
    });
}

Result<std::vector<Observation>> DuckObservations::query(const ObservationQuery& query) {
    CS_CHECK(sql::check(query));
    return impl_->readers.with([&](Connection& reader) -> Result<std::vector<Observation>> {
        std::vector<Observation> found;
        std::int64_t skip = query.offset;
        CS_CHECK(impl_->scan(reader, query, query.offset + query.limit, [&](const auto& row) {
            if (skip > 0) {
                --skip;
            } else {
                found.push_back(row);
            }
            return true;
        }));
        return found;
    });
}

Status DuckObservations::each(
    const ObservationQuery& query,
    const std::function<bool(const Observation&)>& visit
) {
    CS_CHECK(sql::check(query));
    return impl_->readers.with([&](Connection& reader) {
        return impl_->scan(reader, query, 0, visit);
    });
}

Result<std::int64_t> DuckObservations::count(const ObservationQuery& query) {
    CS_CHECK(sql::check(query));
    if (sql::only_streams(query)) {
        const std::unordered_set<std::int64_t> streams{query.streams.begin(), query.streams.end()};
        const std::shared_lock lock{impl_->summaries_mutex};
        std::int64_t rows = streams.empty() ? impl_->row_count : 0;
        for (const auto stream : streams) {
            const auto found = impl_->summaries.find(stream);
            rows += found == impl_->summaries.end() ? 0 : found->second.count;
        }
        return rows;
    }
    const auto sql = "SELECT count(*) FROM observations" + sql::where_of(query, dialect(), false);
    return impl_->readers.with([&](Connection& reader) -> Result<std::int64_t> {
        CS_TRY(rows, reader.integer(sql));
        return rows.value_or(0);
    });
}

Result<std::vector<Observation>>
DuckObservations::latest(std::span<const std::int64_t> streams, int n) {
    CS_CHECK(sql::check_latest(streams, n));
    std::vector<Observation> found;
    if (n == 1) {
        const std::shared_lock lock{impl_->summaries_mutex};
        for (const auto stream : streams) {
            const auto summary = impl_->summaries.find(stream);
            if (summary != impl_->summaries.end()) {
                found.push_back(summary->second.latest);
            }
        }
        return found;
    }
    return impl_->readers.with([&](Connection& reader) -> Result<std::vector<Observation>> {
        CS_TRY(by_stream, impl_->latest(reader, streams, n));
        for (const auto stream : streams) {
            const auto& rows = by_stream[stream];
            found.insert(found.end(), rows.begin(), rows.end());
        }
        return found;
    });
}

/// The whole of the streams need not be read: how often a stream reports says how far back its n
/// latest reach. Those that reach back about as far are read together; where that gave too few,
/// further back.
Result<std::unordered_map<std::int64_t, std::vector<Observation>>> DuckObservations::Impl::latest(
    Connection& connection,
    std::span<const std::int64_t> streams,
    int n
) const {
    struct Wanted {
        std::int64_t stream;
        std::int64_t rows;
        std::int64_t first;
        std::int64_t width;
        std::int64_t low;
    };

    std::vector<Wanted> wanted;
    {
        const std::shared_lock lock{summaries_mutex};
        for (const auto stream : streams) {
            if (const auto found = summaries.find(stream); found != summaries.end()) {
                const auto& summary = found->second;
                const auto last = summary.latest.phenomenon_from;
                const auto width =
                    width_for({summary.first_phenomenon, last}, summary.count, std::int64_t{2} * n);
                wanted.push_back(
                    {stream,
                     std::min<std::int64_t>(n, summary.count),
                     summary.first_phenomenon,
                     width,
                     below(last, width)}
                );
            }
        }
    }
    std::unordered_map<std::int64_t, std::vector<Observation>> found;
    // One picture for all parts.
    CS_TRY(transaction, Transaction::begin(connection));
    while (!wanted.empty()) {
        std::sort(wanted.begin(), wanted.end(), [](const Wanted& a, const Wanted& b) {
            return a.low > b.low;
        });
        const auto reach = below(wanted.front().low, wanted.front().width);
        std::vector<std::int64_t> together;
        std::int64_t low = wanted.front().low;
        for (const auto& one : wanted) {
            if (one.low < reach) {
                break;
            }
            together.push_back(one.stream);
            found[one.stream].clear();
            low = one.low;
        }
        const auto sql = fmt::format(
            "SELECT {} FROM observations WHERE {} AND phenomenon_from >= {} QUALIFY row_number() "
            "OVER (PARTITION BY stream ORDER BY phenomenon_from DESC, id DESC) <= {} "
            "ORDER BY phenomenon_from DESC, id DESC",
            kColumns,
            stream_in(together),
            low,
            n
        );
        CS_CHECK(connection.read(sql, [&](const Chunk& chunk) {
            for (idx_t row = 0; row < chunk.size(); ++row) {
                auto read = read_row(chunk, row);
                found[read.stream].push_back(std::move(read));
            }
            return true;
        }));
        const auto last = wanted.begin() + static_cast<std::ptrdiff_t>(together.size());
        const auto enough = std::remove_if(wanted.begin(), last, [&](const Wanted& one) {
            return low <= one.first ||
                   static_cast<std::int64_t>(found[one.stream].size()) >= one.rows;
        });
        for (auto one = wanted.begin(); one != enough; ++one) {
            one->width = one->width > std::numeric_limits<std::int64_t>::max() / 16
                             ? std::numeric_limits<std::int64_t>::max()
                             : one->width * 8;
            one->low = below(low, one->width);
        }
        wanted.erase(enough, last);
    }
    return found;
}

}  // namespace chengshu::duckdb
