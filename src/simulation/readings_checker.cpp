#include "simulation/readings_checker.hpp"

#include "base/time.hpp"
#include "domain/sensing/quality.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace chengshu::simulation {
namespace {

using sensing::Observation;
using sensing::QualityFlag;

bool has(const Observation& row, QualityFlag flag) {
    return (row.quality & static_cast<std::uint32_t>(flag)) != 0;
}

bool same_content(Observation stored, const Observation& sent) {
    stored.id = sent.id;
    stored.quality = sent.quality;
    stored.received_at = sent.received_at;
    return stored == sent;
}

bool beyond(const sensing::AlarmRule& rule, double value, double limit) {
    return rule.when == sensing::Comparison::Below ? value < limit : value > limit;
}

/// Where the rule is raised on rows in order of time: (position of the raising row, since).
std::vector<std::pair<std::size_t, std::int64_t>>
episodes(const sensing::AlarmRule& rule, const std::vector<Observation>& rows) {
    std::vector<std::pair<std::size_t, std::int64_t>> out;
    const auto silent = [&](std::size_t i) {
        return i > 0 && rule.gap.count() > 0 &&
               rows[i].phenomenon_from - rows[i - 1].phenomenon_to > rule.gap.count();
    };
    std::size_t i = 0;
    while (i < rows.size()) {
        // A run of rows beyond the limit that lasts long enough.
        std::size_t first = i;
        bool raised = false;
        for (; i < rows.size() && beyond(rule, *rows[i].number, rule.limit); ++i) {
            first = silent(i) ? i : first;
            if (rows[i].phenomenon_to - rows[first].phenomenon_from >= rule.lasts.count()) {
                raised = true;
                break;
            }
        }
        if (!raised) {
            ++i;
            continue;
        }
        out.emplace_back(i, rows[first].phenomenon_from);
        // Then a run of rows back behind the other limit that lasts long enough.
        std::optional<std::size_t> back;
        for (++i; i < rows.size(); ++i) {
            if (beyond(rule, *rows[i].number, rule.clear_limit)) {
                back.reset();
                continue;
            }
            back = back && !silent(i) ? back : i;
            if (rows[i].phenomenon_to - rows[*back].phenomenon_from >= rule.clear_lasts.count()) {
                break;
            }
        }
        ++i;
    }
    return out;
}

}  // namespace

ReadingsChecker::Rows ReadingsChecker::all(memory::MemoryObservations& rows) {
    Rows out;
    // Past the faults: the checker has a door of its own.
    static_cast<void>(rows.MemoryObservations::each({}, [&](const Observation& row) {
        out.push_back(row);
        return true;
    }));
    std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
    return out;
}

void ReadingsChecker::check_rows(
    memory::MemoryObservations& rows,
    const std::map<int, SentBatch>& sent,
    bool all_answered
) {
    std::map<std::int64_t, std::vector<Observation>> stored;
    for (auto& row : all(rows)) {
        stored[row.result_time.value_or(-1)].push_back(row);
    }
    std::size_t expected = 0;
    for (const auto& [number, batch] : sent) {
        std::size_t found = 0;
        for (std::size_t i = 0; i < batch.rows.size(); ++i) {
            const auto& row = batch.rows[i];
            const auto at = stored.find(*row.result_time);
            if (at == stored.end()) {
                continue;
            }
            ++found;
            if (at->second.size() != 1) {
                findings_.add(fmt::format("a row of batch {} is stored twice", batch.key));
            }
            const auto& kept = at->second.front();
            if (!same_content(kept, row)) {
                findings_.add(fmt::format("a row of batch {} was changed", batch.key));
            }
            if (batch.ids && kept.id != *batch.ids + static_cast<std::int64_t>(i)) {
                findings_.add(fmt::format("batch {} has other ids than were told", batch.key));
            }
        }
        const bool whole = found == batch.rows.size();
        if (found != 0 && (!whole || !batch.delivered || batch.refusal_due)) {
            findings_.add(fmt::format(
                "{} of {} rows of batch {} are stored", found, batch.rows.size(), batch.key
            ));
        }
        if (!whole && batch.ids) {
            findings_.add(fmt::format("batch {} was acknowledged and is not there", batch.key));
        }
        if (all_answered && !batch.ids && !batch.refusal_due) {
            findings_.stuck(fmt::format("batch {} is never accepted", batch.key));
        }
        expected += found;
    }
    std::size_t count = 0;
    for (const auto& [token, same] : stored) {
        count += same.size();
    }
    if (count != expected) {
        findings_.add(fmt::format("{} rows are stored, {} of them were sent", count, expected));
    }
}

void ReadingsChecker::check_summaries(memory::MemoryObservations& rows) {
    std::map<std::int64_t, Rows> by_stream;
    for (auto& row : all(rows)) {
        by_stream[row.stream].push_back(row);
    }
    for (const auto& [stream, list] : by_stream) {
        const auto summary = rows.MemoryObservations::summary(stream);
        if (!summary || !*summary) {
            findings_.add(fmt::format("stream {} has rows and no summary", stream));
            continue;
        }
        const auto& got = **summary;
        const auto latest =
            std::max_element(list.begin(), list.end(), [](const auto& a, const auto& b) {
                return std::pair(a.phenomenon_from, a.id) < std::pair(b.phenomenon_from, b.id);
            });
        std::int64_t first = list.front().phenomenon_from;
        std::int64_t last = list.front().phenomenon_to;
        for (const auto& row : list) {
            first = std::min(first, row.phenomenon_from);
            last = std::max(last, row.phenomenon_to);
        }
        const bool good = got.count == static_cast<std::int64_t>(list.size()) &&
                          got.first_phenomenon == first && got.last_phenomenon == last &&
                          got.last_id == list.back().id && got.latest == *latest;
        if (!good) {
            findings_.add(fmt::format("the summary of stream {} differs from its rows", stream));
        }
    }
}

