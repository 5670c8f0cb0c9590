// Figures that people enter and others approve.

#include "services/submissions.hpp"

#include "adapters/memory/memory_store.hpp"
#include "base/random.hpp"
#include "services/engine.hpp"
#include "services/indicators.hpp"
#include "services/verify.hpp"
#include "support/test_city.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>
#include <set>

namespace chengshu::services {
namespace {

using namespace std::chrono_literals;
using indicators::Submission;

constexpr Date kToday{2025y / 9 / 22};

class FixedClock final : public ports::Clock {
public:
    Instant now() override { return at; }

    Instant at = *parse_rfc3339("2025-09-22T01:00:00Z");
};

constexpr const char* kIndicators = R"(indicators:
- {code: mood, name: {zh: 满意度, en: Mood}, period: month, source: t,
   areas: {as: mean, level: street},
   entered: {by: [evaluator, leader], approved_by: [leader, shift_leader], min: 0, max: 100}}
- {code: mood_year, name: {zh: 年, en: Year}, period: year, source: t, roll: {of: mood, as: min}}
- {code: mood_points, name: {zh: 分, en: Points}, period: month, source: t, formula: mood / 2 + 1}
- {code: plan, name: {zh: 计划, en: Plan}, period: quarter, source: t, valid_to: 2025-07-01,
   formula: '7'}
- {code: plan, name: {zh: 计划, en: Plan}, period: quarter, source: t, valid_from: 2025-07-01,
   entered: {by: [handler], approved_by: [leader]}}
)";

class Submissions : public ::testing::Test {
protected:
    Submissions() : current(definitions()), engine(store, clock, current) {}

    static DefinitionsPtr definitions() {
        testing::TestCityOptions options;
        options.files = {
            {"scenarios/test/evaluation.yaml",
             testing::source_file("scenarios/city-management/evaluation.yaml")},
            {"cities/testcity/indicators.yaml", kIndicators}
        };
        auto parsed = parse_definitions("testcity", testing::test_city_files(options));
        EXPECT_TRUE(parsed.definitions) << testing::to_text(parsed.findings);
        return parsed.definitions;
    }

    static access::Principal
    person(const std::string& login, const std::string& kind, const std::string& area = "110000") {
        access::Principal who;
        who.account = login;
        who.kind = access::PrincipalKind::Person;
        who.posts.push_back({login, kind, "", area});
        return who;
    }

    Result<Submission> run(std::function<Result<Submission>(UnitOfWork&)> work) {
        Result<Submission> out = fail(ErrorCode::Internal, "no reply");
        Status replied = fail(ErrorCode::Internal, "no reply");
        std::vector<Job> jobs;
        jobs.push_back(
            {[&](UnitOfWork& unit) -> Result<std::string> {
                 out = work(unit);
                 CS_CHECK(out ? ok() : Status(Failure{out.error()}));
                 return std::string("{}");
             },
             [&](auto reply) { replied = reply ? ok() : Status(Failure{reply.error()}); },
             {},
             {}}
        );
        engine.run(std::move(jobs));
        return replied ? out : Result<Submission>(Failure{replied.error()});
    }

    Result<Submission> enter(
        const access::Principal& who,
        double value,
        const std::string& area = "110102001",
        Date day = kToday,
        const std::string& code = "mood"
    ) {
        return run([&](UnitOfWork& work) {
            return enter_figure(work, who, {code, area, day, value, "a survey"});
        });
    }

    Result<Submission>
    approve(const access::Principal& who, const Submission& submission, int number = 0) {
        return run([&](UnitOfWork& work) {
            return approve_figure(
                work, who, submission.key.id(), number == 0 ? submission.entered : number
            );
        });
    }

    Result<Submission> send_back(const access::Principal& who, const Submission& submission) {
        return run([&](UnitOfWork& work) {
            return return_figure(
                work, who, submission.key.id(), submission.entered, "too few answers"
            );
        });
    }

    std::optional<double>
    value(const std::string& code, const std::string& area, Date day = kToday) {
        const auto all = current.get();
        const auto& zone = all->city->calendar().zone();
        const auto* rule = all->indicators.find(code, day);
        const auto at = zone.to_instant(std::chrono::local_days{day});
        const auto period = indicators::period_at(rule->period, at, zone);
        access::Principal nobody;
        StoredFacts facts(store, nullptr, nobody, *all, period.from, period.to);
        indicators::Calculation calculation(all->indicators, zone, facts);
        const auto out = calculation.value(code, {0, area}, period);
        EXPECT_TRUE(facts.status());
        return out.number;
    }

