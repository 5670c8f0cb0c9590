#include "domain/city/internal/boundaries.hpp"

#include "domain/city/internal/feature_scan.hpp"
#include "domain/city/internal/text.hpp"

#include <boost/json.hpp>
#include <geos_c.h>

#include <array>
#include <cmath>
#include <memory>
#include <utility>

namespace chengshu::city {
namespace {

namespace json = boost::json;

static_assert(sizeof(Point) == 2 * sizeof(double), "rings are handed to GEOS as pairs of doubles");

/// A GEOS context and the geometries made in it, freed together.
class Geos {
public:
    Geos() : context_(GEOS_init_r()) {}

    ~Geos() { GEOS_finish_r(context_); }

    Geos(const Geos&) = delete;
    Geos& operator=(const Geos&) = delete;

    [[nodiscard]] GEOSContextHandle_t context() const { return context_; }

private:
    GEOSContextHandle_t context_;
};

struct GeometryDeleter {
    GEOSContextHandle_t context;

    void operator()(GEOSGeometry* geometry) const { GEOSGeom_destroy_r(context, geometry); }
};

using Geometry = std::unique_ptr<GEOSGeometry, GeometryDeleter>;

/// What GEOS says about an invalid geometry, for readers of Chinese.
std::string_view reason_in_chinese(std::string_view reason) {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 10> kReasons{{
        {"Ring Self-intersection", "环自相交"},
        {"Self-intersection", "自相交"},
        {"Hole lies outside shell", "洞在外环之外"},
        {"Holes are nested", "洞相互嵌套"},
        {"Nested holes", "洞相互嵌套"},
        {"Nested shells", "外环相互嵌套"},
        {"Interior is disconnected", "内部不连通"},
        {"Duplicate Rings", "环重复"},
        {"Too few points in geometry component", "点数过少"},
        {"Invalid Coordinate", "坐标无效"},
    }};
    for (const auto& [english, chinese] : kReasons) {
        if (reason.starts_with(english)) {
            return chinese;
        }
    }
    return reason;
}

Geometry ring_geometry(const Geos& geos, const Ring& ring) {
    GEOSCoordSequence* points = GEOSCoordSeq_copyFromBuffer_r(
        geos.context(), &ring.front().lon, static_cast<unsigned>(ring.size()), 0, 0
    );
    GEOSGeometry* made =
        points == nullptr ? nullptr : GEOSGeom_createLinearRing_r(geos.context(), points);
    return Geometry{made, {geos.context()}};
}

Geometry polygon_geometry(const Geos& geos, const Polygon& polygon) {
    std::vector<GEOSGeometry*> holes;
    bool sound = true;
    for (std::size_t i = 1; i < polygon.size(); ++i) {
        holes.push_back(ring_geometry(geos, polygon[i]).release());
        sound = sound && holes.back() != nullptr;
    }
    Geometry shell = ring_geometry(geos, polygon.front());
    if (!sound || !shell) {
        for (GEOSGeometry* hole : holes) {
            if (hole != nullptr) {
                GEOSGeom_destroy_r(geos.context(), hole);
            }
        }
        return Geometry{nullptr, {geos.context()}};
    }
    GEOSGeometry* made = GEOSGeom_createPolygon_r(
        geos.context(), shell.release(), holes.data(), static_cast<unsigned>(holes.size())
    );
    return Geometry{made, {geos.context()}};
}

Geometry multi_polygon_geometry(const Geos& geos, const MultiPolygon& boundary) {
    std::vector<GEOSGeometry*> parts;
    for (const Polygon& polygon : boundary) {
        Geometry part = polygon_geometry(geos, polygon);
        if (!part) {
            for (GEOSGeometry* done : parts) {
                GEOSGeom_destroy_r(geos.context(), done);
            }
            return Geometry{nullptr, {geos.context()}};
        }
        parts.push_back(part.release());
    }
    GEOSGeometry* made = GEOSGeom_createCollection_r(
        geos.context(), GEOS_MULTIPOLYGON, parts.data(), static_cast<unsigned>(parts.size())
    );
    return Geometry{made, {geos.context()}};
}

std::optional<Point> point_of(const Geos& geos, const GEOSGeometry* geometry) {
    Point point;
    if (geometry == nullptr || GEOSisEmpty_r(geos.context(), geometry) != 0 ||
        GEOSGeomGetX_r(geos.context(), geometry, &point.lon) != 1 ||
        GEOSGeomGetY_r(geos.context(), geometry, &point.lat) != 1) {
        return std::nullopt;
    }
    return point;
}

class BoundaryReader {
public:
    BoundaryReader(const CityFile& file, Findings& findings) : file_(file), findings_(findings) {}

