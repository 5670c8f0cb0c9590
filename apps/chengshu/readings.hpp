#pragma once

#include "control.hpp"
#include "runtime.hpp"
#include "services/copy.hpp"

#include <filesystem>
#include <optional>

namespace chengshu::app {

/// Where the readings of a data folder lie when the cases are in SQLite.
std::filesystem::path readings_file(const std::filesystem::path& data);

/// Copies the readings to a new file of DuckDB and compares; the store may be in use by this very
/// process. Nothing is left behind on failure.
Result<services::ObservationDigest> copy_readings_to_file(
    ports::ObservationStore& from,
    const std::filesystem::path& to,
    const services::CopyProgress& progress
);

/// Puts the readings of the data folder into `to`, by asking the server that has them open or else
/// by itself; false when there are none outside the system of record.
Result<bool> backup_readings(const Runtime& run, const std::filesystem::path& to);

/// Recomputes what is known of each stream from its readings, prints what differs, and gives
/// whether nothing does. Readings that a server has open are left alone, and that is said.
Result<bool> verify_readings(const Runtime& run, bool zh);

}  // namespace chengshu::app
