#pragma once

#include "domain/city/city.hpp"

#include <initializer_list>
#include <map>
#include <string>
#include <string_view>

namespace chengshu::city {

/// The files of a small made-up city around 116 E 40 N that tests change one by one. It has no
/// mistakes.
class SmallCity {
public:
    SmallCity();

    /// Adds or replaces a file. `name` is relative to cities/toy/ unless it begins with
    /// "scenarios/".
    SmallCity& set(std::string_view name, std::string content);
    SmallCity& append(std::string_view name, std::string_view content);
    /// Replaces the first occurrence of `from`, which must be there.
    SmallCity& replace(std::string_view name, std::string_view from, std::string_view to);
    SmallCity& remove(std::string_view name);

    [[nodiscard]] ParsedCity parse() const;
    /// The city; stops the test program when it has mistakes.
    [[nodiscard]] CityPtr city() const;

private:
    std::map<std::string, std::string> files_;
};

/// A GeoJSON feature of a rectangle.
std::string rectangle(std::string_view area, double west, double south, double east, double north);
/// A FeatureCollection, one feature per line from line 2.
std::string collection(std::initializer_list<std::string> features);

Date day(std::string_view text);

}  // namespace chengshu::city
