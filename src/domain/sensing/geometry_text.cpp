#include "domain/sensing/geometry.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

namespace chengshu::sensing {
namespace {

namespace json = boost::json;
using city::Point;
using Type = Geometry::Type;
using Line = std::vector<Point>;

struct TypeName {
    Type type;
    std::string_view wkt;
    std::string_view geojson;
    Type part;  ///< of the Multi… types
};

constexpr std::array kTypes{
    TypeName{Type::Point, "POINT", "Point", Type::Point},
    TypeName{Type::LineString, "LINESTRING", "LineString", Type::LineString},
    TypeName{Type::Polygon, "POLYGON", "Polygon", Type::Polygon},
    TypeName{Type::MultiPoint, "MULTIPOINT", "MultiPoint", Type::Point},
    TypeName{Type::MultiLineString, "MULTILINESTRING", "MultiLineString", Type::LineString},
    TypeName{Type::MultiPolygon, "MULTIPOLYGON", "MultiPolygon", Type::Polygon},
    TypeName{Type::Collection, "GEOMETRYCOLLECTION", "GeometryCollection", Type::Collection},
};

const TypeName& names_of(Type type) {
    return *std::find_if(kTypes.begin(), kTypes.end(), [&](const TypeName& row) {
        return row.type == type;
    });
}

bool on_earth(Point point) {
    return std::abs(point.lon) <= 180.0 && std::abs(point.lat) <= 90.0;
}

/// What is wrong with a line of a geometry of this type; empty when nothing is.
std::string_view line_mistake(Type type, const Line& line) {
    if (type == Type::LineString && line.size() < 2) {
        return "a line needs two points or more";
    }
    if (type == Type::Polygon && (line.size() < 4 || !(line.front() == line.back()))) {
        return "a ring needs four points or more, the last the same as the first";
    }
    return {};
}

/// Fills in the box and the number of points.
void measure(Geometry& geometry) {
    bool first = true;
    const auto include = [&](const city::Box& box) {
        auto& whole = geometry.box;
        whole = first ? box
                      : city::Box{
                            std::min(whole.west, box.west),
                            std::min(whole.south, box.south),
                            std::max(whole.east, box.east),
                            std::max(whole.north, box.north)
                        };
        first = false;
    };
    geometry.points = 0;
    for (const Line& line : geometry.lines) {
        geometry.points += line.size();
        for (const Point& point : line) {
            include({point.lon, point.lat, point.lon, point.lat});
        }
    }
    for (const Geometry& part : geometry.parts) {
        geometry.points += part.points;
        include(part.box);
    }
}

class WktReader {
public:
    WktReader(std::string_view text, GeometryMistake& mistake) : text_(text), mistake_(mistake) {}

    GeometryPtr run() {
        skip();
        if (text_.substr(offset_, 10) == "SRID=4326;") {
            offset_ += 10;
        }
        Geometry geometry;
        if (!read(geometry, 0)) {
            return nullptr;
        }
        skip();
        if (offset_ != text_.size()) {
            wrong("expected the end of the geometry");
            return nullptr;
        }
        return std::make_shared<const Geometry>(std::move(geometry));
    }

private:
    bool read(Geometry& geometry, int depth) {
        skip();
        const std::size_t begin = offset_;
        const std::string word = take_word();
        const auto* const row = std::find_if(kTypes.begin(), kTypes.end(), [&](const auto& name) {
            return name.wkt == word;
        });
        if (row == kTypes.end()) {
            offset_ = begin;
            return wrong("expected a geometry such as POINT(116.4 39.9) or POLYGON((…))");
        }
        skip();
        const std::size_t mark = offset_;
        const std::string dimension = take_word();
        if (dimension == "EMPTY") {
            offset_ = mark;
            return wrong("expected coordinates, found an empty geometry");
        }
        if (dimension != "" && dimension != "Z" && dimension != "M" && dimension != "ZM") {
            offset_ = mark;
            return wrong("expected '('");
        }
        geometry.type = row->type;
        const bool done =
            row->type == Type::Collection ? collection(geometry, depth) : body(geometry, row->part);
        measure(geometry);
        return done;
    }

    bool collection(Geometry& geometry, int depth) {
        if (depth >= kGeometryDepthMax) {
            return wrong("collections are nested too deep");
        }
        return separated([&] {
            geometry.parts.emplace_back();
            return read(geometry.parts.back(), depth + 1);
        });
    }

