#include "domain/cases/workflow.hpp"
#include "edge/api/internal/case_view.hpp"
#include "edge/api/internal/handlers.hpp"
#include "edge/api/internal/page.hpp"
#include "edge/api/internal/text.hpp"
#include "edge/http/negotiate.hpp"
#include "services/statistics.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace chengshu::api {
namespace {

/// ASCII letters without case, everything else as it is.
std::string folded(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    });
    return out;
}

bool mentions(const std::string& wanted, std::initializer_list<std::string_view> texts) {
    return std::any_of(texts.begin(), texts.end(), [&](auto text) {
        return folded(text).find(wanted) != std::string::npos;
    });
}

json::object area_view(const Call& call, const city::Area& area) {
    const auto areas = call.city().areas();
    const bool children = std::any_of(areas.begin(), areas.end(), [&](const auto& item) {
        return item.parent == area.code;
    });
    return {
        {"code", area.code},
        {"parent", area.parent},
        {"level", area.level},
        {"name", label(area.name)},
        {"schematic", area.schematic},
        {"has_children", children}
    };
}

json::object category_view(const city::Category& category) {
    json::object out{
        {"id", category.id},
        {"code_set", category.code_set},
        {"kind", category.kind},
        {"code", category.code}
    };
    if (!category.parent.empty()) {
        out["parent"] = category.parent;
    }
    out["name"] = label(category.name);
    return out;
}

json::object step_view(const cases::Transition& transition) {
    return {
        {"code", transition.code},
        {"name", label(transition.name)},
        {"from", json::array(transition.from.begin(), transition.from.end())},
        {"to", transition.to},
        {"by", json::array(transition.by.begin(), transition.by.end())},
        {"needs", needs_view(transition)}
    };
}

Result<double> degrees(const Call& call, const char* name) {
    const auto text = call.parameter(name);
    if (!text) {
        return fail(ErrorCode::InvalidInput, fmt::format("{} is missing", name), name);
    }
    return std::stod(*text);
}

}  // namespace

Result<Outcome> get_city(const Call& call) {
    const auto& city = call.city();
    json::object out{
        {"code", city.code()},
        {"name", label(city.name())},
        {"time_zone", city.calendar().zone().name()}
    };
    if (const auto box = city.extent(); box.west < box.east && box.south < box.north) {
        out["extent"] = json::array{box.west, box.south, box.east, box.north};
    }
    json::array levels;
    for (const auto& level : city.levels()) {
        levels.emplace_back(named(level.code, level.name));
    }
    out["levels"] = std::move(levels);
    const auto sets = city.code_sets(call.today());
    out["code_sets"] = json::array(sets.begin(), sets.end());
    const auto& notice = city.notice();
    const auto areas = city.areas();
    out["generated"] =
        std::any_of(areas.begin(), areas.end(), [](const auto& area) { return area.schematic; });
    if (!notice.zh.empty() || !notice.en.empty()) {
        out["notice"] = label(notice);
    }
    CS_TRY(day, services::newest_report_day(call.ports.store));
    if (day != 0) {
        CS_TRY(date, date_from_key(day));
        out["day"] = format_date(date);
    }
    out["revision"] = call.definitions->revision;
    out["now"] = format_utc(call.ports.clock.now());
    return Outcome{json_answer(out)};
}

Result<Outcome> list_areas(const Call& call) {
    const auto parent = call.parameter("parent");
    const auto level = call.parameter("level");
    std::vector<const city::Area*> found;
    for (const auto& area : call.city().areas()) {
        const bool wanted = (!parent || area.parent == *parent) && (!level || area.level == *level);
        if (wanted && area.validity.holds(call.today())) {
            found.push_back(&area);
        }
    }
    return sliced(call, found, [&](const auto* area) { return area_view(call, *area); });
}

