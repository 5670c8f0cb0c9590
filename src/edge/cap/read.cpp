#include "base/text.hpp"
#include "edge/cap/internal/wrong.hpp"
#include "edge/cap/message.hpp"

#include <fmt/format.h>
#include <pugixml.hpp>

#include <cstring>

namespace chengshu::cap {
namespace {

std::string_view local_name(const pugi::xml_node& node) {
    const std::string_view name = node.name();
    const auto colon = name.find(':');
    return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

/// The namespace that the root is in, by its own declaration.
std::string_view namespace_of(const pugi::xml_node& root) {
    const std::string_view name = root.name();
    const auto colon = name.find(':');
    const auto attribute = colon == std::string_view::npos
                               ? std::string("xmlns")
                               : "xmlns:" + std::string(name.substr(0, colon));
    return root.attribute(attribute.c_str()).as_string();
}

Result<std::string> text_of(const pugi::xml_node& node) {
    std::string out;
    for (const auto& child : node.children()) {
        if (child.type() == pugi::node_element) {
            return wrong(local_name(node), "a text is expected here");
        }
        out += child.value();
        if (out.size() > kTextMax) {
            return fail(
                ErrorCode::TooLarge,
                fmt::format("<{}>: more than {} bytes", local_name(node), kTextMax),
                std::string(local_name(node))
            );
        }
    }
    const auto begin = out.find_first_not_of(" \t\r\n");
    if (begin == std::string::npos) {
        return std::string();
    }
    return out.substr(begin, out.find_last_not_of(" \t\r\n") - begin + 1);
}

Status set_text(std::string& out, const pugi::xml_node& node, bool& seen) {
    if (seen) {
        return wrong(local_name(node), "this is there twice");
    }
    seen = true;
    CS_TRY(text, text_of(node));
    out = std::move(text);
    return ok();
}

template <class Item>
Status add(std::vector<Item>& out, Item item, const pugi::xml_node& node, std::size_t most) {
    if (out.size() >= most) {
        return fail(
            ErrorCode::TooLarge,
            fmt::format("<{}>: more than {} of them", local_name(node), most),
            std::string(local_name(node))
        );
    }
    out.push_back(std::move(item));
    return ok();
}

Result<Pair> pair_of(const pugi::xml_node& node) {
    Pair out;
    bool name = false;
    bool value = false;
    for (const auto& child : node.children()) {
        if (local_name(child) == "valueName") {
            CS_CHECK(set_text(out.name, child, name));
        } else if (local_name(child) == "value") {
            CS_CHECK(set_text(out.value, child, value));
        }
    }
    if (!name || !value) {
        return wrong(local_name(node), "valueName and value are needed");
    }
    return out;
}

/// Single texts of an element by their names; each at most once.
struct Single {
    std::string_view name;
    std::string* out;
    bool seen = false;
};

template <std::size_t N>
Result<bool> take_single(Single (&singles)[N], const pugi::xml_node& node) {
    for (auto& single : singles) {
        if (single.name == local_name(node)) {
            CS_CHECK(set_text(*single.out, node, single.seen));
            return true;
        }
    }
    return false;
}

Result<Area> area_of(const pugi::xml_node& node) {
    Area out;
    std::string altitude;
    std::string ceiling;
    Single singles[] = {
        {"areaDesc", &out.description}, {"altitude", &altitude}, {"ceiling", &ceiling}
    };
    for (const auto& child : node.children()) {
        CS_TRY(taken, take_single(singles, child));
        const auto name = local_name(child);
        if (taken || name.empty()) {
            continue;
        }
        if (name == "polygon" || name == "circle") {
            CS_TRY(text, text_of(child));
            CS_CHECK(add(
                name == "polygon" ? out.polygons : out.circles, std::move(text), child, kListMax
            ));
        } else if (name == "geocode") {
            CS_TRY(pair, pair_of(child));
            CS_CHECK(add(out.geocodes, std::move(pair), child, kListMax));
        } else {
            return wrong(name, "there is no such element in an area");
        }
    }
    return out;
}

Result<Info> info_of(const pugi::xml_node& node) {
    Info out;
    std::string audience;
    Single singles[] = {
        {"language", &out.language},
        {"event", &out.event},
        {"urgency", &out.urgency},
        {"severity", &out.severity},
        {"certainty", &out.certainty},
        {"audience", &audience},
        {"effective", &out.effective},
        {"onset", &out.onset},
        {"expires", &out.expires},
        {"senderName", &out.sender_name},
        {"headline", &out.headline},
        {"description", &out.description},
        {"instruction", &out.instruction},
        {"web", &out.web},
        {"contact", &out.contact}
    };
    for (const auto& child : node.children()) {
        CS_TRY(taken, take_single(singles, child));
        const auto name = local_name(child);
        if (taken || name.empty() || name == "resource") {
            continue;  // files that go with a warning are not fetched
        }
        if (name == "category" || name == "responseType") {
            CS_TRY(text, text_of(child));
            CS_CHECK(
                add(name == "category" ? out.categories : out.response_types,
                    std::move(text),
                    child,
                    kListMax)
            );
        } else if (name == "eventCode" || name == "parameter") {
            CS_TRY(pair, pair_of(child));
            CS_CHECK(
                add(name == "eventCode" ? out.event_codes : out.parameters,
                    std::move(pair),
                    child,
                    kListMax)
            );
        } else if (name == "area") {
            CS_TRY(area, area_of(child));
            CS_CHECK(add(out.areas, std::move(area), child, kAreasMax));
        } else {
            return wrong(name, "there is no such element in an info");
        }
    }
    return out;
}

Status check_depth(const pugi::xml_node& node, int depth) {
    if (depth > kDepthMax) {
        return fail(ErrorCode::InvalidInput, "the elements are nested too deeply");
    }
    for (const auto& child : node.children()) {
        if (child.type() == pugi::node_element) {
            CS_CHECK(check_depth(child, depth + 1));
        }
    }
    return ok();
}

}  // namespace

Result<Message> read(std::string_view xml) {
    if (xml.size() > kMessageBytesMax) {
        return fail(
            ErrorCode::TooLarge, fmt::format("a warning has at most {} bytes", kMessageBytesMax)
        );
    }
    // Entities of a document type are how XML reads files and grows without end; pugixml expands
    // none, and a message that brings some is refused as a whole.
    if (xml.find("<!DOCTYPE") != std::string_view::npos ||
        xml.find("<!ENTITY") != std::string_view::npos) {
        return fail(ErrorCode::InvalidInput, "a warning has no document type and no entities");
    }
    if (!is_utf8(xml)) {
        return fail(ErrorCode::InvalidInput, "a warning is written in UTF-8");
    }
    pugi::xml_document document;
    const auto parsed = document.load_buffer(
        xml.data(), xml.size(), pugi::parse_default | pugi::parse_ws_pcdata, pugi::encoding_utf8
    );
    if (!parsed) {
        return fail(
            ErrorCode::InvalidInput,
            fmt::format("this is no XML: {} at byte {}", parsed.description(), parsed.offset)
        );
    }
    const auto root = document.document_element();
    const auto space = namespace_of(root);
    if (local_name(root) != "alert" || (space != "urn:oasis:names:tc:emergency:cap:1.2" &&
                                        space != "urn:oasis:names:tc:emergency:cap:1.1")) {
        return wrong("alert", "the root is an alert of CAP 1.2");
    }
    CS_CHECK(check_depth(root, 1));
    Message out;
    Single singles[] = {
        {"identifier", &out.identifier},
        {"sender", &out.sender},
        {"sent", &out.sent},
        {"status", &out.status},
        {"msgType", &out.kind},
        {"source", &out.source},
        {"scope", &out.scope},
        {"restriction", &out.restriction},
        {"addresses", &out.addresses},
        {"note", &out.note},
        {"references", &out.references},
        {"incidents", &out.incidents}
    };
    for (const auto& child : root.children()) {
        CS_TRY(taken, take_single(singles, child));
        const auto name = local_name(child);
        if (taken || name.empty() || name == "Signature") {
            continue;
        }
        if (name == "code") {
            CS_TRY(text, text_of(child));
            if (!text.empty()) {
                CS_CHECK(add(out.codes, std::move(text), child, kListMax));
            }
        } else if (name == "info") {
            CS_TRY(info, info_of(child));
            CS_CHECK(add(out.infos, std::move(info), child, kInfosMax));
        } else {
            return wrong(name, "there is no such element in an alert");
        }
    }
    CS_CHECK(check(out));
    return out;
}

}  // namespace chengshu::cap
