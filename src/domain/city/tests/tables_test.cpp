#include "domain/city/tables.hpp"

#include "domain/city/tests/small_city.hpp"

#include <gtest/gtest.h>

#include <string>

namespace chengshu::city {
namespace {

/// The catalogue of the small city, with another code.
constexpr std::string_view kRoads = R"(tables:
  - code: roads
    name: {en: Roads}
    source: made up
    updated: 2026-01-05
    file: table-roads.csv
    columns:
      - {code: where, name: {en: Where}, type: area}
      - {code: km, name: {en: Length}, type: number, unit: km}
)";

TEST(Tables, RowsHaveTypesAndLines) {
    const auto city = SmallCity().city();
    ASSERT_EQ(city->tables().size(), 1U);
    const auto table = city->table("people");
    ASSERT_NE(table, nullptr);
    EXPECT_EQ(city->table("roads"), nullptr);
    EXPECT_EQ(table->name.en, "Residents");
    EXPECT_EQ(table->owner, "office");
    EXPECT_EQ(table->source, "made up");
    EXPECT_EQ(table->licence, "none");
    EXPECT_EQ(table->updated, day("2026-01-05"));
    EXPECT_EQ(table->every.zh, "每年");
    EXPECT_TRUE(table->is_public);
    EXPECT_EQ(table->file, "cities/toy/table-people.csv");
    ASSERT_EQ(table->columns.size(), 4U);
    EXPECT_EQ(table->columns[2].unit.en, "people");
    EXPECT_EQ(table->column("number"), 2U);
    EXPECT_EQ(table->column("valid_from"), std::nullopt);

    ASSERT_EQ(table->rows.size(), 4U);
    EXPECT_EQ(table->rows.front().area, "110105") << "by area";
    EXPECT_TRUE(table->rows_of("110000").empty());
    const auto west = table->rows_of("110108");
    ASSERT_EQ(west.size(), 3U);
    EXPECT_EQ(west[0].line, 2);
    EXPECT_EQ(west[1].line, 3);
    EXPECT_EQ(west[2].line, 5);
    EXPECT_EQ(std::get<std::string>(west[0].cells[1]), "grown");
    EXPECT_EQ(std::get<double>(west[1].cells[2]), 75.5);
    EXPECT_EQ(std::get<Date>(west[0].cells[3]), day("2024-11-01"));
    EXPECT_TRUE(std::holds_alternative<std::monostate>(west[2].cells[2])) << "none is not 0";
    EXPECT_TRUE(west[0].validity.holds(day("2025-12-31")));
    EXPECT_FALSE(west[0].validity.holds(day("2026-01-01")));
    EXPECT_EQ(table->stretch(day("2025-12-31")), table->stretch(day("2020-01-01")));
    EXPECT_NE(table->stretch(day("2025-12-31")), table->stretch(day("2026-01-01")));
}

TEST(Tables, OfAScenarioAndOfTheCity) {
    SmallCity files;
    files.set("scenarios/base/tables.yaml", std::string{kRoads});
    files.set("scenarios/base/table-roads.csv", "where,km\n110105,1\n");
    EXPECT_EQ(files.city()->tables().size(), 2U);
    EXPECT_EQ(std::get<double>(files.city()->table("roads")->rows[0].cells[1]), 1);

    files.set("tables-roads.yaml", std::string{kRoads});
    files.set("table-roads.csv", "where,km\n110105,2\n");
    EXPECT_EQ(files.city()->tables().size(), 2U);
    EXPECT_EQ(std::get<double>(files.city()->table("roads")->rows[0].cells[1]), 2) << "its own";
}

TEST(Tables, AFileThatNoCatalogueNamesIsPointedOut) {
    SmallCity files;
    files.set("table-roads.csv", "where,km\n110105,1\n");
    const auto parsed = files.parse();
    ASSERT_NE(parsed.city, nullptr);
    ASSERT_EQ(parsed.findings.size(), 1U);
    EXPECT_EQ(parsed.findings[0].path, "cities/toy/table-roads.csv");
    EXPECT_NE(parsed.findings[0].message.en.find("no catalogue names"), std::string::npos);
}

TEST(Tables, HaveALimitOfRowsTogether) {
    SmallCity files;
    files.set("scenarios/base/tables.yaml", std::string{kRoads});
    std::string rows = "where,km\n";
    for (std::size_t i = 0; i < kTableRowsMax - 4; ++i) {
        rows += "110105,1\n";
    }
    files.set("scenarios/base/table-roads.csv", rows);
    EXPECT_NE(files.parse().city, nullptr);
    files.append("scenarios/base/table-roads.csv", "110105,1\n");
    const auto parsed = files.parse();
    EXPECT_EQ(parsed.city, nullptr);
    ASSERT_EQ(parsed.findings.size(), 1U);
    EXPECT_NE(parsed.findings[0].message.en.find("more than 200000 rows"), std::string::npos);
}

TEST(Tables, WhatIsNoCatalogueIsReported) {
    for (const std::string_view wrong :
         {"",
          "tables:",
          "tables: 3",
          "tables: [3]",
          "tables: [{code: [1], name: 2, columns: {a: b}, key: 1, file: [x]}]",
          "tables: [{code: a, columns: [1, {code: 2}, {}], updated: {}, owner: []}]"}) {
        SmallCity files;
        files.set("tables.yaml", std::string{wrong});
        const auto parsed = files.parse();
        EXPECT_EQ(parsed.city, nullptr) << wrong;
        for (const auto& finding : parsed.findings) {
            EXPECT_EQ(finding.message.en.find("parsing broke off"), std::string::npos)
                << wrong << ": " << finding.message.en;
        }
    }
}

}  // namespace
}  // namespace chengshu::city
