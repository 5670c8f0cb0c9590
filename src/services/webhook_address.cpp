#include "services/webhooks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstring>

namespace chengshu::services {
namespace {

bool is_private_v4(std::uint32_t address) {
    struct Block {
        std::uint32_t base;
        int bits;
    };

    // RFC 6890 and successors: everything that is not a plain public unicast address.
    constexpr std::array<Block, 16> kBlocks{{
        {0x00000000, 8},
        {0x0a000000, 8},
        {0x64400000, 10},
        {0x7f000000, 8},
        {0xa9fe0000, 16},
        {0xac100000, 12},
        {0xc0000000, 24},
        {0xc0000200, 24},
        {0xc0586300, 24},
        {0xc0a80000, 16},
        {0xc6120000, 15},
        {0xc6336400, 24},
        {0xcb007100, 24},
        {0xe0000000, 4},
        {0xf0000000, 4},
        {0xffffffff, 32},
    }};
    return std::any_of(kBlocks.begin(), kBlocks.end(), [&](const Block& block) {
        return (address >> static_cast<unsigned>(32 - block.bits)) ==
               (block.base >> static_cast<unsigned>(32 - block.bits));
    });
}

std::uint32_t v4_at(const std::array<unsigned char, 16>& bytes, std::size_t at) {
    return (std::uint32_t{bytes[at]} << 24U) | (std::uint32_t{bytes[at + 1]} << 16U) |
           (std::uint32_t{bytes[at + 2]} << 8U) | bytes[at + 3];
}

bool is_private_v6(const std::array<unsigned char, 16>& bytes) {
    const auto zeros = [&](std::size_t from, std::size_t to) {
        return std::all_of(
            bytes.begin() + static_cast<std::ptrdiff_t>(from),
            bytes.begin() + static_cast<std::ptrdiff_t>(to),
            [](auto byte) { return byte == 0; }
        );
    };
    if (zeros(0, 10) && bytes[10] == 0xff && bytes[11] == 0xff) {
        return is_private_v4(v4_at(bytes, 12));  // IPv4 in IPv6
    }
    if (bytes[0] == 0x00 && bytes[1] == 0x64 && bytes[2] == 0xff && bytes[3] == 0x9b) {
        return zeros(4, 12) ? is_private_v4(v4_at(bytes, 12)) : true;  // NAT64
    }
    if (bytes[0] == 0x20 && bytes[1] == 0x02) {
        return is_private_v4(v4_at(bytes, 2));  // 6to4
    }
    // Only 2000::/3 is public unicast; in it Teredo and other protocol blocks, documentation.
    const bool global = (bytes[0] & 0xe0U) == 0x20U;
    const bool special = bytes[0] == 0x20 && bytes[1] == 0x01 &&
                         (bytes[2] < 0x02 || (bytes[2] == 0x0d && bytes[3] == 0xb8));
    return !global || special;
}

Failure refused(std::string why) {
    return fail(ErrorCode::InvalidInput, std::move(why), "url");
}

bool is_host_char(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.';
}

/// A name that means a machine near by, or a number that some resolver would take for an address.
bool is_local_name(std::string name) {
    std::transform(name.begin(), name.end(), name.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    });
    while (name.ends_with('.')) {
        name.pop_back();
    }
    const auto dot = name.rfind('.');
    if (dot == std::string::npos) {
        return true;
    }
    const auto last = name.substr(dot + 1);
    constexpr std::array<std::string_view, 6> kLocal{
        "localhost", "local", "internal", "lan", "home", "intranet"
    };
    return std::find(kLocal.begin(), kLocal.end(), last) != kLocal.end() || last.front() == '-' ||
           (last.front() >= '0' && last.front() <= '9');
}

Status check_host(const std::string& host, bool bracketed, bool allow_private) {
    in6_addr v6{};
    in_addr v4{};
    if (bracketed && inet_pton(AF_INET6, host.c_str(), &v6) != 1) {
        return refused("the address in brackets is not IPv6");
    }
    const bool is_v4 = !bracketed && inet_pton(AF_INET, host.c_str(), &v4) == 1;
    if (!bracketed && (host.empty() || host.size() > 253 ||
                       !std::all_of(host.begin(), host.end(), is_host_char))) {
        return refused("the address has no valid host name");
    }
    if (allow_private) {
        return ok();
    }
    const bool near_by = bracketed || is_v4 ? is_private_address(host) : is_local_name(host);
    return near_by ? Status(refused(
                         "the address leads into a private network; the operator can allow that"
                     ))
                   : ok();
}

}  // namespace

bool is_private_address(std::string_view address) {
    const std::string text(address);
    in_addr v4{};
    if (inet_pton(AF_INET, text.c_str(), &v4) == 1) {
        return is_private_v4(ntohl(v4.s_addr));
    }
    in6_addr v6{};
    if (inet_pton(AF_INET6, text.c_str(), &v6) == 1) {
        std::array<unsigned char, 16> bytes{};
        std::memcpy(bytes.data(), &v6, bytes.size());
        return is_private_v6(bytes);
    }
    return true;
}

Status check_webhook_url(std::string_view url, bool allow_private) {
    const bool plain = std::all_of(url.begin(), url.end(), [](char c) {
        return c > 0x20 && c < 0x7f && c != '\\' && c != '"' && c != '<' && c != '>';
    });
    if (url.size() > 2000 || !plain) {
        return refused("an address is at most 2,000 visible ASCII characters");
    }
    std::string_view rest = url;
    if (rest.starts_with("https://")) {
        rest.remove_prefix(8);
    } else if (rest.starts_with("http://")) {
        rest.remove_prefix(7);
    } else {
        return refused("the address begins with http:// or https://");
    }
    if (rest.find('#') != std::string_view::npos) {
        return refused("the address has a fragment (#)");
    }
    const auto authority = rest.substr(0, rest.find_first_of("/?"));
    if (authority.find('@') != std::string_view::npos) {
        return refused(
            "the address holds a user name or password; use the signature to know the sender"
        );
    }
    const bool bracketed = authority.starts_with('[');
    const auto close = bracketed ? authority.find(']') : 0;
    if (close == std::string_view::npos) {
        return refused("the address has no closing bracket");
    }
    const auto colon = authority.find(':', close);
    const auto host = bracketed ? authority.substr(1, close - 1) : authority.substr(0, colon);
    if (bracketed && close + 1 != std::min(colon, authority.size())) {
        return refused("the address has something after its bracket");
    }
    if (colon != std::string_view::npos) {
        const auto digits = authority.substr(colon + 1);
        unsigned port = 0;
        const auto [end, error] =
            std::from_chars(digits.data(), digits.data() + digits.size(), port);
        if (error != std::errc() || end != digits.data() + digits.size() || port == 0 ||
            port > 65535) {
            return refused("the port of the address is not 1 to 65535");
        }
    }
    return check_host(std::string(host), bracketed, allow_private);
}

}  // namespace chengshu::services
