#include "services/submissions.hpp"

#include "base/json_text.hpp"
#include "domain/cases/case.hpp"
#include "services/indicators.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

namespace chengshu::services {
namespace {

namespace json = boost::json;

using indicators::Submission;
using indicators::SubmissionKey;

constexpr int kSubmissionsPage = 500;
constexpr int kFirstPage = 16;
/// Rows of the store that one page looks at, when few of them are in the caller's areas.
constexpr std::size_t kLookedAtMax = 2'000;

// JSON of a document.

json::object entered_json(const Submission::Entered& entered) {
    return {
        {"number", entered.number},
        {"value", entered.value},
        {"note", entered.note},
        {"by", entered.by},
        {"at", format_utc(entered.at)}
    };
}

Instant time_of(const json::object& object, std::string_view name) {
    return parse_rfc3339(text_of(object, name)).value();
}

Submission::Entered entered_of(const json::object& object) {
    return {
        static_cast<int>(object.at("number").as_int64()),
        object.at("value").to_number<double>(),
        text_of(object, "note"),
        text_of(object, "by"),
        time_of(object, "at")
    };
}

Submission from_json(const SubmissionKey& key, const json::object& object) {
    Submission out;
    out.key = key;
    out.entered = static_cast<int>(object.at("entered").as_int64());
    if (const auto* pending = object.if_contains("pending")) {
        out.pending = entered_of(pending->as_object());
    }
    if (const auto* approved = object.if_contains("approved")) {
        out.approved = entered_of(approved->as_object());
        out.approved_by = text_of(object, "approved_by");
        out.approved_at = time_of(object, "approved_at");
    }
    for (const auto& item : object.at("steps").as_array()) {
        const auto& step = item.as_object();
        Submission::Step read{
            text_of(step, "what"),
            static_cast<int>(step.at("number").as_int64()),
            {},
            text_of(step, "text"),
            text_of(step, "by"),
            time_of(step, "at")
        };
        if (const auto* value = step.if_contains("value")) {
            read.value = value->to_number<double>();
        }
        out.steps.push_back(std::move(read));
    }
    return out;
}

Result<Submission> from_row(const ports::DocumentRow& row) {
    const auto key = indicators::submission_key(row.id);
    boost::system::error_code error;
    const auto document = json::parse(row.body, error);
    if (!error && key && document.is_object()) {
        try {
            return from_json(*key, document.get_object());
        } catch (const std::exception&) {
            // Said below.
        }
    }
    return fail(ErrorCode::Internal, fmt::format("stored submission {} is damaged", row.id));
}

template <class Source>
Result<std::optional<Submission>> stored_submission(Source& from, const std::string& id) {
    CS_TRY(row, from.document(kSubmission, id));
    if (!row) {
        return std::optional<Submission>();
    }
    CS_TRY(out, from_row(*row));
    return std::optional(std::move(out));
}

// Commands.

bool reaches(const access::Post& post, const std::string& area, const city::City& city) {
    return post.area.empty() || city.is_within(area, post.area);
}

Status check_post(
    const access::Principal& who,
    const std::vector<std::string>& kinds,
    const std::string& area,
    const city::City& city
) {
    CS_CHECK(access::require(who, access::Permission::SubmitFigures));
    bool kind = false;
    for (const auto& post : who.posts) {
        if (std::find(kinds.begin(), kinds.end(), post.kind) != kinds.end()) {
            kind = true;
            if (reaches(post, area, city)) {
                return ok();
            }
        }
    }
    return kind ? fail(
                      ErrorCode::NotPermitted,
                      fmt::format("your posts do not reach area {}", area),
                      "area"
                  )
                : Status(fail(
                      ErrorCode::NotPermitted,
                      fmt::format("the indicator names other posts: {}", fmt::join(kinds, ", "))
                  ));
}

/// The rule by which a figure of the day is entered.
Result<std::pair<const indicators::Indicator*, const indicators::Entered*>>
rule_of(const Definitions& definitions, const std::string& code, Date day) {
    const auto* indicator = definitions.indicators.find(code, day);
    if (indicator == nullptr) {
        return fail(
            ErrorCode::UnknownCode,
            fmt::format("there is no indicator {} on {}", code, format_date(day)),
            "indicator"
        );
    }
    const auto* rule = std::get_if<indicators::Entered>(&indicator->rule);
    if (rule == nullptr) {
        return fail(
            ErrorCode::RuleViolation,
            fmt::format("indicator {} is calculated; nobody enters it", code),
            "indicator"
        );
    }
    return std::pair(indicator, rule);
}

void stage_submission(
    UnitOfWork& work,
    const std::optional<Submission>& before,
    const Submission& after,
    const std::string& actor
) {
    const auto id = after.key.id();
    const auto document = to_json(after);
    json::object about{{"of", kSubmission}, {"id", id}};
    about["changes"] = cases::merge_diff(before ? to_json(*before) : json::object(), document);
    work.stage_entry(
        fmt::format("submission.{}", after.steps.back().what), actor, CaseId{}, json_text(about)
    );
    work.stage_document({kSubmission, id, json_text(document)});
    if (after.pending.has_value() != (before && before->pending)) {
        work.stage_document({kSubmissionPending, id, after.pending ? "{}" : ""});
    }
}

/// What approving and sending back share.
template <class Decide>
Result<Submission>
decide(UnitOfWork& work, const access::Principal& who, const std::string& id, const Decide& step) {
    CS_CHECK(access::require(who, access::Permission::SubmitFigures));
    CS_TRY(before, stored_submission(work, id));
    if (!before || !sees_submission(who, before->key, work.city())) {
        return fail(ErrorCode::NotFound, "nobody has entered such a figure");
    }
    const auto& key = before->key;
    CS_TRY(rule, rule_of(work.definitions(), key.indicator, key.day));
    CS_CHECK(check_post(who, rule.second->approved_by, key.area, work.city()));
    auto after = *before;
    CS_CHECK(step(after));
    stage_submission(work, before, after, who.account);
    return after;
}

}  // namespace

json::object to_json(const Submission& submission) {
    json::object out{
        {"indicator", submission.key.indicator},
        {"area", submission.key.area},
        {"day", format_date(submission.key.day)},
        {"entered", submission.entered}
    };
    if (submission.pending) {
        out["pending"] = entered_json(*submission.pending);
    }
    if (submission.approved) {
        out["approved"] = entered_json(*submission.approved);
        out["approved_by"] = submission.approved_by;
        out["approved_at"] = format_utc(submission.approved_at);
    }
    json::array steps;
    for (const auto& step : submission.steps) {
        json::object item{
            {"what", step.what},
            {"number", step.number},
            {"text", step.text},
            {"by", step.by},
            {"at", format_utc(step.at)}
        };
        if (step.value) {
            item["value"] = *step.value;
        }
        steps.emplace_back(std::move(item));
    }
    out["steps"] = std::move(steps);
    return out;
}

Result<Submission>
enter_figure(UnitOfWork& work, const access::Principal& who, const NewSubmission& entered) {
    const auto& city = work.city();
    const auto& zone = city.calendar().zone();
    CS_TRY(asked, rule_of(work.definitions(), entered.indicator, entered.day));
    const auto midnight = zone.to_instant(std::chrono::local_days{entered.day});
    const auto period = indicators::period_at(asked.first->period, midnight, zone);
    const auto [first, last] = indicators::days_of(period, zone);
    // The version of the period's first day is the one that its value is by.
    CS_TRY(rule, rule_of(work.definitions(), entered.indicator, first));
    const auto* area = city.area(entered.area);
    if (area == nullptr || !area->validity.holds(last)) {
        return fail(
            ErrorCode::UnknownCode, fmt::format("area {} is not known", entered.area), "area"
        );
    }
    CS_CHECK(check_post(who, rule.second->by, entered.area, city));
    if (rule.first->areas && !areas_in(city, entered.area, rule.first->part_level, last).empty()) {
        return fail(
            ErrorCode::RuleViolation,
            fmt::format("the value of area {} comes of its parts", entered.area),
            "area"
        );
    }
    if (period.from > work.now()) {
        return fail(ErrorCode::RuleViolation, "the period has not begun", "day");
    }
    const bool fits = std::isfinite(entered.value) && entered.value >= rule.second->min &&
                      entered.value <= rule.second->max;
    if (!fits) {
        return fail(
            ErrorCode::RuleViolation,
            fmt::format("the value lies between {} and {}", rule.second->min, rule.second->max),
            "value"
        );
    }
    Submission fresh;
    fresh.key = {entered.indicator, entered.area, first};
    CS_TRY(before, stored_submission(work, fresh.key.id()));
    auto after = before.value_or(fresh);
    CS_CHECK(indicators::enter(after, entered.value, entered.note, who.account, work.now()));
    stage_submission(work, before, after, who.account);
    return after;
}

Result<Submission>
approve_figure(UnitOfWork& work, const access::Principal& who, const std::string& id, int number) {
    return decide(work, who, id, [&](Submission& submission) {
        return indicators::approve(submission, number, who.account, work.now());
    });
}

Result<Submission> return_figure(
    UnitOfWork& work,
    const access::Principal& who,
    const std::string& id,
    int number,
    const std::string& reason
) {
    return decide(work, who, id, [&](Submission& submission) {
        return indicators::send_back(submission, number, reason, who.account, work.now());
    });
}

// Reads.

Result<std::optional<Submission>> find_submission(ports::Store& store, const std::string& id) {
    return stored_submission(store, id);
}

bool sees_submission(
    const access::Principal& who,
    const SubmissionKey& key,
    const city::City& city
) {
    return access::may(who, access::Permission::SubmitFigures) &&
           std::any_of(who.posts.begin(), who.posts.end(), [&](const access::Post& post) {
               return access::has(post.kind, access::Permission::SubmitFigures) &&
                      reaches(post, key.area, city);
           });
}

Result<PendingPage> pending_submissions(
    ports::Store& store,
    const access::Principal& who,
    const city::City& city,
    const std::string& indicator,
    const std::string& after,
    std::size_t limit
) {
    PendingPage out;
    const auto prefix = indicator.empty() ? std::string() : indicator + ":";
    std::string cursor = std::max(after, prefix);
    for (std::size_t looked = 0; looked < kLookedAtMax && out.items.size() < limit;) {
        CS_TRY(rows, store.documents(kSubmissionPending, cursor, kSubmissionsPage));
        for (const auto& row : rows) {
            if (!row.id.starts_with(prefix)) {
                return out;
            }
            ++looked;
            cursor = row.id;
            const auto key = indicators::submission_key(row.id);
            if (key && sees_submission(who, *key, city)) {
                CS_TRY(submission, stored_submission(store, row.id));
                if (submission && submission->pending) {
                    out.items.push_back(std::move(*submission));
                }
            }
            if (out.items.size() == limit) {
                out.after = cursor;
                return out;
            }
        }
        if (rows.size() < static_cast<std::size_t>(kSubmissionsPage)) {
            return out;
        }
    }
    out.after = cursor;
    return out;
}

Result<ApprovedValues> approved_values(
    ports::Store& store,
    const std::string& indicator,
    const std::string& area,
    int day_from,
    int day_to
) {
    ApprovedValues out;
    const auto prefix = fmt::format("{}:{}:", indicator, area);
    const auto last = fmt::format("{}{:08}", prefix, day_to);
    // The id right before the first day's.
    auto cursor = fmt::format("{}{:08}", prefix, std::max(day_from - 1, 0));
    // Most often a few months are asked for; behind them are those of other areas.
    for (int page = kFirstPage;; page = std::min(page * 2, kSubmissionsPage)) {
        CS_TRY(rows, store.documents(kSubmission, cursor, page));
        for (const auto& row : rows) {
            if (row.id > last) {
                return out;
            }
            const auto read = approved_value(row);
            if (read && read->value && read->key.area == area) {
                out[date_key(read->key.day)] = *read->value;
            }
        }
        if (rows.size() < static_cast<std::size_t>(page)) {
            return out;
        }
        cursor = rows.back().id;
    }
}

std::optional<ApprovedValue> approved_value(const ports::DocumentRow& row) {
    if (row.kind != kSubmission) {
        return std::nullopt;
    }
    auto key = indicators::submission_key(row.id);
    if (!key) {
        return std::nullopt;
    }
    ApprovedValue out{std::move(*key), {}};
    boost::system::error_code error;
    const auto document = json::parse(row.body, error);
    const auto* object = error ? nullptr : document.if_object();
    const auto* approved = object == nullptr ? nullptr : object->if_contains("approved");
    const auto* value = approved == nullptr || !approved->is_object()
                            ? nullptr
                            : approved->get_object().if_contains("value");
    if (value != nullptr && value->is_number()) {
        out.value = value->to_number<double>();
    }
    return out;
}

// Verification.

void SubmissionFold::entry(const ports::JournalRow& row) {
    if (row.case_id || !row.type.starts_with("submission.")) {
        return;
    }
    boost::system::error_code error;
    const auto body = json::parse(row.body, error);
    const auto* object = error ? nullptr : body.if_object();
    const auto* id = object == nullptr ? nullptr : object->if_contains("id");
    const auto* changes = object == nullptr ? nullptr : object->if_contains("changes");
    if (id == nullptr || changes == nullptr || !id->is_string() || !changes->is_object()) {
        return;  // what is missing shows when documents are compared
    }
    auto& text = folded_[std::string(std::string_view(id->get_string()))];
    json::object target;
    if (!text.empty()) {
        target = json::parse(text).as_object();
    }
    cases::merge_apply(target, changes->get_object());
    text = json_text(target);
}

Status SubmissionFold::compare(
    ports::Store& store,
    const std::function<void(std::string, std::string, std::string)>& differ
) {
    for (std::string after;;) {
        CS_TRY(rows, store.documents(kSubmission, after, kSubmissionsPage));
        for (const auto& row : rows) {
            const auto found = folded_.find(row.id);
            const auto folded = found == folded_.end() ? std::string("nothing") : found->second;
            boost::system::error_code error;
            const auto stored = json::parse(row.body, error);
            if (error || found == folded_.end() || json::parse(folded) != stored) {
                differ(fmt::format("submission {}", row.id), row.body, folded);
            }
            CS_TRY(pending, store.document(kSubmissionPending, row.id));
            const bool waits =
                !error && stored.is_object() && stored.get_object().contains("pending");
            if (pending.has_value() != waits) {
                differ(
                    fmt::format("submission {} in the list of those that wait", row.id),
                    pending ? "listed" : "not listed",
                    waits ? "listed" : "not listed"
                );
            }
            after = row.id;
            if (found != folded_.end()) {
                folded_.erase(found);
            }
        }
        if (rows.size() < static_cast<std::size_t>(kSubmissionsPage)) {
            break;
        }
    }
    for (const auto& [id, text] : folded_) {
        differ(fmt::format("submission {}", id), "nothing", text);
    }
    return ok();
}

}  // namespace chengshu::services
