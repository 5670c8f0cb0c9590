#pragma once

#include "edge/http/message.hpp"

#include <span>
#include <string>
#include <string_view>

namespace chengshu::http {

/// Which address a request comes from: the peer's, unless that is one of our proxies. Then the last
/// entry of X-Forwarded-For that is no proxy of ours, since everything before it can be made up by
/// the sender. The peer's when the header is missing or that entry is no IP address.
std::string client_address(const Request& request, std::span<const std::string> proxies);

/// IPv4 or IPv6, without brackets, port or zone.
bool is_ip_address(std::string_view text);

}  // namespace chengshu::http
