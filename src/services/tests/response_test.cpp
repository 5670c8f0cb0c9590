// Rules over stored readings, the alerts they raise, the plans these start, and what is left of it
// all when the process ends anywhere.

#include "services/tests/responding.hpp"

namespace chengshu::services {
namespace {

TEST(Alerts, AreRaisedLoweredAndCleared) {
    Responding world;
    world.hour({20, 5, 5});
    world.look();
    auto open = world.alerts(kAlert, "water");
    ASSERT_EQ(open.size(), 1U);
    EXPECT_EQ(open[0].level, Level::Blue);
    EXPECT_EQ(open[0].place_name.zh, "尺1 Gauge 1");
    EXPECT_EQ(open[0].path.back(), "110102001");
    EXPECT_EQ(open[0].text.en, "blue at 尺1 Gauge 1: depth = 20");
    EXPECT_FALSE(open[0].case_id) << "cases begin with orange";
    world.hour({30, 5, 5});
    world.look();
    open = world.alerts(kAlert, "water");
    ASSERT_EQ(open.size(), 1U);
    EXPECT_EQ(open[0].level, Level::Orange);
    EXPECT_TRUE(open[0].case_id);
    world.hour({12, 5, 5});
    world.look();
    EXPECT_EQ(world.alerts(kAlert, "water")[0].level, Level::Orange)
        << "not cleared yet: hysteresis";
    world.hour({9, 5, 5});
    world.look();
    EXPECT_TRUE(world.alerts(kAlert, "water").empty());
    const auto past = world.alerts(kAlertPast, "water");
    ASSERT_EQ(past.size(), 1U);
    EXPECT_EQ(past[0].peak, Level::Orange);
    EXPECT_EQ(past[0].steps.size(), 4U) << "fired, raised, escalated, cleared";
    EXPECT_TRUE(world.problems.empty());
    EXPECT_EQ(world.verified(), "");
}

TEST(Alerts, OfNeighboursAreOne) {
    Responding world(4);
    world.hour({20, 20, 20, 5});
    world.look();
    auto open = world.alerts(kAlert, "merged");
    ASSERT_EQ(open.size(), 2U);
    EXPECT_EQ(open[0].place.code, "110101");
    EXPECT_EQ(open[0].places.at(Level::Yellow), 1);
    EXPECT_EQ(open[1].place.code, "110102");
    EXPECT_EQ(open[1].places.at(Level::Yellow), 2);
    world.hour({5, 20, 20, 5});
    world.look();
    EXPECT_EQ(world.alerts(kAlert, "merged")[1].places.at(Level::Yellow), 1);
    world.hour({5, 5, 5, 5});
    world.look();
    EXPECT_TRUE(world.alerts(kAlert, "merged").empty());
    EXPECT_EQ(world.verified(), "");
}

TEST(Alerts, GoOnWhenOnePlaceTakesOverFromAnother) {
    Responding world(4);  // gauges 1 and 3 stand in the same district
    world.hour({20, 5, 5, 5});
    world.look();
    auto open = world.alerts(kAlert, "merged");
    ASSERT_EQ(open.size(), 1U);
    const auto id = open[0].id;
    world.hour({5, 5, 20, 5});
    world.look();
    open = world.alerts(kAlert, "merged");
    ASSERT_EQ(open.size(), 1U);
    EXPECT_EQ(open[0].id, id);
    EXPECT_EQ(open[0].places.at(Level::Yellow), 1);
    world.hour({5, 5, 5, 5});
    world.look();
    EXPECT_TRUE(world.alerts(kAlert, "merged").empty());
    EXPECT_EQ(world.verified(), "");
}

TEST(Alerts, OfARuleThatIsGoneEndAndLeaveNothingBehind) {
    Responding world(4);
    world.hour({20, 20, 20, 5});
    world.look();
    ASSERT_EQ(world.alerts(kAlert, "merged").size(), 2U);
    const std::string rules = kRules;
    const auto with = world.current.get();
    world.current.set(definitions(4, rules.substr(0, rules.find("  - code: merged"))));
    world.look();
    EXPECT_TRUE(world.alerts(kAlert, "merged").empty());
    EXPECT_EQ(world.alerts(kAlertPast, "merged").size(), 2U);
    EXPECT_EQ(world.alerts(kAlert, "water").size(), 3U);
    const auto cursor = world.store.document("rule_cursor", "merged");
    ASSERT_TRUE(cursor);
    EXPECT_FALSE(*cursor);
    world.current.set(with);
    world.look();
    EXPECT_TRUE(world.alerts(kAlert, "merged").empty()) << "watched from now on";
    world.hour({20, 5, 5, 5});
    world.look();
    EXPECT_EQ(world.alerts(kAlert, "merged").size(), 1U);
    EXPECT_EQ(world.verified(), "");
}

TEST(Alerts, AFloodOfThemIsMergedAndGoesInSteps) {
    constexpr int kGauges = 1'500;
    Responding world(kGauges);
    const int before = world.pages;
    world.hour(std::vector<double>(kGauges, 20));
    while (world.step()) {
    }
    EXPECT_GE(world.pages - before, 2 * kGauges / static_cast<int>(kChangesPerCommit));
    const auto open = world.alerts(kAlert, "water");
    EXPECT_EQ(static_cast<std::int64_t>(open.size()), kOpenAlertsOfRuleMax + 1);
    std::int64_t places = 0;
    for (const auto& alert : open) {
        places += alert.places.at(Level::Blue);
    }
    EXPECT_EQ(places, kGauges);
    world.hour(std::vector<double>(kGauges, 5));
    while (world.step()) {
    }
    EXPECT_TRUE(world.alerts().empty());
    EXPECT_EQ(world.verified(), "");
}

TEST(Alerts, EscalateUntilAcknowledged) {
    Responding world;
    world.hour({20, 5, 5});
    world.look();
    world.clock.at += 31min;
    world.tend();
    world.tend();
    auto alert = world.alerts(kAlert, "water").front();
    ASSERT_EQ(alert.steps.size(), 2U);
    EXPECT_EQ(alert.steps[1].what, "escalated");
    EXPECT_EQ(alert.steps[1].note, "leader");
    const auto acknowledge = [&](const access::Principal& who) {
        return world.run([&](UnitOfWork& work) {
            return acknowledge_alert(work, who, alert.id, "seen");
        });
    };
    EXPECT_EQ(acknowledge(person("handler")).error().code, ErrorCode::NotPermitted);
    EXPECT_EQ(acknowledge(person("leader", "110101")).error().code, ErrorCode::NotFound);
    EXPECT_TRUE(acknowledge(person("leader", "110102")));
    EXPECT_EQ(world.alerts(kAlert, "water").front().acknowledged_by, "leader");
    EXPECT_EQ(world.verified(), "");
}

TEST(Plans, StartOnceFollowTheAlertAndEnd) {
    Responding world;
    world.hour({20, 5, 5});
    world.look();
    auto open = world.responses();
    ASSERT_EQ(open.size(), 1U);
    EXPECT_EQ(open[0].grade, response::Grade::IV);
    EXPECT_EQ(open[0].tasks.at("watch").state, response::TaskState::Given);
    EXPECT_EQ(world.cases(), 1);
    const auto watched = world.store.find_case(open[0].tasks.at("watch").case_id);
    ASSERT_TRUE(watched && *watched);
    EXPECT_EQ((*watched)->department, "ROAD") << "the plan says whose it is";
    world.hour({30, 5, 5});
    world.look();
    open = world.responses();
    ASSERT_EQ(open.size(), 1U);
    EXPECT_EQ(open[0].grade, response::Grade::II);
    EXPECT_EQ(open[0].tasks.at("pump").resources, std::vector<std::string>{"p1"});
    EXPECT_EQ(world.cases(), 3) << "two tasks and the alert's own";
    world.hour({50, 5, 5});
    world.look();
    open = world.responses();
    EXPECT_EQ(open[0].proposed, response::Grade::I);
    const auto command = [&](const access::Principal& who, Command what) {
        return world.run([&](UnitOfWork& work) {
            return command_response(work, who, open[0].id, {what, {}, {}, "yes"});
        });
    };
    EXPECT_EQ(
        command(person("shift_leader"), Command::Confirm).error().code, ErrorCode::NotPermitted
    );
    EXPECT_EQ(
        command(person("leader", "110101"), Command::Confirm).error().code, ErrorCode::NotFound
    );
    EXPECT_TRUE(command(person("leader"), Command::Confirm));
    EXPECT_FALSE(command(person("leader"), Command::Confirm));
    EXPECT_EQ(world.responses()[0].grade, response::Grade::I);
    world.hour({5, 5, 5});
    world.look();
    EXPECT_TRUE(world.responses()[0].ending) << "a grade that is confirmed ends by a confirmation";
    EXPECT_TRUE(command(person("leader"), Command::Confirm));
    EXPECT_TRUE(world.responses().empty());
    ASSERT_EQ(world.responses(kResponsePast).size(), 1U);
    EXPECT_EQ(world.verified(), "");
}

/// Whatever commit is refused, or made without the process learning of it, and wherever it ends:
/// the same alerts, responses and cases.
TEST(Plans, AreTheSameWhereverTheProcessEnds) {
    const auto story = [](int fault_at, ShakyStore::Fault fault) {
        Responding world;
        int steps = 0;
        const auto shake = [&] {
            if (steps++ == fault_at) {
                world.store.fault = fault;
            }
        };
        for (const double depth : {20.0, 30.0, 5.0, 45.0}) {
            world.hour({depth, 5, 20});
            for (int i = 0; i < 12; ++i) {
                shake();
                const bool more = world.step();
                if (fault != ShakyStore::Fault::None && steps == fault_at + 1) {
                    world.store.fault = ShakyStore::Fault::None;
                    world.start();
                }
                if (!more) {
                    break;
                }
            }
            world.look();
            world.look();
            shake();
            world.tend();
            world.store.fault = ShakyStore::Fault::None;
            world.look();
            world.tend();
        }
        std::string out;
        for (const auto* kind : {kAlert, kAlertPast}) {
            for (const auto& alert : world.alerts(kind)) {
                out += fmt::format(
                    "{} {} {} steps {} case {}\n",
                    kind,
                    alert.id,
                    response::level_name(alert.level),
                    alert.steps.size(),
                    bool(alert.case_id)
                );
            }
        }
        for (const auto* kind : {kResponse, kResponsePast}) {
            for (const auto& value : world.responses(kind)) {
                out += fmt::format("{} {} {}", kind, value.id, response::grade_name(value.peak));
                for (const auto& [key, task] : value.tasks) {
                    out += fmt::format(" {}={}", key, response::task_state_name(task.state));
                }
                out += fmt::format(" entries {}\n", value.timeline.size());
            }
        }
        out += fmt::format("cases {} {}", world.cases(), world.verified());
        return std::pair(out, steps);
    };
    const auto [plain, steps] = story(-1, ShakyStore::Fault::None);
    EXPECT_NE(plain.find("response flood."), std::string::npos) << plain;
    for (int at = 0; at < steps; ++at) {
        for (const auto fault : {ShakyStore::Fault::Refused, ShakyStore::Fault::Lost}) {
            EXPECT_EQ(story(at, fault).first, plain) << "fault at step " << at;
        }
    }
}

TEST(Plans, ByHandAndAsAnExercise) {
    Responding world;
    StartByHand wish;
    wish.plan = "flood";
    wish.grade = response::Grade::II;
    wish.area = "110101";
    wish.exercise = true;
    wish.cause = "drill-1";
    const auto start = [&](const access::Principal& who) {
        return world.run([&](UnitOfWork& work) { return start_by_hand(work, who, wish); });
    };
    EXPECT_EQ(start(person("shift_leader")).error().code, ErrorCode::NotPermitted);
    EXPECT_EQ(start(person("leader", "110102")).error().code, ErrorCode::NotPermitted);
    for (const auto* cause : {"", "autumn drill", "a/b", "a?b"}) {
        auto bad = wish;
        bad.cause = cause;
        const auto refused = world.run([&](UnitOfWork& work) {
            return start_by_hand(work, person("leader", "110101"), bad);
        });
        EXPECT_EQ(refused.error().code, ErrorCode::InvalidInput) << cause;
        EXPECT_EQ(refused.error().field, "cause");
    }
    ASSERT_TRUE(start(person("leader", "110101")));
    ASSERT_TRUE(start(person("leader", "110101"))) << "the same cause: the same response";
    world.tend();
    const auto open = world.responses();
    ASSERT_EQ(open.size(), 1U);
    EXPECT_TRUE(open[0].exercise);
    const auto row = world.store.find_case(open[0].tasks.at("watch").case_id);
    ASSERT_TRUE(row && *row);
    EXPECT_NE((*row)->body.find("演练"), std::string::npos);
    EXPECT_EQ(world.verified(), "");
}

TEST(ForeignWarnings, BecomeAlertsAreUpdatedAndCancelled) {
    Responding world;
    ForeignWarning warning;
    warning.sender = "met@example.org";
    warning.identifier = "m1";
    warning.sent = "2025-09-22T08:00:00+08:00";
    warning.level = Level::Yellow;
    warning.name = {"暴雨", "Rainstorm"};
    warning.event = "11B03";
    warning.area_codes = {"110101000000"};
    const auto take = [&](const access::Principal& who) {
        return world.run([&](UnitOfWork& work) { return take_warning(work, who, warning); });
    };
    EXPECT_EQ(take(person("collector")).error().code, ErrorCode::NotPermitted);
    EXPECT_EQ(take(person("leader", "110102")).error().code, ErrorCode::NotPermitted);
    ASSERT_TRUE(take(person("leader")));
    ASSERT_TRUE(take(person("leader"))) << "sent again";
    auto open = world.alerts(kAlert, "cap:11B03");
    ASSERT_EQ(open.size(), 1U);
    EXPECT_EQ(open[0].place.code, "110101");
    EXPECT_EQ(open[0].steps.size(), 1U);
    warning.kind = ForeignWarning::Kind::Update;
    warning.identifier = "m2";
    warning.references = {{"other@example.org", "m1"}};
    EXPECT_EQ(take(person("leader")).error().code, ErrorCode::NotFound);
    warning.references = {{"met@example.org", "m1"}};
    warning.sent = "2025-09-22T09:00:00+08:00";
    warning.level = Level::Red;
    ASSERT_TRUE(take(person("leader")));
    EXPECT_EQ(world.alerts(kAlert, "cap:11B03").at(0).level, Level::Red);
    warning.kind = ForeignWarning::Kind::Cancel;
    warning.identifier = "m3";
    warning.sent = "2025-09-22T07:00:00+08:00";
    EXPECT_EQ(take(person("leader")).error().code, ErrorCode::Conflict);
    warning.sent = "2025-09-22T10:00:00+08:00";
    ASSERT_TRUE(take(person("leader")));
    EXPECT_TRUE(world.alerts(kAlert, "cap:11B03").empty());
    EXPECT_EQ(world.alerts(kAlertPast, "cap:11B03").size(), 1U);
    EXPECT_EQ(world.verified(), "");
}

}  // namespace
}  // namespace chengshu::services
