#include "base/assert.hpp"
#include "edge/open311/tests/world.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace {

using chengshu::open311::World;

/// A world grows with what is filed in it; it begins anew after so many inputs.
constexpr int kInputsOfAWorld = 500;

World& world() {
    static std::unique_ptr<World> current;
    static int inputs = 0;
    if (!current || ++inputs % kInputsOfAWorld == 0) {
        current = std::make_unique<World>();
        static_cast<void>(current->file());
    }
    return *current;
}

std::string take_line(std::string_view& text) {
    const auto end = std::min(text.find('\n'), text.size());
    const std::string line(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    return line;
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
    std::string_view text{reinterpret_cast<const char*>(data), size};
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
