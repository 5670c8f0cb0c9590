#include "services/consultations.hpp"

#include "base/json_text.hpp"
#include "services/transitions.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace json = boost::json;

namespace chengshu::services {
namespace {

constexpr auto kConsultationKind = "consultation";
constexpr std::size_t kCasesMax = 100;

std::vector<std::string> texts(const json::object& object, const char* name) {
    std::vector<std::string> out;
    if (const auto* value = object.if_contains(name); value != nullptr && value->is_array()) {
        for (const auto& item : value->get_array()) {
            out.emplace_back(
                item.is_string() ? std::string_view(item.get_string()) : std::string_view()
            );
        }
    }
    return out;
}

Status
known_departments(UnitOfWork& work, const std::vector<std::string>& codes, const char* field) {
    for (const auto& code : codes) {
        if (work.city().department(code) == nullptr) {
            return fail(
                ErrorCode::UnknownCode, fmt::format("department {} is not known", code), field
            );
        }
    }
    return ok();
}

Result<std::string> next_id(UnitOfWork& work) {
    std::string after;
    std::string last = "000000";
    while (true) {
        CS_TRY(rows, work.store().documents(kConsultationKind, after, 1000));
        if (rows.empty()) {
            break;
        }
        after = last = rows.back().id;
    }
    int number = 0;
    std::from_chars(last.data(), last.data() + last.size(), number);
    // Those staged by the same batch are not in the store yet.
    while (true) {
        number += 1;
        auto id = fmt::format("{:06}", number);
        CS_TRY(taken, work.document(kConsultationKind, id));
        if (!taken) {
            return id;
        }
    }
}

std::string csv_field(const std::string& value) {
    std::string out = "\"";
    for (const char c : value) {
        out += c == '"' ? "\"\"" : std::string(1, c);
    }
    return out + "\"";
}

}  // namespace

std::string Consultation::to_json() const {
    json::object out;
    json::array numbers;
    for (const auto case_id : cases) {
        numbers.emplace_back(cases::format_case_id(case_id));
    }
    out["cases"] = std::move(numbers);
    out["departments"] = json::array(departments.begin(), departments.end());
    out["question"] = question;
    out["opened_by"] = opened_by;
    out["opened_at"] = format_utc(opened_at);
    if (concluded_at) {
        out["lead"] = lead;
        out["assisting"] = json::array(assisting.begin(), assisting.end());
        out["basis"] = basis;
        out["concluded_by"] = concluded_by;
        out["concluded_at"] = format_utc(*concluded_at);
    }
    return json::serialize(out);
}

Result<Consultation> Consultation::from_json(const ports::DocumentRow& row) {
    boost::system::error_code error;
    const auto value = json::parse(row.body, error);
    if (error || !value.is_object()) {
        return fail(ErrorCode::Internal, fmt::format("consultation {} is stored damaged", row.id));
    }
    const auto& object = value.get_object();
    Consultation out;
    out.id = row.id;
    for (const auto& number : texts(object, "cases")) {
        CS_TRY(case_id, cases::parse_case_id(number));
        out.cases.push_back(case_id);
    }
    out.departments = texts(object, "departments");
    out.question = text_of(object, "question");
    out.opened_by = text_of(object, "opened_by");
    CS_TRY(opened_at, parse_rfc3339(text_of(object, "opened_at")));
    out.opened_at = opened_at;
    if (object.contains("concluded_at")) {
        CS_TRY(concluded_at, parse_rfc3339(text_of(object, "concluded_at")));
        out.concluded_at = concluded_at;
        out.lead = text_of(object, "lead");
        out.assisting = texts(object, "assisting");
        out.basis = text_of(object, "basis");
        out.concluded_by = text_of(object, "concluded_by");
    }
    return out;
}

Result<Consultation> open_consultation(
    UnitOfWork& work,
    const access::Principal& who,
    std::vector<CaseId> case_ids,
    std::vector<std::string> departments,
    std::string question
) {
    if (case_ids.empty() || case_ids.size() > kCasesMax) {
        return fail(ErrorCode::InvalidInput, "a consultation is about 1 to 100 cases", "cases");
    }
    if (question.empty() || question.size() > 4000) {
        return fail(
            ErrorCode::InvalidInput, "say in at most 4,000 bytes what is to be decided", "question"
        );
    }
    CS_CHECK(known_departments(work, departments, "departments"));
    for (const auto id : case_ids) {
        CS_TRY(value, work.get_case(id));
        if (value.state != "consulting") {
            ActionRequest request;
            request.id = id;
            request.action = "consult";
            request.inputs.reason = question;
            CS_CHECK(act(work, who, request));
        }
    }
    Consultation out;
    CS_TRY(id, next_id(work));
    out.id = id;
    out.cases = std::move(case_ids);
    out.departments = std::move(departments);
    out.question = std::move(question);
    out.opened_by = who.account;
    out.opened_at = work.now();
    work.stage_document({kConsultationKind, out.id, out.to_json()});
    work.stage_entry("consultation.opened", who.account, {}, out.to_json());
    return out;
}

Result<Consultation> conclude(
    UnitOfWork& work,
    const access::Principal& who,
    const std::string& id,
    std::string lead,
    std::vector<std::string> assisting,
    std::string basis
) {
    CS_TRY(row, work.document(kConsultationKind, id));
    if (!row) {
        return fail(ErrorCode::NotFound, fmt::format("there is no consultation {}", id), "id");
    }
    CS_TRY(out, Consultation::from_json(*row));
    if (out.concluded_at) {
        return fail(
            ErrorCode::RuleViolation, fmt::format("consultation {} is concluded already", id)
        );
    }
    if (basis.empty()) {
        return fail(ErrorCode::InvalidInput, "a conclusion names its basis", "basis");
    }
    CS_CHECK(known_departments(work, {lead}, "lead"));
    CS_CHECK(known_departments(work, assisting, "assisting"));
    for (const auto case_id : out.cases) {
        CS_TRY(value, work.get_case(case_id));
        if (value.state != "consulting") {
            continue;  // dispatched or voided by a person meanwhile
        }
        ActionRequest request;
        request.id = case_id;
        request.action = "dispatch";
        request.inputs.department = lead;
        request.inputs.assisting = assisting;
        request.inputs.reason = basis;
        CS_CHECK(act(work, who, request));
    }
    out.lead = std::move(lead);
    out.assisting = std::move(assisting);
    out.basis = std::move(basis);
    out.concluded_by = who.account;
    out.concluded_at = work.now();
    work.stage_document({kConsultationKind, out.id, out.to_json()});
    work.stage_entry("consultation.concluded", who.account, {}, out.to_json());
    return out;
}

Result<StoredCity> with_responsibility(ports::Store& store, const NewResponsibility& row) {
    CS_TRY(city, stored_city(store));
    const auto path = fmt::format("cities/{}/responsibilities-consultations.csv", city.code);
    auto file = std::find_if(city.files.begin(), city.files.end(), [&](const auto& item) {
        return item.path == path;
    });
    if (file == city.files.end()) {
        city.files.push_back(
            {path, "category,area,department,role,priority,basis,valid_from,valid_to\n"}
        );
        file = std::prev(city.files.end());
    }
    // Above every row of the folder: a conclusion about a disputed matter decides it.
    constexpr int kPriority = 1000;
    const auto add = [&](const std::string& department, const char* role) {
        file->content += fmt::format(
            "{},{},{},{},{},{},{},\n",
            csv_field(row.category),
            csv_field(row.area),
            csv_field(department),
            role,
            kPriority,
            csv_field(row.basis),
            format_date(row.from)
        );
    };
    add(row.department, "lead");
    for (const auto& department : row.assisting) {
        add(department, "assist");
    }
    return city;
}

}  // namespace chengshu::services
