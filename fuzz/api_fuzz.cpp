#include "base/assert.hpp"
#include "edge/api/tests/api_fixture.hpp"
#include "inputs.hpp"

namespace {

using chengshu::api::World;
using chengshu::fuzz::take_line;

constexpr int kPiecesMax = 50;

World& world() {
    return chengshu::fuzz::recycled<500>([] { return std::make_unique<World>(); });
}

}  // namespace

/// Lines: who, method, target, If-Match, Idempotency-Key, Content-Type; then the body.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    auto text = chengshu::fuzz::text_of(data, size);
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
        {{"If-Match", version}, {"Idempotency-Key", key}, {"Content-Type", type}}
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
