// The use cases over the memory store: what is staged, committed, undone and found again.

#include "adapters/memory/memory_store.hpp"
#include "domain/intake/report.hpp"
#include "services/case_row.hpp"
#include "services/city_revisions.hpp"
#include "services/consultations.hpp"
#include "services/engine.hpp"
#include "services/maintenance.hpp"
#include "services/reports.hpp"
#include "services/statistics.hpp"
#include "services/transitions.hpp"
#include "services/verify.hpp"
#include "support/test_city.hpp"

#include <gtest/gtest.h>

namespace chengshu::services {
namespace {

using testing::category::kGraffiti;
using testing::category::kPothole;
using testing::category::kRubbish;

class SetClock final : public ports::Clock {
public:
    Instant now() override { return at; }

    Instant at = *parse_rfc3339("2025-09-22T01:00:00Z");  // Monday, 09:00 in the city
};

/// Hashes that are good enough to tell contents apart in a test.
class PlainSecrets final : public ports::Secrets {
public:
    std::string random_token(std::size_t bytes) override { return std::string(bytes, 't'); }

    Result<std::string> hash_password(std::string_view password) override {
        return "h" + std::string(password);
    }

    bool verify_password(std::string_view password, std::string_view encoded) override {
        return "h" + std::string(password) == encoded;
    }

    std::string sha256(std::string_view bytes) override {
        return std::to_string(std::hash<std::string_view>{}(bytes));
    }

    std::string hmac_sha256(std::string_view key, std::string_view bytes) override {
        return sha256(std::string(key) + std::string(bytes));
    }
};

DefinitionsPtr definitions_of(const std::vector<city::CityFile>& files) {
    auto parsed = parse_definitions("testcity", files);
    EXPECT_TRUE(parsed.definitions) << testing::to_text(parsed.findings);
    return parsed.definitions;
}

/// The test city with the measures and formulas of city management.
std::vector<city::CityFile> city_files() {
    testing::TestCityOptions options;
    options.evaluation = true;
    return testing::test_city_files(options);
}

class Loop : public ::testing::Test {
protected:
    Loop() : files(city_files()), current(definitions_of(files)), engine(store, clock, current) {}

    /// Runs the work as one job of one batch.
    Result<std::string> run(
        std::function<Result<std::string>(UnitOfWork&)> work,
        std::string key = {},
        std::string fingerprint = {}
    ) {
        Result<std::string> out = fail(ErrorCode::Internal, "no reply");
        std::vector<Job> jobs;
        jobs.push_back(
            {std::move(work),
             [&](Result<std::string> got) { out = std::move(got); },
             key,
             fingerprint}
        );
        engine.run(std::move(jobs));
        return out;
    }

    access::Principal holder(const std::string& post) const {
        const auto* found = current.get()->city->post(post);
        EXPECT_NE(found, nullptr) << post;
        access::Principal who;
        who.account = post;
        who.kind = access::PrincipalKind::Person;
        who.posts.push_back({found->code, found->kind, found->department, found->area});
        return who;
    }

    intake::Report report(const char* category, city::Point point = testing::kEast1) const {
        intake::Report out;
        out.source = "hotline";
        out.category = category;
        out.description = "路边有垃圾";
        out.point = point;
        return out;
    }

    CaseId file(intake::Report one, std::string* state = nullptr) {
        CaseId id;
        const auto reply = run([&](UnitOfWork& work) -> Result<std::string> {
            CS_TRY(filed, file_report(work, holder("acceptor"), one));
            id = filed.value->id;
            if (state != nullptr) {
                *state = filed.state;
            }
            return cases::format_case_id(id);
        });
        EXPECT_TRUE(reply) << reply.error().context;
        return id;
    }

    Status act_as(
        const std::string& post,
        CaseId id,
        const std::string& action,
        cases::Inputs inputs = {}
    ) {
        const auto reply = run([&](UnitOfWork& work) -> Result<std::string> {
            ActionRequest request;
            request.id = id;
            request.action = action;
            request.inputs = inputs;
            CS_CHECK(act(work, holder(post), request));
            return std::string("{}");
        });
        return reply ? ok() : Status(Failure{reply.error()});
    }

    cases::Case stored(CaseId id) {
        auto row = store.find_case(id);
        EXPECT_TRUE(row && *row);
        return *from_row(**row);
    }

    void expect_verified() {
        const auto found = verify(store, *current.get(), nullptr);
        ASSERT_TRUE(found) << found.error().context;
        for (const auto& item : found->differences) {
            ADD_FAILURE() << item.what << ": " << item.stored << " / " << item.recomputed;
        }
    }

