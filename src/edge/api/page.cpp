#include "edge/api/internal/page.hpp"

#include "base/json_writer.hpp"
#include "edge/api/internal/text.hpp"

#include <algorithm>
#include <charconv>

namespace chengshu::api {

std::string make_cursor(std::string_view text) {
    return base64url(text);
}

Result<std::string> cursor_of(const Call& call) {
    const auto given = call.parameter("cursor");
    if (!given) {
        return std::string();
    }
    auto text = from_base64url(*given);
    if (!text || text->empty()) {
        return fail(ErrorCode::InvalidInput, "use `next` of the page before as cursor", "cursor");
    }
    return *text;
}

Result<Slice> slice_of(const Call& call, std::size_t total) {
    CS_TRY(cursor, cursor_of(call));
    Slice out;
    if (!cursor.empty()) {
        const auto [end, error] =
            std::from_chars(cursor.data(), cursor.data() + cursor.size(), out.begin);
        if (error != std::errc() || end != cursor.data() + cursor.size()) {
            return fail(
                ErrorCode::InvalidInput, "use `next` of the page before as cursor", "cursor"
            );
        }
    }
    out.begin = std::min(out.begin, total);
    out.end =
        std::min(total, out.begin + static_cast<std::size_t>(call.integer("limit", kPageDefault)));
    if (out.end < total) {
        out.next = make_cursor(std::to_string(out.end));
    }
    return out;
}

Answer list_answer(const std::string& items, const std::string& next) {
    constexpr std::size_t kBesideItems = 200;
    Answer out;
    JsonWriter text(items.size() + kBesideItems);
    text.begin_object();
    text.key("items").json(items);
    if (!next.empty()) {
        text.member("next", next);
    }
    text.end_object();
    out.body = text.take();
    return out;
}

Answer list_answer(json::array items, const std::string& next) {
    json::object out{{"items", std::move(items)}};
    if (!next.empty()) {
        out["next"] = next;
    }
    return json_answer(out);
}

}  // namespace chengshu::api
