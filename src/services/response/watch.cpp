#include "services/response/watch.hpp"

#include "base/json_text.hpp"
#include "services/follower_job.hpp"
#include "services/internal/documents.hpp"
#include "services/response/responses.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace json = boost::json;

namespace chengshu::services {
namespace {

using indicators::Period;
using response::Change;
using response::Level;
using response::Rule;
using response::RuleState;
using response::Site;

constexpr auto kState = "rule_state";    // id: rule/site
constexpr auto kCursor = "rule_cursor";  // id: rule
constexpr int kLoadPage = 1'000;
/// A cursor that has moved by less is stored only with what has changed: the periods are judged
/// again after a stop, to the same end.
constexpr std::int64_t kCursorStepMs = 3'600'000;

std::string to_body(const RuleState& state) {
    return json_text(json::object{
        {"level", response::level_name(state.level)},
        {"judged", state.judged},
        {"since", state.since},
        {"level_at", state.level_at},
        {"lower", state.lower},
        {"group", state.group}
    });
}

Result<RuleState> state_from(const ports::DocumentRow& row) {
    CS_TRY(object, object_of(row));
    RuleState out;
    const auto* level = object.if_contains("level");
    if (level == nullptr || !level->is_string()) {
        return fail(ErrorCode::Internal, fmt::format("stored {} {} is damaged", row.kind, row.id));
    }
    out.level = response::level_of(std::string_view(level->get_string())).value_or(Level::None);
    out.judged = whole_of(object, "judged");
    out.since = whole_of(object, "since");
    out.level_at = whole_of(object, "level_at");
    out.lower = static_cast<int>(whole_of(object, "lower"));
    if (const auto* group = object.if_contains("group"); group != nullptr && group->is_string()) {
        out.group = std::string_view(group->get_string());
    }
    return out;
}

bool is_quiet(const RuleState& state) {
    return state.level == Level::None;
}

/// The same but for how far it has been judged, which the rule's cursor says as well.
bool is_same(RuleState a, const RuleState& b) {
    a.judged = b.judged;
    return a == b;
}

}  // namespace

RuleWatch::RuleWatch(
    CurrentDefinitions& definitions,
    SensingEntities& entities,
    LiveIndicators* live
)
    : definitions_(definitions), entities_(entities) {
    if (live != nullptr) {
        running_.emplace(*live, entities);
    }
}

Status RuleWatch::load(ports::Store& store) {
    store_ = &store;
    cursors_.clear();
    stored_.clear();
    states_.clear();
    new_.clear();
    pending_.clear();
    pending_cursor_.reset();
    staged_.reset();
    if (running_) {
        running_->forget();
    }
    std::string after;
    while (true) {
        CS_TRY(rows, store.documents(kCursor, after, kLoadPage));
        for (const auto& row : rows) {
            CS_TRY(object, object_of(row));
            cursors_[row.id] = whole_of(object, "judged");
            stored_[row.id] = cursors_[row.id];
        }
        if (rows.empty()) {
            break;
        }
        after = rows.back().id;
    }
    after.clear();
    while (true) {
        CS_TRY(rows, store.documents(kState, after, kLoadPage));
        for (const auto& row : rows) {
            const auto slash = row.id.find('/');
            if (slash != std::string::npos) {
                CS_TRY(state, state_from(row));
                states_[{row.id.substr(0, slash), row.id.substr(slash + 1)}] = state;
            }
        }
        if (rows.empty()) {
            break;
        }
        after = rows.back().id;
    }
    return ok();
}

void RuleWatch::begin_rules(Instant now) {
    const auto definitions = definitions_.get();
    if (definitions != known_definitions_) {
        known_definitions_ = definitions;
        if (running_) {
            running_->forget();
        }
        access::Principal who;
        who.kind = access::PrincipalKind::System;
        values_ = std::make_unique<StoredValues>(*store_, entities_, definitions, std::move(who));
    }
    const auto& zone = definitions->city->calendar().zone();
    for (const auto& rule : definitions->rules.all()) {
        const auto running = indicators::period_at(rule.every, now, zone);
        const auto before = indicators::previous_period(running, zone);
        // A rule that comes to be watches from then on; its past is what-if.
        auto [cursor, fresh] = cursors_.try_emplace(rule.code, to_millis(before.from));
        if (fresh) {
            // Stored before anything is judged: a stop must not let it begin later.
            new_.push_back(rule.code);
            continue;
        }
        const auto length = running.to - running.from;
        const auto earliest = to_millis(running.from) - length.count() * kPeriodsMadeUp;
        cursor->second = std::max(cursor->second, earliest);
    }
}

std::optional<WatchPage> RuleWatch::rest_of_gone_rule() const {
    const auto gone = std::find_if(cursors_.begin(), cursors_.end(), [&](const auto& cursor) {
        return !known_definitions_->rules.has(cursor.first);
    });
    if (gone == cursors_.end()) {
        return std::nullopt;
    }
    WatchPage page;
    page.rule = gone->first;
    page.gone = true;
    page.definitions = known_definitions_;
    for (auto at = states_.lower_bound({page.rule, {}});
         at != states_.end() && at->first.first == page.rule &&
         page.changes.size() < kChangesPerCommit;
         ++at) {
        PlaceChange change;
        change.site =
            site_of_key(at->first.second, *known_definitions_->city, entities_.registry());
        change.before = at->second;
        page.changes.push_back(std::move(change));
    }
    return page;
}

std::optional<RuleWatch::Due> RuleWatch::find_due(Instant now) const {
    const auto& zone = known_definitions_->city->calendar().zone();
    std::optional<Due> out;
    for (const auto& rule : known_definitions_->rules.all()) {
        const auto judged =
            indicators::period_at(rule.every, from_millis(cursors_.at(rule.code)), zone);
        const auto period = indicators::period_at(rule.every, judged.to, zone);
        if (!rule.holds(period, zone)) {
            // Another version's, or nobody's: then the cursor goes on without a judgement.
            const auto date = zone.local_date(period.from);
            if (known_definitions_->rules.find(rule.code, date) != nullptr) {
                continue;
            }
        }
        const auto ready = period.to + std::chrono::minutes{rule.wait_minutes};
        if (ready <= now && (!out || period.to < out->period.to)) {
            out = Due{&rule, period};
        }
    }
    return out;
}

Status RuleWatch::judge(const Due& due, Instant now) {
    const auto& rule = *due.rule;
    const auto& city = *known_definitions_->city;
    const auto& zone = city.calendar().zone();
    const auto cursor = cursors_.at(rule.code);
    judging_ = rule.code;
    pending_.clear();
    pending_cursor_ = to_millis(due.period.from);
    values_->set_now(now);
    std::vector<Site> sites;
    if (rule.holds(due.period, zone)) {
        sites = sites_of(rule, city, entities_.registry(), zone.local_date(due.period.from));
    }
    std::map<std::string, bool> there;
    for (auto& site : sites) {
        const auto key = site.key();
        there.emplace(key, true);
        PlaceChange change;
        change.rule = &rule;
        const auto known = states_.find({rule.code, key});
        change.before = known == states_.end() ? RuleState{} : known->second;
        change.before.judged = std::max(change.before.judged, cursor);
        change.after = change.before;
        change.judgement =
            response::advance(rule, change.after, site, *values_, due.period, zone, true);
        if (!values_->status()) {
            auto problem = Failure{values_->status().error()};
            values_->forget_problem();
            pending_.clear();
            pending_cursor_.reset();
            return problem;
        }
        if (!is_same(change.before, change.after)) {
            change.site = std::move(site);
            pending_.push_back(std::move(change));
        }
    }
    if (running_) {
        running_->look_at_all(rule.code);
    }
    // Places that are watched no more (removed, or the rule's version has changed) are over.
    for (const auto& [key, state] : states_) {
        if (key.first != rule.code || there.contains(key.second) || is_quiet(state)) {
            continue;
        }
        PlaceChange change;
        change.rule = &rule;
        change.site = site_of_key(key.second, city, entities_.registry());
        change.before = state;
        change.after.judged = to_millis(due.period.from);
        change.judgement.change = Change::Cleared;
        pending_.push_back(std::move(change));
    }
    // Places that share an alert: it must not end with the last one that clears when another one of
    // the same period goes on with it.
    std::stable_partition(pending_.begin(), pending_.end(), [](const PlaceChange& change) {
        return change.after.level > change.before.level;
    });
    if (pending_.empty()) {
        pass(due, there.empty(), now);
    }
    return ok();
}

/// Nothing has changed: the cursor moves, and is stored when it is worth it.
void RuleWatch::pass(const Due& due, bool nowhere, Instant now) {
    const auto& zone = known_definitions_->city->calendar().zone();
    const auto& rule = *due.rule;
    auto last = due.period;
    if (nowhere) {
        // A rule that watches nothing need not go through period by period.
        const auto running =
            indicators::period_at(rule.every, now - std::chrono::minutes{rule.wait_minutes}, zone);
        const auto before = indicators::previous_period(running, zone);
        last = before.from > last.from && rule.holds(before, zone) ? before : last;
    }
    const auto at = to_millis(last.from);
    if (at - stored_[rule.code] >= kCursorStepMs && !nowhere) {
        pending_cursor_ = at;
        return;
    }
    cursors_[rule.code] = at;
    pending_cursor_.reset();
}

Result<bool> RuleWatch::look_at_running(Instant now) {
    const auto& zone = known_definitions_->city->calendar().zone();
    for (const auto& rule : known_definitions_->rules.all()) {
        const bool looks = running_ && rule.running &&
                           rule.holds(indicators::period_at(rule.every, now, zone), zone);
        if (!looks) {
            continue;
        }
        const auto state_at = [&](const std::string& site) {
            const auto known = states_.find({rule.code, site});
            return known == states_.end() ? RuleState{} : known->second;
        };
        CS_TRY(
            changes, running_->look(rule, known_definitions_, cursors_.at(rule.code), now, state_at)
        );
        if (!changes.empty()) {
            judging_ = rule.code;
            pending_ = std::move(changes);
            return true;
        }
    }
    return false;
}

WatchPage RuleWatch::take_page() {
    WatchPage page;
    page.rule = judging_;
    page.definitions = known_definitions_;
    const auto count = std::min(pending_.size(), kChangesPerCommit);
    page.changes.assign(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(count));
    if (count == pending_.size()) {
        page.judged = pending_cursor_;
    }
    return page;
}

Result<WatchPage> RuleWatch::next(Instant now) {
    if (pending_.empty() && !pending_cursor_) {
        begin_rules(now);
        if (auto rest = rest_of_gone_rule()) {
            return std::move(*rest);
        }
        if (!new_.empty()) {
            judging_ = new_.back();
            pending_cursor_ = cursors_.at(judging_);
            return take_page();
        }
        while (pending_.empty() && !pending_cursor_) {
            if (const auto due = find_due(now)) {
                CS_CHECK(judge(*due, now));
                continue;
            }
            CS_TRY(more, look_at_running(now));
            if (!more) {
                return WatchPage{};
            }
        }
    }
    return take_page();
}

Result<AlertsOutcome> RuleWatch::forget(UnitOfWork& work, const WatchPage& page) {
    AlertsOutcome out;
    for (const auto& change : page.changes) {
        work.stage_document({kState, fmt::format("{}/{}", page.rule, change.site.key()), ""});
        CS_TRY(ended, end_alert_of(work, change.before.group));
        out.cleared += ended ? 1 : 0;
    }
    if (page.changes.size() < kChangesPerCommit) {
        work.stage_document({kCursor, page.rule, ""});
    }
    return out;
}

Result<AlertsOutcome> RuleWatch::evaluate(UnitOfWork& work, const WatchPage& page) {
    staged_ = page;
    if (page.gone) {
        return forget(work, page);
    }
    AlertTaker taker(work, generated_);
    for (auto& change : staged_->changes) {
        CS_CHECK(taker.take(change));
        work.stage_document(
            {kState,
             fmt::format("{}/{}", page.rule, change.site.key()),
             is_quiet(change.after) ? std::string() : to_body(change.after)}
        );
    }
    CS_TRY(outcome, taker.finish());
    if (page.judged) {
        work.stage_document({kCursor, page.rule, json_text(json::object{{"judged", *page.judged}})}
        );
    }
    return outcome;
}

void RuleWatch::settle(bool committed) {
    const auto page = std::exchange(staged_, std::nullopt);
    if (!committed || !page) {
        return;
    }
    if (page->gone) {
        for (const auto& change : page->changes) {
            states_.erase({page->rule, change.site.key()});
        }
        if (page->changes.size() < kChangesPerCommit) {
            cursors_.erase(page->rule);
            stored_.erase(page->rule);
            std::erase(new_, page->rule);
        }
        return;
    }
    for (const auto& change : page->changes) {
        const Key key{page->rule, change.site.key()};
        if (is_quiet(change.after)) {
            states_.erase(key);
        } else {
            states_[key] = change.after;
        }
    }
    pending_.erase(
        pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(page->changes.size())
    );
    if (page->judged) {
        cursors_[page->rule] = *page->judged;
        stored_[page->rule] = *page->judged;
        pending_cursor_.reset();
        std::erase(new_, page->rule);
    }
}

Job RuleWatch::job(WatchPage page, std::function<void(Result<AlertsOutcome>)> done) {
    return follower_job<AlertsOutcome>(
        doubtful_,
        {[this](ports::Store& store) { return load(store); },
         [this, page = std::move(page)](UnitOfWork& work) { return evaluate(work, page); },
         [this](bool committed) { settle(committed); },
         std::move(done)}
    );
}

Result<std::vector<Job>>
ResponseTending::round(Instant now, bool generated, const std::function<void(Status)>& done) {
    constexpr int kPage = 200;
    constexpr std::size_t kWaitingAtOnce = 50;
    std::vector<Job> out;
    const auto add = [&](std::function<Status(UnitOfWork&)> tend) {
        Job job;
        job.work = [tend = std::move(tend)](UnitOfWork& work) -> Result<std::string> {
            CS_CHECK(tend(work));
            return std::string("{}");
        };
        job.done = [done](Result<std::string> reply) {
            done(reply ? ok() : Status(Failure{std::move(reply).error()}));
        };
        out.push_back(std::move(job));
    };
    for (std::string after;;) {
        CS_TRY(alerts, alerts_after(store_, kAlert, after, kPage));
        if (alerts.empty()) {
            break;
        }
        after = alerts.back().id;
        std::vector<std::string> ids;
        for (auto& alert : alerts) {
            if (!alert.acknowledged || alert.expires) {
                ids.push_back(std::move(alert.id));
            }
        }
        add([ids = std::move(ids)](UnitOfWork& work) -> Status {
            for (const auto& id : ids) {
                CS_CHECK(tend_alert(work, id));
            }
            return ok();
        });
    }
    std::vector<std::pair<Instant, std::string>> waiting;
    for (std::string after;;) {
        CS_TRY(responses, responses_after(store_, kResponse, after, kPage));
        if (responses.empty()) {
            break;
        }
        after = responses.back().id;
        for (auto& value : responses) {
            if (response::lacks_resources(value)) {
                waiting.emplace_back(value.created, value.id);
            }
            const bool pending =
                value.state == response::ResponseState::Active &&
                std::any_of(value.tasks.begin(), value.tasks.end(), [](const auto& task) {
                    return task.second.state == response::TaskState::Pending;
                });
            const bool late = value.report_due && !value.report_late && now > *value.report_due;
            if (!pending && !late) {
                continue;
            }
            add([id = std::move(value.id), generated](UnitOfWork& work) -> Status {
                CS_CHECK(tend_response(work, id));
                CS_CHECK(give_tasks(work, id, generated));
                return ok();
            });
        }
    }
    if (!waiting.empty()) {
        // Who waits longest comes first.
        std::sort(waiting.begin(), waiting.end());
        waiting.resize(std::min(waiting.size(), kWaitingAtOnce));
        std::vector<std::string> ids;
        for (auto& [created, id] : waiting) {
            ids.push_back(std::move(id));
        }
        add([ids = std::move(ids)](UnitOfWork& work) { return send_freed_resources(work, ids); });
    }
    return out;
}

}  // namespace chengshu::services