    bool body(Geometry& geometry, Type part) {
        if (geometry.type == part) {
            return single(geometry);
        }
        return separated([&] {
            Geometry one;
            one.type = part;
            skip();
            // Points of a MULTIPOINT may stand without parentheses.
            const bool bare = part == Type::Point && peek() != '(';
            if (bare ? !bare_point(one) : !single(one)) {
                return false;
            }
            measure(one);
            geometry.parts.push_back(std::move(one));
            return true;
        });
    }

    bool single(Geometry& geometry) {
        if (geometry.type == Type::Polygon) {
            return separated([&] { return line(geometry); });
        }
        return line(geometry);
    }

    bool line(Geometry& geometry) {
        skip();
        const std::size_t begin = offset_;
        Line points;
        const bool read = separated([&] { return point(points); });
        if (!read) {
            return false;
        }
        if (geometry.type == Type::Point && points.size() != 1) {
            offset_ = begin;
            return wrong("expected one point");
        }
        if (const auto mistake = line_mistake(geometry.type, points); !mistake.empty()) {
            offset_ = begin;
            return wrong(mistake);
        }
        geometry.lines.push_back(std::move(points));
        return true;
    }

    bool bare_point(Geometry& geometry) {
        Line points;
        if (!point(points)) {
            return false;
        }
        geometry.lines.push_back(std::move(points));
        return true;
    }

    bool point(Line& points) {
        skip();
        const std::size_t begin = offset_;
        std::array<double, 4> numbers{};
        std::size_t count = 0;
        while (count < numbers.size()) {
            skip();
            const char* const first = text_.data() + offset_;
            const char* const last = text_.data() + text_.size();
            const auto [end, error] = std::from_chars(first, last, numbers[count]);
            if (error != std::errc{} || !std::isfinite(numbers[count])) {
                break;
            }
            offset_ += static_cast<std::size_t>(end - first);
            ++count;
        }
        if (count < 2) {
            return wrong("expected a coordinate");
        }
        const Point found{numbers[0], numbers[1]};
        if (!on_earth(found)) {
            offset_ = begin;
            return wrong("expected a longitude within ±180 and a latitude within ±90");
        }
        if (++points_ > kGeometryPointsMax) {
            return wrong("the geometry has too many points");
        }
        points.push_back(found);
        return true;
    }

    /// ( one , one , … )
    template <class One>
    bool separated(One one) {
        if (!accept('(')) {
            return wrong("expected '('");
        }
        do {
            if (!one()) {
                return false;
            }
        } while (accept(','));
        return accept(')') || wrong("expected ',' or ')'");
    }

    void skip() {
        while (offset_ < text_.size() && (text_[offset_] == ' ' || text_[offset_] == '\t' ||
                                          text_[offset_] == '\n' || text_[offset_] == '\r')) {
            ++offset_;
        }
    }

    [[nodiscard]] char peek() const { return offset_ < text_.size() ? text_[offset_] : '\0'; }

    bool accept(char wanted) {
        skip();
        if (peek() != wanted) {
            return false;
        }
        ++offset_;
        return true;
    }

    std::string take_word() {
        std::string word;
        while (std::isalpha(static_cast<unsigned char>(peek())) != 0) {
            word += static_cast<char>(std::toupper(static_cast<unsigned char>(peek())));
            ++offset_;
        }
        return word;
    }

    bool wrong(std::string_view message) {
        mistake_ = {offset_, std::string{message}};
        return false;
    }

    std::string_view text_;
    GeometryMistake& mistake_;
    std::size_t offset_ = 0;
    std::size_t points_ = 0;
};

class GeoJsonReader {
public:
    Status read(const json::value& value, Geometry& geometry, int depth) {
        const auto* object = value.if_object();
        const auto* type = object == nullptr ? nullptr : object->if_contains("type");
        if (type == nullptr || !type->is_string()) {
            return wrong("expected a GeoJSON object with a type");
        }
        const std::string_view name = type->get_string();
        if (name == "Feature" && depth == 0) {
            const auto* inner = object->if_contains("geometry");
            return inner == nullptr ? wrong("the Feature has no geometry")
                                    : read(*inner, geometry, depth + 1);
        }
        const auto* const row = std::find_if(kTypes.begin(), kTypes.end(), [&](const auto& known) {
            return known.geojson == name;
        });
        if (row == kTypes.end()) {
            return wrong("the type is no GeoJSON geometry");
        }
        geometry.type = row->type;
        const bool collection = row->type == Type::Collection;
        const auto* list = object->if_contains(collection ? "geometries" : "coordinates");
        if (list == nullptr || !list->is_array() || list->get_array().empty()) {
            return wrong(collection ? "expected geometries" : "expected coordinates");
        }
        if (collection) {
            CS_CHECK(parts(list->get_array(), geometry, depth));
        } else if (row->part == row->type) {
            CS_CHECK(single(*list, geometry));
        } else {
            for (const json::value& coordinates : list->get_array()) {
                Geometry part;
                part.type = row->part;
                CS_CHECK(single(coordinates, part));
                measure(part);
                geometry.parts.push_back(std::move(part));
            }
        }
        measure(geometry);
        return ok();
    }

private:
    Status parts(const json::array& list, Geometry& geometry, int depth) {
        if (depth >= kGeometryDepthMax) {
            return wrong("collections are nested too deep");
        }
        for (const json::value& member : list) {
            geometry.parts.emplace_back();
            CS_CHECK(read(member, geometry.parts.back(), depth + 1));
        }
        return ok();
    }

