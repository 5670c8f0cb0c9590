// Statistics counted anew after a city has changed its measures, on every store.

#include "adapters/memory/memory_store.hpp"
#include "contract/store_contract.hpp"
#include "domain/cases/case.hpp"
#include "services/copy.hpp"
#include "services/engine.hpp"
#include "services/repair.hpp"
#include "services/reports.hpp"
#include "services/verify.hpp"
#include "support/test_city.hpp"

#include <stdexcept>

namespace chengshu::contract {
namespace {

class TestClock final : public ports::Clock {
public:
    Instant now() override { return *parse_rfc3339("2025-09-22T01:00:00Z"); }
};

/// The test city with the measures of city management, each text in `changes` replaced.
services::DefinitionsPtr city_with(const std::vector<std::pair<std::string, std::string>>& changes
) {
    auto measures = chengshu::testing::source_file("scenarios/city-management/evaluation.yaml");
    for (const auto& [from, to] : changes) {
        const auto at = measures.find(from);
        EXPECT_NE(at, std::string::npos) << from;
        measures.replace(at, from.size(), to);
    }
    chengshu::testing::TestCityOptions options;
    options.files = {{"scenarios/test/evaluation.yaml", measures}};
    auto parsed =
        services::parse_definitions("testcity", chengshu::testing::test_city_files(options));
    EXPECT_TRUE(parsed.definitions) << chengshu::testing::to_text(parsed.findings);
    return parsed.definitions;
}

const services::DefinitionsPtr& first_city() {
    static const auto kCity = city_with({});
    return kCity;
}

/// Counts less in one measure and more in another.
const services::DefinitionsPtr& changed_city() {
    static const auto kCity = city_with(
        {{"count_if: [mark voided]}", "count_if: [mark filed]}"},
         {"count_if: [mark filed, not mark voided]}", "count_if: [mark voided]}"}}
    );
    return kCity;
}

void file_reports(ports::Store& store, const services::DefinitionsPtr& city, int count) {
    TestClock clock;
    services::CurrentDefinitions current(city);
    services::Engine engine(store, clock, current);
    std::vector<services::Job> jobs(1);
    jobs.front().work = [&](services::UnitOfWork& work) -> Result<std::string> {
        access::Principal who;
        who.account = "acceptor";
        who.kind = access::PrincipalKind::Person;
        for (int i = 0; i < count; ++i) {
            intake::Report report;
            report.source = i % 2 == 0 ? "hotline" : "public";
            report.category = chengshu::testing::category::kRubbish;
            report.point = i % 3 == 0 ? chengshu::testing::kWest1 : chengshu::testing::kEast1;
            report.confirmed_new = true;
            CS_CHECK(services::file_report(work, who, report));
        }
        return std::string();
    };
    jobs.front().done = [](const Result<std::string>& reply) {
        ASSERT_TRUE(reply) << reply.error().context;
    };
    engine.run(std::move(jobs));
}

services::Verification verified(ports::Store& store, const services::DefinitionsPtr& city) {
    return got(services::verify(store, *city, nullptr));
}

Result<services::Repaired> repair(
    ports::Store& store,
    std::size_t batch,
    const std::function<void()>& between = nullptr,
    const services::DefinitionsPtr& city = changed_city()
) {
    TestClock clock;
    services::CurrentDefinitions current(city);
    services::Engine engine(store, clock, current);
    services::RepairOptions options;
    options.batch = batch;
    options.progress = [&](const char*, std::int64_t, std::int64_t) {
        if (between) {
            between();
        }
    };
    return services::repair_statistics(engine, *city, options);
}

std::vector<ports::JournalRow> recounts(ports::Store& store) {
    auto rows = got(store.journal(Seq{}, 1000));
    std::erase_if(rows, [](const auto& row) { return row.type != "statistics.recounted"; });
    return rows;
}

/// Forgets an entry between taking and giving.
class Forgetful final : public memory::MemoryStore {
public:
    Status dump(const ports::PartSink& show) override {
        return MemoryStore::dump([&](const ports::Changes& whole) {
            auto part = whole;
            part.journal.pop_back();
            return show(part);
        });
    }
};

TEST_P(StoreContract, ACopyVerifiesAndIsFoundByItsWords) {
    memory::MemoryStore source;
    file_reports(source, first_city(), 7);
    const auto copied = services::copy_store(source, store(), *first_city(), nullptr);
    ASSERT_TRUE(copied) << copied.error().context;
    EXPECT_EQ(copied->cases.rows, 7);
    EXPECT_TRUE(*copied == got(services::digest_of(source, nullptr)));
    EXPECT_TRUE(*copied == got(services::digest_of(store(), nullptr)));
    EXPECT_EQ(verified(store(), first_city()).different, 0);
    const auto number = cases::format_case_id(got(source.search({})).front().id);
    EXPECT_EQ(got(store().search({.text = number})).size(), 1U);
    file_reports(store(), first_city(), 3);
    EXPECT_EQ(verified(store(), first_city()).different, 0);

    Forgetful forgetful;
    const auto different = services::copy_store(source, forgetful, *first_city(), nullptr);
    ASSERT_FALSE(different);
    EXPECT_EQ(different.error().code, ErrorCode::Internal);
    EXPECT_NE(different.error().context.find("journal"), std::string::npos);
    const auto stopped = services::copy_store(
        source, forgetful, *first_city(), [](const char*, auto, auto) { return false; }
    );
    EXPECT_FALSE(stopped);
}

TEST_P(StoreContract, ChangedMeasuresAreCountedAnew) {
    file_reports(store(), first_city(), 7);
    EXPECT_EQ(verified(store(), first_city()).different, 0);
    const auto before = verified(store(), changed_city());
    EXPECT_EQ(before.stale_cases, 7);
    EXPECT_GT(before.stale_cells, 3);
    const auto first = got(store().find_case(got(store().search({})).front().id));
    const auto done = repair(store(), 3);
    ASSERT_TRUE(done) << done.error().context;
    EXPECT_EQ(done->cases, before.stale_cases);
    EXPECT_EQ(done->cells, before.stale_cells);
    const auto after = verified(store(), changed_city());
    EXPECT_EQ(after.different, 0);
    // A recount is no step of a case: its document and version stay, and it is found as before.
    const auto second = got(store().find_case(first->id));
    EXPECT_EQ(second->version, first->version);
    EXPECT_EQ(second->body, first->body);
    EXPECT_NE(second->facts, first->facts);
    const auto entries = recounts(store());
    EXPECT_EQ(entries.size(), 3U + (static_cast<std::size_t>(before.stale_cells) + 2) / 3);
    EXPECT_EQ(entries.front().actor, "operator");
    // Nothing is left to do, so that nothing is written.
    EXPECT_EQ(got(repair(store(), 3)).cases, 0);
    EXPECT_EQ(recounts(store()).size(), entries.size());
    file_reports(store(), changed_city(), 2);
    EXPECT_EQ(verified(store(), changed_city()).different, 0);
}

TEST_P(StoreContract, ANewDimensionIsCountedAnew) {
    const auto fewer = city_with(
        {{"levels: [city, district, street]", "levels: [district]"},
         {"  - {code: source, name: {zh: 问题来源, en: Source}, of: source, levels: [city, "
          "district]}\n",
          ""}}
    );
    file_reports(store(), fewer, 7);
    EXPECT_EQ(verified(store(), fewer).different, 0);
    EXPECT_TRUE(got(store().cells({.kind = "area/source"})).empty());
    const auto before = verified(store(), first_city());
    EXPECT_EQ(before.stale_cases, 0);
    // By class the city and two streets; by source the city and two districts, two sources each.
    EXPECT_EQ(before.stale_cells, 3 + 6);
    ASSERT_TRUE(repair(store(), 4, nullptr, first_city()));
    EXPECT_EQ(verified(store(), first_city()).different, 0);
    file_reports(store(), first_city(), 2);
    EXPECT_EQ(verified(store(), first_city()).different, 0);
    // Levels that are no longer named count nothing.
    EXPECT_EQ(verified(store(), fewer).stale_cells, 3);
    ASSERT_TRUE(repair(store(), 4, nullptr, fewer));
    EXPECT_EQ(verified(store(), fewer).different, 0);
}

TEST_P(StoreContract, ARecountThatWasCutOffGoesOn) {
    file_reports(store(), first_city(), 7);
    for (int lived = 1;; ++lived) {
        int left = lived;
        try {
            ASSERT_TRUE(repair(store(), 2, [&] {
                if (--left < 0) {
                    throw std::runtime_error("killed");
                }
            }));
            break;
        } catch (const std::runtime_error&) {
            EXPECT_GT(verified(store(), changed_city()).entries, 7);
        }
        ASSERT_LT(lived, 100);
    }
    EXPECT_EQ(verified(store(), changed_city()).different, 0);
}

TEST_P(StoreContract, ARecountStopsWhenSomebodyElseWrites) {
    file_reports(store(), first_city(), 7);
    bool written = false;
    const auto refused = repair(store(), 2, [&] {
        if (!written) {
            written = true;
            file_reports(store(), changed_city(), 1);
        }
    });
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::Conflict);
    ASSERT_TRUE(repair(store(), 2));
    EXPECT_EQ(verified(store(), changed_city()).different, 0);
}

/// As after an upgrade that brought the column: the closing mark was there before.
TEST_P(StoreContract, ARecountFillsInTheDayOfClosing) {
    file_reports(store(), changed_city(), 3);
    auto row = got(store().search({})).front();
    row.closed_day = 20'250'101;
    row.terms.reset();
    ports::Changes changes;
    changes.cases.push_back({row, false, row.version});
    ASSERT_TRUE(store().commit(changes));
    EXPECT_EQ(verified(store(), changed_city()).stale_cases, 1);
    EXPECT_EQ(got(repair(store(), 100)).cases, 1);
    EXPECT_EQ(got(store().find_case(row.id))->closed_day, 0);
    EXPECT_EQ(verified(store(), changed_city()).different, 0);
}

TEST_P(StoreContract, ARecountLeavesDamageToBeSeen) {
    file_reports(store(), first_city(), 3);
    auto row = got(store().search({})).front();
    row.department = "ROAD";
    row.terms.reset();
    ports::Changes changes;
    changes.cases.push_back({row, false, row.version});
    ASSERT_TRUE(store().commit(changes));
    ASSERT_TRUE(repair(store(), 100));
    const auto after = verified(store(), changed_city());
    ASSERT_EQ(after.different, 1);
    EXPECT_NE(after.differences.front().what.find("columns"), std::string::npos);
}

}  // namespace
}  // namespace chengshu::contract
