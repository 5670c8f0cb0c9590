// Deadlines: reminders, overdue, extensions, suspensions and appeals.
#include "domain/cases/tests/life.hpp"

#include <gtest/gtest.h>

namespace chengshu::cases {
namespace {

namespace category = testing::category;

Inputs resolved() {
    Inputs out;
    out.result = "cleaned";
    return out;
}

Inputs suspended_until(Instant when) {
    auto out = reason("waiting for a permit");
    out.until = when;
    return out;
}

class Limits : public ::testing::Test {
protected:
    Limits() {
        life.open(category::kRubbish);
        life.act("handler-san", "accept");
    }

    Clock handle() const { return life.value.clocks.at("handle"); }

    Life life;
};

TEST_F(Limits, RemindersAndOverdueCome) {
    const auto remind = *handle().remind;
    life.until(remind - 1ms);
    EXPECT_EQ(life.count("remind"), 0);
    life.until(remind);
    EXPECT_EQ(life.count("remind"), 1);
    EXPECT_EQ(life.last("remind").rule, "clock/handle");
    EXPECT_EQ(life.last("remind").action_name.en, "Handling reminder");
    life.until(*handle().due);
    EXPECT_EQ(life.count("overdue"), 0) << "the due instant itself is in time";
    life.later(1ms);
    EXPECT_EQ(life.count("overdue"), 1);
    EXPECT_TRUE(handle().overdue);
    EXPECT_EQ(life.count("supervise"), 1);
    EXPECT_EQ(life.last("supervise").reason.en, "Handling is overdue; supervised automatically");
    life.later(24h * 30);
    EXPECT_EQ(life.count("overdue"), 2) << "the whole course, once";
    EXPECT_EQ(life.count("supervise"), 1);
}

TEST_F(Limits, AFirstTickAfterTheDeadlineDoesNotRemind) {
    life.later(24h * 7);
    EXPECT_EQ(life.count("remind"), 0);
    EXPECT_EQ(life.count("overdue"), 2);
}

TEST_F(Limits, StoppingLateIsOverdueWithoutATick) {
    life.now += 24h * 3;
    life.act("handler-san", "resolve", resolved());
    EXPECT_TRUE(handle().overdue);
    EXPECT_TRUE(handle().stopped);
}

TEST_F(Limits, AnExtensionAddsTheLimitOnceMoreAndRemindsAnew) {
    life.until(*handle().remind);
    ASSERT_EQ(life.count("remind"), 1);
    EXPECT_EQ(life.refusal("dispatcher", "approve_extension"), "rule_violation");
    life.act("handler-san", "request_extension", reason("heavy rain"));
    EXPECT_EQ(
        life.refusal("handler-san", "request_extension", reason("heavy rain")), "rule_violation"
    );
    life.act("dispatcher", "approve_extension");
    EXPECT_EQ(handle().due, at("2025-09-17T09:00:00+08:00"));
    EXPECT_EQ(handle().extensions, 1);
    EXPECT_EQ(handle().remind, at("2025-09-16T17:00:00+08:00"));
    life.until(*handle().remind);
    EXPECT_EQ(life.count("remind"), 2);
}

TEST_F(Limits, ExtensionsAreCounted) {
    for (int round = 0; round < 2; ++round) {
        life.act("handler-san", "request_extension", reason("heavy rain"));
        EXPECT_EQ(life.refusal("handler-san", "approve_extension"), "not_permitted");
        life.act("shift_leader", "approve_extension");
    }
    EXPECT_EQ(
        life.refusal("handler-san", "request_extension", reason("more rain")), "rule_violation"
    );
    EXPECT_EQ(life.value.counters.at("extensions"), 2);
}

TEST_F(Limits, ARejectedExtensionChangesNoDeadline) {
    const auto before = handle();
    life.act("handler-san", "request_extension", reason("heavy rain"));
    EXPECT_EQ(life.refusal("dispatcher", "reject_extension"), "invalid_input:reason");
    life.act("dispatcher", "reject_extension", reason("the sun shines"));
    EXPECT_EQ(handle(), before);
    EXPECT_FALSE(life.has("extension_requested"));
}

TEST_F(Limits, NothingIsExtendedAfterTheDeadline) {
    life.until(*handle().due + 1ms);
    EXPECT_EQ(life.refusal("handler-san", "request_extension", reason("late")), "rule_violation");
}

TEST_F(Limits, ASuspensionPausesAndItsEndResumes) {
    life.until(at("2025-09-15T11:00:00+08:00"));
    const auto whole_left = *life.value.clocks.at("whole").due - life.now;
    life.act("handler-san", "request_suspension", reason("permit"));
    const auto end = at("2025-09-18T10:00:00+08:00");
    life.act("dispatcher", "suspend", suspended_until(end));
    EXPECT_EQ(life.value.state, "suspended");
    EXPECT_FALSE(life.has("suspension_requested"));
    EXPECT_TRUE(handle().paused);
    EXPECT_EQ(handle().left, Duration{6h}) << "two of eight work hours are used";
    EXPECT_EQ(next_timer(life.value), end);
    life.until(end - 1ms);
    EXPECT_EQ(life.value.state, "suspended");
    life.until(end);
    EXPECT_EQ(life.value.state, "handling") << "back where it was";
    EXPECT_EQ(life.last("resume").rule, "clock/resume");
    EXPECT_TRUE(life.last("resume").automatic);
    EXPECT_EQ(handle().due, at("2025-09-18T18:00:00+08:00"));
    EXPECT_EQ(handle().remind, at("2025-09-18T16:00:00+08:00"))
        << "the reminder moves with its deadline";
    EXPECT_EQ(*life.value.clocks.at("whole").due - life.now, whole_left);
    EXPECT_FALSE(life.value.resume_at);
    EXPECT_EQ(
        life.refusal("dispatcher", "suspend", suspended_until(life.now + 24h)), "rule_violation"
    ) << "once only";
}

TEST_F(Limits, ASuspensionHasAnEndThatLiesAhead) {
    EXPECT_EQ(life.refusal("dispatcher", "suspend", reason("x")), "invalid_input:until");
    EXPECT_EQ(
        life.refusal("dispatcher", "suspend", suspended_until(life.now)), "invalid_input:until"
    );
    EXPECT_EQ(
        life.refusal("dispatcher", "suspend", suspended_until(life.now + 24h * 367)),
        "rule_violation:until"
    );
    EXPECT_EQ(
        life.refusal("handler-san", "suspend", suspended_until(life.now + 24h)), "not_permitted"
    );
}

TEST_F(Limits, ASuspensionMayEndEarly) {
    life.act("dispatcher", "suspend", suspended_until(life.now + 48h));
    life.now += 1h;
    life.act("dispatcher", "resume");
    EXPECT_EQ(life.value.state, "handling");
    EXPECT_FALSE(life.value.resume_at);
    EXPECT_EQ(handle().due, at("2025-09-16T10:00:00+08:00"));
}

TEST_F(Limits, LeavingASuspensionByAnotherWayForgetsItsTimer) {
    life.act("dispatcher", "suspend", suspended_until(life.now + 48h));
    life.act("shift_leader", "force_close", reason("order"));
    EXPECT_FALSE(life.value.resume_at);
    EXPECT_FALSE(next_timer(life.value));
    life.later(24h * 10);
    EXPECT_EQ(life.value.state, "closed");
}

TEST_F(Limits, PausedAtTheVeryEndIsStillInTime) {
    life.until(*handle().due);
    life.act("dispatcher", "suspend", suspended_until(life.now + 24h));
    life.act("dispatcher", "resume");
    EXPECT_FALSE(handle().overdue);
    EXPECT_EQ(handle().due, life.now);
    life.act("handler-san", "resolve", resolved());
    EXPECT_FALSE(handle().overdue);
}

TEST_F(Limits, OverdueBeforeASuspensionStaysOverdue) {
    life.now = *handle().due + 1h;
    life.act("dispatcher", "suspend", suspended_until(life.now + 24h));
    EXPECT_TRUE(handle().overdue);
    life.later(24h);
    EXPECT_EQ(life.value.state, "handling");
    EXPECT_TRUE(handle().overdue);
}

TEST_F(Limits, AnUpheldAppealExemptsWithoutHidingTheFact) {
    life.until(*handle().due + 1ms);
    life.act("handler-san", "resolve", resolved());
    EXPECT_EQ(life.refusal("handler-san", "appeal", reason("rain")), "illegal_transition:action");
    life.act("collector", "check_pass");
    ASSERT_EQ(life.value.state, "closed");
    EXPECT_EQ(life.refusal("handler-road", "appeal", reason("rain")), "not_permitted");
    life.act("handler-san", "appeal", reason("rain"));
    EXPECT_EQ(life.refusal("shift_leader", "uphold_appeal"), "rule_violation")
        << "not endorsed yet";
    const Actor both{"zhao", "dispatcher", "dispatcher", ""};
    life.act(both, "endorse_appeal");
    const auto same =
        life.attempt(Actor{"zhao", "shift_leader", "shift_leader", ""}, "uphold_appeal");
    ASSERT_FALSE(same) << "four eyes";
    EXPECT_EQ(same.error().code, ErrorCode::RuleViolation);
    life.act("shift_leader", "uphold_appeal");
    EXPECT_TRUE(handle().exempt);
    EXPECT_TRUE(handle().overdue) << "the raw fact stays";
    EXPECT_EQ(life.value.state, "closed");
    EXPECT_EQ(life.refusal("handler-san", "appeal", reason("again")), "rule_violation");
}

TEST_F(Limits, OnlyAnOverdueCaseIsAppealedAndOnce) {
    life.act("handler-san", "resolve", resolved());
    life.act("collector", "check_pass");
    EXPECT_EQ(life.refusal("handler-san", "appeal", reason("why not")), "rule_violation");

    Life late;
    late.open(category::kRubbish);
    late.now += 24h * 9;
    late.act("handler-san", "resolve", resolved());
    late.act("collector", "check_pass");
    late.act("handler-san", "appeal", reason("rain"));
    late.act("dispatcher", "reject_appeal", reason("no rain"));
    EXPECT_FALSE(late.has("appeal"));
    EXPECT_EQ(late.refusal("handler-san", "appeal", reason("rain")), "rule_violation");
}

TEST(LimitZero, IsDueAtOnce) {
    testing::TestCityOptions options;
    auto files = testing::test_city_files(options);
    for (auto& file : files) {
        if (file.path.ends_with("standards.csv")) {
            const std::string old = "A hole in the road,2,urgent_hour";
            file.content.replace(
                file.content.find(old), old.size(), "A hole in the road,0,urgent_hour"
            );
            options.files = {file};
        }
    }
    Life life(options);
    life.open(category::kPothole);
    Inputs to;
    to.department = "ROAD";
    life.act("dispatcher", "dispatch", to);
    EXPECT_EQ(life.value.clocks.at("handle").due, life.now);
    EXPECT_FALSE(life.value.clocks.at("handle").remind);
    life.later(1ms);
    EXPECT_TRUE(life.value.clocks.at("handle").overdue);
}

}  // namespace
}  // namespace chengshu::cases
