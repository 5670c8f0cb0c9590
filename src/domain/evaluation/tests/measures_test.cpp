#include "domain/evaluation/measures.hpp"

#include "base/random.hpp"
#include "domain/evaluation/tests/shipped.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>

namespace chengshu::evaluation {
namespace {

using cases::Case;
using testing::shipped;

const Evaluation& urban() {
    return shipped("city-management");
}

const TimeZone& shanghai() {
    static const TimeZone zone = TimeZone::find("Asia/Shanghai").value();
    return zone;
}

Instant at(std::string_view text) {
    return parse_rfc3339(text).value();
}

/// A case of 23:30 local time on 2026-11-19, filed after midnight.
Case filed_case() {
    Case out;
    out.id = CaseId{1101082026111900001};
    out.workflow = "standard";
    out.state = "filed";
    out.path = {"110000", "110101", "110101001"};
    out.category = "TEST/matter/0101";
    out.source = "collector";
    out.collector = "wang";
    out.reported_at = at("2026-11-19T15:30:00Z");
    out.counters["reports"] = 1;
    out.marks["filed"] = at("2026-11-19T16:10:00Z");
    out.done_by["file"] = "li";
    out.clocks["whole"].started = out.marks["filed"];
    return out;
}

/// Dispatched to SAN, handled, checked and closed.
Case closed_case() {
    auto out = filed_case();
    out.state = "closed";
    out.department = "SAN";
    out.counters["dispatches"] = 1;
    out.counters["checks"] = 1;
    for (const auto* mark : {"dispatched", "handled", "checked", "closed"}) {
        out.marks[mark] = at("2026-11-20T02:00:00Z");
    }
    out.done_by["dispatch"] = "zhao";
    out.done_by["resolve"] = "qian";
    out.done_by["check_pass"] = "wang";
    out.clocks["handle"].stopped = out.marks["handled"];
    return out;
}

std::int64_t
count(const Case& value, std::string_view code, const Evaluation& evaluation = urban()) {
    const auto* measure = evaluation.measure(code);
    EXPECT_NE(measure, nullptr) << code;
    return facts_of(value, evaluation).values[static_cast<std::size_t>(measure->bit)];
}

using Sums = std::map<CellKey, std::vector<std::int64_t>>;

void add(Sums& sums, const std::vector<Contribution>& list) {
    for (const auto& [key, values] : list) {
        auto& sum = sums[key];
        sum.resize(kMeasuresMax);
        for (std::size_t i = 0; i < values.size(); ++i) {
            sum[i] += values[i];
        }
    }
}

/// Without cells of zeros: those and absent ones mean the same.
Sums without_zeros(Sums sums) {
    std::erase_if(sums, [](const auto& cell) {
        return std::all_of(cell.second.begin(), cell.second.end(), [](auto value) {
            return value == 0;
        });
    });
    return sums;
}

/// What a step adds to the cells, with the facts worked out here.
std::vector<Contribution> difference(
    const cases::Case* before,
    const cases::Case& after,
    const Evaluation& evaluation,
    const TimeZone& zone
) {
    const auto facts = facts_of(after, evaluation);
    const auto old_facts = before == nullptr ? Facts{} : facts_of(*before, evaluation);
    std::optional<Counted> old;
    if (before != nullptr) {
        old.emplace(*before, old_facts);
    }
    CellSums sums(evaluation, zone);
    sums.add(old ? &*old : nullptr, {after, facts});
    return sums.contributions();
}

TEST(Sources, AreKnownOrAnsweredWithTheNearest) {
    auto evaluation = testing::shipped("city-management");
    for (const auto& source : evaluation.sources) {
        EXPECT_TRUE(evaluation.check_source(source.code));
    }
    for (const auto& [word, nearest] : std::vector<std::pair<std::string, std::string>>{
             {"hotlin", "nearest: hotline, "}, {"", "nearest: iot, "}, {"Public", "nearest: public"}
         }) {
        const auto refused = evaluation.check_source(word);
        ASSERT_FALSE(refused) << word;
        EXPECT_EQ(refused.error().code, ErrorCode::UnknownCode);
        EXPECT_EQ(refused.error().field, "source");
        EXPECT_NE(refused.error().context.find(nearest), std::string::npos)
            << refused.error().context;
    }
    EXPECT_FALSE(evaluation.check_source(std::string(100'000, 'x')));
    evaluation.sources.clear();
    EXPECT_TRUE(evaluation.check_source("anything"));
}

TEST(Facts, OfACaseThatIsNotFiled) {
    auto value = filed_case();
    value.marks.clear();
    value.flags.insert("supervised");
    value.counters["supervise"] = 2;
    const auto facts = facts_of(value, urban());
    const auto& masks = urban().day_masks;
    EXPECT_EQ(facts.mask & masks.at(1), 0) << "it has no filing day to be counted on";
    EXPECT_EQ(facts.mask & masks.at(2), 0) << "nor a closing day";
    EXPECT_EQ(count(value, "reported"), 1);
    EXPECT_EQ(count(value, "reported_filed"), 0);
    EXPECT_EQ(day_of(value, CountDay::Filed, shanghai()), 0);
    EXPECT_EQ(day_of(value, CountDay::Closed, shanghai()), 0);
}

TEST(Facts, AlongTheLifeOfACase) {
    const auto filed = filed_case();
    for (const auto* code :
         {"reported", "reported_filed", "filed", "filed_on_time", "in_limit_open"}) {
        EXPECT_EQ(count(filed, code), 1) << code;
    }
    for (const auto* code :
         {"should_close", "closed", "dispatched", "overdue_open", "void", "duplicates"}) {
        EXPECT_EQ(count(filed, code), 0) << code;
    }
    const auto closed = closed_case();
    for (const auto* code :
         {"reported_closed",
          "should_close",
          "closed",
          "closed_on_time",
          "closed_on_time_raw",
          "dispatched",
          "accurate_dispatched",
          "dispatched_on_time",
          "handled",
          "handled_on_time",
          "checked",
          "checked_on_time"}) {
        EXPECT_EQ(count(closed, code), 1) << code;
    }
    for (const auto* code :
         {"in_limit_open", "closed_late", "handled_late", "rework", "returned_cases", "forced"}) {
        EXPECT_EQ(count(closed, code), 0) << code;
    }
}

TEST(Facts, AClosingIsCountedOnItsOwnDay) {
    const auto before = filed_case();
    auto closed = closed_case();
    closed.marks["closed"] = closed.reported_at + std::chrono::days{3};
    const auto bit = static_cast<std::size_t>(urban().measure("closings")->bit);
    const auto day = day_of(closed, CountDay::Closed, shanghai());
    EXPECT_EQ(day, 20261122);
    const auto of_city = [&](const Sums& sums) {
        std::map<int, std::int64_t> out;
        for (const auto& [key, values] : sums) {
            if (key.kind == "area" && key.subject == "110000" && values[bit] != 0) {
                out[key.day] = values[bit];
            }
        }
        return out;
    };
    Sums sums;
    add(sums, difference(&before, closed, urban(), shanghai()));
    EXPECT_EQ(of_city(sums), (std::map<int, std::int64_t>{{day, 1}}));
    auto later = closed;
    later.marks["closed"] += std::chrono::days{1};
    add(sums, difference(&closed, later, urban(), shanghai()));
    EXPECT_EQ(of_city(sums), (std::map<int, std::int64_t>{{day + 1, 1}}));
    auto reopened = later;
    reopened.marks.erase("closed");
    add(sums, difference(&later, reopened, urban(), shanghai()));
    EXPECT_TRUE(of_city(sums).empty()) << "taken back from the day it was counted on";
}

TEST(Facts, OverdueOpenCasesAreDue) {
    auto value = filed_case();
    value.clocks["whole"].overdue = true;
    EXPECT_EQ(count(value, "overdue_open"), 1);
    EXPECT_EQ(count(value, "should_close"), 1);
    EXPECT_EQ(count(value, "in_limit_open"), 0);
    value.state = "suspended";
    EXPECT_EQ(count(value, "suspended"), 1);
    EXPECT_EQ(count(value, "suspended_due"), 1);
}

TEST(Facts, AnUpheldAppealExemptsWithoutHidingTheRawFigure) {
    auto value = closed_case();
    value.clocks["handle"].overdue = true;
    value.clocks["whole"].overdue = true;
    EXPECT_EQ(count(value, "closed_late"), 1);
    EXPECT_EQ(count(value, "closed_late_raw"), 1);
    EXPECT_EQ(count(value, "closed_on_time"), 0);
    value.clocks["handle"].exempt = true;
    value.clocks["whole"].exempt = true;
    EXPECT_EQ(count(value, "closed_late"), 0);
    EXPECT_EQ(count(value, "closed_late_raw"), 1);
    EXPECT_EQ(count(value, "closed_on_time"), 1);
    EXPECT_EQ(count(value, "closed_on_time_raw"), 0);
    EXPECT_EQ(count(value, "handled_on_time"), 1);
    EXPECT_EQ(count(value, "handled_on_time_raw"), 0);
}

TEST(Facts, Sums) {
    auto value = closed_case();
    value.counters["reports"] = 4;
    value.counters["rework"] = 3;
    value.counters["returns"] = 1;
    EXPECT_EQ(count(value, "reports"), 4);
    EXPECT_EQ(count(value, "duplicates"), 3);
    EXPECT_EQ(count(value, "rework"), 3);
    EXPECT_EQ(count(value, "rework_cases"), 1);
    EXPECT_EQ(count(value, "rework_repeated"), 1);
    EXPECT_EQ(count(value, "accurate_dispatched"), 0);
    const auto facts = facts_of(value, urban());
    EXPECT_NE(facts.mask & (std::int64_t{1} << urban().measure("rework")->bit), 0)
        << "a sum above 0 is found by its bit";
    value.counters.erase("reports");
    EXPECT_EQ(count(value, "duplicates"), 0) << "never below 0";
}

TEST(Facts, CallBack) {
    auto value = closed_case();
    value.facts = {
        {"contacted", "yes"}, {"resolved", "yes"}, {"satisfaction", "basically_satisfied"}
    };
    EXPECT_EQ(count(value, "called_back_valid"), 0)
        << "answers without the mark are of an earlier round";
    value.marks["called_back"] = value.marks["closed"];
    EXPECT_EQ(count(value, "called_back_valid"), 1);
    EXPECT_EQ(count(value, "contacted"), 1);
    EXPECT_EQ(count(value, "resolved"), 1);
    EXPECT_EQ(count(value, "basically_satisfied"), 1);
    EXPECT_EQ(count(value, "satisfied"), 0);
    value.facts["satisfaction"] = "not_valid";
    EXPECT_EQ(count(value, "called_back_valid"), 0);
    EXPECT_EQ(count(value, "contacted"), 0);
}

TEST(Facts, RequestsWithoutADueDateAreNeitherOnTimeNorLate) {
    const auto& requests = shipped("service-requests");
    auto value = closed_case();
    EXPECT_EQ(count(value, "closed", requests), 1);
    EXPECT_EQ(count(value, "should_close", requests), 0);
    EXPECT_EQ(count(value, "closed_on_time", requests), 0);
    value.clocks["handle"].due = value.marks["closed"];
    EXPECT_EQ(count(value, "should_close", requests), 1);
    EXPECT_EQ(count(value, "closed_on_time", requests), 1);
    value.clocks["handle"].overdue = true;
    EXPECT_EQ(count(value, "closed_on_time", requests), 0);
    EXPECT_EQ(count(value, "closed_late", requests), 1);
}

TEST(Contributions, SubjectsAndLocalDays) {
    std::set<std::pair<std::string, std::string>> subjects;
    std::set<int> days;
    for (const auto& [key, values] : contributions(closed_case(), urban(), shanghai())) {
        subjects.emplace(key.kind, key.subject);
        days.insert(key.day);
        EXPECT_FALSE(values.empty());
        EXPECT_NE(values.back(), 0) << "trailing zeros are left out";
    }
    const std::set<std::pair<std::string, std::string>> expected{
        {"area", "110000"},
        {"area", "110101"},
        {"area", "110101001"},
        {"department", "SAN"},
        {"source", "collector"},
        {"collector", "wang"},
        {"acceptor", "li"},
        {"dispatcher", "zhao"},
        {"handler", "qian"},
        {"checker", "wang"},
        {"area/source", "110000/collector"},
        {"area/source", "110101/collector"},
        {"area/class", "110000/TEST/matter/01"},
        {"area/class", "110101/TEST/matter/01"},
        {"area/class", "110101001/TEST/matter/01"},
    };
    EXPECT_EQ(subjects, expected);
    EXPECT_EQ(days, (std::set<int>{20261119, 20261120})) << "both days are local ones";
}

TEST(Contributions, EachDayHasItsOwnMeasures) {
    Sums sums;
    add(sums, contributions(closed_case(), urban(), shanghai()));
    const auto bit = [](std::string_view code) {
        return static_cast<std::size_t>(urban().measure(code)->bit);
    };
    const auto& reported = sums[{"area", "110101", 20261119}];
    const auto& filed = sums[{"area", "110101", 20261120}];
    EXPECT_EQ(reported[bit("reported")], 1);
    EXPECT_EQ(reported[bit("filed")], 0);
    EXPECT_EQ(filed[bit("reported")], 0);
    EXPECT_EQ(filed[bit("filed")], 1);

    auto same_day = closed_case();
    same_day.marks["filed"] = same_day.reported_at;
    same_day.marks["closed"] = same_day.reported_at;
    Sums one;
    add(one, contributions(same_day, urban(), shanghai()));
    EXPECT_FALSE(one.contains({"area", "110101", 20261120}));
    const auto& both = one[{"area", "110101", 20261119}];
    EXPECT_EQ(both[bit("reported")] + both[bit("filed")], 2);
}

TEST(Contributions, MachinesAndThePublicAreNoAccounts) {
    auto value = closed_case();
    value.collector.clear();
    value.department.clear();
    value.done_by = {
        {"file", "system"}, {"dispatch", "public"}, {"check_pass", "wang"}, {"rework", "wang"}
    };
    std::multiset<std::string> accounts;
    for (const auto& [key, values] : contributions(value, urban(), shanghai())) {
        if (!key.kind.starts_with("area") && key.kind != "source") {
            accounts.insert(key.kind + ":" + key.subject);
        }
    }
    EXPECT_EQ(accounts, (std::multiset<std::string>{"checker:wang", "checker:wang"}))
        << "once for each day, although both actions are his";
}

TEST(Difference, NothingWhereNothingCountsDifferently) {
    const auto before = closed_case();
    auto after = before;
    after.holder = "qian";
    after.description = "other words";
    after.done_by["note"] = "li";
    after.marks["accepted"] = after.reported_at;
    EXPECT_TRUE(difference(&before, after, urban(), shanghai()).empty());
    EXPECT_TRUE(difference(&before, before, urban(), shanghai()).empty());
}

TEST(Difference, TouchesOnlyTheCellsThatChange) {
    const auto before = closed_case();
    auto after = before;
    after.department = "ROAD";
    for (const auto& [key, values] : difference(&before, after, urban(), shanghai())) {
        EXPECT_EQ(key.kind, "department");
    }
    EXPECT_EQ(difference(&before, after, urban(), shanghai()).size(), 4U)
        << "two departments, two days";
}

TEST(Difference, ACaseMovesWithItsClassAndItsArea) {
    const auto& by_class = *urban().dimension("class");
    const auto before = closed_case();
    const auto moved = [&](const Case& after) {
        std::set<std::string> out;
        for (const auto& [key, values] : difference(&before, after, urban(), shanghai())) {
            if (key.kind == by_class.kind) {
                out.insert(key.subject);
            } else {
                EXPECT_NE(key.kind, "department");
            }
        }
        return out;
    };
    auto after = before;
    after.category = "TEST/component/0201";
    EXPECT_EQ(
        moved(after),
        (std::set<std::string>{
            "110000/TEST/matter/01",
            "110101/TEST/matter/01",
            "110101001/TEST/matter/01",
            "110000/TEST/component/02",
            "110101/TEST/component/02",
            "110101001/TEST/component/02"
        })
    );
    after = before;
    after.category = "TEST/matter/0102";
    EXPECT_TRUE(moved(after).empty()) << "another category of the same class";
    after = before;
    after.path = {"110000", "110102"};
    EXPECT_EQ(
        moved(after),
        (std::set<std::string>{
            "110101/TEST/matter/01", "110101001/TEST/matter/01", "110102/TEST/matter/01"
        })
    );
    after = before;
    after.category.clear();
    EXPECT_TRUE(moved(after).contains("110101/none"));
}

/// What dimensions cost: a cell for each level named, of each of the two days that a change
/// touches, and nothing else.
TEST(Difference, ADimensionAddsOneCellForEachLevelAndDay) {
    auto without = urban();
    without.dimensions.clear();
    const auto dispatched = [] {
        auto out = filed_case();
        out.marks["dispatched"] = out.marks["filed"];
        out.counters["dispatches"] = 1;
        out.department = "SAN";
        out.done_by["dispatch"] = "zhao";
        return out;
    }();
    const auto filed = filed_case();
    const auto closed = closed_case();
    const auto cells = [&](const Case* before, const Case& after, const Evaluation& evaluation) {
        return difference(before, after, evaluation, shanghai()).size();
    };
    const std::size_t levels = 2 + 3;
    EXPECT_EQ(cells(nullptr, filed, urban()) - cells(nullptr, filed, without), 2 * levels);
    EXPECT_EQ(cells(&filed, dispatched, urban()) - cells(&filed, dispatched, without), 2 * levels);
    EXPECT_EQ(
        cells(&dispatched, closed, urban()) - cells(&dispatched, closed, without), 2 * levels
    );
    auto note = closed;
    note.description = "other words";
    EXPECT_EQ(cells(&closed, note, urban()), 0U);
}

Case random_case(SeededRandom& random) {
    auto out = random.chance(1, 2) ? filed_case() : closed_case();
    const auto pick = [&](std::initializer_list<const char*> list) {
        return std::string(*(list.begin() + random.below(list.size())));
    };
    for (const auto* mark : {"filed", "dispatched", "handled", "closed", "voided", "called_back"}) {
        if (random.chance(1, 3)) {
            out.marks.erase(mark);
        } else if (random.chance(1, 3)) {
            out.marks[mark] = out.reported_at + std::chrono::hours(random.below(72));
        }
    }
    for (const auto* counter :
         {"reports", "rework", "returns", "dispatches", "supervise", "extensions"}) {
        out.counters[counter] = static_cast<int>(random.below(4));
    }
    for (const auto* clock : {"whole", "handle", "dispatch"}) {
        out.clocks[clock].overdue = random.chance(1, 3);
        out.clocks[clock].exempt = random.chance(1, 4);
    }
    out.department = pick({"", "SAN", "ROAD"});
    out.path.resize(1 + random.below(3));
    out.source = pick({"collector", "public", "iot"});
    out.category = pick({"", "TEST/matter/0101", "TEST/matter/01", "TEST/component/0201"});
    out.collector = pick({"", "wang", "system"});
    out.done_by["file"] = pick({"system", "li", "wang"});
    out.state = pick({"filed", "handling", "suspended", "closed"});
    return out;
}

/// Cells kept step by step equal cells counted anew from what is stored at the end.
TEST(DifferenceProperty, StepsAddUpToARecount) {
    for (std::uint64_t seed = 1; seed <= 100; ++seed) {
        SeededRandom random(seed);
        Sums kept;
        Sums recounted;
        for (int i = 0; i < 5; ++i) {
            auto value = random_case(random);
            add(kept, difference(nullptr, value, urban(), shanghai()));
            for (int step = 0; step < 8; ++step) {
                auto next = random_case(random);
                add(kept, difference(&value, next, urban(), shanghai()));
                value = std::move(next);
            }
            add(recounted, contributions(value, urban(), shanghai()));
        }
        ASSERT_EQ(without_zeros(kept), without_zeros(recounted)) << "seed " << seed;
    }
}

/// Every case belongs to one member, so the members of a dimension make up their area.
TEST(DifferenceProperty, MembersMakeUpTheirArea) {
    for (std::uint64_t seed = 1; seed <= 100; ++seed) {
        SeededRandom random(seed);
        Sums sums;
        for (int i = 0; i < 20; ++i) {
            add(sums, contributions(random_case(random), urban(), shanghai()));
        }
        for (const auto& dimension : urban().dimensions) {
            Sums left;
            for (const auto& [key, values] : sums) {
                const auto of = indicators::area_member({0, key.subject, key.kind});
                const bool area = key.kind == "area" && dimension.areas.contains(key.subject);
                if (!area && !(of && of->dimension == dimension.code)) {
                    continue;
                }
                auto& sum = left[{"area", area ? key.subject : of->area, key.day}];
                sum.resize(kMeasuresMax);
                for (std::size_t bit = 0; bit < values.size(); ++bit) {
                    sum[bit] += area ? values[bit] : -values[bit];
                }
            }
            ASSERT_TRUE(without_zeros(left).empty()) << "seed " << seed << ' ' << dimension.code;
        }
    }
}

/// What a cell counts is what a search by mask and day finds.
TEST(DifferenceProperty, ABitInTheMaskIsAValueInTheCell) {
    for (std::uint64_t seed = 1; seed <= 300; ++seed) {
        SeededRandom random(seed);
        const auto value = random_case(random);
        const auto facts = facts_of(value, urban());
        Sums sums;
        add(sums, contributions(value, urban(), shanghai()));
        for (const auto& measure : urban().measures) {
            const auto bit = static_cast<std::size_t>(measure.bit);
            const int day = day_of(value, measure.day, shanghai());
            const bool searched = (facts.mask >> measure.bit & 1) != 0;
            const auto cell = sums.find({"area", "110000", day});
            const auto counted = cell == sums.end() ? 0 : cell->second[bit];
            ASSERT_EQ(searched, counted != 0) << "seed " << seed << ' ' << measure.code;
            ASSERT_EQ(counted, facts.values[bit]) << "seed " << seed << ' ' << measure.code;
        }
    }
}

/// The relations between counts that their names promise, for any state a case may be in.
TEST(FactsProperty, CountsFitTogether) {
    for (std::uint64_t seed = 1; seed <= 2000; ++seed) {
        SeededRandom random(seed);
        const auto value = random_case(random);
        const auto n = [&](std::string_view code) { return count(value, code); };
        ASSERT_EQ(n("filed"), n("in_limit_open") + n("should_close")) << "seed " << seed;
        ASSERT_EQ(n("should_close"), n("closed") + n("overdue_open")) << "seed " << seed;
        ASSERT_EQ(n("closed"), n("closed_on_time") + n("closed_late")) << "seed " << seed;
        ASSERT_EQ(n("closed"), n("closed_on_time_raw") + n("closed_late_raw")) << "seed " << seed;
        ASSERT_EQ(n("handled"), n("handled_on_time") + n("handled_late")) << "seed " << seed;
        ASSERT_EQ(n("handled"), n("handled_on_time_raw") + n("handled_late_raw"))
            << "seed " << seed;
        ASSERT_LE(n("closed_on_time_raw"), n("closed_on_time")) << "seed " << seed;
        ASSERT_LE(n("accurate_dispatched"), n("dispatched")) << "seed " << seed;
        ASSERT_LE(n("suspended_due"), n("should_close")) << "seed " << seed;
        ASSERT_LE(n("satisfied") + n("basically_satisfied") + n("dissatisfied"), 1)
            << "seed " << seed;
    }
}

}  // namespace
}  // namespace chengshu::evaluation