    void run(const std::function<void(BoundaryFeature, Spot)>& visit) {
        const std::string_view content = file_.content;
        const auto scan = scan_features(content);
        if (!scan) {
            report_document();
            return;
        }
        std::string frame{content.substr(0, scan->array_begin)};
        frame += content.substr(scan->array_end);
        if (!check_frame(frame, *scan)) {
            return;
        }
        for (const FeatureRange& range : scan->features) {
            if (findings_.full()) {
                return;
            }
            spot_ = {file_.path, range.line, 0};
            const auto parsed = parse(content.substr(range.offset, range.length), range.offset);
            if (!parsed) {
                continue;
            }
            if (auto feature = read_feature(*parsed)) {
                visit(std::move(*feature), spot_);
            }
        }
    }

private:
    void error(Label message, Label hint) {
        findings_.error(spot_, std::move(message), std::move(hint));
    }

    void syntax_error(std::size_t offset, const std::string& why) {
        const TextPosition position = position_of(file_.content, offset);
        findings_.error(
            {file_.path, position.line, position.column},
            text("JSON 语法错误：{}", "JSON syntax error: {}", why),
            {"用 GeoJSON 工具重新导出", "export the file again with a GeoJSON tool"}
        );
    }

    std::optional<json::value> parse(std::string_view part, std::size_t offset) {
        json::parser parser;
        boost::system::error_code failure;
        const std::size_t used = parser.write_some(part.data(), part.size(), failure);
        if (!failure && used < part.size()) {
            failure = json::error::extra_data;
        }
        if (failure) {
            syntax_error(offset + used, failure.message());
            return std::nullopt;
        }
        return parser.release();
    }

    void report_document() {
        if (parse(trimmed_end(file_.content), 0)) {
            findings_.error(
                {file_.path, 1, 0},
                {"不是 GeoJSON FeatureCollection", "not a GeoJSON FeatureCollection"},
                {"顶层应为 {\"type\": \"FeatureCollection\", \"features\": [...]}",
                 "the file must be {\"type\": \"FeatureCollection\", \"features\": [...]}"}
            );
        }
    }

    static std::string_view trimmed_end(std::string_view content) {
        return content.substr(0, content.find_last_not_of(" \t\r\n") + 1);
    }

    /// The document without its features; a mistake behind them is moved to its place in the file.
    bool check_frame(std::string_view frame, const FeatureScan& scan) {
        json::parser parser;
        boost::system::error_code failure;
        const std::string_view whole = trimmed_end(frame);
        const std::size_t used = parser.write_some(whole.data(), whole.size(), failure);
        if (!failure && used < whole.size()) {
            failure = json::error::extra_data;
        }
        if (failure) {
            const bool behind = used >= scan.array_begin;
            syntax_error(
                behind ? used + scan.array_end - scan.array_begin : used, failure.message()
            );
            return false;
        }
        const json::value document = parser.release();
        const json::value* type = document.as_object().if_contains("type");
        if (type == nullptr || !type->is_string() || type->as_string() != "FeatureCollection") {
            findings_.error(
                {file_.path, 1, 0},
                {"type 应为 FeatureCollection", "the type must be FeatureCollection"},
                {"把各区域边界放进一个 FeatureCollection",
                 "put the boundaries into one FeatureCollection"}
            );
            return false;
        }
        return true;
    }

    std::optional<BoundaryFeature> read_feature(const json::value& value) {
        BoundaryFeature feature;
        const json::object* object = value.if_object();
        const json::value* properties =
            object == nullptr ? nullptr : object->if_contains("properties");
        const json::object* fields = properties == nullptr ? nullptr : properties->if_object();
        const json::value* area = fields == nullptr ? nullptr : fields->if_contains("area");
        if (area == nullptr || !area->is_string() || area->as_string().empty()) {
            error(
                {"要素缺少 properties.area", "the feature has no properties.area"},
                {"写 \"properties\": {\"area\": \"区域代码\"}",
                 "write \"properties\": {\"area\": \"<area code>\"}"}
            );
            return std::nullopt;
        }
        feature.area = std::string{area->as_string()};
        const json::value* geometry = object->if_contains("geometry");
        const json::object* shape = geometry == nullptr ? nullptr : geometry->if_object();
        if (shape == nullptr) {
            error(
                {"要素缺少 geometry", "the feature has no geometry"},
                {"写 Polygon 或 MultiPolygon", "write a Polygon or a MultiPolygon"}
            );
            return std::nullopt;
        }
        if (!read_geometry(*shape, feature.boundary) || !check_valid(feature)) {
            return std::nullopt;
        }
        return feature;
    }

