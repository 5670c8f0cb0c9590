#include "edge/http/idempotency_key.hpp"

#include <algorithm>

namespace chengshu::http {

Result<std::string> idempotency_key(const Headers& headers) {
    constexpr std::size_t kKeyMax = 200;
    std::string key(headers.get("Idempotency-Key"));
    const bool plain =
        std::all_of(key.begin(), key.end(), [](char c) { return c > 0x20 && c < 0x7f; });
    if (!plain || key.size() > kKeyMax) {
        return fail(
            ErrorCode::InvalidInput,
            "an Idempotency-Key is 1 to 200 visible ASCII characters",
            "Idempotency-Key"
        );
    }
    return key;
}

}  // namespace chengshu::http