    memory::MemoryStore store;
    SetClock clock;
    std::vector<city::CityFile> files;
    CurrentDefinitions current;
    Engine engine;
    PlainSecrets secrets;
    TimerBackoff backoff;
};

TEST_F(Loop, AReportIsFiledAndDispatchedInOneCommit) {
    const auto id = file(report(kRubbish));
    const auto value = stored(id);
    EXPECT_EQ(value.state, "dispatched");
    EXPECT_EQ(value.department, "SAN");
    EXPECT_EQ(cases::format_case_id(id).substr(0, 14), "11010220250922");
    const auto entries = store.journal_of(id);
    ASSERT_TRUE(entries);
    EXPECT_EQ(entries->size(), 3U);
    expect_verified();
}

TEST_F(Loop, ADuplicateJoinsItsCaseAlsoWithinTheSameBatch) {
    std::vector<std::string> states;
    std::vector<Job> jobs;
    for (int i = 0; i < 3; ++i) {
        jobs.push_back(
            {[&](UnitOfWork& work) -> Result<std::string> {
                 CS_TRY(filed, file_report(work, holder("acceptor"), report(kRubbish)));
                 return filed.state + " " + cases::format_case_id(filed.value->id);
             },
             [&](Result<std::string> got) { states.push_back(got ? *got : got.error().context); },
             {},
             {}}
        );
    }
    engine.run(std::move(jobs));
    ASSERT_EQ(states.size(), 3U);
    EXPECT_EQ(states[0].substr(0, 5), "case ");
    EXPECT_EQ(states[1], "duplicate " + states[0].substr(5));
    EXPECT_EQ(states[2], states[1]);
    const auto id = *cases::parse_case_id(states[0].substr(5));
    EXPECT_EQ(stored(id).counters.at("reports"), 3);
    expect_verified();
}

TEST_F(Loop, AJobThatFailsLeavesNoTraceAndDoesNotDisturbItsBatch) {
    std::vector<bool> good;
    std::vector<Job> jobs;
    for (const auto point : {testing::kEast1, testing::kOutside, testing::kWest1}) {
        jobs.push_back(
            {[this, point](UnitOfWork& work) -> Result<std::string> {
                 CS_TRY(filed, file_report(work, holder("acceptor"), report(kRubbish, point)));
                 return cases::format_case_id(filed.value->id);
             },
             [&](Result<std::string> got) { good.push_back(got.has_value()); },
             {},
             {}}
        );
    }
    engine.run(std::move(jobs));
    EXPECT_EQ(good, (std::vector<bool>{true, false, true}));
    EXPECT_EQ(store.stats()->cases, 2);
    EXPECT_EQ(store.last_report()->value, 2);
    expect_verified();
}

TEST_F(Loop, TheSameKeyHasOneEffectAndOneAnswer) {
    const auto work = [&](UnitOfWork& unit) -> Result<std::string> {
        CS_TRY(filed, file_report(unit, holder("acceptor"), report(kRubbish)));
        return cases::format_case_id(filed.value->id);
    };
    const auto first = run(work, "a:1", "f");
    const auto again = run(work, "a:1", "f");
    ASSERT_TRUE(first && again);
    EXPECT_EQ(*first, *again);
    EXPECT_EQ(store.stats()->reports, 1);
    const auto other = run(work, "a:1", "g");
    ASSERT_FALSE(other);
    EXPECT_EQ(other.error().code, ErrorCode::IdempotencyMismatch);
}

TEST_F(Loop, AnExternalIdIsTakenOnce) {
    auto one = report(kRubbish);
    one.external_id = "abc";
    const auto id = file(one);
    EXPECT_EQ(file(one), id);
    EXPECT_EQ(store.stats()->reports, 1);
}

TEST_F(Loop, ASourceThatTheCityDoesNotListIsRefused) {
    const auto send = [&](const char* source, const char* external_id = "") {
        auto one = report(kRubbish);
        one.source = source;
        one.external_id = external_id;
        return run([&](UnitOfWork& work) -> Result<std::string> {
            CS_TRY(filed, file_report(work, holder("acceptor"), one));
            return cases::format_case_id(filed.value->id);
        });
    };
    const auto refused = send("publik");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::UnknownCode);
    EXPECT_EQ(refused.error().field, "source");
    EXPECT_NE(refused.error().context.find("nearest: public, "), std::string::npos)
        << refused.error().context;
    EXPECT_EQ(store.stats()->reports, 0);
    const auto first = send("public", "A-1");
    ASSERT_TRUE(first);
    // A city without a list takes every well-formed code; with the list back, a retry of what was
    // taken meanwhile still gets its answer.
    const auto listed = current.get();
    auto open = std::make_shared<Definitions>(*listed);
    open->evaluation.sources.clear();
    current.set(open);
    const auto taken = send("drone", "A-2");
    ASSERT_TRUE(taken) << taken.error().context;
    current.set(listed);
    EXPECT_EQ(send("drone", "A-2").value(), *taken);
    EXPECT_FALSE(send("drone", "A-3"));
}

TEST_F(Loop, ANewProcessKnowsOpenCasesAsFarBackAsAnyCategoryLooks) {
    for (auto& one : files) {
        if (one.path.ends_with("categories-TEST.csv")) {  // four hours; others a day
            const std::string from = "Graffiti,false,,,";
            const auto row = one.content.find(from);
            ASSERT_NE(row, std::string::npos);
            one.content.replace(row, from.size(), "Graffiti,false,,4,");
        }
    }
    current.set(definitions_of(files));
    ASSERT_EQ(
        intake::duplicate_rule(kGraffiti, *current.get()->city).window, std::chrono::hours{4}
    );
    EXPECT_EQ(
        intake::longest_duplicate_window(*current.get()->city),
        intake::duplicate_rule(kRubbish, *current.get()->city).window
    );
    const auto id = file(report(kRubbish));
    clock.at += std::chrono::hours{10};
    Engine restarted(store, clock, current);
    restarted.run([] {
        std::vector<Job> jobs;
        jobs.push_back(warm_up_job());
        return jobs;
    }());
    std::vector<std::string> states;
    std::vector<Job> jobs;
    for (const auto* category : {kGraffiti, kRubbish}) {
        Job job;
        job.work = [&, category](UnitOfWork& work) -> Result<std::string> {
            CS_TRY(filed, file_report(work, holder("acceptor"), report(category)));
            return filed.state + " " + cases::format_case_id(filed.value->id);
        };
        job.done = [&](Result<std::string> got) {
            states.push_back(got ? *got : got.error().context);
        };
        jobs.push_back(std::move(job));
    }
    restarted.run(std::move(jobs));
    ASSERT_EQ(states.size(), 2U);
    EXPECT_EQ(states[0].substr(0, 5), "case ") << states[0];
    EXPECT_EQ(states[1], "duplicate " + cases::format_case_id(id));
}

TEST_F(Loop, RemindersAndOverdueMarksComeFromTheStoreAlone) {
    const auto id = file(report(kRubbish));
    clock.at = *parse_rfc3339("2025-09-24T01:00:00Z");
    // A new engine knows nothing but the store, as after a restart.
    Engine restarted(store, clock, current);
    std::string reply;
    std::vector<Job> jobs;
    jobs.push_back(maintenance_job(backoff, 100, [&](Result<std::string> got) { reply = *got; }));
    restarted.run(std::move(jobs));
    EXPECT_NE(reply.find("\"fired\":1"), std::string::npos) << reply;
    const auto value = stored(id);
    EXPECT_TRUE(value.clocks.at("handle").overdue);
    EXPECT_EQ(value.counters.at("supervise"), 1);
    expect_verified();
}

TEST_F(Loop, CasesThatCannotBeTickedDoNotHoldUpTheOthers) {
    std::vector<CaseId> ids;
    for (int i = 0; i < 5; ++i) {
        auto one = report(kRubbish);
        one.confirmed_new = true;
        ids.push_back(file(one));
    }
    std::vector<ports::CaseRow> sound;
    const auto store_body = [&](ports::CaseRow row, const std::string& body) {
        row.body = body;
        ports::Changes changes;
        changes.cases.push_back({row, false, row.version});
        ASSERT_TRUE(store.commit(changes));
    };
    for (std::size_t i = 0; i < 3; ++i) {
        sound.push_back(**store.find_case(ids[i]));
        store_body(sound.back(), "{");
    }
    clock.at = *parse_rfc3339("2025-09-24T01:00:00Z");
    Engine restarted(store, clock, current);
    // As many at a time as there are hopeless ones before the others, less one.
    const auto beat = [&] {
        std::string reply;
        std::vector<Job> jobs;
        jobs.push_back(maintenance_job(backoff, 2, [&](Result<std::string> got) { reply = *got; }));
        restarted.run(std::move(jobs));
        return reply;
    };
    const auto head = store.stats()->head;
    EXPECT_NE(beat().find("tried again in 60 s"), std::string::npos);
    EXPECT_EQ(store.stats()->head, head) << "a failure is no entry of the journal";
    EXPECT_NE(beat().find("\"fired\":1"), std::string::npos);
    EXPECT_EQ(backoff.postponed(), 3U);
    EXPECT_NE(beat().find("\"fired\":1"), std::string::npos);
    EXPECT_TRUE(stored(ids[3]).clocks.at("handle").overdue);
    EXPECT_TRUE(stored(ids[4]).clocks.at("handle").overdue);
    EXPECT_EQ(beat(), R"({"fired":0,"failed":[]})");
    EXPECT_EQ(backoff.failures(), 3U);
    clock.at += std::chrono::seconds{60};
    EXPECT_NE(beat().find("tried again in 120 s"), std::string::npos);
    beat();
    EXPECT_EQ(backoff.failures(), 6U);
    clock.at += std::chrono::seconds{60};
    EXPECT_EQ(beat(), R"({"fired":0,"failed":[]})");
    // Two are mended; the third is dealt with by other means and is due no longer.
    store_body(sound[0], sound[0].body);
    store_body(sound[1], sound[1].body);
    sound[2].next_timer.reset();
    store_body(sound[2], sound[2].body);
    clock.at += std::chrono::seconds{60};
    EXPECT_EQ(beat(), R"({"fired":2,"failed":[]})");
    beat();
    EXPECT_EQ(backoff.postponed(), 0U);
    EXPECT_EQ(backoff.failures(), 6U);
}

TEST(Backoff, DoublesUpToItsLongestAndIsBounded) {
    const auto now = *parse_rfc3339("2025-09-22T01:00:00Z");
    TimerBackoff backoff({std::chrono::minutes{1}, std::chrono::minutes{5}, 2});
    for (const int minutes : {1, 2, 4, 5, 5}) {
        EXPECT_EQ(backoff.failed(CaseId{1}, now), std::chrono::minutes{minutes});
    }
    EXPECT_TRUE(backoff.waits(CaseId{1}, now));
    EXPECT_FALSE(backoff.waits(CaseId{1}, now + std::chrono::minutes{5}));
    backoff.failed(CaseId{2}, now);
    EXPECT_EQ(backoff.failed(CaseId{3}, now), Duration{}) << "nobody is forgotten for another";
    EXPECT_EQ(backoff.postponed(), 2U);
    EXPECT_EQ(backoff.failures(), 7U);
    backoff.fired(CaseId{1});
    EXPECT_EQ(backoff.failed(CaseId{1}, now), std::chrono::minutes{1});
}

TEST_F(Loop, AStaleVersionIsAConflict) {
    const auto id = file(report(kRubbish));
    const auto reply = run([&](UnitOfWork& work) -> Result<std::string> {
        ActionRequest request;
        request.id = id;
        request.action = "note";
        request.inputs.reason = "x";
        request.version = 1;
        CS_CHECK(act(work, holder("dispatcher"), request));
        return std::string("{}");
    });
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().code, ErrorCode::Conflict);
}

