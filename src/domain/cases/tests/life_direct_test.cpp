// Whole lives through the direct and the request workflows.
#include "domain/cases/tests/life.hpp"

#include <gtest/gtest.h>

namespace chengshu::cases {
namespace {

namespace category = testing::category;

Inputs resolved(bool with_photo) {
    Inputs out;
    out.result = "cleaned";
    if (with_photo) {
        out.attachments = {photo("after")};
    }
    return out;
}

Inputs to_department(std::string department) {
    Inputs out;
    out.department = std::move(department);
    return out;
}

TEST(DirectLife, ADepartmentsOwnFlowTakesOverAtDispatch) {
    Life life;
    life.open(category::kSpill);
    EXPECT_EQ(life.value.workflow, "direct");
    EXPECT_EQ(life.value.state, "dispatched");
    EXPECT_EQ(life.last("dispatch_to_owner").rule, "standard/automatic/11");
    life.act("handler-team", "accept");
    life.act("handler-team", "resolve", resolved(true));
    EXPECT_EQ(life.value.state, "closed");
    EXPECT_EQ(life.last("close").confidence, 0.9);
}

TEST(DirectLife, WithoutAPhotoTheAcceptorLooks) {
    Life life;
    life.open(category::kSpill);
    life.act("handler-team", "resolve", resolved(false));
    EXPECT_EQ(life.value.state, "handled");
    EXPECT_EQ(life.last("hand_over").reason.en, "No photo taken afterwards; the acceptor checks");
    life.act("acceptor", "rework", reason("show it"));
    EXPECT_EQ(life.value.state, "dispatched");
    life.act("handler-team", "resolve", resolved(true));
    EXPECT_EQ(life.value.state, "closed");
}

TEST(DirectLife, ReturnedAndGivenToAnotherItFollowsTheUsualFlowAgain) {
    Life life;
    life.open(category::kSpill);
    life.act("handler-team", "return", reason("not our road"));
    EXPECT_EQ(life.value.workflow, "direct");
    EXPECT_EQ(life.value.state, "filed");
    life.act("dispatcher", "dispatch", to_department("ROAD"));
    EXPECT_EQ(life.value.workflow, "standard");
    EXPECT_EQ(life.value.state, "dispatched");
    life.act("handler-road", "resolve", resolved(true));
    EXPECT_EQ(life.value.state, "checking") << "an ordinary department's work is checked";
}

TEST(DirectLife, OverdueIsSupervisedHereToo) {
    Life life;
    life.open(category::kSpill);
    life.later(5h);
    EXPECT_EQ(life.count("supervise"), 1);
    EXPECT_EQ(life.last("supervise").rule, "direct/automatic/5");
}

TEST(RequestLife, IsRoutedWorkedOnAndClosed) {
    Life life({.default_workflow = "request"});
    life.open(category::kLamp);
    EXPECT_EQ(life.value.state, "dispatched");
    EXPECT_EQ(life.value.standard, "lamp-dark") << "the one that files by itself";
    EXPECT_EQ(life.value.clocks.at("handle").due, life.now + 48h);
    life.act("handler-lamp", "accept");
    life.act("handler-lamp", "suspend", reason("parts ordered"));
    EXPECT_FALSE(life.value.clocks.at("handle").paused) << "a pending request keeps its due date";
    life.act("handler-lamp", "resume");
    EXPECT_EQ(life.value.state, "handling");
    life.act("handler-lamp", "resolve", resolved(false));
    EXPECT_EQ(life.value.state, "closed");
    EXPECT_TRUE(life.latest.close_children);
    life.act("acceptor", "reopen", reason("dark again"));
    EXPECT_EQ(life.value.state, "dispatched");
}

TEST(RequestLife, WithoutAPublishedLimitItIsOpenedWithoutADueDate) {
    Life life({.default_workflow = "request"});
    life.open(category::kNoise);
    EXPECT_EQ(life.value.state, "dispatched");
    EXPECT_EQ(life.count("open"), 1);
    EXPECT_FALSE(life.value.clocks.at("handle").due);
    EXPECT_FALSE(next_timer(life.value));
}

TEST(RequestLife, WaitsWithAReason) {
    Life several({.default_workflow = "request"});
    several.open(category::kPothole);
    EXPECT_EQ(several.value.state, "filed");
    EXPECT_EQ(several.last("hand_over").reason.en, "2 agencies are named; the dispatcher decides");
    Life ambiguous({.default_workflow = "request"});
    ambiguous.open(category::kGraffiti);
    EXPECT_EQ(ambiguous.value.state, "reported");
    Life manual({.auto_dispatch = false, .default_workflow = "request"});
    manual.open(category::kLamp);
    EXPECT_EQ(manual.value.state, "filed");
    EXPECT_EQ(manual.count("hand_over"), 1);
}

TEST(RequestLife, ACorrectedRequestIsFiledAnew) {
    Life life({.default_workflow = "request"});
    life.open(category::kPothole);
    Inputs other = reason("it is a lamp");
    other.category = category::kLamp;
    life.act("dispatcher", "correct", other);
    EXPECT_EQ(life.value.state, "dispatched");
    EXPECT_EQ(life.value.standard, "lamp-dark");
    EXPECT_EQ(life.value.clocks.at("handle").due, life.now + 48h);
}

TEST(UsualWorkflow, IsTheLongestPatternsElseTheDefault) {
    city::Settings settings;
    settings.default_workflow = "standard";
    settings.workflow_by_category = {
        {"A/*", "one"}, {"A/matter/*", "two"}, {"A/matter/01", "three"}
    };
    EXPECT_EQ(usual_workflow(settings, "B/matter/01"), "standard");
    EXPECT_EQ(usual_workflow(settings, "A/component/01"), "one");
    EXPECT_EQ(usual_workflow(settings, "A/matter/02"), "two");
    EXPECT_EQ(usual_workflow(settings, "A/matter/01"), "three");
}

}  // namespace
}  // namespace chengshu::cases
