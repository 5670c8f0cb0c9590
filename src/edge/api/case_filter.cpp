#include "edge/api/internal/case_filter.hpp"

#include "domain/access/scope.hpp"
#include "edge/api/internal/dimensions.hpp"
#include "edge/api/internal/page.hpp"
#include "services/case_row.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace chengshu::api {
namespace {

constexpr double kRadiusMax = 20'000;
/// What the public knows of a place is rounded; a circle must then be wider to hold it.
constexpr double kCoarseM = 120;
/// Pages of the store that one call looks through for cases that fit.
constexpr int kPagesMax = 25;
constexpr int kStorePage = 200;

/// Two conditions on one column: the same value, or none can fulfil both.
void both(std::string& column, const std::string& wanted, bool& nothing) {
    if (column.empty()) {
        column = wanted;
    } else if (!wanted.empty() && column != wanted) {
        nothing = true;
    }
}

void later(int& day, int other) {
    day = std::max(day, other);
}

void earlier(int& day, int other) {
    day = day == 0 ? other : other == 0 ? day : std::min(day, other);
}

Status put_area(const Call& call, const std::string& code, CaseFilter& out) {
    const auto path = call.city().path(code);
    if (path.empty()) {
        return fail(
            ErrorCode::UnknownCode, fmt::format("area {} is not known", code.substr(0, 64)), "area"
        );
    }
    auto& query = out.query;
    if (!query.area.empty() && call.city().is_within(query.area, code)) {
        return ok();
    }
    if (!query.area.empty() && !call.city().is_within(code, query.area)) {
        out.nothing = true;
        return ok();
    }
    query.area = code;
    query.area_level = static_cast<int>(path.size()) - 1;
    return ok();
}

int key_of(const std::optional<std::string>& day) {
    const auto date = day ? parse_date(*day) : Result<Date>(fail(ErrorCode::InvalidInput, ""));
    return date ? date_key(*date) : 0;
}

/// A figure's cases: services::cases_of, joined with the other conditions.
Status put_measure(const Call& call, CaseFilter& out) {
    const auto measure = call.parameter("measure");
    if (!measure) {
        return ok();
    }
    auto kind = call.parameter("measure_kind").value_or("area");
    auto subject = call.parameter("measure_subject").value_or("");
    if (subject.empty()) {
        subject = call.parameter("measure_area")
                      .value_or(kind == "area" ? city::root_area(call.city()).code : "");
    }
    CS_TRY(breakdown, breakdown_of(call, "measure_by", "measure_member"));
    if (breakdown.dimension != nullptr) {
        CS_CHECK(check_one(breakdown));
        if (kind != "area") {
            return fail(ErrorCode::InvalidInput, "only areas are broken down", "measure_by");
        }
        CS_TRY(places, places_in(call, breakdown, subject));
        kind = places.front().kind;
        subject = places.front().code;
    }
    CS_TRY(
        counted,
        services::cases_of(
            *call.definitions,
            kind,
            subject,
            *measure,
            key_of(call.parameter("measure_from")),
            key_of(call.parameter("measure_to"))
        )
    );
    const auto& wanted = counted.query;
    auto& query = out.query;
    query.facts_mask |= wanted.facts_mask;
    if (!wanted.area.empty()) {
        CS_CHECK(put_area(call, wanted.area, out));
    }
    query.categories = wanted.categories;
    both(query.department, wanted.department, out.nothing);
    both(query.source, wanted.source, out.nothing);
    both(query.collector, wanted.collector, out.nothing);
    later(query.reported_day_from, wanted.reported_day_from);
    earlier(query.reported_day_to, wanted.reported_day_to);
    later(query.filed_day_from, wanted.filed_day_from);
    earlier(query.filed_day_to, wanted.filed_day_to);
    later(query.closed_day_from, wanted.closed_day_from);
    earlier(query.closed_day_to, wanted.closed_day_to);
    out.counted.actions = counted.actions;
    out.counted.account = counted.account;
    return ok();
}

void put_days(const Call& call, ports::CaseQuery& query) {
    if (const auto from = call.parameter("from")) {
        if (const auto date = parse_date(*from)) {
            query.reported_day_from = date_key(*date);
        } else if (const auto instant = parse_rfc3339(*from)) {
            query.reported_from = to_millis(*instant);
        }
    }
    if (const auto to = call.parameter("to")) {
        if (const auto date = parse_date(*to)) {
            query.reported_day_to = date_key(*date);
        } else if (const auto instant = parse_rfc3339(*to)) {
            query.reported_to = to_millis(*instant);
        }
    }
}

Status put_near(const Call& call, bool outside, CaseFilter& out) {
    const auto text = call.parameter("near");
    if (!text) {
        return ok();
    }
    double numbers[3] = {};
    const char* at = text->data();
    const char* const end = at + text->size();
    for (int i = 0; i < 3; ++i) {
        const auto [next, error] = std::from_chars(at, end, numbers[i]);
        const bool last = i == 2;
        if (error != std::errc() || (last ? next != end : next == end || *next != ',')) {
            return fail(ErrorCode::InvalidInput, "near is lon,lat,radius in metres", "near");
        }
        at = next + (last ? 0 : 1);
    }
    const auto [lon, lat, radius] = numbers;
    const bool sane =
        lon >= -180 && lon <= 180 && lat >= -90 && lat <= 90 && radius > 0 && radius <= kRadiusMax;
    if (!sane) {
        return fail(
            ErrorCode::InvalidInput,
            fmt::format("near is lon,lat,radius in metres, at most {}", kRadiusMax),
            "near"
        );
    }
    out.near = CaseFilter::Circle{{lon, lat}, radius};
    for (const auto& range : city::cells_around({lon, lat}, radius + (outside ? kCoarseM : 0))) {
        out.query.cells.emplace_back(range.first, range.last);
    }
    return ok();
}

/// Which cases the list may hold at all. Everybody may see that a case exists (public view), so the
/// scope of a list is a matter of choice, except where the caller searches in what only the inner
/// view shows.
Status put_scope(const Call& call, bool inner_search, CaseFilter& out) {
    const bool has_scope = access::may(call.who, access::Permission::ReadCase);
    const auto asked = call.parameter("scope");
    if ((asked == "mine" || inner_search) && !has_scope) {
        return call.who.kind == access::PrincipalKind::Public
                   ? fail(
                         ErrorCode::NotAuthenticated,
                         "sign in to search in texts and queues",
                         inner_search ? "q" : "scope"
                     )
                   : fail(
                         ErrorCode::NotPermitted,
                         "none of the caller's posts reads cases",
                         inner_search ? "q" : "scope"
                     );
    }
    const bool mine =
        inner_search || asked == "mine" || (!asked && has_scope && !call.parameter("measure"));
    if (!mine) {
        return ok();
    }
    auto scope = access::list_scope(call.who, call.city());
    out.nothing = out.nothing || scope.nothing();
    if (!scope.everything) {
        out.query.scope_any = std::move(scope.any);
    }
    return ok();
}

std::string login_of(const Call& call, const char* name) {
    const auto text = call.parameter(name).value_or("");
    return text == "me" ? call.who.account : text;
}

Status put_cursor(const Call& call, ports::CaseQuery& query) {
    CS_TRY(cursor, cursor_of(call));
    if (cursor.empty()) {
        return ok();
    }
    const auto dot = cursor.find('.');
    const auto id =
        parse_id(std::string_view(cursor).substr(dot == std::string::npos ? cursor.size() : dot + 1)
        );
    const auto [end, error] = std::from_chars(
        cursor.data(), cursor.data() + std::min(dot, cursor.size()), query.after_reported_at
    );
    if (!id || error != std::errc() || end != cursor.data() + dot) {
        return fail(ErrorCode::InvalidInput, "use `next` of the page before as cursor", "cursor");
    }
    query.after_id = CaseId{*id};
    return ok();
}

}  // namespace

