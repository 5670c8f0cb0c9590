#include "domain/city/codes.hpp"

#include <gtest/gtest.h>

#include <string>

namespace chengshu::city {
namespace {

TEST(Uscc, CheckCharacters) {
    EXPECT_EQ(uscc_check_character("91350100M000100Y4").value(), '3');
    EXPECT_EQ(uscc_check_character("91110000802100433").value(), 'B');
    EXPECT_EQ(uscc_check_character("91110108551385082").value(), 'Q');
    EXPECT_TRUE(check_uscc("91350100M000100Y43").has_value());
}

TEST(Uscc, RefusesWhatIsWrong) {
    EXPECT_FALSE(check_uscc("").has_value());
    EXPECT_FALSE(check_uscc("91350100M000100Y4").has_value());
    EXPECT_FALSE(check_uscc("91350100M000100Y44").has_value());
    EXPECT_FALSE(check_uscc("91350100I000100Y43").has_value());
    EXPECT_FALSE(check_uscc("91350100m000100y43").has_value());
    EXPECT_NE(
        check_uscc("91350100M000100Y44").error().context.find("3 expected"), std::string::npos
    );
}

TEST(Uscc, EverySingleWrongCharacterIsNoticed) {
    const std::string good = "91110108551385082Q";
    ASSERT_TRUE(check_uscc(good).has_value());
    for (std::size_t i = 0; i < good.size(); ++i) {
        for (const char c : std::string_view{"0123456789ABCDEFGHJKLMNPQRTUWXY"}) {
            std::string changed = good;
            changed[i] = c;
            EXPECT_EQ(check_uscc(changed).has_value(), changed == good) << changed;
        }
    }
}

TEST(OrganisationCode, CheckCharacters) {
    EXPECT_EQ(organisation_check_character("M000100Y").value(), '4');
    EXPECT_EQ(organisation_check_character("80210043").value(), '3');
    EXPECT_EQ(organisation_check_character("55138508").value(), '2');
    EXPECT_TRUE(check_organisation_code("M000100Y4").has_value());
    EXPECT_TRUE(check_organisation_code("55138508-2").has_value());
    EXPECT_FALSE(check_organisation_code("55138508-3").has_value());
    EXPECT_FALSE(check_organisation_code("5513850-82").has_value());
    EXPECT_FALSE(check_organisation_code("55138508").has_value());
    EXPECT_FALSE(check_organisation_code("m000100Y4").has_value());
}

TEST(CitizenId, Vectors) {
    EXPECT_TRUE(check_citizen_id("11010519491231002X").has_value());
    EXPECT_TRUE(check_citizen_id("11010519491231002x").has_value());
    EXPECT_TRUE(check_citizen_id("440524188001010014").has_value());
    EXPECT_FALSE(check_citizen_id("110105194912310021").has_value());
    EXPECT_FALSE(check_citizen_id("11010519490231002X").has_value());
    EXPECT_FALSE(check_citizen_id("01010519491231002X").has_value());
    EXPECT_FALSE(check_citizen_id("1101051949123100X2").has_value());
    EXPECT_FALSE(check_citizen_id("110105491231002").has_value());
}

TEST(CitizenId, ErrorsDoNotRepeatTheNumber) {
    EXPECT_EQ(
        check_citizen_id("110105194912310021").error().context.find("1949"), std::string::npos
    );
}

TEST(GridCode, Parts) {
    const Result<GridCode> grid = parse_grid_code("110108011001002");
    ASSERT_TRUE(grid.has_value());
    EXPECT_EQ(grid->division, "110108");
    EXPECT_EQ(grid->street, "110108011");
    EXPECT_EQ(grid->community, "110108011001");
    EXPECT_EQ(grid->sequence, 2);
    EXPECT_FALSE(parse_grid_code("11010801100100").has_value());
    EXPECT_FALSE(parse_grid_code("110108011001000").has_value());
    EXPECT_FALSE(parse_grid_code("11010801100100A").has_value());
    EXPECT_FALSE(parse_grid_code("010108011001002").has_value());
}

TEST(ComponentCode, BothEditions) {
    const Result<ComponentCode> old = parse_component_code("1101080102000123");
    ASSERT_TRUE(old.has_value());
    EXPECT_EQ(old->category, "0102");
    EXPECT_EQ(old->sequence, 123);
    const Result<ComponentCode> current = parse_component_code("11010801002000123");
    ASSERT_TRUE(current.has_value());
    EXPECT_EQ(current->division, "110108");
    EXPECT_EQ(current->category, "01002");
    EXPECT_FALSE(parse_component_code("110108010020001234").has_value());
    EXPECT_FALSE(parse_component_code("1101080100200012A").has_value());
}

}  // namespace
}  // namespace chengshu::city
