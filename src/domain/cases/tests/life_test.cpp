// Whole lives through the standard workflow.
#include "domain/cases/tests/life.hpp"

#include <gtest/gtest.h>

namespace chengshu::cases {
namespace {

namespace category = testing::category;

Inputs done(bool with_photo = true) {
    Inputs out;
    out.result = "cleaned";
    if (with_photo) {
        out.attachments = {photo("after")};
    }
    return out;
}

Inputs dispatch_to(std::string department) {
    Inputs out;
    out.department = std::move(department);
    return out;
}

bool says(const Entry& entry, std::string_view en) {
    return entry.reason.en.find(en) != std::string::npos && !entry.reason.zh.empty();
}

TEST(StandardLife, RunsFromReportToCloseWithThreePeopleActing) {
    Life life;
    life.open(category::kRubbish);
    ASSERT_EQ(life.value.state, "dispatched");
    ASSERT_EQ(life.entries.size(), 3U);
    EXPECT_EQ(life.entries[0].action, "report");
    EXPECT_FALSE(life.entries[0].automatic);
    EXPECT_EQ(life.entries[1].action, "file");
    EXPECT_EQ(life.entries[1].rule, "standard/automatic/4");
    EXPECT_EQ(life.entries[1].confidence, 0.95);
    EXPECT_TRUE(says(life.entries[1], "Exposed rubbish meets the one filing standard"));
    EXPECT_EQ(
        life.entries[2].reason.en,
        "Responsibility list: Exposed rubbish in East One belongs to Sanitation (test list 1)"
    );
    EXPECT_EQ(life.entries[2].reason.zh, "权责清单：暴露垃圾在东一街道由环卫局负责（test list 1）");
    EXPECT_EQ(life.value.department, "SAN");
    EXPECT_EQ(life.value.assisting, std::vector<std::string>{"LAMP"});
    EXPECT_EQ(life.value.standard, "rubbish");

    EXPECT_EQ(life.refusal("handler-road", "accept"), "not_permitted");
    EXPECT_EQ(life.refusal("acceptor", "accept"), "not_permitted");
    EXPECT_EQ(life.refusal("handler-lamp", "accept"), "") << "an assisting department may act";
    life.act("handler-san", "accept");
    EXPECT_EQ(life.value.state, "handling");
    EXPECT_EQ(life.value.holder, "handler-san");
    EXPECT_EQ(life.refusal("handler-san", "accept"), "illegal_transition:action");
    EXPECT_EQ(life.refusal("handler-san", "resolve"), "invalid_input:result");

    life.now += 1h;
    life.act("handler-san", "resolve", done());
    EXPECT_EQ(life.value.state, "checking");
    EXPECT_EQ(life.value.holder, "collector") << "the nearest collector checks";
    EXPECT_EQ(life.value.attachments.front().by, "handler-san");
    EXPECT_EQ(life.value.attachments.front().at, life.now);
    EXPECT_EQ(life.value.result, "cleaned");

    life.act("collector", "check_pass");
    EXPECT_EQ(life.value.state, "closed");
    EXPECT_TRUE(says(life.last("close"), "The check passed"));
    EXPECT_TRUE(life.latest.close_children);
    for (const auto& [name, clock] : life.value.clocks) {
        EXPECT_TRUE(clock.stopped) << name;
        EXPECT_FALSE(clock.overdue) << name;
    }
    EXPECT_FALSE(next_timer(life.value));
    EXPECT_EQ(life.refusal("collector", "note", reason("late")), "illegal_transition:action");
}

TEST(StandardLife, ClocksFollowTheWorkingCalendar) {
    Life life;
    life.open(category::kRubbish);
    const auto& clocks = life.value.clocks;
    EXPECT_EQ(clocks.at("handle").due, at("2025-09-16T09:00:00+08:00"));
    EXPECT_EQ(clocks.at("handle").remind, at("2025-09-15T17:00:00+08:00"))
        << "a quarter of 8 work hours before";
    EXPECT_EQ(clocks.at("whole").due, at("2025-09-16T14:00:00+08:00"));
    EXPECT_TRUE(clocks.at("filing").stopped);
    EXPECT_TRUE(clocks.at("dispatch").stopped);
    EXPECT_EQ(next_timer(life.value), clocks.at("handle").remind);
}

TEST(StandardLife, AnAmbiguousStandardIsLeftToTheAcceptor) {
    Life life;
    life.open(category::kGraffiti);
    EXPECT_EQ(life.value.state, "reported");
    EXPECT_TRUE(says(life.last("hand_over"), "Graffiti has several filing standards"));
    EXPECT_EQ(life.last("hand_over").confidence, 0.5);
    EXPECT_EQ(life.refusal("acceptor", "file"), "invalid_input:standard");
    Inputs chosen;
    chosen.standard = "pothole";
    EXPECT_EQ(life.refusal("acceptor", "file", chosen), "rule_violation:standard");
    chosen.standard = "nothing";
    EXPECT_EQ(life.refusal("acceptor", "file", chosen), "unknown_code:standard");
    EXPECT_EQ(life.refusal("dispatcher", "file", chosen), "not_permitted");
    chosen.standard = "graffiti-small";
    life.act("acceptor", "file", chosen);
    EXPECT_EQ(life.value.state, "dispatched");
    EXPECT_EQ(life.value.clocks.at("handle").limit, (city::TimeLimit{1, city::TimeUnit::WorkDay}));
}

TEST(StandardLife, AStandardOfAnotherTimeIsRefused) {
    Life life({.auto_file = false});
    life.open(category::kRubbish);
    Inputs chosen;
    chosen.standard = "rubbish-old";
    EXPECT_EQ(life.refusal("acceptor", "file", chosen), "unknown_code:standard");
}

TEST(StandardLife, EveryQueueIsToldWhyACaseWaitsThere) {
    const auto expect = [](const testing::TestCityOptions& options,
                           const char* code,
                           const char* state,
                           const char* why) {
        Life life(options);
        life.open(code);
        EXPECT_EQ(life.value.state, state) << code;
        EXPECT_EQ(life.count("hand_over"), 1) << code;
        EXPECT_TRUE(says(life.last("hand_over"), why)) << life.last("hand_over").reason.en;
    };
    expect({}, category::kNoise, "reported", "No filing standard applies");
    expect({}, category::kPothole, "filed", "names 2 owners");
    expect({}, category::kKite, "filed", "names no owner");
    expect({.auto_file = false}, category::kRubbish, "reported", "does not file automatically");
    expect(
        {.auto_dispatch = false}, category::kRubbish, "filed", "does not dispatch automatically"
    );
}

TEST(StandardLife, AnAbolishedDepartmentGetsNothing) {
    Life life;
    life.open(category::kOrphan);
    EXPECT_EQ(life.value.state, "filed");
    EXPECT_TRUE(says(life.last("hand_over"), "names no owner"));
    EXPECT_EQ(
        life.refusal("dispatcher", "dispatch", dispatch_to("GONE")), "unknown_code:department"
    );
    EXPECT_EQ(
        life.refusal("dispatcher", "dispatch", dispatch_to("NOBODY")), "unknown_code:department"
    );
    EXPECT_EQ(life.refusal("dispatcher", "dispatch"), "invalid_input:department");
    life.act("dispatcher", "dispatch", dispatch_to("ROAD"));
    EXPECT_EQ(life.value.department, "ROAD");
}

constexpr const char* kHasty = R"(workflow: hasty
name: {zh: 急, en: Hasty}
source: made up
start: open
states:
  - {code: open, name: {zh: 开, en: Open}, phase: intake}
  - {code: given, name: {zh: 派, en: Given}, phase: done}
transitions:
  - {do: give, name: {zh: 派, en: Give}, from: [open], to: given, by: [system],
     then: [mark given, close children, assign owner]}
  - {do: note, name: {zh: 批注, en: Note}, from: [open], to: "=", by: [acceptor], needs: [reason]}
automatic:
  - {in: [open], do: give, because: {zh: 急, en: In haste}}
)";

TEST(AutomaticStep, ThatCannotBeDoneIsLeftToAPersonAndHarmsNothing) {
    Life life(
        {.default_workflow = "hasty", .files = {{"scenarios/test/workflows/hasty.yaml", kHasty}}}
    );
    life.open(category::kKite);
    EXPECT_EQ(life.value.state, "open");
    EXPECT_FALSE(life.value.marks.contains("given")) << "half a step is no step";
    EXPECT_FALSE(life.latest.close_children);
    EXPECT_TRUE(says(
        life.last("hand_over"),
        "could not do give by itself: the responsibility list names no single owner"
    ));
    EXPECT_EQ(life.last("hand_over").rule, "hasty/automatic/1");
    EXPECT_EQ(life.last("hand_over").confidence, 0);
    life.act("acceptor", "note", reason("seen"));
    EXPECT_EQ(life.count("hand_over"), 1) << "said once";
    life.open(category::kRubbish);
    EXPECT_EQ(life.value.state, "given");
}

TEST(StandardLife, AnUnlimitedStandardHasNoDeadline) {
    Life life;
    life.open(category::kUnlimited);
    ASSERT_EQ(life.value.state, "dispatched");
    EXPECT_FALSE(life.value.clocks.at("handle").due);
    EXPECT_FALSE(life.value.clocks.at("whole").due);
    EXPECT_FALSE(next_timer(life.value));
}

TEST(StandardLife, ThreeReturnsLeadToAConsultation) {
    Life life;
    life.open(category::kRubbish);
    for (int round = 1; round <= 3; ++round) {
        EXPECT_EQ(life.refusal("handler-san", "return"), "invalid_input:reason");
        life.act("handler-san", "return", reason("not ours"));
        EXPECT_TRUE(life.value.department.empty());
        if (round < 3) {
            EXPECT_EQ(life.value.state, "filed");
            EXPECT_TRUE(says(life.last("hand_over"), "Returned by the department"));
            life.act("dispatcher", "dispatch", dispatch_to("SAN"));
        }
    }
    EXPECT_EQ(life.value.state, "consulting");
    EXPECT_EQ(life.value.counters.at("returns"), 3);
    EXPECT_TRUE(says(life.last("consult"), "Returned three times"));
    life.act("dispatcher", "dispatch", dispatch_to("ROAD"));
    EXPECT_EQ(life.value.state, "dispatched");
    EXPECT_EQ(life.value.counters.at("dispatches"), 4);
}

TEST(StandardLife, TheThirdReworkIsSupervised) {
    Life life;
    life.open(category::kRubbish);
    for (int round = 1; round <= 3; ++round) {
        EXPECT_FALSE(life.has("supervised"));
        life.act("handler-san", "resolve", done());
        ASSERT_EQ(life.value.state, "checking");
        EXPECT_EQ(life.refusal("collector", "rework"), "invalid_input:reason");
        life.act("collector", "rework", reason("still dirty"));
        ASSERT_EQ(life.value.state, "dispatched");
        EXPECT_FALSE(life.value.marks.contains("handled"));
    }
    EXPECT_TRUE(life.has("supervised"));
    EXPECT_TRUE(says(life.last("supervise"), "Third rework"));
    EXPECT_EQ(life.value.attachments.size(), 3U) << "everything is kept";
    life.act("handler-san", "answer_supervision", reason("on our way"));
    EXPECT_FALSE(life.has("supervised"));
}

TEST(StandardLife, WhoHandledItDoesNotCheckIt) {
    Life life;
    life.open(category::kRubbish);
    const Actor same{"wang", "handler-san", "handler", "SAN"};
    life.act(same, "resolve", done());
    const auto own = life.attempt(Actor{"wang", "collector", "collector", ""}, "check_pass");
    ASSERT_FALSE(own);
    EXPECT_EQ(own.error().code, ErrorCode::RuleViolation);
    EXPECT_NE(own.error().context.find("other than resolve"), std::string::npos);
    life.act(Actor{"zhao", "collector", "collector", ""}, "check_pass");
    EXPECT_EQ(life.value.state, "closed");
}

TEST(StandardLife, TheCallerIsAskedBeforeAPublicCaseCloses) {
    Life life;
    life.open(category::kRubbish, "public");
    life.act("handler-san", "resolve", done());
    life.act("collector", "check_pass");
    EXPECT_EQ(life.value.state, "checked");
    EXPECT_TRUE(says(life.last("hand_over"), "call back before closing"));
    EXPECT_EQ(life.refusal("acceptor", "call_back"), "invalid_input:contacted");
    Inputs answers;
    answers.facts = {{"contacted", "yes"}, {"resolved", "no"}, {"satisfaction", "delighted"}};
    EXPECT_EQ(life.refusal("acceptor", "call_back", answers), "invalid_input:satisfaction");
    answers.facts["satisfaction"] = "dissatisfied";
    life.act("acceptor", "call_back", answers);
    EXPECT_EQ(life.value.state, "checked");
    answers.facts["resolved"] = "yes";
    answers.facts["satisfaction"] = "satisfied";
    life.act("acceptor", "call_back", answers);
    EXPECT_EQ(life.value.state, "closed");
    EXPECT_EQ(life.value.facts.at("satisfaction"), "satisfied");
}

TEST(StandardLife, SourcesThatThePolicyNamesCloseWhenHandled) {
    Life life;
    life.open(category::kRubbish, "iot");
    life.act("handler-san", "resolve", done(false));
    EXPECT_EQ(life.value.state, "closed");
    EXPECT_TRUE(says(life.last("close"), "By policy"));
}

TEST(StandardLife, WhatTheCollectorSolvedIsClosedAtOnce) {
    Life life;
    auto draft = life.draft(category::kRubbish, "collector");
    draft.flags = {"self_handled"};
    life.open(draft);
    EXPECT_EQ(life.value.state, "closed");
    EXPECT_EQ(life.entries.size(), 2U);
    EXPECT_TRUE(says(life.last("close_self_handled"), "on the spot"));
    for (const auto* mark : {"filed", "dispatched", "handled", "checked", "closed"}) {
        EXPECT_TRUE(life.value.marks.contains(mark)) << mark;
    }
}

TEST(StandardLife, VerificationDecidesWhetherItIsFiled) {
    Life life({.auto_file = false});
    life.open(category::kRubbish);
    life.act("acceptor", "send_verify");
    EXPECT_EQ(life.value.holder, "collector");
    life.act("collector", "verify_false", reason("nothing there"));
    EXPECT_EQ(life.value.state, "reported");
    EXPECT_TRUE(
        says(life.entries.back(), "does not file automatically") ||
        says(life.entries.back(), "Not found")
    );
    life.act("acceptor", "void", reason("nothing there"));
    EXPECT_EQ(life.value.state, "void");

    Life verified;
    verified.open(category::kGraffiti);
    verified.act("acceptor", "send_verify");
    verified.act("collector", "verify_true");
    EXPECT_EQ(verified.value.state, "reported") << "two standards are still two";
}

TEST(StandardLife, ACaseNotFoundIsNotFiledByTheSystem) {
    Life life;
    life.open(category::kNoise);
    life.act("acceptor", "send_verify");
    life.act("collector", "verify_false", reason("quiet"));
    Inputs other;
    other.category = category::kRubbish;
    other.reason = "it was rubbish";
    life.act("acceptor", "correct", other);
    EXPECT_EQ(life.value.state, "reported");
    EXPECT_EQ(life.count("file"), 0);
}

TEST(StandardLife, AFiledCaseOfAnotherCategoryIsFiledAnew) {
    Life life;
    life.open(category::kPothole);
    ASSERT_EQ(life.value.state, "filed");
    Inputs other;
    other.reason = "rubbish in the hole";
    EXPECT_EQ(life.refusal("dispatcher", "correct", other), "invalid_input:category");
    other.category = "TEST/matter/0109";
    EXPECT_EQ(life.refusal("dispatcher", "correct", other), "unknown_code:category");
    other.category = "TEST/matter/9999";
    EXPECT_EQ(life.refusal("dispatcher", "correct", other), "unknown_code:category");
    other.category = category::kRubbish;
    life.act("dispatcher", "correct", other);
    EXPECT_EQ(life.value.state, "dispatched");
    EXPECT_EQ(life.value.standard, "rubbish");
    EXPECT_EQ(life.value.department, "SAN");
    EXPECT_EQ(life.value.clocks.at("handle").limit, (city::TimeLimit{8, city::TimeUnit::WorkHour}));
}

TEST(StandardLife, ADispatcherMaySendACaseBackToTheAcceptor) {
    Life life;
    life.open(category::kPothole);
    life.act("dispatcher", "return_to_acceptor", reason("no such place"));
    EXPECT_EQ(life.value.state, "reported");
    EXPECT_TRUE(says(life.last("hand_over"), "Returned by the dispatcher"));
}

TEST(StandardLife, ChildrenFollowTheirParent) {
    Life life;
    life.open(category::kRubbish);
    Inputs into = reason("the same heap");
    EXPECT_EQ(life.refusal("acceptor", "merge", into), "invalid_input:into");
    into.into = life.value.id;
    EXPECT_EQ(life.refusal("acceptor", "merge", into), "invalid_input:into");
    into.into = CaseId{1101022025091500002};
    life.act("acceptor", "merge", into);
    EXPECT_EQ(life.value.state, "merged");
    EXPECT_EQ(life.value.parent, into.into);
    EXPECT_FALSE(next_timer(life.value)) << "its clocks are paused";
    EXPECT_EQ(life.refusal("handler-san", "accept"), "illegal_transition:action");
    EXPECT_EQ(life.refusal("shift_leader", "close_with_parent"), "not_permitted");
    life.act("system", "close_with_parent");
    EXPECT_EQ(life.value.state, "closed");
    EXPECT_TRUE(life.has("closed_with_parent"));
    life.act("system", "reopen_with_parent");
    EXPECT_EQ(life.value.state, "dispatched") << "filed, and dispatched by the list again";
    EXPECT_FALSE(life.has("closed_with_parent"));
    EXPECT_FALSE(life.value.marks.contains("closed"));
}

TEST(StandardLife, AReopenedCaseForgetsHowItWasClosed) {
    Life life;
    life.open(category::kPothole);
    life.act("shift_leader", "force_close", reason("order of the mayor"));
    EXPECT_TRUE(life.has("forced"));
    EXPECT_TRUE(life.latest.close_children);
    life.act("shift_leader", "reopen", reason("still there"));
    EXPECT_TRUE(life.latest.reopen_children);
    EXPECT_FALSE(life.has("forced"));
    life.act("system", "close_with_parent");
    life.act("acceptor", "reopen", reason("not with its parent"));
    EXPECT_FALSE(life.has("closed_with_parent"));
    EXPECT_EQ(life.refusal("system", "reopen_with_parent"), "illegal_transition:action");
}

TEST(StandardLife, AnActionChangesOnlyWhatItsNeedsName) {
    Life life;
    life.open(category::kRubbish);
    const auto refuse = [&](const char* field, auto&& set) {
        Inputs inputs = reason("a note");
        set(inputs);
        EXPECT_EQ(
            life.refusal("handler-san", "note", inputs), std::string("invalid_input:") + field
        );
    };
    refuse("category", [](Inputs& in) { in.category = category::kNoise; });
    refuse("standard", [](Inputs& in) { in.standard = "pothole"; });
    refuse("department", [](Inputs& in) { in.department = "ROAD"; });
    refuse("assisting", [](Inputs& in) { in.assisting = {"ROAD"}; });
    refuse("account", [](Inputs& in) { in.account = "li"; });
    refuse("until", [&](Inputs& in) { in.until = life.now + 24h; });
    refuse("attachment", [](Inputs& in) { in.attachments = {photo("after")}; });
    refuse("into", [](Inputs& in) { in.into = CaseId{1}; });
    refuse("result", [](Inputs& in) { in.result = "done"; });
    refuse("satisfaction", [](Inputs& in) { in.facts["satisfaction"] = "satisfied"; });
    life.act("handler-san", "note", reason("a note"));
}

TEST(StandardLife, AHandlerWithoutADepartmentHasNoCases) {
    Life life;
    life.open(category::kNoise);
    const auto result = life.attempt(Actor{"li", "odd", "handler", ""}, "note", reason("x"));
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::NotPermitted);
}

