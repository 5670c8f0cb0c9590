#pragma once

#include "edge/sensorthings/tests/world.hpp"

#include <span>
#include <string>
#include <string_view>

namespace chengshu::sensorthings {

/// A requirement class of 18-088, by the end of its URI, and what shows that it is met.
struct Requirement {
    std::string_view name;
    void (*test)(World&);
};

std::span<const Requirement> data_requirements();
std::span<const Requirement> request_requirements();
std::span<const Requirement> change_requirements();
std::span<const Requirement> batch_requirements();

/// Expects that a POST is refused with 400, and which field is to blame.
void refused(
    World& world,
    const std::string& target,
    const std::string& body,
    const std::string& field
);

}  // namespace chengshu::sensorthings
