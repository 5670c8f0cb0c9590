#pragma once

#include "domain/city/city.hpp"
#include "domain/city/findings.hpp"

#include <yaml-cpp/yaml.h>

#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace chengshu::city {

/// "90 s", "10 min", "3 h", "1 d", "500 ms": a whole number and a unit, at most 366 d.
std::optional<Duration> parse_duration(std::string_view text);

/// A YAML document with the file it came from; turns yaml-cpp's marks into spots and its exceptions
/// into findings.
class YamlFile {
public:
    /// Reports a syntax error; then root() is undefined and ok() false.
    YamlFile(const CityFile& file, Findings& findings);

    [[nodiscard]] bool ok() const { return ok_; }

    [[nodiscard]] const YAML::Node& root() const { return root_; }

    [[nodiscard]] Spot spot(const YAML::Node& node) const;
    /// Of a byte of a scalar's text, as far as that stands in the file as it is; else of the
    /// scalar.
    [[nodiscard]] Spot spot(const YAML::Node& node, std::size_t offset) const;

    void error(const YAML::Node& node, Label message, Label hint) {
        findings_.error(spot(node), std::move(message), std::move(hint));
    }

    void warning(const YAML::Node& node, Label message, Label hint) {
        findings_.warning(spot(node), std::move(message), std::move(hint));
    }

    /// Reports a node that is not a map, unknown and repeated keys; false when it is not a map.
    bool check_map(const YAML::Node& node, std::initializer_list<std::string_view> keys);
    /// The value of a key, or nothing.
    [[nodiscard]] static std::optional<YAML::Node>
    find(const YAML::Node& map, std::string_view key);
    /// The same, reported when absent.
    std::optional<YAML::Node> need(const YAML::Node& map, std::string_view key);

    /// A scalar's text; reports anything else.
    std::string scalar(const YAML::Node& node);
    std::string need_scalar(const YAML::Node& map, std::string_view key);
    /// {zh: ..., en: ...} with at least one filled in.
    Label label(const YAML::Node& node);
    Label need_label(const YAML::Node& map, std::string_view key);
    std::optional<bool> flag(const YAML::Node& node);
    std::optional<double> number(const YAML::Node& node, double low, double high);
    std::optional<Date> date(const YAML::Node& node);
    std::optional<Duration> duration(const YAML::Node& node);
    /// Calls `visit` for each element; reports a node that is not a list or is longer than
    /// `size_max`.
    void each(
        const YAML::Node& node,
        std::size_t size_max,
        const std::function<void(const YAML::Node&)>& visit
    );
    /// The same for the pairs of a map with free keys.
    void each_pair(
        const YAML::Node& node,
        std::size_t size_max,
        const std::function<void(const YAML::Node&, const YAML::Node&)>& visit
    );

private:
    [[nodiscard]] Spot spot_of(const YAML::Mark& mark) const;

    const CityFile& file_;
    Findings& findings_;
    YAML::Node root_;
    bool ok_ = false;
};

}  // namespace chengshu::city
