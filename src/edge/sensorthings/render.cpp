#include "base/json_text.hpp"
#include "edge/sensorthings/internal/context.hpp"
#include "services/sensing/entity_body.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace json = boost::json;

namespace chengshu::sensorthings {
namespace {

using sensing::EntityKey;
using sensing::EntityType;
using sensing::Navigation;
using sensing::Property;
using sensing::PropertyKind;

/// Writes the members of one object.
class Members {
public:
    explicit Members(std::string& out) : out_(out) { out_ += '{'; }

    std::string& name(std::string_view text) {
        if (!first_) {
            out_ += ',';
        }
        first_ = false;
        out_ += '"';
        out_ += text;
        out_ += "\":";
        return out_;
    }

    void close() { out_ += '}'; }

private:
    std::string& out_;
    bool first_ = true;
};

const odata::Expand* expanded(const odata::Query& query, const Navigation& navigation) {
    const auto found =
        std::find_if(query.expand.begin(), query.expand.end(), [&](const auto& expand) {
            return expand.navigation == &navigation;
        });
    return found == query.expand.end() ? nullptr : &*found;
}

bool is_selected(const odata::Query& query, const Property& property) {
    return query.select.empty() ||
           std::any_of(query.select.begin(), query.select.end(), [&](const auto& item) {
               return item.property == &property;
           });
}

bool is_selected(const odata::Query& query, const Navigation& navigation) {
    return query.select.empty() ||
           std::any_of(query.select.begin(), query.select.end(), [&](const auto& item) {
               return item.navigation == &navigation;
           });
}

/// Copies what `keys` lead to from one document into another, with the objects on the way.
void copy_member(const json::value& from, json::value& to, const std::vector<std::string>& keys) {
    const auto* at = &from;
    for (const auto& key : keys) {
        const auto* object = at->if_object();
        at = object == nullptr ? nullptr : object->if_contains(key);
        if (at == nullptr) {
            return;
        }
    }
    auto* place = &to;
    for (const auto& key : keys) {
        if (!place->is_object()) {
            *place = json::object();
        }
        place = &place->get_object()[key];
    }
    *place = *at;
}

/// The whole property, or the members of its JSON that are selected.
std::string selected_text(const odata::Query& query, const Property& property, std::string text) {
    std::vector<const std::vector<std::string>*> parts;
    for (const auto& item : query.select) {
        if (item.property == &property) {
            if (item.keys.empty()) {
                return text;
            }
            parts.push_back(&item.keys);
        }
    }
    const auto parsed =
        parts.empty() ? Result<json::value>(json::value()) : parse_json(text, "a property");
    if (parts.empty() || !parsed) {
        return text;
    }
    json::value out = json::object();
    for (const auto* keys : parts) {
        copy_member(*parsed, out, *keys);
    }
    return json_text(out);
}

/// The entity behind a relation to one; no key when there is none or it may not be seen.
sensing::EntityPtr one_behind(Context& context, const Item& item, const Navigation& navigation) {
    if (const auto* row = std::get_if<sensing::Observation>(&item)) {
        const auto id =
            navigation.target == EntityType::FeatureOfInterest ? row->feature : row->stream;
        return context.visible({navigation.target, id});
    }
    const auto& entity = std::get<sensing::EntityPtr>(item);
    const auto position = sensing::navigation_position(entity->type(), navigation);
    return context.visible({navigation.target, entity->link(static_cast<std::uint8_t>(position))});
}

bool has_relation(Context& context, const Item& item, const Navigation& navigation) {
    // An observation has one kind of stream only.
    return navigation.many || !std::holds_alternative<sensing::Observation>(item) ||
           navigation.target == EntityType::FeatureOfInterest ||
           context.registry().find({navigation.target, std::get<sensing::Observation>(item).stream}
           );
}

Status
append_expanded(Context& context, const Item& item, const odata::Expand& expand, Members& members) {
    const auto& navigation = *expand.navigation;
    const auto key = key_of(item);
    if (!navigation.many) {
        const auto other = one_behind(context, item, navigation);
        if (!other) {
            return ok();
        }
        context.rows_left -= std::min<std::size_t>(context.rows_left, 1);
        return append_item(context, other, expand.query, members.name(navigation.name));
    }
    Source source;
    source.type = navigation.target;
    source.behind = {key, sensing::navigation_position(key.type, navigation)};
    source.path = fmt::format("{}/{}", services::entity_label(key), navigation.name);
    CS_TRY(page, fetch(context, source, expand.query));
    if (page.count) {
        members.name(fmt::format("{}@iot.count", navigation.name)) += std::to_string(*page.count);
    }
    auto& out = members.name(navigation.name);
    out += '[';
    CS_CHECK(read_ahead(context, page.items, expand.query));
    for (std::size_t i = 0; i < page.items.size(); ++i) {
        out += i == 0 ? "" : ",";
        CS_CHECK(append_item(context, page.items[i], expand.query, out));
    }
    out += ']';
    if (!page.next.empty()) {
        append_json_text(members.name(fmt::format("{}@iot.nextLink", navigation.name)), page.next);
    }
    return ok();
}

}  // namespace

Status
append_item(Context& context, const Item& item, const odata::Query& query, std::string& out) {
    const auto key = key_of(item);
    const auto& info = sensing::info(key.type);
    Members members(out);
    if (is_selected(query, sensing::self_link_property())) {
        append_json_text(members.name("@iot.selfLink"), context.self_link(key));
    }
    if (is_selected(query, sensing::id_property())) {
        members.name("@iot.id") += std::to_string(key.id);
    }
    for (const auto& property : info.properties) {
        if (!is_selected(query, property)) {
            continue;
        }
        auto text = property_text(context, item, property);
        if (!text.empty()) {
            members.name(property.name) += selected_text(query, property, std::move(text));
        }
    }
    for (const auto& navigation : info.navigations) {
        if (const auto* expand = expanded(query, navigation)) {
            CS_CHECK(append_expanded(context, item, *expand, members));
        } else if (is_selected(query, navigation) && has_relation(context, item, navigation)) {
            append_json_text(
                members.name(fmt::format("{}@iot.navigationLink", navigation.name)),
                fmt::format("{}/{}", context.self_link(key), navigation.name)
            );
        }
    }
    members.close();
    return context.trouble ? Status(Failure{*context.trouble}) : ok();
}

}  // namespace chengshu::sensorthings
