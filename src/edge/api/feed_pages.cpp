#include "edge/api/internal/feed.hpp"
#include "edge/api/internal/handlers.hpp"
#include "edge/api/internal/page.hpp"
#include "edge/api/internal/schema.hpp"
#include "edge/api/internal/views.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>

namespace chengshu::api {
namespace {

using indicators::NamedPage;

json::object page_view(const NamedPage& page) {
    auto out = named(page.code, page.name);
    const auto put = [&](const char* name, const std::string& word) {
        if (!word.empty()) {
            out[name] = word;
        }
    };
    if (!page.note.zh.empty() || !page.note.en.empty()) {
        out["note"] = label(page.note);
    }
    out["source"] = page.source;
    out["indicators"] = json::array(page.indicators.begin(), page.indicators.end());
    if (!page.areas.empty()) {
        out["areas"] = json::array(page.areas.begin(), page.areas.end());
    }
    if (page.parts) {
        out["parts"] = true;
    }
    put("level", page.level);
    put("by", page.dimension);
    put("member", page.member);
    put("period", page.period ? indicators::period_name(*page.period) : "");
    out["periods"] = page.periods;
    put("compare", page.compare);
    out["shape"] = page.shape;
    if (page.top > 0) {
        out["top"] = page.top;
    }
    return out;
}

/// The query that asks for the page.
Pairs query_of(const NamedPage& page) {
    return {
        {"indicators", fmt::format("{}", fmt::join(page.indicators, ","))},
        {"areas", fmt::format("{}", fmt::join(page.areas, ","))},
        {"parts", page.parts ? "true" : ""},
        {"level", page.level},
        {"by", page.dimension},
        {"member", page.member},
        {"period", page.period ? indicators::period_name(*page.period) : ""},
        {"periods", std::to_string(page.periods)},
        {"compare", page.compare},
        {"shape", page.shape},
        {"top", page.top > 0 ? std::to_string(page.top) : ""}
    };
}

}  // namespace

Result<Call> with_page(const Call& call) {
    const auto code = call.parameter("page").value_or("");
    const auto& catalogue = call.definitions->indicators;
    const auto* page = catalogue.page(code);
    if (page == nullptr) {
        std::vector<std::string> known;
        for (const auto& one : catalogue.pages()) {
            known.push_back(one.code);
        }
        return fail(
            ErrorCode::UnknownCode,
            fmt::format("there is no page {}{}", code, suggestion(code, known)),
            "page"
        );
    }
    const auto asked = [&](std::string_view name) { return call.parameter(name).has_value(); };
    if (asked("thing")) {
        return fail(ErrorCode::InvalidInput, "a page is of areas, not of a terminal", "thing");
    }
    auto out = call;
    out.query.clear();
    for (auto& [name, value] : query_of(*page)) {
        const bool parts = name == "parts" || name == "level";
        const bool replaced = parts              ? asked("parts") || asked("level")
                              : name == "member" ? asked("member") || asked("by")
                                                 : asked(name);
        if (!replaced) {
            out.query.emplace_back(std::move(name), std::move(value));
        }
    }
    out.query.insert(out.query.end(), call.query.begin(), call.query.end());
    return out;
}

Result<Outcome> list_pages(const Call& call) {
    json::array items;
    for (const auto& page : call.definitions->indicators.pages()) {
        items.emplace_back(page_view(page));
    }
    return Outcome{list_answer(std::move(items), "")};
}

}  // namespace chengshu::api
