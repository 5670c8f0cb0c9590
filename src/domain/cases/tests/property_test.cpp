// Random commands, legal and not. Life checks every decision: entries fold to the stored case,
// states are defined, ends are left only by their own transitions, timers ring when and only when
// something is due.
#include "base/random.hpp"
#include "domain/cases/tests/life.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace chengshu::cases {
namespace {

namespace category = testing::category;

constexpr const char* kCategories[] = {
    category::kRubbish,
    category::kGraffiti,
    category::kNoise,
    category::kPothole,
    category::kKite,
    category::kSpill,
    category::kLamp,
    category::kOrphan,
    category::kUnlimited
};
constexpr const char* kPosts[] = {
    "collector",
    "acceptor",
    "shift_leader",
    "dispatcher",
    "handler-san",
    "handler-road",
    "handler-lamp",
    "handler-team",
    "evaluator",
    "leader",
    "system",
    "nobody"
};
constexpr const char* kSources[] = {"collector", "public", "iot", "video"};

template <class T, std::size_t N>
const T& pick(SeededRandom& random, const T (&list)[N]) {
    return list[random.below(N)];
}

std::string pick_department(SeededRandom& random) {
    return random.chance(1, 10) ? "GONE"
                                : pick(
                                      random,
                                      {std::string("SAN"),
                                       std::string("ROAD"),
                                       std::string("LAMP"),
                                       std::string("TEAM")}
                                  );
}

/// Mostly what the transition asks for; now and then something missing, wrong or unasked.
Inputs inputs_for(SeededRandom& random, const Transition* transition, const Life& life) {
    Inputs out;
    const auto give = [&](const std::string& name) {
        if (name == "reason") {
            out.reason = "because";
        } else if (name == "standard") {
            out.standard = pick(
                random,
                {std::string("rubbish"),
                 std::string("pothole"),
                 std::string("graffiti-large"),
                 std::string("odd")}
            );
        } else if (name == "category") {
            out.category = pick(random, kCategories);
        } else if (name == "department") {
            out.department = pick_department(random);
        } else if (name == "assisting") {
            out.assisting = {pick_department(random)};
        } else if (name == "account") {
            out.account = "li";
        } else if (name == "until") {
            out.until = life.now + Duration{random.between(-3'600'000, 400'000'000)};
        } else if (name == "attachment") {
            out.attachments = {photo(random.chance(1, 2) ? "after" : "before")};
        } else if (name == "into") {
            out.into = CaseId{random.between(1, 3)};
        } else if (name == "result") {
            out.result = "done";
        }
    };
    if (transition != nullptr) {
        for (const auto& need : transition->needs) {
            if (random.chance(1, 20)) {
                continue;
            }
            if (need.one_of.empty()) {
                give(need.name);
            } else {
                out.facts[need.name] = need.one_of[random.below(need.one_of.size())];
            }
        }
    }
    if (random.chance(1, 20)) {
        give(pick(
            random,
            {std::string("category"),
             std::string("into"),
             std::string("until"),
             std::string("result")}
        ));
    }
    return out;
}

struct Tally {
    int accepted = 0;
    int refused = 0;
    int closed = 0;
};

/// One step: time passes, somebody tries something, or a report joins.
void step(SeededRandom& random, Life& life, Tally& tally) {
    if (random.chance(1, 4)) {
        life.later(Duration{random.between(0, 100'000'000)});
        return;
    }
    if (random.chance(1, 30)) {
        life.take(join_report(
            life.value, life.actor("collector"), ReportId{8}, {photo("before")}, life.context()
        ));
        return;
    }
    const auto& flow = life.workflows.at(life.value.workflow);
    const auto& any = flow.transitions[random.below(flow.transitions.size())];
    std::vector<std::string> possible;
    for (const auto& item : flow.transitions) {
        if (flow.transition(item.code, life.value.state) == &item) {
            possible.push_back(item.code);
        }
    }
    const auto code = !possible.empty() && random.chance(2, 3)
                          ? possible[random.below(possible.size())]
                      : random.chance(1, 30) ? std::string("dance")
                                             : any.code;
    const auto* transition = flow.transition(code, life.value.state);
    std::string post = pick(random, kPosts);
    if (transition != nullptr && random.chance(3, 4)) {
        const auto& kind = transition->by[random.below(transition->by.size())];
        post = kind != "handler"                 ? kind
               : life.value.department == "ROAD" ? "handler-road"
               : life.value.department == "LAMP" ? "handler-lamp"
               : life.value.department == "TEAM" ? "handler-team"
                                                 : "handler-san";
    }
    const auto before = life.value;
    auto decision = life.attempt(post, code, inputs_for(random, transition, life));
    EXPECT_EQ(before, life.value) << "a decision works on a copy";
    if (!decision) {
        ++tally.refused;
        EXPECT_NE(decision.error().code, ErrorCode::Internal) << decision.error().context;
        EXPECT_EQ(decision.error().code == ErrorCode::IllegalTransition, transition == nullptr)
            << decision.error().context;
        return;
    }
    ++tally.accepted;
    EXPECT_EQ(decision->entries.front().action, code);
    life.take(std::move(*decision));
    tally.closed += life.value.state == "closed" ? 1 : 0;
}

void live(std::uint64_t seed, Tally& tally) {
    SeededRandom random(seed);
    static const testing::TestCityOptions kOptions[] = {
        {}, {.auto_file = false}, {.auto_dispatch = false}, {.default_workflow = "request"}
    };
    Life life(kOptions[seed % 4]);
    auto draft = life.draft(pick(random, kCategories), pick(random, kSources));
    draft.point = city::Point{116.3 + random.unit() / 5, 40 + random.unit() / 10};
    if (random.chance(1, 20)) {
        draft.flags.insert("self_handled");
    }
    life.open(draft);
    for (int i = 0; i < 60 && !::testing::Test::HasFailure(); ++i) {
        step(random, life, tally);
    }
}

TEST(RandomLife, KeepsEveryInvariant) {
    Tally tally;
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        SCOPED_TRACE(::testing::Message() << "seed " << seed);
        live(seed, tally);
        if (HasFailure()) {
            return;
        }
    }
    // The walk is worth something only when it gets about.
    EXPECT_GT(tally.accepted, 500);
    EXPECT_GT(tally.refused, 500);
    EXPECT_GT(tally.closed, 20);
}

}  // namespace
}  // namespace chengshu::cases
