// What a commit does, refuses and keeps.

#include "contract/store_contract.hpp"

#include <atomic>
#include <thread>

namespace chengshu::contract {
namespace {

TEST_P(StoreContract, IsEmptyAtFirst) {
    EXPECT_FALSE(store().find_case(CaseId{1}).value().has_value());
    EXPECT_TRUE(store().search({}).value().empty());
    EXPECT_EQ(store().head().value(), Seq{0});
    EXPECT_EQ(store().last_report().value(), ReportId{0});
    EXPECT_EQ(
        store().last_case_number(CaseId{0}, CaseId{9'000'000'000'000'000'000}).value(), CaseId{0}
    );
    EXPECT_FALSE(store().next_timer().value().has_value());
    EXPECT_FALSE(store().document("account", "zhang").value().has_value());
    const auto stats = store().stats().value();
    EXPECT_EQ(stats.cases, 0);
    EXPECT_EQ(stats.reports, 0);
    EXPECT_TRUE(store().commit({}));
}

TEST_P(StoreContract, GivesBackWhatWasCommitted) {
    const auto full = sample_case(1);
    ports::CaseRow bare;
    bare.id = CaseId{7};
    bare.version = 1;
    bare.body = "{}";
    bare.reported_at = 1;
    auto changes = insert_of(full);
    changes.cases.push_back({.row = bare, .insert = true, .expected_version = 0});
    ASSERT_TRUE(store().commit(changes));

    EXPECT_EQ(store().find_case(full.id).value(), without_terms(full));
    EXPECT_EQ(store().find_case(bare.id).value(), bare);
    const CaseId ids[] = {full.id, CaseId{99}, bare.id};
    EXPECT_EQ(store().find_cases(ids).value().size(), 2U);
    EXPECT_EQ(store().stats().value().cases, 2);
}

TEST_P(StoreContract, UpdatesEveryColumn) {
    auto row = sample_case(1);
    ASSERT_TRUE(store().commit(insert_of(row)));
    auto changed = row;
    changed.body = R"({"state":"closed"})";
    changed.state = "closed";
    changed.open = false;
    changed.workflow = "direct";
    changed.category = "other";
    changed.path = "/110000/110102/";
    changed.area_1 = "110102";
    changed.area_2 = "";
    changed.department = "";
    changed.queue = "";
    changed.holder = "li";
    changed.source = "public";
    changed.collector = "";
    changed.updated_at += 5;
    changed.reported_day = 20'261'121;
    changed.filed_day = 0;
    changed.closed_day = 20'261'122;
    changed.next_timer.reset();
    changed.facts = std::int64_t{1} << 62;
    changed.lon.reset();
    changed.lat.reset();
    changed.cell.reset();
    changed.parent = CaseId{42};
    changed.terms.reset();
    ASSERT_TRUE(store().commit(update_of(changed)));
    ++changed.version;
    EXPECT_EQ(store().find_case(row.id).value(), changed);
    EXPECT_TRUE(store().due_timers(9'000'000'000'000, 10).value().empty());

    // And back: what had become NULL gets values again.
    row.version = changed.version;
    ASSERT_TRUE(store().commit(update_of(row)));
    ++row.version;
    EXPECT_EQ(store().find_case(row.id).value(), without_terms(row));
}

TEST_P(StoreContract, RefusesAStaleVersion) {
    auto row = sample_case(1);
    ASSERT_TRUE(store().commit(insert_of(row)));
    ASSERT_TRUE(store().commit(update_of(row)));
    const auto again = store().commit(update_of(row));
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, ErrorCode::Conflict);
    EXPECT_EQ(store().find_case(row.id).value()->version, 2);

    const auto missing = store().commit(update_of(sample_case(2)));
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code, ErrorCode::Conflict);

    row.version = 2;
    row.reported_at += 1;
    const auto moved = store().commit(update_of(row));
    ASSERT_FALSE(moved) << "the time of the first report is fixed";
    EXPECT_EQ(moved.error().code, ErrorCode::Conflict);
}

