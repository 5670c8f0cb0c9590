#include "simulation/whole_checker.hpp"

#include "services/indicators.hpp"
#include "services/statistics.hpp"
#include "services/verify.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <tuple>

namespace chengshu::simulation {
namespace {

constexpr int kSamples = 12;
constexpr int kCheckedPage = 100;
constexpr const char* kCityArea = "110000";

bool marked(const cases::Case& value, const char* mark) {
    return value.marks.contains(mark);
}

int counter(const cases::Case& value, const char* name) {
    const auto found = value.counters.find(name);
    return found == value.counters.end() ? 0 : found->second;
}

const cases::Clock* clock_of(const cases::Case& value, const char* code) {
    const auto found = value.clocks.find(code);
    return found == value.clocks.end() ? nullptr : &found->second;
}

bool late(const cases::Case& value, const char* code) {
    const auto* clock = clock_of(value, code);
    return clock != nullptr && clock->overdue;
}

bool exempt(const cases::Case& value, const char* code) {
    const auto* clock = clock_of(value, code);
    return clock != nullptr && clock->exempt;
}

/// The basic counts of the composite score, straight from the cases.
struct Tally {
    std::int64_t filed = 0;
    std::int64_t closed = 0;
    std::int64_t should_close = 0;
    std::int64_t closed_on_time = 0;
    std::int64_t rework = 0;
    std::int64_t supervise = 0;
    std::int64_t supervise_open = 0;
};

class WholeChecker {
public:
    WholeChecker(
        const SimCity& city,
        memory::MemoryStore& store,
        const JournalChecker& journal,
        SeededRandom& random,
        Findings& findings
    )
        : city_(city), store_(store), journal_(journal), random_(random), findings_(findings) {}

    void run() {
        verified();
        area_cells();
        members();
        drill_down();
        over_periods();
        families();
        if (city_.variant != 4) {
            composite();
        }
    }

private:
    void verified() {
        const auto result = services::verify(store_, *city_.definitions, {});
        if (!result) {
            findings_.add("verify fails: " + result.error().context);
            return;
        }
        for (const auto& item : result->differences) {
            findings_.add(fmt::format(
                "verify: {}: stored {}, recomputed {}", item.what, item.stored, item.recomputed
            ));
        }
        if (result->entries != journal_.entries() ||
            result->cases != static_cast<std::int64_t>(journal_.cases().size())) {
            findings_.add(fmt::format(
                "verify saw {} entries and {} cases, the journal has {} and {}",
                result->entries,
                result->cases,
                journal_.entries(),
                journal_.cases().size()
            ));
        }
    }

    /// Four measures of areas, counted here.
    void area_cells() {
        std::map<std::tuple<std::string, int, std::string>, std::int64_t> counts;
        const auto& zone = city_.calendar->zone();
        for (const auto& [id, known] : journal_.cases()) {
            const auto& value = known.value;
            for (const auto& area : value.path) {
                const int day = date_key(zone.local_date(value.reported_at));
                counts[{area, day, "reported"}] += 1;
                counts[{area, day, "reports"}] += counter(value, "reports");
                if (marked(value, "filed")) {
                    const int filed = date_key(zone.local_date(value.marks.at("filed")));
                    counts[{area, filed, "filed"}] += marked(value, "voided") ? 0 : 1;
                    counts[{area, filed, "closed"}] +=
                        marked(value, "closed") && !marked(value, "voided") ? 1 : 0;
                }
            }
        }
        ports::CellQuery query;
        query.kind = "area";
        const auto rows = store_.cells(query);
        for (const char* code : {"reported", "reports", "filed", "closed"}) {
            const auto bit =
                static_cast<std::size_t>(city_.definitions->evaluation.measure(code)->bit);
            for (const auto& row : *rows) {
                const auto stored = bit < row.values.size() ? row.values[bit] : 0;
                auto& counted = counts[{row.key.subject, row.key.day, code}];
                if (stored != counted) {
                    findings_.add(fmt::format(
                        "cell area/{}/{} {}: stored {}, counted {}",
                        row.key.subject,
                        row.key.day,
                        code,
                        stored,
                        counted
                    ));
                }
                counted = 0;
            }
        }
        for (const auto& [key, count] : counts) {
            if (count != 0) {
                findings_.add(fmt::format(
                    "cell area/{}/{} {} is missing: {}",
                    std::get<0>(key),
                    std::get<1>(key),
                    std::get<2>(key),
                    count
                ));
            }
        }
    }