TEST(StandardLife, QueuesAreClaimedAndPutBack) {
    Life life;
    life.open(category::kNoise);
    life.act("acceptor", "claim");
    EXPECT_EQ(life.refusal("shift_leader", "claim"), "rule_violation");
    EXPECT_EQ(life.refusal("shift_leader", "release"), "rule_violation");
    life.act("acceptor", "release");
    life.act("shift_leader", "claim");
    EXPECT_EQ(life.value.holder, "shift_leader");
}

TEST(StandardLife, AttachmentsAreLimited) {
    Life life;
    life.open(category::kRubbish);
    Inputs photos;
    photos.attachments.assign(kAttachmentsMax + 1, photo("before"));
    EXPECT_EQ(life.refusal("collector", "attach", photos), "too_large:attachment");
    photos.attachments.pop_back();
    life.act("collector", "attach", photos);
    const auto joined = join_report(
        life.value, life.actor("collector"), ReportId{9}, {photo("before")}, life.context()
    );
    EXPECT_EQ(joined.after.attachments.size(), kAttachmentsMax);
    auto draft = life.draft(category::kRubbish, "public");
    draft.attachments.assign(kAttachmentsMax + 1, photo("before"));
    const auto opened = open_case(draft, life.actor("collector"), life.context());
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, ErrorCode::TooLarge);
}

