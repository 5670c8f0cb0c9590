#include "edge/tiles/tile.hpp"

#include "edge/tiles/internal/shapes.hpp"

#include <protozero/pbf_writer.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>
#include <variant>

namespace chengshu::tiles {
namespace {

// Field numbers of vector_tile.proto, version 2.1.
constexpr protozero::pbf_tag_type kTileLayer = 3;
constexpr protozero::pbf_tag_type kLayerName = 1;
constexpr protozero::pbf_tag_type kLayerFeature = 2;
constexpr protozero::pbf_tag_type kLayerKey = 3;
constexpr protozero::pbf_tag_type kLayerValue = 4;
constexpr protozero::pbf_tag_type kLayerExtent = 5;
constexpr protozero::pbf_tag_type kLayerVersion = 15;
constexpr protozero::pbf_tag_type kFeatureTags = 2;
constexpr protozero::pbf_tag_type kFeatureType = 3;
constexpr protozero::pbf_tag_type kFeatureGeometry = 4;
constexpr protozero::pbf_tag_type kValueString = 1;
constexpr protozero::pbf_tag_type kValueDouble = 3;
constexpr protozero::pbf_tag_type kValueInteger = 4;
constexpr protozero::pbf_tag_type kValueFlag = 7;

constexpr std::uint32_t kMoveTo = 1;
constexpr std::uint32_t kLineTo = 2;
constexpr std::uint32_t kClosePath = 7;
constexpr std::int32_t kPointType = 1;
constexpr std::int32_t kPolygonType = 3;

std::uint32_t command(std::uint32_t id, std::size_t count) {
    return (static_cast<std::uint32_t>(count) << 3U) | id;
}

/// Geometry commands with their cursor.
class Drawing {
public:
    void point(Spot spot) {
        commands_.push_back(command(kMoveTo, 1));
        move(spot);
    }

    void ring(const Outline& outline) {
        point(outline.front());
        commands_.push_back(command(kLineTo, outline.size() - 1));
        for (std::size_t i = 1; i < outline.size(); ++i) {
            move(outline[i]);
        }
        commands_.push_back(command(kClosePath, 1));
    }

    [[nodiscard]] const std::vector<std::uint32_t>& commands() const { return commands_; }

private:
    void move(Spot to) {
        commands_.push_back(protozero::encode_zigzag32(to.x - at_.x));
        commands_.push_back(protozero::encode_zigzag32(to.y - at_.y));
        at_ = to;
    }

    std::vector<std::uint32_t> commands_;
    Spot at_;
};

using Value = std::variant<std::string, std::int64_t, bool, double>;

/// A layer with its shared keys and values.
class Layer {
public:
    explicit Layer(std::string name) : name_(std::move(name)) {}

    void add(
        std::int32_t type,
        const std::vector<std::uint32_t>& geometry,
        const std::vector<std::pair<std::string, Value>>& properties
    ) {
        std::vector<std::uint32_t> tags;
        for (const auto& [key, value] : properties) {
            tags.push_back(index_of(keys_, key));
            tags.push_back(index_of(values_, value));
        }
        std::string feature;
        protozero::pbf_writer writer(feature);
        writer.add_packed_uint32(kFeatureTags, tags.begin(), tags.end());
        writer.add_enum(kFeatureType, type);
        writer.add_packed_uint32(kFeatureGeometry, geometry.begin(), geometry.end());
        features_.push_back(std::move(feature));
    }

    void write(std::string& tile) const {
        if (features_.empty()) {
            return;
        }
        protozero::pbf_writer out(tile);
        protozero::pbf_writer layer(out, kTileLayer);
        layer.add_uint32(kLayerVersion, 2);
        layer.add_string(kLayerName, name_);
        for (const auto& feature : features_) {
            layer.add_message(kLayerFeature, feature);
        }
        for (const auto& key : in_order(keys_)) {
            layer.add_string(kLayerKey, *key);
        }
        for (const auto& value : in_order(values_)) {
            protozero::pbf_writer item(layer, kLayerValue);
            if (const auto* text = std::get_if<std::string>(value)) {
                item.add_string(kValueString, *text);
            } else if (const auto* number = std::get_if<std::int64_t>(value)) {
                item.add_int64(kValueInteger, *number);
            } else if (const auto* decimal = std::get_if<double>(value)) {
                item.add_double(kValueDouble, *decimal);
            } else {
                item.add_bool(kValueFlag, std::get<bool>(*value));
            }
        }
        layer.add_uint32(kLayerExtent, kExtent);
    }

private:
    template <class Key>
    static std::uint32_t index_of(std::map<Key, std::uint32_t>& known, const Key& key) {
        return known.emplace(key, static_cast<std::uint32_t>(known.size())).first->second;
    }

