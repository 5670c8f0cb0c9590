#include "base/assert.hpp"
#include "services/attachments.hpp"

#include <cstdint>
#include <string_view>

/// Photos and documents as anybody may send them: named only by what their bytes are.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace chengshu;
    const auto type = services::media_type_of({reinterpret_cast<const char*>(data), size});
    if (type) {
        CS_ASSERT(
            *type == "image/jpeg" || *type == "image/png" || *type == "image/webp" ||
            *type == "application/pdf" || *type == "video/mp4"
        );
    } else {
        CS_ASSERT(type.error().code == ErrorCode::UnsupportedMedia);
    }
    return 0;
}