TEST_F(Loop, ClosingAParentClosesItsChildrenAndReopeningReopensThem) {
    const auto parent = file(report(kRubbish));
    auto far = testing::kEast1;
    far.lat += 0.01;
    const auto child = file(report(kRubbish, far));
    cases::Inputs merge;
    merge.into = parent;
    merge.reason = "同一问题";
    ASSERT_TRUE(act_as("dispatcher", child, "merge", merge));
    EXPECT_EQ(stored(parent).children, std::vector<CaseId>{child});
    cases::Inputs reason;
    reason.reason = "完";
    ASSERT_TRUE(act_as("shift_leader", parent, "force_close", reason));
    EXPECT_EQ(stored(child).state, "closed");
    EXPECT_TRUE(stored(child).flags.contains("closed_with_parent"));
    ASSERT_TRUE(act_as("shift_leader", parent, "reopen", reason));
    EXPECT_NE(stored(child).state, "closed");
    expect_verified();
}

TEST_F(Loop, AConclusionDispatchesAndCanBecomeADatedResponsibility) {
    ASSERT_TRUE(run([&](UnitOfWork& work) -> Result<std::string> {
        CS_CHECK(load_city(work, secrets, "testcity", files, "operator"));
        return std::string("{}");
    }));
    const auto id = file(report(kPothole));
    EXPECT_EQ(stored(id).state, "filed");
    std::string consultation;
    ASSERT_TRUE(run([&](UnitOfWork& work) -> Result<std::string> {
        CS_TRY(
            opened, open_consultation(work, holder("dispatcher"), {id}, {"ROAD", "SAN"}, "谁负责")
        );
        consultation = opened.id;
        return opened.id;
    }));
    EXPECT_EQ(stored(id).state, "consulting");
    ASSERT_TRUE(run([&](UnitOfWork& work) -> Result<std::string> {
        CS_CHECK(conclude(work, holder("dispatcher"), consultation, "ROAD", {}, "红线图"));
        return std::string("{}");
    }));
    EXPECT_EQ(stored(id).department, "ROAD");
    const NewResponsibility row{
        kPothole, "110000", "ROAD", {}, "会商 000001", *parse_date("2025-09-22")
    };
    auto changed = with_responsibility(store, row);
    ASSERT_TRUE(changed) << changed.error().context;
    const auto next = definitions_of(changed->files);
    ASSERT_TRUE(next);
    ASSERT_TRUE(run([&](UnitOfWork& work) -> Result<std::string> {
        CS_TRY(loaded, load_city(work, secrets, "testcity", changed->files, "dispatcher"));
        return loaded.revision;
    }));
    current.set(next);
    auto far = testing::kEast1;
    far.lat += 0.01;
    EXPECT_EQ(stored(file(report(kPothole, far))).department, "ROAD");
    const auto reloaded = stored_definitions(store);
    ASSERT_TRUE(reloaded) << reloaded.error().context;
    EXPECT_EQ((*reloaded)->revision, "000002");
}