Result<Outcome> list_categories(const Call& call) {
    const auto set = call.parameter("code_set");
    const auto kind = call.parameter("kind");
    const auto parent = call.parameter("parent");
    const auto text = folded(call.parameter("q").value_or(""));
    const auto sets = call.city().code_sets(call.today());
    std::vector<const city::Category*> found;
    for (const auto& category : call.city().categories()) {
        const bool usable =
            set ? category.code_set == *set
                : std::find(sets.begin(), sets.end(), category.code_set) != sets.end();
        const bool wanted =
            usable && (!kind || category.kind == *kind) &&
            (!parent || category.parent == *parent) &&
            (text.empty() ||
             mentions(text, {category.id, category.code, category.name.zh, category.name.en}));
        if (wanted && category.validity.holds(call.today())) {
            found.push_back(&category);
        }
    }
    return sliced(call, found, [](const auto* category) { return category_view(*category); });
}

Result<Outcome> list_standards(const Call& call) {
    const auto category = call.parameter("category");
    std::vector<const city::Standard*> found;
    for (const auto& standard : call.city().standards()) {
        if ((!category || standard.category == *category) &&
            standard.validity.holds(call.today())) {
            found.push_back(&standard);
        }
    }
    return sliced(call, found, [](const auto* standard) { return standard_view(*standard); });
}

Result<Outcome> list_departments(const Call& call) {
    std::vector<const city::Department*> found;
    for (const auto& department : call.city().departments()) {
        if (department.validity.holds(call.today())) {
            found.push_back(&department);
        }
    }
    return sliced(call, found, [](const auto* department) {
        auto out = named(department->code, department->name);
        for (const auto& [name, value] :
             {std::pair("parent", &department->parent),
              std::pair("area", &department->area),
              std::pair("uscc", &department->uscc)}) {
            if (!value->empty()) {
                out[name] = *value;
            }
        }
        return out;
    });
}

Result<Outcome> list_workflows(const Call& call) {
    std::vector<const cases::Workflow*> all;
    for (const auto& [code, workflow] : call.definitions->workflows) {
        all.push_back(&workflow);
    }
    return sliced(call, all, [](const auto* workflow) {
        return named(workflow->code, workflow->name);
    });
}

Result<Outcome> get_workflow(const Call& call) {
    const auto found = call.definitions->workflows.find(call.in_path("code"));
    if (found == call.definitions->workflows.end()) {
        return fail(ErrorCode::NotFound, "there is no such workflow", "code");
    }
    const auto& workflow = found->second;
    auto out = named(workflow.code, workflow.name);
    out["start"] = workflow.start;
    json::array states;
    for (const auto& state : workflow.states) {
        states.emplace_back(state_view(*call.definitions, workflow.code, state.code));
    }
    out["states"] = std::move(states);
    json::array steps;
    for (const auto& transition : workflow.transitions) {
        steps.emplace_back(step_view(transition));
    }
    out["steps"] = std::move(steps);
    out["diagram"] = cases::diagram(workflow, http::accepts_language(call.request.headers));
    return Outcome{json_answer(out)};
}

Result<Outcome> locate(const Call& call) {
    CS_TRY(lon, degrees(call, "lon"));
    CS_TRY(lat, degrees(call, "lat"));
    city::Point point{lon, lat};
    if (call.parameter("datum") == "gcj02") {
        point = city::gcj02_to_wgs84(point);
    }
    CS_TRY(place, call.city().locate(point, call.today()));
    json::object out{
        {"lon", point.lon}, {"lat", point.lat}, {"area_path", area_path(call.city(), place.path)}
    };
    if (!place.component.empty()) {
        out["component"] = place.component;
    }
    return Outcome{json_answer(out)};
}

Result<Outcome> get_openapi(const Call& /*call*/) {
    static const auto kDocument = openapi_document();
    Answer out;
    out.body = kDocument;
    out.headers.set("Cache-Control", "public, max-age=300");
    return Outcome{std::move(out)};
}

Result<Outcome> list_errors(const Call& /*call*/) {
    json::array items;
    for (const auto& info : all_errors()) {
        items.emplace_back(json::object{
            {"code", info.name},
            {"status", info.http_status},
            {"retryable", info.retryable},
            {"title", json::object{{"zh", info.meaning_zh}, {"en", info.meaning_en}}}
        });
    }
    return Outcome{list_answer(std::move(items), "")};
}

}  // namespace chengshu::api
