#include "edge/open311/internal/call.hpp"
#include "edge/open311/internal/window.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace chengshu::open311 {
namespace {

constexpr std::size_t kKeywordsMax = 10;
constexpr std::size_t kStandardsShown = 10;
constexpr std::size_t kHostMax = 255;

/// "https://city.example": as configured, else as the client itself reached us.
std::string server_of(const Call& call) {
    if (const auto& configured = call.ports.options.public_url; !configured.empty()) {
        return configured.ends_with('/') ? configured.substr(0, configured.size() - 1) : configured;
    }
    const auto host = call.request.headers.get("Host");
    const bool plain = !host.empty() && host.size() <= kHostMax &&
                       std::all_of(host.begin(), host.end(), [](char c) {
                           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                                  (c >= 'A' && c <= 'Z') || c == '.' || c == '-' || c == ':' ||
                                  c == '[' || c == ']';
                       });
    return plain ? fmt::format("{}://{}", call.request.secure ? "https" : "http", host)
                 : std::string();
}

std::string group_of(const Call& call, const city::Category& category) {
    if (category.parent.empty()) {
        return {};
    }
    const auto id = fmt::format("{}/{}/{}", category.code_set, category.kind, category.parent);
    const auto* parent = call.city().category(id);
    return parent == nullptr ? std::string() : parent->name.of(call.language);
}

/// When a report of the category is taken up, as far as the city has said it.
std::string description_of(const Call& call, const city::Category& category) {
    std::string out;
    std::size_t shown = 0;
    for (const auto* standard : call.city().standards_of(category.id, call.catalogue->day())) {
        const auto& condition = standard->condition.of(call.language);
        if (!condition.empty() && shown++ < kStandardsShown) {
            out += (out.empty() ? "" : call.say("；", "; ")) + condition;
        }
    }
    return out.empty() ? category.name.of(call.language) : out;
}

/// Other words under which people look for it: its name in the other language and in other code
/// sets, and what it is taken for.
std::string keywords_of(const Call& call, const city::Category& category) {
    std::vector<std::string> words;
    const auto add = [&](std::string word) {
        std::replace(word.begin(), word.end(), ',', ' ');
        const bool known = word == category.name.of(call.language) ||
                           std::find(words.begin(), words.end(), word) != words.end();
        if (!word.empty() && !known && words.size() < kKeywordsMax) {
            words.push_back(std::move(word));
        }
    };
    add(category.name.of(call.language == "zh" ? "en" : "zh"));
    for (const auto& set : call.city().code_sets(call.catalogue->day())) {
        if (set != category.code_set) {
            for (const auto* other : call.city().crosswalk(category.id, set)) {
                add(other->name.of(call.language));
            }
        }
    }
    for (const auto* pair : call.city().confusables(category.id)) {
        if (const auto* other = call.city().category(pair->other)) {
            add(other->name.of(call.language));
        }
    }
    return fmt::format("{}", fmt::join(words, ","));
}

std::vector<const city::Standard*> choices_of(const Call& call, const city::Category& category) {
    auto standards = call.city().standards_of(category.id, call.catalogue->day());
    if (standards.size() < 2) {
        standards.clear();  // nothing to choose
    }
    return standards;
}

Item service_item(const Call& call, const Service& service) {
    const auto& category = *service.category;
    return object(
        "service",
        {
            text("service_code", service.code),
            text("service_name", service.name.of(call.language)),
            text("description", description_of(call, category)),
            flag("metadata", !choices_of(call, category).empty()),
            text("type", "realtime"),
            text("keywords", keywords_of(call, category)),
            text("group", group_of(call, category)),
        }
    );
}

Item standard_attribute(const Call& call, const std::vector<const city::Standard*>& standards) {
    std::vector<Item> values;
    for (const auto* standard : standards) {
        values.push_back(object(
            "value",
            {text("key", standard->code), text("name", standard->condition.of(call.language))}
        ));
    }
    return object(
        "attribute",
        {flag("variable", true),
         text("code", "STANDARD"),
         text("datatype", "singlevaluelist"),
         flag("required", false),
         text("datatype_description", ""),
         integer("order", 1),
         text("description", call.say("符合哪一条立案标准", "Which of these applies")),
         list("values", std::move(values))}
    );
}

}  // namespace

Result<Outcome> get_discovery(const Call& call) {
    // The document changes with the program and its settings, so at the latest when the server
    // started.
    const auto changeset = w3c(call.started);
    const auto endpoint = object(
        "endpoint",
        {text("specification", "http://wiki.open311.org/GeoReport_v2"),
         text("url", server_of(call) + std::string(kBasePath)),
         text("changeset", changeset),
         text("type", "production"),
         list("formats", {text("format", "text/xml"), text("format", "application/json")})}
    );
    const auto& options = call.ports.options;
    const auto contact =
        options.contact.empty() ? call.city().name().of(call.language) : options.contact;
    const auto key = options.key_service.empty()
                         ? call.say(
                               "请向本市系统管理员申请接口令牌",
                               "Ask the operator of this city's system for an API token"
                           )
                         : options.key_service;
    return Outcome{Document{
        object(
            "discovery",
            {text("changeset", changeset),
             text("contact", contact),
             text("key_service", key),
             list("endpoints", {endpoint})}
        ),
        {}
    }};
}

Result<Outcome> list_services(const Call& call) {
    std::vector<Item> items;
    for (const auto& service : call.catalogue->services()) {
        items.push_back(service_item(call, service));
    }
    return Outcome{Document{list("services", std::move(items)), {}}};
}

Result<Outcome> get_service(const Call& call) {
    const auto* service = call.catalogue->find(call.subject);
    if (service == nullptr) {
        return fail(ErrorCode::NotFound, "service_code was not found", "service_code");
    }
    std::vector<Item> attributes;
    if (const auto standards = choices_of(call, *service->category); !standards.empty()) {
        attributes.push_back(standard_attribute(call, standards));
    }
    return Outcome{Document{
        object(
            "service_definition",
            {text("service_code", service->code), list("attributes", std::move(attributes))}
        ),
        {}
    }};
}

}  // namespace chengshu::open311
