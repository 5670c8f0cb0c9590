#include "contract/store_contract.hpp"

#include "base/text.hpp"

#include <cstdlib>
#include <sstream>

namespace chengshu::contract {
namespace {

constexpr std::int64_t kStart = 1'795'132'800'000;  // 2026-11-20T00:00:00Z
constexpr std::int64_t kMinute = 60'000;

void print(std::ostream& out, const ports::CaseRow& row) {
    out << row.id.value << ' ' << row.version << ' ' << row.state << ' ' << row.open << ' '
        << row.department << ' ' << row.body << '\n';
}

}  // namespace

void StoreContract::SetUp() {
    auto place = GetParam().make_place();
    if (!place) {
        // The only reason for which a place may be missing; everything else is a failure.
        if (place.error().code == ErrorCode::NotFound) {
            GTEST_SKIP() << place.error().context;
        }
        FAIL() << place.error().context;
    }
    place_ = std::move(place).value();
    reopen();
}

void StoreContract::TearDown() {
    store_.reset();
    place_.reset();
}

void StoreContract::reopen() {
    store_.reset();
    auto opened = place_->open();
    ASSERT_TRUE(opened) << opened.error().context;
    store_ = std::move(opened).value();
}

std::uint64_t test_seed() {
    const char* given = std::getenv("CHENGSHU_TEST_SEED");
    return given == nullptr ? 20'261'120 : std::strtoull(given, nullptr, 10);
}

ports::CaseRow sample_case(std::int64_t serial, int minutes) {
    ports::CaseRow row;
    row.id = CaseId{1'101'082'026'112'000'000 + serial};
    row.version = 1;
    row.body = R"({"description":"中关村大街路灯不亮"})";
    row.state = "handling";
    row.workflow = "standard";
    row.category = "GBT30428.2-2013/matter/0103";
    row.path = "/110000/110108/110108011/";
    row.area_1 = "110108";
    row.area_2 = "110108011";
    row.department = "lighting";
    row.queue = "handler";
    row.source = "collector";
    row.collector = "zhang";
    row.reported_at = kStart + minutes * kMinute;
    row.updated_at = row.reported_at;
    row.reported_day = 20'261'120;
    row.filed_day = 20'261'120;
    row.next_timer = row.reported_at + 60 * kMinute;
    row.facts = 5;
    row.lon = 116.31;
    row.lat = 39.98;
    row.cell = 46'793'000;
    row.terms = bigrams("中关村大街路灯不亮");
    return row;
}

ports::Changes insert_of(const ports::CaseRow& row) {
    ports::Changes changes;
    changes.cases.push_back({.row = row, .insert = true, .expected_version = 0});
    return changes;
}

ports::Changes update_of(ports::CaseRow row) {
    ports::Changes changes;
    const auto expected = row.version++;
    changes.cases.push_back({.row = std::move(row), .insert = false, .expected_version = expected});
    return changes;
}

ports::CaseRow without_terms(ports::CaseRow row) {
    row.terms.reset();
    return row;
}

ports::JournalRow sample_entry(std::int64_t seq, CaseId case_id) {
    return {
        .seq = Seq{seq},
        .at = kStart + seq,
        .case_id = case_id,
        .type = "file",
        .actor = "system",
        .body = R"({"reason":"标准成立"})",
    };
}

ports::ReportRow sample_report(std::int64_t id, CaseId case_id) {
    return {
        .id = ReportId{id},
        .case_id = case_id,
        .source = "public",
        .state = "case",
        .external_id = "wx-" + std::to_string(id),
        .received_at = kStart + id * kMinute,
        .body = R"({"description":"路灯不亮"})",
        .reporter = R"({"name":"李"})",
    };
}

std::string snapshot(ports::Store& store) {
    EXPECT_TRUE(store.sync());  // the journal shows what is durable
    std::ostringstream out;
    const auto walked = store.each_case(CaseId{}, [&](const ports::CaseRow& row) {
        print(out, row);
        return true;
    });
    EXPECT_TRUE(walked);
    for (const auto& row : got(store.journal(Seq{}, 100'000))) {
        out << row.seq.value << ' ' << row.type << ' ' << row.body << '\n';
    }
    for (const auto& row : got(store.find_reports({.limit = 100'000}))) {
        out << row.id.value << ' ' << row.state << ' ' << row.external_id << '\n';
    }
    for (const auto* kind : {"area", "department"}) {
        for (const auto& row : got(store.cells({.kind = kind}))) {
            out << row.key.subject << ' ' << row.key.day << ' '
                << testing::PrintToString(row.values) << '\n';
        }
    }
    for (const auto& row : got(store.documents("account", "", 1000))) {
        out << row.id << ' ' << row.body << '\n';
    }
    out << store.stats().value().cases << ' '
        << store.idempotency(std::vector<std::string>{"k"}).value().size();
    return out.str();
}

}  // namespace chengshu::contract
