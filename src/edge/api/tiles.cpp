#include "edge/api/internal/handlers.hpp"
#include "edge/api/internal/text.hpp"
#include "edge/http/negotiate.hpp"
#include "edge/tiles/city_tile.hpp"

#include <fmt/format.h>

#include <charconv>

namespace chengshu::api {
namespace {}  // namespace

Result<Outcome> get_tile(const Call& call) {
    const tiles::TileAddress address{
        whole_number(call.in_path("z")),
        whole_number(call.in_path("x")),
        whole_number(call.in_path("y"))
    };
    CS_TRY(head, call.ports.store.head());
    Answer out;
    out.content_type = "application/vnd.mapbox-vector-tile";
    // Weak: the numbers of areas may be a few seconds old. Who asks is part of it: places are exact
    // for some only.
    const auto etag =
        fmt::format("W/\"{}-{}-{}\"", call.definitions->revision, head.value, call.who.account);
    out.headers.set("ETag", etag);
    out.headers.set("Cache-Control", "private, no-cache");
    if (address.valid() && http::matches_etag(call.request.headers.get("If-None-Match"), etag)) {
        out.status = 304;
        return Outcome{std::move(out)};
    }
    CS_TRY(bytes, call.ports.tiles.tile(address, call.who, call.now));
    out.body = std::move(bytes);
    return Outcome{std::move(out)};
}

}  // namespace chengshu::api
