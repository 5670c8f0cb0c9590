#include "domain/sensing/model.hpp"

#include "base/assert.hpp"

#include <algorithm>
#include <array>

namespace chengshu::sensing {
namespace {

constexpr bool kRequired = true;
constexpr bool kByServer = false;

constexpr Property kId{"id", PropertyKind::Id, false, kByServer};
constexpr Property kSelfLink{"selfLink", PropertyKind::Link, false, kByServer};

constexpr std::array kThingProperties{
    Property{"name", PropertyKind::String, kRequired},
    Property{"description", PropertyKind::String, kRequired},
    Property{"properties", PropertyKind::Object},
};
constexpr std::array kLocationProperties{
    Property{"name", PropertyKind::String, kRequired},
    Property{"description", PropertyKind::String, kRequired},
    Property{"encodingType", PropertyKind::String, kRequired},
    Property{"location", PropertyKind::Geometry, kRequired},
    Property{"properties", PropertyKind::Object},
};
constexpr std::array kHistoricalLocationProperties{
    Property{"time", PropertyKind::Time, kRequired},
};
constexpr std::array kDatastreamProperties{
    Property{"name", PropertyKind::String, kRequired},
    Property{"description", PropertyKind::String, kRequired},
    Property{"observationType", PropertyKind::String, kRequired},
    Property{"unitOfMeasurement", PropertyKind::Object, kRequired},
    Property{"observedArea", PropertyKind::Geometry, false, kByServer},
    Property{"phenomenonTime", PropertyKind::Interval, false, kByServer},
    Property{"resultTime", PropertyKind::Interval, false, kByServer},
    Property{"properties", PropertyKind::Object},
};
constexpr std::array kMultiDatastreamProperties{
    Property{"name", PropertyKind::String, kRequired},
    Property{"description", PropertyKind::String, kRequired},
    Property{"observationType", PropertyKind::String},
    Property{"multiObservationDataTypes", PropertyKind::Array, kRequired},
    Property{"unitOfMeasurements", PropertyKind::Array, kRequired},
    Property{"observedArea", PropertyKind::Geometry, false, kByServer},
    Property{"phenomenonTime", PropertyKind::Interval, false, kByServer},
    Property{"resultTime", PropertyKind::Interval, false, kByServer},
    Property{"properties", PropertyKind::Object},
};
constexpr std::array kSensorProperties{
    Property{"name", PropertyKind::String, kRequired},
    Property{"description", PropertyKind::String, kRequired},
    Property{"encodingType", PropertyKind::String, kRequired},
    Property{"metadata", PropertyKind::Json, kRequired},
    Property{"properties", PropertyKind::Object},
};
constexpr std::array kObservedPropertyProperties{
    Property{"name", PropertyKind::String, kRequired},
    Property{"definition", PropertyKind::String, kRequired},
    Property{"description", PropertyKind::String, kRequired},
    Property{"properties", PropertyKind::Object},
};
constexpr std::array kObservationProperties{
    Property{"phenomenonTime", PropertyKind::Moment},
    Property{"result", PropertyKind::Json, kRequired},
    Property{"resultTime", PropertyKind::Time},
    Property{"resultQuality", PropertyKind::Json},
    Property{"validTime", PropertyKind::Interval},
    Property{"parameters", PropertyKind::Object},
};
constexpr std::array kFeatureProperties{
    Property{"name", PropertyKind::String, kRequired},
    Property{"description", PropertyKind::String, kRequired},
    Property{"encodingType", PropertyKind::String, kRequired},
    Property{"feature", PropertyKind::Geometry, kRequired},
    Property{"properties", PropertyKind::Object},
};

constexpr bool kMany = true;
constexpr bool kOne = false;

constexpr std::array kThingNavigations{
    Navigation{"Locations", EntityType::Location, kMany, false, "Things"},
    Navigation{"HistoricalLocations", EntityType::HistoricalLocation, kMany, false, "Thing"},
    Navigation{"Datastreams", EntityType::Datastream, kMany, false, "Thing"},
    Navigation{"MultiDatastreams", EntityType::MultiDatastream, kMany, false, "Thing"},
};
constexpr std::array kLocationNavigations{
    Navigation{"Things", EntityType::Thing, kMany, false, "Locations"},
    Navigation{"HistoricalLocations", EntityType::HistoricalLocation, kMany, false, "Locations"},
};
constexpr std::array kHistoricalLocationNavigations{
    Navigation{"Thing", EntityType::Thing, kOne, kRequired, "HistoricalLocations"},
    Navigation{"Locations", EntityType::Location, kMany, kRequired, "HistoricalLocations"},
};
constexpr std::array kDatastreamNavigations{
    Navigation{"Thing", EntityType::Thing, kOne, kRequired, "Datastreams"},
    Navigation{"Sensor", EntityType::Sensor, kOne, kRequired, "Datastreams"},
    Navigation{"ObservedProperty", EntityType::ObservedProperty, kOne, kRequired, "Datastreams"},
    Navigation{"Observations", EntityType::Observation, kMany, false, "Datastream"},
};
constexpr std::array kMultiDatastreamNavigations{
    Navigation{"Thing", EntityType::Thing, kOne, kRequired, "MultiDatastreams"},
    Navigation{"Sensor", EntityType::Sensor, kOne, kRequired, "MultiDatastreams"},
    Navigation{
        "ObservedProperties",
        EntityType::ObservedProperty,
        kMany,
        kRequired,
        "MultiDatastreams"
    },
    Navigation{"Observations", EntityType::Observation, kMany, false, "MultiDatastream"},
};
constexpr std::array kSensorNavigations{
    Navigation{"Datastreams", EntityType::Datastream, kMany, false, "Sensor"},
    Navigation{"MultiDatastreams", EntityType::MultiDatastream, kMany, false, "Sensor"},
};
constexpr std::array kObservedPropertyNavigations{
    Navigation{"Datastreams", EntityType::Datastream, kMany, false, "ObservedProperty"},
    Navigation{"MultiDatastreams", EntityType::MultiDatastream, kMany, false, "ObservedProperties"},
};
// An observation has exactly one of the two streams, so neither is required by itself.
constexpr std::array kObservationNavigations{
    Navigation{"Datastream", EntityType::Datastream, kOne, false, "Observations"},
    Navigation{"MultiDatastream", EntityType::MultiDatastream, kOne, false, "Observations"},
    Navigation{"FeatureOfInterest", EntityType::FeatureOfInterest, kOne, false, "Observations"},
};
constexpr std::array kFeatureNavigations{
    Navigation{"Observations", EntityType::Observation, kMany, false, "FeatureOfInterest"},
};

// In the order of EntityType.
constexpr std::array<EntityInfo, kEntityTypes> kEntities{{
    {EntityType::Thing, "Thing", "Things", kThingProperties, kThingNavigations},
    {EntityType::Location, "Location", "Locations", kLocationProperties, kLocationNavigations},
    {EntityType::HistoricalLocation,
     "HistoricalLocation",
     "HistoricalLocations",
     kHistoricalLocationProperties,
     kHistoricalLocationNavigations},
    {EntityType::Datastream,
     "Datastream",
     "Datastreams",
     kDatastreamProperties,
     kDatastreamNavigations},
    {EntityType::MultiDatastream,
     "MultiDatastream",
     "MultiDatastreams",
     kMultiDatastreamProperties,
     kMultiDatastreamNavigations},
    {EntityType::Sensor, "Sensor", "Sensors", kSensorProperties, kSensorNavigations},
    {EntityType::ObservedProperty,
     "ObservedProperty",
     "ObservedProperties",
     kObservedPropertyProperties,
     kObservedPropertyNavigations},
    {EntityType::Observation,
     "Observation",
     "Observations",
     kObservationProperties,
     kObservationNavigations},
    {EntityType::FeatureOfInterest,
     "FeatureOfInterest",
     "FeaturesOfInterest",
     kFeatureProperties,
     kFeatureNavigations},
}};

template <class Rows, class Key>
const auto* row_with(const Rows& rows, Key key, std::string_view wanted) {
    const auto found =
        std::find_if(rows.begin(), rows.end(), [&](const auto& row) { return row.*key == wanted; });
    return found == rows.end() ? nullptr : &*found;
}

}  // namespace

const Property* EntityInfo::property(std::string_view wanted) const {
    if (wanted == "id" || wanted == "@iot.id") {
        return &kId;
    }
    if (wanted == "selfLink" || wanted == "@iot.selfLink") {
        return &kSelfLink;
    }
    return row_with(properties, &Property::name, wanted);
}

const Navigation* EntityInfo::navigation(std::string_view wanted) const {
    return row_with(navigations, &Navigation::name, wanted);
}

std::span<const EntityInfo> all_entities() {
    return kEntities;
}

const EntityInfo& info(EntityType type) {
    const auto index = static_cast<std::size_t>(type);
    CS_ASSERT(index < kEntities.size());
    return kEntities[index];
}

const EntityInfo* find_set(std::string_view set) {
    return row_with(kEntities, &EntityInfo::set, set);
}

const EntityInfo* find_entity(std::string_view name) {
    return row_with(kEntities, &EntityInfo::name, name);
}

const Property& id_property() {
    return kId;
}

const Property& self_link_property() {
    return kSelfLink;
}

const Navigation& inverse(const Navigation& navigation) {
    const Navigation* back = info(navigation.target).navigation(navigation.inverse);
    CS_ASSERT(back != nullptr);
    return *back;
}

}  // namespace chengshu::sensing
