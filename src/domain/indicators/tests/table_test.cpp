// Indicators that are read off catalogued tables.

#include "base/random.hpp"
#include "domain/indicators/calculation.hpp"
#include "support/test_city.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chengshu::indicators {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kTables = R"(tables:
  - code: firms
    name: {en: Firms}
    source: made up
    updated: 2025-09-01
    file: table-firms.csv
    columns:
      - {code: area, name: {en: Area}, type: area}
      - {code: kind, name: {en: Kind}, type: text}
      - {code: staff, name: {en: Staff}, type: number}
)";

city::CityPtr city_with(const std::string& rows) {
    chengshu::testing::TestCityOptions options;
    options.files = {
        {"cities/testcity/tables.yaml", std::string(kTables)},
        {"cities/testcity/table-firms.csv", "area,kind,staff,valid_from,valid_to\n" + rows}
    };
    return chengshu::testing::test_city(options);
}

const city::City& small() {
    static const auto kCity = city_with("110101,shop,3,,\n110101,works,,,\n110102,shop,5,,\n");
    return *kCity;
}

/// One entry per rule, as t0, t1 …; `more` stands in each.
ParsedIndicators
parse(const city::City& city, const std::vector<std::string>& rules, std::string_view more = "") {
    std::string text = "indicators:\n";
    for (std::size_t i = 0; i < rules.size(); ++i) {
        text += fmt::format(
            "- {{code: t{}, name: {{en: T}}, source: t, period: [day, month, days]{}, {}}}\n",
            i,
            more,
            rules[i]
        );
    }
    const city::DefinitionFile file{"cities/testcity/indicators.yaml", text};
    return parse_indicators({&file, 1}, city, [](std::string_view) { return 0U; });
}

std::string table_mistakes(const std::string& rule, std::string_view more = "") {
    const auto parsed = parse(small(), {rule}, more);
    EXPECT_TRUE(parsed.catalogue.all().empty()) << rule;
    std::string out;
    for (const auto& finding : parsed.findings) {
        EXPECT_EQ(finding.line, 2) << finding.message.en;
        EXPECT_GT(finding.column, 0) << finding.message.en;
        out += finding.message.en + " (" + finding.hint.en + ")\n";
    }
    return out;
}

TEST(TableRule, NamesEveryMistake) {
    EXPECT_NE(
        table_mistakes("table: {of: frims, column: staff, as: sum}").find("did you mean 'firms'"),
        std::string::npos
    );
    EXPECT_NE(
        table_mistakes("table: {of: firms, column: stuff, as: sum}").find("did you mean 'staff'"),
        std::string::npos
    );
    EXPECT_NE(
        table_mistakes("table: {of: firms, column: kind, as: sum}")
            .find("no column of type number"),
        std::string::npos
    );
    EXPECT_NE(
        table_mistakes("table: {of: firms, as: sum}").find("'column' is missing"), std::string::npos
    );
    EXPECT_NE(
        table_mistakes("table: {of: firms, column: staff}").find("'as' is missing"),
        std::string::npos
    );
    EXPECT_NE(
        table_mistakes("table: {of: firms, as: count, where: {staff: shop}}")
            .find("no column of type text"),
        std::string::npos
    );
    EXPECT_NE(
        table_mistakes("table: {of: firms, as: count, were: {kind: shop}}")
            .find("did you mean 'where'"),
        std::string::npos
    );
    EXPECT_NE(
        table_mistakes("table: {of: firms, as: count}, areas: own").find("of areas only"),
        std::string::npos
    );
    EXPECT_NE(table_mistakes("table: {as: count}").find("'of' is missing"), std::string::npos);
    EXPECT_NE(table_mistakes("table: 3").find("a map"), std::string::npos);
    EXPECT_NE(
        table_mistakes("table: {of: firms, as: count}, formula: t0").find("exactly one rule"),
        std::string::npos
    );
}

TEST(TableRule, WarnsOfATextThatNoRowHas) {
    const auto parsed =
        parse(small(), {"table: {of: firms, as: count, where: {kind: [shop, shpo]}}"});
    EXPECT_EQ(parsed.catalogue.all().size(), 1U);
    ASSERT_EQ(parsed.findings.size(), 1U);
    EXPECT_FALSE(parsed.findings[0].error);
    EXPECT_EQ(parsed.findings[0].message.en, "no row has 'shpo'");
}

