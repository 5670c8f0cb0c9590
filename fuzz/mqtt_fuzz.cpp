#include "adapters/mqtt/packet.hpp"
#include "base/assert.hpp"

#include <cstdint>
#include <string_view>

/// What a broker sends, in pieces of the length that the first byte says.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) {
        return 0;
    }
    const std::string_view all(reinterpret_cast<const char*>(data) + 1, size - 1);
    const std::size_t piece = data[0] == 0 ? all.size() + 1 : data[0];
    chengshu::mqtt::Decoder decoder(4'096);
    std::size_t bytes = 0;
    for (std::size_t at = 0; at < all.size(); at += piece) {
        decoder.feed(all.substr(at, piece));
        while (true) {
            const auto next = decoder.next();
            if (!next) {
                return 0;
            }
            if (!*next) {
                break;
            }
            if (const auto* publish = std::get_if<chengshu::mqtt::Publish>(&**next)) {
                CS_ASSERT(chengshu::mqtt::is_topic(publish->topic));
                bytes += publish->topic.size() + publish->payload.size();
            }
        }
    }
    CS_ASSERT(bytes <= size);
    return 0;
}
