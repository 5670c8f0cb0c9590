#include "base/assert.hpp"
#include "edge/api/tests/api_fixture.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace {

using chengshu::api::World;

/// A world grows with what is filed in it; it begins anew after so many inputs.
constexpr int kInputsOfAWorld = 500;
constexpr int kPiecesMax = 50;

std::string_view take_line(std::string_view& text) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return line;
}

World& world() {
    static std::unique_ptr<World> current;
    static int inputs = 0;
    if (!current || ++inputs % kInputsOfAWorld == 0) {
        current = std::make_unique<World>();
    }
    return *current;
}

}  // namespace

/// Lines: who, method, target, If-Match, Idempotency-Key, Content-Type; then the body.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view text{reinterpret_cast<const char*>(data), size};
    const auto who = take_line(text);
    const auto method = take_line(text);
    const auto target = take_line(text);
    const auto version = take_line(text);
    const auto key = take_line(text);
    const auto type = take_line(text);
    const auto reply = world().call(
        who,
        method,
        target,
        text,
        {{"If-Match", std::string(version)},
         {"Idempotency-Key", std::string(key)},
         {"Content-Type", std::string(type)}}
    );
    CS_ASSERT(reply.status >= 200 && reply.status < 600);
    // Whatever comes in, it is never our own mistake.
    CS_ASSERT(reply.status != 500);
    if (reply.status >= 400) {
        CS_ASSERT(reply.body().is_object());
    }
    for (int i = 0; reply.stream && i < kPiecesMax; ++i) {
        const auto piece = reply.stream->next();
        if (!piece || piece->empty()) {
            break;
        }
    }
    return 0;
}
