#pragma once

#include "ports/observation_store.hpp"
#include "ports/store.hpp"
#include "services/definitions.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace chengshu::services {

/// Rows of one table: how many, and a sum over all of them that no order changes.
struct TableDigest {
    std::int64_t rows = 0;
    std::array<std::uint64_t, 2> sum{};

    friend bool operator==(const TableDigest&, const TableDigest&) = default;
};

/// Everything that a store of the system of record holds, search terms apart.
struct StoreDigest {
    TableDigest cases;
    TableDigest reports;
    TableDigest journal;
    TableDigest cells;
    TableDigest documents;
    TableDigest idempotency;

    friend bool operator==(const StoreDigest&, const StoreDigest&) = default;
};

/// Everything that a store of observations holds.
struct ObservationDigest {
    TableDigest rows;
    TableDigest keys;
    TableDigest hours;
    TableDigest streams;  ///< what is known of each stream without reading its rows
    std::int64_t last_id = 0;

    friend bool operator==(const ObservationDigest&, const ObservationDigest&) = default;
};

/// `stage` is "cases", "journal", "compare" …; `total` is 0 when it is not known. Not called for
/// every row. False stops the work, which then fails.
using CopyProgress = std::function<bool(const char* stage, std::int64_t done, std::int64_t total)>;

/// Reads everything.
Result<StoreDigest> digest_of(ports::Store& store, const CopyProgress& progress);
Result<ObservationDigest> digest_of(ports::ObservationStore& store, const CopyProgress& progress);

/// Copies everything into an empty store, then reads it back and compares. Search terms, which no
/// store gives back, are made anew from the cases and the city. Nobody else may use the stores
/// meanwhile. Internal when the copy differs: it must not be used.
Result<StoreDigest> copy_store(
    ports::Store& from,
    ports::Store& to,
    const Definitions& definitions,
    const CopyProgress& progress
);
/// The same for observations; changes of `from` may go on meanwhile and are not copied.
Result<ObservationDigest> copy_observations(
    ports::ObservationStore& from,
    ports::ObservationStore& to,
    const CopyProgress& progress
);

}  // namespace chengshu::services
