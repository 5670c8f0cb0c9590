#include "base/text.hpp"
#include "domain/access/scope.hpp"
#include "domain/intake/report.hpp"
#include "edge/open311/internal/request_view.hpp"
#include "edge/open311/internal/updates.hpp"
#include "edge/open311/internal/window.hpp"
#include "services/attachments.hpp"
#include "services/transitions.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

namespace json = boost::json;

namespace chengshu::open311 {
namespace {

constexpr std::size_t kUpdateIdMax = 100;

constexpr std::array<std::string_view, 13> kStatuses{
    "OPEN",
    "CLOSED",
    "FIXED",
    "IN_PROGRESS",
    "ACTION_SCHEDULED",
    "INVESTIGATING",
    "DUPLICATE",
    "NOT_COUNCILS_RESPONSIBILITY",
    "NO_FURTHER_ACTION",
    "INTERNAL_REFERRAL",
    "FOR_TRIAGE",
    "CANCELLED",
    "REOPEN",
};

/// What the other side says about a request that it sent.
struct Incoming {
    ReportId report;
    CaseId case_id;
    std::string status;
    std::string words;
    std::vector<services::StoredFile> files;
    Problems problems;
};

std::string upper(std::string value) {
    std::transform(value.begin(), value.end(), value.begin(), [](char c) {
        return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    });
    return value;
}

/// The update as staff reads it in the case's course. Name, e-mail and telephone number stay with
/// their system.
std::string
words_of(const Call& call, const std::string& status, const std::vector<std::string>& urls) {
    std::string out = call.field("description");
    if (status == "FIXED" || status == "CLOSED") {
        out = fmt::format(
            "{}{}{}",
            "报告方称已解决 / The reporter says that it is solved",
            out.empty() ? "" : ": ",
            out
        );
    } else if (out.empty()) {
        out = fmt::format("Open311: {}", status.empty() ? "OPEN" : status);
    }
    for (const auto& url : urls) {
        out += fmt::format("\n{}", url);
    }
    return out;
}

Result<Incoming> read_update(const Call& call) {
    Incoming out;
    const auto id = call.field("service_request_id");
    if (id.empty()) {
        out.problems.push_back(
            {ErrorCode::InvalidInput, "service_request_id was not provided", "service_request_id"}
        );
    } else {
        auto report = find_report(call.ports.store, id);
        if (!report && report.error().code != ErrorCode::NotFound) {
            return Failure{report.error()};
        }
        if (report) {
            out.report = report->id;
            out.case_id = report->case_id;
        } else {
            out.problems.push_back(report.error());
        }
    }
    out.status = upper(call.field("status"));
    if (!out.status.empty() &&
        std::find(kStatuses.begin(), kStatuses.end(), out.status) == kStatuses.end()) {
        out.problems.push_back(
            {ErrorCode::InvalidInput,
             fmt::format("status is one of {}", fmt::join(kStatuses, ", ")),
             "status"}
        );
    }
    const auto at = call.field("updated_datetime");
    if (!at.empty() && !parse_w3c(at, "updated_datetime")) {
        out.problems.push_back(parse_w3c(at, "updated_datetime").error());
    }
    if (utf8_length(call.field("description")) > intake::kDescriptionMax) {
        out.problems.push_back(
            {ErrorCode::InvalidInput, "description has at most 4,000 characters", "description"}
        );
    }
    if (call.field("update_id").size() > kUpdateIdMax) {
        out.problems.push_back(
            {ErrorCode::InvalidInput,
             fmt::format("update_id has at most {} bytes", kUpdateIdMax),
             "update_id"}
        );
    }
    const auto urls = media_urls_of(call);
    if (!urls) {
        out.problems.push_back(urls.error());
        return out;
    }
    if (out.status.empty() && call.field("description").empty() && urls->empty() &&
        call.files.empty()) {
        out.problems.push_back(
            {ErrorCode::InvalidInput, "give a status or a description", "description"}
        );
    }
    out.words = words_of(call, out.status, *urls);
    if (call.files.size() > intake::kAttachmentsMax) {
        out.problems.push_back(
            {ErrorCode::TooLarge,
             fmt::format("an update has at most {} files", intake::kAttachmentsMax),
             "photo"}
        );
    }
    for (const auto& part : call.files) {
        if (!out.problems.empty()) {
            break;  // bytes are written only for an update that is otherwise right
        }
        auto file = services::keep_file(call.ports.blobs, call.who, part.content);
        if (file) {
            out.files.push_back(std::move(*file));
        } else {
            out.problems.push_back(file.error());
        }
    }
    return out;
}

Status attach(services::UnitOfWork& work, const access::Principal& who, const Incoming& said) {
    if (said.files.empty()) {
        return ok();
    }
    std::vector<services::FileToAttach> wanted;
    for (const auto& file : said.files) {
        CS_CHECK(services::put_file(work, file));
        wanted.push_back({file.sha256, "evidence"});
    }
    services::ActionRequest request{said.case_id, "attach", {}, {}, {}};
    CS_TRY(attachments, services::attachments_of(work, wanted, who.account));
    request.inputs.attachments = attachments;
    CS_CHECK(services::act(work, who, request));
    return services::link_files(work, attachments, said.case_id);
}

/// A closed case takes no notes: what is said about it afterwards is kept in the journal beside it.
Status comment(
    services::UnitOfWork& work,
    const access::Principal& who,
    const cases::Case& value,
    const Incoming& said
) {
    if (!access::can_see(who, value, work.city())) {
        return fail(ErrorCode::NotFound, "service_request_id was not found", "service_request_id");
    }
    CS_CHECK(access::require(who, access::Permission::Act));
    if (!said.files.empty()) {
        return fail(
            ErrorCode::RuleViolation,
            "the request is closed and takes no more files; send REOPEN first",
            "photo"
        );
    }
    work.stage_entry(
        "open311.comment",
        who.account,
        value.id,
        json::serialize(json::object{{"text", said.words}, {"report", to_string(said.report)}})
    );
    return ok();
}

Result<std::string>
take_update(services::UnitOfWork& work, const access::Principal& who, const Incoming& said) {
    CS_TRY(value, work.get_case(said.case_id));
    const auto before = work.head();
    const auto flow = work.definitions().workflows.find(value.workflow);
    const bool known = flow != work.definitions().workflows.end();
    const auto* state = known ? flow->second.state(value.state) : nullptr;
    const bool done = state != nullptr && state->done();
    const bool reopens = done && said.status == "REOPEN" &&
                         flow->second.transition("reopen", value.state) != nullptr;
    if (done && !reopens) {
        CS_CHECK(comment(work, who, value, said));
    } else {
        services::ActionRequest request{said.case_id, reopens ? "reopen" : "note", {}, {}, {}};
        request.inputs.reason = said.words;
        CS_CHECK(services::act(work, who, request));
        CS_CHECK(attach(work, who, said));
    }
    return json::serialize(json::object{{"id", update_id(Seq{before.value + 1}, said.report, value)}
    });
}

}  // namespace

Result<Outcome> post_update(const Call& call) {
    CS_CHECK(access::require(call.who, access::Permission::Act));
    CS_TRY(key, idempotency_key_of(call));
    CS_TRY(read, read_update(call));
    auto said = std::make_shared<Incoming>(std::move(read));
    if (!said->problems.empty()) {
        return Outcome{std::move(said->problems)};
    }
    Write write;
    if (const auto id = call.field("update_id"); key.empty() && !id.empty()) {
        // A sender that heard no answer sends the update again, maybe with what it knows by then:
        // the first counts.
        write.idempotency_key =
            fmt::format("{}:open311-update:{}:{}", call.who.account, to_string(said->report), id);
        write.fingerprint = "open311-update";
    } else if (!key.empty()) {
        write.idempotency_key = std::move(key);
        write.fingerprint = fingerprint_of(call);
    }
    write.work = [who = call.who, said](services::UnitOfWork& work) {
        return take_update(work, who, *said);
    };
    write.respond = [](std::string_view reply) {
        const auto stored = json::parse(json::string_view(reply.data(), reply.size()));
        const auto id = std::string(std::string_view(stored.at("id").as_string()));
        return list("service_request_updates", {object("request_update", {text("update_id", id)})});
    };
    return Outcome{std::move(write)};
}

}  // namespace chengshu::open311