Result<CaseFilter> read_case_filter(const Call& call) {
    CaseFilter out;
    if (auto number = call.parameter("number")) {
        std::erase_if(*number, [](char c) { return c == ' ' || c == '-'; });
        const auto id = cases::parse_case_id(*number);
        out.only = id ? *id : CaseId{};
        out.nothing = !id;
        return out;
    }
    auto& query = out.query;
    query.text = call.parameter("q").value_or("");
    if (const auto area = call.parameter("area")) {
        CS_CHECK(put_area(call, *area, out));
    }
    query.state = call.parameter("state").value_or("");
    if (const auto open = call.parameter("open")) {
        query.open = *open == "true";
    }
    query.category = call.parameter("category").value_or("");
    query.department = call.parameter("department").value_or("");
    query.source = call.parameter("source").value_or("");
    query.queue = call.parameter("queue").value_or("");
    query.holder = login_of(call, "holder");
    query.collector = login_of(call, "collector");
    if (const auto parent = call.parameter("parent")) {
        CS_TRY(id, cases::parse_case_id(*parent));
        query.parent = id;
    }
    put_days(call, query);
    CS_CHECK(put_measure(call, out));
    const bool text_search = !query.text.empty() && !call.city().settings().public_sees_description;
    const bool asks_people =
        call.parameter("holder") || call.parameter("queue") || call.parameter("collector");
    CS_CHECK(put_scope(call, text_search || asks_people, out));
    CS_CHECK(put_near(
        call, !access::may(call.who, access::Permission::ReadCase) || query.scope_any.empty(), out
    ));
    CS_CHECK(put_cursor(call, query));
    return out;
}

