#include "simulation/agents.hpp"

#include "services/accounts.hpp"
#include "services/case_row.hpp"
#include "services/consultations.hpp"
#include "services/reports.hpp"
#include "services/submissions.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace json = boost::json;

namespace chengshu::simulation {
namespace {

const std::vector<std::string> kCategories = {
    "SIM/matter/0101",
    "SIM/matter/0101",
    "SIM/matter/0102",
    "SIM/matter/0103",
    "SIM/matter/0104",
    "SIM/matter/0105",
    "SIM/matter/0106",
    "SIM/matter/0107",
    "SIM/matter/0108",
    "SIM/matter/0109",
    "SIM/component/0201",
    "SIM/matter/9999",
    ""
};
const std::vector<std::string> kStandards = {
    "rubbish",
    "graffiti-small",
    "graffiti-large",
    "pothole",
    "lamp-dark",
    "lamp-leaning",
    "nothing"
};
const std::vector<std::string> kDepartments =
    {"SAN", "ROAD", "LAMP", "TEAM", "SAN", "ROAD", "LAMP", "TEAM", "GONE", "NONE"};
/// The last is unknown to the city of service requests.
const std::vector<std::string> kSources = {"public", "hotline", "iot", "department", "video"};
const std::vector<std::string> kAccounts =
    {"handler-san", "handler-san2", "handler-road", "handler-lamp", "handler-team"};
/// Steps that do not bring a case forward, or end it too soon to be interesting; chosen less often.
const std::vector<std::string> kRare =
    {"note", "attach", "claim", "release", "supervise", "force_close", "void", "merge", "split"};

city::Point somewhere(SeededRandom& random) {
    // Few places, so that reports meet.
    const double lon = 116.15 + 0.1 * static_cast<double>(random.below(4));
    const double lat = 40.03 + 0.1 * static_cast<double>(random.below(2));
    return {
        lon + static_cast<double>(random.below(3)) * 0.0002,
        lat + static_cast<double>(random.below(3)) * 0.0002
    };
}

cases::Attachment photo(SeededRandom& random) {
    cases::Attachment out;
    out.sha256 = fmt::format("{:064x}", random.below(1'000'000));
    out.media_type = "image/jpeg";
    out.size_bytes = random.between(1, 100'000);
    out.kind = random.chance(1, 2) ? "after" : "before";
    return out;
}

bool is_rare(const std::string& action) {
    return std::find(kRare.begin(), kRare.end(), action) != kRare.end();
}

bool has_post(const access::Principal& who, std::string_view kind) {
    return std::any_of(who.posts.begin(), who.posts.end(), [&](const auto& post) {
        return post.kind == kind;
    });
}

Result<std::string> answer(const services::FiledReport& filed) {
    return json::serialize(json::object{
        {"report", filed.report.value},
        {"case", cases::format_case_id(filed.value->id)},
        {"state", filed.state}
    });
}

}  // namespace

std::string tag_of(int request_id) {
    return fmt::format("T{} ", request_id);
}

int request_of(std::string_view text) {
    int id = 0;
    if (text.size() > 2 && text.front() == 'T') {
        const auto [end, error] = std::from_chars(text.data() + 1, text.data() + text.size(), id);
        if (error != std::errc{} || end == text.data() + text.size() || *end != ' ') {
            return 0;
        }
    }
    return id;
}

CaseId Agents::any_case() {
    const auto& cases = journal_.cases();
    if (cases.empty()) {
        return CaseId{1'100'001'202'509'240'000 + static_cast<std::int64_t>(random_.below(100))};
    }
    // Mostly the latest: they are the ones in motion.
    const auto back = random_.chance(1, 4) ? cases.size() : std::min<std::size_t>(cases.size(), 12);
    auto at = cases.end();
    std::advance(at, -1 - static_cast<std::ptrdiff_t>(random_.below(back)));
    return at->first;
}

Request Agents::request(int id, std::string what, Instant now) {
    Request out;
    out.id = id;
    out.what = std::move(what);
    out.issued = now;
    if (random_.chance(9, 10)) {
        out.key = fmt::format("client:{}", id);
        out.fingerprint = fmt::format("digest-{}", id);
        out.repeatable = true;
    }
    return out;
}

Request Agents::report(const access::Principal& who, int id, Instant now) {
    auto out = request(id, "report by " + who.account, now);
    intake::Report report;
    const bool collector = has_post(who, "collector");
    report.source = collector ? "collector" : any_of(kSources);
    report.collector = collector ? who.account : "";
    report.category = any_of(kCategories);
    report.description = tag_of(id) + "垃圾  堆放\t路口";
    report.address = random_.chance(1, 2) ? "测试路 5 号" : "";
    if (random_.chance(5, 6)) {
        report.point = somewhere(random_);
    } else {
        report.area = random_.chance(3, 4) ? "110102001" : "999999";
    }
    if (random_.chance(1, 2)) {
        report.external_id = fmt::format("X-{}", id);
        out.repeatable = true;
    }
    if (random_.chance(1, 3)) {
        report.reporter = {"王小明", "13800138000", "", ""};
    }
    if (random_.chance(1, 4)) {
        report.attachments.push_back(photo(random_));
    }
    report.confirmed_new = random_.chance(1, 8);
    report.self_handled = collector && random_.chance(1, 8);
    report.urgent = random_.chance(1, 8);
    out.work = [who, report](services::UnitOfWork& work) -> Result<std::string> {
        CS_TRY(filed, services::file_report(work, who, report));
        return answer(filed);
    };
    return out;
}

Request Agents::nonsense(const access::Principal& who, int id, Instant now) {
    auto out = report(who, id, now);
    out.what = "nonsense by " + who.account;
    intake::Report report;
    report.source = random_.chance(1, 2) ? "public" : "";
    report.category = any_of(kCategories);
    report.description = tag_of(id);
    switch (random_.below(5)) {
        case 0:
            report.description += std::string(20'000, 'x');
            break;
        case 1:
            report.description += "\xC3\x28";
            break;
        case 2:
            report.point = city::Point{10, 10};
            break;
        case 3:
            report.component = "no such component";
            break;
        default:
            break;  // nothing says where
    }
    if (random_.chance(1, 2)) {
        out.work = [who, report](services::UnitOfWork& work) -> Result<std::string> {
            CS_TRY(filed, services::file_report(work, who, report));
            return answer(filed);
        };
        return out;
    }
    services::ActionRequest wanted;
    wanted.id = any_case();
    wanted.action = random_.chance(1, 2) ? "explode" : "close";
    wanted.inputs.reason = tag_of(id);
    out.entry_type = wanted.action;
    out.case_id = wanted.id;
    out.repeatable = !out.key.empty();
    out.work = [who, wanted](services::UnitOfWork& work) -> Result<std::string> {
        CS_TRY(value, services::act(work, who, wanted));
        return value->state;
    };
    return out;
}

void Agents::need(
    const cases::Need& need,
    const cases::Case& value,
    Instant now,
    cases::Inputs& inputs
) {
    if (!need.one_of.empty()) {
        inputs.facts[need.name] = any_of(need.one_of);
    } else if (need.name == "standard") {
        const auto day = city_.calendar->zone().local_date(now);
        const auto all = city_.definitions->city->standards_of(value.category, day);
        inputs.standard = all.empty() || random_.chance(1, 10)
                              ? any_of(kStandards)
                              : all[random_.below(all.size())]->code;
    } else if (need.name == "category") {
        inputs.category = any_of(kCategories);
    } else if (need.name == "department") {
        inputs.department = any_of(kDepartments);
    } else if (need.name == "assisting") {
        inputs.assisting = {any_of(kDepartments)};
    } else if (need.name == "account") {
        inputs.account = any_of(kAccounts);
    } else if (need.name == "until") {
        inputs.until = now + Duration{random_.between(-3'600'000, 6 * 86'400'000LL)};
    } else if (need.name == "attachment") {
        inputs.attachments.push_back(photo(random_));
    } else if (need.name == "into") {
        inputs.into = any_case();
    } else if (need.name == "result") {
        inputs.result = "已处理";
    }
}

cases::Inputs Agents::inputs_for(
    const cases::Transition& transition,
    const cases::Case& value,
    int id,
    Instant now
) {
    cases::Inputs out;
    out.reason = tag_of(id) + "因为";
    for (const auto& item : transition.needs) {
        if (item.required || random_.chance(1, 2)) {
            need(item, value, now, out);
        }
    }
    return out;
}

void Agents::disturb(services::ActionRequest& wanted) {
    switch (random_.below(5)) {
        case 0:
            wanted.inputs.department = "NONE";
            break;
        case 1:
            wanted.inputs.result.clear();
            wanted.inputs.standard.clear();
            break;
        case 2:
            wanted.inputs.facts["satisfaction"] = "delighted";
            break;
        case 3:
            wanted.id = any_case();
            break;
        default:
            wanted.version = random_.between(0, 5);
            break;
    }
}

std::optional<Request>
Agents::step(ports::Store& store, const access::Principal& who, int id, Instant now) {
    const auto case_id = any_case();
    const auto row = store.find_case(case_id);
    if (!row || !*row) {
        return std::nullopt;
    }
    const auto value = services::from_row(**row);
    if (!value) {
        return std::nullopt;
    }
    const auto possible = services::possible_actions(*value, who, *city_.definitions, now);
    if (possible.empty()) {
        return std::nullopt;
    }
    const auto* chosen = possible[random_.below(possible.size())].transition;
    for (int i = 0; i < 4 && is_rare(chosen->code) && random_.chance(3, 4); ++i) {
        chosen = possible[random_.below(possible.size())].transition;
    }
    services::ActionRequest wanted;
    wanted.id = case_id;
    wanted.action = chosen->code;
    wanted.inputs = inputs_for(*chosen, *value, id, now);
    if (random_.chance(1, 3)) {
        wanted.version = (*row)->version;
    }
    if (wanted.action == "split") {
        const auto parts = random_.between(1, 3);
        for (std::int64_t i = 0; i < parts; ++i) {
            wanted.split_departments.push_back(any_of(kDepartments));
        }
    }
    if (random_.chance(1, 10)) {
        disturb(wanted);
    }
    auto out = request(
        id, fmt::format("{} on {} by {}", wanted.action, wanted.id.value, who.account), now
    );
    out.entry_type = wanted.action;
    out.case_id = wanted.id;
    out.work = [who, wanted](services::UnitOfWork& work) -> Result<std::string> {
        CS_TRY(after, services::act(work, who, wanted));
        return cases::to_json(*after);
    };
    return out;
}

Request Agents::consultation(const access::Principal& who, int id, Instant now) {
    std::vector<CaseId> open;
    for (const auto& [case_id, known] : journal_.cases()) {
        if ((known.value.state == "filed" || known.value.state == "consulting") &&
            open.size() < 3 && random_.chance(1, 2)) {
            open.push_back(case_id);
        }
    }
    if (open.empty() || random_.chance(1, 2)) {
        auto out = request(id, "conclusion by " + who.account, now);
        out.entry_type = "consultation.concluded";
        const auto number = fmt::format("{:06}", random_.between(1, 4));
        const auto lead = any_of(kDepartments);
        out.work = [who, number, lead, basis = tag_of(id) + "会商结论"](services::UnitOfWork& work
                   ) -> Result<std::string> {
            CS_TRY(done, services::conclude(work, who, number, lead, {}, basis));
            return done.to_json();
        };
        return out;
    }
    auto out = request(id, "consultation by " + who.account, now);
    out.entry_type = "consultation.opened";
    out.work = [who, open, question = tag_of(id) + "归谁办"](services::UnitOfWork& work
               ) -> Result<std::string> {
        CS_TRY(opened, services::open_consultation(work, who, open, {"SAN", "ROAD"}, question));
        return opened.to_json();
    };
    return out;
}

Request Agents::account(const access::Principal& who, int id, Instant now) {
    auto out = request(id, "account by " + who.account, now);
    out.entry_type = "account.created";
    services::Account made;
    made.login = fmt::format("t{}", id);
    made.name = {"临时", "Temporary"};
    made.posts = {random_.chance(4, 5) ? "acceptor" : "no-such-post"};
    made.password_hash = "hash:x";
    out.work = [actor = who.account, made](services::UnitOfWork& work) -> Result<std::string> {
        CS_CHECK(services::put_account(work, actor, made));
        return made.login;
    };
    return out;
}

Request Agents::position(const access::Principal& who, int id, Instant now) {
    auto out = request(id, "position of " + who.account, now);
    out.counted = false;
    const auto at = somewhere(random_);
    out.work = [who, at](services::UnitOfWork& work) -> Result<std::string> {
        CS_CHECK(services::note_position(work, who, at));
        return std::string("{}");
    };
    return out;
}

/// A street's figure of a month is entered, or what waits is approved or sent back.
Request Agents::figure(ports::Store& store, const access::Principal& who, int id, Instant now) {
    static const std::vector<std::string> kStreets{
        "110101001", "110101002", "110102001", "110102002", "110102"
    };
    auto out = request(id, "figure by " + who.account, now);
    out.counted = false;
    const auto today = city_.calendar->zone().local_date(now);
    services::NewSubmission entered;
    entered.indicator = "mood";
    entered.area = any_of(kStreets);
    entered.day = Date{std::chrono::sys_days{today} - std::chrono::days{random_.below(40)}};
    entered.value = static_cast<double>(random_.between(-30, 1'030)) / 10;
    entered.note = tag_of(id);
    if (random_.chance(1, 2)) {
        out.work = [who, entered](services::UnitOfWork& work) -> Result<std::string> {
            CS_TRY(submission, services::enter_figure(work, who, entered));
            return submission.key.id();
        };
        return out;
    }
    const indicators::SubmissionKey key{
        entered.indicator, entered.area, entered.day.year() / entered.day.month() / 1
    };
    const auto seen = services::find_submission(store, key.id());
    const int number = seen && *seen ? (*seen)->entered : 1;
    const bool approved = random_.chance(3, 4);
    out.work = [who, key, number, approved](services::UnitOfWork& work) -> Result<std::string> {
        CS_TRY(
            submission,
            approved ? services::approve_figure(work, who, key.id(), number)
                     : services::return_figure(work, who, key.id(), number, "再核")
        );
        return submission.key.id();
    };
    return out;
}

std::optional<Request>
Agents::act(ports::Store& store, const access::Principal& who, int id, Instant now) {
    if (random_.chance(1, 25)) {
        return nonsense(who, id, now);
    }
    if (has_post(who, "administrator")) {
        return account(who, id, now);
    }
    if (has_post(who, "collector") && random_.chance(1, 3)) {
        return random_.chance(1, 8) ? position(who, id, now) : report(who, id, now);
    }
    if (has_post(who, "dispatcher") && random_.chance(1, 12)) {
        return consultation(who, id, now);
    }
    if ((has_post(who, "evaluator") || has_post(who, "leader")) && random_.chance(1, 3)) {
        return figure(store, who, id, now);
    }
    for (int i = 0; i < 4; ++i) {
        if (auto out = step(store, who, id, now)) {
            return out;
        }
    }
    return std::nullopt;
}

}  // namespace chengshu::simulation
