#include "domain/access/scope.hpp"

#include "support/test_city.hpp"

#include <gtest/gtest.h>

namespace chengshu::access {
namespace {

using cases::Case;

const city::City& town() {
    static const auto city = chengshu::testing::test_city();
    return *city;
}

Post post(std::string kind, std::string area = "110000", std::string department = "") {
    return {
        kind + "-" + area + department, std::move(kind), std::move(department), std::move(area)
    };
}

Principal person(std::vector<Post> posts, std::string account = "wang") {
    return {std::move(account), {}, std::move(posts), PrincipalKind::Person, std::nullopt};
}

/// With SAN, LAMP assisting, in the first street of the west.
Case open_case() {
    Case out;
    out.state = "handling";
    out.path = {"110000", "110101", "110101001"};
    out.department = "SAN";
    out.assisting = {"LAMP"};
    out.collector = "li";
    out.marks["filed"] = Instant{};
    return out;
}

cases::Transition transition(std::vector<std::string> by) {
    cases::Transition out;
    out.code = "step";
    out.by = std::move(by);
    return out;
}

TEST(Covers, ByArea) {
    for (const auto* kind : {"acceptor", "shift_leader", "dispatcher", "evaluator", "leader"}) {
        for (const auto* area : {"", "110000", "110101", "110101001"}) {
            EXPECT_TRUE(covers(post(kind, area), "wang", open_case(), town()))
                << kind << ' ' << area;
        }
        for (const auto* area : {"110102", "110101002", "110102001", "999999"}) {
            EXPECT_FALSE(covers(post(kind, area), "wang", open_case(), town()))
                << kind << ' ' << area;
        }
    }
}

TEST(Covers, ACaseThatLiesNowhereIsForTheWholeCityOnly) {
    auto value = open_case();
    value.path.clear();
    EXPECT_TRUE(covers(post("leader", ""), "wang", value, town()));
    EXPECT_FALSE(covers(post("leader", "110101"), "wang", value, town()));
}

TEST(Covers, AreasThatHaveMovedAreFoundByTheCityOfToday) {
    auto value = open_case();
    value.path = {"110000", "110199", "110101001"};
    EXPECT_TRUE(covers(post("leader", "110101"), "wang", value, town()));
    EXPECT_TRUE(covers(post("leader", "110199"), "wang", value, town()));
}

TEST(Covers, HandlersByDepartment) {
    EXPECT_TRUE(covers(post("handler", "110000", "SAN"), "wang", open_case(), town()));
    EXPECT_TRUE(covers(post("handler", "110000", "LAMP"), "wang", open_case(), town()))
        << "assists";
    EXPECT_FALSE(covers(post("handler", "110000", "ROAD"), "wang", open_case(), town()));
    EXPECT_FALSE(covers(post("handler", "110000", ""), "wang", open_case(), town()));
    auto nobodys = open_case();
    nobodys.department.clear();
    nobodys.assisting.clear();
    EXPECT_FALSE(covers(post("handler", "110000", ""), "wang", nobodys, town()))
        << "a post without a department does not own what no department owns";
    EXPECT_FALSE(covers(post("handler", "110000", "SAN"), "wang", nobodys, town()));
}

TEST(Covers, CollectorsOwnHeldAndOpen) {
    const auto west = post("collector", "110101");
    const auto east = post("collector", "110102");
    EXPECT_TRUE(covers(west, "wang", open_case(), town()));
    EXPECT_FALSE(covers(east, "wang", open_case(), town()));
    EXPECT_TRUE(covers(east, "li", open_case(), town())) << "his own report";
    auto held = open_case();
    held.holder = "wang";
    EXPECT_TRUE(covers(east, "wang", held, town()));
    for (const auto* mark : {"closed", "voided"}) {
        auto ended = open_case();
        ended.marks[mark] = Instant{};
        EXPECT_FALSE(covers(west, "wang", ended, town()));
        EXPECT_TRUE(covers(west, "li", ended, town()));
    }
    auto nobodys = open_case();
    nobodys.collector.clear();
    EXPECT_FALSE(covers(east, "", nobodys, town())) << "no account is nobody's account";
}

TEST(CanSee, SeparationOfDuties) {
    EXPECT_FALSE(can_see(Principal{}, open_case(), town()));
    EXPECT_FALSE(can_see(person({}), open_case(), town()));
    EXPECT_FALSE(can_see(person({post("administrator", "")}), open_case(), town()));
    EXPECT_FALSE(can_see(person({post("auditor", "")}), open_case(), town()));
    EXPECT_TRUE(can_see(person({post("auditor", ""), post("leader")}), open_case(), town()));
    EXPECT_TRUE(
        can_see({"system", {}, {}, PrincipalKind::System, std::nullopt}, open_case(), town())
    );
    auto limited = person({post("leader")});
    limited.token_scopes = {Permission::Report};
    EXPECT_FALSE(can_see(limited, open_case(), town()));
}

TEST(CanReveal, NeedsPostAndScopeTogether) {
    EXPECT_TRUE(can_reveal(person({post("acceptor", "110101")}), open_case(), town()));
    EXPECT_FALSE(can_reveal(person({post("acceptor", "110102")}), open_case(), town()));
    EXPECT_FALSE(can_reveal(person({post("leader")}), open_case(), town()));
    EXPECT_FALSE(
        can_reveal(person({post("leader"), post("acceptor", "110102")}), open_case(), town())
    ) << "one post's permission does not borrow another post's reach";
    EXPECT_TRUE(can_reveal(person({post("handler", "", "SAN")}), open_case(), town()));
    EXPECT_FALSE(can_reveal(Principal{}, open_case(), town()));
}

TEST(ActingPost, TheFirstThatFits) {
    const auto who = person(
        {post("collector", "110101"), post("dispatcher", "110102"), post("dispatcher", "110101")}
    );
    const auto actor =
        acting_post(who, open_case(), transition({"acceptor", "dispatcher"}), town());
    ASSERT_TRUE(actor);
    EXPECT_EQ(actor->account, "wang");
    EXPECT_EQ(actor->post, "dispatcher-110101");
    EXPECT_EQ(actor->post_kind, "dispatcher");
    const auto handler = acting_post(
        person({post("handler", "", "LAMP")}), open_case(), transition({"handler"}), town()
    );
    ASSERT_TRUE(handler);
    EXPECT_EQ(handler->department, "LAMP");
}

TEST(ActingPost, SaysWhyNot) {
    const auto reason = [](const Principal& who, std::vector<std::string> by, const Case& value) {
        const auto actor = acting_post(who, value, transition(std::move(by)), town());
        EXPECT_FALSE(actor);
        return actor ? std::string() : actor.error().context;
    };
    const auto value = open_case();
    EXPECT_EQ(
        reason(person({post("collector")}), {"acceptor", "system"}, value),
        "\"step\" is for acceptor; you are collector"
    );
    EXPECT_EQ(
        reason(person({post("acceptor", "110102")}), {"acceptor"}, value),
        "the case lies in 110101001; acceptor-110102 covers 110102"
    );
    EXPECT_EQ(
        reason(person({post("handler", "", "ROAD")}), {"handler"}, value),
        "the case is with SAN; handler-ROAD acts for ROAD"
    );
    EXPECT_EQ(
        reason(person({post("acceptor")}), {"system"}, value),
        "\"step\" is done by the system alone"
    );
    EXPECT_EQ(
        acting_post(Principal{}, value, transition({"public"}), town()).error().code,
        ErrorCode::NotAuthenticated
    );
    auto token = person({post("acceptor")});
    token.token_scopes = {Permission::ReadCase};
    EXPECT_EQ(reason(token, {"acceptor"}, value), "the token was not given for \"act\"");
}

TEST(ActingPost, NobodyPosesAsTheSystem) {
    const auto by_system = transition({"system"});
    EXPECT_FALSE(acting_post(person({post("system", "")}), open_case(), by_system, town()));
    EXPECT_FALSE(acting_post(
        person({post("administrator", "")}), open_case(), transition({"administrator"}), town()
    )) << "the administrator has no access to cases even if a workflow says so";
    const Principal server{"system", {}, {}, PrincipalKind::System, std::nullopt};
    EXPECT_EQ(acting_post(server, open_case(), by_system, town())->post_kind, "system");
    EXPECT_FALSE(acting_post(server, open_case(), transition({"acceptor"}), town()));
}

using Rows = std::vector<std::pair<std::string, std::string>>;

TEST(ListScope, ColumnsByDepthOfTheArea) {
    const auto rows = [](std::vector<Post> posts) {
        const auto scope = list_scope(person(std::move(posts)), town());
        EXPECT_FALSE(scope.everything);
        return scope.any;
    };
    EXPECT_EQ(rows({post("leader", "110101")}), (Rows{{"area_1", "110101"}}));
    EXPECT_EQ(rows({post("leader", "110101001")}), (Rows{{"area_2", "110101001"}}));
    EXPECT_EQ(rows({post("handler", "110101", "SAN")}), (Rows{{"department", "SAN"}}));
    EXPECT_EQ(
        rows({post("collector", "110102"), post("collector", "110102")}),
        (Rows{{"collector", "wang"}, {"area_1", "110102"}})
    );
    EXPECT_EQ(rows({post("leader", "999999")}), Rows{}) << "an area that is gone lists nothing";
}

TEST(ListScope, EverythingAndNothing) {
    for (const auto* area : {"", "110000"}) {
        EXPECT_TRUE(list_scope(person({post("handler", "", "SAN"), post("leader", area)}), town())
                        .everything);
    }
    EXPECT_TRUE(
        list_scope({"system", {}, {}, PrincipalKind::System, std::nullopt}, town()).everything
    );
    EXPECT_TRUE(list_scope(Principal{}, town()).nothing());
    EXPECT_TRUE(list_scope(person({}), town()).nothing());
    EXPECT_TRUE(
        list_scope(person({post("administrator", ""), post("auditor", "")}), town()).nothing()
    );
    EXPECT_TRUE(list_scope(person({post("handler", "", "")}), town()).nothing());
}

/// Every case of an acceptor's, leader's or handler's list can be seen: no row leads beyond the
/// scope.
TEST(ListScope, RowsStayWithinWhatCanBeSeen) {
    for (const auto& held :
         {post("leader", "110101"), post("acceptor", "110101001"), post("handler", "", "SAN")}) {
        const auto who = person({held});
        for (const auto& [column, wanted] : list_scope(who, town()).any) {
            auto value = open_case();
            const auto& found = column == "area_1"   ? value.path[1]
                                : column == "area_2" ? value.path[2]
                                                     : value.department;
            ASSERT_EQ(found, wanted);
            EXPECT_TRUE(can_see(who, value, town())) << column;
        }
    }
}

}  // namespace
}  // namespace chengshu::access