    /// The members of a dimension make up their area.
    void members() {
        ports::CellQuery query;
        query.kind = "area";
        const auto areas = store_.cells(query);
        for (const auto& dimension : city_.definitions->evaluation.dimensions) {
            std::map<std::pair<std::string, int>, std::vector<std::int64_t>> sums;
            const auto add = [&](const std::string& area, const ports::CellRow& row, int sign) {
                auto& sum = sums[{area, row.key.day}];
                sum.resize(std::max(sum.size(), row.values.size()));
                for (std::size_t i = 0; i < row.values.size(); ++i) {
                    sum[i] += sign * row.values[i];
                }
            };
            for (const auto& row : *areas) {
                if (dimension.areas.contains(row.key.subject)) {
                    add(row.key.subject, row, 1);
                }
            }
            query.kind = dimension.kind;
            const auto rows = store_.cells(query);
            for (const auto& row : *rows) {
                add(indicators::area_member({0, row.key.subject, row.key.kind})->area, row, -1);
            }
            for (const auto& [key, left] : sums) {
                if (!services::same_counts(left, {})) {
                    findings_.add(fmt::format(
                        "the members of {} in {} on {} do not make up the area",
                        dimension.code,
                        key.first,
                        key.second
                    ));
                }
            }
        }
    }

    void drill_down() {
        for (const auto& kind : city_.definitions->evaluation.cell_kinds()) {
            ports::CellQuery query;
            query.kind = kind;
            const auto rows = store_.cells(query);
            for (int i = 0; i < kSamples / 3 && !rows->empty(); ++i) {
                const auto& row = (*rows)[random_.below(rows->size())];
                const auto& measures = city_.definitions->evaluation.measures;
                const auto& measure = measures[random_.below(measures.size())];
                const auto bit = static_cast<std::size_t>(measure.bit);
                const auto stored = bit < row.values.size() ? row.values[bit] : 0;
                opened(row.key, row.key.day, measure, stored);
            }
        }
    }

    /// A measure as an indicator, over periods of every kind.
    void over_periods() {
        static constexpr std::array<std::string_view, 8> kCycles{
            "day", "week", "ten_days", "month", "month_from_19", "quarter", "year", "9_days"
        };
        const auto& zone = city_.calendar->zone();
        const auto& evaluation = city_.definitions->evaluation;
        const auto kinds = evaluation.cell_kinds();
        access::Principal judge;
        judge.kind = access::PrincipalKind::System;
        for (int i = 0; i < kSamples; ++i) {
            const auto& kind = kinds[random_.below(kinds.size())];
            const auto& measure = evaluation.measures[random_.below(evaluation.measures.size())];
            ports::CellQuery query;
            query.kind = kind;
            const auto rows = store_.cells(query);
            if (rows->empty()) {
                continue;
            }
            const auto& row = (*rows)[random_.below(rows->size())];
            const auto at = city_.begin + std::chrono::hours(random_.below(24 * 60));
            const auto period = indicators::period_at(
                *indicators::cycle_of(kCycles[random_.below(kCycles.size())]), at, zone
            );
            services::StoredFacts facts(
                store_, nullptr, judge, *city_.definitions, period.from, period.to
            );
            indicators::Calculation calculation(city_.definitions->indicators, zone, facts);
            const auto value = calculation.value(measure.code, {0, row.key.subject, kind}, period);
            if (!facts.status() || !value.number) {
                findings_.add(fmt::format("indicator {} has no value", measure.code));
                return;
            }
            const auto [from, to] = indicators::days_of(period, zone);
            opened(
                {kind, row.key.subject, date_key(from)},
                date_key(to),
                measure,
                static_cast<std::int64_t>(*value.number)
            );
        }
    }

