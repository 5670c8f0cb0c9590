#include "domain/city/city.hpp"

#include "base/assert.hpp"
#include "domain/city/csv.hpp"

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <vector>

namespace {

using namespace chengshu;

/// A line "@@ <path>" begins the next file.
std::vector<city::CityFile> split(std::string_view text) {
    std::vector<city::CityFile> files;
    while (!text.empty() && files.size() < 64) {
        const std::size_t mark = text.starts_with("@@ ") ? 0 : text.find("\n@@ ");
        if (mark == std::string_view::npos) {
            break;
        }
        text = text.substr(mark == 0 ? 3 : mark + 4);
        const std::size_t line_end = std::min(text.find('\n'), text.size());
        city::CityFile file;
        file.path = text.substr(0, line_end);
        text = text.substr(std::min(line_end + 1, text.size()));
        const std::size_t end = text.starts_with("@@ ") ? 0 : text.find("\n@@ ");
        file.content = text.substr(0, end == std::string_view::npos ? text.size() : end);
        text = text.substr(file.content.size());
        files.push_back(std::move(file));
    }
    return files;
}

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
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    city::CsvReader reader{text};
    while (reader.next()) {
        for (const city::CsvField& field : reader.row()) {
            CS_ASSERT(field.offset <= size && reader.column(field) >= 1);
        }
    }
    const city::ParsedCity parsed = city::parse_city("toy", split(text));
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
