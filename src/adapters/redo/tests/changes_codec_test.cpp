#include "adapters/redo/changes_codec.hpp"

#include "adapters/redo/tests/samples.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace chengshu::redo {
namespace {

ports::Changes everything() {
    auto changes = insert_of(sample_case(1));
    auto& row = changes.cases.front().row;
    row.parent = CaseId{std::numeric_limits<std::int64_t>::max()};
    row.updated_at = std::numeric_limits<std::int64_t>::min();
    row.facts = -1;
    row.lat = -0.0;
    row.next_timer.reset();
    row.cell = 0;
    row.holder = std::string("\0\xff", 2);
    changes.cases.push_back(update_of(sample_case(2, 7)).cases.front());
    changes.reports.push_back(
        {ReportId{3}, CaseId{1}, "public", "case", "wx-1", kStart, "{}", std::string(300, 'r')}
    );
    changes.journal.push_back(sample_entry(1, CaseId{1}));
    changes.cells.push_back({{"area/source", "110108/public", 20'261'120}, {1, -2, 0, 1LL << 62}});
    changes.documents.push_back({"account", "li", ""});
    changes.idempotency.push_back({"li:k", "f", "{}", kStart});
    return changes;
}

void expect_same(const ports::Changes& a, const ports::Changes& b) {
    ASSERT_EQ(a.cases.size(), b.cases.size());
    for (std::size_t i = 0; i < a.cases.size(); ++i) {
        EXPECT_EQ(a.cases[i].row, b.cases[i].row);
        EXPECT_EQ(a.cases[i].insert, b.cases[i].insert);
        EXPECT_EQ(a.cases[i].expected_version, b.cases[i].expected_version);
    }
    EXPECT_EQ(a.reports, b.reports);
    EXPECT_EQ(a.journal, b.journal);
    EXPECT_EQ(a.cells, b.cells);
    EXPECT_EQ(a.documents, b.documents);
    EXPECT_EQ(a.idempotency, b.idempotency);
}

TEST(ChangesCodecTest, GivesBackWhatWasWritten) {
    for (const auto& changes : {everything(), ports::Changes{}}) {
        std::string bytes;
        encode(changes, bytes);
        const auto read = decode(bytes);
        ASSERT_TRUE(read) << read.error().context;
        expect_same(*read, changes);
    }
}

TEST(ChangesCodecTest, RefusesWhatIsCutOffOrTooLong) {
    std::string bytes;
    encode(everything(), bytes);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        const auto read = decode(std::string_view{bytes}.substr(0, size));
        ASSERT_FALSE(read) << size;
        EXPECT_NE(read.error().context.find("damaged"), std::string::npos);
    }
    EXPECT_FALSE(decode(bytes + '\0'));
}

TEST(ChangesCodecTest, DamageNeverAsksForMemory) {
    EXPECT_FALSE(decode("\xff\xff\xff\xff\xff\xff\xff\xff\x7f"));
    EXPECT_FALSE(decode("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"));
    std::string bytes;
    encode(everything(), bytes);
    for (std::size_t at = 0; at < bytes.size(); ++at) {
        auto damaged = bytes;
        damaged[at] = static_cast<char>(damaged[at] ^ 0x80);
        static_cast<void>(decode(damaged));  // any answer, but no crash
    }
}

}  // namespace
}  // namespace chengshu::redo
