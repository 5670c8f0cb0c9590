#include "base/assert.hpp"
#include "base/text.hpp"
#include "domain/sensing/odata/path.hpp"

#include <cstdint>
#include <string_view>

using namespace chengshu;
using namespace chengshu::sensing;
using namespace chengshu::sensing::odata;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    const auto path = parse_path(text);
    if (!path) {
        CS_ASSERT(
            path.error().code == ErrorCode::InvalidInput || path.error().code == ErrorCode::NotFound
        );
        CS_ASSERT(!path.error().context.empty() && is_utf8(path.error().context));
        return 0;
    }
    CS_ASSERT(path->steps.empty() == (path->target() == nullptr));
    CS_ASSERT(path->property == nullptr || !path->many());
    CS_ASSERT(path->end != PathEnd::RawValue || path->property != nullptr);
    CS_ASSERT(path->end != PathEnd::Count || path->many());
    const std::string canonical = print(*path);
    if (canonical.size() <= kPathBytesMax) {
        const auto again = parse_path(canonical);
        CS_ASSERT(again.has_value());
        CS_ASSERT(*again == *path);
    }
    return 0;
}
