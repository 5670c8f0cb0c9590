#include "services/response/foreign.hpp"

#include "base/json_text.hpp"
#include "services/response/responses.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace json = boost::json;

namespace chengshu::services {
namespace {

using response::Alert;
using response::Level;

/// Which alert a message belongs to: id "sender identifier", body {"alert": id}.
constexpr auto kMessage = "cap_message";

std::string message_id(const std::string& sender, const std::string& identifier) {
    return sender + " " + identifier;
}

Result<std::optional<std::string>>
alert_of_message(UnitOfWork& work, const std::string& sender, const std::string& identifier) {
    CS_TRY(row, work.document(kMessage, message_id(sender, identifier)));
    if (!row) {
        return std::optional<std::string>();
    }
    boost::system::error_code error;
    const auto value = json::parse(row->body, error);
    if (error || !value.is_object() || !value.at("alert").is_string()) {
        return fail(ErrorCode::Internal, fmt::format("stored {} {} is damaged", kMessage, row->id));
    }
    return std::optional(std::string(std::string_view(value.at("alert").get_string())));
}

/// The smallest known area that holds all areas of the message; the city when it names none.
std::string area_of(const UnitOfWork& work, const ForeignWarning& warning) {
    const auto& city = work.city();
    std::optional<std::vector<std::string>> common;
    for (const auto& given : warning.area_codes) {
        // 12 digits of the statistics bureau; trailing zeros say nothing.
        auto code = given;
        while (city.area(code) == nullptr && code.size() > 6 && code.back() == '0') {
            code.pop_back();
        }
        const auto path = city.path(code);
        if (path.empty()) {
            continue;
        }
        if (!common) {
            common = path;
            continue;
        }
        const auto [end, other] =
            std::mismatch(common->begin(), common->end(), path.begin(), path.end());
        common->erase(end, common->end());
    }
    if (!common && warning.point) {
        const auto place =
            city.locate(*warning.point, city.calendar().zone().local_date(work.now()));
        if (place) {
            common = place->path;
        }
    }
    return common && !common->empty() ? common->back() : city::root_area(city).code;
}

void fill(Alert& alert, const ForeignWarning& warning, UnitOfWork& work) {
    const auto area = area_of(work, warning);
    const auto* known = work.city().area(area);
    alert.rule = "cap:" + warning.event;
    alert.name = warning.name;
    alert.source = warning.sender;
    alert.place = {0, area};
    alert.path = work.city().path(area);
    alert.place_name = known == nullptr ? Label{warning.area_text, warning.area_text} : known->name;
    alert.point = warning.point;
    alert.exercise = warning.exercise;
    alert.expires = warning.expires;
    alert.text = warning.text;
    alert.event = warning.event;
    alert.category = warning.category;
    alert.sender = warning.sender;
    alert.identifier = warning.identifier;
    alert.sent = warning.sent;
}

Status check_reach(const access::Principal& who, const Alert& alert) {
    if (!reaches(who, access::Permission::Acknowledge, alert.path)) {
        return fail(ErrorCode::NotPermitted, "your posts do not reach the area of the warning");
    }
    return ok();
}

}  // namespace

Result<Alert>
take_warning(UnitOfWork& work, const access::Principal& who, const ForeignWarning& warning) {
    CS_CHECK(access::require(who, access::Permission::Acknowledge));
    CS_TRY(seen, alert_of_message(work, warning.sender, warning.identifier));
    if (seen) {
        CS_TRY(known, find_alert(work, *seen));
        if (!known) {
            return fail(ErrorCode::Internal, fmt::format("alert {} is missing", *seen));
        }
        CS_CHECK(check_reach(who, *known));
        return std::move(*known);
    }
    std::optional<Alert> before;
    if (warning.kind != ForeignWarning::Kind::Alert) {
        for (const auto& reference : warning.references) {
            CS_TRY(id, alert_of_message(work, reference.sender, reference.identifier));
            if (id && reference.sender == warning.sender) {
                CS_TRY(found, find_alert(work, *id));
                before = std::move(found);
            }
        }
        if (!before) {
            return fail(
                ErrorCode::NotFound,
                "the message refers to no warning of this sender that is known here",
                "references"
            );
        }
        CS_TRY(old_time, parse_rfc3339(before->sent));
        CS_TRY(new_time, parse_rfc3339(warning.sent));
        if (new_time < old_time) {
            return fail(
                ErrorCode::Conflict, "a newer message of this warning has come before", "sent"
            );
        }
        if (before->exercise != warning.exercise) {
            return fail(
                ErrorCode::RuleViolation, "an exercise cannot change a real warning", "status"
            );
        }
    }
    Alert after = before.value_or(Alert{});
    fill(after, warning, work);
    CS_CHECK(check_reach(who, after));
    if (before) {
        CS_CHECK(check_reach(who, *before));
    }
    std::string what = "issued";
    if (!before) {
        after.id = fmt::format("cap.{}", warning.identifier);
        std::replace_if(
            after.id.begin(),
            after.id.end(),
            [](char c) {
                return !(
                    (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                    c == '.' || c == '_' || c == '-'
                );
            },
            '-'
        );
        constexpr std::size_t kIdMax = 120;
        after.id.resize(std::min(after.id.size(), kIdMax));
        const auto base = after.id;
        for (int again = 2;; ++again) {
            CS_TRY(taken, find_alert(work, after.id));
            if (!taken) {
                break;
            }
            after.id = fmt::format("{}.{}", base, again);
        }
        after.since = work.now();
        after.raised = work.now();
    }
    if (warning.kind == ForeignWarning::Kind::Cancel) {
        what = "cancelled";
        after.level = Level::None;
        after.cleared = after.cleared.value_or(work.now());
    } else {
        what = before ? "updated" : "issued";
        after.cleared.reset();
        if (after.level != warning.level) {
            after.level_at = work.now();
            if (warning.level > after.level) {
                after.acknowledged.reset();
                after.acknowledged_by.clear();
            }
        }
        after.level = warning.level;
        after.peak = std::max(after.peak, warning.level);
    }
    response::add_step(after, {work.now(), what, after.level, who.account, warning.identifier});
    stage_alert(work, before, after, what, who.account);
    work.stage_document(
        {kMessage,
         message_id(warning.sender, warning.identifier),
         json_text(json::object{{"alert", after.id}})}
    );
    CS_CHECK(follow_alert(work, after));
    return after;
}

}  // namespace chengshu::services
