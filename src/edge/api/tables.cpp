#include "edge/api/internal/handlers.hpp"
#include "edge/api/internal/indicator_views.hpp"
#include "edge/api/internal/page.hpp"
#include "edge/api/internal/views.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace chengshu::api {
namespace {

/// Rows that a value is shown with; all of them can be asked for page by page.
constexpr std::size_t kRowsShown = 1'000;

/// Public tables are everybody's, others for who may read statistics. Values of indicators over
/// areas are everybody's whatever they are made of.
bool may_read(const Call& call, const city::DataTable& table) {
    return table.is_public || access::may(call.who, access::Permission::ReadStatistics);
}

bool has_text(const Label& text) {
    return !text.zh.empty() || !text.en.empty();
}

json::object table_view(const Call& call, const city::DataTable& table) {
    json::object out{
        {"code", table.code},
        {"name", label(table.name)},
        {"source", table.source},
        {"updated", format_date(table.updated)},
        {"public", table.is_public},
        {"file", table.file},
        {"rows", table.rows.size()}
    };
    if (!table.licence.empty()) {
        out["licence"] = table.licence;
    }
    if (has_text(table.every)) {
        out["every"] = label(table.every);
    }
    if (has_text(table.note)) {
        out["note"] = label(table.note);
    }
    if (const auto* owner = call.city().department(table.owner)) {
        out["owner"] = named(owner->code, owner->name);
    }
    json::array columns;
    for (const auto& column : table.columns) {
        json::object view{
            {"code", column.code},
            {"name", label(column.name)},
            {"type", city::type_name(column.type)}
        };
        if (has_text(column.unit)) {
            view["unit"] = label(column.unit);
        }
        columns.emplace_back(std::move(view));
    }
    out["columns"] = std::move(columns);
    return out;
}

json::object row_view(const city::DataTable& table, const city::TableRow& row) {
    json::object out{{"line", row.line}, {"area", row.area}};
    if (row.validity.from) {
        out["valid_from"] = format_date(*row.validity.from);
    }
    if (row.validity.to) {
        out["valid_to"] = format_date(*row.validity.to);
    }
    json::object values;
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
        const auto& code = table.columns[i].code;
        if (const auto* number = std::get_if<double>(&row.cells[i])) {
            values[code] = *number;
        } else if (const auto* date = std::get_if<Date>(&row.cells[i])) {
            values[code] = format_date(*date);
        } else if (const auto* text = std::get_if<std::string>(&row.cells[i])) {
            values[code] = *text;
        }
    }
    out["values"] = std::move(values);
    return out;
}

}  // namespace

Result<Outcome> list_tables(const Call& call) {
    std::vector<const city::DataTable*> found;
    for (const auto& table : call.city().tables()) {
        if (may_read(call, *table)) {
            found.push_back(table.get());
        }
    }
    return sliced(call, found, [&](const auto* table) { return table_view(call, *table); });
}

Result<Outcome> list_table_rows(const Call& call) {
    const auto& code = call.in_path("table");
    const auto table = call.city().table(code);
    if (table == nullptr || !may_read(call, *table)) {
        return fail(ErrorCode::NotFound, fmt::format("there is no table {}", code));
    }
    const auto area = call.parameter("area");
    if (area && call.city().area(*area) == nullptr) {
        return fail(ErrorCode::UnknownCode, fmt::format("area {} is not known", *area), "area");
    }
    std::optional<Date> on;
    if (const auto at = call.parameter("at")) {
        CS_TRY(date, parse_date(*at));
        on = date;
    }
    std::vector<const city::TableRow*> found;
    for (const auto& row : table->rows) {
        if ((!on || row.validity.holds(*on)) && (!area || call.city().is_within(row.area, *area))) {
            found.push_back(&row);
        }
    }
    return sliced(call, found, [&](const auto* row) { return row_view(*table, *row); });
}

void put_rows(
    json::object& out,
    const Call& call,
    const indicators::Indicator& indicator,
    const indicators::Place& place,
    const indicators::Period& period
) {
    const auto* rule = std::get_if<indicators::Tabled>(&indicator.rule);
    if (rule == nullptr || !place.is_area()) {
        return;
    }
    const auto& table = *rule->table;
    const auto on = indicators::days_of(period, call.city().calendar().zone()).to;
    json::object view{
        {"code", table.code},
        {"name", label(table.name)},
        {"source", table.source},
        {"file", table.file},
        {"at", format_date(on)}
    };
    if (!table.licence.empty()) {
        view["licence"] = table.licence;
    }
    if (rule->column) {
        view["column"] = table.columns[*rule->column].code;
    }
    const auto rows = rule->rows(place.code, on);
    json::array items;
    if (may_read(call, table)) {
        for (std::size_t i = 0; i < std::min(rows.size(), kRowsShown); ++i) {
            items.emplace_back(row_view(table, *rows[i]));
        }
    }
    view["complete"] = items.size() == rows.size();
    view["items"] = std::move(items);
    out["table"] = std::move(view);
}

}  // namespace chengshu::api
