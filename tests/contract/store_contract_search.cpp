// Searches: exactly the rows and the order of a naive model, on seeded random data and by hand.

#include "base/random.hpp"
#include "base/text.hpp"
#include "contract/store_contract.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace chengshu::contract {
namespace {

using ports::CaseQuery;
using ports::CaseRow;

const std::vector<std::string>
    kWords{"路灯", "井盖", "损坏", "垃圾", "积水", "broken", "lamp", "中关村", "大街", "暴露"};
const std::vector<std::string> kStates{"filing", "handling", "checking", "closed", "void"};
const std::vector<std::string> kDepartments{"", "lighting", "water", "parks"};
const std::vector<std::string> kPeople{"", "zhang", "li", "wang"};

/// Random cases, and what a store should answer about them, computed in the plainest way.
class Model {
public:
    explicit Model(std::uint64_t seed) : random_(seed) {}

    CaseRow make(std::int64_t serial) {
        CaseRow row = sample_case(0);
        const auto district = random_.between(1, 3);
        const auto street = random_.between(1, 3);
        row.id = CaseId{(110'100 + district) * 10'000'000'000'000 + 2'026'112'000'000 + serial};
        row.area_1 = "d" + std::to_string(district);
        row.area_2 = row.area_1 + "s" + std::to_string(street);
        row.path = "/city/" + row.area_1 + "/" + row.area_2 + "/" + row.area_2 + "c" +
                   std::to_string(random_.between(1, 2)) + "/";
        // Few distinct minutes, so that many cases share one: ties are where paging goes wrong.
        const auto minutes = random_.between(0, 60 * 24 * 3 / 60) * 60;
        row.reported_at += minutes * 60'000;
        row.reported_day = 20'261'120 + static_cast<int>((8 * 60 + minutes) / (24 * 60));
        row.terms = bigrams(pick(kWords) + "，" + pick(kWords) + "。" + pick(kWords));
        row.body = "{\"serial\":" + std::to_string(serial) + "}";
        change(row);
        return row;
    }

    void change(CaseRow& row) {
        row.state = pick(kStates);
        row.open = row.state != "closed" && row.state != "void";
        row.category = "set/matter/0" + std::to_string(random_.between(1, 3)) + "0" +
                       std::to_string(random_.between(1, 2));
        row.category = random_.chance(1, 10) ? "" : row.category;
        row.department = pick(kDepartments);
        row.queue = random_.chance(1, 3) ? "" : random_.chance(1, 2) ? "handler" : "dispatcher";
        row.holder = pick(kPeople);
        row.source = random_.chance(1, 2) ? "public" : "collector";
        row.collector = row.source == "collector" ? pick(kPeople) : "";
        row.filed_day =
            random_.chance(1, 4) ? 0 : row.reported_day + static_cast<int>(random_.between(0, 2));
        row.closed_day = row.open ? 0 : row.reported_day + static_cast<int>(random_.between(0, 2));
        row.facts = random_.between(0, 15);
        row.cell = random_.chance(1, 8) ? std::nullopt : std::optional{random_.between(1000, 1040)};
        row.parent = random_.chance(1, 6) ? CaseId{random_.between(1, 3)} : CaseId{};
        row.next_timer =
            random_.chance(1, 2) ? std::nullopt : std::optional{random_.between(1, 1000)};
    }

    CaseQuery query() {
        CaseQuery q;
        const auto sometimes = [&] { return random_.chance(1, 6); };
        if (sometimes()) {
            q.text = pick(kWords) + (random_.chance(1, 2) ? " " + pick(kWords) : "");
        }
        if (sometimes()) {
            q.area_level = static_cast<int>(random_.between(0, 3));
            q.area = std::vector<std::string>{
                "city", "d1", "d2s2", "d2s2c1"
            }[static_cast<std::size_t>(q.area_level)];
        }
        if (sometimes()) {
            q.state = pick(kStates);
        }
        if (sometimes()) {
            q.open = random_.chance(1, 2);
        }
        if (sometimes()) {
            q.category = std::vector<std::string>{
                "set/matter/0101", "set/matter/02*", "*", "set/*"
            }[random_.below(4)];
        }
        if (sometimes()) {
            q.categories = {"set/matter/0102", "set/matter/0301", ""};
        }
        q.department = sometimes() ? pick(kDepartments) : "";
        q.queue = sometimes() ? "handler" : "";
        q.holder = sometimes() ? pick(kPeople) : "";
        q.source = sometimes() ? "public" : "";
        q.collector = sometimes() ? pick(kPeople) : "";
        q.facts_mask = sometimes() ? random_.between(1, 6) : 0;
        q.parent = sometimes() ? CaseId{2} : CaseId{};
        query_times(q);
        if (sometimes()) {
            q.cells = {{1000, 1003}, {1010, 1012}, {1039, 1100}};
        }
        if (sometimes()) {
            const std::vector<std::pair<std::string, std::string>> scopes{
                {"area_1", "d2"},
                {"area_2", "d1s1"},
                {"path", "d3s1c1"},
                {"department", "water"},
                {"collector", "li"}
            };
            for (auto count = random_.between(1, 3); count > 0; --count) {
                q.scope_any.push_back(scopes[random_.below(scopes.size())]);
            }
        }
        q.limit = static_cast<int>(random_.between(1, 25));
        return q;
    }

    void keep(const CaseRow& row) { rows_[row.id] = row; }

    std::map<CaseId, CaseRow>& rows() { return rows_; }

    /// All matching rows in order, whatever the limit.
    [[nodiscard]] std::vector<CaseRow> answer(const CaseQuery& q) const {
        std::vector<CaseRow> found;
        for (const auto& [id, row] : rows_) {
            if (matches(q, row)) {
                found.push_back(without_terms(row));
            }
        }
        std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) {
            return std::pair{a.reported_at, a.id} > std::pair{b.reported_at, b.id};
        });
        return found;
    }

