#pragma once

#include "domain/sensing/retention.hpp"
#include "ports/clock.hpp"
#include "ports/observation_store.hpp"
#include "services/definitions.hpp"
#include "services/sensing/entities.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace chengshu::services {

/// What a rule would do now.
struct RetentionForecast {
    const sensing::RetentionRule* rule = nullptr;  ///< of the definitions that were given
    std::int64_t streams = 0;                      ///< that it is for
    std::int64_t rows = 0;                         ///< that would go
    std::optional<std::int64_t> raw_before;        ///< ms; none: no stream
};

/// The city's rules on how long readings are kept, carried out in parts of bounded size. Each part
/// is one transaction of the store, so that nothing counts twice in an hour's values, whatever
/// stops when; a reading that comes late joins its hour with the next pass. The day by which
/// readings are old is that of their phenomenon time. The newest reading of a stream always stays,
/// and of a stream that has gone silent about a day. One caller at a time.
class Retention {
public:
    /// About how many rows a part removes, when readings come evenly.
    static constexpr std::int64_t kRowsPerStep = 200'000;
    static constexpr std::size_t kStreamsPerStep = 2'000;

    /// All outlive this object.
    Retention(
        CurrentDefinitions& definitions,
        SensingEntities& entities,
        ports::ObservationStore& store,
        ports::Clock& clock,
        std::int64_t rows_per_step = kRowsPerStep
    )
        : definitions_(definitions),
          entities_(entities),
          store_(store),
          clock_(clock),
          rows_per_step_(rows_per_step) {}

    /// What a pass would do; changes nothing.
    Result<std::vector<RetentionForecast>> forecast(const Definitions& definitions);

    /// Begins a pass: finds what there is to do today.
    Status begin();
    /// Does the next part; nothing when the pass is over.
    Result<std::optional<ports::RetentionResult>> step();

private:
    /// Streams that are treated alike.
    struct Part {
        std::size_t rule = 0;
        ports::RetentionStep step;  ///< as far as the rule goes
    };

    Result<std::vector<Part>> parts(const Definitions& definitions);
    Result<std::optional<std::int64_t>> next_cut(const ports::RetentionStep& step);

    CurrentDefinitions& definitions_;
    SensingEntities& entities_;
    ports::ObservationStore& store_;
    ports::Clock& clock_;
    const std::int64_t rows_per_step_;
    std::deque<Part> waiting_;
};

}  // namespace chengshu::services
