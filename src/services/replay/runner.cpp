#include "services/replay/runner.hpp"

#include "domain/access/scope.hpp"
#include "services/transitions.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace chengshu::services::replay {

void Runner::schedule(Instant at, Happening what) {
    queue_.push_back({at, order_++, std::move(what)});
    std::push_heap(queue_.begin(), queue_.end(), std::greater<>());
}

void Runner::watch(const cases::Case& value) {
    const auto timer = cases::next_timer(value);
    if (!timer) {
        watched_.erase(value.id);
        return;
    }
    auto& watched = watched_[value.id];
    if (watched == *timer) {
        return;
    }
    watched = *timer;
    schedule(*timer, [id = value.id, at = *timer](Runner& runner, UnitOfWork& work) -> Status {
        const auto still = runner.watched_.find(id);
        if (still == runner.watched_.end() || still->second != at) {
            return ok();  // what has happened since has moved or ended it
        }
        runner.watched_.erase(still);
        CS_CHECK(fire_timers(work, id));
        CS_TRY(after, work.see_case(id));
        ++runner.outcome_.timers;
        runner.watch(*after);
        return ok();
    });
}

std::optional<Runner::Item> Runner::next(const Source& source, std::optional<Instant> as_of) {
    if (!ahead_ && !source_done_) {
        ahead_ = source();
        source_done_ = !ahead_;
    }
    const bool scheduled = !queue_.empty() && (!ahead_ || queue_.front().at <= ahead_->first);
    if (scheduled) {
        if (as_of && queue_.front().at > *as_of) {
            return std::nullopt;
        }
        // A timer without an `as_of` ends with the last outside happening: it must not run on for
        // ever.
        if (!as_of && !ahead_ && queue_.front().at > outcome_.end + std::chrono::days{3660}) {
            return std::nullopt;
        }
        std::pop_heap(queue_.begin(), queue_.end(), std::greater<>());
        auto item = std::move(queue_.back());
        queue_.pop_back();
        return item;
    }
    if (!ahead_) {
        return std::nullopt;
    }
    Item item{ahead_->first, order_++, std::move(ahead_->second)};
    ahead_.reset();
    return item;
}

Result<Outcome> Runner::run(
    const Source& source,
    std::optional<Instant> as_of,
    const std::function<void(std::int64_t)>& progress
) {
    bool more = true;
    while (more) {
        Result<std::string> reply = std::string();
        std::vector<Job> jobs(1);
        jobs.front().work = [&](UnitOfWork& work) -> Result<std::string> {
            for (std::size_t i = 0; i < batch_; ++i) {
                auto item = next(source, as_of);
                if (!item) {
                    more = false;
                    break;
                }
                work.set_now(item->at);
                outcome_.end = std::max(outcome_.end, item->at);
                const auto mark = work.mark();
                ++outcome_.happenings;
                if (auto done = item->what(*this, work); !done) {
                    work.rollback(mark);
                    ++outcome_.refused;
                    if (outcome_.problems.size() < 20) {
                        outcome_.problems.push_back(
                            fmt::format("{}: {}", format_utc(item->at), done.error().context)
                        );
                    }
                }
                work.settle();
            }
            return std::string("{}");
        };
        jobs.front().done = [&](Result<std::string> got) { reply = std::move(got); };
        engine_.run(std::move(jobs));
        CS_CHECK(reply);
        if (progress) {
            progress(outcome_.happenings);
        }
    }
    if (as_of) {
        outcome_.end = *as_of;
    }
    return outcome_;
}

Cast::Cast(const city::City& city) {
    std::map<std::string, std::string> account_of;
    std::map<std::string, Label> name_of;
    for (const auto& account : city.demo_accounts()) {
        for (const auto& post : account.posts) {
            account_of.emplace(post, account.login);
            name_of.emplace(post, account.name);
        }
    }
    for (const auto& post : city.posts()) {
        access::Principal who;
        const auto login = account_of.find(post.code);
        who.account = login == account_of.end() ? "replay-" + post.code : login->second;
        who.name = login == account_of.end() ? post.name : name_of[post.code];
        who.kind = access::PrincipalKind::Person;
        who.posts.push_back({post.code, post.kind, post.department, post.area});
        const auto area = post.area.empty() ? city::root_area(city).code : post.area;
        by_kind_area_.emplace(
            post.kind + "/" + (post.kind == "handler" ? post.department : area), std::move(who)
        );
    }
}

Result<access::Principal>
Cast::who_may(const cases::Case& value, const cases::Transition& transition) const {
    for (const auto& kind : transition.by) {
        if (kind == "handler") {
            if (const auto found = by_kind_area_.find("handler/" + value.department);
                found != by_kind_area_.end()) {
                return found->second;
            }
            continue;
        }
        for (auto area = value.path.rbegin(); area != value.path.rend(); ++area) {
            if (const auto found = by_kind_area_.find(kind + "/" + *area);
                found != by_kind_area_.end()) {
                return found->second;
            }
        }
    }
    return fail(
        ErrorCode::RuleViolation,
        fmt::format(
            "the city has no post that may do {} on a case of {}",
            transition.code,
            value.department.empty() ? "no department" : value.department
        )
    );
}

const access::Principal* Cast::collector(const std::vector<std::string>& path) const {
    for (auto area = path.rbegin(); area != path.rend(); ++area) {
        if (const auto found = by_kind_area_.find("collector/" + *area);
            found != by_kind_area_.end()) {
            return &found->second;
        }
    }
    return nullptr;
}

}  // namespace chengshu::services::replay
