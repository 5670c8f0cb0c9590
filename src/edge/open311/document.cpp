#include "edge/open311/internal/document.hpp"

#include "base/text.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>
#include <pugixml.hpp>

#include <utility>

namespace chengshu::open311 {
namespace {

/// What both formats can hold: UTF-8 without the characters that XML 1.0 forbids, even escaped.
std::string clean(std::string_view text) {
    const bool utf8 = is_utf8(text);
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        if (!utf8 && byte >= 0x80) {
            out += '?';
        } else if (text.substr(i, 3) == "\xEF\xBF\xBE" || text.substr(i, 3) == "\xEF\xBF\xBF") {
            i += 2;
        } else if (byte >= 0x20 || byte == '\t' || byte == '\n' || byte == '\r') {
            out += text[i];
        }
    }
    return out;
}

struct StringWriter final : pugi::xml_writer {
    std::string out;

    void write(const void* data, std::size_t size) override {
        out.append(static_cast<const char*>(data), size);
    }
};

void append(pugi::xml_node parent, const Item& item) {
    auto node = parent.append_child(item.name.c_str());
    if (item.kind == Item::Kind::Object || item.kind == Item::Kind::List) {
        for (const auto& child : item.items) {
            append(node, child);
        }
    } else if (!item.text.empty()) {
        node.append_child(pugi::node_pcdata).set_value(clean(item.text).c_str());
    }
}

void append(std::string& out, const Item& item) {
    switch (item.kind) {
        case Item::Kind::Text:
            out += item.text.empty() ? "null" : boost::json::serialize(clean(item.text));
            return;
        case Item::Kind::Bare:
            out += item.text;
            return;
        case Item::Kind::Object:
        case Item::Kind::List:
            break;
    }
    const bool is_object = item.kind == Item::Kind::Object;
    out += is_object ? '{' : '[';
    bool first = true;
    for (const auto& child : item.items) {
        out += std::exchange(first, false) ? "" : ",";
        if (is_object) {
            out += boost::json::serialize(child.name) + ":";
        }
        append(out, child);
    }
    out += is_object ? '}' : ']';
}

Item leaf(std::string name, Item::Kind kind, std::string value) {
    return {std::move(name), kind, std::move(value), {}};
}

}  // namespace

Item text(std::string name, std::string value) {
    return leaf(std::move(name), Item::Kind::Text, std::move(value));
}

Item number(std::string name, double value) {
    return leaf(std::move(name), Item::Kind::Bare, fmt::format("{}", value));
}

Item integer(std::string name, long long value) {
    return leaf(std::move(name), Item::Kind::Bare, fmt::format("{}", value));
}

Item flag(std::string name, bool value) {
    return leaf(std::move(name), Item::Kind::Bare, value ? "true" : "false");
}

Item object(std::string name, std::vector<Item> items) {
    return {std::move(name), Item::Kind::Object, {}, std::move(items)};
}

Item list(std::string name, std::vector<Item> items) {
    return {std::move(name), Item::Kind::List, {}, std::move(items)};
}

std::string to_xml(const Item& root) {
    pugi::xml_document document;
    auto declaration = document.append_child(pugi::node_declaration);
    declaration.append_attribute("version") = "1.0";
    declaration.append_attribute("encoding") = "utf-8";
    append(document, root);
    StringWriter writer;
    document.save(writer, "", pugi::format_raw, pugi::encoding_utf8);
    return std::move(writer.out);
}

std::string to_json(const Item& root) {
    std::string out;
    append(out, root);
    return out;
}

}  // namespace chengshu::open311
