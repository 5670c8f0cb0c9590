#include "domain/city/city.hpp"

#include "base/assert.hpp"
#include "domain/city/csv.hpp"
#include "inputs.hpp"

#include <algorithm>

namespace {

using namespace chengshu;

void use(const city::City& city) {
    const Date date{std::chrono::year{2026}, std::chrono::month{8}, std::chrono::day{3}};
    const city::Box box = city.extent();
    for (const double share : {0.0, 0.3, 0.5, 1.0}) {
        const city::Point point{
            box.west + share * (box.east - box.west), box.south + share * (box.north - box.south)
        };
        if (const auto place = city.locate(point, date)) {
            CS_ASSERT(!place->path.empty());
            for (const city::Category& category : city.categories()) {
                static_cast<void>(city.owners(category.id, place->path, date));
            }
        }
    }
    for (const city::Area& area : city.areas()) {
        const auto path = city.path(area.code);
        CS_ASSERT(!path.empty() && path.back() == area.code);
        CS_ASSERT(path.size() <= city.levels().size());
        CS_ASSERT(city.is_within(area.code, path.front()));
    }
    for (const city::DataTablePtr& table : city.tables()) {
        CS_ASSERT(city.table(table->code) == table);
        std::size_t rows = 0;
        for (const city::Area& area : city.areas()) {
            rows += table->rows_of(area.code).size();
        }
        CS_ASSERT(rows == table->rows.size());
        for (const city::TableRow& row : table->rows) {
            CS_ASSERT(row.cells.size() == table->columns.size() && row.line > 1);
        }
        CS_ASSERT(table->stretch(date) <= table->turns.size());
    }
    for (const city::Standard& standard : city.standards()) {
        CS_ASSERT(city.category(standard.category) != nullptr);
        const Instant start = from_millis(1'785'000'000'000);
        if (standard.limit.bounded()) {
            CS_ASSERT(city.calendar().add(start, standard.limit) >= start);
        }
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto text = fuzz::text_of(data, size);
    city::CsvReader reader{text};
    while (reader.next()) {
        for (const city::CsvField& field : reader.row()) {
            CS_ASSERT(field.offset <= size && reader.column(field) >= 1);
        }
    }
    const city::ParsedCity parsed =
        city::parse_city("toy", fuzz::split_files<city::CityFile>(text));
    CS_ASSERT(parsed.findings.size() <= 200);
    const bool wrong =
        std::any_of(parsed.findings.begin(), parsed.findings.end(), [](const auto& found) {
            return found.error;
        });
    CS_ASSERT(wrong == (parsed.city == nullptr));
    if (parsed.city) {
        use(*parsed.city);
    }
    return 0;
}
