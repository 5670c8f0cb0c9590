#include "base/random.hpp"
#include "domain/city/tests/city_folder.hpp"

#include <benchmark/benchmark.h>

namespace chengshu::city {
namespace {

const Date kDay{std::chrono::year{2026}, std::chrono::month{11}, std::chrono::day{20}};

void parse(benchmark::State& state, const char* code) {
    const std::vector<CityFile> files = read_city_folder(code);
    for (auto _ : state) {
        const ParsedCity parsed = parse_city(code, files);
        if (!parsed.city) {
            state.SkipWithError("the city has mistakes");
            return;
        }
    }
}

void locate(benchmark::State& state, const char* code) {
    const CityPtr city = parse_city(code, read_city_folder(code)).city;
    if (!city) {
        state.SkipWithError("the city has mistakes");
        return;
    }
    SeededRandom random{1};
    const Box box = city->extent();
    std::vector<Point> points;
    for (int i = 0; i < 4096; ++i) {
        points.push_back(
            {box.west + random.unit() * (box.east - box.west),
             box.south + random.unit() * (box.north - box.south)}
        );
    }
    std::size_t i = 0;
    std::int64_t inside = 0;
    for (auto _ : state) {
        inside += city->locate(points[i++ % points.size()], kDay).has_value() ? 1 : 0;
    }
    state.SetItemsProcessed(state.iterations());
    state.counters["inside"] =
        static_cast<double>(inside) / static_cast<double>(state.iterations());
}

void owners(benchmark::State& state, const char* code) {
    const CityPtr city = parse_city(code, read_city_folder(code)).city;
    if (!city) {
        state.SkipWithError("the city has mistakes");
        return;
    }
    const auto categories = city->categories();
    const auto areas = city->areas();
    std::size_t i = 0;
    for (auto _ : state) {
        ++i;
        const auto path = city->path(areas[i * 7 % areas.size()].code);
        benchmark::DoNotOptimize(city->owners(categories[i % categories.size()].id, path, kDay));
    }
    state.SetItemsProcessed(state.iterations());
}

BENCHMARK_CAPTURE(parse, beijing, "beijing")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(parse, newyork, "newyork")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(locate, beijing, "beijing")->ThreadRange(1, 2)->UseRealTime();
BENCHMARK_CAPTURE(locate, newyork, "newyork")->ThreadRange(1, 2)->UseRealTime();
BENCHMARK_CAPTURE(owners, beijing, "beijing");

}  // namespace
}  // namespace chengshu::city