    /// What is counted for a subject from the key's day to `day_to` is what its cases count for.
    void opened(
        const ports::CellKey& key,
        int day_to,
        const evaluation::Measure& measure,
        std::int64_t stored
    ) {
        auto counted = services::cases_of(
            *city_.definitions, key.kind, key.subject, measure.code, key.day, day_to
        );
        if (!counted) {
            findings_.add(fmt::format(
                "drill-down {}/{} {}: {}",
                key.kind,
                key.subject,
                measure.code,
                counted.error().context
            ));
            return;
        }
        std::int64_t sum = 0;
        const auto bit = static_cast<std::size_t>(measure.bit);
        counted->query.limit = kCheckedPage;
        for (bool more = true; more;) {
            const auto found = store_.search(counted->query);
            if (!found) {
                findings_.add("drill-down: " + found.error().context);
                return;
            }
            for (const auto& item : *found) {
                const auto& value = journal_.cases().at(item.id).value;
                if (counted->counts(value)) {
                    sum += evaluation::facts_of(value, city_.definitions->evaluation).values[bit];
                }
            }
            more = std::ssize(*found) == kCheckedPage;
            if (more) {
                counted->query.after_reported_at = found->back().reported_at;
                counted->query.after_id = found->back().id;
            }
        }
        if (sum != stored) {
            findings_.add(fmt::format(
                "drill-down {}/{}/{}-{} {}: the cells say {}, their cases {}",
                key.kind,
                key.subject,
                key.day,
                day_to,
                measure.code,
                stored,
                sum
            ));
        }
    }

    void composite() {
        Tally tally;
        for (const auto& [id, known] : journal_.cases()) {
            const auto& value = known.value;
            if (!marked(value, "filed")) {
                continue;
            }
            const bool standing = !marked(value, "voided");
            const bool closed = marked(value, "closed");
            tally.filed += standing ? 1 : 0;
            tally.closed += closed && standing ? 1 : 0;
            tally.should_close += standing && (closed || late(value, "whole")) ? 1 : 0;
            tally.closed_on_time +=
                closed && standing && (!late(value, "whole") || exempt(value, "whole")) ? 1 : 0;
            tally.rework += counter(value, "rework");
            tally.supervise += counter(value, "supervise");
            tally.supervise_open += value.flags.contains("supervised") &&
                                            !marked(value, "handled") && !closed && standing
                                        ? 1
                                        : 0;
        }
        const auto& zone = city_.calendar->zone();
        const auto days = zone.local_date(city_.begin).year();
        const auto period = indicators::days_between(
            (days - std::chrono::years{1}) / 1 / 1, (days + std::chrono::years{2}) / 12 / 31, zone
        );
        const access::Principal nobody;
        services::StoredFacts facts(
            store_, nullptr, nobody, *city_.definitions, period.from, period.to
        );
        indicators::Calculation calculation(city_.definitions->indicators, zone, facts);
        const auto score = calculation.value("composite", {0, kCityArea}, period).number;
        if (!facts.status()) {
            findings_.add("composite score: " + facts.status().error().context);
        }
        const auto expected = arithmetic(tally);
        const bool agree = score.has_value() == expected.has_value() &&
                           (!score || std::abs(*score - *expected) < 1e-9);
        if (!agree) {
            findings_.add(fmt::format(
                "composite score of the city: {} and by arithmetic {}",
                score.value_or(-1),
                expected.value_or(-1)
            ));
        }
    }

    static std::optional<double> arithmetic(const Tally& tally) {
        if (tally.should_close == 0 || tally.filed == 0) {
            return std::nullopt;
        }
        const auto due = static_cast<double>(tally.should_close);
        const double rework = static_cast<double>(tally.rework) / static_cast<double>(tally.filed);
        const double supervision = std::max(
            0.0,
            10 - 0.5 * static_cast<double>(tally.supervise) -
                static_cast<double>(tally.supervise_open)
        );
        return 50 * (static_cast<double>(tally.closed_on_time) / due) +
               30 * (static_cast<double>(tally.closed) / due) + 10 * std::max(0.0, 1 - rework) +
               supervision;
    }

    void families() {
        for (const auto& [id, known] : journal_.cases()) {
            if (!known.value.parent) {
                continue;
            }
            const auto parent = journal_.cases().find(known.value.parent);
            const auto* children =
                parent == journal_.cases().end() ? nullptr : &parent->second.value.children;
            if (children == nullptr ||
                std::find(children->begin(), children->end(), id) == children->end()) {
                findings_.add(fmt::format(
                    "case {} names {} as its parent, which does not know it",
                    id.value,
                    known.value.parent.value
                ));
            }
        }
    }

    const SimCity& city_;
    memory::MemoryStore& store_;
    const JournalChecker& journal_;
    SeededRandom& random_;
    Findings& findings_;
};

}  // namespace

void check_whole(
    const SimCity& city,
    memory::MemoryStore& store,
    const JournalChecker& journal,
    SeededRandom& random,
    Findings& findings
) {
    WholeChecker(city, store, journal, random, findings).run();
}

}  // namespace chengshu::simulation
