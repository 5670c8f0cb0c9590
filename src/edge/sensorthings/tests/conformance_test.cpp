// One test for each requirement class that the server declares, through its public interface.

#include "edge/sensorthings/internal/service.hpp"
#include "edge/sensorthings/tests/requirements.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <set>
#include <string>
#include <vector>

namespace chengshu::sensorthings {

void refused(
    World& world,
    const std::string& target,
    const std::string& body,
    const std::string& field
) {
    const auto response = world.ask("POST", target, body);
    EXPECT_EQ(response.status, 400) << body << response.body;
    EXPECT_EQ(text(json_of(response), "field"), field) << response.body;
}

namespace {

constexpr std::string_view kBase = "http://www.opengis.net/spec/iot_sensing/1.1/req/";

std::vector<Requirement> all_requirements() {
    std::vector<Requirement> out;
    for (const auto part :
         {data_requirements(), request_requirements(), change_requirements(), batch_requirements()
         }) {
        out.insert(out.end(), part.begin(), part.end());
    }
    return out;
}

class Conformance : public ::testing::TestWithParam<Requirement> {};

TEST_P(Conformance, Holds) {
    World world;
    GetParam().test(world);
}

std::string test_name(const ::testing::TestParamInfo<Requirement>& info) {
    std::string out;
    for (const char c : info.param.name) {
        out += std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
    }
    return out;
}

INSTANTIATE_TEST_SUITE_P(All, Conformance, ::testing::ValuesIn(all_requirements()), test_name);

TEST(ConformanceDeclaration, IsWhatIsTested) {
    std::set<std::string> tested;
    for (const auto& requirement : all_requirements()) {
        tested.insert(std::string(kBase) + std::string(requirement.name));
    }
    std::set<std::string> declared;
    World world;
    const auto root = world.get("");
    for (const auto& item : root.at("serverSettings").at("conformance").as_array()) {
        declared.insert(std::string(std::string_view(item.as_string())));
    }
    EXPECT_EQ(declared, tested);
    const auto old = world.get("/sensorthings/v1.0");
    EXPECT_FALSE(old.as_object().contains("serverSettings"));
    EXPECT_EQ(old.at("value").as_array().size(), sensing::kEntityTypes);
}

}  // namespace
}  // namespace chengshu::sensorthings
