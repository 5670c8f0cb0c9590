#include "services/verify_observations.hpp"

#include <map>

namespace chengshu::services {

Result<ObservationVerification> verify_observations(
    ports::ObservationStore& store,
    const std::function<void(const char* stage, std::int64_t done, std::int64_t total)>& progress
) {
    CS_TRY(totals, store.stats());
    ObservationVerification out;
    std::map<std::int64_t, sensing::StreamSummary> expected;
    CS_CHECK(store.dump([&](const ports::ObservationPart& part) {
        for (const auto& row : part.rows) {
            sensing::add(expected[row.stream], row);
            ++out.rows;
        }
        if (progress) {
            progress("readings", out.rows, totals.rows);
        }
        return ok();
    }));
    CS_CHECK(store.each_summary([&](const sensing::StreamSummary& summary) {
        ++out.streams;
        const auto found = expected.find(summary.stream);
        if (found == expected.end() || !(found->second == summary)) {
            out.different.push_back(summary.stream);
        }
        if (found != expected.end()) {
            expected.erase(found);
        }
    }));
    for (const auto& [stream, summary] : expected) {
        out.different.push_back(stream);
    }
    return out;
}

}  // namespace chengshu::services
