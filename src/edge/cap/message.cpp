#include "edge/cap/message.hpp"

#include "edge/cap/internal/wrong.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <initializer_list>

namespace chengshu::cap {
namespace {

using response::Level;

constexpr std::array<std::string_view, 5>
    kSeverities{"Unknown", "Minor", "Moderate", "Severe", "Extreme"};

using Words = std::initializer_list<std::string_view>;

Status one_of(std::string_view element, std::string_view value, Words words) {
    if (std::find(words.begin(), words.end(), value) == words.end()) {
        return wrong(element, fmt::format("one of {} is needed", fmt::join(words, ", ")));
    }
    return ok();
}

Status filled(std::string_view element, std::string_view value) {
    return value.empty() ? Status(wrong(element, "this is missing")) : ok();
}

/// Identifiers and senders are parts of references, which are separated by blanks and commas.
Status plain(std::string_view element, std::string_view value) {
    CS_CHECK(filled(element, value));
    if (value.find_first_of(" ,<&\t\r\n") != std::string_view::npos) {
        return wrong(element, "blanks, commas, < and & are not allowed");
    }
    return ok();
}

Status time(std::string_view element, std::string_view value, bool needed) {
    if (value.empty() && !needed) {
        return ok();
    }
    constexpr std::size_t kLength = 25;
    if (value.size() != kLength || (value[19] != '+' && value[19] != '-') ||
        !parse_rfc3339(value)) {
        return wrong(element, "a time like 2026-07-01T08:00:00+08:00 is needed");
    }
    return ok();
}

std::optional<double> number(std::string_view text) {
    double out = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(out)) {
        return std::nullopt;
    }
    return out;
}

bool is_point(std::string_view text) {
    const auto comma = text.find(',');
    if (comma == std::string_view::npos) {
        return false;
    }
    const auto lat = number(text.substr(0, comma));
    const auto lon = number(text.substr(comma + 1));
    return lat && lon && std::abs(*lat) <= 90 && std::abs(*lon) <= 180;
}

std::vector<std::string_view> words_of(std::string_view text) {
    std::vector<std::string_view> out;
    std::size_t at = 0;
    while (at < text.size()) {
        const auto begin = text.find_first_not_of(" \t\r\n", at);
        if (begin == std::string_view::npos) {
            break;
        }
        const auto end = std::min(text.find_first_of(" \t\r\n", begin), text.size());
        out.push_back(text.substr(begin, end - begin));
        at = end;
    }
    return out;
}

Status check_area(const Area& area) {
    CS_CHECK(filled("areaDesc", area.description));
    for (const auto& polygon : area.polygons) {
        const auto points = words_of(polygon);
        const bool closed =
            points.size() >= 4 && points.size() <= kPointsMax && points.front() == points.back();
        if (!closed || !std::all_of(points.begin(), points.end(), is_point)) {
            return wrong(
                "polygon", "at least four points \"lat,lon\" are needed, the last as the first"
            );
        }
    }
    for (const auto& circle : area.circles) {
        const auto parts = words_of(circle);
        const auto radius = parts.size() == 2 ? number(parts[1]) : std::nullopt;
        if (!radius || *radius < 0 || !is_point(parts[0])) {
            return wrong("circle", "\"lat,lon radius\" is needed, the radius in km");
        }
    }
    return ok();
}

Status check_info(const Info& info) {
    if (info.categories.empty()) {
        return wrong("category", "this is missing");
    }
    for (const auto& category : info.categories) {
        CS_CHECK(one_of(
            "category",
            category,
            {"Geo",
             "Met",
             "Safety",
             "Security",
             "Rescue",
             "Fire",
             "Health",
             "Env",
             "Transport",
             "Infra",
             "CBRNE",
             "Other"}
        ));
    }
    CS_CHECK(filled("event", info.event));
    for (const auto& type : info.response_types) {
        CS_CHECK(one_of(
            "responseType",
            type,
            {"Shelter",
             "Evacuate",
             "Prepare",
             "Execute",
             "Avoid",
             "Monitor",
             "Assess",
             "AllClear",
             "None"}
        ));
    }
    CS_CHECK(one_of("urgency", info.urgency, {"Immediate", "Expected", "Future", "Past", "Unknown"})
    );
    CS_CHECK(
        one_of("severity", info.severity, {"Extreme", "Severe", "Moderate", "Minor", "Unknown"})
    );
    CS_CHECK(one_of(
        "certainty",
        info.certainty,
        {"Observed", "Likely", "Possible", "Unlikely", "Unknown", "Very Likely"}
    ));
    CS_CHECK(time("effective", info.effective, false));
    CS_CHECK(time("onset", info.onset, false));
    CS_CHECK(time("expires", info.expires, false));
    for (const auto& area : info.areas) {
        CS_CHECK(check_area(area));
    }
    return ok();
}

}  // namespace

Status check(const Message& message) {
    CS_CHECK(plain("identifier", message.identifier));
    CS_CHECK(plain("sender", message.sender));
    CS_CHECK(time("sent", message.sent, true));
    CS_CHECK(one_of("status", message.status, {"Actual", "Exercise", "System", "Test", "Draft"}));
    CS_CHECK(one_of("msgType", message.kind, {"Alert", "Update", "Cancel", "Ack", "Error"}));
    CS_CHECK(one_of("scope", message.scope, {"Public", "Restricted", "Private"}));
    if (message.scope == "Restricted") {
        CS_CHECK(filled("restriction", message.restriction));
    }
    if (message.scope == "Private") {
        CS_CHECK(filled("addresses", message.addresses));
    }
    CS_TRY(references, references_of(message));
    if (references.empty() && message.kind != "Alert") {
        return wrong("references", "a message of this msgType refers to an earlier one");
    }
    for (const auto& info : message.infos) {
        CS_CHECK(check_info(info));
    }
    return ok();
}

