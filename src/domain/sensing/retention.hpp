#pragma once

#include "base/label.hpp"
#include "domain/city/city.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace chengshu::sensing {

/// "readings of these streams are kept so long", as a row of retention.yaml.
struct RetentionRule {
    std::string code;
    Label name;
    // Which streams; all that are set must hold.
    std::string property;           ///< code of the observed property; empty: any
    std::string thing_type;         ///< empty: any
    std::string thing;              ///< unified code of the one thing; empty: any
    std::string area;               ///< the thing is in it; empty: any
    int raw_days = 0;               ///< readings are kept as they came for so long
    bool keep_hours = true;         ///< then what remains of each hour …
    std::optional<int> hours_days;  ///< … for so long, counted as raw_days; none: forever
    std::string source;             ///< who says so
    city::Validity validity;
};

/// What a rule asks of a stream.
struct RetentionSubject {
    std::string_view property;
    std::string_view thing_type;
    std::string_view thing;
    std::string_view area;  ///< where the thing is; may be empty
};

/// The first rule that holds on the day and fits; null: the stream is kept as it is.
const RetentionRule* retention_of(
    std::span<const RetentionRule> rules,
    const RetentionSubject& subject,
    const city::City& city,
    Date today
);

struct ParsedRetention {
    std::vector<RetentionRule> rules;
    std::vector<city::Finding> findings;
};

/// Reads retention.yaml among the definitions and checks it against the city. Mistakes come with
/// line and column; rules are given only without an error.
ParsedRetention
parse_retention(std::span<const city::DefinitionFile> files, const city::City& city);

}  // namespace chengshu::sensing
