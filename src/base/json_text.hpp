#pragma once

#include "base/result.hpp"

#include <boost/json/fwd.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace chengshu {

/// How deep JSON from outside may nest.
inline constexpr std::size_t kJsonDepthMax = 32;

/// InvalidInput when the text is not JSON, nests too deep, or holds a number too large for a
/// double. `what` names the text in the message: "the body", "the part 3".
Result<boost::json::value> parse_json(std::string_view text, std::string_view what);

/// Compact JSON. Doubles as short as they can be and in plain notation where that is usual: 21.5,
/// not 2.15E1.
void append_json(std::string& out, const boost::json::value& value);
void append_json_text(std::string& out, std::string_view text);
void append_json_number(std::string& out, double number);
std::string json_text(const boost::json::value& value);
/// Without the copy that a conversion to a value would make.
std::string json_text(const boost::json::object& object);

/// The member's text; empty where there is none or it is no text.
std::string text_of(const boost::json::object& object, std::string_view name);
/// The member's whole number; 0 where there is none.
std::int64_t whole_of(const boost::json::object& object, std::string_view name);

}  // namespace chengshu
