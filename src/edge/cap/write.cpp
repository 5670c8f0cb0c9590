#include "edge/cap/message.hpp"

#include <pugixml.hpp>

#include <sstream>

namespace chengshu::cap {
namespace {

void put(pugi::xml_node& node, const char* name, const std::string& value) {
    if (!value.empty()) {
        node.append_child(name).text().set(value.c_str());
    }
}

void put_pair(pugi::xml_node& node, const char* name, const Pair& pair) {
    auto child = node.append_child(name);
    child.append_child("valueName").text().set(pair.name.c_str());
    child.append_child("value").text().set(pair.value.c_str());
}

/// In the order of the schema, which is a sequence.
void put_info(pugi::xml_node& root, const Info& info) {
    auto node = root.append_child("info");
    put(node, "language", info.language);
    for (const auto& category : info.categories) {
        put(node, "category", category);
    }
    put(node, "event", info.event);
    for (const auto& type : info.response_types) {
        put(node, "responseType", type);
    }
    put(node, "urgency", info.urgency);
    put(node, "severity", info.severity);
    put(node, "certainty", info.certainty);
    for (const auto& code : info.event_codes) {
        put_pair(node, "eventCode", code);
    }
    put(node, "effective", info.effective);
    put(node, "onset", info.onset);
    put(node, "expires", info.expires);
    put(node, "senderName", info.sender_name);
    put(node, "headline", info.headline);
    put(node, "description", info.description);
    put(node, "instruction", info.instruction);
    put(node, "web", info.web);
    put(node, "contact", info.contact);
    for (const auto& parameter : info.parameters) {
        put_pair(node, "parameter", parameter);
    }
    for (const auto& area : info.areas) {
        auto place = node.append_child("area");
        put(place, "areaDesc", area.description);
        for (const auto& polygon : area.polygons) {
            put(place, "polygon", polygon);
        }
        for (const auto& circle : area.circles) {
            put(place, "circle", circle);
        }
        for (const auto& geocode : area.geocodes) {
            put_pair(place, "geocode", geocode);
        }
    }
}

}  // namespace

std::string write(const Message& message) {
    pugi::xml_document document;
    auto declaration = document.append_child(pugi::node_declaration);
    declaration.append_attribute("version") = "1.0";
    declaration.append_attribute("encoding") = "UTF-8";
    auto root = document.append_child("alert");
    root.append_attribute("xmlns") = "urn:oasis:names:tc:emergency:cap:1.2";
    put(root, "identifier", message.identifier);
    put(root, "sender", message.sender);
    put(root, "sent", message.sent);
    put(root, "status", message.status);
    put(root, "msgType", message.kind);
    put(root, "source", message.source);
    put(root, "scope", message.scope);
    put(root, "restriction", message.restriction);
    put(root, "addresses", message.addresses);
    for (const auto& code : message.codes) {
        put(root, "code", code);
    }
    put(root, "note", message.note);
    put(root, "references", message.references);
    put(root, "incidents", message.incidents);
    for (const auto& info : message.infos) {
        put_info(root, info);
    }
    std::ostringstream out;
    document.save(out, "", pugi::format_raw, pugi::encoding_utf8);
    return std::move(out).str();
}

}  // namespace chengshu::cap
