#include "services/replay/records.hpp"

#include "domain/city/csv.hpp"
#include "services/case_row.hpp"
#include "services/replay/yaml_failure.hpp"
#include "services/reports.hpp"
#include "services/transitions.hpp"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <ctime>
#include <iomanip>
#include <memory>
#include <sstream>

namespace chengshu::services::replay {
namespace {

struct StepPlan {
    std::string action;
    std::vector<std::string> at;  ///< columns; the first that is not empty
};

struct AreaPlan {
    std::string column;
    std::map<std::string, std::string>
        map;  ///< text → area code; empty: the text is an area's name
};

struct RecordsPlan {
    std::string time_format;
    std::map<std::string, std::string> columns;
    std::vector<std::string> description;
    std::vector<std::string> category;
    std::map<std::string, std::string> sources;
    std::vector<AreaPlan> areas;
    std::map<std::string, std::vector<StepPlan>> steps;  ///< by status
    std::optional<std::string> as_of;
    std::vector<std::string> compare;
};

std::vector<std::string> texts(const YAML::Node& node) {
    std::vector<std::string> out;
    if (node && node.IsScalar()) {
        out.push_back(node.as<std::string>());
    } else if (node) {
        for (const auto& item : node) {
            out.push_back(item.as<std::string>());
        }
    }
    return out;
}

Result<RecordsPlan> read_records_plan(const city::CityFile& file) {
    try {
        const auto root = YAML::Load(file.content);
        RecordsPlan plan;
        plan.time_format = root["time_format"].as<std::string>();
        for (const auto& item : root["columns"]) {
            plan.columns[item.first.as<std::string>()] = item.second.as<std::string>();
        }
        plan.description = texts(root["description"]);
        plan.category = texts(root["category"]);
        for (const auto& item : root["sources"]) {
            plan.sources[item.first.as<std::string>()] = item.second.as<std::string>();
        }
        for (const auto& item : root["areas"]) {
            AreaPlan area{item["column"].as<std::string>(), {}};
            if (item["map"]) {
                for (const auto& pair : item["map"]) {
                    area.map[pair.first.as<std::string>()] = pair.second.as<std::string>();
                }
            }
            plan.areas.push_back(std::move(area));
        }
        for (const auto& status : root["steps"]) {
            auto& steps = plan.steps[status.first.as<std::string>()];
            for (const auto& step : status.second) {
                steps.push_back({step["do"].as<std::string>(), texts(step["at"])});
            }
        }
        if (root["as_of"]) {
            plan.as_of = root["as_of"].as<std::string>();
        }
        plan.compare = texts(root["compare"]);
        return plan;
    } catch (const YAML::Exception& error) {
        return yaml_failure(file.path, error);
    }
}

/// One row of the table with its columns by name.
class Table {
public:
    explicit Table(std::string_view text) : reader_(text) {}

    Status header() {
        if (!reader_.next()) {
            return fail(ErrorCode::InvalidInput, "the table of records is empty");
        }
        for (std::size_t i = 0; i < reader_.row().size(); ++i) {
            columns_[std::string(reader_.row()[i].text)] = i;
        }
        return ok();
    }

    [[nodiscard]] bool has(const std::string& column) const { return columns_.contains(column); }

    bool next() { return reader_.next(); }

    [[nodiscard]] std::string get(const std::string& column) const {
        const auto found = columns_.find(column);
        return found == columns_.end() || found->second >= reader_.row().size()
                   ? std::string()
                   : std::string(reader_.row()[found->second].text);
    }

    [[nodiscard]] const std::optional<city::CsvError>& error() const { return reader_.error(); }

private:
    city::CsvReader reader_;
    std::map<std::string, std::size_t> columns_;
};

/// What the data says about one request, kept to compare with what the loop made of it.
struct Record {
    Instant reported;
    intake::Report report;
    std::vector<std::pair<Instant, std::string>> steps;
    std::string department;
    std::string expected_area;
    std::string expected_top_area;
    std::optional<Instant> due;
    std::optional<Instant> closed;
    std::string status;
    std::string result;
    CaseId case_id;
};

class Replay {
public:
    Replay(Engine& engine, const Definitions& definitions, RecordsPlan plan, std::size_t batch)
        : runner_(engine, batch),
          definitions_(definitions),
          plan_(std::move(plan)),
          cast_(*definitions.city) {
        for (const auto& category : definitions.city->categories()) {
            const auto parent = category.parent.empty() ? std::string() : parent_name(category);
            categories_[parent + "\n" + category.name.en] = category.id;
        }
        for (const auto& area : definitions.city->areas()) {
            areas_by_name_[area.name.en] = area.code;
            areas_by_name_[area.name.zh] = area.code;
        }
        for (const auto& department : definitions.city->departments()) {
            departments_[department.code] = department.code;
            departments_.emplace(department.name.en, department.code);
        }
    }

