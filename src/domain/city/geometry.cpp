#include "domain/city/geometry.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace chengshu::city {
namespace {

constexpr double kEarthRadiusM = 6'371'008.8;
constexpr double kDegree = std::numbers::pi / 180.0;
constexpr std::int64_t kCellsPerDegree = 1000;
constexpr std::int64_t kColumns = 360 * kCellsPerDegree;
constexpr std::int64_t kRows = 180 * kCellsPerDegree;

// The ellipsoid and the polynomial of the GCJ-02 datum.
constexpr double kGcjAxisM = 6'378'245.0;
constexpr double kGcjEccentricity2 = 0.00669342162296594323;

bool outside_china(Point point) {
    return !(
        point.lon >= 72.004 && point.lon <= 137.8347 && point.lat >= 0.8293 && point.lat <= 55.8271
    );
}

double gcj_shift_lat(double x, double y) {
    constexpr double kPi = std::numbers::pi;
    double shift = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y;
    shift += 0.2 * std::sqrt(std::abs(x));
    shift += (20.0 * std::sin(6.0 * x * kPi) + 20.0 * std::sin(2.0 * x * kPi)) * 2.0 / 3.0;
    shift += (20.0 * std::sin(y * kPi) + 40.0 * std::sin(y / 3.0 * kPi)) * 2.0 / 3.0;
    shift += (160.0 * std::sin(y / 12.0 * kPi) + 320.0 * std::sin(y * kPi / 30.0)) * 2.0 / 3.0;
    return shift;
}

double gcj_shift_lon(double x, double y) {
    constexpr double kPi = std::numbers::pi;
    double shift = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y;
    shift += 0.1 * std::sqrt(std::abs(x));
    shift += (20.0 * std::sin(6.0 * x * kPi) + 20.0 * std::sin(2.0 * x * kPi)) * 2.0 / 3.0;
    shift += (20.0 * std::sin(x * kPi) + 40.0 * std::sin(x / 3.0 * kPi)) * 2.0 / 3.0;
    shift += (150.0 * std::sin(x / 12.0 * kPi) + 300.0 * std::sin(x / 30.0 * kPi)) * 2.0 / 3.0;
    return shift;
}

Point gcj_shift(Point wgs) {
    const double x = wgs.lon - 105.0;
    const double y = wgs.lat - 35.0;
    const double sine = std::sin(wgs.lat * kDegree);
    const double magic = 1.0 - kGcjEccentricity2 * sine * sine;
    const double root = std::sqrt(magic);
    const double meridian = kGcjAxisM * (1.0 - kGcjEccentricity2) / (magic * root);
    const double parallel = kGcjAxisM / root * std::cos(wgs.lat * kDegree);
    return {
        gcj_shift_lon(x, y) / (parallel * kDegree),
        gcj_shift_lat(x, y) / (meridian * kDegree),
    };
}

std::int64_t row_of(double lat) {
    const double row = std::floor((lat + 90.0) * static_cast<double>(kCellsPerDegree));
    return static_cast<std::int64_t>(std::clamp(row, 0.0, static_cast<double>(kRows - 1)));
}

/// Not wrapped: may lie outside [0, kColumns).
std::int64_t raw_column_of(double lon) {
    return static_cast<std::int64_t>(
        std::floor((lon + 180.0) * static_cast<double>(kCellsPerDegree))
    );
}

}  // namespace

double distance_m(Point a, Point b) {
    const double half_lat = std::sin((b.lat - a.lat) * kDegree / 2.0);
    const double half_lon = std::sin((b.lon - a.lon) * kDegree / 2.0);
    const double h = half_lat * half_lat +
                     std::cos(a.lat * kDegree) * std::cos(b.lat * kDegree) * half_lon * half_lon;
    return 2.0 * kEarthRadiusM * std::asin(std::sqrt(std::min(1.0, h)));
}

Point wgs84_to_gcj02(Point wgs) {
    if (outside_china(wgs)) {
        return wgs;
    }
    const Point shift = gcj_shift(wgs);
    return {wgs.lon + shift.lon, wgs.lat + shift.lat};
}

Point gcj02_to_wgs84(Point gcj) {
    if (outside_china(gcj)) {
        return gcj;
    }
    // The shift changes by about one part in a thousand per degree, so each round gains three
    // digits; five rounds are far below a millimetre.
    Point wgs = gcj;
    for (int round = 0; round < 5; ++round) {
        const Point shift = gcj_shift(wgs);
        wgs = {gcj.lon - shift.lon, gcj.lat - shift.lat};
    }
    return wgs;
}

std::int64_t cell_of(Point point) {
    if (!std::isfinite(point.lon) || !std::isfinite(point.lat)) {
        return 0;
    }
    const double lon = std::remainder(point.lon, 360.0);
    const std::int64_t column = (raw_column_of(lon) % kColumns + kColumns) % kColumns;
    return row_of(point.lat) * kColumns + column;
}

std::vector<CellRange> cells_around(Point center, double radius_m) {
    std::vector<CellRange> ranges;
    if (!std::isfinite(center.lon) || !std::isfinite(center.lat) || !(radius_m >= 0)) {
        return ranges;
    }
    // A hair more than asked for, so that rounding never leaves out a point on the rim.
    constexpr double kMarginDegree = 1e-9;
    const double lon = std::remainder(center.lon, 360.0);
    const double angle = std::min(radius_m / kEarthRadiusM, std::numbers::pi);
    const double span_lat = angle / kDegree + kMarginDegree;
    const double south = center.lat - span_lat;
    const double north = center.lat + span_lat;
    double span_lon = 180.0;
    if (north < 90.0 && south > -90.0) {
        const double sine = std::sin(angle) / std::cos(center.lat * kDegree);
        span_lon = sine < 1.0 ? std::asin(sine) / kDegree + kMarginDegree : 180.0;
    }
    const bool whole_row = span_lon >= 180.0;
    const std::int64_t west = raw_column_of(lon - span_lon);
    const std::int64_t east = raw_column_of(lon + span_lon);
    for (std::int64_t row = row_of(south); row <= row_of(north); ++row) {
        const std::int64_t base = row * kColumns;
        if (whole_row || east - west >= kColumns) {
            ranges.push_back({base, base + kColumns - 1});
        } else if (west < 0) {
            ranges.push_back({base, base + east});
            ranges.push_back({base + west + kColumns, base + kColumns - 1});
        } else if (east >= kColumns) {
            ranges.push_back({base, base + east - kColumns});
            ranges.push_back({base + west, base + kColumns - 1});
        } else {
            ranges.push_back({base + west, base + east});
        }
    }
    return ranges;
}

}  // namespace chengshu::city
