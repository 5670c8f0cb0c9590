// The tables beside the cases: reports, journal, statistics cells, documents, idempotency keys,
// timers.

#include "contract/store_contract.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>
#include <thread>

namespace chengshu::contract {
namespace {

TEST_P(StoreContract, FindsReports) {
    ports::Changes changes;
    for (int i = 1; i <= 10; ++i) {
        auto row = sample_report(i, CaseId{i % 2 == 0 ? 100 : 0});
        row.source = i <= 5 ? "public" : "sensor";
        row.external_id = i == 3 ? "" : row.external_id;
        changes.reports.push_back(row);
    }
    auto twin = sample_report(11, CaseId{});
    twin.source = "other";
    twin.external_id = "wx-1";
    changes.reports.push_back(twin);
    ASSERT_TRUE(store().commit(changes));

    const auto ids = [&](const ports::ReportQuery& query) {
        std::vector<std::int64_t> found;
        for (const auto& row : got(store().find_reports(query))) {
            found.push_back(row.id.value);
        }
        return found;
    };
    using Ids = std::vector<std::int64_t>;
    EXPECT_EQ(store().last_report().value(), ReportId{11});
    EXPECT_EQ(store().find_report(ReportId{3}).value(), changes.reports[2]);
    EXPECT_FALSE(store().find_report(ReportId{12}).value().has_value());
    EXPECT_EQ(ids({.case_id = CaseId{100}}), (Ids{10, 8, 6, 4, 2}));
    EXPECT_EQ(ids({.source = "public"}), (Ids{5, 4, 3, 2, 1}));
    EXPECT_EQ(ids({.source = "public", .external_id = "wx-1"}), (Ids{1}));
    EXPECT_EQ(ids({.external_id = "wx-1"}), (Ids{11, 1}));
    EXPECT_EQ(ids({.after = ReportId{10}, .limit = 3}), (Ids{9, 8, 7}));
    const auto at = [&](int i) {
        return changes.reports[static_cast<std::size_t>(i - 1)].received_at;
    };
    EXPECT_EQ(ids({.received_from = at(3), .received_to = at(5)}), (Ids{4, 3}));
    EXPECT_EQ(store().stats().value().reports, 11);
}

TEST_P(StoreContract, ReadsTheJournalInOrder) {
    ports::Changes changes;
    for (int i = 1; i <= 100; ++i) {
        changes.journal.push_back(sample_entry(i, CaseId{i % 10}));
    }
    ASSERT_TRUE(store().commit(changes));
    EXPECT_EQ(store().head().value(), Seq{100});
    ASSERT_TRUE(store().sync());
    EXPECT_EQ(store().journal(Seq{0}, 1000).value(), changes.journal);
    const auto page = store().journal(Seq{95}, 3).value();
    ASSERT_EQ(page.size(), 3U);
    EXPECT_EQ(page.front().seq, Seq{96});
    EXPECT_TRUE(store().journal(Seq{100}, 10).value().empty());
    const auto line = store().journal_of(CaseId{7}).value();
    ASSERT_EQ(line.size(), 10U);
    EXPECT_EQ(line.front(), changes.journal[6]);
    EXPECT_TRUE(std::is_sorted(line.begin(), line.end(), [](const auto& a, const auto& b) {
        return a.seq < b.seq;
    }));
    EXPECT_TRUE(store().journal_of(CaseId{77}).value().empty());
}

TEST_P(StoreContract, KeepsStatisticsCells) {
    ports::Changes changes;
    for (const auto* subject : {"110102", "110108", "东城区"}) {
        for (int day = 20'261'118; day <= 20'261'120; ++day) {
            changes.cells.push_back(
                {.key = {"area", subject, day}, .values = {day, -1, std::int64_t{1} << 60}}
            );
        }
    }
    changes.cells.push_back({.key = {"department", "110108", 20'261'121}, .values = {}});
    ASSERT_TRUE(store().commit(changes));

    EXPECT_EQ(store().cells({.kind = "area"}).value().size(), 9U);
    EXPECT_EQ(
        store()
            .cells({.kind = "area", .day_from = 20'261'119, .day_to = 20'261'119})
            .value()
            .size(),
        3U
    );
    const auto rows =
        store()
            .cells(
                {.kind = "area", .subjects = {"东城区", "110108", "nobody"}, .day_from = 20'261'120}
            )
            .value();
    ASSERT_EQ(rows.size(), 2U);
    EXPECT_EQ(rows[0].key, (ports::CellKey{"area", "110108", 20'261'120}));
    EXPECT_EQ(rows[0].values, (std::vector<std::int64_t>{20'261'120, -1, std::int64_t{1} << 60}));
    EXPECT_TRUE(store().cell({"department", "110108", 20'261'121}).value()->values.empty());
    EXPECT_FALSE(store().cell({"area", "110108", 20'261'121}).value().has_value());

    // Members of dimensions are subjects of their own kinds.
    ports::Changes members;
    for (const auto* member : {"110108/公众", "110108/public", "110108/T/m/06", "1101081/public"}) {
        members.cells.push_back({.key = {"area/source", member, 20'261'120}, .values = {7}});
    }
    ASSERT_TRUE(store().commit(members));
    EXPECT_EQ(store().cells({.kind = "area/source"}).value().size(), 4U);
    EXPECT_EQ(
        store()
            .cells({.kind = "area/source", .subjects = {"110108/T/m/06", "110108/公众"}})
            .value()
            .size(),
        2U
    );
    EXPECT_EQ(store().cells({.kind = "area"}).value().size(), 9U);

    ports::Changes again;
    again.cells.push_back({.key = {"area", "110108", 20'261'120}, .values = {5}});
    ASSERT_TRUE(store().commit(again));
    EXPECT_EQ(store().cell(again.cells[0].key).value(), again.cells[0]);
    EXPECT_EQ(store().cells({.kind = "area"}).value().size(), 9U);
}

TEST_P(StoreContract, KeepsDocuments) {
    ports::Changes changes;
    // Byte order: capitals before small letters, Chinese last.
    const std::vector<std::string> ids{"B", "Z", "a", "a-b", "ab", "ä", "张", "李"};
    for (const auto& id : ids) {
        changes.documents.push_back({.kind = "account", .id = id, .body = "{\"id\":\"" + id + "\"}"}
        );
    }
    changes.documents.push_back({.kind = "token", .id = "a", .body = "{}"});
    ASSERT_TRUE(store().commit(changes));
    std::vector<std::string> seen;
    std::string after;
    for (;;) {
        const auto page = store().documents("account", after, 3).value();
        for (const auto& row : page) {
            seen.push_back(row.id);
        }
        if (page.size() < 3) {
            break;
        }
        after = page.back().id;
    }
    auto expected = ids;
    std::sort(expected.begin(), expected.end());
    EXPECT_EQ(seen, expected);

    ports::Changes second;
    second.documents.push_back({.kind = "account", .id = "a", .body = ""});
    second.documents.push_back({.kind = "account", .id = "never", .body = ""});
    second.documents.push_back({.kind = "account", .id = "B", .body = "new"});
    ASSERT_TRUE(store().commit(second));
    EXPECT_FALSE(store().document("account", "a").value().has_value());
    EXPECT_TRUE(store().document("token", "a").value().has_value());
    EXPECT_EQ(store().document("account", "B").value()->body, "new");
    EXPECT_EQ(store().documents("account", "", 100).value().size(), ids.size() - 1);

    // In one commit the last word counts.
    ports::Changes third;
    third.documents.push_back({.kind = "account", .id = "B", .body = ""});
    third.documents.push_back({.kind = "account", .id = "B", .body = "again"});
    third.documents.push_back({.kind = "account", .id = "Z", .body = "x"});
    third.documents.push_back({.kind = "account", .id = "Z", .body = ""});
    ASSERT_TRUE(store().commit(third));
    EXPECT_EQ(store().document("account", "B").value()->body, "again");
    EXPECT_FALSE(store().document("account", "Z").value().has_value());
}

TEST_P(StoreContract, KeepsLargeDocuments) {
    ports::Changes changes;
    std::string body;
    while (body.size() < 4'000'000) {
        body += "城市数据 areas.csv 110108011,中关村街道\n";
    }
    changes.documents.push_back({.kind = "revision", .id = "1", .body = body});
    ASSERT_TRUE(store().commit(changes));
    EXPECT_EQ(store().document("revision", "1").value()->body, body);
}

TEST_P(StoreContract, RemembersIdempotencyKeys) {
    ports::Changes changes;
    for (int i = 0; i < 10; ++i) {
        // The oldest are neither first nor last.
        const std::int64_t at = 1000 + (i * 7) % 10;
        changes.idempotency.push_back(
            {.key = "zhang:" + std::to_string(i), .fingerprint = "f", .response = "{}", .at = at}
        );
    }
    ASSERT_TRUE(store().commit(changes));
    const auto ask = [&](const std::vector<std::string>& keys) {
        return store().idempotency(keys).value();
    };
    EXPECT_THAT(
        ask({"zhang:4", "li:4", "zhang:9"}),
        testing::UnorderedElementsAre(changes.idempotency[4], changes.idempotency[9])
    );
    EXPECT_TRUE(ask({"li:4"}).empty());
    EXPECT_TRUE(ask({}).empty());
    std::vector<std::string> many(1000, "nobody");
    many[600] = "zhang:0";
    EXPECT_THAT(ask(many), testing::ElementsAre(changes.idempotency[0]));

    EXPECT_EQ(store().prune_idempotency(1000, 100).value(), 0);
    EXPECT_EQ(store().prune_idempotency(1005, 2).value(), 2) << "no more than asked";
    const auto left = [&] {
        std::vector<std::int64_t> times;
        for (const auto& row : changes.idempotency) {
            for (const auto& found : ask({row.key})) {
                times.push_back(found.at);
            }
        }
        std::sort(times.begin(), times.end());
        return times;
    };
    EXPECT_EQ(left(), (std::vector<std::int64_t>{1002, 1003, 1004, 1005, 1006, 1007, 1008, 1009}));
    EXPECT_EQ(store().prune_idempotency(1005, 100).value(), 3);
    EXPECT_EQ(left(), (std::vector<std::int64_t>{1005, 1006, 1007, 1008, 1009}));
}

TEST_P(StoreContract, ForgetsKeysBesideCommits) {
    constexpr std::int64_t kCommits = 200;
    std::atomic<std::int64_t> committed = 0;
    std::thread writer{[&] {
        for (std::int64_t at = 1; at <= kCommits; ++at) {
            ports::Changes changes;
            changes.journal.push_back(sample_entry(at, CaseId{1}));
            changes.idempotency.push_back(
                {.key = "li:" + std::to_string(at), .fingerprint = "f", .response = "{}", .at = at}
            );
            ASSERT_TRUE(store().commit(changes));
            committed = at;
        }
    }};
    std::int64_t forgotten = 0;
    for (std::int64_t before = 0; before < kCommits;) {
        before = committed;
        const auto done = store().prune_idempotency(before, 50);
        ASSERT_TRUE(done) << done.error().context;
        forgotten += *done;
    }
    writer.join();
    forgotten += store().prune_idempotency(kCommits, 1000).value();
    EXPECT_EQ(forgotten, kCommits - 1);
    const std::vector<std::string> ends{"li:1", "li:199", "li:200"};
    const auto left = store().idempotency(ends).value();
    ASSERT_EQ(left.size(), 1U);
    EXPECT_EQ(left.front().at, kCommits);
    EXPECT_EQ(store().head().value(), Seq{kCommits});
}

TEST_P(StoreContract, GivesTimersEarliestFirst) {
    ports::Changes changes;
    for (int i = 1; i <= 9; ++i) {
        auto row = sample_case(i);
        row.next_timer = i == 9 ? std::nullopt : std::optional<std::int64_t>{1000 + (i * 5) % 9};
        changes.cases.push_back({.row = row, .insert = true, .expected_version = 0});
    }
    ASSERT_TRUE(store().commit(changes));
    EXPECT_EQ(store().next_timer().value(), 1001);
    EXPECT_TRUE(store().due_timers(1000, 10).value().empty());
    EXPECT_EQ(
        store().due_timers(1004, 3).value(),
        (std::vector<CaseId>{sample_case(2).id, sample_case(4).id, sample_case(6).id})
    );
    EXPECT_EQ(store().due_timers(1'000'000, 100).value().size(), 8U);
    auto row = sample_case(2);
    row.next_timer.reset();
    ASSERT_TRUE(store().commit(update_of(row)));
    EXPECT_EQ(store().next_timer().value(), 1002);
}

TEST_P(StoreContract, FindsTheLastCaseNumber) {
    for (const int serial : {5, 90'001, 90'007, 99'999}) {
        ASSERT_TRUE(store().commit(insert_of(sample_case(serial))));
    }
    const auto id = [](int serial) { return sample_case(serial).id; };
    EXPECT_EQ(store().last_case_number(id(90'000), id(90'050)).value(), id(90'007));
    EXPECT_EQ(store().last_case_number(id(90'007), id(90'007)).value(), id(90'007));
    EXPECT_EQ(store().last_case_number(id(6), id(90'000)).value(), CaseId{0});
    EXPECT_EQ(store().last_case_number(id(0), id(99'999)).value(), id(99'999));
}

TEST_P(StoreContract, WalksAllCasesByNumber) {
    ports::Changes changes;
    for (int i = 0; i < 1200; ++i) {
        changes.cases.push_back(
            {.row = sample_case((i * 7) % 1200, i % 50), .insert = true, .expected_version = 0}
        );
    }
    ASSERT_TRUE(store().commit(changes));
    std::vector<CaseId> seen;
    const auto collect = [&](const ports::CaseRow& row) {
        seen.push_back(row.id);
        return seen.size() < 700;
    };
    ASSERT_TRUE(store().each_case(CaseId{}, collect));
    ASSERT_EQ(seen.size(), 700U);
    EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
    const auto last = seen.back();
    seen.clear();
    ASSERT_TRUE(store().each_case(last, collect));
    EXPECT_EQ(seen.size(), 500U);
    EXPECT_GT(seen.front(), last);
}

}  // namespace
}  // namespace chengshu::contract