    Result<RecordsReport>
    run(std::string_view text, const std::function<void(std::int64_t, std::int64_t)>& progress) {
        CS_CHECK(read(text));
        std::stable_sort(records_.begin(), records_.end(), [](const Record& a, const Record& b) {
            return a.reported < b.reported;
        });
        std::size_t at = 0;
        const auto source = [&]() -> std::optional<std::pair<Instant, Happening>> {
            if (at == records_.size()) {
                return std::nullopt;
            }
            auto& record = records_[at++];
            return std::pair{record.reported, Happening([this, &record](Runner&, UnitOfWork& work) {
                                 return begin(work, record);
                             })};
        };
        const auto total = static_cast<std::int64_t>(records_.size());
        CS_TRY(outcome, runner_.run(source, as_of_, [&](std::int64_t) {
            progress(static_cast<std::int64_t>(at), total);
        }));
        RecordsReport out;
        out.outcome = std::move(outcome);
        out.rows = total;
        return out;
    }

    Status compare(ports::Store& store, RecordsReport& out);

private:
    std::string parent_name(const city::Category& category) const {
        const auto* parent = definitions_.city->category(
            category.code_set + "/" + category.kind + "/" + category.parent
        );
        return parent == nullptr ? std::string() : parent->name.en;
    }

    [[nodiscard]] std::string column(const char* name) const {
        const auto found = plan_.columns.find(name);
        return found == plan_.columns.end() ? std::string() : found->second;
    }

    std::optional<Instant> time(const std::string& text) const {
        if (text.empty()) {
            return std::nullopt;
        }
        std::tm fields{};
        std::istringstream in(text);
        in.imbue(std::locale::classic());
        in >> std::get_time(&fields, plan_.time_format.c_str());
        if (in.fail()) {
            return std::nullopt;
        }
        const auto day = std::chrono::local_days{
            std::chrono::year{fields.tm_year + 1900} / (fields.tm_mon + 1) / fields.tm_mday
        };
        const auto clock = std::chrono::hours{fields.tm_hour} +
                           std::chrono::minutes{fields.tm_min} +
                           std::chrono::seconds{fields.tm_sec};
        return definitions_.city->calendar().zone().to_instant(LocalTime{day} + clock);
    }

    Status read(std::string_view text);
    Result<Record> read_row(const Table& table, int line) const;
    void read_area(const Table& table, Record& record) const;
    Status begin(UnitOfWork& work, Record& record);
    Status step(UnitOfWork& work, CaseId id, const std::string& action, cases::Inputs inputs);
    Status correct_department(UnitOfWork& work, const cases::Case& value, const Record& record);