void ReadingsChecker::judge_stream(const WatchedStream& stream, const Rows& rows) {
    std::optional<Observation> newest;  // of the greatest time, the last that came
    for (const auto& row : rows) {
        const bool late = row.received_at - row.phenomenon_to >= stream.late_after;
        const bool older = newest && row.phenomenon_to < newest->phenomenon_to;
        const bool credible = row.number && *row.number >= stream.min && *row.number <= stream.max;
        const bool twice = newest && credible && row.phenomenon_to == newest->phenomenon_to &&
                           row.number == newest->number;
        const auto expect = [&](QualityFlag flag, bool due, const char* name) {
            if (has(row, flag) != due) {
                findings_.add(fmt::format(
                    "row {} of stream {} {} flagged {}",
                    row.id,
                    stream.id,
                    due ? "is not" : "is",
                    name
                ));
            }
        };
        expect(QualityFlag::Late, late, "late");
        expect(QualityFlag::OutOfOrder, older, "out of order");
        expect(QualityFlag::Duplicate, twice, "duplicate");
        expect(QualityFlag::AboveRange, row.number && *row.number > stream.max, "above range");
        if (!newest || row.phenomenon_to >= newest->phenomenon_to) {
            newest = row;
        }
    }
}

void ReadingsChecker::check_flags(memory::MemoryObservations& rows) {
    const auto everything = all(rows);
    for (const auto& stream : streams_) {
        Rows own;
        std::copy_if(
            everything.begin(),
            everything.end(),
            std::back_inserter(own),
            [&](const auto& row) { return row.stream == stream.id; }
        );
        judge_stream(stream, own);
    }
}

void ReadingsChecker::take_page(const Rows& page) {
    for (const auto& row : page) {
        const auto stream = std::find_if(streams_.begin(), streams_.end(), [&](const auto& known) {
            return known.id == row.stream;
        });
        if (stream == streams_.end() || !row.number) {
            continue;
        }
        for (std::size_t i = 0; i < rules_.size(); ++i) {
            if (!rules_[i].thing.empty() && rules_[i].thing != stream->thing) {
                continue;
            }
            auto& seen = watched_[{i, row.stream}];
            const bool newer = seen.empty() || row.phenomenon_to > seen.back().phenomenon_to;
            if ((row.quality & rules_[i].ignore) != 0 || !newer) {
                continue;
            }
            seen.push_back(row);
            const auto raised = episodes(rules_[i], seen);
            if (raised.empty() || raised.back().first + 1 != seen.size()) {
                continue;
            }
            const auto pair = rules_[i].code + "/" + stream->thing;
            const auto earlier = latest_.find(pair);
            if (earlier != latest_.end() && open_[earlier->second]) {
                continue;
            }
            const auto id = pair + "/" + format_utc(from_millis(raised.back().second));
            demanded_.insert(id);
            latest_[pair] = id;
            open_[id] = true;
        }
    }
}

void ReadingsChecker::check_alarms(memory::MemoryObservations& rows, memory::MemoryStore& ledger) {
    const auto stored = ledger.MemoryStore::document("sensing.alarm_cursor", "observations");
    std::int64_t cursor = cursor_;
    if (stored && *stored) {
        cursor = boost::json::parse((*stored)->body).at("id").to_number<std::int64_t>();
    }
    if (cursor < cursor_) {
        findings_.add("the cursor of the alarms has gone back");
    }
    Rows page;
    if (cursor > cursor_) {
        for (const auto& row : all(rows)) {
            if (row.id > cursor_ && row.id <= cursor) {
                page.push_back(row);
            }
        }
    }
    std::stable_sort(page.begin(), page.end(), [](const auto& a, const auto& b) {
        return a.phenomenon_from < b.phenomenon_from;
    });
    take_page(page);
    cursor_ = cursor;
    std::multiset<std::string> found;
    ports::ReportQuery query;
    query.source = "iot";
    query.limit = 1'000;
    std::set<std::int64_t> numbers;
    const auto reports = ledger.MemoryStore::find_reports(query);
    for (const auto& report : *reports) {
        found.insert(report.external_id);
        const auto held = ledger.MemoryStore::find_case(report.case_id);
        if (report.state != "case" || !numbers.insert(report.case_id.value).second || !*held) {
            findings_.add(fmt::format("report {} has no case of its own", report.external_id));
            continue;
        }
        open_[report.external_id] = (*held)->open;
    }
    if (found != demanded_) {
        for (const auto& id : demanded_) {
            if (found.count(id) != demanded_.count(id)) {
                findings_.add(fmt::format("{} demands a case: {} are there", id, found.count(id)));
            }
        }
        for (const auto& id : found) {
            if (demanded_.count(id) == 0) {
                findings_.add(fmt::format("nothing demands the case {}", id));
            }
        }
    }
}

}  // namespace chengshu::simulation
