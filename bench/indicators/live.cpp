// Live values alone, on one thread, over a store in memory: a city with as many areas and
// indicators as asked for. First every value of today is calculated, then commits of case measures
// are taken in, then values are asked for while commits come. Prints JSON lines.

#include "adapters/files/city_folder.hpp"
#include "adapters/memory/memory_store.hpp"
#include "base/random.hpp"
#include "services/live_indicators.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace {

using namespace chengshu;

constexpr std::size_t kReportsPerCommit = 100;
constexpr std::size_t kSlice = 20'000;

/// Areas below the streets until there are so many.
void add_areas(std::vector<city::CityFile>& files, std::size_t wanted) {
    for (auto& file : files) {
        if (!file.path.ends_with("/areas.csv")) {
            continue;
        }
        std::vector<std::string> streets;
        std::size_t areas = 0;
        std::size_t begin = file.content.find('\n') + 1;
        while (begin < file.content.size()) {
            const auto end = std::min(file.content.find('\n', begin), file.content.size());
            const auto line = file.content.substr(begin, end - begin);
            areas += line.empty() ? 0U : 1U;
            if (line.find(",street,") != std::string::npos) {
                streets.push_back(line.substr(0, line.find(',')));
            }
            begin = end + 1;
        }
        for (std::size_t i = 0; areas < wanted && !streets.empty(); ++i, ++areas) {
            const auto& street = streets[i % streets.size()];
            const auto number = i / streets.size() + 900;
            file.content += fmt::format(
                "{}{},{},community,社区{},Community {},true,,,made up for measurements\n",
                street,
                number,
                street,
                number,
                number
            );
        }
        return;
    }
}

/// Indicators over the measures of the case loop, each another formula.
void add_indicators(
    std::vector<city::CityFile>& files,
    const std::string& city,
    std::size_t wanted
) {
    static constexpr std::string_view kMeasures[] = {
        "reported",
        "void",
        "reported_filed",
        "reported_dispatched",
        "reported_handled",
        "reported_closed",
        "reports",
        "duplicates",
        "filed",
        "dispatched",
        "handled",
        "closed"
    };
    std::string content = "indicators:\n";
    const auto count = std::size(kMeasures);
    for (std::size_t i = 0; i < wanted; ++i) {
        content += fmt::format(
            "- {{code: x{}, name: {{zh: 指标{}, en: Indicator {}}}, period: [day, month], source: "
            "made "
            "up, formula: '({} + {}) / ({} + {})'}}\n",
            i,
            i,
            i,
            kMeasures[i % count],
            i,
            kMeasures[i / count % count],
            i / 7 + 1
        );
    }
    files.push_back({"cities/" + city + "/indicators-made-up.yaml", std::move(content)});
}

double seconds_since(std::chrono::steady_clock::time_point begun) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
}

double resident_mb() {
    std::ifstream status("/proc/self/status");
    std::string word;
    double kb = 0;
    while (status >> word) {
        if (word == "VmRSS:") {
            status >> kb;
        }
    }
    return kb / 1024;
}

/// What the commit of some reports holds: the cells of the areas they lie in, as they are then.
class Cells {
public:
    Cells(const city::City& city, int day) : city_(city), day_(day) {
        for (const auto& area : city.areas()) {
            if (area.level == "community") {
                leaves_.push_back(&area);
            }
        }
    }

    ports::Changes next(SeededRandom& random, std::size_t reports) {
        std::set<std::string> touched;
        for (std::size_t i = 0; i < reports; ++i) {
            for (const auto& code : city_.path(leaves_[random.below(leaves_.size())]->code)) {
                auto& values = values_[code];
                values.resize(kMeasures);
                for (int step = 0; step < kChanged; ++step) {
                    ++values[random.below(kMeasures)];
                }
                touched.insert(code);
            }
        }
        ports::Changes out;
        for (const auto& code : touched) {
            out.cells.push_back({{"area", code, day_}, values_[code]});
        }
        return out;
    }

    static constexpr std::size_t kMeasures = 58;
    static constexpr int kChanged = 4;  ///< measures that a report changes in each cell

private:
    const city::City& city_;
    int day_;
    std::vector<const city::Area*> leaves_;
    std::map<std::string, std::vector<std::int64_t>> values_;
};

