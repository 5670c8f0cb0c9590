#include "base/assert.hpp"
#include "edge/open311/tests/world.hpp"
#include "inputs.hpp"

#include <string>

namespace {

using chengshu::fuzz::recycled;
using chengshu::fuzz::take_line;
using chengshu::open311::World;

World& world() {
    return recycled<500>([] {
        auto made = std::make_unique<World>();
        static_cast<void>(made->file());
        return made;
    });
}

bool is_whole(const chengshu::http::Response& response) {
    if (response.headers.get("Content-Type") == "text/xml; charset=utf-8") {
        pugi::xml_document document;
        return static_cast<bool>(
            document.load_buffer(response.body.data(), response.body.size(), pugi::parse_full)
        );
    }
    boost::system::error_code error;
    const auto value = boost::json::parse(response.body, error);
    return !error;
}

}  // namespace

/// Lines: method, target below /open311/v2/, Content-Type, Authorization; then the body.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    auto text = chengshu::fuzz::text_of(data, size);
    const auto method = take_line(text);
    const auto target = take_line(text);
    const auto type = take_line(text);
    const auto authorization = take_line(text);
    const auto response = world().ask(
        method,
        target,
        std::string(text),
        {{"Content-Type", type}, {"Authorization", authorization}}
    );
    CS_ASSERT(response.status >= 200 && response.status < 600);
    // Whatever comes in, it is never our own mistake.
    CS_ASSERT(response.status != 500);
    CS_ASSERT(is_whole(response));
    return 0;
}