    Runner runner_;
    const Definitions& definitions_;
    RecordsPlan plan_;
    Cast cast_;
    std::map<std::string, std::string> categories_;  ///< "parent\nname" → id
    std::map<std::string, std::string> areas_by_name_;
    std::map<std::string, std::string> departments_;
    std::vector<Record> records_;
    std::optional<Instant> as_of_;
};

Status Replay::read(std::string_view text) {
    Table table(text);
    CS_CHECK(table.header());
    for (const auto& [name, column_name] : plan_.columns) {
        if (!table.has(column_name)) {
            return fail(
                ErrorCode::InvalidInput,
                fmt::format(
                    "the table has no column \"{}\", which the plan names as {}", column_name, name
                )
            );
        }
    }
    int line = 1;
    Instant newest;
    while (table.next()) {
        CS_TRY(record, read_row(table, ++line));
        newest = std::max(newest, record.reported);
        for (const auto& [at, action] : record.steps) {
            newest = std::max(newest, at);
        }
        records_.push_back(std::move(record));
    }
    if (table.error()) {
        return fail(
            ErrorCode::InvalidInput,
            fmt::format(
                "line {} column {}: {}",
                table.error()->line,
                table.error()->column,
                table.error()->message.en
            )
        );
    }
    as_of_ = plan_.as_of ? time(*plan_.as_of) : newest;
    return ok();
}

Result<Record> Replay::read_row(const Table& table, int line) const {
    Record record;
    const auto reported = time(table.get(column("reported")));
    if (!reported) {
        return fail(
            ErrorCode::InvalidInput,
            fmt::format(
                "row {}: \"{}\" is not a time of the form {}",
                line,
                table.get(column("reported")),
                plan_.time_format
            )
        );
    }
    record.reported = *reported;
    auto& report = record.report;
    report.external_id = table.get(column("external_id"));
    const auto source = plan_.sources.find(table.get(column("source")));
    report.source = source == plan_.sources.end() ? "other" : source->second;
    for (const auto& name : plan_.description) {
        report.description += (report.description.empty() ? "" : " — ") + table.get(name);
    }
    report.address = table.get(column("address"));
    const auto type = plan_.category.empty() ? std::string() : table.get(plan_.category.front());
    const auto detail = plan_.category.size() < 2 ? std::string() : table.get(plan_.category[1]);
    auto category = categories_.find(type + "\n" + type + ": " + detail);
    category = category == categories_.end() ? categories_.find("\n" + type) : category;
    if (category == categories_.end()) {
        return fail(
            ErrorCode::UnknownCode, fmt::format("row {}: no category is called \"{}\"", line, type)
        );
    }
    report.category = category->second;
    // The published table keeps each request as its own record: none joins another.
    report.confirmed_new = true;
    const auto lon = table.get(column("lon"));
    const auto lat = table.get(column("lat"));
    city::Point point;
    if (std::from_chars(lon.data(), lon.data() + lon.size(), point.lon).ec == std::errc{} &&
        std::from_chars(lat.data(), lat.data() + lat.size(), point.lat).ec == std::errc{}) {
        report.point = point;
    }
    read_area(table, record);
    record.status = table.get(column("status"));
    record.result = table.get(column("result"));
    record.due = time(table.get(column("due")));
    record.closed = time(table.get(column("closed")));
    const auto department = departments_.find(table.get(column("department")));
    record.department = department == departments_.end() ? std::string() : department->second;
    if (const auto steps = plan_.steps.find(record.status); steps != plan_.steps.end()) {
        Instant last = record.reported;
        for (const auto& step : steps->second) {
            std::optional<Instant> at;
            for (const auto& name : step.at) {
                at = at ? at : time(table.get(name));
            }
            // A published step before the report itself is a slip of the data: it cannot come
            // earlier.
            last = std::max(last, at.value_or(last));
            record.steps.emplace_back(last, step.action);
        }
    }
    return record;
}

void Replay::read_area(const Table& table, Record& record) const {
    for (const auto& area : plan_.areas) {
        const auto text = table.get(area.column);
        const auto& names = area.map.empty() ? areas_by_name_ : area.map;
        if (const auto found = names.find(text); found != names.end()) {
            record.expected_area = found->second;
            break;
        }
    }
    const auto path = definitions_.city->path(record.expected_area);
    record.expected_top_area = path.size() > 1 ? path[1] : std::string();
    if (!record.report.point || !city::has_outlines(*definitions_.city)) {
        record.report.area = record.expected_area.empty() ? city::root_area(*definitions_.city).code
                                                          : record.expected_area;
    }
}

Status Replay::begin(UnitOfWork& work, Record& record) {
    access::Principal reporter;
    reporter.kind = access::PrincipalKind::System;
    reporter.account = "public";
    auto filed = file_report(work, reporter, record.report);
    if (!filed && filed.error().code == ErrorCode::OutsideCity) {
        // On the water's edge the outlines end before the city does; the published area says where
        // it is.
        auto report = record.report;
        report.point.reset();
        report.area = record.expected_area.empty() ? city::root_area(*definitions_.city).code
                                                   : record.expected_area;
        filed = file_report(work, reporter, std::move(report));
    }
    if (!filed) {
        return Failure{filed.error()};
    }
    record.case_id = filed->value->id;
    CS_CHECK(correct_department(work, *filed->value, record));
    CS_TRY(value, work.get_case(record.case_id));
    runner_.watch(value);
    for (const auto& [at, action] : record.steps) {
        cases::Inputs inputs;
        inputs.result = record.result.empty() ? record.status : record.result;
        inputs.reason = record.status;
        runner_.schedule(
            at,
            [this, id = record.case_id, what = action, inputs](Runner&, UnitOfWork& now) {
                return step(now, id, what, inputs);
            }
        );
    }
    return ok();
}

/// The list named another department than the one that handled it in fact: it is returned and
/// dispatched anew.
Status
Replay::correct_department(UnitOfWork& work, const cases::Case& value, const Record& record) {
    if (record.department.empty() || value.department == record.department) {
        return ok();
    }
    cases::Inputs inputs;
    inputs.reason = "责任不属本部门 / Not this department's matter";
    if (!value.department.empty()) {
        CS_CHECK(step(work, value.id, "return", inputs));
    }
    inputs.department = record.department;
    return step(work, value.id, "dispatch", inputs);
}

Status Replay::step(UnitOfWork& work, CaseId id, const std::string& action, cases::Inputs inputs) {
    CS_TRY(value, work.get_case(id));
    const auto flow = definitions_.workflows.find(value.workflow);
    const auto* transition = flow == definitions_.workflows.end()
                                 ? nullptr
                                 : flow->second.transition(action, value.state);
    if (transition == nullptr) {
        return fail(
            ErrorCode::IllegalTransition,
            fmt::format("{} is not possible in {}", action, value.state)
        );
    }
    CS_TRY(who, cast_.who_may(value, *transition));
    const auto takes = [&](std::string_view name) {
        return std::any_of(
            transition->needs.begin(),
            transition->needs.end(),
            [&](const cases::Need& need) { return need.name == name; }
        );
    };
    if (!takes("result")) {
        inputs.result.clear();
    }
    if (!takes("reason")) {
        inputs.reason.clear();
    }
    ActionRequest request;
    request.id = id;
    request.action = action;
    request.inputs = std::move(inputs);
    CS_TRY(after, act(work, who, request));
    runner_.watch(*after);
    return ok();
}

Status Replay::compare(ports::Store& store, RecordsReport& out) {
    Agreement department{{"责任部门", "department"}, 0, 0};
    Agreement listed{
        {"权责清单直接派遣正确", "department by the responsibility list at once"}, 0, 0
    };
    Agreement top{{"一级区域（由坐标）", "top-level area from coordinates"}, 0, 0};
    Agreement deepest{{"下级区域（由坐标）", "lower-level area from coordinates"}, 0, 0};
    Agreement due{{"到期时间", "due time"}, 0, 0};
    Agreement closed{{"结案状态", "closed or not"}, 0, 0};
    Agreement overdue{{"超期", "overdue or not"}, 0, 0};
    const auto count = [](Agreement& item, bool agree) {
        item.agree += agree ? 1 : 0;
        item.of += 1;
    };
    for (const auto& record : records_) {
        if (!record.case_id) {
            continue;
        }
        CS_TRY(row, store.find_case(record.case_id));
        if (!row) {
            return fail(ErrorCode::Internal, "a replayed case is not in the store");
        }
        CS_TRY(value, from_row(*row));
        ++out.cases;
        ++out.by_department[value.department];
        ++out.by_state[value.state];
        ++out.by_source[value.source];
        out.closed += row->open ? 0 : 1;
        if (!record.department.empty()) {
            count(department, value.department == record.department);
            count(
                listed, value.department == record.department && !value.counters.contains("returns")
            );
        }
        if (record.report.point && value.point && !record.expected_top_area.empty() &&
            record.report.area.empty()) {
            ++out.located;
            count(top, value.path.size() > 1 && value.path[1] == record.expected_top_area);
            if (record.expected_area != record.expected_top_area) {
                count(deepest, value.path.back() == record.expected_area);
            }
        }
        const auto clock = value.clocks.find("handle");
        const bool late = clock != value.clocks.end() && clock->second.overdue;
        out.overdue += late ? 1 : 0;
        if (record.due) {
            count(due, clock != value.clocks.end() && clock->second.due == record.due);
        }
        const bool expected_late = record.due && record.closed.value_or(*as_of_) > *record.due;
        count(overdue, late == expected_late);
        const bool expected_closed =
            !record.steps.empty() && record.steps.back().second == "resolve";
        count(closed, row->open != expected_closed);
    }
    for (auto* item : {&department, &listed, &top, &deepest, &due, &closed, &overdue}) {
        if (item->of > 0) {
            out.agreements.push_back(*item);
        }
    }
    return ok();
}

}  // namespace

Result<RecordsReport> replay_records(
    Engine& engine,
    const Definitions& definitions,
    const city::CityFile& plan_file,
    std::string_view table,
    std::size_t batch,
    const std::function<void(std::int64_t, std::int64_t)>& progress
) {
    CS_TRY(plan, read_records_plan(plan_file));
    Replay replay(engine, definitions, std::move(plan), batch);
    CS_TRY(out, replay.run(table, progress));
    CS_CHECK(replay.compare(engine.store(), out));
    return out;
}

}  // namespace chengshu::services::replay
