#pragma once

#include "edge/sensorthings/internal/context.hpp"

#include <span>
#include <string_view>

namespace chengshu::sensorthings {

/// What GET on the root says: the sets and what is implemented.
Result<http::Response> service_document(Context& context);

/// Requirement classes that the server declares. Each has a test (tests/conformance_test.cpp).
std::span<const std::string_view> conformance();

}  // namespace chengshu::sensorthings
