#include "domain/indicators/judgement.hpp"
#include "edge/api/internal/feed.hpp"
#include "edge/api/internal/handlers.hpp"
#include "edge/api/internal/text.hpp"
#include "edge/http/negotiate.hpp"
#include "edge/tiles/city_tile.hpp"

#include <fmt/format.h>

#include <charconv>

namespace chengshu::api {
namespace {}  // namespace

Result<Outcome> get_feed_tile(const Call& call) {
    if (call.ports.feed == nullptr) {
        return fail(ErrorCode::NotFound, "this server keeps no live values");
    }
    auto& live = call.ports.feed->live();
    const tiles::TileAddress address{
        whole_number(call.in_path("z")),
        whole_number(call.in_path("x")),
        whole_number(call.in_path("y"))
    };
    if (!address.valid()) {
        return fail(
            ErrorCode::NotFound,
            fmt::format("there is no tile {}/{}/{}", address.z, address.x, address.y)
        );
    }
    services::PageSet set;
    set.indicators = {call.parameter("indicator").value_or("")};
    if (const auto word = call.parameter("period")) {
        set.period = indicators::cycle_of(*word);
        if (!set.period) {
            return fail(
                ErrorCode::InvalidInput, fmt::format("\"{}\" is not a period", *word), "period"
            );
        }
    }
    if (const auto at = call.parameter("at")) {
        CS_TRY(instant, parse_rfc3339(*at));
        set.at = instant;
    }
    const auto areas = tiles::areas_shown(call.city(), address, call.today());
    for (const auto* area : areas) {
        set.places.push_back({0, area->code});
    }
    CS_CHECK(
        services::check_page(set, call.who, *call.definitions, live, call.ports.options.entities)
    );
    CS_TRY(page, call.ports.feed->page(std::move(set)));
    Answer out;
    out.content_type = "application/vnd.mapbox-vector-tile";
    out.headers.set("Cache-Control", "private, no-cache");
    std::string etag;
    CS_CHECK(page->look(call.now, [&](const services::PageState& state) {
        etag = "\"" + call.ports.feed->tag(state.version) + "\"";
        if (http::matches_etag(call.request.headers.get("If-None-Match"), etag)) {
            out.status = 304;
            return;
        }
        std::vector<tiles::ValueFeature> features;
        for (std::size_t i = 0; i < areas.size() && i < state.cells.size(); ++i) {
            const auto& now = state.cells[i].now;
            tiles::ValueFeature item{areas[i], call.city().boundary(areas[i]->code), {}, {}};
            if (now.rule != nullptr && now.value.number) {
                item.value = *now.value.number;
                const auto colour = indicators::colour_at(now.rule->thresholds, now.value.number);
                item.colour = colour ? indicators::colour_name(*colour) : std::string_view();
            }
            features.push_back(std::move(item));
        }
        out.body = tiles::encode_values(address, features);
    }));
    out.headers.set("ETag", etag);
    return Outcome{std::move(out)};
}

}  // namespace chengshu::api
