// A whole store shown to and filled by somebody else, on every store.

#include "adapters/memory/memory_store.hpp"
#include "contract/store_contract.hpp"

#include <algorithm>

namespace chengshu::contract {
namespace {

using ports::Changes;
using ports::PartSink;

/// Several parts of every table, empty columns, changed cases, changed terms, odd texts.
void fill(ports::Store& store) {
    Changes changes;
    for (int i = 1; i <= 2500; ++i) {
        auto row = sample_case(i, i % 97);
        if (i % 3 == 0) {
            row.area_2.clear();
            row.collector.clear();
            row.next_timer.reset();
            row.lon.reset();
            row.lat.reset();
            row.cell.reset();
            row.filed_day = 0;
            row.open = false;
            row.closed_day = 20'261'121;
            row.parent = sample_case(1).id;
        }
        row.body =
            i == 7 ? std::string(20'000, 'x') : "{\"a\":\"引号 \\\" \\t " + row.body.substr(5);
        changes.cases.push_back({.row = row, .insert = true, .expected_version = 0});
        changes.reports.push_back(sample_report(i, i % 4 == 0 ? CaseId{} : row.id));
        changes.reports.back().external_id += i % 5 == 0 ? "" : "'\\\n";
        if (i % 6 == 0) {
            changes.reports.back().external_id.clear();
        }
        changes.journal.push_back(sample_entry(i, i % 10 == 0 ? CaseId{} : row.id));
    }
    for (int day = 0; day < 2100; ++day) {
        changes.cells.push_back(
            {{day % 2 == 0 ? "area" : "other", "110108", 20'000'000 + day}, {day, 0, -5}}
        );
        changes.documents.push_back({day % 2 == 0 ? "account" : "kind 2", std::to_string(day), "{}"}
        );
        changes.idempotency.push_back({"k" + std::to_string(day), "f", R"({"id":"1"})", day});
    }
    ASSERT_TRUE(store.commit(changes));
    auto changed = sample_case(2, 2);
    changed.terms = std::vector<std::string>{"井盖"};
    ASSERT_TRUE(store.commit(update_of(changed)));
    ASSERT_TRUE(store.sync());
}

Changes shown(ports::Store& store) {
    Changes all;
    const auto append = [](auto& to, const auto& from) {
        to.insert(to.end(), from.begin(), from.end());
    };
    const auto done = store.dump([&](const Changes& part) {
        append(all.cases, part.cases);
        append(all.reports, part.reports);
        append(all.journal, part.journal);
        append(all.cells, part.cells);
        append(all.documents, part.documents);
        append(all.idempotency, part.idempotency);
        return ok();
    });
    EXPECT_TRUE(done) << done.error().context;
    return all;
}

void expect_same(const Changes& left, const Changes& right) {
    ASSERT_EQ(left.cases.size(), right.cases.size());
    for (std::size_t i = 0; i < left.cases.size(); ++i) {
        ASSERT_EQ(left.cases[i].row, right.cases[i].row) << i;
        ASSERT_TRUE(right.cases[i].insert);
    }
    EXPECT_TRUE(left.reports == right.reports);
    EXPECT_TRUE(left.journal == right.journal);
    EXPECT_TRUE(left.cells == right.cells);
    EXPECT_TRUE(left.documents == right.documents);
    EXPECT_TRUE(left.idempotency == right.idempotency);
}

/// Everything of `from`, as copying does it: with the terms that a store does not give back.
Status transfer(ports::Store& from, ports::Store& to) {
    return to.load([&](const PartSink& take) {
        return from.dump([&](const Changes& shown) {
            auto part = shown;
            for (auto& change : part.cases) {
                change.row.terms = change.row.id == sample_case(2).id
                                       ? std::vector<std::string>{"井盖", "井盖"}
                                       : sample_case(1).terms;
            }
            return take(part);
        });
    });
}

TEST_P(StoreContract, ShowsNothingOfNothing) {
    EXPECT_TRUE(shown(store()).empty());
    ASSERT_TRUE(store().load([](const PartSink&) { return ok(); }));
    EXPECT_TRUE(shown(store()).empty());
}

TEST_P(StoreContract, AWholeStoreGoesInAndComesOut) {
    memory::MemoryStore source;
    fill(source);
    ASSERT_TRUE(transfer(source, store()));
    const auto whole = shown(source);
    expect_same(whole, shown(store()));
    EXPECT_EQ(snapshot(source), snapshot(store()));
    if (durable()) {
        reopen();
        expect_same(whole, shown(store()));
    }
    memory::MemoryStore back;
    ASSERT_TRUE(transfer(store(), back));
    expect_same(whole, shown(back));
}

TEST_P(StoreContract, AFilledStoreAnswersAndGoesOn) {
    memory::MemoryStore source;
    fill(source);
    ASSERT_TRUE(transfer(source, store()));
    const auto ids = [](ports::Store& of, const ports::CaseQuery& query) {
        std::vector<CaseId> out;
        for (const auto& row : got(of.search(query))) {
            out.push_back(row.id);
        }
        return out;
    };
    for (const ports::CaseQuery& query :
         {ports::CaseQuery{.text = "路灯", .limit = 100},
          ports::CaseQuery{.text = "井盖"},
          ports::CaseQuery{.area = "110108", .area_level = 1, .limit = 60},
          ports::CaseQuery{.open = true, .department = "lighting"},
          ports::CaseQuery{.reported_day_from = 20'261'120, .parent = sample_case(1).id}}) {
        EXPECT_EQ(ids(store(), query), ids(source, query));
        EXPECT_FALSE(ids(store(), query).empty());
    }
    EXPECT_EQ(store().stats().value().cases, 2500);
    EXPECT_EQ(
        store().due_timers(4'000'000'000'000, 5000).value(),
        source.due_timers(4'000'000'000'000, 5000).value()
    );
    EXPECT_EQ(
        store().journal_of(sample_case(11).id).value(),
        source.journal_of(sample_case(11).id).value()
    );

    auto row = got(store().find_case(sample_case(5).id)).value();
    auto next = update_of(row);
    next.journal.push_back(sample_entry(2501, row.id));
    next.idempotency.push_back({"k5", "f", "{}", 1});
    EXPECT_EQ(store().commit(next).error().code, ErrorCode::Conflict) << "the key is stored";
    next.idempotency.clear();
    auto more = insert_of(sample_case(2501));
    next.cases.push_back(more.cases.front());
    ASSERT_TRUE(store().commit(next));
    ASSERT_TRUE(store().sync());
    EXPECT_EQ(store().stats().value().cases, 2501);
    EXPECT_EQ(store().head().value(), Seq{2501});
    EXPECT_EQ(ids(store(), {.text = "路灯", .limit = 5000}).size(), 2500U);
}

TEST_P(StoreContract, OnlyAnEmptyStoreIsFilled) {
    ports::Changes one;
    one.documents.push_back({"account", "a", "{}"});
    ASSERT_TRUE(store().commit(one));
    const auto before = snapshot(store());
    bool asked = false;
    const auto done = store().load([&](const PartSink&) {
        asked = true;
        return ok();
    });
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, ErrorCode::Conflict);
    EXPECT_FALSE(asked);
    EXPECT_EQ(snapshot(store()), before);
    ASSERT_TRUE(store().commit(insert_of(sample_case(1))));
}

TEST_P(StoreContract, WhatIsBrokenOffLeavesNothing) {
    memory::MemoryStore source;
    fill(source);
    for (const bool gap : {false, true}) {
        const auto done = store().load([&](const PartSink& take) {
            return source.dump([&](const Changes& shown) -> Status {
                CS_CHECK(take(shown));
                if (!gap) {
                    return fail(ErrorCode::StorageUnavailable, "broken off");
                }
                Changes wrong;
                wrong.journal.push_back(sample_entry(2502, CaseId{}));
                return take(wrong);
            });
        });
        ASSERT_FALSE(done);
        EXPECT_EQ(done.error().code, gap ? ErrorCode::Conflict : ErrorCode::StorageUnavailable);
        EXPECT_TRUE(shown(store()).empty());
        EXPECT_EQ(store().stats().value().cases, 0);
    }
    if (durable()) {
        reopen();
        EXPECT_TRUE(shown(store()).empty());
    }
    ASSERT_TRUE(transfer(source, store()));
    expect_same(shown(source), shown(store()));
    EXPECT_EQ(store().search({.text = "路灯"}).value().size(), 50U);
}

TEST_P(StoreContract, AFailureOfWhoIsShownEndsTheShowing) {
    fill(store());
    int parts = 0;
    const auto done = store().dump([&](const Changes&) {
        ++parts;
        return fail(ErrorCode::RuleViolation, "enough");
    });
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, ErrorCode::RuleViolation);
    EXPECT_EQ(parts, 1);
    ASSERT_TRUE(store().commit(insert_of(sample_case(9000))));
}

}  // namespace
}  // namespace chengshu::contract
