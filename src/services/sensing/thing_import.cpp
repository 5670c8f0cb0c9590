#include "services/sensing/thing_import.hpp"

#include "base/json_text.hpp"
#include "base/messages.hpp"
#include "base/text.hpp"
#include "domain/city/csv.hpp"
#include "services/sensing/entity_body.hpp"
#include "services/sensing/entity_work.hpp"
#include "services/sensing/ledger.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <set>
#include <utility>

namespace json = boost::json;

namespace chengshu::services {
namespace {

using sensing::EntityKey;
using sensing::EntityType;

constexpr std::size_t kRowsMax = 500'000;
constexpr std::size_t kRowsPerCommit = 200;
/// Columns that are not the terminal's properties.
constexpr std::array<std::string_view, 7>
    kOwn{"name", "description", "lon", "lat", "datum", "address", "public"};

void report(ImportReport& to, ImportFinding finding) {
    if (to.findings.size() < ImportReport::kFindingsMax) {
        to.findings.push_back(std::move(finding));
    }
}

/// A row as its columns name it.
class Row {
public:
    Row(const std::vector<std::string>& columns, const city::CsvReader& reader)
        : columns_(columns), reader_(reader) {}

    [[nodiscard]] std::string_view get(std::string_view column) const {
        const auto found = std::find(columns_.begin(), columns_.end(), column);
        const auto at = static_cast<std::size_t>(found - columns_.begin());
        return found == columns_.end() || at >= reader_.row().size() ? std::string_view()
                                                                     : reader_.row()[at].text;
    }

private:
    const std::vector<std::string>& columns_;
    const city::CsvReader& reader_;
};

bool number_of(std::string_view text, double& out) {
    const auto* const end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, out);
    return read.ec == std::errc{} && read.ptr == end;
}

/// Fills the place; false with a finding when the columns say something impossible.
bool read_place(const Row& row, ThingRow& out, ImportFinding& finding) {
    const auto lon = row.get("lon");
    const auto lat = row.get("lat");
    if (lon.empty() && lat.empty()) {
        return true;
    }
    city::Point point;
    const bool good_lon = number_of(lon, point.lon) && point.lon >= -180 && point.lon <= 180;
    const bool good_lat = number_of(lat, point.lat) && point.lat >= -90 && point.lat <= 90;
    if (!good_lon || !good_lat) {
        finding.field = good_lon ? "lat" : "lon";
        finding.what = {"坐标不是度数", "this is no coordinate in degrees"};
        finding.hint = {
            "经度 -180 至 180，纬度 -90 至 90", "longitude -180 to 180, latitude -90 to 90"
        };
        return false;
    }
    const auto datum = row.get("datum");
    if (datum == "gcj02") {
        point = city::gcj02_to_wgs84(point);
    } else if (!datum.empty() && datum != "wgs84") {
        finding.field = "datum";
        finding.what = {"不认识的坐标系", "an unknown datum"};
        finding.hint = {"wgs84 或 gcj02", "wgs84 or gcj02"};
        return false;
    }
    out.location = "{\"type\":\"Point\",\"coordinates\":[";
    append_json_number(out.location, point.lon);
    out.location += ',';
    append_json_number(out.location, point.lat);
    out.location += "]}";
    return true;
}

bool read_properties(
    const Row& row,
    const std::vector<std::string>& columns,
    ThingRow& out,
    ImportFinding& finding
) {
    json::object properties;
    for (const auto& column : columns) {
        const auto text = row.get(column);
        const bool own = std::find(kOwn.begin(), kOwn.end(), column) != kOwn.end();
        if (!own && !text.empty()) {
            properties[column] = text;
        }
    }
    const auto mark = row.get("public");
    if (mark == "true" || mark == "false") {
        properties["public"] = mark == "true";
    } else if (!mark.empty()) {
        finding.field = "public";
        finding.what = {"只能是 true 或 false", "neither true nor false"};
        return false;
    }
    if (const auto address = row.get("address"); !address.empty()) {
        properties["address"] = address;
    }
    out.properties = json_text(properties);
    return true;
}

/// What the ledger asks of a row, before the writer is asked.
bool check_row(const ThingRow& row, const city::City& city, Date today, ImportFinding& finding) {
    sensing::EntityValue thing;
    thing.key.type = EntityType::Thing;
    thing.properties.resize(sensing::info(EntityType::Thing).properties.size());
    thing.properties[sensing::property_position(EntityType::Thing, "properties")] = row.properties;
    if (auto checked = check_ledger(thing, nullptr, city, today, ""); !checked) {
        const auto& error = checked.error();
        finding.field = error.field.substr(error.field.rfind('/') + 1);
        finding.what = {
            fmt::format(
                "{}（{}）", error_info(error.code).meaning_zh, message_in(error.context, "zh")
            ),
            error.context
        };
        return false;
    }
    return true;
}

bool read_row(
    const Row& row,
    const std::vector<std::string>& columns,
    const city::City& city,
    Date today,
    ThingRow& out,
    ImportFinding& finding
) {
    out.code = row.get("code");
    out.name = row.get("name");
    for (const auto& [column, text] :
         {std::pair("code", &out.code), std::pair("name", &out.name)}) {
        if (text->empty()) {
            finding.field = column;
            finding.what = {"不能为空", "must not be empty"};
            finding.hint = {
                "每个终端都要有统一编码和名称", "each terminal needs its unified code and a name"
            };
            return false;
        }
    }
    out.description = row.get("description").empty() ? out.name : row.get("description");
    return read_place(row, out, finding) && read_properties(row, columns, out, finding) &&
           check_row(out, city, today, finding);
}

Result<std::vector<std::string>> read_head(city::CsvReader& reader) {
    if (!reader.next()) {
        return fail(ErrorCode::InvalidInput, "the file is empty; its first line names the columns");
    }
    std::vector<std::string> columns;
    for (const auto& field : reader.row()) {
        if (field.text.empty() ||
            std::find(columns.begin(), columns.end(), field.text) != columns.end()) {
            return fail(
                ErrorCode::InvalidInput,
                fmt::format(
                    "column {} has no name, or one that is there already", columns.size() + 1
                )
            );
        }
        columns.emplace_back(field.text);
    }
    for (const auto* needed : {"code", "name"}) {
        if (std::find(columns.begin(), columns.end(), needed) == columns.end()) {
            return fail(
                ErrorCode::InvalidInput, fmt::format("the column \"{}\" is missing", needed), needed
            );
        }
    }
    return columns;
}

// Writing.

std::string as_json(std::string_view text) {
    std::string out;
    append_json_text(out, text);
    return out;
}

json::object location_body(const ThingRow& row) {
    auto place = parse_json(row.location, "the place");
    return {
        {"name", row.name},
        {"description", row.description},
        {"encodingType", "application/geo+json"},
        {"location", place ? std::move(*place) : json::value()}
    };
}

/// Registers the terminal, or changes it. The key's id is 0 when there was nothing to change.
Result<EntityKey> put_thing(EntityWork& work, const ThingRow& row) {
    CS_TRY(properties, parse_json(row.properties, "properties"));
    json::object body{{"name", row.name}, {"description", row.description}};
    const auto id = work.thing_by_code(row.code);
    const EntityKey key{EntityType::Thing, id};
    const auto known = id == 0 ? sensing::EntityPtr() : work.find(key);
    if (!known) {
        body["properties"] = std::move(properties);
        if (!row.location.empty()) {
            body["Locations"] = json::array{location_body(row)};
        }
        return work.create(EntityType::Thing, body, std::nullopt);
    }
    // What the file does not say stays.
    const auto text = [&](const char* name) {
        return known->property(sensing::property_position(EntityType::Thing, name));
    };
    CS_TRY(old, parse_json(text("properties").empty() ? "{}" : text("properties"), "it"));
    auto merged = old.is_object() ? old.get_object() : json::object();
    for (const auto& member : properties.as_object()) {
        merged[member.key()] = member.value();
    }
    const auto places =
        work.linked(key, sensing::navigation_position(EntityType::Thing, "Locations"), 1);
    const auto place =
        places.empty() ? sensing::EntityPtr() : work.find({EntityType::Location, places.front()});
    const auto shown =
        place ? place->property(sensing::property_position(EntityType::Location, "location"))
              : std::string_view();
    const bool moved = !row.location.empty() && shown != row.location;
    const bool same = json::value(merged) == old && text("name") == as_json(row.name) &&
                      text("description") == as_json(row.description);
    if (same && !moved) {
        return EntityKey{EntityType::Thing, 0};
    }
    body["properties"] = std::move(merged);
    CS_CHECK(work.merge(key, body));
    if (moved) {
        const EntityParent parent{
            key, sensing::navigation_position(EntityType::Thing, "Locations")
        };
        CS_CHECK(work.create(EntityType::Location, location_body(row), parent));
    }
    return key;
}

/// An import while it goes on, commit by commit.
struct Import {
    SensingEntities& entities;
    Submitter& submitter;
    access::Principal who;
    std::vector<ThingRow> rows;
    ImportReport report;
    std::function<void(Result<ImportReport>)> done;
    std::size_t next = 0;
};

void take_results(
    Import& import,
    std::size_t first,
    const std::vector<SensingStepResult>& results
) {
    auto& report = import.report;
    for (std::size_t i = 0; i < results.size(); ++i) {
        const auto& result = results[i];
        if (result.error) {
            ++report.refused;
            const auto& error = *result.error;
            ImportFinding finding;
            finding.line = import.rows[first + i].line;
            finding.field = error.field.substr(error.field.rfind('/') + 1);
            finding.what = {
                fmt::format(
                    "{}（{}）", error_info(error.code).meaning_zh, message_in(error.context, "zh")
                ),
                error.context
            };
            services::report(report, std::move(finding));
        } else if (result.key.id == 0) {
            ++report.unchanged;
        } else {
            ++(result.is_new ? report.created : report.changed);
        }
    }
}

void go_on(const std::shared_ptr<Import>& import) {
    if (import->next == import->rows.size()) {
        auto& findings = import->report.findings;
        std::stable_sort(findings.begin(), findings.end(), [](const auto& a, const auto& b) {
            return a.line < b.line;
        });
        import->done(std::move(import->report));
        return;
    }
    const auto first = import->next;
    import->next = std::min(import->rows.size(), first + kRowsPerCommit);
    std::vector<SensingStep> steps;
    for (auto i = first; i < import->next; ++i) {
        steps.emplace_back([import, i](EntityWork& work) {
            return put_thing(work, import->rows[i]);
        });
    }
    import->entities.submit_steps(
        import->submitter,
        import->who,
        std::move(steps),
        import->report.dry_run,
        [import, first](Result<std::vector<SensingStepResult>> results) {
            if (!results) {
                import->done(Failure{std::move(results).error()});
                return;
            }
            take_results(*import, first, *results);
            go_on(import);
        }
    );
}

}  // namespace