TEST_F(Loop, LoadingTheSameFolderAgainChangesNothing) {
    const auto load = [&](UnitOfWork& work) -> Result<std::string> {
        CS_TRY(loaded, load_city(work, secrets, "testcity", files, "operator"));
        return loaded.revision + (loaded.changed ? " changed" : " same");
    };
    EXPECT_EQ(*run(load), "000001 changed");
    const auto head = *store.head();
    EXPECT_EQ(*run(load), "000001 same");
    EXPECT_EQ(*store.head(), head);
}

TEST_F(Loop, ARevisionThatCountsOtherwiseSaysSo) {
    auto next = files;
    const auto load = [&](UnitOfWork& work) -> Result<std::string> {
        CS_TRY(loaded, load_city(work, secrets, "testcity", next, "operator"));
        return std::string(loaded.counts_otherwise ? "otherwise" : "as before");
    };
    EXPECT_EQ(*run(load), "as before") << "there is nothing before it";
    next.front().content += "\n# a remark\n";
    EXPECT_EQ(*run(load), "as before");
    const auto evaluation = std::find_if(next.begin(), next.end(), [](const auto& file) {
        return file.path.ends_with("/evaluation.yaml");
    });
    ASSERT_NE(evaluation, next.end());
    evaluation->content += "\n# another one\n";
    EXPECT_EQ(*run(load), "otherwise");
}