Result<std::vector<Reference>> references_of(const Message& message) {
    std::vector<Reference> out;
    for (const auto word : words_of(message.references)) {
        const auto first = word.find(',');
        const auto second = first == std::string_view::npos ? first : word.find(',', first + 1);
        if (second == std::string_view::npos || first == 0 || second == first + 1 ||
            !parse_rfc3339(word.substr(second + 1))) {
            return wrong("references", "\"sender,identifier,sent\" is needed");
        }
        if (out.size() == kListMax) {
            return fail(ErrorCode::TooLarge, "there are too many references", "references");
        }
        out.push_back(
            {std::string(word.substr(0, first)),
             std::string(word.substr(first + 1, second - first - 1)),
             std::string(word.substr(second + 1))}
        );
    }
    return out;
}

std::string_view severity_of(Level level) {
    return kSeverities[static_cast<std::size_t>(level)];
}

Level level_of_severity(std::string_view severity) {
    const auto* const found = std::find(kSeverities.begin(), kSeverities.end(), severity);
    return found == kSeverities.end() ? Level::None
                                      : static_cast<Level>(found - kSeverities.begin());
}

std::string local_time(Instant at, const TimeZone& zone) {
    const auto whole = std::chrono::floor<std::chrono::seconds>(at);
    const auto local = zone.to_local(whole);
    const auto offset = std::chrono::duration_cast<std::chrono::minutes>(
        local.time_since_epoch() - Instant(whole).time_since_epoch()
    );
    const auto minutes = std::abs(offset.count());
    return fmt::format(
        "{}{}{:02}:{:02}",
        format_utc(Instant{local.time_since_epoch()}).substr(0, 19),
        offset.count() < 0 ? '-' : '+',
        minutes / 60,
        minutes % 60
    );
}

std::string identifier_of(
    const response::Issuer& issuer,
    std::string_view division,
    Instant at,
    const TimeZone& zone,
    int serial
) {
    auto time = local_time(at, zone).substr(0, 19);
    std::erase_if(time, [](char c) { return c == '-' || c == ':' || c == 'T'; });
    return fmt::format("{}{}{}00_{}_{}", division, issuer.trade, issuer.unit, time, serial % 10);
}

Message message_of(
    const response::Alert& alert,
    const response::Issuer& issuer,
    const std::string& identifier,
    Instant now,
    const TimeZone& zone
) {
    Message out;
    const auto& before = alert.issued;
    out.identifier = identifier;
    out.sender = issuer.sender;
    out.sent = local_time(now, zone);
    out.status = alert.exercise ? "Exercise" : "Actual";
    out.kind = before.empty() ? "Alert" : alert.open() ? "Update" : "Cancel";
    out.scope = "Public";
    for (const auto& one : before) {
        out.references += fmt::format(
            "{}{},{},{}", out.references.empty() ? "" : " ", issuer.sender, one.identifier, one.sent
        );
    }
    for (const bool chinese : {true, false}) {
        const std::string_view language = chinese ? "zh" : "en";
        Info info;
        info.language = chinese ? "zh-CN" : "en-US";
        info.categories = {alert.category.empty() ? "Other" : alert.category};
        info.event = alert.name.of(language);
        info.response_types = {alert.open() ? "Monitor" : "AllClear"};
        info.urgency = alert.open() ? "Immediate" : "Past";
        info.severity = severity_of(alert.open() ? alert.level : alert.peak);
        info.certainty = "Observed";
        if (!alert.event.empty()) {
            info.event_codes = {{"GB/T 35965.1", alert.event}};
        }
        info.effective = out.sent;
        info.onset = local_time(alert.since, zone);
        if (alert.expires) {
            info.expires = local_time(*alert.expires, zone);
        }
        info.sender_name = issuer.name.of(language);
        info.headline = fmt::format(
            "{}{} {}",
            alert.exercise ? (chinese ? "【演练】" : "[EXERCISE] ") : "",
            alert.place_name.of(language),
            alert.name.of(language)
        );
        info.description = alert.text.of(language);
        info.parameters = {
            {"level", std::string(response::level_name(alert.level))}, {"alert", alert.id}
        };
        Area area;
        area.description = alert.place_name.of(language);
        if (area.description.empty()) {
            area.description = alert.path.empty() ? alert.id : alert.path.back();
        }
        if (alert.point && alert.place.thing != 0) {
            area.circles = {fmt::format("{:.5f},{:.5f} 0.5", alert.point->lat, alert.point->lon)};
        }
        if (!alert.path.empty()) {
            // Twelve digits of the division, as the Chinese profile writes it.
            constexpr std::size_t kDigits = 12;
            auto code = alert.path.back();
            if (code.size() < kDigits && std::all_of(code.begin(), code.end(), [](char c) {
                    return c >= '0' && c <= '9';
                })) {
                code.append(kDigits - code.size(), '0');
            }
            area.geocodes = {{"GB/T 2260", code}};
        }
        info.areas = {area};
        out.infos.push_back(std::move(info));
    }
    return out;
}

}  // namespace chengshu::cap