json::object ImportReport::to_json() const {
    json::array list;
    for (const auto& finding : findings) {
        json::object row{
            {"row", finding.line},
            {"field", finding.field},
            {"what", {{"zh", finding.what.zh}, {"en", finding.what.en}}}
        };
        if (!finding.hint.en.empty()) {
            row["hint"] = {{"zh", finding.hint.zh}, {"en", finding.hint.en}};
        }
        list.push_back(std::move(row));
    }
    json::object out{{"dry_run", dry_run}, {"rows", rows}};
    out["created"] = created;
    out["changed"] = changed;
    out["unchanged"] = unchanged;
    out["refused"] = refused;
    out["findings"] = std::move(list);
    return out;
}

Result<ParsedThings> parse_things(std::string_view csv, const city::City& city, Date today) {
    if (!is_utf8(csv)) {
        return fail(ErrorCode::InvalidInput, "the file is not UTF-8; save it as \"CSV UTF-8\"");
    }
    city::CsvReader reader(csv);
    CS_TRY(columns, read_head(reader));
    ParsedThings out;
    std::set<std::string> codes;
    while (reader.next()) {
        if (static_cast<std::size_t>(++out.report.rows) > kRowsMax) {
            return fail(ErrorCode::TooLarge, fmt::format("at most {} rows at once", kRowsMax));
        }
        ThingRow row;
        row.line = reader.line();
        ImportFinding finding;
        finding.line = row.line;
        bool good = reader.row().size() <= columns.size();
        if (!good) {
            finding.what = {"列数多于首行", "more fields than the head line has columns"};
            finding.hint = {"含逗号的内容加双引号", "quote what contains a comma"};
        }
        good = good && read_row(Row(columns, reader), columns, city, today, row, finding);
        if (good && !codes.insert(row.code).second) {
            good = false;
            finding.field = "code";
            finding.what = {"该编码在前面已出现", "this code was there before"};
        }
        if (good) {
            out.rows.push_back(std::move(row));
        } else {
            ++out.report.refused;
            report(out.report, std::move(finding));
        }
    }
    if (const auto& error = reader.error()) {
        return fail(
            ErrorCode::InvalidInput,
            fmt::format("line {}, column {}: {}", error->line, error->column, error->message.en)
        );
    }
    return out;
}

void import_things(
    SensingEntities& entities,
    Submitter& submitter,
    access::Principal who,
    ParsedThings parsed,
    bool dry_run,
    std::function<void(Result<ImportReport>)> done
) {
    parsed.report.dry_run = dry_run;
    go_on(std::make_shared<Import>(Import{
        entities,
        submitter,
        std::move(who),
        std::move(parsed.rows),
        std::move(parsed.report),
        std::move(done)
    }));
}

}  // namespace chengshu::services
