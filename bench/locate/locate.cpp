// Coordinate → area path and unit grid, on one thread: points drawn evenly over the bounds of the
// city's grids, so that some lie outside it.

#include "adapters/files/city_folder.hpp"
#include "base/random.hpp"
#include "domain/city/city.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>

int main(int argc, char** argv) {
    using namespace chengshu;
    const std::string root = argc > 1 ? argv[1] : ".";
    const std::string code = argc > 2 ? argv[2] : "beijing";
    const auto files = files::read_city(root, code);
    if (!files) {
        fmt::print(stderr, "{}\n", files.error().context);
        return 1;
    }
    const auto parsed = city::parse_city(code, *files);
    if (parsed.city == nullptr) {
        fmt::print(stderr, "the city has mistakes; see chengshu city check\n");
        return 1;
    }
    city::Point low{180, 90};
    city::Point high{-180, -90};
    for (const auto& area : parsed.city->areas()) {
        const auto* boundary = parsed.city->boundary(area.code);
        if (boundary == nullptr) {
            continue;
        }
        for (const auto& polygon : *boundary) {
            for (const auto& corner : polygon.front()) {
                low = {std::min(low.lon, corner.lon), std::min(low.lat, corner.lat)};
                high = {std::max(high.lon, corner.lon), std::max(high.lat, corner.lat)};
            }
        }
    }
    const Date day = std::chrono::year{2026} / 11 / 17;
    SeededRandom random(1);
    constexpr int kLookups = 200'000;
    int inside = 0;
    const auto started = std::chrono::steady_clock::now();
    for (int i = 0; i < kLookups; ++i) {
        const city::Point point{
            low.lon + random.unit() * (high.lon - low.lon),
            low.lat + random.unit() * (high.lat - low.lat)
        };
        inside += parsed.city->locate(point, day) ? 1 : 0;
    }
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
    fmt::print(
        R"({{"lookups":{},"inside":{},"seconds":{:.3f},"lookups_per_second":{:.0f}}})"
        "\n",
        kLookups,
        inside,
        seconds,
        kLookups / seconds
    );
    return 0;
}