/// Areas as the test city has them; nothing else.
class Areas final : public Facts {
public:
    explicit Areas(const city::City& city) : city_(city) {}

    std::optional<double> observed(std::int64_t, const Observed&, const Period&) override {
        return std::nullopt;
    }

    const std::vector<std::int64_t>& things(std::string_view, std::string_view) override {
        static const std::vector<std::int64_t> kNone;
        return kNone;
    }

    const std::vector<std::string>&
    areas(std::string_view area, std::string_view level, const Period&) override {
        found_.clear();
        for (const auto& one : city_.areas()) {
            if (level.empty()
                    ? one.parent == area
                    : one.level == level && one.code != area && city_.is_within(one.code, area)) {
                found_.push_back(one.code);
            }
        }
        return found_;
    }

    std::int64_t counted(const Place&, int, const Period&) override { return 0; }

private:
    const city::City& city_;
    std::vector<std::string> found_;
};

struct Row {
    std::string area;
    std::string kind;
    std::optional<double> staff;
    Date from;
    Date to;

    [[nodiscard]] bool holds(Date date) const { return from <= date && date < to; }
};

/// What the folds come to, said plainly.
std::optional<double> plain(std::string_view as, const std::vector<double>& numbers) {
    if (numbers.empty()) {
        return std::nullopt;
    }
    double sum = 0;
    for (const auto number : numbers) {
        sum += number;
    }
    const auto count = static_cast<double>(numbers.size());
    return as == "count" ? count
           : as == "max" ? *std::max_element(numbers.begin(), numbers.end())
           : as == "min" ? *std::min_element(numbers.begin(), numbers.end())
           : as == "sum" ? sum
                         : sum / count;
}

const std::vector<std::string>
    kPlaces{"110000", "110101", "110102", "110101001", "110101002", "110102001", "110102002"};
constexpr std::chrono::sys_days kFirst = 2025y / 9 / 1;

