#include "edge/api/internal/call.hpp"

namespace chengshu::api {
namespace {

/// The template's segment that matches: literal, "{name}", or "{name}.suffix".
bool match_segment(std::string_view wanted, const std::string& given, Pairs& path) {
    if (!wanted.starts_with('{')) {
        return wanted == given;
    }
    const auto close = wanted.find('}');
    const auto suffix = wanted.substr(close + 1);
    if (given.size() <= suffix.size() || !given.ends_with(suffix)) {
        return false;
    }
    path.emplace_back(wanted.substr(1, close - 1), given.substr(0, given.size() - suffix.size()));
    return true;
}

bool match_path(std::string_view wanted, std::span<const std::string> segments, Pairs& path) {
    path.clear();
    for (const auto& given : segments) {
        if (!wanted.starts_with('/')) {
            return false;
        }
        wanted.remove_prefix(1);
        const auto end = std::min(wanted.find('/'), wanted.size());
        if (!match_segment(wanted.substr(0, end), given, path)) {
            return false;
        }
        wanted.remove_prefix(end);
    }
    return wanted.empty();
}

}  // namespace

Match match_route(std::string_view method, std::span<const std::string> segments) {
    Match out;
    Pairs path;
    for (const auto& route : routes()) {
        if (!match_path(route.path, segments, path)) {
            continue;
        }
        if (route.method == method) {
            out.route = &route;
            out.path = std::move(path);
            return out;
        }
        // A literal path wins over one with a brace, also in what it allows: it comes first in the
        // table.
        if (out.allowed.find(route.method) == std::string::npos) {
            out.allowed += (out.allowed.empty() ? "" : ", ") + std::string(route.method);
        }
    }
    return out;
}

}  // namespace chengshu::api