Result<bool> CaseWalk::add_only(std::vector<FoundCase>& out) {
    at_end_ = true;
    CS_TRY(row, store_.find_case(filter_.only));
    if (!row) {
        return false;
    }
    CS_TRY(value, services::from_row(*row));
    const auto sight = sight_of(who_, value, *definitions_->city);
    out.push_back({std::move(value), row->version, sight});
    return true;
}

Result<bool> CaseWalk::add(const ports::CaseRow& row, std::vector<FoundCase>& out) {
    filter_.query.after_reported_at = row.reported_at;
    filter_.query.after_id = row.id;
    CS_TRY(value, services::from_row(row));
    if (!filter_.counted.counts(value)) {
        return false;
    }
    const auto sight = sight_of(who_, value, *definitions_->city);
    if (filter_.near) {
        if (!value.point) {
            return false;
        }
        // Probing with small circles must not tell more of a place than the view does.
        const city::Point known =
            sight == Sight::Inner ? *value.point
                                  : city::Point{coarse(value.point->lon), coarse(value.point->lat)};
        if (city::distance_m(known, filter_.near->center) > filter_.near->radius_m) {
            return false;
        }
    }
    out.push_back({std::move(value), row.version, sight});
    return true;
}

Result<std::vector<FoundCase>> CaseWalk::next(int limit) {
    std::vector<FoundCase> out;
    if (filter_.nothing) {
        at_end_ = true;
    }
    if (filter_.only && !at_end_) {
        CS_CHECK(add_only(out));
        return out;
    }
    const bool filtered = filter_.near || !filter_.counted.actions.empty();
    const auto wanted = static_cast<std::size_t>(limit);
    for (int page = 0; page < kPagesMax && !at_end_ && out.size() < wanted; ++page) {
        // One more than wanted tells whether there is a next page.
        filter_.query.limit = filtered ? kStorePage : static_cast<int>(wanted - out.size()) + 1;
        CS_TRY(rows, store_.search(filter_.query));
        at_end_ = rows.size() < static_cast<std::size_t>(filter_.query.limit);
        for (const auto& row : rows) {
            if (out.size() == wanted) {
                at_end_ = false;
                break;
            }
            CS_CHECK(add(row, out));
        }
    }
    return out;
}

std::string CaseWalk::position() const {
    return fmt::format("{}.{}", filter_.query.after_reported_at, filter_.query.after_id.value);
}

}  // namespace chengshu::api