/// Rows of districts and streets, seldom of the city itself: its own rows stand for it.
std::vector<Row> some_rows(SeededRandom& random) {
    std::vector<Row> rows(random.below(40));
    for (auto& row : rows) {
        row.area = kPlaces[random.below(8) == 0 ? 0 : random.below(kPlaces.size())];
        row.kind = random.below(2) == 0 ? "shop" : "works";
        if (random.below(5) != 0) {
            row.staff = static_cast<double>(random.below(2'000)) / 8;
        }
        const auto from = random.below(40);
        row.from = Date{kFirst + std::chrono::days{from}};
        row.to = Date{kFirst + std::chrono::days{from + 1 + random.below(30)}};
    }
    return rows;
}

std::string to_csv(const std::vector<Row>& rows) {
    std::string out;
    for (const auto& row : rows) {
        out += fmt::format(
            "{},{},{},{},{}\n",
            row.area,
            row.kind,
            row.staff ? fmt::format("{}", *row.staff) : "",
            format_date(row.from),
            format_date(row.to)
        );
    }
    return out;
}

/// The shops of an area as they were made up.
struct Shops {
    const std::vector<Row>& rows;
    std::string_view as;

    /// Whether the area has any, and what those with a number come to.
    [[nodiscard]] std::pair<bool, std::optional<double>> own(const std::string& area, Date on)
        const {
        std::vector<double> numbers;
        bool any = false;
        for (const auto& row : rows) {
            if (row.area == area && row.kind == "shop" && row.holds(on)) {
                any = true;
                if (row.staff) {
                    numbers.push_back(*row.staff);
                }
            }
        }
        return {any, plain(as, numbers)};
    }

    /// Without rows of its own: the sum of its streets.
    [[nodiscard]] std::optional<double> value(const std::string& area, Date on) const {
        const auto [any, number] = own(area, on);
        if (any || area.size() == 9) {
            return number;
        }
        std::vector<double> parts;
        for (const auto& street : kPlaces) {
            const bool within = area == "110000" || street.starts_with(area);
            const auto part = own(street, on).second;
            if (street.size() == 9 && within && part) {
                parts.push_back(*part);
            }
        }
        return plain("sum", parts);
    }
};

/// Value, month and rows of one place on one day.
void check(
    Calculation& calculation,
    const TimeZone& zone,
    const Indicator& rule,
    const Shops& shops,
    const std::string& place,
    Date on
) {
    SCOPED_TRACE(fmt::format("{} of {} on {}", shops.as, place, format_date(on)));
    const auto midnight = zone.to_instant(std::chrono::local_days{on});
    const auto day = period_at({PeriodKind::Day}, midnight, zone);
    const auto value = calculation.value(rule, {0, place}, day).number;
    const auto expected = shops.value(place, on);
    ASSERT_EQ(value.has_value(), expected.has_value());
    ASSERT_NEAR(value.value_or(0), expected.value_or(0), 1e-9);
    // A month is as it is on its last day: a stock.
    const auto month = period_at({PeriodKind::Month}, midnight, zone);
    const auto last = period_at({PeriodKind::Day}, month.to - Duration{1}, zone);
    ASSERT_EQ(
        calculation.value(rule, {0, place}, month).number,
        calculation.value(rule, {0, place}, last).number
    );
    const auto found = std::get<Tabled>(rule.rule).rows(place, on);
    ASSERT_EQ(!found.empty(), shops.own(place, on).first);
    for (const auto* row : found) {
        const auto& made = shops.rows[static_cast<std::size_t>(row->line) - 2];
        ASSERT_TRUE(made.area == place && made.kind == "shop" && made.holds(on)) << row->line;
    }
    ASSERT_EQ(
        calculation.inputs(rule, {0, place}, day).empty(), !found.empty() || place.size() == 9
    );
}

/// Random rows: every fold of every area on every day equals one over the rows as they were made
/// up, and opens into exactly those rows.
TEST(TableRule, EqualsAPlainFoldOverTheRows) {
    const auto zone = *TimeZone::find("Asia/Shanghai");
    for (std::uint64_t seed = 1; seed <= 12; ++seed) {
        SCOPED_TRACE(fmt::format("seed {}", seed));
        SeededRandom random(seed);
        const auto rows = some_rows(random);
        const auto city = city_with(to_csv(rows));
        const std::vector<std::string> folds{"sum", "mean", "max", "min", "count"};
        std::vector<std::string> rules;
        rules.reserve(folds.size());
        for (const auto& as : folds) {
            rules.push_back(fmt::format(
                "areas: {{as: sum, level: street}}, table: {{of: firms, column: staff, as: {}, "
                "where: {{kind: [shop]}}}}",
                as
            ));
        }
        const auto parsed = parse(*city, rules);
        ASSERT_EQ(parsed.catalogue.all().size(), folds.size());
        Areas facts(*city);
        Calculation calculation(parsed.catalogue, zone, facts);
        for (std::size_t fold = 0; fold < folds.size(); ++fold) {
            const Shops shops{rows, folds[fold]};
            for (int day = 0; day < 75; ++day) {
                for (const auto& place : kPlaces) {
                    const Date on{kFirst + std::chrono::days{day}};
                    check(calculation, zone, parsed.catalogue.all()[fold], shops, place, on);
                    if (HasFatalFailure()) {
                        return;
                    }
                }
            }
        }
    }
}

TEST(TableRule, RowsAreCountedWithoutAColumn) {
    const auto parsed = parse(
        small(), {"table: {of: firms, as: count}", "table: {of: firms, column: staff, as: count}"}
    );
    const auto zone = *TimeZone::find("Asia/Shanghai");
    Areas facts(small());
    Calculation calculation(parsed.catalogue, zone, facts);
    const auto period = period_at({PeriodKind::Day}, from_millis(1'758'000'000'000), zone);
    const auto of = [&](const char* code, const char* area) {
        return calculation.value(code, {0, area}, period).number;
    };
    EXPECT_EQ(of("t0", "110101"), 2);
    EXPECT_EQ(of("t1", "110101"), 1) << "rows with a number";
    EXPECT_EQ(of("t0", "110101001"), std::nullopt) << "none, not 0";
    EXPECT_EQ(of("t0", "110000"), std::nullopt) << "does not say how it comes of its parts";
    EXPECT_EQ(calculation.value("t0", {7, {}}, period).number, std::nullopt) << "of a terminal";
}

}  // namespace
}  // namespace chengshu::indicators
