#pragma once

#include "domain/city/yaml_file.hpp"
#include "domain/response/rule.hpp"

#include <cstddef>
#include <cstdint>
#include <utility>

namespace chengshu::response {

inline constexpr std::size_t kListMax = 32;  ///< of conditions, and of other lists of a rule

/// Reads the conditions of one rule; mistakes become findings.
class ConditionReader {
public:
    /// `names`: what conditions may use. `yaml` outlives this object.
    ConditionReader(city::YamlFile& yaml, indicators::Names names)
        : yaml_(yaml), names_(std::move(names)) {}

    Condition read(const YAML::Node& node, int depth = 0);

    /// How many values all that was read asks for.
    [[nodiscard]] std::int64_t looks() const { return looks_; }

private:
    void only(const YAML::Node& node, std::size_t keys);
    void read_lasts(const YAML::Node& node, Condition& out);
    void read_when(const YAML::Node& node, Condition& out);

    city::YamlFile& yaml_;
    indicators::Names names_;
    std::size_t parts_ = 0;
    std::int64_t looks_ = 0;
};

}  // namespace chengshu::response
