#include "base/assert.hpp"
#include "edge/http/message.hpp"

#include <cstdint>
#include <string_view>

/// The first line is the Content-Type, the rest the body.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    const auto end = text.find('\n');
    if (end == std::string_view::npos) {
        return 0;
    }
    if (const auto parts =
            chengshu::http::parse_multipart(text.substr(0, end), text.substr(end + 1))) {
        CS_ASSERT(parts->size() <= 64);
        std::size_t bytes = 0;
        for (const auto& part : *parts) {
            bytes += part.name.size() + part.filename.size() + part.content_type.size() +
                     part.content.size();
        }
        CS_ASSERT(bytes <= size);
    }
    return 0;
}
