#include "base/assert.hpp"
#include "edge/http/message.hpp"
#include "edge/http/negotiate.hpp"

#include <cstdint>
#include <string_view>

/// The same bytes go to the header negotiation too: it reads the same kind of list.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    if (const auto form = chengshu::http::parse_form(text)) {
        CS_ASSERT(form->size() <= 1000);
        std::size_t bytes = 0;
        for (const auto& [name, value] : *form) {
            bytes += name.size() + value.size();
        }
        CS_ASSERT(bytes <= size);
    }
    chengshu::http::Headers headers;
    headers.add("Cookie", std::string{text});
    headers.add("Accept-Language", std::string{text});
    headers.add("Accept-Encoding", std::string{text});
    CS_ASSERT(chengshu::http::cookies(headers).size() <= 100);
    CS_ASSERT(chengshu::http::accepts_language(headers).size() == 2);
    static_cast<void>(chengshu::http::accepts_gzip(headers));
    static_cast<void>(chengshu::http::media_type(text));
    static_cast<void>(chengshu::http::matches_etag(text, "\"a\""));
    return 0;
}
