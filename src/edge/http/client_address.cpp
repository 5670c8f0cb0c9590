#include "edge/http/client_address.hpp"

#include "edge/http/text.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <optional>
#include <vector>

namespace chengshu::http {
namespace {

/// An IPv4 address as the IPv6 address that stands for it, so that both spellings are equal.
std::optional<std::array<unsigned char, 16>> parse_ip(std::string_view text) {
    constexpr std::size_t kLongest = 45;
    std::array<unsigned char, 16> bytes{};
    const std::string whole(text.substr(0, kLongest + 1));
    if (inet_pton(AF_INET6, whole.c_str(), bytes.data()) == 1) {
        return bytes;
    }
    bytes = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    if (inet_pton(AF_INET, whole.c_str(), bytes.data() + 12) == 1) {
        return bytes;
    }
    return std::nullopt;
}

/// The entries of every X-Forwarded-For line, in order.
std::vector<std::string_view> forwarded(const Request& request) {
    std::vector<std::string_view> out;
    for (const auto& [name, value] : request.headers.all()) {
        if (!equal_ignoring_case(name, "X-Forwarded-For")) {
            continue;
        }
        std::string_view rest = value;
        while (true) {
            const auto end = std::min(rest.find(','), rest.size());
            out.push_back(trim(rest.substr(0, end)));
            if (end == rest.size()) {
                break;
            }
            rest.remove_prefix(end + 1);
        }
    }
    return out;
}

}  // namespace

bool is_ip_address(std::string_view text) {
    return parse_ip(text).has_value();
}

std::string client_address(const Request& request, std::span<const std::string> proxies) {
    const auto ours = [&](std::string_view address) {
        const auto parsed = parse_ip(address);
        return parsed && std::any_of(proxies.begin(), proxies.end(), [&](const auto& proxy) {
                   return parse_ip(proxy) == parsed;
               });
    };
    if (!ours(request.peer)) {
        return request.peer;
    }
    const auto entries = forwarded(request);
    const auto sender = std::find_if_not(entries.rbegin(), entries.rend(), ours);
    return sender != entries.rend() && is_ip_address(*sender) ? std::string(*sender) : request.peer;
}

}  // namespace chengshu::http