    SeededRandom& random() { return random_; }

private:
    std::string pick(const std::vector<std::string>& from) {
        return from[random_.below(from.size())];
    }

    void query_times(CaseQuery& q) {
        const auto start = sample_case(0).reported_at;
        if (random_.chance(1, 6)) {
            q.reported_day_from = 20'261'120 + static_cast<int>(random_.between(0, 3));
            q.reported_day_to = random_.chance(1, 2) ? 0 : q.reported_day_from + 1;
        }
        if (random_.chance(1, 6)) {
            q.filed_day_to = 20'261'121;
            q.filed_day_from = random_.chance(1, 2) ? 0 : 20'261'121;
        }
        if (random_.chance(1, 6)) {
            q.closed_day_from = 20'261'121;
            q.closed_day_to = random_.chance(1, 2) ? 0 : 20'261'122;
        }
        if (random_.chance(1, 6)) {
            q.reported_from = start + random_.between(0, 72) * 3'600'000;
            q.reported_to = random_.chance(1, 2) ? 0 : q.reported_from + 86'400'000;
        }
    }

    static bool scope_holds(const CaseRow& row, const std::string& kind, const std::string& value) {
        const std::map<std::string, bool> holds{
            {"area_1", row.area_1 == value},
            {"area_2", row.area_2 == value},
            {"path", row.path.find("/" + value + "/") != std::string::npos},
            {"department", row.department == value},
            {"collector", row.collector == value},
        };
        return holds.at(kind);
    }

    static bool matches(const CaseQuery& q, const CaseRow& row) {
        const std::set<std::string> terms(row.terms->begin(), row.terms->end());
        for (const auto& term : bigrams(q.text)) {
            if (!terms.contains(term)) {
                return false;
            }
        }
        if (q.area_level > 0 && row.path.find("/" + q.area + "/") == std::string::npos) {
            return false;
        }
        if ((!q.state.empty() && row.state != q.state) || (q.open && row.open != *q.open) ||
            (!q.department.empty() && row.department != q.department) ||
            (!q.queue.empty() && row.queue != q.queue) ||
            (!q.holder.empty() && row.holder != q.holder) ||
            (!q.source.empty() && row.source != q.source) ||
            (!q.collector.empty() && row.collector != q.collector) ||
            (q.parent && row.parent != q.parent)) {
            return false;
        }
        if (q.category.ends_with('*')
                ? row.category.rfind(q.category.substr(0, q.category.size() - 1), 0) != 0
                : !q.category.empty() && row.category != q.category) {
            return false;
        }
        if (!q.categories.empty() &&
            std::find(q.categories.begin(), q.categories.end(), row.category) ==
                q.categories.end()) {
            return false;
        }
        if ((q.facts_mask & ~row.facts) != 0 || row.reported_day < q.reported_day_from ||
            (q.reported_day_to != 0 && row.reported_day > q.reported_day_to) ||
            row.reported_at < q.reported_from ||
            (q.reported_to != 0 && row.reported_at >= q.reported_to)) {
            return false;
        }
        if ((q.filed_day_from != 0 || q.filed_day_to != 0) &&
            (row.filed_day == 0 || row.filed_day < q.filed_day_from ||
             (q.filed_day_to != 0 && row.filed_day > q.filed_day_to))) {
            return false;
        }
        if ((q.closed_day_from != 0 || q.closed_day_to != 0) &&
            (row.closed_day == 0 || row.closed_day < q.closed_day_from ||
             (q.closed_day_to != 0 && row.closed_day > q.closed_day_to))) {
            return false;
        }
        bool near = q.cells.empty();
        for (const auto& [first, last] : q.cells) {
            near = near || (row.cell && first <= *row.cell && *row.cell <= last);
        }
        bool scoped = q.scope_any.empty();
        for (const auto& [kind, value] : q.scope_any) {
            scoped = scoped || scope_holds(row, kind, value);
        }
        return near && scoped;
    }

