#include "simulation/alerts_checker.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace json = boost::json;

namespace chengshu::simulation {
namespace {

constexpr std::int64_t kSlotMs = 300'000;
constexpr std::size_t kSmoke = 0;  ///< at terminals, with a plan
constexpr std::size_t kHaze = 1;   ///< at streets, while periods run, too
constexpr const char* kCodes[] = {"smoke", "haze"};
constexpr std::size_t kLooksKept = 80;
constexpr int kDocuments = 10'000;

struct Limits {
    int level;
    double above;
};

/// As readings_city() has it, gravest first.
std::vector<Limits> limits_of(std::size_t rule, std::size_t revision) {
    if (rule == kHaze) {
        return {{4, 125}, {2, 100}};
    }
    return revision == 0 ? std::vector<Limits>{{3, 110}, {1, 75}}
                         : std::vector<Limits>{{3, 120}, {1, 85}};
}

int level_number(std::string_view name) {
    constexpr std::string_view kNames[] = {"none", "blue", "yellow", "orange", "red"};
    return static_cast<int>(std::find(std::begin(kNames), std::end(kNames), name) - kNames);
}

json::object body_of(const ports::DocumentRow& row) {
    return json::parse(row.body).as_object();
}

std::vector<std::pair<std::string, json::object>>
documents(memory::MemoryStore& ledger, const char* kind) {
    std::vector<std::pair<std::string, json::object>> out;
    const auto rows = ledger.MemoryStore::documents(kind, "", kDocuments);
    for (const auto& row : *rows) {
        out.emplace_back(row.id, body_of(row));
    }
    return out;
}

std::string text_at(const json::object& object, std::string_view name) {
    const auto* found = object.if_contains(name);
    return found == nullptr ? std::string() : std::string(std::string_view(found->as_string()));
}

std::int64_t whole_at(const json::object& object, std::string_view name) {
    const auto* found = object.if_contains(name);
    return found == nullptr ? 0 : found->to_number<std::int64_t>();
}

}  // namespace

bool AlertsChecker::At::same(const At& other) const {
    return level == other.level && lower == other.lower && level_at == other.level_at;
}

bool AlertsChecker::same(const States& a, const States& b) {
    return std::equal(
        a.begin(),
        a.end(),
        b.begin(),
        b.end(),
        [](const auto& one, const auto& other) {
            return one.first == other.first && one.second.same(other.second);
        }
    );
}

std::vector<std::string> AlertsChecker::sites(std::size_t rule) const {
    std::set<std::string> out;
    for (const auto& thing : things_) {
        out.insert(
            rule == kSmoke ? fmt::format("thing/{}", thing.id)
                           : fmt::format("area/{}", thing.street)
        );
    }
    return {out.begin(), out.end()};
}

AlertsChecker::Seen
AlertsChecker::see(memory::MemoryObservations& rows, Instant now, std::size_t revision) const {
    Seen out;
    out.running = to_millis(now) / kSlotMs;
    out.judgeable = out.running - 2;  // it has ended, and five minutes have passed
    out.revision = revision;
    std::map<std::pair<std::int64_t, Slot>, std::pair<double, int>> sums;
    // Past the faults: the checker has a door of its own.
    static_cast<void>(rows.MemoryObservations::each({}, [&](const sensing::Observation& row) {
        if (row.number) {
            auto& [sum, count] = sums[{row.stream, row.phenomenon_from / kSlotMs}];
            sum += *row.number;
            ++count;
        }
        return true;
    }));
    for (const auto& thing : things_) {
        for (auto at = sums.lower_bound({thing.stream, 0});
             at != sums.end() && at->first.first == thing.stream;
             ++at) {
            const auto slot = at->first.second;
            const double mean = at->second.first / at->second.second;
            out.values[{fmt::format("thing/{}", thing.id), slot}] = mean;
            auto [street, fresh] =
                out.values.try_emplace({fmt::format("area/{}", thing.street), slot}, mean);
            street->second = std::max(street->second, mean);
        }
    }
    return out;
}

void AlertsChecker::before_look(
    memory::MemoryObservations& rows,
    Instant now,
    std::size_t revision
) {
    seen_.push_back(see(rows, now, revision));
}

/// Whether the revision has the rule.
bool AlertsChecker::judges(std::size_t rule, const Seen& seen) {
    return rule == kSmoke || seen.revision == 0;
}

AlertsChecker::States AlertsChecker::judged(
    std::size_t rule,
    States states,
    Slot slot,
    const Seen& seen,
    bool ended
) const {
    const double clear = seen.revision == 0 ? 65 : 60;
    const int hold = rule == kSmoke ? 2 : 1;
    for (const auto& site : sites(rule)) {
        const auto found = seen.values.find({site, slot});
        const bool known = found != seen.values.end();
        int grade = 0;
        for (const auto& limit : limits_of(rule, seen.revision)) {
            if (known && found->second > limit.above) {
                grade = limit.level;
                break;
            }
        }
        auto& at = states[site];
        if (rule == kSmoke && grade == 0 && (!known || found->second >= clear)) {
            grade = at.level;
        }
        if (grade > at.level) {
            at.level = grade;
            at.level_at = slot;
            at.lower = 0;
        } else if (grade == at.level) {
            at.lower = ended ? 0 : at.lower;
        } else if (ended && slot >= at.level_at && ++at.lower >= hold) {
            at.level = grade;
            at.level_at = slot;
            at.lower = 0;
        }
        if (at.level == 0) {
            states.erase(site);
        }
    }
    return states;
}

std::optional<AlertsChecker::Slot>
AlertsChecker::stored_cursor(memory::MemoryStore& ledger, std::size_t rule) const {
    const auto stored = ledger.MemoryStore::document("rule_cursor", kCodes[rule]);
    if (!stored || !*stored) {
        return std::nullopt;
    }
    return whole_at(body_of(**stored), "judged") / kSlotMs;
}

AlertsChecker::States AlertsChecker::stored_states(memory::MemoryStore& ledger, std::size_t rule)
    const {
    States out;
    const auto prefix = fmt::format("{}/", kCodes[rule]);
    for (const auto& [id, body] : documents(ledger, "rule_state")) {
        if (id.starts_with(prefix)) {
            out[id.substr(prefix.size())] = {
                level_number(text_at(body, "level")),
                static_cast<int>(whole_at(body, "lower")),
                whole_at(body, "level_at") / kSlotMs,
                text_at(body, "group")
            };
        }
    }
    return out;
}

/// Whether what is stored now may have come of what was stored before.
bool AlertsChecker::explained(std::size_t rule, std::optional<Slot> cursor, const States& states)
    const {
    const auto& before = rules_[rule];
    const auto any = [&](const auto& says) {
        return std::any_of(
            seen_.begin() + static_cast<std::ptrdiff_t>(before.looks), seen_.end(), says
        );
    };
    if (!cursor) {
        // Nothing is left of a rule that is gone.
        return states.empty() && any([&](const Seen& seen) { return !judges(rule, seen); });
    }
    if (!before.cursor) {
        return states.empty();
    }
    if (*cursor < *before.cursor) {
        return false;
    }
    if (*cursor == *before.cursor) {
        return rule == kHaze && any([&](const Seen& seen) {
                   // Where the rule is in memory may be further than what is stored.
                   for (auto first = *before.cursor + 1;
                        judges(rule, seen) && first <= seen.running;
                        ++first) {
                       auto now = before.states;
                       for (auto slot = std::max(first, seen.running - 7); slot <= seen.running;
                            ++slot) {
                           now = judged(rule, std::move(now), slot, seen, false);
                       }
                       if (same(now, states)) {
                           return true;
                       }
                   }
                   return false;
               });
    }
    const auto at = [](const States& all, const std::string& site) {
        const auto found = all.find(site);
        return found == all.end() ? At{} : found->second;
    };
    for (auto slot = *before.cursor + 1; slot <= *cursor; ++slot) {
        const auto& wanted = slot == *cursor ? states : before.states;
        for (const auto& site : sites(rule)) {
            // A store that fails in between may give one site an earlier value than another.
            const bool good = any([&](const Seen& seen) {
                return judges(rule, seen) && seen.judgeable >= slot &&
                       at(judged(rule, before.states, slot, seen, true), site)
                           .same(at(wanted, site));
            });
            if (!good) {
                return false;
            }
        }
    }
    return true;
}

void AlertsChecker::check_rule(memory::MemoryStore& ledger, std::size_t rule) {
    auto& known = rules_[rule];
    auto cursor = stored_cursor(ledger, rule);
    auto states = stored_states(ledger, rule);
    if (cursor == known.cursor && same(states, known.states)) {
        return;
    }
    if (!explained(rule, cursor, states)) {
        std::string text;
        for (const auto& [site, at] : states) {
            text += fmt::format(" {} {} at {} lower {};", site, at.level, at.level_at, at.lower);
        }
        findings_.add(fmt::format(
            "no look at the rows explains where {} is: judged {}, was {},{}",
            kCodes[rule],
            cursor.value_or(0),
            known.cursor.value_or(0),
            text
        ));
    }
    known.cursor = cursor;
    known.states = std::move(states);
    known.looks = seen_.size() > kLooksKept ? seen_.size() - kLooksKept : 0;
}

void AlertsChecker::check_alerts(memory::MemoryStore& ledger) {
    std::map<std::string, std::map<int, std::int64_t>> groups;  // places by level
    std::map<std::string, std::string> rule_of;
    for (std::size_t rule = 0; rule < kRules; ++rule) {
        for (const auto& [site, at] : rules_[rule].states) {
            ++groups[at.group][at.level];
            rule_of[at.group] = kCodes[rule];
        }
    }
    std::map<std::string, std::string> alert_of;
    for (const auto& [group, body] : documents(ledger, "alert_of")) {
        alert_of[text_at(body, "alert")] = group;
    }
    std::map<std::string, std::int64_t> open;
    std::map<std::string, std::int64_t> cases;
    std::set<std::string> found;
    alerts_ = 0;
    for (const auto* kind : {"alert", "alert_past"}) {
        for (const auto& [id, body] : documents(ledger, kind)) {
            ++alerts_;
            const auto rule = text_at(body, "rule");
            if (rule == kCodes[kSmoke]) {
                peaks_[id] = level_number(text_at(body, "peak"));
            }
            if (const auto number = whole_at(body, "case"); number != 0) {
                cases[id] = number;
            }
            if (kind == std::string_view("alert_past")) {
                continue;
            }
            ++open[rule];
            const auto group = alert_of.find(id);
            const auto places = group == alert_of.end() ? groups.end() : groups.find(group->second);
            if (places == groups.end() || rule_of[group->second] != rule) {
                findings_.add(fmt::format("no place has the open alert {}", id));
                continue;
            }
            found.insert(group->second);
            std::map<int, std::int64_t> told;
            for (const auto& member : body.at("places").as_object()) {
                told[level_number(member.key())] = member.value().to_number<std::int64_t>();
            }
            if (told != places->second ||
                level_number(text_at(body, "level")) != places->second.rbegin()->first) {
                findings_.add(fmt::format("alert {} is not as grave as its places", id));
            }
        }
    }
    for (const auto& [group, places] : groups) {
        if (found.count(group) == 0) {
            findings_.add(fmt::format("the places of {} have no open alert", group));
        }
    }
    for (const auto* code : kCodes) {
        const auto stored = ledger.MemoryStore::document("alert_count", code);
        const auto count = stored && *stored ? whole_at(body_of(**stored), "open") : 0;
        if (count != open[code]) {
            findings_.add(fmt::format("{} has {} open alerts, counted {}", code, open[code], count)
            );
        }
    }
    check_reports(ledger, "satellite", std::move(cases));
}

void AlertsChecker::check_responses(memory::MemoryStore& ledger) {
    std::map<std::string, std::int64_t> cases;
    std::map<std::string, int> of_alert;
    responses_ = 0;
    for (const auto* kind : {"response", "response_past"}) {
        for (const auto& [id, body] : documents(ledger, kind)) {
            ++responses_;
            ++of_alert[text_at(body, "alert")];
            for (const auto& member : body.at("tasks").as_object()) {
                const auto& task = member.value().as_object();
                if (const auto number = whole_at(task, "case"); number != 0) {
                    cases[fmt::format("{}/{}", id, std::string_view(member.key()))] = number;
                }
            }
        }
    }
    for (const auto& [alert, peak] : peaks_) {
        if (const auto count = of_alert[alert]; count != 1) {
            findings_.add(fmt::format("alert {} has started the plan {} times", alert, count));
        }
    }
    if (of_alert.size() != peaks_.size()) {
        findings_.add("a response has no alert");
    }
    check_reports(ledger, "duty", std::move(cases));
    std::map<std::string, int> begun;
    const auto entries = ledger.MemoryStore::journal({}, kDocuments);
    for (const auto& entry : *entries) {
        if (entry.type == "alert.fired" || entry.type == "response.started") {
            ++begun[text_at(json::parse(entry.body).as_object(), "id")];
        }
    }
    for (const auto& [id, count] : begun) {
        if (count != 1) {
            findings_.add(fmt::format("{} has begun {} times", id, count));
        }
    }
}

/// Each has one report of its name, joined to its case.
void AlertsChecker::check_reports(
    memory::MemoryStore& ledger,
    const char* source,
    std::map<std::string, std::int64_t> wanted
) {
    ports::ReportQuery query;
    query.source = source;
    query.limit = kDocuments;
    const auto reports = ledger.MemoryStore::find_reports(query);
    for (const auto& report : *reports) {
        const auto found = wanted.find(report.external_id);
        if (found == wanted.end() || found->second != report.case_id.value) {
            findings_.add(fmt::format("nothing asks for the case of {}", report.external_id));
            continue;
        }
        wanted.erase(found);
    }
    for (const auto& [id, number] : wanted) {
        findings_.add(fmt::format("{} has a case that nobody reported", id));
    }
}

void AlertsChecker::check(memory::MemoryStore& ledger) {
    for (std::size_t rule = 0; rule < kRules; ++rule) {
        check_rule(ledger, rule);
    }
    check_alerts(ledger);
    check_responses(ledger);
}

void AlertsChecker::check_settled(
    memory::MemoryObservations& rows,
    memory::MemoryStore& ledger,
    Instant now,
    std::size_t revision
) {
    const auto seen = see(rows, now, revision);
    const auto& haze = rules_[kHaze];
    if (judges(kHaze, seen)) {
        if (!same(judged(kHaze, haze.states, seen.running, seen, false), haze.states)) {
            findings_.stuck("the running period is not looked at");
        }
    } else if (!haze.states.empty() || haze.cursor) {
        findings_.stuck("the rule that is gone leaves something behind");
    }
    for (const auto& [id, body] : documents(ledger, "response")) {
        for (const auto& member : body.at("tasks").as_object()) {
            if (text_at(member.value().as_object(), "state") == "pending") {
                findings_.stuck(fmt::format("a task of {} is never given", id));
            }
        }
    }
}

}  // namespace chengshu::simulation