TEST_F(Loop, EveryMeasureOpensIntoExactlyItsCases) {
    file(report(kRubbish));
    file(report(kPothole));
    const auto closing = file(report(kRubbish, testing::kWest1));
    cases::Inputs reason;
    reason.reason = "完";
    ASSERT_TRUE(act_as("shift_leader", closing, "force_close", reason));
    const auto& evaluation = current.get()->evaluation;
    const auto root = city::root_area(*current.get()->city).code;
    const auto values = sums(store, "area", {root}, 20250922, 20250922);
    ASSERT_TRUE(values);
    int opened = 0;
    for (const auto& measure : evaluation.measures) {
        if (!measure.sum.empty()) {
            continue;  // sums count events, not cases
        }
        auto which = cases_of(*current.get(), "area", root, measure.code, 20250922, 20250922);
        ASSERT_TRUE(which);
        const auto rows = store.search(which->query);
        ASSERT_TRUE(rows);
        const auto& sum = values->at(root);
        const auto bit = static_cast<std::size_t>(measure.bit);
        EXPECT_EQ(static_cast<std::int64_t>(rows->size()), bit < sum.size() ? sum[bit] : 0)
            << measure.code;
        opened += rows->empty() ? 0 : 1;
    }
    EXPECT_GT(opened, 5);
}

TEST_F(Loop, VerifySeesWhatHasBeenTamperedWith) {
    const auto id = file(report(kRubbish));
    auto row = **store.find_case(id);
    ports::Changes changes;
    const auto version = row.version;
    row.department = "ROAD";
    changes.cases.push_back({row, false, version});
    ASSERT_TRUE(store.commit(changes));
    const auto found = verify(store, *current.get(), nullptr);
    ASSERT_TRUE(found);
    ASSERT_EQ(found->differences.size(), 1U);
    EXPECT_NE(found->differences.front().what.find("columns"), std::string::npos);
}

}  // namespace
}  // namespace chengshu::services