    SeededRandom random_;
    std::map<CaseId, CaseRow> rows_;
};

/// Walks all pages of a query.
std::vector<CaseRow> all_pages(ports::Store& store, CaseQuery query) {
    std::vector<CaseRow> rows;
    for (;;) {
        auto page = store.search(query);
        if (!page) {
            ADD_FAILURE() << page.error().context;
            return rows;
        }
        EXPECT_LE(page->size(), static_cast<std::size_t>(query.limit));
        rows.insert(rows.end(), page->begin(), page->end());
        if (page->size() < static_cast<std::size_t>(query.limit)) {
            return rows;
        }
        query.after_reported_at = page->back().reported_at;
        query.after_id = page->back().id;
    }
}

std::vector<std::int64_t> ids(const std::vector<CaseRow>& rows) {
    std::vector<std::int64_t> found;
    for (const auto& row : rows) {
        found.push_back(row.id.value);
    }
    return found;
}

void fill(ports::Store& store, Model& model, int count) {
    for (int serial = 0; serial < count;) {
        ports::Changes changes;
        for (auto batch = model.random().between(1, 40); batch > 0 && serial < count;
             --batch, ++serial) {
            const auto row = model.make(serial);
            model.keep(row);
            changes.cases.push_back({.row = row, .insert = true, .expected_version = 0});
        }
        ASSERT_TRUE(store.commit(changes));
    }
}

void change_some(ports::Store& store, Model& model) {
    ports::Changes changes;
    for (auto& [id, row] : model.rows()) {
        if (!model.random().chance(1, 3)) {
            continue;
        }
        auto changed = row;
        model.change(changed);
        ++changed.version;
        if (model.random().chance(1, 2)) {
            changed.terms = bigrams(kWords[model.random().below(kWords.size())] + "已修改");
        } else {
            changed.terms.reset();
        }
        changes.cases.push_back({.row = changed, .insert = false, .expected_version = row.version});
        changed.terms = changed.terms ? changed.terms : row.terms;
        row = changed;
    }
    ASSERT_TRUE(store.commit(changes));
}

TEST_P(StoreContract, SearchEqualsTheNaiveModel) {
    const auto seed = test_seed();
    SCOPED_TRACE("CHENGSHU_TEST_SEED=" + std::to_string(seed));
    Model model{seed};
    fill(store(), model, 400);
    for (int round = 0; round < 3 && !HasFailure(); ++round) {
        for (int i = 0; i < 100; ++i) {
            const auto query = model.query();
            const auto expected = model.answer(query);
            ASSERT_EQ(ids(all_pages(store(), query)), ids(expected))
                << "round " << round << ", query " << i << ", text '" << query.text << "', limit "
                << query.limit;
        }
        change_some(store(), model);
    }
    CaseQuery all;
    all.limit = 1000;
    EXPECT_EQ(store().search(all).value(), model.answer(all));
}

TEST_P(StoreContract, NearSearchTakesManyRanges) {
    Model model{test_seed() + 2};
    fill(store(), model, 200);
    CaseQuery query;
    query.limit = 1000;
    for (std::int64_t cell = 1000; cell <= 1040; cell += 2) {
        query.cells.emplace_back(cell, cell);
    }
    EXPECT_EQ(ids(store().search(query).value()), ids(model.answer(query)));
    for (std::int64_t i = 0; query.cells.size() < 1990; ++i) {
        // Overlapping, backwards and out of order: no case twice.
        query.cells.emplace_back(1001 + i % 7, 999 + i % 11);
        query.cells.emplace_back(5000 - 2 * i, 5000 - 2 * i);
    }
    EXPECT_EQ(ids(store().search(query).value()), ids(model.answer(query)));
    query.cells = {{7, 3}};
    EXPECT_TRUE(store().search(query).value().empty())
        << "a range without cells is no missing condition";
}

TEST_P(StoreContract, FindsTwoCharacterWords) {
    auto lamp = sample_case(1);
    lamp.terms = bigrams("中关村大街28号路灯不亮，Lamp broken");
    auto lid = sample_case(2, 1);
    lid.terms = bigrams("灯市口井盖丢失");
    ASSERT_TRUE(store().commit(insert_of(lamp)));
    ASSERT_TRUE(store().commit(insert_of(lid)));
    const auto found = [&](const std::string& text) {
        return ids(store().search({.text = text}).value());
    };
    using Ids = std::vector<std::int64_t>;
    EXPECT_EQ(found("路灯"), (Ids{lamp.id.value}));
    EXPECT_EQ(found("井盖"), (Ids{lid.id.value}));
    EXPECT_EQ(found("灯路"), (Ids{}));
    EXPECT_EQ(found("路灯 LAMP"), (Ids{lamp.id.value}));
    EXPECT_EQ(found("路灯 井盖"), (Ids{}));
    EXPECT_EQ(found("28"), (Ids{lamp.id.value}));
    EXPECT_EQ(found(""), (Ids{lid.id.value, lamp.id.value}));
    EXPECT_EQ(found("！？"), (Ids{lid.id.value, lamp.id.value})) << "no terms, no condition";
    EXPECT_EQ(found("\" OR 1=1 --"), (Ids{})) << "operators are words here";
    EXPECT_EQ(found("NOT lamp*"), (Ids{}));
    EXPECT_EQ(found("lamp')"), (Ids{lamp.id.value}));
}

TEST_P(StoreContract, TextFollowsTheDescription) {
    auto row = sample_case(1);
    row.terms = bigrams("路灯不亮");
    ASSERT_TRUE(store().commit(insert_of(row)));
    row.terms.reset();
    ASSERT_TRUE(store().commit(update_of(row)));
    EXPECT_EQ(store().search({.text = "路灯"}).value().size(), 1U) << "absent terms stay";
    row.version = 2;
    row.terms = bigrams("井盖丢失");
    ASSERT_TRUE(store().commit(update_of(row)));
    EXPECT_TRUE(store().search({.text = "路灯"}).value().empty());
    EXPECT_EQ(store().search({.text = "井盖"}).value().size(), 1U);
    row.version = 3;
    row.terms = std::vector<std::string>{};
    ASSERT_TRUE(store().commit(update_of(row)));
    EXPECT_TRUE(store().search({.text = "井盖"}).value().empty());
    row.version = 4;
    row.terms = bigrams("路灯");
    ASSERT_TRUE(store().commit(update_of(row)));
    EXPECT_EQ(store().search({.text = "路灯"}).value().size(), 1U);
}

TEST_P(StoreContract, PagesThroughManyCasesOfOneMoment) {
    ports::Changes changes;
    for (int i = 0; i < 150; ++i) {
        changes.cases.push_back(
            {.row = sample_case((i * 77) % 150), .insert = true, .expected_version = 0}
        );
    }
    ASSERT_TRUE(store().commit(changes));
    for (const auto* text : {"", "路灯"}) {
        CaseQuery query;
        query.text = text;
        query.limit = 7;
        const auto found = ids(all_pages(store(), query));
        ASSERT_EQ(found.size(), 150U);
        EXPECT_TRUE(std::is_sorted(found.rbegin(), found.rend()));
        EXPECT_EQ(std::set<std::int64_t>(found.begin(), found.end()).size(), 150U);
    }
}

TEST_P(StoreContract, RefusesSenselessQueries) {
    const auto code = [&](const CaseQuery& query) {
        const auto found = store().search(query);
        return found ? std::optional<ErrorCode>{} : std::optional{found.error().code};
    };
    EXPECT_EQ(code({.limit = 0}), ErrorCode::InvalidInput);
    EXPECT_EQ(code({.limit = 1'000'000}), ErrorCode::InvalidInput);
    EXPECT_EQ(code({.scope_any = {{"body", "x"}}}), ErrorCode::InvalidInput);
    EXPECT_EQ(code({.reported_day_from = 20'261'399}), ErrorCode::InvalidInput);
    EXPECT_EQ(code({.filed_day_to = -1}), ErrorCode::InvalidInput);
    EXPECT_EQ(code({.closed_day_from = 5}), ErrorCode::InvalidInput);
    std::string words;
    for (int i = 0; i < 100; ++i) {
        words += " w" + std::to_string(i);
    }
    EXPECT_EQ(code({.text = words}), ErrorCode::InvalidInput);
    EXPECT_EQ(code({.department = "'; DROP TABLE cases; --"}), std::nullopt);
    EXPECT_TRUE(store().search({}).has_value());
}

}  // namespace
}  // namespace chengshu::contract