    Status single(const json::value& coordinates, Geometry& geometry) {
        if (geometry.type == Type::Point) {
            CS_TRY(found, point(coordinates));
            geometry.lines.push_back({found});
            return ok();
        }
        if (geometry.type == Type::LineString) {
            return line(coordinates, geometry);
        }
        if (!coordinates.is_array() || coordinates.get_array().empty()) {
            return wrong("expected a list of rings");
        }
        for (const json::value& ring : coordinates.get_array()) {
            CS_CHECK(line(ring, geometry));
        }
        return ok();
    }

    Status line(const json::value& coordinates, Geometry& geometry) {
        if (!coordinates.is_array()) {
            return wrong("expected a list of points");
        }
        Line points;
        for (const json::value& one : coordinates.get_array()) {
            CS_TRY(found, point(one));
            points.push_back(found);
        }
        if (const auto mistake = line_mistake(geometry.type, points); !mistake.empty()) {
            return wrong(mistake);
        }
        geometry.lines.push_back(std::move(points));
        return ok();
    }

    Result<Point> point(const json::value& coordinates) {
        const auto* list = coordinates.if_array();
        if (list == nullptr || list->size() < 2 || list->size() > 4 || !(*list)[0].is_number() ||
            !(*list)[1].is_number()) {
            return wrong("expected a point such as [116.4, 39.9]");
        }
        const Point found{(*list)[0].to_number<double>(), (*list)[1].to_number<double>()};
        if (!on_earth(found)) {
            return wrong("expected a longitude within ±180 and a latitude within ±90");
        }
        if (++points_ > kGeometryPointsMax) {
            return wrong("the geometry has too many points");
        }
        return found;
    }

    static Failure wrong(std::string_view message) {
        return fail(ErrorCode::InvalidInput, std::string{message});
    }

    std::size_t points_ = 0;
};

void write_line(std::string& text, const Line& line) {
    text += '(';
    for (const Point& point : line) {
        text += fmt::format("{}{} {}", &point == line.data() ? "" : ",", point.lon, point.lat);
    }
    text += ')';
}

void write_body(std::string& text, const Geometry& geometry) {
    if (geometry.type != Type::Polygon) {
        write_line(text, geometry.lines.front());
        return;
    }
    text += '(';
    for (const Line& ring : geometry.lines) {
        text += &ring == geometry.lines.data() ? "" : ",";
        write_line(text, ring);
    }
    text += ')';
}

void write(std::string& text, const Geometry& geometry) {
    text += names_of(geometry.type).wkt;
    if (geometry.parts.empty()) {
        write_body(text, geometry);
        return;
    }
    text += '(';
    for (const Geometry& part : geometry.parts) {
        text += &part == geometry.parts.data() ? "" : ",";
        if (geometry.type == Type::Collection) {
            write(text, part);
        } else {
            write_body(text, part);
        }
    }
    text += ')';
}

}  // namespace

GeometryPtr parse_wkt(std::string_view text, GeometryMistake& mistake) {
    return WktReader(text, mistake).run();
}

std::string to_wkt(const Geometry& geometry) {
    std::string text;
    write(text, geometry);
    return text;
}

Result<GeometryPtr> parse_geojson(const json::value& value) {
    Geometry geometry;
    CS_CHECK(GeoJsonReader().read(value, geometry, 0));
    return std::make_shared<const Geometry>(std::move(geometry));
}

}  // namespace chengshu::sensing
