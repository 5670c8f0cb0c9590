#include "contract/observation_store_contract.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <map>
#include <thread>

namespace chengshu::contract {

using ports::AppendOutcome;
using ports::ObservationBatch;
using ports::ObservationQuery;
using sensing::Observation;
using sensing::ObservationOrder;

void ObservationContract::SetUp() {
    auto place = GetParam().make_place();
    if (!place && place.error().code == ErrorCode::NotFound) {
        GTEST_SKIP() << place.error().context;
    }
    ASSERT_TRUE(place) << place.error().context;
    place_ = std::move(place).value();
    reopen();
}

void ObservationContract::TearDown() {
    close();
    place_.reset();
}

void ObservationContract::close() {
    store_.reset();
}

void ObservationContract::reopen() {
    close();
    auto store = place_->open();
    ASSERT_TRUE(store) << store.error().context;
    store_ = std::move(store).value();
}

void ObservationContract::append(std::vector<Observation> rows) {
    ObservationBatch batch;
    batch.rows = std::move(rows);
    const auto stored = store().append({&batch, 1});
    ASSERT_TRUE(stored) << stored.error().context;
    ASSERT_EQ(stored->size(), 1U);
    ASSERT_EQ(stored->front().outcome, AppendOutcome::Stored);
}

std::vector<std::int64_t> ObservationContract::ids(const ObservationQuery& query) {
    const auto rows = store().query(query);
    EXPECT_TRUE(rows) << rows.error().context;
    std::vector<std::int64_t> ids;
    if (rows) {
        for (const auto& row : *rows) {
            ids.push_back(row.id);
        }
    }
    return ids;
}

void ObservationContract::expect_summaries_right() {
    std::map<std::int64_t, sensing::StreamSummary> expected;
    std::int64_t rows = 0;
    ASSERT_TRUE(store().each({}, [&](const Observation& row) {
        sensing::add(expected[row.stream], row);
        ++rows;
        return true;
    }));
    std::map<std::int64_t, sensing::StreamSummary> told;
    std::int64_t last = 0;
    ASSERT_TRUE(store().each_summary([&](const auto& summary) {
        EXPECT_GT(summary.stream, last) << "ascending";
        last = summary.stream;
        told[summary.stream] = summary;
    }));
    EXPECT_EQ(told, expected);
    EXPECT_EQ(store().count({}).value(), rows);
    EXPECT_EQ(store().stats()->rows, rows);
    EXPECT_EQ(store().stats()->streams, static_cast<std::int64_t>(expected.size()));
    for (const auto& [stream, summary] : expected) {
        ObservationQuery query;
        query.streams = {stream};
        EXPECT_EQ(store().count(query).value(), summary.count);
        EXPECT_EQ(store().summary(stream).value(), summary);
        EXPECT_EQ(store().latest(std::vector{stream}, 1).value(), std::vector{summary.latest});
    }
}

std::uint64_t observation_seed() {
    const char* given = std::getenv("CHENGSHU_TEST_SEED");
    return given == nullptr ? 20'261'121 : std::strtoull(given, nullptr, 10);
}

Observation reading(std::int64_t id, std::int64_t stream, std::int64_t seconds, double number) {
    Observation row;
    row.id = id;
    row.stream = stream;
    row.phenomenon_from = row.phenomenon_to = kDay + seconds * 1000;
    row.received_at = row.phenomenon_to + 1000;
    row.number = number;
    row.feature = stream;
    return row;
}

TEST_P(ObservationContract, IsEmptyAtFirst) {
    EXPECT_EQ(store().count({}).value(), 0);
    EXPECT_TRUE(store().query({})->empty());
    EXPECT_EQ(store().find(1).value(), std::nullopt);
    EXPECT_EQ(store().summary(1).value(), std::nullopt);
    EXPECT_EQ(store().stats()->last_id, 0);
    EXPECT_TRUE(store().latest(std::vector<std::int64_t>{1, 2}, 3)->empty());
    EXPECT_EQ(store().erase(std::vector<std::int64_t>{1}).value(), 0);
    EXPECT_EQ(store().erase_streams(std::vector<std::int64_t>{1}).value(), 0);
}

TEST_P(ObservationContract, GivesBackExactlyWhatItWasGiven) {
    std::vector<Observation> rows{reading(1, 7, 0, 21.5), reading(2, 7, 60, -0.1)};
    auto& full = rows.emplace_back(reading(9'007'199'254'740'993, 8, 120, 0));
    full.phenomenon_to += 59'999;
    full.result_time = -62'135'596'800'000;
    full.number.reset();
    full.result = R"({"level":"高","quote":"it's \"so\"","list":[1,2]})";
    full.feature = 0;
    full.quality = 0xffff'ffff;
    full.extra = R"({"parameters":{"who":"O'Neil"}})";
    auto& extreme = rows.emplace_back(reading(full.id + 1, 8, 0, 1e-308));
    extreme.phenomenon_from = -62'135'596'800'000;
    extreme.phenomenon_to = 253'402'300'799'999;
    extreme.number = -std::numeric_limits<double>::max();
    append(rows);
    EXPECT_EQ(store().query({}).value(), rows);
    for (int round = 0; round < 2; ++round) {
        for (const auto& row : rows) {
            EXPECT_EQ(store().find(row.id).value(), row);
        }
        if (place().durable()) {
            reopen();
        }
    }
    expect_summaries_right();
}

TEST_P(ObservationContract, ABatchIsStoredOnce) {
    ObservationBatch batch{"gate-1:k1", "hash", R"({"n":2})", 5, {reading(1, 1, 0, 1)}};
    EXPECT_EQ(store().append({&batch, 1})->front(), ports::AppendResult{});
    if (place().durable()) {
        reopen();
    }
    batch.rows = {reading(2, 1, 0, 1)};
    const ports::AppendResult repeated{AppendOutcome::Repeated, R"({"n":2})"};
    EXPECT_EQ(store().append({&batch, 1})->front(), repeated);
    batch.fingerprint = "another";
    const ports::AppendResult mismatch{AppendOutcome::Mismatch, {}};
    EXPECT_EQ(store().append({&batch, 1})->front(), mismatch);
    EXPECT_EQ(store().count({}).value(), 1);
    // Without a key nothing is recognised.
    append({reading(3, 1, 0, 1)});
    append({reading(4, 1, 0, 1)});
    EXPECT_EQ(ids({}), (std::vector<std::int64_t>{1, 3, 4}));
    expect_summaries_right();
}

TEST_P(ObservationContract, BatchesOfOneCallAreJudgedOneByOne) {
    const std::vector<ObservationBatch> batches{
        {"a'b", "x", "first", 1, {reading(1, 1, 0, 1)}},
        {"a'b", "x", "second", 1, {reading(2, 1, 0, 1)}},
        {"a'b", "y", "third", 1, {reading(3, 1, 0, 1)}},
        {"c", "", "", 1, {}},
        {"", "", "", 1, {reading(4, 2, 0, 1), reading(6, 3, 0, 1)}},
    };
    const auto results = store().append(batches);
    ASSERT_TRUE(results) << results.error().context;
    const std::vector<ports::AppendResult> expected{
        {}, {AppendOutcome::Repeated, "first"}, {AppendOutcome::Mismatch, {}}, {}, {}
    };
    EXPECT_EQ(*results, expected);
    EXPECT_EQ(ids({}), (std::vector<std::int64_t>{1, 4, 6}));
    EXPECT_EQ(store().append({&batches[3], 1})->front().outcome, AppendOutcome::Repeated);
    EXPECT_TRUE(store().append({})->empty());
}

TEST_P(ObservationContract, AFailedCallLeavesNothing) {
    append({reading(5, 1, 0, 1)});
    auto spoilt = reading(8, 1, 0, std::numeric_limits<double>::infinity());

    struct Case {
        std::vector<Observation> second;
        ErrorCode code;
    };

    const Case cases[] = {
        {{reading(7, 1, 0, 1), reading(7, 1, 0, 1)}, ErrorCode::Conflict},
        {{reading(6, 1, 0, 1)}, ErrorCode::Conflict},
        {{reading(5, 1, 0, 1)}, ErrorCode::Conflict},
        {{reading(7, 1, 0, 1), spoilt}, ErrorCode::InvalidInput},
    };
    for (const auto& item : cases) {
        const std::vector<ObservationBatch> batches{
            {"good", "", "", 1, {reading(6, 1, 0, 1)}}, {"bad", "", "", 1, item.second}
        };
        const auto failed = store().append(batches);
        ASSERT_FALSE(failed);
        EXPECT_EQ(failed.error().code, item.code) << failed.error().context;
        EXPECT_EQ(store().count({}).value(), 1);
    }
    ObservationBatch good{"good", "", "", 1, {reading(6, 1, 0, 1)}};
    EXPECT_EQ(store().append({&good, 1})->front().outcome, AppendOutcome::Stored);
    expect_summaries_right();
}

TEST_P(ObservationContract, KeysAreForgottenOldestFirst) {
    for (std::int64_t i = 1; i <= 4; ++i) {
        ObservationBatch batch{"k" + std::to_string(i), "", "", i * 10, {reading(i, 1, i, 1)}};
        ASSERT_TRUE(store().append({&batch, 1}));
    }
    EXPECT_EQ(store().prune_keys(30, 10).value(), 2);
    EXPECT_EQ(store().prune_keys(30, 10).value(), 0);
    ObservationBatch forgotten{"k1", "", "", 50, {reading(5, 1, 5, 1)}};
    EXPECT_EQ(store().append({&forgotten, 1})->front().outcome, AppendOutcome::Stored);
    ObservationBatch known{"k3", "", "", 50, {reading(6, 1, 5, 1)}};
    EXPECT_EQ(store().append({&known, 1})->front().outcome, AppendOutcome::Repeated);
    EXPECT_EQ(store().count({}).value(), 5) << "rows stay";
    EXPECT_EQ(store().prune_keys(1000, 1).value(), 1);
}

TEST_P(ObservationContract, LateRowsFindTheirPlaceInTime) {
    append({reading(1, 1, 100, 1), reading(2, 1, 50, 2), reading(3, 2, 75, 3)});
    append({reading(4, 1, 10, 4), reading(5, 1, 100, 5)});
    ObservationQuery query;
    query.order = ObservationOrder::PhenomenonTime;
    EXPECT_EQ(ids(query), (std::vector<std::int64_t>{4, 2, 3, 1, 5}));
    query.descending = true;
    EXPECT_EQ(ids(query), (std::vector<std::int64_t>{5, 1, 3, 2, 4}));
    query.streams = {1};
    query.limit = 2;
    query.offset = 1;
    EXPECT_EQ(ids(query), (std::vector<std::int64_t>{1, 2}));
    EXPECT_EQ(store().summary(1)->value().latest.id, 5);
    EXPECT_EQ(store().latest(std::vector<std::int64_t>{2, 9, 1}, 2)->size(), 3U);
}

TEST_P(ObservationContract, ARangeHoldsItsBeginningAndNotItsEnd) {
    std::vector<Observation> rows;
    for (std::int64_t id = 1; id <= 5; ++id) {
        rows.push_back(reading(id, 1, id, static_cast<double>(id)));
        rows.back().result_time = id * 10;
        rows.back().quality = static_cast<std::uint32_t>(id);
        rows.back().feature = id % 2;
    }
    rows.push_back(reading(6, 1, 6, 0));
    rows.back().number.reset();
    rows.back().result = "true";
    append(rows);
    const auto check = [&](const char* what, auto set, std::vector<std::int64_t> expected) {
        ObservationQuery query;
        set(query);
        EXPECT_EQ(ids(query), expected) << what;
        EXPECT_EQ(store().count(query).value(), static_cast<std::int64_t>(expected.size())) << what;
    };
    using Ids = std::vector<std::int64_t>;
    check("half open", [](auto& q) { q.id.from = 2, q.id.to = 4; }, Ids{2, 3});
    check(
        "turned round",
        [](auto& q) {
            q.id.from = 2, q.id.to = 4;
            q.id.after_from = q.id.up_to_to = true;
        },
        Ids{3, 4}
    );
    check("reversed", [](auto& q) { q.id.from = 4, q.id.to = 2; }, Ids{});
    check("begins", [](auto& q) { q.phenomenon_from.from = kDay + 5000; }, Ids{5, 6});
    check("ends", [](auto& q) { q.phenomenon_to.to = kDay + 2000; }, Ids{1});
    check("result time", [](auto& q) { q.result_time.from = 40; }, Ids{4, 5});
    check("number", [](auto& q) { q.number.to = 2.5; }, Ids{1, 2});
    check("any flag", [](auto& q) { q.quality_any = 6; }, Ids{2, 3, 4, 5});
    check("no flag", [](auto& q) { q.quality_none = 1; }, Ids{2, 4, 6});
    check("feature", [](auto& q) { q.feature = 0; }, Ids{2, 4});
    check(
        "extremes",
        [](auto& q) {
            q.id.from = std::numeric_limits<std::int64_t>::min();
            q.phenomenon_from.from = std::numeric_limits<std::int64_t>::min();
            q.phenomenon_from.to = std::numeric_limits<std::int64_t>::max();
        },
        Ids{1, 2, 3, 4, 5, 6}
    );
    check("several", [](auto& q) { q.streams = {2, 1, 1}, q.number.from = 5; }, Ids{5});
}

TEST_P(ObservationContract, RefusesQueriesOutOfTheirLimits) {
    const std::pair<const char*, void (*)(ObservationQuery&)> cases[] = {
        {"limit", [](auto& q) { q.limit = 0; }},
        {"limit", [](auto& q) { q.limit = ObservationQuery::kMaxLimit + 1; }},
        {"offset", [](auto& q) { q.offset = -1; }},
        {"streams", [](auto& q) { q.streams.resize(ObservationQuery::kMaxStreams + 1); }},
        {"number", [](auto& q) { q.number.from = std::numeric_limits<double>::quiet_NaN(); }},
        {"after",
         [](auto& q) {
             q.order = ObservationOrder::PhenomenonTime;
             q.after.emplace();
         }},
    };
    for (const auto& [field, spoil] : cases) {
        ObservationQuery query;
        spoil(query);
        const auto refused = store().query(query);
        ASSERT_FALSE(refused) << field;
        EXPECT_EQ(refused.error().code, ErrorCode::InvalidInput);
        EXPECT_EQ(refused.error().field, field);
    }
    EXPECT_FALSE(store().latest(std::vector<std::int64_t>{1}, 0));
    EXPECT_FALSE(store().latest(std::vector<std::int64_t>(200), 1000));
}

TEST_P(ObservationContract, ExportsToItsOwnFolderOnly) {
    append({reading(1, 1, 0, 1.5), reading(2, 2, 0, 2.5), reading(3, 1, 1, 3.5)});
    ObservationQuery query;
    query.streams = {1};
    query.descending = true;
    const auto path = store().export_rows(query, ports::ExportFormat::Csv, "a-1.csv");
    ASSERT_TRUE(path) << path.error().context;
    std::ifstream in{*path};
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);) {
        lines.push_back(line);
    }
    const std::vector<std::string> expected{
        "id,stream,phenomenon_from,phenomenon_to,result_time,received_at,number,result,feature,"
        "quality,extra",
        "3,1,2026-11-20T00:00:01.000Z,2026-11-20T00:00:01.000Z,,2026-11-20T00:00:02.000Z,3.5,,1,0,",
        "1,1,2026-11-20T00:00:00.000Z,2026-11-20T00:00:00.000Z,,2026-11-20T00:00:01.000Z,1.5,,1,0,",
    };
    EXPECT_EQ(lines, expected);
    EXPECT_EQ(
        store().export_rows(query, ports::ExportFormat::Csv, "a-1.csv").error().code,
        ErrorCode::Conflict
    );
    for (const auto* name : {"", "../x", "a/b", ".hidden", "a'b", "a b"}) {
        const auto refused = store().export_rows(query, ports::ExportFormat::Csv, name);
        ASSERT_FALSE(refused) << name;
        EXPECT_EQ(refused.error().code, ErrorCode::InvalidInput) << name;
    }
    const auto parquet = store().export_rows(query, ports::ExportFormat::Parquet, "a.parquet");
    ASSERT_EQ(parquet.has_value(), place().writes_parquet()) << parquet.error().context;
    if (parquet) {
        std::ifstream file{*parquet, std::ios::binary};
        std::string magic(4, ' ');
        file.read(magic.data(), 4);
        EXPECT_EQ(magic, "PAR1");
    } else {
        EXPECT_EQ(parquet.error().code, ErrorCode::UnsupportedMedia);
    }
}

TEST_P(ObservationContract, ReadersSeeWholeBatchesWhileOthersAreAppended) {
    constexpr std::int64_t kBatches = 30;
    constexpr std::int64_t kRows = 50;
    std::thread writer{[&] {
        for (std::int64_t batch = 0; batch < kBatches; ++batch) {
            std::vector<Observation> rows;
            for (std::int64_t i = 1; i <= kRows; ++i) {
                rows.push_back(reading(batch * kRows + i, 1 + i % 3, batch, 1));
            }
            append(std::move(rows));
        }
    }};
    std::int64_t seen = 0;
    while (seen < kBatches * kRows) {
        std::int64_t rows = 0;
        ASSERT_TRUE(store().each({}, [&](const Observation&) {
            ++rows;
            return true;
        }));
        EXPECT_EQ(rows % kRows, 0);
        EXPECT_GE(rows, seen);
        seen = rows;
    }
    writer.join();
    expect_summaries_right();
}

}  // namespace chengshu::contract
