#pragma once

#include "base/label.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "domain/city/city.hpp"
#include "services/sensing/entities.hpp"

#include <boost/json/fwd.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace chengshu::services {

/// A mistake in a file of terminals.
struct ImportFinding {
    int line = 0;
    std::string field;  ///< the column; empty: the whole row
    Label what;
    Label hint;
};

/// What an import did, or would do.
struct ImportReport {
    bool dry_run = false;
    std::int64_t rows = 0;
    std::int64_t created = 0;
    std::int64_t changed = 0;
    std::int64_t unchanged = 0;
    std::int64_t refused = 0;
    std::vector<ImportFinding> findings;  ///< the first kFindingsMax, by line

    static constexpr std::size_t kFindingsMax = 1'000;

    [[nodiscard]] boost::json::object to_json() const;
};

/// One row that can be read: what it says of a terminal.
struct ThingRow {
    int line = 0;
    std::string code;
    std::string name;
    std::string description;
    std::string properties;  ///< JSON object
    std::string location;    ///< GeoJSON, or empty
};

struct ParsedThings {
    std::vector<ThingRow> rows;
    ImportReport report;
};

/// Reads a CSV file with a head line. Columns: code, name (must be there), description, type,
/// department, area, lon, lat, datum (wgs84 or gcj02), address, state, builder, manager, public;
/// all others go into the terminal's properties under their own names. Rows with mistakes are left
/// out and reported. InvalidInput when the file as a whole cannot be read.
Result<ParsedThings> parse_things(std::string_view csv, const city::City& city, Date today);

/// Registers terminals, or changes those whose code is known; in several commits, so that a long
/// file does not hold up anything else. A row that is refused is reported, the others go on; a dry
/// run changes nothing. `done` is called once, maybe on the writer's thread; a failure of the store
/// in the middle leaves the rows before it registered, and importing the file again is safe.
void import_things(
    SensingEntities& entities,
    Submitter& submitter,
    access::Principal who,
    ParsedThings parsed,
    bool dry_run,
    std::function<void(Result<ImportReport>)> done
);

}  // namespace chengshu::services
