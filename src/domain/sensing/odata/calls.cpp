#include "base/text.hpp"
#include "domain/sensing/odata/operators.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <cmath>
#include <string>

namespace chengshu::sensing::odata {
namespace {

/// concat() may not build longer texts, however often it is nested.
constexpr std::size_t kTextBytesMax = 1024 * 1024;
constexpr std::int64_t kDayMillis = 86'400'000;

const std::string* text_of(const Value& value) {
    return std::get_if<std::string>(&value);
}

std::optional<double> number_of(const Value& value) {
    if (const auto* whole = std::get_if<std::int64_t>(&value)) {
        return static_cast<double>(*whole);
    }
    const auto* number = std::get_if<double>(&value);
    return number == nullptr ? std::nullopt : std::optional{*number};
}

/// A time, or a text that is one.
std::optional<TimeInterval> time_of(const Value& value) {
    if (const std::string* text = text_of(value)) {
        const auto moment = parse_moment(*text);
        return moment ? interval_of(*moment) : std::nullopt;
    }
    return interval_of(value);
}

GeometryPtr geometry_of(const Value& value) {
    if (const auto* geometry = std::get_if<GeometryPtr>(&value)) {
        return *geometry;
    }
    if (const auto* json = std::get_if<Json>(&value)) {
        auto parsed = parse_geojson(**json);
        return parsed ? *parsed : nullptr;
    }
    return nullptr;
}

/// The byte where character `index` begins; the size when there are fewer.
std::size_t byte_of(const std::string& text, std::size_t index) {
    return utf8_prefix(text, index).size();
}

std::string cased(const std::string& text, char first, char last, int shift) {
    std::string result = text;
    for (char& c : result) {
        if (c >= first && c <= last) {
            c = static_cast<char>(c + shift);
        }
    }
    return result;
}

std::string trimmed(const std::string& text) {
    constexpr std::string_view kSpace = " \t\r\n";
    const auto begin = text.find_first_not_of(kSpace);
    if (begin == std::string::npos) {
        return {};
    }
    return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

std::int64_t index_of(const std::string& text, const std::string& part) {
    const auto found = text.find(part);
    if (found == std::string::npos) {
        return -1;
    }
    return static_cast<std::int64_t>(utf8_length(std::string_view{text}.substr(0, found)));
}

Value substring(std::span<const Value> arguments) {
    const std::string* text = text_of(arguments[0]);
    const auto begin = number_of(arguments[1]);
    const auto count = arguments.size() > 2 ? number_of(arguments[2]) : std::optional{1e9};
    if (text == nullptr || !begin || !count) {
        return Null{};
    }
    const auto clamped = [](double number) {
        return static_cast<std::size_t>(std::clamp(number, 0.0, 1e9));
    };
    const std::string rest = text->substr(byte_of(*text, clamped(*begin)));
    return rest.substr(0, byte_of(rest, clamped(*count)));
}

Value text_call(Function function, std::span<const Value> arguments, const Surroundings& around) {
    const std::string* first = text_of(arguments[0]);
    const std::string* second = arguments.size() > 1 ? text_of(arguments[1]) : nullptr;
    if (first == nullptr) {
        return Null{};
    }
    const std::size_t size = first->size() + (second == nullptr ? 0 : second->size());
    around.budget.spend(static_cast<std::int64_t>(size / 64));
    switch (function) {
        case Function::Length:
            return static_cast<std::int64_t>(utf8_length(*first));
        case Function::ToLower:
            return cased(*first, 'A', 'Z', 'a' - 'A');
        case Function::ToUpper:
            return cased(*first, 'a', 'z', 'A' - 'a');
        case Function::Trim:
            return trimmed(*first);
        case Function::Substring:
            return substring(arguments);
        default:
            break;
    }
    if (second == nullptr) {
        return Null{};
    }
    switch (function) {
        case Function::SubstringOf:
            return second->find(*first) != std::string::npos;
        case Function::Contains:
            return first->find(*second) != std::string::npos;
        case Function::StartsWith:
            return first->starts_with(*second);
        case Function::EndsWith:
            return first->ends_with(*second);
        case Function::IndexOf:
            return index_of(*first, *second);
        default:
            break;
    }
    if (size > kTextBytesMax) {
        around.budget.spend(around.budget.given() + 1);
        return Null{};
    }
    return *first + *second;
}

Value date_part(Function function, const Value& argument) {
    std::optional<Date> date;
    if (const auto* plain = std::get_if<Date>(&argument)) {
        date = *plain;
    } else if (const auto time = time_of(argument)) {
        using std::chrono::days;
        date = Date{std::chrono::floor<days>(time->from)};
    }
    if (!date) {
        return Null{};
    }
    switch (function) {
        case Function::Year:
            return std::int64_t{static_cast<int>(date->year())};
        case Function::Month:
            return std::int64_t{static_cast<unsigned>(date->month())};
        case Function::Day:
            return std::int64_t{static_cast<unsigned>(date->day())};
        default:
            return *date;
    }
}

Value clock_part(Function function, const Value& argument) {
    std::int64_t millis = 0;
    if (const auto* plain = std::get_if<TimeOfDay>(&argument)) {
        millis = plain->millis;
    } else if (const auto time = time_of(argument)) {
        using std::chrono::days;
        millis = (time->from - std::chrono::floor<days>(time->from)).count() % kDayMillis;
    } else {
        return Null{};
    }
    switch (function) {
        case Function::Hour:
            return millis / 3'600'000;
        case Function::Minute:
            return millis / 60'000 % 60;
        case Function::Second:
            return millis / 1'000 % 60;
        case Function::FractionalSeconds:
            return static_cast<double>(millis % 1'000) / 1'000.0;
        default:
            return TimeOfDay{millis};
    }
}

Value rounded(Function function, const Value& argument) {
    if (std::holds_alternative<std::int64_t>(argument)) {
        return argument;
    }
    const auto number = number_of(argument);
    if (!number) {
        return Null{};
    }
    if (function == Function::Round) {
        return std::round(*number);
    }
    return function == Function::Floor ? std::floor(*number) : std::ceil(*number);
}

Value related_times(Function function, const Value& left, const Value& right) {
    const auto one = time_of(left);
    const auto other = time_of(right);
    if (!one || !other) {
        return Null{};
    }
    switch (function) {
        case Function::Before:
            return value_of(compare(Operation::Less, *one, *other));
        case Function::After:
            return value_of(compare(Operation::Greater, *one, *other));
        case Function::Meets:
            return one->from == other->to || one->to == other->from;
        case Function::During:
            return other->from <= one->from && one->from < other->to && one->to <= other->to;
        case Function::Overlaps:
            return (one->from < other->to && other->from < one->to) || one->from == other->from;
        case Function::Starts:
            return one->from == other->from;
        default:
            return one->to == other->to;
    }
}

std::optional<Relation> relation_of(Function function) {
    switch (function) {
        case Function::GeoIntersects:
        case Function::StIntersects:
            return Relation::Intersects;
        case Function::StEquals:
            return Relation::Equals;
        case Function::StDisjoint:
            return Relation::Disjoint;
        case Function::StTouches:
            return Relation::Touches;
        case Function::StWithin:
            return Relation::Within;
        case Function::StOverlaps:
            return Relation::Overlaps;
        case Function::StCrosses:
            return Relation::Crosses;
        case Function::StContains:
            return Relation::Contains;
        default:
            return std::nullopt;
    }
}

Value geometry_call(
    Function function,
    std::span<const Value> arguments,
    const Surroundings& around
) {
    const GeometryPtr one = geometry_of(arguments[0]);
    if (!one) {
        return Null{};
    }
    if (function == Function::GeoLength) {
        around.budget.spend(static_cast<std::int64_t>(one->points));
        return length_degrees(*one);
    }
    const GeometryPtr other = geometry_of(arguments[1]);
    if (!other) {
        return Null{};
    }
    // In the worst case every edge of one meets every edge of the other.
    const std::size_t work = one->points + other->points + one->points * other->points / 64;
    if (!around.budget.spend(static_cast<std::int64_t>(4 + work))) {
        return Null{};
    }
    if (function == Function::GeoDistance) {
        const auto distance = around.geometries.distance(*one, *other);
        return distance ? Value{*distance} : Value{Null{}};
    }
    std::optional<bool> answer;
    if (const auto relation = relation_of(function)) {
        answer = around.geometries.relate(*relation, *one, *other);
    } else if (const std::string* pattern = text_of(arguments[2]);
               pattern != nullptr && is_relation_pattern(*pattern)) {
        answer = around.geometries.relate(*pattern, *one, *other);
    }
    return answer ? Value{*answer} : Value{Null{}};
}

}  // namespace

Value call(Function function, std::span<const Value> arguments, const Surroundings& around) {
    switch (function) {
        case Function::Now:
            return around.now;
        case Function::MinDateTime:
            return earliest_time();
        case Function::MaxDateTime:
            return latest_time();
        case Function::Year:
        case Function::Month:
        case Function::Day:
        case Function::DateOf:
            return date_part(function, arguments[0]);
        case Function::Hour:
        case Function::Minute:
        case Function::Second:
        case Function::FractionalSeconds:
        case Function::TimeOf:
            return clock_part(function, arguments[0]);
        case Function::TotalOffsetMinutes:
            return time_of(arguments[0]) ? Value{std::int64_t{0}} : Value{Null{}};
        case Function::Round:
        case Function::Floor:
        case Function::Ceiling:
            return rounded(function, arguments[0]);
        default:
            break;
    }
    if (function >= Function::Before) {
        return related_times(function, arguments[0], arguments[1]);
    }
    if (function >= Function::GeoDistance) {
        return geometry_call(function, arguments, around);
    }
    return text_call(function, arguments, around);
}

}  // namespace chengshu::sensing::odata
