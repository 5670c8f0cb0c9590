#pragma once

#include "base/json_text.hpp"
#include "base/result.hpp"

#include <boost/json.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chengshu::api {

std::string base64url(std::string_view bytes);
std::optional<std::string> from_base64url(std::string_view text);

/// The texts of a list member; others are left out.
std::vector<std::string> texts_of(const boost::json::object& object, std::string_view name);
/// The number of a member, when it is one.
std::optional<double> number_of(const boost::json::object& object, std::string_view name);

/// Percent-encodes a query value.
std::string escape(std::string_view text);

/// "a=1&b=2", values escaped, empty ones left out.
std::string query_text(const std::vector<std::pair<std::string, std::string>>& pairs);

/// To so many decimals.
double rounded(double value, int precision);
/// -1 when it is no whole number.
int whole_number(std::string_view text);

}  // namespace chengshu::api
