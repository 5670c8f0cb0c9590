#include "services/reports.hpp"

#include "base/json_text.hpp"
#include "domain/access/masking.hpp"
#include "edge/api/internal/attach.hpp"
#include "edge/api/internal/case_view.hpp"
#include "edge/api/internal/handlers.hpp"
#include "edge/api/internal/page.hpp"
#include "edge/api/internal/text.hpp"
#include "services/case_row.hpp"

#include <algorithm>
#include <charconv>

namespace chengshu::api {
namespace {

bool has_post(const access::Principal& who, std::string_view kind) {
    return std::any_of(who.posts.begin(), who.posts.end(), [&](const auto& post) {
        return post.kind == kind;
    });
}

bool flag(const json::object& object, std::string_view name) {
    const auto* value = object.if_contains(name);
    return value != nullptr && value->is_bool() && value->get_bool();
}

/// Who may say what: the public is only the public, and only a collector has solved something on
/// the spot.
Status check_claims(const Call& call, const intake::Report& report) {
    const bool outside = call.who.kind == access::PrincipalKind::Public;
    if (outside && report.source != "public") {
        return fail(
            ErrorCode::NotAuthenticated,
            "without an account the source of a report is \"public\"",
            "source"
        );
    }
    if (outside && report.generated) {
        return fail(ErrorCode::NotAuthenticated, "sign in to file made-up reports", "generated");
    }
    if (outside && !report.external_id.empty()) {
        return fail(
            ErrorCode::NotAuthenticated,
            "an external id belongs to a system that has an account",
            "external_id"
        );
    }
    if (report.source == "collector" && !has_post(call.who, "collector")) {
        return fail(ErrorCode::NotPermitted, "only a collector reports as collector", "source");
    }
    if (report.self_handled && !has_post(call.who, "collector")) {
        return fail(
            ErrorCode::NotPermitted, "only a collector solves a matter on the spot", "self_handled"
        );
    }
    return ok();
}

Result<intake::Report> read_report(const Call& call) {
    const auto& body = call.body;
    intake::Report out;
    out.source = text_of(body, "source");
    out.category = text_of(body, "category");
    out.standard = text_of(body, "standard");
    out.description = text_of(body, "description");
    out.address = text_of(body, "address");
    out.area = text_of(body, "area");
    out.component = text_of(body, "component");
    out.external_id = text_of(body, "external_id");
    const auto lon = number_of(body, "lon");
    const auto lat = number_of(body, "lat");
    if (lon.has_value() != lat.has_value()) {
        return fail(ErrorCode::InvalidInput, "lon and lat belong together", lon ? "lat" : "lon");
    }
    if (lon) {
        out.point = city::Point{*lon, *lat};
    }
    out.gcj02 = text_of(body, "datum") == "gcj02";
    if (const auto* reporter = body.if_contains("reporter");
        reporter != nullptr && reporter->is_object()) {
        const auto& person = reporter->get_object();
        out.reporter = {
            text_of(person, "name"), text_of(person, "phone"), text_of(person, "email"), ""
        };
    }
    out.self_handled = flag(body, "self_handled");
    out.urgent = flag(body, "urgent");
    out.generated = flag(body, "generated");
    CS_CHECK(check_claims(call, out));
    if (out.source == "collector") {
        out.collector = call.who.account;
    }
    return out;
}

const char* state_word(const std::string& stored) {
    return stored == "case" ? "filed_as_case" : stored == "duplicate" ? "duplicate" : "refused";
}

json::object state_of(ReportId id, const std::string& state, CaseId case_id) {
    json::object out{{"id", to_string(id)}, {"state", state_word(state)}};
    if (case_id) {
        out["case"] = cases::format_case_id(case_id);
    }
    return out;
}

json::object report_view(const ports::ReportRow& row) {
    auto out = state_of(row.id, row.state, row.case_id);
    out["source"] = row.source;
    if (!row.external_id.empty()) {
        out["external_id"] = row.external_id;
    }
    out["received_at"] = format_utc(from_millis(row.received_at));
    boost::system::error_code error;
    const auto body = json::parse(row.body, error);
    if (!error && body.is_object()) {
        const auto& said = body.get_object();
        for (const char* name : {"category", "address"}) {
            if (const auto value = text_of(said, name); !value.empty()) {
                out[name] = value;
            }
        }
        if (const auto words = text_of(said, "description"); !words.empty()) {
            out["description"] = access::mask_text(words);
        }
        if (const auto* point = said.if_contains("point");
            point != nullptr && point->is_array() && point->get_array().size() == 2) {
            out["lon"] = point->get_array()[0];
            out["lat"] = point->get_array()[1];
        }
        if (const auto* files = said.if_contains("attachments"); files != nullptr) {
            out["attachments"] = *files;
        }
    }
    if (auto reporter = masked_reporter(row); !reporter.empty()) {
        out["reporter"] = std::move(reporter);
    }
    return out;
}

/// Whether the caller sees the case of a report from inside.
Result<bool> sees(const Call& call, CaseId id) {
    CS_TRY(row, call.ports.store.find_case(id));
    if (!row) {
        return false;
    }
    CS_TRY(value, services::from_row(*row));
    return sight_of(call.who, value, call.city()) == Sight::Inner;
}

}  // namespace

Result<Outcome> post_report(const Call& call) {
    CS_TRY(report, read_report(call));
    auto files = files_to_attach(call.body, "before");
    Write write;
    write.work = [who = call.who,
                  report = std::move(report),
                  files = std::move(files)](services::UnitOfWork& work) -> Result<std::string> {
        auto said = report;
        CS_TRY(attachments, services::attachments_of(work, files, who.account));
        said.attachments = std::move(attachments);
        CS_TRY(filed, services::file_report(work, who, std::move(said)));
        CS_CHECK(services::link_files(work, filed.value->attachments, filed.value->id));
        CS_TRY(version, work.version_of(filed.value->id));
        const auto sight = sight_of(who, *filed.value, work.city());
        constexpr std::size_t kUsualAnswer = 2'000;
        JsonWriter out(kUsualAnswer);
        out.begin_object();
        out.key("report").json(json_text(state_of(filed.report, filed.state, filed.value->id)));
        out.key("case").begin_object();
        write_summary(out, work.definitions(), *filed.value, version, sight);
        out.end_object();
        out.end_object();
        return out.take();
    };
    return Outcome{std::move(write)};
}

Result<Outcome> get_report(const Call& call) {
    const auto missing = fail(ErrorCode::NotFound, "there is no such report");
    const auto id = parse_id(call.in_path("report"));
    if (!id) {
        return missing;
    }
    CS_TRY(row, call.ports.store.find_report(ReportId{*id}));
    if (!row) {
        return missing;
    }
    CS_TRY(seen, sees(call, row->case_id));
    if (!seen) {
        return missing;
    }
    return Outcome{json_answer(report_view(*row))};
}

Result<Outcome> list_reports(const Call& call) {
    ports::ReportQuery query;
    query.source = call.parameter("source").value_or("");
    if (const auto text = call.parameter("case")) {
        CS_TRY(id, cases::parse_case_id(*text));
        query.case_id = id;
    }
    CS_TRY(cursor, cursor_of(call));
    if (!cursor.empty()) {
        CS_TRY(after, parse_id(cursor));
        query.after = ReportId{after};
    }
    const auto limit = static_cast<std::size_t>(call.integer("limit", kPageDefault));
    query.limit = static_cast<int>(limit);
    json::array items;
    constexpr int kPagesMax = 20;  // reports of cases that the caller does not see are passed over
    bool more = true;
    for (int page = 0; page < kPagesMax && more && items.size() < limit; ++page) {
        CS_TRY(rows, call.ports.store.find_reports(query));
        more = rows.size() == limit;
        for (const auto& row : rows) {
            if (items.size() == limit) {
                more = true;
                break;
            }
            query.after = row.id;
            CS_TRY(seen, sees(call, row.case_id));
            if (seen) {
                items.emplace_back(report_view(row));
            }
        }
    }
    return Outcome{list_answer(std::move(items), more ? make_cursor(to_string(query.after)) : "")};
}

}  // namespace chengshu::api
