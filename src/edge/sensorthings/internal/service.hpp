#pragma once

#include "edge/sensorthings/internal/context.hpp"

namespace chengshu::sensorthings {

/// What GET on the root says: the sets and what is implemented. Each requirement class that it
/// declares has a test (tests/conformance_test.cpp; those of MQTT: tests/e2e/mqtt_test.py).
Result<http::Response> service_document(Context& context);

}  // namespace chengshu::sensorthings
