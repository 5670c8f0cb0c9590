#include "domain/intake/report.hpp"

#include "base/text.hpp"
#include "domain/cases/condition.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace chengshu::intake {
namespace {

/// Folds white space (line breaks included, for one-line fields) and drops control characters.
std::string fold(std::string_view text, bool keep_lines) {
    std::string out;
    bool space = false;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '\n' && keep_lines && !out.empty() && out.back() != '\n') {
            out += '\n';
            space = false;
        } else if (byte <= 0x20 || byte == 0x7f) {
            space = !out.empty() && out.back() != '\n';
        } else {
            if (space) {
                out += ' ';
                space = false;
            }
            out += c;
        }
    }
    while (!out.empty() && out.back() == '\n') {
        out.pop_back();
    }
    return out;
}

Status clean(std::string& text, const char* field, std::size_t max, bool keep_lines = false) {
    if (!is_utf8(text)) {
        return fail(ErrorCode::InvalidInput, fmt::format("{} is not valid UTF-8", field), field);
    }
    text = fold(text, keep_lines);
    if (utf8_length(text) > max) {
        return fail(
            ErrorCode::TooLarge, fmt::format("{} has more than {} characters", field, max), field
        );
    }
    return ok();
}

bool is_source_code(std::string_view text) {
    return !text.empty() && text.size() <= 32 && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    });
}

}  // namespace

Result<Report> normalise(Report report) {
    CS_CHECK(clean(report.description, "description", kDescriptionMax, true));
    CS_CHECK(clean(report.address, "address", kAddressMax));
    CS_CHECK(clean(report.reporter.name, "reporter.name", 100));
    CS_CHECK(clean(report.reporter.phone, "reporter.phone", 40));
    CS_CHECK(clean(report.reporter.email, "reporter.email", 200));
    CS_CHECK(clean(report.reporter.account, "reporter.account", 100));
    CS_CHECK(clean(report.external_id, "external_id", 200));
    CS_CHECK(clean(report.category, "category", 200));
    CS_CHECK(clean(report.standard, "standard", 200));
    CS_CHECK(clean(report.area, "area", 64));
    CS_CHECK(clean(report.component, "component", 64));
    if (!is_source_code(report.source)) {
        return fail(
            ErrorCode::InvalidInput,
            "source is a code of 1 to 32 lower-case letters, digits and _",
            "source"
        );
    }
    if (report.media_urls.size() > kAttachmentsMax) {
        return fail(
            ErrorCode::TooLarge,
            fmt::format("a report has at most {} media addresses", kAttachmentsMax),
            "media_url"
        );
    }
    for (auto& url : report.media_urls) {
        CS_CHECK(clean(url, "media_url", kMediaUrlMax));
    }
    if (report.attachments.size() > kAttachmentsMax) {
        return fail(
            ErrorCode::TooLarge,
            fmt::format("a report has at most {} attachments", kAttachmentsMax),
            "attachments"
        );
    }
    if (report.point) {
        const auto [lon, lat] = *report.point;
        if (!std::isfinite(lon) || !std::isfinite(lat) || std::abs(lon) > 180 ||
            std::abs(lat) > 90) {
            return fail(
                ErrorCode::InvalidInput,
                "a coordinate is longitude -180..180 and latitude -90..90",
                "lon"
            );
        }
    }
    return report;
}

Result<city::Place> locate(const Report& report, const city::City& city, Date date) {
    const city::Component* component = nullptr;
    if (!report.component.empty()) {
        component = city.component(report.component);
        if (component == nullptr) {
            return fail(
                ErrorCode::UnknownCode,
                fmt::format("component {} is not registered", report.component),
                "component"
            );
        }
    }
    std::optional<city::Point> point = report.point;
    if (point && report.gcj02) {
        point = city::gcj02_to_wgs84(*point);
    }
    if (point && component != nullptr &&
        city::distance_m(*point, component->point) > kComponentAwayMax) {
        return fail(
            ErrorCode::InvalidInput,
            fmt::format(
                "component {} is more than {} m from the coordinate",
                report.component,
                kComponentAwayMax
            ),
            "component"
        );
    }
    if (!point && component != nullptr) {
        point = component->point;
    }
    if (point && !city::has_outlines(city)) {
        // A city without boundaries cannot place a coordinate: the area code must say it.
        city::Place place;
        place.point = point;
        place.path = city.path(report.area.empty() ? city::root_area(city).code : report.area);
        if (place.path.empty()) {
            return fail(
                ErrorCode::UnknownCode, fmt::format("area {} is not known", report.area), "area"
            );
        }
        return place;
    }
    if (point) {
        CS_TRY(place, city.locate(*point, date));
        place.component = report.component;
        return place;
    }
    if (report.area.empty()) {
        return fail(
            ErrorCode::InvalidInput,
            "say where: lon and lat, a component code, or an area code",
            "lon"
        );
    }
    const auto* area = city.area(report.area);
    if (area == nullptr || !area->validity.holds(date)) {
        return fail(
            ErrorCode::UnknownCode,
            fmt::format("area {} is not known or not valid on the date", report.area),
            "area"
        );
    }
    city::Place place;
    place.path = city.path(report.area);
    return place;
}

Result<std::string> classify(const Report& report, const city::City& city, Date date) {
    std::string id = report.category;
    if (id.empty() && !report.standard.empty()) {
        const auto* standard = city.standard(report.standard);
        if (standard == nullptr) {
            return fail(
                ErrorCode::UnknownCode,
                fmt::format("standard {} is not known", report.standard),
                "standard"
            );
        }
        id = standard->category;
    }
    if (id.empty()) {
        return id;
    }
    const auto* category = city.category(id);
    if (category == nullptr || !category->validity.holds(date)) {
        return fail(
            ErrorCode::UnknownCode,
            fmt::format("category {} is not known or not valid on the date", id),
            "category"
        );
    }
    if (!report.standard.empty()) {
        const auto* standard = city.standard(report.standard);
        if (standard == nullptr || standard->category != id) {
            return fail(
                ErrorCode::UnknownCode,
                fmt::format("standard {} is not one of category {}", report.standard, id),
                "standard"
            );
        }
    }
    return id;
}

namespace {

Duration hours_of(double hours) {
    return std::chrono::duration_cast<Duration>(
        std::chrono::duration<double, std::ratio<3600>>(hours)
    );
}

}  // namespace

DuplicateRule duplicate_rule(const std::string& category, const city::City& city) {
    const auto* found = city.category(category);
    const auto& settings = city.settings();
    const double radius = found != nullptr && found->duplicate_radius_m >= 0
                              ? found->duplicate_radius_m
                              : settings.duplicate_radius_m;
    const double hours = found != nullptr && found->duplicate_window_h >= 0
                             ? found->duplicate_window_h
                             : settings.duplicate_window_h;
    return {radius, hours_of(hours)};
}

Duration longest_duplicate_window(const city::City& city) {
    double hours = city.settings().duplicate_window_h;
    for (const auto& category : city.categories()) {
        hours = std::max(hours, category.duplicate_window_h);
    }
    return hours_of(hours);
}

}  // namespace chengshu::intake
