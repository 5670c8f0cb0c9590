#include "base/json_text.hpp"
#include "domain/access/scope.hpp"
#include "edge/api/internal/attach.hpp"
#include "edge/api/internal/case_view.hpp"
#include "edge/api/internal/handlers.hpp"
#include "edge/api/internal/page.hpp"
#include "edge/api/internal/schema.hpp"
#include "edge/api/internal/text.hpp"
#include "edge/http/negotiate.hpp"
#include "services/case_row.hpp"
#include "services/transitions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace chengshu::api {
namespace {

struct Loaded {
    cases::Case value;
    std::int64_t version = 0;
};

Failure missing() {
    return fail(ErrorCode::NotFound, "there is no such case");
}

Result<CaseId> id_of(const Call& call) {
    const auto id = cases::parse_case_id(call.in_path("case"));
    if (!id) {
        return missing();
    }
    return *id;
}

Result<Loaded> load(const Call& call) {
    CS_TRY(id, id_of(call));
    CS_TRY(row, call.ports.store.find_case(id));
    if (!row) {
        return missing();
    }
    CS_TRY(value, services::from_row(*row));
    return Loaded{std::move(value), row->version};
}

/// NotFound for who does not see the case from inside.
Result<Loaded> load_inner(const Call& call) {
    CS_TRY(loaded, load(call));
    if (sight_of(call.who, loaded.value, call.city()) != Sight::Inner) {
        return missing();
    }
    return loaded;
}

Result<std::optional<std::int64_t>> seen_version(const Call& call) {
    std::string_view text = call.request.headers.get("If-Match");
    if (text.empty() || text == "*") {
        return std::optional<std::int64_t>{};
    }
    if (text.starts_with("W/")) {
        text.remove_prefix(2);
    }
    if (text.size() >= 2 && text.front() == '"' && text.back() == '"') {
        text = text.substr(1, text.size() - 2);
    }
    const auto version = parse_id(text);
    if (!version) {
        return fail(
            ErrorCode::InvalidInput,
            "If-Match is the version of the case as it was read",
            "If-Match"
        );
    }
    return std::optional(*version);
}

std::string etag_of(std::int64_t version) {
    return fmt::format("\"{}\"", version);
}

const char* kind_of_files(const std::string& action) {
    return action == "resolve" || action == "check_pass" ? "after" : "evidence";
}

/// Members that are no inputs are answers, such as satisfaction.
std::map<std::string, std::string> answers_of(const json::object& body) {
    std::map<std::string, std::string> out;
    const auto* known = schema("NewTransition");
    for (const auto& member : body) {
        const std::string_view name = member.key();
        const bool input =
            std::any_of(known->fields.begin(), known->fields.end(), [&](const auto& field) {
                return field.name == name || (field.name.ends_with('?') &&
                                              field.name.substr(0, field.name.size() - 1) == name);
            });
        if (!input && member.value().is_string()) {
            out.emplace(name, std::string_view(member.value().get_string()));
        }
    }
    return out;
}

Result<services::ActionRequest> read_action(const Call& call) {
    services::ActionRequest out;
    CS_TRY(id, id_of(call));
    CS_TRY(version, seen_version(call));
    out.id = id;
    out.version = version;
    out.action = call.text("action");
    auto& inputs = out.inputs;
    inputs.reason = call.text("reason");
    inputs.standard = call.text("standard");
    inputs.category = call.text("category");
    inputs.department = call.text("department");
    inputs.assisting = call.texts("assisting");
    inputs.account = call.text("account");
    inputs.result = call.text("result");
    inputs.facts = answers_of(call.body);
    if (const auto until = call.text("until"); !until.empty()) {
        CS_TRY(instant, parse_rfc3339(until));
        inputs.until = instant;
    }
    if (const auto into = call.text("into"); !into.empty()) {
        CS_TRY(parent, cases::parse_case_id(into));
        inputs.into = parent;
    }
    out.split_departments = call.texts("departments");
    return out;
}

/// An answer that the step does not ask for is a slip of the name more often than not.
Status check_answers(services::UnitOfWork& work, const services::ActionRequest& request) {
    if (request.inputs.facts.empty()) {
        return ok();
    }
    CS_TRY(value, work.find_case(request.id));
    const auto& flows = work.definitions().workflows;
    const auto flow = value ? flows.find(value->workflow) : flows.end();
    const auto* transition =
        flow == flows.end() ? nullptr : flow->second.transition(request.action, value->state);
    if (transition == nullptr) {
        return ok();  // act() says what is wrong
    }
    std::vector<std::string> known;
    for (const auto& need : transition->needs) {
        known.push_back(need.name == "attachment" ? "attachments" : need.name);
    }
    for (const auto& [name, answer] : request.inputs.facts) {
        if (std::find(known.begin(), known.end(), name) == known.end()) {
            return fail(
                ErrorCode::InvalidInput,
                fmt::format("unknown member \"{}\"{}", name, suggestion(name, known)),
                name
            );
        }
    }
    return ok();
}

/// The text of a view of a case, which begins with its number and its version.
Result<Answer> with_etag(std::string text) {
    constexpr std::string_view kVersion = "\"version\":";
    Answer out;
    if (const auto at = text.find(kVersion); at != std::string::npos) {
        const auto digits = std::string_view{text}.substr(at + kVersion.size());
        out.headers.set(
            "ETag", fmt::format("\"{}\"", digits.substr(0, digits.find_first_not_of("0123456789")))
        );
    }
    out.body = std::move(text);
    return out;
}

/// What a person said about himself in every report of the case, and the free text unmasked.
Result<json::object> revealed(ports::Store& store, const cases::Case& value) {
    constexpr int kReportsMax = 200;
    ports::ReportQuery query;
    query.case_id = value.id;
    query.limit = kReportsMax;
    CS_TRY(reports, store.find_reports(query));
    json::object out;
    json::array all;
    for (auto row = reports.rbegin(); row != reports.rend(); ++row) {
        auto person = clear_reporter(*row);
        if (row->id == value.report) {
            out = person;
        }
        if (!person.empty()) {
            all.emplace_back(std::move(person));
        }
    }
    if (!value.description.empty()) {
        out["description"] = value.description;
    }
    out["reports"] = std::move(all);
    return out;
}

}  // namespace

