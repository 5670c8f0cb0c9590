#include "domain/city/csv.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace chengshu::city {
namespace {

using Rows = std::vector<std::vector<std::string>>;

Rows read_all(std::string_view text) {
    CsvReader reader{text};
    Rows rows;
    while (reader.next()) {
        auto& row = rows.emplace_back();
        for (const CsvField& field : reader.row()) {
            row.emplace_back(field.text);
        }
    }
    EXPECT_FALSE(reader.error().has_value());
    return rows;
}

CsvError first_error(std::string_view text, CsvLimits limits = {}) {
    CsvReader reader{text, limits};
    while (reader.next()) {
    }
    EXPECT_TRUE(reader.error().has_value()) << text;
    EXPECT_FALSE(reader.next());
    return reader.error().value_or(CsvError{});
}

TEST(Csv, ReadsRecords) {
    EXPECT_EQ(read_all(""), Rows{});
    EXPECT_EQ(read_all("a,b\n1,2\n"), (Rows{{"a", "b"}, {"1", "2"}}));
    EXPECT_EQ(read_all("a,b\r\n1,2"), (Rows{{"a", "b"}, {"1", "2"}}));
    EXPECT_EQ(read_all("\n\na\n\r\n\nb\n\n"), (Rows{{"a"}, {"b"}}));
    EXPECT_EQ(read_all(",\n,,"), (Rows{{"", ""}, {"", "", ""}}));
    EXPECT_EQ(
        read_all("\xEF\xBB\xBF"
                 "a,b\n"),
        (Rows{{"a", "b"}})
    );
}

TEST(Csv, ReadsQuotedFields) {
    EXPECT_EQ(read_all("\"a,b\",c\n"), (Rows{{"a,b", "c"}}));
    EXPECT_EQ(read_all("\"say \"\"hi\"\"\"\"\",x\n"), (Rows{{"say \"hi\"\"", "x"}}));
    EXPECT_EQ(read_all("\"two\nlines\",x\ny,z\n"), (Rows{{"two\nlines", "x"}, {"y", "z"}}));
    EXPECT_EQ(read_all("\"\"\n\"\"\"\"\n"), (Rows{{""}, {"\""}}));
    EXPECT_EQ(read_all("\"a\""), (Rows{{"a"}}));
}

TEST(Csv, KnowsWhereFieldsAre) {
    CsvReader reader{"代码,名称\n\"x\ny\",海淀,z\n"};
    ASSERT_TRUE(reader.next());
    EXPECT_EQ(reader.line(), 1);
    EXPECT_EQ(reader.column(reader.row()[1]), 4);
    ASSERT_TRUE(reader.next());
    EXPECT_EQ(reader.line(), 2);
    EXPECT_EQ(reader.row()[1].line, 3);
    EXPECT_EQ(reader.column(reader.row()[1]), 4);
    EXPECT_EQ(reader.column(reader.row()[2]), 7);
}

TEST(Csv, ReportsMistakesWithTheirPlace) {
    const CsvError stray = first_error("a,b\n1,2\"3\n");
    EXPECT_EQ(stray.line, 2);
    EXPECT_EQ(stray.column, 4);
    const CsvError open = first_error("a\nb,\"never\nclosed\n");
    EXPECT_EQ(open.line, 2);
    EXPECT_EQ(open.column, 3);
    const CsvError after = first_error("\"海\"x,b\n");
    EXPECT_EQ(after.line, 1);
    EXPECT_EQ(after.column, 4);
    const CsvError carriage = first_error("a\rb\n");
    EXPECT_EQ(carriage.line, 1);
    EXPECT_EQ(carriage.column, 2);
    EXPECT_FALSE(stray.message.zh.empty());
    EXPECT_FALSE(stray.message.en.empty());
}

TEST(Csv, KeepsItsLimits) {
    EXPECT_EQ(first_error("a,b,c\n", {.columns_max = 2}).line, 1);
    EXPECT_EQ(first_error("a\nbbbb\n", {.field_bytes_max = 3}).line, 2);
    EXPECT_EQ(first_error("a\n\"bb\"\"bb\"\n", {.field_bytes_max = 3}).line, 2);
    EXPECT_EQ(first_error("a\nb\nc\n", {.rows_max = 2}).line, 3);
}

}  // namespace
}  // namespace chengshu::city
