#include "edge/sensorthings/internal/service.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

namespace json = boost::json;

namespace chengshu::sensorthings {
namespace {

#define CS_REQ "http://www.opengis.net/spec/iot_sensing/1.1/req/"

constexpr std::string_view kConformance[] = {
    CS_REQ "datamodel",
    CS_REQ "datamodel/thing/properties",
    CS_REQ "datamodel/thing/relations",
    CS_REQ "datamodel/location/properties",
    CS_REQ "datamodel/location/relations",
    CS_REQ "datamodel/historical-location/properties",
    CS_REQ "datamodel/historical-location/relations",
    CS_REQ "datamodel/datastream/properties",
    CS_REQ "datamodel/datastream/relations",
    CS_REQ "datamodel/sensor/properties",
    CS_REQ "datamodel/sensor/relations",
    CS_REQ "datamodel/observed-property/properties",
    CS_REQ "datamodel/observed-property/relations",
    CS_REQ "datamodel/observation/properties",
    CS_REQ "datamodel/observation/relations",
    CS_REQ "datamodel/feature-of-interest/properties",
    CS_REQ "datamodel/feature-of-interest/relations",
    CS_REQ "entity-control-information/common-control-information",
    CS_REQ "resource-path/resource-path-to-entities",
    CS_REQ "request-data",
    CS_REQ "request-data/status-code",
    CS_REQ "request-data/query-status-code",
    CS_REQ "request-data/order",
    CS_REQ "request-data/expand",
    CS_REQ "request-data/select",
    CS_REQ "request-data/orderby",
    CS_REQ "request-data/skip",
    CS_REQ "request-data/top",
    CS_REQ "request-data/count",
    CS_REQ "request-data/filter",
    CS_REQ "request-data/built-in-filter-operations",
    CS_REQ "request-data/built-in-query-functions",
    CS_REQ "request-data/pagination",
    CS_REQ "create-update-delete",
    CS_REQ "create-update-delete/create-entity",
    CS_REQ "create-update-delete/link-to-existing-entities",
    CS_REQ "create-update-delete/deep-insert",
    CS_REQ "create-update-delete/deep-insert-status-code",
    CS_REQ "create-update-delete/update-entity",
    CS_REQ "create-update-delete/update-entity-put",
    CS_REQ "create-update-delete/update-entity-jsonpatch",
    CS_REQ "create-update-delete/delete-entity",
    CS_REQ "create-update-delete/historical-location-auto-creation",
    CS_REQ "create-update-delete/historical-location-manual-creation",
    CS_REQ "batch-request/batch-request",
    CS_REQ "multi-datastream",
    CS_REQ "multi-datastream/properties",
    CS_REQ "multi-datastream/relations",
    CS_REQ "multi-datastream/constraints",
    CS_REQ "data-array/data-array",
};

constexpr std::string_view kMqttCreates =
    CS_REQ "create-observations-via-mqtt/observations-creation";
constexpr std::string_view kMqttTells = CS_REQ "receive-updates-via-mqtt/receive-updates";

#undef CS_REQ

/// What is declared, and what the standard wants to be said of it.
json::object server_settings(const MqttDoor* mqtt) {
    json::array classes(std::begin(kConformance), std::end(kConformance));
    json::object out;
    if (mqtt != nullptr) {
        const json::array endpoints(mqtt->endpoints.begin(), mqtt->endpoints.end());
        classes.emplace_back(kMqttCreates);
        out[kMqttCreates] = json::object{{"endpoints", endpoints}};
        if (mqtt->tells_all) {
            classes.emplace_back(kMqttTells);
        }
        out[kMqttTells] = json::object{{"endpoints", endpoints}};
    }
    out["conformance"] = std::move(classes);
    return out;
}

}  // namespace

Result<http::Response> service_document(Context& context) {
    json::array sets;
    for (const auto& info : sensing::all_entities()) {
        sets.push_back({{"name", info.set}, {"url", fmt::format("{}/{}", context.base, info.set)}});
    }
    json::object body{{"value", std::move(sets)}};
    // 1.0 knows no settings.
    if (context.base.ends_with("/v1.1")) {
        body["serverSettings"] = server_settings(context.ports.options.mqtt);
    }
    return json_response(200, json::serialize(body));
}

}  // namespace chengshu::sensorthings
