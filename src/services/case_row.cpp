#include "services/case_row.hpp"

#include "base/json_writer.hpp"
#include "base/text.hpp"
#include "domain/city/geometry.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace json = boost::json;

namespace chengshu::services {
namespace {

/// Documents are read into memory that is given back in one piece: they have dozens of small parts.
constexpr std::size_t kDocumentMemory = 16 * 1024;
/// Bytes of a journal entry besides its changes.
constexpr std::size_t kUsualEntry = 400;

}  // namespace

ports::CaseRow to_row(
    const cases::Case& value,
    std::int64_t version,
    Instant updated_at,
    const Definitions& definitions,
    std::int64_t facts
) {
    const auto& zone = definitions.city->calendar().zone();
    ports::CaseRow row;
    row.id = value.id;
    row.version = version;
    row.body = cases::to_json(value);
    row.state = value.state;
    row.workflow = value.workflow;
    if (const auto found = definitions.workflows.find(value.workflow);
        found != definitions.workflows.end()) {
        if (const auto* state = found->second.state(value.state)) {
            row.open = !state->done();
            row.queue = state->queue;
        }
    }
    row.category = value.category;
    row.path = "/";
    for (const auto& code : value.path) {
        row.path += code + "/";
    }
    row.area_1 = value.path.size() > 1 ? value.path[1] : std::string();
    row.area_2 = value.path.size() > 2 ? value.path[2] : std::string();
    row.department = value.department;
    row.holder = value.holder;
    row.source = value.source;
    row.collector = value.collector;
    row.reported_at = to_millis(value.reported_at);
    row.updated_at = to_millis(updated_at);
    using evaluation::CountDay;
    row.reported_day = evaluation::day_of(value, CountDay::Reported, zone);
    row.filed_day = evaluation::day_of(value, CountDay::Filed, zone);
    row.closed_day = evaluation::day_of(value, CountDay::Closed, zone);
    if (const auto timer = cases::next_timer(value)) {
        row.next_timer = to_millis(*timer);
    }
    row.facts = facts;
    if (value.point) {
        row.lon = value.point->lon;
        row.lat = value.point->lat;
        row.cell = city::cell_of(*value.point);
    }
    row.parent = value.parent;
    return row;
}

std::vector<std::string> search_terms(const cases::Case& value, const Definitions& definitions) {
    auto text = fmt::format(
        "{} {} {} {}",
        value.description,
        value.address,
        cases::format_case_id(value.id),
        value.component
    );
    if (const auto* category = definitions.city->category(value.category)) {
        text += fmt::format(" {} {}", category->name.zh, category->name.en);
    }
    auto terms = bigrams(text);
    std::sort(terms.begin(), terms.end());
    terms.erase(std::unique(terms.begin(), terms.end()), terms.end());
    return terms;
}

Result<cases::Case> from_row(const ports::CaseRow& row) {
    unsigned char first[kDocumentMemory];
    json::monotonic_resource memory(first, sizeof first);
    boost::system::error_code error;
    const auto document = json::parse(row.body, error, &memory);
    if (error) {
        return fail(
            ErrorCode::Internal,
            fmt::format("case {} is stored damaged", cases::format_case_id(row.id))
        );
    }
    return cases::case_from_json(document);
}

ports::JournalRow to_journal(const cases::Entry& entry, Seq seq) {
    JsonWriter body(entry.changes.size() + kUsualEntry);
    const auto pair = [&](JsonName name, const Label& label) {
        body.key(name).begin_array();
        body.text(label.zh);
        body.text(label.en);
        body.end_array();
    };
    body.begin_object();
    pair("name", entry.action_name);
    if (!entry.from.empty()) {
        body.member("from", entry.from);
    }
    body.member("to", entry.to);
    if (!entry.actor.post.empty()) {
        body.member("post", entry.actor.post);
    }
    if (!entry.reason.zh.empty() || !entry.reason.en.empty()) {
        pair("reason", entry.reason);
    }
    if (!entry.rule.empty()) {
        body.member("rule", entry.rule);
    }
    if (entry.confidence) {
        body.member("confidence", *entry.confidence);
    }
    if (entry.automatic) {
        body.flag("automatic", true);
    }
    body.key("changes").json(entry.changes);
    body.end_object();
    return {
        seq, to_millis(entry.at), entry.case_id, entry.action, entry.actor.account, body.take()
    };
}

}  // namespace chengshu::services
