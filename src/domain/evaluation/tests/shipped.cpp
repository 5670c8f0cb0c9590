#include "domain/evaluation/tests/shipped.hpp"

#include "support/test_city.hpp"

#include <cstdio>
#include <cstdlib>
#include <map>

namespace chengshu::evaluation::testing {

const city::City& test_city() {
    static const auto kCity = chengshu::testing::test_city();
    return *kCity;
}

std::vector<city::DefinitionFile> shipped_files(std::string_view scenario) {
    const std::string folder = "scenarios/" + std::string(scenario);
    std::vector<std::string> paths{folder + "/evaluation.yaml"};
    if (scenario == "city-management") {
        paths.push_back(folder + "/workflows/standard.yaml");
        paths.push_back(folder + "/workflows/direct.yaml");
    } else {
        paths.push_back(folder + "/workflows/request.yaml");
    }
    std::vector<city::DefinitionFile> out;
    for (const auto& path : paths) {
        out.push_back({path, chengshu::testing::source_file(path)});
    }
    return out;
}

const Evaluation& shipped(std::string_view scenario) {
    static std::map<std::string, Evaluation, std::less<>> known;
    auto found = known.find(scenario);
    if (found == known.end()) {
        auto parsed = parse_evaluation(shipped_files(scenario), test_city());
        if (!parsed.findings.empty()) {
            std::fputs(chengshu::testing::to_text(parsed.findings).c_str(), stderr);
            std::abort();
        }
        found = known.emplace(scenario, std::move(parsed.evaluation)).first;
    }
    return found->second;
}

const indicators::Catalogue& shipped_indicators(std::string_view scenario) {
    static std::map<std::string, indicators::Catalogue, std::less<>> known;
    auto found = known.find(scenario);
    if (found == known.end()) {
        const auto path = "scenarios/" + std::string(scenario) + "/indicators.yaml";
        const city::DefinitionFile file{path, chengshu::testing::source_file(path)};
        auto parsed = indicators::parse_indicators(
            {&file, 1},
            test_city(),
            [](std::string_view) { return 0U; },
            case_measures(shipped(scenario))
        );
        if (!parsed.findings.empty()) {
            std::fputs(chengshu::testing::to_text(parsed.findings).c_str(), stderr);
            std::abort();
        }
        found = known.emplace(scenario, std::move(parsed.catalogue)).first;
    }
    return found->second;
}

const std::vector<std::int64_t>& Cells::things(std::string_view, std::string_view) {
    static const std::vector<std::int64_t> kNone;
    return kNone;
}

const std::vector<std::string>&
Cells::areas(std::string_view, std::string_view, const indicators::Period&) {
    static const std::vector<std::string> kNone;
    return kNone;
}

std::int64_t Cells::counted(const indicators::Place& place, int bit, const indicators::Period&) {
    const auto cell = cells_.find(place.code);
    const auto at = static_cast<std::size_t>(bit);
    return cell != cells_.end() && at < cell->second.size() ? cell->second[at] : 0;
}

std::vector<std::int64_t> values(
    const Evaluation& evaluation,
    std::initializer_list<std::pair<std::string_view, std::int64_t>> named
) {
    std::vector<std::int64_t> out(kMeasuresMax);
    for (const auto& [code, value] : named) {
        const auto* measure = evaluation.measure(code);
        if (measure == nullptr) {
            std::fprintf(stderr, "no measure %s\n", std::string(code).c_str());
            std::abort();
        }
        out[static_cast<std::size_t>(measure->bit)] = value;
        if (measure->raw_bit != measure->bit) {
            out[static_cast<std::size_t>(measure->raw_bit)] = value;
        }
    }
    return out;
}

}  // namespace chengshu::evaluation::testing
