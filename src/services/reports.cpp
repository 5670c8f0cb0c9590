#include "services/reports.hpp"

#include "domain/cases/decide.hpp"

#include <boost/json.hpp>

#include <algorithm>

namespace json = boost::json;

namespace chengshu::services {
namespace {

std::string reporter_json(const intake::Reporter& reporter) {
    if (reporter.empty()) {
        return {};
    }
    json::object out;
    const auto put = [&](const char* name, const std::string& value) {
        if (!value.empty()) {
            out[name] = value;
        }
    };
    put("name", reporter.name);
    put("phone", reporter.phone);
    put("email", reporter.email);
    put("account", reporter.account);
    return json::serialize(out);
}

ports::ReportRow
to_row(const intake::Report& report, ReportId id, CaseId case_id, const char* state, Instant at) {
    json::object body;
    body["description"] = report.description;
    if (!report.category.empty()) {
        body["category"] = report.category;
    }
    if (!report.address.empty()) {
        body["address"] = report.address;
    }
    if (report.point) {
        body["point"] = json::array{report.point->lon, report.point->lat};
    }
    if (!report.attachments.empty()) {
        json::array list;
        for (const auto& item : report.attachments) {
            list.emplace_back(item.sha256);
        }
        body["attachments"] = std::move(list);
    }
    if (!report.media_urls.empty()) {
        body["media_urls"] = json::array(report.media_urls.begin(), report.media_urls.end());
    }
    if (!report.channel.empty()) {
        body["channel"] = report.channel;
    }
    return {
        id,
        case_id,
        report.source,
        state,
        report.external_id,
        to_millis(at),
        json::serialize(body),
        reporter_json(report.reporter)
    };
}

cases::Actor reporter_actor(const access::Principal& who, const intake::Report& report) {
    cases::Actor actor;
    actor.account = who.account.empty() ? "public" : who.account;
    for (const auto& post : who.posts) {
        if (post.kind == "collector" || actor.post.empty()) {
            actor.post = post.code;
            actor.post_kind = post.kind;
            actor.department = post.department;
        }
    }
    if (actor.post_kind.empty()) {
        actor.post_kind = "public";
    }
    if (!report.collector.empty()) {
        actor.account = report.collector;
    }
    return actor;
}

/// Login of the collector to whom a check goes: the nearest by last known position within the
/// city's radius.
std::string nearest_collector(UnitOfWork& work, const cases::Case& value) {
    if (!value.point) {
        return {};
    }
    const auto positions = work.positions();
    std::string best;
    double best_m = work.city().settings().verification_radius_m;
    if (!positions) {
        return best;
    }
    for (const auto& [login, point] : **positions) {
        const double metres = city::distance_m(point, *value.point);
        if (metres < best_m) {
            best_m = metres;
            best = login;
        }
    }
    return best;
}

}  // namespace

cases::Context context_of(UnitOfWork& work) {
    return {
        work.now(),
        work.city(),
        work.definitions().workflows,
        [&work](const cases::Case& value) { return nearest_collector(work, value); },
        false
    };
}

Result<FiledReport>
file_report(UnitOfWork& work, const access::Principal& who, intake::Report raw) {
    CS_TRY(report, intake::normalise(std::move(raw)));
    if (!report.external_id.empty()) {
        CS_TRY(seen, work.report_by_external_id(report.source, report.external_id));
        if (seen) {
            CS_TRY(value, work.see_case(seen->case_id));
            return FiledReport{seen->id, seen->state, std::move(value)};
        }
    }
    CS_CHECK(work.definitions().evaluation.check_source(report.source));
    const auto& city = work.city();
    const auto today = city.calendar().zone().local_date(work.now());
    CS_TRY(place, intake::locate(report, city, today));
    CS_TRY(category, intake::classify(report, city, today));
    const auto actor = reporter_actor(who, report);
    const auto context = context_of(work);
    if (!category.empty() && place.point && !report.self_handled && !report.confirmed_new) {
        const auto rule = intake::duplicate_rule(category, city);
        if (rule.radius_m > 0) {
            CS_TRY(
                near, work.similar(category, *place.point, rule.radius_m, work.now() - rule.window)
            );
            if (!near.empty()) {
                const auto id = work.next_report();
                auto joined =
                    cases::join_report(near.front(), actor, id, report.attachments, context);
                auto after = work.stage(std::move(joined));
                work.stage_report(to_row(report, id, after->id, "duplicate", work.now()));
                return FiledReport{id, "duplicate", std::move(after)};
            }
        }
    }
    cases::Case draft;
    CS_TRY(number, work.next_case(city.division_of(place.path.back())));
    draft.id = number;
    draft.report = work.next_report();
    draft.workflow = cases::usual_workflow(city.settings(), category);
    draft.category = category;
    draft.standard = report.standard;
    draft.description = report.description;
    draft.address = report.address;
    draft.point = place.point;
    draft.path = place.path;
    draft.component = report.component;
    draft.source = report.source;
    draft.collector = report.collector;
    draft.generated = report.generated;
    draft.attachments = report.attachments;
    if (!report.owner.empty()) {
        draft.facts.emplace(cases::kNamedOwner, report.owner);
        draft.facts.emplace(cases::kNamedBasis, report.owner_basis);
    }
    if (report.self_handled) {
        draft.flags.insert("self_handled");
    }
    if (report.urgent) {
        draft.flags.insert("urgent");
    }
    CS_TRY(opened, cases::open_case(std::move(draft), actor, context));
    auto after = work.stage(std::move(opened));
    work.stage_report(to_row(report, after->report, after->id, "case", work.now()));
    return FiledReport{after->report, "case", std::move(after)};
}

Status note_position(UnitOfWork& work, const access::Principal& who, city::Point point) {
    if (std::none_of(who.posts.begin(), who.posts.end(), [](const auto& post) {
            return post.kind == "collector";
        })) {
        return fail(ErrorCode::NotPermitted, "only a collector says where he is");
    }
    CS_CHECK(work.city().locate(point, work.city().calendar().zone().local_date(work.now())));
    work.stage_document(
        {kPosition,
         who.account,
         json::serialize(json::object{{"point", json::array{point.lon, point.lat}}})}
    );
    return ok();
}

}  // namespace chengshu::services
