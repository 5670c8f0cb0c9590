#include "services/consultations.hpp"

#include "base/json_text.hpp"
#include "edge/api/internal/handlers.hpp"
#include "edge/api/internal/page.hpp"
#include "edge/api/internal/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace chengshu::api {
namespace {

json::object view_of(const services::Consultation& value) {
    boost::system::error_code error;
    const auto stored = json::parse(value.to_json(), error);
    json::object out{{"id", value.id}};
    if (!error && stored.is_object()) {
        for (const auto& member : stored.get_object()) {
            out[member.key()] = member.value();
        }
    }
    return out;
}

/// A conclusion that becomes a responsibility makes a new revision of the city's data. It is parsed
/// on the caller's thread; the writer only stages it, if no other revision has come in between.
struct NewRevision {
    services::StoredCity city;
    services::DefinitionsPtr definitions;
};

Result<NewRevision> revise(const Call& call) {
    const auto& wish = call.body.at("make_responsibility").as_object();
    services::NewResponsibility row;
    row.category = text_of(wish, "category");
    row.area = text_of(wish, "area");
    row.department = call.text("lead");
    row.assisting = call.texts("assisting");
    row.basis = call.text("basis");
    CS_TRY(from, parse_date(text_of(wish, "from")));
    row.from = from;
    if (std::chrono::sys_days(from) < std::chrono::sys_days(call.today())) {
        return fail(
            ErrorCode::RuleViolation,
            "a responsibility cannot begin in the past",
            "make_responsibility.from"
        );
    }
    NewRevision out;
    CS_TRY(city, services::with_responsibility(call.ports.store, row));
    out.city = std::move(city);
    auto parsed = services::parse_definitions(out.city.code, out.city.files);
    if (!parsed.definitions) {
        const auto first =
            std::find_if(parsed.findings.begin(), parsed.findings.end(), [](const auto& item) {
                return item.error;
            });
        return fail(
            ErrorCode::InvalidInput,
            fmt::format("the responsibility does not fit the city: {}", first->message.en),
            "make_responsibility"
        );
    }
    auto definitions = std::make_shared<services::Definitions>(*parsed.definitions);
    CS_TRY(
        number,
        parse_id(out.city.revision.substr(
            std::min(out.city.revision.find_first_not_of('0'), out.city.revision.size())
        ))
    );
    definitions->revision = fmt::format("{:06}", number + 1);
    out.definitions = std::move(definitions);
    return out;
}

Status stage_revision(
    services::UnitOfWork& work,
    ports::Secrets& secrets,
    const NewRevision& revision,
    const std::string& actor
) {
    CS_TRY(newer, work.document("city_revision", revision.definitions->revision));
    if (newer) {
        return fail(ErrorCode::Conflict, "the city's data has changed meanwhile; conclude again");
    }
    CS_CHECK(services::load_city(work, secrets, revision.city.code, revision.city.files, actor));
    return ok();
}

}  // namespace

Result<Outcome> post_consultation(const Call& call) {
    std::vector<CaseId> numbers;
    for (const auto& text : call.texts("cases")) {
        CS_TRY(id, cases::parse_case_id(text));
        numbers.push_back(id);
    }
    Write write;
    write.work = [who = call.who,
                  numbers = std::move(numbers),
                  departments = call.texts("departments"),
                  question =
                      call.text("question")](services::UnitOfWork& work) -> Result<std::string> {
        CS_TRY(opened, services::open_consultation(work, who, numbers, departments, question));
        return json_text(view_of(opened));
    };
    return Outcome{std::move(write)};
}

Result<Outcome> post_conclusion(const Call& call) {
    std::shared_ptr<const NewRevision> revision;
    if (const auto* wish = call.body.if_contains("make_responsibility");
        wish != nullptr && wish->is_object()) {
        CS_TRY(made, revise(call));
        revision = std::make_shared<const NewRevision>(std::move(made));
    }
    Write write;
    write.work = [who = call.who,
                  id = call.in_path("consultation"),
                  lead = call.text("lead"),
                  assisting = call.texts("assisting"),
                  basis = call.text("basis"),
                  revision,
                  &secrets =
                      call.ports.secrets](services::UnitOfWork& work) -> Result<std::string> {
        CS_TRY(concluded, services::conclude(work, who, id, lead, assisting, basis));
        auto view = view_of(concluded);
        if (revision) {
            CS_CHECK(stage_revision(work, secrets, *revision, who.account));
            view["revision"] = revision->definitions->revision;
        }
        return json_text(view);
    };
    write.respond = [revision,
                     &current = call.ports.definitions](std::string text) -> Result<Answer> {
        // On the writer's thread, after the commit: the next batch already works with it. A
        // repeated request must not bring an old revision back.
        if (revision && current.get()->revision < revision->definitions->revision) {
            current.set(revision->definitions);
        }
        Answer out;
        out.body = std::move(text);
        return out;
    };
    return Outcome{std::move(write)};
}

Result<Outcome> list_consultations(const Call& call) {
    CS_TRY(cursor, cursor_of(call));
    const int limit = call.integer("limit", kPageDefault);
    CS_TRY(rows, call.ports.store.documents("consultation", cursor, limit + 1));
    json::array items;
    const bool more = rows.size() > static_cast<std::size_t>(limit);
    for (const auto& row : rows) {
        if (items.size() == static_cast<std::size_t>(limit)) {
            break;
        }
        CS_TRY(value, services::Consultation::from_json(row));
        items.emplace_back(view_of(value));
        cursor = row.id;
    }
    return Outcome{list_answer(std::move(items), more ? make_cursor(cursor) : "")};
}

}  // namespace chengshu::api