    bool read_geometry(const json::object& shape, MultiPolygon& boundary) {
        const json::value* type = shape.if_contains("type");
        const json::value* coordinates = shape.if_contains("coordinates");
        const json::array* parts = coordinates == nullptr ? nullptr : coordinates->if_array();
        const bool named = type != nullptr && type->is_string() && parts != nullptr;
        if (named && type->as_string() == "Polygon") {
            return read_polygon(*parts, boundary.emplace_back());
        }
        if (!named || type->as_string() != "MultiPolygon" || parts->empty()) {
            error(
                {"几何类型应为 Polygon 或 MultiPolygon",
                 "the geometry must be a Polygon or a MultiPolygon with coordinates"},
                {"用 GeoJSON 工具重新导出", "export the file again with a GeoJSON tool"}
            );
            return false;
        }
        for (const json::value& part : *parts) {
            const json::array* rings = part.if_array();
            if (rings == nullptr) {
                bad_coordinates();
                return false;
            }
            if (!read_polygon(*rings, boundary.emplace_back())) {
                return false;
            }
        }
        return true;
    }

    void bad_coordinates() {
        error(
            {"坐标数组的层次不对", "the coordinates are not nested as GeoJSON asks"},
            {"环是 [经度, 纬度] 的数组", "a ring is an array of [longitude, latitude]"}
        );
    }

    bool read_polygon(const json::array& rings, Polygon& polygon) {
        if (rings.empty()) {
            bad_coordinates();
            return false;
        }
        for (const json::value& value : rings) {
            const json::array* points = value.if_array();
            if (points == nullptr) {
                bad_coordinates();
                return false;
            }
            if (!read_ring(*points, polygon.emplace_back())) {
                return false;
            }
        }
        return true;
    }

    bool read_ring(const json::array& points, Ring& ring) {
        ring.reserve(points.size());
        for (const json::value& value : points) {
            const json::array* pair = value.if_array();
            if (pair == nullptr || pair->size() < 2 || !(*pair)[0].is_number() ||
                !(*pair)[1].is_number()) {
                bad_coordinates();
                return false;
            }
            const Point point{(*pair)[0].to_number<double>(), (*pair)[1].to_number<double>()};
            if (!(std::abs(point.lon) <= 180.0 && std::abs(point.lat) <= 90.0)) {
                const bool swapped = std::abs(point.lon) <= 90.0 && std::abs(point.lat) <= 180.0;
                error(
                    text(
                        "坐标 [{}, {}] 超出范围",
                        "the coordinate [{}, {}] is out of range",
                        point.lon,
                        point.lat
                    ),
                    swapped
                        ? Label{"经纬度可能写反：经度在前", "maybe swapped: longitude comes first"}
                        : Label{"坐标应为 WGS 84 经纬度（度）", "use WGS 84 degrees"}
                );
                return false;
            }
            ring.push_back(point);
        }
        if (ring.size() < 4 || ring.front() != ring.back()) {
            error(
                {"环没有闭合或少于四个点", "a ring is not closed or has fewer than four points"},
                {"重复第一个点作为最后一个点", "repeat the first point as the last one"}
            );
            return false;
        }
        return true;
    }

    bool check_valid(BoundaryFeature& feature) {
        const Geometry geometry = multi_polygon_geometry(geos_, feature.boundary);
        char* reason = nullptr;
        GEOSGeometry* place = nullptr;
        const char valid =
            geometry == nullptr
                ? '\2'
                : GEOSisValidDetail_r(geos_.context(), geometry.get(), 0, &reason, &place);
        const Geometry location{place, {geos_.context()}};
        const std::string why = reason == nullptr ? "not a polygon" : reason;
        if (reason != nullptr) {
            GEOSFree_r(geos_.context(), reason);
        }
        if (valid != 1) {
            const Point where =
                point_of(geos_, place).value_or(feature.boundary.front().front().front());
            error(
                text(
                    "区域 {0} 的边界无效：{1}（{3}, {4} 附近）",
                    "the boundary of area {0} is invalid: {2} near {3}, {4}",
                    shortened(feature.area),
                    reason_in_chinese(why),
                    why,
                    where.lon,
                    where.lat
                ),
                {"修正该处的线", "mend the outline there"}
            );
            return false;
        }
        const Geometry inside{
            GEOSPointOnSurface_r(geos_.context(), geometry.get()), {geos_.context()}
        };
        feature.inside =
            point_of(geos_, inside.get()).value_or(feature.boundary.front().front().front());
        return true;
    }

    const CityFile& file_;
    Findings& findings_;
    Geos geos_;
    Spot spot_;
};

}  // namespace

void read_boundaries(
    const CityFile& file,
    Findings& findings,
    const std::function<void(BoundaryFeature, Spot)>& visit
) {
    BoundaryReader{file, findings}.run(visit);
}

}  // namespace chengshu::city
