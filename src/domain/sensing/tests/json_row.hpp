#pragma once

#include "domain/sensing/model.hpp"
#include "domain/sensing/odata/evaluate.hpp"

#include <boost/json.hpp>

#include <string_view>

namespace chengshu::sensing::odata {

/// An entity as expanded JSON: properties by name, "id", and what it leads to as objects and lists.
class JsonRow final : public Row {
public:
    JsonRow(EntityType type, const boost::json::value& json)
        : info_(info(type)), json_(json.as_object()) {}

    [[nodiscard]] Value property(std::string_view name) const override {
        const boost::json::value* value = json_.if_contains(name);
        const Property* known = info_.property(name);
        if (value == nullptr || known == nullptr || value->is_null()) {
            return Null{};
        }
        switch (known->kind) {
            case PropertyKind::Time:
            case PropertyKind::Interval:
            case PropertyKind::Moment:
                return parse_moment(value->as_string()).value_or(Null{});
            default:
                return from_json(Json{Json{}, value});
        }
    }

    void each(std::string_view navigation, const std::function<bool(const Row&)>& visit)
        const override {
        const boost::json::value* value = json_.if_contains(navigation);
        if (value == nullptr || value->is_null()) {
            return;
        }
        const EntityType target = info_.navigation(navigation)->target;
        if (!value->is_array()) {
            visit(JsonRow{target, *value});
            return;
        }
        for (const auto& one : value->get_array()) {
            if (!visit(JsonRow{target, one})) {
                return;
            }
        }
    }

private:
    const EntityInfo& info_;
    const boost::json::object& json_;
};

}  // namespace chengshu::sensing::odata