TEST_P(StoreContract, ChangesOneCaseSeveralTimesInOneCommit) {
    const auto row = sample_case(1);
    auto changes = insert_of(row);
    auto second = row;
    second.version = 2;
    second.state = "checking";
    second.terms.reset();
    auto third = second;
    third.version = 3;
    third.state = "closed";
    third.open = false;
    changes.cases.push_back({.row = second, .insert = false, .expected_version = 1});
    changes.cases.push_back({.row = third, .insert = false, .expected_version = 2});
    ASSERT_TRUE(store().commit(changes));
    EXPECT_EQ(store().find_case(row.id).value(), third);
    EXPECT_EQ(store().search({.text = "路灯"}).value().size(), 1U);
    EXPECT_EQ(store().stats().value().cases, 1);
}

TEST_P(StoreContract, AConflictChangesNothing) {
    ports::Changes first = insert_of(sample_case(1));
    first.reports.push_back(sample_report(1, sample_case(1).id));
    first.journal.push_back(sample_entry(1, sample_case(1).id));
    first.idempotency.push_back({.key = "k", .fingerprint = "f", .response = "{}", .at = 1});
    first.cells.push_back({.key = {"area", "110108", 20'261'120}, .values = {1, 0, 7}});
    first.documents.push_back({.kind = "account", .id = "zhang", .body = "{}"});
    ASSERT_TRUE(store().commit(first));
    const auto before = snapshot(store());

    // A commit that is right everywhere except for one thing.
    const auto right = [] {
        ports::Changes changes = insert_of(sample_case(2));
        auto updated = sample_case(1);
        updated.version = 2;
        updated.state = "closed";
        changes.cases.push_back({.row = updated, .insert = false, .expected_version = 1});
        changes.reports.push_back(sample_report(2, sample_case(2).id));
        changes.journal.push_back(sample_entry(2, sample_case(2).id));
        changes.journal.push_back(sample_entry(3, sample_case(1).id));
        changes.cells.push_back({.key = {"area", "110108", 20'261'120}, .values = {2}});
        changes.documents.push_back({.kind = "account", .id = "zhang", .body = ""});
        changes.documents.push_back({.kind = "account", .id = "li", .body = "{}"});
        changes.idempotency.push_back({.key = "k2", .fingerprint = "f", .response = "{}", .at = 1});
        return changes;
    };
    const std::vector<std::pair<std::string, std::function<void(ports::Changes&)>>> spoilers{
        {"stale version", [](auto& c) { c.cases[1].expected_version = 0; }},
        {"case exists", [](auto& c) { c.cases[0].row.id = sample_case(1).id; }},
        {"report exists", [](auto& c) { c.reports[0].id = ReportId{1}; }},
        {"external id exists", [](auto& c) { c.reports[0].external_id = "wx-1"; }},
        {"journal overlap", [](auto& c) { c.journal[0].seq = Seq{1}; }},
        {"journal gap before", [](auto& c) { c.journal.erase(c.journal.begin()); }},
        {"journal gap inside", [](auto& c) { c.journal[1].seq = Seq{4}; }},
        {"idempotency key exists", [](auto& c) { c.idempotency[0].key = "k"; }},
        {"same key twice", [](auto& c) { c.idempotency.push_back(c.idempotency[0]); }},
        {"same report twice", [](auto& c) { c.reports.push_back(c.reports[0]); }},
    };
    for (const auto& [name, spoil] : spoilers) {
        auto changes = right();
        spoil(changes);
        const auto done = store().commit(changes);
        ASSERT_FALSE(done) << name;
        EXPECT_EQ(done.error().code, ErrorCode::Conflict) << name << ": " << done.error().context;
        EXPECT_EQ(snapshot(store()), before) << name;
        EXPECT_TRUE(store().search({.state = "closed"}).value().empty()) << name;
    }
    ASSERT_TRUE(store().commit(right())) << "the store must work after refusals";
    EXPECT_EQ(store().head().value(), Seq{3});
    EXPECT_EQ(store().stats().value().cases, 2);
}

TEST_P(StoreContract, KeepsEverythingOverAReopening) {
    if (!durable()) {
        GTEST_SKIP() << "nothing on a disk";
    }
    std::int64_t seq = 0;
    for (int i = 1; i <= 20; ++i) {
        auto changes = insert_of(sample_case(i, i));
        changes.journal.push_back(sample_entry(++seq, sample_case(i).id));
        changes.documents.push_back({.kind = "account", .id = std::to_string(i), .body = "{}"});
        ASSERT_TRUE(store().commit(changes));
    }
    const auto before = snapshot(store());
    reopen();
    EXPECT_EQ(snapshot(store()), before);
    EXPECT_EQ(store().search({.text = "中关村"}).value().size(), 20U);
    auto next = insert_of(sample_case(21));
    next.journal.push_back(sample_entry(21, sample_case(21).id));
    EXPECT_TRUE(store().commit(next));
}

