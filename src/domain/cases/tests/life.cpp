#include "domain/cases/tests/life.hpp"

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

namespace json = boost::json;

namespace chengshu::cases {

Instant at(std::string_view rfc3339) {
    return parse_rfc3339(rfc3339).value();
}

Inputs reason(std::string text) {
    Inputs out;
    out.reason = std::move(text);
    return out;
}

Attachment photo(const std::string& kind) {
    return {std::string(64, 'a'), "image/jpeg", 1000, kind, {}, {}};
}

Life::Life(const testing::TestCityOptions& options)
    : city(testing::test_city(options)),
      workflows(testing::workflows_of(*city)),
      now(at("2025-09-15T09:00:00+08:00")) {}

Case Life::draft(const std::string& category, const std::string& source) const {
    Case out;
    out.id = CaseId{1101022025091500001};
    out.workflow = usual_workflow(city->settings(), category);
    out.category = category;
    out.description = "by the gate";
    out.point = testing::kEast1;
    out.path = {"110000", "110102", "110102001"};
    out.source = source;
    out.collector = source == "collector" ? "collector" : "";
    out.report = ReportId{7};
    return out;
}

void Life::open(const std::string& category, const std::string& source) {
    open(draft(category, source));
}

void Life::open(Case draft) {
    auto decision = open_case(std::move(draft), actor("collector"), context());
    ASSERT_TRUE(decision) << decision.error().context;
    folded_.clear();
    entries.clear();
    value = {};
    take(std::move(*decision));
}

Result<Decision> Life::attempt(const std::string& post, const std::string& action, Inputs inputs) {
    return attempt(actor(post), action, std::move(inputs));
}

Result<Decision> Life::attempt(const Actor& who, const std::string& action, Inputs inputs) {
    return decide(value, {action, who, std::move(inputs)}, context());
}

void Life::act(const std::string& post, const std::string& action, Inputs inputs) {
    act(actor(post), action, std::move(inputs));
}

void Life::act(const Actor& who, const std::string& action, Inputs inputs) {
    auto decision = attempt(who, action, std::move(inputs));
    ASSERT_TRUE(decision) << action << ": " << decision.error().context;
    take(std::move(*decision));
}

std::string Life::refusal(const std::string& post, const std::string& action, Inputs inputs) {
    const auto decision = attempt(post, action, std::move(inputs));
    if (decision) {
        return "";
    }
    const auto& error = decision.error();
    return std::string(error_info(error.code).name) +
           (error.field.empty() ? "" : ":" + error.field);
}

void Life::later(Duration time) {
    until(now + time);
}

void Life::until(Instant when) {
    now = when;
    auto decision = tick(value, context());
    ASSERT_TRUE(decision) << decision.error().context;
    take(std::move(*decision));
}

Entry Life::last(const std::string& action) const {
    const auto found = std::find_if(entries.rbegin(), entries.rend(), [&](const Entry& entry) {
        return entry.action == action;
    });
    if (found == entries.rend()) {
        ADD_FAILURE() << "no entry " << action;
        return {};
    }
    return *found;
}

int Life::count(const std::string& action) const {
    return static_cast<int>(std::count_if(entries.begin(), entries.end(), [&](const Entry& entry) {
        return entry.action == action;
    }));
}

Actor Life::actor(const std::string& post) const {
    if (post == "system") {
        return {"system", "", "system", ""};
    }
    const auto* found = city->post(post);
    return found != nullptr ? Actor{post, post, found->kind, found->department}
                            : Actor{post, post, "unknown", ""};
}

Context Life::context() const {
    return {now, *city, workflows, [](const Case&) { return std::string("collector"); }, false};
}

void Life::take(Decision decision) {
    check_entries(decision);
    value = decision.after;
    entries.insert(entries.end(), decision.entries.begin(), decision.entries.end());
    latest = std::move(decision);
    check_timer();
}

void Life::check_entries(const Decision& decision) {
    auto state = value.state;
    for (const auto& entry : decision.entries) {
        EXPECT_EQ(entry.from, state) << entry.action;
        EXPECT_EQ(entry.at, now);
        EXPECT_EQ(entry.case_id, decision.after.id);
        EXPECT_FALSE(entry.action_name.zh.empty() || entry.action_name.en.empty()) << entry.action;
        EXPECT_EQ(entry.automatic, entry.actor.post_kind == "system");
        EXPECT_TRUE(!entry.automatic || !entry.rule.empty() || entry.actor.account == "system")
            << entry.action;
        merge_apply(folded_, json::parse(entry.changes).as_object());
        const auto step = case_from_json(folded_);
        ASSERT_TRUE(step) << step.error().context;
        EXPECT_EQ(step->state, entry.to);
        const auto& flow = workflows.at(step->workflow);
        ASSERT_NE(flow.state(entry.to), nullptr) << entry.to;
        const auto* left = flow.state(entry.from);
        if (left != nullptr && left->done() && entry.to != entry.from) {
            const auto* way = flow.transition(entry.action, entry.from);
            ASSERT_NE(way, nullptr) << entry.action << " left the end " << entry.from;
            EXPECT_EQ(way->to, entry.to);
        }
        state = entry.to;
    }
    EXPECT_EQ(state, decision.after.state);
    EXPECT_EQ(folded_, json::parse(to_json(decision.after))) << json::serialize(folded_);
    EXPECT_EQ(*case_from_json(folded_), decision.after);
}

void Life::check_timer() const {
    const auto next = next_timer(value);
    if (!next) {
        const auto quiet = tick(value, {now + 24h * 3000, *city, workflows, {}, false});
        ASSERT_TRUE(quiet) << quiet.error().context;
        EXPECT_TRUE(quiet->entries.empty()) << "something is due though no timer says so";
        return;
    }
    const auto before = tick(value, {*next - 1ms, *city, workflows, {}, false});
    ASSERT_TRUE(before) << before.error().context;
    EXPECT_TRUE(before->entries.empty()) << before->entries.front().action << " before its timer";
    const auto due = tick(value, {*next, *city, workflows, {}, false});
    ASSERT_TRUE(due) << due.error().context;
    EXPECT_FALSE(due->entries.empty()) << "the timer rings for nothing in state " << value.state;
    if (const auto after = next_timer(due->after)) {
        EXPECT_GT(*after, *next) << "the timer rings for ever";
    }
}

}  // namespace chengshu::cases
