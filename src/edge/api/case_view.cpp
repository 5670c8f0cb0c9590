#include "edge/api/internal/case_view.hpp"

#include "base/json_text.hpp"
#include "domain/access/masking.hpp"
#include "domain/access/scope.hpp"

namespace chengshu::api {
namespace {

/// Bytes of a usual view, so that its text grows once.
constexpr std::size_t kUsualCase = 4'096;

/// For what has no name.
const Label kNoName;

void write_label(JsonWriter& out, JsonName name, const Label& label) {
    out.key(name).begin_object();
    out.member("zh", label.zh);
    out.member("en", label.en);
    out.end_object();
}

void write_named(JsonWriter& out, std::string_view code, const Label& name) {
    out.member("code", code);
    write_label(out, "name", name);
}

/// What is not known is called by its code.
void write_known(JsonWriter& out, const std::string& code, const Label* name) {
    name != nullptr ? write_named(out, code, *name) : write_named(out, code, {code, code});
}

void write_text(JsonWriter& out, JsonName name, std::string_view value) {
    if (!value.empty()) {
        out.member(name, value);
    }
}

void write_instant(JsonWriter& out, JsonName name, const std::optional<Instant>& at) {
    if (at) {
        out.member(name, *at);
    }
}

void write_mark(JsonWriter& out, JsonName name, const cases::Case& value, const char* mark) {
    if (const auto found = value.marks.find(mark); found != value.marks.end()) {
        out.member(name, found->second);
    }
}

void write_limit(JsonWriter& out, const city::TimeLimit& limit) {
    if (limit.value > 0) {
        out.key("limit").begin_object();
        out.member("value", limit.value);
        out.member("unit", city::to_string(limit.unit));
        out.end_object();
    }
}

void write_department(JsonWriter& out, const city::City& city, const std::string& code) {
    const auto* known = city.department(code);
    out.begin_object();
    write_known(out, code, known == nullptr ? nullptr : &known->name);
    out.end_object();
}

void write_state(
    JsonWriter& out,
    const services::Definitions& definitions,
    const std::string& workflow,
    const std::string& code
) {
    const auto flow = definitions.workflows.find(workflow);
    const auto* state = flow == definitions.workflows.end() ? nullptr : flow->second.state(code);
    // A case that a department's own flow has taken over was in states of the flow before it.
    for (auto other = definitions.workflows.begin();
         state == nullptr && other != definitions.workflows.end();
         ++other) {
        state = other->second.state(code);
    }
    out.begin_object();
    write_known(out, code, state == nullptr ? nullptr : &state->name);
    if (state != nullptr) {
        out.member("phase", state->phase);
        write_text(out, "queue", state->queue);
    }
    out.end_object();
}

void write_area_path(
    JsonWriter& out,
    const city::City& city,
    const std::vector<std::string>& path
) {
    out.begin_array();
    for (const auto& code : path) {
        const auto* area = city.area(code);
        out.begin_object();
        out.member("code", code);
        out.member("level", area == nullptr ? std::string_view() : area->level);
        area != nullptr ? write_label(out, "name", area->name)
                        : write_label(out, "name", {code, code});
        out.end_object();
    }
    out.end_array();
}

void write_standard(JsonWriter& out, const city::Standard& standard) {
    out.begin_object();
    out.member("code", standard.code);
    out.member("category", standard.category);
    write_label(out, "condition", standard.condition);
    write_limit(out, standard.limit);
    write_label(out, "closing", standard.closing);
    out.flag("automatic", standard.automatic);
    out.end_object();
}

void write_clocks(
    JsonWriter& out,
    const services::Definitions& definitions,
    const cases::Case& value
) {
    const auto flow = definitions.workflows.find(value.workflow);
    out.begin_array();
    for (const auto& [code, clock] : value.clocks) {
        const auto* known =
            flow == definitions.workflows.end() ? nullptr : flow->second.clock(code);
        out.begin_object();
        write_named(out, code, known == nullptr ? kNoName : known->name);
        write_limit(out, clock.limit);
        write_instant(out, "started", clock.started);
        write_instant(out, "due", clock.due);
        write_instant(out, "stopped", clock.stopped);
        out.flag("paused", clock.paused.has_value());
        out.flag("overdue", clock.overdue);
        out.flag("exempt", clock.exempt);
        out.member("extensions", std::int64_t{clock.extensions});
        out.end_object();
    }
    out.end_array();
}

/// What summary and case have in common, in the schema's order as far as it goes.
void write_common(
    JsonWriter& out,
    const services::Definitions& definitions,
    const cases::Case& value,
    Sight sight
) {
    const auto& city = *definitions.city;
    const bool inner = sight == Sight::Inner;
    if (!value.category.empty()) {
        const auto* category = city.category(value.category);
        out.key("category").begin_object();
        out.member("id", value.category);
        write_named(
            out,
            category == nullptr ? value.category : category->code,
            category == nullptr ? kNoName : category->name
        );
        out.end_object();
    }
    write_area_path(out.key("area_path"), city, value.path);
    if (value.point) {
        out.member("lon", inner ? value.point->lon : coarse(value.point->lon));
        out.member("lat", inner ? value.point->lat : coarse(value.point->lat));
    }
    if (!value.department.empty()) {
        write_department(out.key("department"), city, value.department);
    }
    out.member("source", value.source);
    write_text(out, "address", inner ? value.address : access::mask_address(value.address));
    if (inner || city.settings().public_sees_description) {
        write_text(out, "description", access::mask_text(value.description));
    }
    out.member("reported_at", value.reported_at);
    write_instant(out, "due", due_of(value));
    out.flag("overdue", is_overdue(value));
    write_mark(out, "closed_at", value, "closed");
    out.flag("generated", value.generated);
}

void write_holder(
    JsonWriter& out,
    const services::Definitions& definitions,
    const cases::Case& value
) {
    const auto flow = definitions.workflows.find(value.workflow);
    const auto* state =
        flow == definitions.workflows.end() ? nullptr : flow->second.state(value.state);
    if (state == nullptr || (state->queue.empty() && value.holder.empty())) {
        return;
    }
    out.key("holder").begin_object();
    write_text(out, "post_kind", state->queue);
    write_text(out, "account", value.holder);
    out.end_object();
}

void write_attachments(JsonWriter& out, const cases::Case& value, Sight sight) {
    out.begin_array();
    for (const auto& item : value.attachments) {
        if (sight != Sight::Inner) {
            break;
        }
        out.begin_object();
        out.member("sha256", item.sha256);
        out.member("kind", item.kind);
        out.member("media_type", item.media_type);
        out.member("size", item.size_bytes);
        out.member("at", item.at);
        out.end_object();
    }
    out.end_array();
}

template <class List, class F>
void write_list(JsonWriter& out, JsonName name, const List& list, F&& write_item) {
    out.key(name).begin_array();
    for (const auto& item : list) {
        write_item(item);
    }
    out.end_array();
}

/// Without the reporter, who is in the report, and without can_reveal.
void write_case(
    JsonWriter& out,
    const services::Definitions& definitions,
    const cases::Case& value,
    std::int64_t version,
    Sight sight
) {
    const auto& city = *definitions.city;
    const bool inner = sight == Sight::Inner;
    out.member("id", cases::format_case_id(value.id));
    out.member("version", version);
    out.flag("inner", inner);
    write_state(out.key("state"), definitions, value.workflow, value.state);
    out.member("workflow", value.workflow);
    write_common(out, definitions, value, sight);
    if (const auto* standard = city.standard(value.standard)) {
        write_standard(out.key("standard"), *standard);
    }
    if (inner) {
        write_text(out, "component", value.component);
    }
    write_list(out, "assisting", value.assisting, [&](const std::string& code) {
        write_department(out, city, code);
    });
    if (inner) {
        write_holder(out, definitions, value);
        write_text(out, "collector", value.collector);
    }
    write_clocks(out.key("clocks"), definitions, value);
    out.key("counters").begin_object();
    for (const auto& [name, count] : value.counters) {
        out.data_key(name).number(std::int64_t{count});
    }
    out.end_object();
    write_list(out, "flags", value.flags, [&](const std::string& flag) { out.text(flag); });
    out.key("facts").begin_object();
    if (inner) {
        for (const auto& [name, answer] : value.facts) {
            out.data_key(name).text(answer);
        }
    }
    out.end_object();
    write_text(out, "result", access::mask_text(value.result));
    if (value.parent) {
        out.member("parent", cases::format_case_id(value.parent));
    }
    write_list(out, "children", value.children, [&](CaseId id) {
        out.text(cases::format_case_id(id));
    });
    write_mark(out, "filed_at", value, "filed");
    write_mark(out, "dispatched_at", value, "dispatched");
    write_mark(out, "handled_at", value, "handled");
    write_instant(out, "resume_at", value.resume_at);
    write_attachments(out.key("attachments"), value, sight);
}

/// The tree of what `write` writes, for those who build on it.
template <class F>
json::value tree_of(F&& write) {
    JsonWriter out;
    write(out);
    return json::parse(out.take());
}

}  // namespace

json::object department_name(const city::City& city, const std::string& code) {
    return tree_of([&](JsonWriter& out) { write_department(out, city, code); }).as_object();
}

json::object state_view(
    const services::Definitions& definitions,
    const std::string& workflow,
    const std::string& code
) {
    return tree_of([&](JsonWriter& out) { write_state(out, definitions, workflow, code); }
    ).as_object();
}

json::array area_path(const city::City& city, const std::vector<std::string>& path) {
    return tree_of([&](JsonWriter& out) { write_area_path(out, city, path); }).as_array();
}

json::object standard_view(const city::Standard& standard) {
    return tree_of([&](JsonWriter& out) { write_standard(out, standard); }).as_object();
}

void write_summary(
    JsonWriter& out,
    const services::Definitions& definitions,
    const cases::Case& value,
    std::int64_t version,
    Sight sight
) {
    out.member("id", cases::format_case_id(value.id));
    out.member("version", version);
    write_state(out.key("state"), definitions, value.workflow, value.state);
    write_common(out, definitions, value, sight);
}

Result<std::string> whole_case(
    ports::Store& store,
    const services::Definitions& definitions,
    const access::Principal& who,
    const cases::Case& value,
    std::int64_t version
) {
    const auto sight = sight_of(who, value, *definitions.city);
    JsonWriter out(kUsualCase);
    out.begin_object();
    write_case(out, definitions, value, version, sight);
    if (sight == Sight::Inner) {
        CS_TRY(report, store.find_report(value.report));
        if (report) {
            if (const auto reporter = masked_reporter(*report); !reporter.empty()) {
                out.key("reporter").json(json_text(reporter));
            }
        }
    }
    out.flag(
        "can_reveal", sight == Sight::Inner && access::can_reveal(who, value, *definitions.city)
    );
    out.end_object();
    return out.take();
}

}  // namespace chengshu::api