    template <class Key>
    static std::vector<const Key*> in_order(const std::map<Key, std::uint32_t>& known) {
        std::vector<const Key*> out(known.size());
        for (const auto& [key, index] : known) {
            out[index] = &key;
        }
        return out;
    }

    std::string name_;
    std::vector<std::string> features_;
    std::map<std::string, std::uint32_t> keys_;
    std::map<Value, std::uint32_t> values_;
};

/// Nothing when nothing of it is in the tile.
Drawing draw(TileAddress address, const city::MultiPolygon& boundary) {
    Drawing drawing;
    for (const auto& polygon : boundary) {
        bool outer = true;
        for (const auto& ring : polygon) {
            const auto outline = fit_ring(address, ring, outer);
            if (outline.empty() && outer) {
                break;  // holes go with their outer ring
            }
            if (!outline.empty()) {
                drawing.ring(outline);
            }
            outer = false;
        }
    }
    return drawing;
}

void add_area(Layer& layer, TileAddress address, const AreaFeature& area) {
    const auto drawing = draw(address, *area.boundary);
    if (drawing.commands().empty()) {
        return;
    }
    layer.add(
        kPolygonType,
        drawing.commands(),
        {{"code", std::string(area.code)},
         {"name_zh", std::string(area.name_zh)},
         {"name_en", std::string(area.name_en)},
         {"level", std::string(area.level)},
         {"schematic", area.schematic},
         {"open", area.open},
         {"overdue", area.overdue}}
    );
}

/// False when the point is not in the buffered tile.
bool add_point(Layer& layer, TileAddress address, const PointFeature& item) {
    const auto spot = project(address, item.point);
    const bool inside = spot.x >= -kBuffer && spot.y >= -kBuffer && spot.x <= kExtent + kBuffer &&
                        spot.y <= kExtent + kBuffer;
    if (!inside) {
        return false;
    }
    Drawing drawing;
    drawing.point(spot);
    std::vector<std::pair<std::string, Value>> properties;
    for (const auto& [name, value] :
         {std::pair("id", &item.id),
          std::pair("state", &item.state),
          std::pair("category", &item.category),
          std::pair("source", &item.source)}) {
        if (!value->empty()) {
            properties.emplace_back(name, *value);
        }
    }
    properties.emplace_back("overdue", item.overdue);
    properties.emplace_back("count", item.count);
    layer.add(kPointType, drawing.commands(), properties);
    return true;
}

}  // namespace

city::Box box_of(TileAddress address) {
    const double tiles = std::ldexp(1.0, address.z);
    const double margin = static_cast<double>(kBuffer) / kExtent;
    const auto lon = [&](double x) { return x / tiles * 360 - 180; };
    const auto lat = [&](double y) {
        const double n = std::numbers::pi * (1 - 2 * std::clamp(y / tiles, 0.0, 1.0));
        return std::atan(std::sinh(n)) * 180 / std::numbers::pi;
    };
    return {
        std::max(-180.0, lon(address.x - margin)),
        lat(address.y + 1 + margin),
        std::min(180.0, lon(address.x + 1 + margin)),
        lat(address.y - margin)
    };
}

std::string encode(
    TileAddress address,
    std::span<const AreaFeature> areas,
    std::span<const PointFeature> points
) {
    Layer area_layer("areas");
    for (const auto& area : areas) {
        if (area.boundary != nullptr) {
            add_area(area_layer, address, area);
        }
    }
    Layer case_layer("cases");
    std::size_t drawn = 0;
    for (const auto& item : points) {
        if (drawn == kPointsMax) {
            break;
        }
        drawn += add_point(case_layer, address, item) ? 1U : 0U;
    }
    std::string out;
    area_layer.write(out);
    case_layer.write(out);
    return out;
}

std::string encode_values(TileAddress address, std::span<const ValueFeature> areas) {
    Layer layer("values");
    for (const auto& item : areas) {
        const auto drawing = item.boundary == nullptr ? Drawing() : draw(address, *item.boundary);
        if (drawing.commands().empty()) {
            continue;
        }
        std::vector<std::pair<std::string, Value>> properties{
            {"code", item.area->code},
            {"name_zh", item.area->name.zh},
            {"name_en", item.area->name.en},
            {"level", item.area->level},
            {"schematic", item.area->schematic}
        };
        if (item.value) {
            properties.emplace_back("value", *item.value);
        }
        if (!item.colour.empty()) {
            properties.emplace_back("colour", std::string(item.colour));
        }
        layer.add(kPolygonType, drawing.commands(), properties);
    }
    std::string out;
    layer.write(out);
    return out;
}

}  // namespace chengshu::tiles
