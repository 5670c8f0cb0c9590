#pragma once

#include "services/tests/live_fixture.hpp"

namespace chengshu::contract {

/// New, empty stores of the kind that the program is linked with.
services::LiveStores real_stores();

}  // namespace chengshu::contract
