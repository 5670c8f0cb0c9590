#include "services/report_limit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cstring>
#include <string>

namespace chengshu::services {

std::uint64_t sender_key(std::string_view address) {
    // The zone of a link-local address ("%eth0") tells no senders apart.
    const std::string text(address.substr(0, address.find('%')));
    in_addr v4{};
    if (inet_pton(AF_INET, text.c_str(), &v4) == 1) {
        return ntohl(v4.s_addr);
    }
    in6_addr v6{};
    if (inet_pton(AF_INET6, text.c_str(), &v6) != 1) {
        return 0;
    }
    std::array<unsigned char, 16> bytes{};
    std::memcpy(bytes.data(), &v6, bytes.size());
    std::uint64_t upper = 0;
    for (std::size_t i = 0; i < 8; ++i) {
        upper = (upper << 8U) | bytes[i];
    }
    std::uint32_t mapped = 0;
    std::memcpy(&mapped, bytes.data() + 12, sizeof mapped);
    // ::ffff:1.2.3.4 is 1.2.3.4 on a socket that takes both; no other address begins with 64 zeros.
    return upper == 0 ? ntohl(mapped) : upper;
}

Duration ReportLimit::take(std::string_view address, Instant now) {
    const auto key = sender_key(address);
    const std::lock_guard lock(mutex_);
    return buckets_.take(key, now);
}

int retry_after_s(Duration wait) {
    return static_cast<int>(
        std::max<std::int64_t>(1, std::chrono::ceil<std::chrono::seconds>(wait).count())
    );
}

Error too_many_reports(Duration wait) {
    return {
        ErrorCode::TooManyRequests,
        fmt::format(
            "too many reports without an account from this address; wait {} s", retry_after_s(wait)
        ),
        ""
    };
}

}  // namespace chengshu::services
