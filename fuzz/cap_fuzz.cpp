#include "base/assert.hpp"
#include "edge/cap/message.hpp"

#include <cstdint>
#include <string_view>

/// Warnings as anybody may send them: what is taken is whole, and is the same when written and read
/// again.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace chengshu;
    const auto message = cap::read({reinterpret_cast<const char*>(data), size});
    if (!message) {
        return 0;
    }
    CS_ASSERT(cap::check(*message).has_value());
    const auto again = cap::read(cap::write(*message));
    // Longer when what was written short (CDATA, entities) is written out.
    CS_ASSERT(again ? *again == *message : again.error().code == ErrorCode::TooLarge);
    return 0;
}