TEST_P(StoreContract, WhoFollowsTheJournalSeesWhatIsDurable) {
    const auto entry = [&](std::int64_t seq) {
        ports::Changes changes;
        changes.journal.push_back(sample_entry(seq, CaseId{1}));
        return changes;
    };
    EXPECT_TRUE(store().sync()) << "nothing to do";
    EXPECT_EQ(store().durable_head().value(), Seq{0});
    ASSERT_TRUE(store().commit(entry(1)));
    ASSERT_TRUE(store().sync());
    EXPECT_EQ(store().durable_head().value(), Seq{1});
    ASSERT_TRUE(store().commit(entry(2)));
    EXPECT_EQ(store().head().value(), Seq{2}) << "seen before it is durable";
    EXPECT_EQ(store().journal_of(CaseId{1}).value().size(), 2U);
    const auto durable = store().durable_head().value();
    EXPECT_EQ(std::ssize(store().journal(Seq{0}, 10).value()), durable.value);
    ASSERT_TRUE(store().sync());
    EXPECT_EQ(store().durable_head().value(), Seq{2});
    EXPECT_EQ(store().journal(Seq{0}, 10).value().size(), 2U);
}

TEST_P(StoreContract, AnotherThreadSyncs) {
    constexpr std::int64_t kEntries = 300;
    std::atomic<std::int64_t> committed = 0;
    std::thread writer{[&] {
        for (std::int64_t seq = 1; seq <= kEntries; ++seq) {
            ports::Changes changes;
            changes.journal.push_back(sample_entry(seq, CaseId{1}));
            ASSERT_TRUE(store().commit(changes));
            committed = seq;
        }
    }};
    for (std::int64_t before = 0; before < kEntries;) {
        before = committed;
        ASSERT_TRUE(store().sync());
        EXPECT_GE(store().durable_head().value().value, before);
        EXPECT_GE(std::ssize(store().journal(Seq{0}, 1000).value()), before);
    }
    writer.join();
    EXPECT_EQ(store().durable_head().value(), Seq{kEntries});
}

TEST_P(StoreContract, ReadersSeeWholeCommits) {
    const auto write = [&](int round) {
        ports::Changes changes;
        for (const auto* id : {"a", "b", "c"}) {
            changes.documents.push_back({.kind = "round", .id = id, .body = std::to_string(round)});
        }
        return store().commit(changes).has_value();
    };
    ASSERT_TRUE(write(0));
    std::atomic<bool> done = false;
    std::atomic<int> torn = 0;
    std::atomic<int> reads = 0;
    const auto read = [&] {
        while (!done) {
            const auto rows = store().documents("round", "", 10);
            if (!rows || rows->size() != 3 || (*rows)[0].body != (*rows)[1].body ||
                (*rows)[1].body != (*rows)[2].body) {
                ++torn;
            }
            ++reads;
        }
    };
    std::thread first{read};
    std::thread second{read};
    bool written = true;
    for (int round = 1; round <= 50 || reads < 50; ++round) {
        written = written && write(round);
    }
    done = true;
    first.join();
    second.join();
    EXPECT_TRUE(written);
    EXPECT_EQ(torn, 0);
}

TEST_P(StoreContract, BulkLoadChangesNoAnswer) {
    ASSERT_TRUE(store().set_bulk(true));
    for (int i = 1; i <= 30; ++i) {
        ASSERT_TRUE(store().commit(insert_of(sample_case(i, i))));
    }
    EXPECT_EQ(store().search({.text = "路灯"}).value().size(), 30U);
    ASSERT_TRUE(store().set_bulk(false));
    EXPECT_EQ(store().search({.text = "路灯"}).value().size(), 30U);
    ASSERT_TRUE(store().commit(insert_of(sample_case(31))));
    EXPECT_EQ(store().stats().value().cases, 31);
}

}  // namespace
}  // namespace chengshu::contract
