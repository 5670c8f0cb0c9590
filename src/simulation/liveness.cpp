#include "services/transitions.hpp"
#include "simulation/world.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace chengshu::simulation {
namespace {

constexpr int kRoundsMax = 3000;
constexpr int kStepsPerCase = 25;
/// What diligent people do first, in this order; the rest of the workflow is not needed to bring a
/// case to its end.
constexpr const char* kForward[] = {
    "file",
    "open",
    "dispatch",
    "verify_true",
    "resume",
    "resolve",
    "assign",
    "send_check",
    "check_pass",
    "call_back",
    "close",
    "void",
    "force_close"
};

}  // namespace

/// Delivers, answers and repeats until no client waits any more.
bool World::settle() {
    for (int round = 0; round < kRoundsMax && findings_.empty(); ++round) {
        if (!process_) {
            start();
        }
        while (!network_.empty() && process_ && process_->queue.size() < 8) {
            deliver();
        }
        batch(8);
        clock_.advance(Duration{1000});
        const bool waiting = std::any_of(requests_.begin(), requests_.end(), [](const auto& item) {
            return item.second.state == Request::State::Waiting;
        });
        if (!waiting && network_.empty() && process_ && process_->queue.empty()) {
            return true;
        }
        retry();
    }
    return false;
}

void World::liveness() {
    calm_ = true;
    store_.set_rates({});
    clock_.set_skew({});
    if (!settle() && findings_.empty()) {
        findings_.stuck("clients wait in vain although the faults have ended");
    }
    if (findings_.empty()) {
        drive_to_the_end();
    }
    if (findings_.empty()) {
        let_timers_fire();
    }
    if (findings_.empty()) {
        deliver_webhooks();
    }
}

/// What was given up is asked for once more; in the end every follower has everything.
void World::deliver_webhooks() {
    const auto hooks = services::all_webhooks(durable_);
    bool asked = false;
    for (int round = 0; round < kRoundsMax && findings_.empty(); ++round) {
        webhooks();
        batch(8);
        clock_.advance(Duration{1500});
        bool level =
            subscribers_.idle() && process_->delivery.in_flight() == 0 && process_->queue.empty();
        for (const auto& hook : *hooks) {
            const auto cursor = services::cursor_of(durable_, hook);
            level = level && cursor->seq.value == journal_.entries();
            clock_.advance(std::max(cursor->not_before - clock_.now(), Duration{}));
        }
        const auto letters = durable_.documents("webhook_dead", "", kRoundsMax);
        if (level && letters->empty()) {
            break;
        }
        if (level && !asked) {
            asked = true;
            for (const auto& row : *letters) {
                const auto letter = services::DeadLetter::from_json(row);
                run_now(
                    "replay of a dead letter",
                    [&](services::UnitOfWork& work) -> Result<std::string> {
                        CS_CHECK(
                            services::replay_letter(work, "operator", letter->webhook, letter->seq)
                        );
                        return std::string("{}");
                    }
                );
            }
            look();
        }
        if (round + 1 == kRoundsMax) {
            findings_.stuck("webhooks do not come to rest");
        }
    }
    subscribers_.check(*hooks, [this](CaseId id, const std::string& area) {
        const auto& path = journal_.cases().at(id).value.path;
        return std::find(path.begin(), path.end(), area) != path.end();
    });
}

bool World::is_open(const cases::Case& value) const {
    const auto& flow = city_.definitions->workflows.find(value.workflow)->second;
    return !flow.state(value.state)->done();
}

