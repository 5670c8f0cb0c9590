#pragma once

#include "base/result.hpp"
#include "domain/response/alert.hpp"
#include "domain/response/plan.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Common Alerting Protocol 1.2 (OASIS), with the identifiers of GB/T 35965.1.

namespace chengshu::cap {

inline constexpr std::size_t kMessageBytesMax = std::size_t{256} * 1024;
inline constexpr std::size_t kInfosMax = 16;
inline constexpr std::size_t kAreasMax = 200;  ///< of one info
inline constexpr std::size_t kListMax = 500;   ///< of polygons, geocodes, parameters …
inline constexpr std::size_t kTextMax = 32 * 1024;
inline constexpr std::size_t kPointsMax = 5'000;  ///< of one polygon
inline constexpr int kDepthMax = 8;

struct Pair {
    std::string name;
    std::string value;

    friend bool operator==(const Pair&, const Pair&) = default;
};

struct Area {
    std::string description;
    std::vector<std::string> polygons;
    std::vector<std::string> circles;
    std::vector<Pair> geocodes;

    friend bool operator==(const Area&, const Area&) = default;
};

struct Info {
    std::string language;  ///< empty: en-US
    std::vector<std::string> categories;
    std::string event;
    std::vector<std::string> response_types;
    std::string urgency;
    std::string severity;
    std::string certainty;
    std::vector<Pair> event_codes;
    std::string effective;
    std::string onset;
    std::string expires;
    std::string sender_name;
    std::string headline;
    std::string description;
    std::string instruction;
    std::string web;
    std::string contact;
    std::vector<Pair> parameters;
    std::vector<Area> areas;

    friend bool operator==(const Info&, const Info&) = default;
};

struct Message {
    std::string identifier;
    std::string sender;
    std::string sent;
    std::string status;
    std::string kind;  ///< msgType
    std::string source;
    std::string scope;
    std::string restriction;
    std::string addresses;
    std::vector<std::string> codes;
    std::string note;
    std::string references;
    std::string incidents;
    std::vector<Info> infos;

    friend bool operator==(const Message&, const Message&) = default;
};

struct Reference {
    std::string sender;
    std::string identifier;
    std::string sent;
};

/// What the schema and the text of CAP 1.2 ask for: the words of each list, times with an offset
/// and no Z, references of updates and cancellations, no blank, comma, `<` or `&` in identifier and
/// sender, closed polygons, circles with a radius. InvalidInput names the element.
Status check(const Message& message);

/// The triples of `references`; InvalidInput when one is not whole.
Result<std::vector<Reference>> references_of(const Message& message);

/// Reads a message of CAP 1.1 or 1.2 and checks it. No entity but those of XML itself, no document
/// type, at most the sizes above: InvalidInput or TooLarge.
Result<Message> read(std::string_view xml);

/// The document; `message` must be one that check() accepts.
std::string write(const Message& message);

// Mapping of colours (GB practice).
std::string_view severity_of(response::Level level);
response::Level level_of_severity(std::string_view severity);

/// "2015-12-08T10:00:00+08:00".
std::string local_time(Instant at, const TimeZone& zone);

/// Identifier of GB/T 35965.1, 31 characters: six digits of the division, trade and unit (three
/// each), two reserved, the local time and a serial 0–9.
std::string identifier_of(
    const response::Issuer& issuer,
    std::string_view division,
    Instant at,
    const TimeZone& zone,
    int serial
);

/// The message that tells an alert as it is now, in both languages. The first message of an alert
/// is an Alert; later ones refer to those before: Update, or Cancel when it is over.
Message message_of(
    const response::Alert& alert,
    const response::Issuer& issuer,
    const std::string& identifier,
    Instant now,
    const TimeZone& zone
);

}  // namespace chengshu::cap