TEST(StandardLife, ThePartsOfASplitCaseWaitForTheDispatcher) {
    for (const bool auto_file : {true, false}) {
        Life life({.auto_file = auto_file});
        auto part = life.draft(category::kRubbish, "collector");
        part.standard = "rubbish";
        part.flags = {"split"};
        life.open(part);
        ASSERT_EQ(life.value.state, "filed")
            << "the owner of the whole is not the owner of every part";
        life.act("dispatcher", "dispatch", dispatch_to("ROAD"));
        EXPECT_EQ(life.value.department, "ROAD");
        life.act("shift_leader", "force_close", reason("order"));
        life.act("shift_leader", "reopen", reason("not done"));
        EXPECT_EQ(life.value.state, "filed");
        EXPECT_TRUE(says(life.last("hand_over"), "Part of a split case"));
    }
}

TEST(StandardLife, FurtherReportsAndChildrenAreKept) {
    Life life;
    life.open(category::kRubbish);
    life.take(join_report(
        life.value, life.actor("collector"), ReportId{9}, {photo("before")}, life.context()
    ));
    EXPECT_EQ(life.value.counters.at("reports"), 2);
    EXPECT_EQ(life.value.attachments.size(), 1U);
    EXPECT_EQ(life.last("join").reason.en, "#9");
    life.take(link_child(life.value, CaseId{5}, life.actor("dispatcher"), "split", life.context()));
    life.take(link_child(life.value, CaseId{5}, life.actor("dispatcher"), "again", life.context()));
    EXPECT_EQ(life.value.children, std::vector<CaseId>{CaseId{5}});
}

TEST(StandardLife, UnknownNamesAreRefused) {
    Life life;
    auto draft = life.draft(category::kRubbish, "public");
    draft.workflow = "dance";
    const auto opened = open_case(draft, life.actor("collector"), life.context());
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, ErrorCode::UnknownCode);
    life.open(category::kRubbish);
    EXPECT_EQ(life.refusal("handler-san", "fly"), "illegal_transition:action");
    EXPECT_EQ(life.refusal("nobody", "note", reason("x")), "not_permitted");
    const auto& flow = life.workflows.at("standard");
    EXPECT_TRUE(allowed(
        life.value,
        *flow.transition("accept", "dispatched"),
        life.actor("handler-san"),
        life.context()
    ));
    EXPECT_FALSE(allowed(
        life.value,
        *flow.transition("accept", "dispatched"),
        life.actor("handler-road"),
        life.context()
    ));
}

}  // namespace
}  // namespace chengshu::cases
