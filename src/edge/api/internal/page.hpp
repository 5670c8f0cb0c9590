#pragma once

#include "edge/api/internal/call.hpp"

#include <string>
#include <vector>

namespace chengshu::api {

inline constexpr int kPageDefault = 50;

/// A cursor is opaque to callers: the parts, joined and coded.
std::string make_cursor(std::string_view text);
/// The text of the request's cursor; empty when there is none. InvalidInput for one that we did not
/// make.
Result<std::string> cursor_of(const Call& call);

/// A slice of a list that is held in memory.
struct Slice {
    std::size_t begin = 0;
    std::size_t end = 0;
    std::string next;  ///< cursor, or empty
};

Result<Slice> slice_of(const Call& call, std::size_t total);

/// {"items": […], "next": …}.
Answer list_answer(json::array items, const std::string& next);
/// The same of items that are a JSON array already.
Answer list_answer(const std::string& items, const std::string& next);

/// The slice of `list`, each item made by `view`.
template <class List, class View>
Result<Outcome> sliced(const Call& call, const List& list, View view) {
    CS_TRY(slice, slice_of(call, list.size()));
    json::array items;
    for (std::size_t i = slice.begin; i < slice.end; ++i) {
        items.emplace_back(view(list[i]));
    }
    return Outcome{list_answer(std::move(items), slice.next)};
}

}  // namespace chengshu::api