    static ErrorCode code_of(const Result<Submission>& result) {
        return result ? ErrorCode::Internal : result.error().code;
    }

    std::vector<std::string> pending(
        const access::Principal& who,
        std::size_t limit = 50,
        const std::string& indicator = ""
    ) {
        std::vector<std::string> out;
        for (std::string after;;) {
            const auto page =
                pending_submissions(store, who, *current.get()->city, indicator, after, limit);
            EXPECT_TRUE(page);
            EXPECT_LE(page->items.size(), limit);
            for (const auto& item : page->items) {
                EXPECT_TRUE(item.pending);
                out.push_back(item.key.id());
            }
            if (page->after.empty()) {
                return out;
            }
            after = page->after;
        }
    }

    std::vector<Difference> differences() {
        const auto found = verify(store, *current.get(), nullptr);
        EXPECT_TRUE(found);
        return found->differences;
    }

    memory::MemoryStore store;
    FixedClock clock;
    CurrentDefinitions current;
    Engine engine;
    const access::Principal asker = person("asker", "evaluator");
    const access::Principal chief = person("chief", "leader");
};

TEST_F(Submissions, CountOnceAnotherPersonHasApproved) {
    const auto entered = enter(asker, 80);
    ASSERT_TRUE(entered) << entered.error().context;
    EXPECT_EQ(entered->key.id(), "mood:110102001:20250901");
    EXPECT_EQ(value("mood", "110102001"), std::nullopt);
    EXPECT_EQ(pending(chief), std::vector<std::string>{"mood:110102001:20250901"});
    ASSERT_TRUE(approve(chief, *entered));
    EXPECT_TRUE(pending(chief).empty());
    EXPECT_EQ(value("mood", "110102001"), 80);
    EXPECT_EQ(value("mood_points", "110102001"), 41);
    EXPECT_EQ(value("mood", "110000"), 80) << "of one street that has a value";
    const auto other = enter(asker, 60, "110101001");
    ASSERT_TRUE(approve(chief, *other));
    EXPECT_EQ(value("mood", "110000"), 70);
    EXPECT_EQ(value("mood", "110102"), 80);
    EXPECT_EQ(value("mood_points", "110000"), 36);
    EXPECT_EQ(value("mood_year", "110000"), 70);
    // A correction counts when it is approved.
    const auto again = enter(asker, 90);
    EXPECT_EQ(value("mood", "110102001"), 80);
    ASSERT_TRUE(approve(chief, *again));
    EXPECT_EQ(value("mood", "110102001"), 90);
    EXPECT_EQ(again->steps.size(), 3U);
    EXPECT_TRUE(differences().empty());
}

TEST_F(Submissions, ReturnedAndEnteredAnew) {
    const auto first = enter(asker, 80);
    const auto returned = send_back(chief, *first);
    ASSERT_TRUE(returned);
    EXPECT_EQ(returned->steps.back().text, "too few answers");
    EXPECT_TRUE(pending(chief).empty());
    EXPECT_EQ(code_of(approve(chief, *first)), ErrorCode::Conflict);
    const auto second = enter(asker, 82);
    EXPECT_EQ(code_of(approve(chief, *first)), ErrorCode::Conflict) << "another figure waits";
    ASSERT_TRUE(approve(chief, *second));
    EXPECT_EQ(value("mood", "110102001"), 82);
    const auto stored = find_submission(store, first->key.id());
    ASSERT_TRUE(stored && *stored);
    EXPECT_EQ((*stored)->steps.size(), 4U);
    EXPECT_EQ((*stored)->approved_by, "chief");
    EXPECT_TRUE(differences().empty());
}

TEST_F(Submissions, OnlyByThePostsThatTheIndicatorNames) {
    EXPECT_EQ(code_of(enter(person("c", "collector"), 1)), ErrorCode::NotPermitted);
    EXPECT_EQ(code_of(enter(person("a", "administrator"), 1)), ErrorCode::NotPermitted);
    EXPECT_EQ(code_of(enter({}, 1)), ErrorCode::NotAuthenticated);
    EXPECT_EQ(code_of(enter(person("w", "evaluator", "110101"), 1)), ErrorCode::NotPermitted);
    EXPECT_TRUE(enter(person("w", "evaluator", "110101"), 1, "110101001"));
    auto machine = asker;
    machine.kind = access::PrincipalKind::Integration;
    EXPECT_EQ(code_of(enter(machine, 1)), ErrorCode::NotPermitted) << "figures are people's";
    auto less = asker;
    less.token_scopes = std::vector{access::Permission::ReadStatistics};
    EXPECT_EQ(code_of(enter(less, 1)), ErrorCode::NotPermitted);
    // Who may do both does not do both.
    const auto own = enter(chief, 80);
    ASSERT_TRUE(own);
    EXPECT_EQ(code_of(approve(chief, *own)), ErrorCode::RuleViolation);
    EXPECT_EQ(code_of(approve(asker, *own)), ErrorCode::NotPermitted);
    const auto west = person("west", "leader", "110101");
    EXPECT_EQ(code_of(approve(west, *own)), ErrorCode::NotFound) << "not in reach";
    EXPECT_EQ(code_of(send_back(west, *own)), ErrorCode::NotFound);
    EXPECT_EQ(pending(west), std::vector<std::string>{"mood:110101001:20250901"});
    EXPECT_TRUE(approve(person("shift", "shift_leader", "110102"), *own));
    EXPECT_TRUE(differences().empty());
}

TEST_F(Submissions, WhatCannotBeEntered) {
    EXPECT_EQ(code_of(enter(asker, 1, "110102")), ErrorCode::RuleViolation) << "it has parts";
    EXPECT_EQ(code_of(enter(asker, 1, "nowhere")), ErrorCode::UnknownCode);
    EXPECT_EQ(code_of(enter(asker, 100.5)), ErrorCode::RuleViolation);
    EXPECT_EQ(code_of(enter(asker, -1)), ErrorCode::RuleViolation);
    EXPECT_EQ(code_of(enter(asker, std::nan(""))), ErrorCode::RuleViolation);
    EXPECT_EQ(
        code_of(enter(asker, std::numeric_limits<double>::infinity())), ErrorCode::RuleViolation
    );
    EXPECT_EQ(code_of(enter(asker, 1, "110102001", 2025y / 10 / 1)), ErrorCode::RuleViolation);
    EXPECT_EQ(code_of(enter(asker, 1, "110102001", kToday, "mood_year")), ErrorCode::RuleViolation);
    EXPECT_EQ(code_of(enter(asker, 1, "110102001", kToday, "x")), ErrorCode::UnknownCode);
    const auto handler = person("handler", "handler");
    EXPECT_EQ(
        code_of(enter(handler, 1, "110102", 2025y / 6 / 30, "plan")), ErrorCode::RuleViolation
    ) << "it was calculated then";
    // Without parts any area has a figure of its own.
    EXPECT_TRUE(enter(handler, 1, "110102", 2025y / 7 / 1, "plan"));
    EXPECT_EQ(store.head()->value, 1);
    Submission unknown;
    unknown.key = {"mood", "110102001", 2025y / 1 / 1};
    EXPECT_EQ(code_of(approve(chief, unknown, 1)), ErrorCode::NotFound);
}

TEST_F(Submissions, WaitingOnesPageByPage) {
    std::set<std::string> wanted;
    for (int month = 1; month <= 9; ++month) {
        for (const auto* area : {"110101001", "110101002", "110102001"}) {
            const auto entered = enter(
                asker,
                50,
                area,
                Date{2025y, std::chrono::month(static_cast<unsigned>(month)), std::chrono::day(3)}
            );
            ASSERT_TRUE(entered);
            wanted.insert(entered->key.id());
        }
    }
    ASSERT_TRUE(enter(person("handler", "handler"), 1, "110102", kToday, "plan"));
    for (const std::size_t limit : {1U, 4U, 50U}) {
        const auto got = pending(chief, limit, "mood");
        EXPECT_EQ(std::set(got.begin(), got.end()), wanted);
        EXPECT_EQ(got.size(), wanted.size());
        EXPECT_EQ(pending(chief, limit).size(), wanted.size() + 1);
        EXPECT_EQ(pending(person("west", "leader", "110101"), limit).size(), 18U);
    }
    EXPECT_TRUE(pending(chief, 50, "moo").empty());
}

TEST_F(Submissions, VerifyNoticesWhatIsNotInTheJournal) {
    const auto entered = enter(asker, 80);
    const auto id = entered->key.id();
    const auto row = store.document(kSubmission, id);
    ASSERT_TRUE(row && *row);
    const auto store_document = [&](ports::DocumentRow changed) {
        ports::Changes changes;
        changes.documents.push_back(std::move(changed));
        ASSERT_TRUE(store.commit(changes));
    };
    auto other = **row;
    other.body.replace(other.body.find("80"), 2, "99");
    store_document(other);
    EXPECT_EQ(differences().size(), 1U);
    store_document(**row);
    store_document({kSubmissionPending, id, ""});
    EXPECT_EQ(differences().size(), 1U);
    store_document({kSubmissionPending, id, "{}"});
    EXPECT_TRUE(differences().empty());
    store_document({kSubmission, id, ""});
    EXPECT_FALSE(differences().empty());
}

TEST_F(Submissions, WhateverPeopleDoValuesAreThoseApprovedLast) {
    const std::vector<std::string> streets{"110101001", "110101002", "110102001", "110102002"};
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        SCOPED_TRACE(fmt::format("seed {}", seed));
        SeededRandom random(seed);
        memory::MemoryStore fresh;
        Engine engine_of_run(fresh, clock, current);
        std::map<std::pair<std::string, int>, double> approved;
        std::map<std::string, double> waits;
        const auto step = [&](const std::function<Result<Submission>(UnitOfWork&)>& work) {
            Result<Submission> out = fail(ErrorCode::Internal, "no reply");
            std::vector<Job> jobs;
            jobs.push_back(
                {[&](UnitOfWork& unit) -> Result<std::string> {
                     out = work(unit);
                     CS_CHECK(out ? ok() : Status(Failure{out.error()}));
                     return std::string("{}");
                 },
                 [](auto) {},
                 {},
                 {}}
            );
            engine_of_run.run(std::move(jobs));
            return out;
        };
        for (int i = 0; i < 300; ++i) {
            const auto& street = streets[random.below(streets.size())];
            const Date day{
                2025y,
                std::chrono::month(static_cast<unsigned>(random.between(1, 9))),
                std::chrono::day(1)
            };
            const indicators::SubmissionKey key{"mood", street, day};
            const auto before = *find_submission(fresh, key.id());
            const int number = before ? before->entered : 1;
            if (random.chance(1, 2)) {
                const auto number_entered = static_cast<double>(random.between(0, 1000)) / 10;
                if (step([&](UnitOfWork& work) {
                        return enter_figure(work, asker, {"mood", street, day, number_entered, ""});
                    })) {
                    waits[key.id()] = number_entered;
                }
            } else if (random.chance(2, 3)) {
                if (step([&](UnitOfWork& work) {
                        return approve_figure(work, chief, key.id(), number);
                    })) {
                    approved[{street, date_key(day)}] = waits.at(key.id());
                    waits.erase(key.id());
                }
            } else if (step([&](UnitOfWork& work) {
                           return return_figure(work, chief, key.id(), number, "no");
                       })) {
                waits.erase(key.id());
            }
        }
        for (const auto& street : streets) {
            const auto stored = approved_values(fresh, "mood", street, 20250101, 20251231);
            ASSERT_TRUE(stored);
            for (int month = 1; month <= 9; ++month) {
                const int day = 20250001 + month * 100;
                const auto wanted = approved.find({street, day});
                const auto got = stored->find(day);
                ASSERT_EQ(got != stored->end(), wanted != approved.end());
                if (wanted != approved.end()) {
                    ASSERT_EQ(got->second, wanted->second);
                }
                const auto alone = approved_values(fresh, "mood", street, day, day);
                ASSERT_EQ(alone->size(), wanted != approved.end() ? 1U : 0U);
            }
        }
        const auto page = pending_submissions(fresh, chief, *current.get()->city, "", "", 200);
        ASSERT_TRUE(page);
        ASSERT_EQ(page->items.size(), waits.size());
        for (const auto& item : page->items) {
            ASSERT_EQ(item.pending->value, waits.at(item.key.id()));
        }
        const auto found = verify(fresh, *current.get(), nullptr);
        ASSERT_TRUE(found);
        ASSERT_TRUE(found->differences.empty()) << found->differences.front().what;
    }
}

}  // namespace
}  // namespace chengshu::services