int measure(const std::string& root, std::size_t areas, std::size_t count, std::size_t commits) {
    const std::string code = "beijing";
    auto files = files::read_city(root, code);
    if (!files) {
        fmt::print(stderr, "{}\n", files.error().context);
        return 1;
    }
    add_areas(*files, areas);
    add_indicators(*files, code, count);
    auto parsed = services::parse_definitions(code, *files);
    if (parsed.definitions == nullptr) {
        for (const auto& finding : parsed.findings) {
            fmt::print(stderr, "{}:{}: {}\n", finding.path, finding.line, finding.message.en);
        }
        return 1;
    }
    const auto& city = *parsed.definitions->city;
    memory::MemoryStore store;
    services::CurrentDefinitions current(parsed.definitions);
    services::LiveLimits limits;
    limits.values_bytes = std::size_t{4} << 30U;
    limits.measures_bytes = std::size_t{4} << 30U;
    services::LiveIndicators live(store, current, nullptr, limits);
    if (!live.start(nullptr)) {
        return 1;
    }
    const auto today = *parse_rfc3339("2026-06-15T04:00:00Z");
    const auto& zone = city.calendar().zone();
    const auto period = indicators::period_at(indicators::PeriodKind::Day, today, zone);
    SeededRandom random(1);
    Cells cells(city, date_key(zone.local_date(today)));
    if (!store.commit(cells.next(random, 20'000))) {
        return 1;
    }
    // Every value of today.
    const auto empty_mb = resident_mb();
    auto begun = std::chrono::steady_clock::now();
    std::vector<services::LiveQuestion> questions;
    const auto ask = [&] {
        const auto done = live.answer(questions);
        questions.clear();
        return done.has_value();
    };
    for (std::size_t i = 0; i < count; ++i) {
        for (const auto& area : city.areas()) {
            questions.push_back({fmt::format("x{}", i), {0, area.code}, period});
            if (questions.size() == kSlice && !ask()) {
                return 1;
            }
        }
    }
    if (!ask()) {
        return 1;
    }
    auto took = seconds_since(begun);
    auto counters = live.counters();
    fmt::print(
        "{{\"what\":\"all values\",\"indicators\":{},\"areas\":{},\"values\":{},\"seconds\":{:.1f},"
        "\"values_per_second\":{:.0f},\"value_mb\":{:.0f},\"measure_mb\":{:.0f},\"rss_mb\":{:.0f}}}"
        "\n",
        count,
        city.areas().size(),
        counters.values,
        took,
        static_cast<double>(counters.values) / took,
        static_cast<double>(counters.values_bytes) / 1e6,
        static_cast<double>(counters.measures_bytes) / 1e6,
        resident_mb() - empty_mb
    );
    // Commits of many reports.
    std::vector<ports::Changes> changes;
    std::size_t touched = 0;
    for (std::size_t i = 0; i < commits; ++i) {
        changes.push_back(cells.next(random, kReportsPerCommit));
        touched += changes.back().cells.size();
    }
    begun = std::chrono::steady_clock::now();
    for (const auto& one : changes) {
        live.committed(one, Seq{});
    }
    took = seconds_since(begun);
    // A cell holds all measures of its day, and all of them are brought up to date.
    fmt::print(
        "{{\"what\":\"updates\",\"commits\":{},\"cells\":{},\"cells_per_second\":{:.0f},"
        "\"measures_per_second\":{:.0f},\"microseconds_per_commit\":{:.1f}}}\n",
        commits,
        touched,
        static_cast<double>(touched) / took,
        static_cast<double>(touched * Cells::kMeasures) / took,
        took * 1e6 / static_cast<double>(commits)
    );
    // A page of nine, while commits come.
    const auto root_area = city::root_area(city).code;
    begun = std::chrono::steady_clock::now();
    const std::size_t pages = std::min<std::size_t>(commits, 1'000);
    for (std::size_t i = 0; i < pages; ++i) {
        live.committed(changes[i], Seq{});
        for (std::size_t k = 0; k < 9; ++k) {
            questions.push_back({fmt::format("x{}", k), {0, root_area}, period});
        }
        if (!ask()) {
            return 1;
        }
    }
    took = seconds_since(begun);
    fmt::print(
        "{{\"what\":\"nine values after each commit\",\"pages\":{},\"microseconds\":{:.1f}}}\n",
        pages,
        took * 1e6 / static_cast<double>(pages)
    );
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{"Live values of indicators, without a server"};
    std::string root = ".";
    std::size_t areas = 7'400;
    std::size_t count = 3'400;
    std::size_t commits = 10'000;
    app.add_option("--root", root, "folder with cities/ and scenarios/");
    app.add_option("--areas", areas);
    app.add_option("--indicators", count);
    app.add_option("--commits", commits);
    CLI11_PARSE(app, argc, argv);
    return measure(root, areas, count, commits);
}
