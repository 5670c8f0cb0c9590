#include "adapters/sql/case_columns.hpp"

namespace chengshu::sql {

const char* const kCaseColumns =
    "c.id, c.version, c.state, c.is_open, c.workflow, c.category, c.path, c.area_1, c.area_2, "
    "c.department, c.queue, c.holder, c.source, c.collector, c.reported_at, c.updated_at, "
    "c.reported_day, c.filed_day, c.closed_day, c.next_timer, c.facts, c.lon, c.lat, c.cell, "
    "c.parent, c.body";

const std::string_view kCaseColumnNames[kCaseColumnCount] = {
    "id",         "version",    "state",       "is_open",    "workflow",     "category",
    "path",       "area_1",     "area_2",      "department", "queue",        "holder",
    "source",     "collector",  "reported_at", "updated_at", "reported_day", "filed_day",
    "closed_day", "next_timer", "facts",       "lon",        "lat",          "cell",
    "parent",     "body",
};

ColumnValue column_of(const ports::CaseRow& row, int column) {
    const auto text = [](const std::string& value) { return ColumnValue{std::string_view{value}}; };
    const auto optional_text = [](const std::string& value) {
        return value.empty() ? ColumnValue{} : ColumnValue{std::string_view{value}};
    };
    const auto optional_number = [](std::int64_t value) {
        return value == 0 ? ColumnValue{} : ColumnValue{value};
    };
    const auto optional = [](const auto& value) {
        return value ? ColumnValue{*value} : ColumnValue{};
    };
    switch (column) {
        case 0:
            return row.id.value;
        case 1:
            return row.version;
        case 2:
            return text(row.state);
        case 3:
            return std::int64_t{row.open ? 1 : 0};
        case 4:
            return text(row.workflow);
        case 5:
            return text(row.category);
        case 6:
            return text(row.path);
        case 7:
            return optional_text(row.area_1);
        case 8:
            return optional_text(row.area_2);
        case 9:
            return optional_text(row.department);
        case 10:
            return optional_text(row.queue);
        case 11:
            return optional_text(row.holder);
        case 12:
            return text(row.source);
        case 13:
            return optional_text(row.collector);
        case 14:
            return row.reported_at;
        case 15:
            return row.updated_at;
        case 16:
            return std::int64_t{row.reported_day};
        case 17:
            return optional_number(row.filed_day);
        case 18:
            return optional_number(row.closed_day);
        case 19:
            return optional(row.next_timer);
        case 20:
            return row.facts;
        case 21:
            return optional(row.lon);
        case 22:
            return optional(row.lat);
        case 23:
            return optional(row.cell);
        case 24:
            return optional_number(row.parent.value);
        case 25:
            return text(row.body);
        default:
            CS_ASSERT(false);
    }
    return {};
}

ports::CaseRow read_case(const ColumnReader& columns) {
    const auto small = [&](int column) { return static_cast<int>(columns.integer(column)); };
    ports::CaseRow row;
    row.id.value = columns.integer(0);
    row.version = columns.integer(1);
    row.state = columns.text(2);
    row.open = columns.integer(3) != 0;
    row.workflow = columns.text(4);
    row.category = columns.text(5);
    row.path = columns.text(6);
    row.area_1 = columns.text(7);
    row.area_2 = columns.text(8);
    row.department = columns.text(9);
    row.queue = columns.text(10);
    row.holder = columns.text(11);
    row.source = columns.text(12);
    row.collector = columns.text(13);
    row.reported_at = columns.integer(14);
    row.updated_at = columns.integer(15);
    row.reported_day = small(16);
    row.filed_day = small(17);
    row.closed_day = small(18);
    if (!columns.is_null(19)) {
        row.next_timer = columns.integer(19);
    }
    row.facts = columns.integer(20);
    if (!columns.is_null(21)) {
        row.lon = columns.real(21);
    }
    if (!columns.is_null(22)) {
        row.lat = columns.real(22);
    }
    if (!columns.is_null(23)) {
        row.cell = columns.integer(23);
    }
    row.parent.value = columns.integer(24);
    row.body = columns.text(25);
    return row;
}

}  // namespace chengshu::sql