/// The transition with the plainest inputs that do; nothing when the case lacks what it takes.
std::optional<services::ActionRequest> World::plain_request(
    const cases::Transition& transition,
    const cases::Case& value,
    const std::string& login
) const {
    const auto day = city_.calendar->zone().local_date(clock_.read());
    services::ActionRequest out;
    out.id = value.id;
    out.action = transition.code;
    out.inputs.reason = "到头";
    for (const auto& need : transition.needs) {
        if (need.name == "standard") {
            const auto all = city_.definitions->city->standards_of(value.category, day);
            if (all.empty()) {
                return std::nullopt;
            }
            out.inputs.standard = all.front()->code;
        } else if (need.name == "department") {
            out.inputs.department = "SAN";
        } else if (need.name == "account") {
            out.inputs.account = login;
        } else if (need.name == "result" && need.required) {
            out.inputs.result = "已处理";
        } else if (!need.one_of.empty()) {
            out.inputs.facts[need.name] = need.one_of.front();
        }
    }
    return out;
}

/// Does one step forward on the case; false when nobody can.
bool World::drive(CaseId id) {
    const auto& value = journal_.cases().at(id).value;
    const auto& city = *city_.definitions->city;
    const auto& flow = city_.definitions->workflows.find(value.workflow)->second;
    // What others were merged into cannot be void; what no standard covers is then closed by force.
    const bool family =
        std::any_of(value.children.begin(), value.children.end(), [&](const CaseId child) {
            return is_open(journal_.cases().at(child).value) &&
                   journal_.cases().at(child).value.parent == id;
        });
    for (const std::string_view wanted : kForward) {
        if (wanted == (family ? "void" : "force_close")) {
            continue;
        }
        const auto* step = flow.transition(wanted, value.state);
        for (const auto& account : city.demo_accounts()) {
            const auto* post = city.post(account.posts.front());
            if (step == nullptr ||
                std::find(step->by.begin(), step->by.end(), post->kind) == step->by.end()) {
                continue;
            }
            access::Principal who;
            who.account = account.login;
            who.kind = access::PrincipalKind::Person;
            who.posts = {{post->code, post->kind, post->department, post->area}};
            for (const auto& [transition] :
                 services::possible_actions(value, who, *city_.definitions, clock_.now())) {
                if (transition->code != wanted) {
                    continue;
                }
                const auto request = plain_request(*transition, value, account.login);
                if (!request) {
                    continue;
                }
                const auto before = journal_.entries();
                run_now(
                    fmt::format("{} on {}", wanted, id.value),
                    [&](services::UnitOfWork& work) -> Result<std::string> {
                        CS_TRY(after, services::act(work, who, *request));
                        return after->state;
                    }
                );
                look();
                return journal_.entries() > before;
            }
        }
    }
    return false;
}

/// Every case has a way to its end that the people of the city can go. Parents first: the merged
/// follow them.
void World::drive_to_the_end() {
    std::vector<CaseId> ids;
    for (const auto& [id, known] : journal_.cases()) {
        ids.push_back(id);
    }
    for (const auto id : ids) {
        for (int i = 0;
             i < kStepsPerCase && findings_.empty() && is_open(journal_.cases().at(id).value);
             ++i) {
            clock_.advance(Duration{60'000});
            if (!drive(id)) {
                break;
            }
        }
    }
    for (const auto id : ids) {
        const auto& value = journal_.cases().at(id).value;
        if (findings_.empty() && is_open(journal_.cases().at(id).value)) {
            findings_.stuck(fmt::format(
                "case {} cannot be brought to its end from {} (parent {})",
                id.value,
                value.state,
                value.parent.value
            ));
        }
    }
}

/// Time goes from timer to timer until none is left.
void World::let_timers_fire() {
    for (int round = 0; round < kRoundsMax && findings_.empty(); ++round) {
        const auto next = durable_.next_timer();
        if (!*next) {
            return;
        }
        if (**next > to_millis(clock_.now())) {
            clock_.advance(from_millis(**next) - clock_.now());
        }
        const auto before = journal_.entries();
        maintain();
        batch(1);
        if (journal_.entries() == before) {
            findings_.stuck(
                fmt::format("the timer of {} does not fire", format_utc(from_millis(**next)))
            );
        }
    }
    const auto next = durable_.next_timer();
    if (*next && findings_.empty()) {
        findings_.stuck("timers do not end");
    }
}

}  // namespace chengshu::simulation