Result<Outcome> get_case(const Call& call) {
    CS_TRY(loaded, load(call));
    CS_TRY(
        view,
        whole_case(call.ports.store, *call.definitions, call.who, loaded.value, loaded.version)
    );
    Answer answer;
    answer.body = std::move(view);
    const auto etag = etag_of(loaded.version);
    answer.headers.set("ETag", etag);
    answer.headers.set("Cache-Control", "private, no-cache");
    if (http::matches_etag(call.request.headers.get("If-None-Match"), etag)) {
        answer.status = 304;
    }
    return Outcome{std::move(answer)};
}

Result<Outcome> get_timeline(const Call& call) {
    CS_TRY(loaded, load(call));
    const auto sight = sight_of(call.who, loaded.value, call.city());
    CS_TRY(rows, call.ports.store.journal_of(loaded.value.id));
    std::vector<json::object> shown;
    for (const auto& row : rows) {
        auto entry = entry_view(*call.definitions, row, loaded.value.workflow, sight);
        if (entry.shown) {
            shown.push_back(std::move(entry.object));
        }
    }
    return sliced(call, shown, [](const auto& entry) { return entry; });
}

Result<Outcome> list_actions(const Call& call) {
    CS_TRY(loaded, load_inner(call));
    json::array items;
    for (const auto& action :
         services::possible_actions(loaded.value, call.who, *call.definitions, call.now)) {
        const auto& transition = *action.transition;
        auto item = named(transition.code, transition.name);
        item["needs"] = needs_view(transition);
        item["to"] = transition.to;
        items.emplace_back(std::move(item));
    }
    return Outcome{list_answer(std::move(items), "")};
}

Result<Outcome> post_transition(const Call& call) {
    CS_TRY(request, read_action(call));
    auto files = files_to_attach(call.body, kind_of_files(request.action));
    Write write;
    write.work = [who = call.who,
                  request = std::move(request),
                  files = std::move(files)](services::UnitOfWork& work) -> Result<std::string> {
        auto action = request;
        CS_CHECK(check_answers(work, action));
        CS_TRY(attachments, services::attachments_of(work, files, who.account));
        action.inputs.attachments = std::move(attachments);
        CS_TRY(after, services::act(work, who, action));
        CS_CHECK(services::link_files(work, action.inputs.attachments, after->id));
        CS_TRY(version, work.version_of(after->id));
        return whole_case(work.store(), work.definitions(), who, *after, version);
    };
    write.respond = with_etag;
    return Outcome{std::move(write)};
}

Result<Outcome> reveal(const Call& call) {
    CS_TRY(id, id_of(call));
    Write write;
    write.work = [who = call.who, id, reason = call.text("reason")](services::UnitOfWork& work
                 ) -> Result<std::string> {
        CS_TRY(value, work.find_case(id));
        if (!value || !access::can_see(who, *value, work.city())) {
            return missing();
        }
        if (!access::can_reveal(who, *value, work.city())) {
            return fail(
                ErrorCode::NotPermitted,
                "the post that reaches this case may not read personal data"
            );
        }
        CS_TRY(data, revealed(work.store(), *value));
        work.stage_entry(
            "data.revealed",
            who.account,
            id,
            json_text(json::object{{"case", cases::format_case_id(id)}, {"reason", reason}})
        );
        return json_text(data);
    };
    return Outcome{std::move(write)};
}

}  // namespace chengshu::api
