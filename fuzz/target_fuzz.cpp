#include "base/assert.hpp"
#include "edge/http/message.hpp"

#include <cstdint>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    if (const auto target = chengshu::http::parse_target(text)) {
        std::size_t bytes = 0;
        for (const auto& segment : target->path) {
            CS_ASSERT(segment.find('\0') == std::string::npos);
            bytes += segment.size();
        }
        for (const auto& [name, value] : target->query) {
            bytes += name.size() + value.size();
        }
        CS_ASSERT(text.front() == '/' && bytes < size);
        CS_ASSERT(target->query.size() <= 1000);
    }
    return 0;
}
