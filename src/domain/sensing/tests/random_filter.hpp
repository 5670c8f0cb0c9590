#pragma once

#include "base/random.hpp"

#include <boost/json/fwd.hpp>

#include <string>

namespace chengshu::sensing::odata {

/// A well-formed filter on Observations, written with the freedoms that the language leaves. Its
/// values come from few candidates, so that rows of random_observation() often pass.
std::string random_filter(SeededRandom& random, int depth);

/// "$filter=…", "$expand=…" and so on for Observations, joined by `separator`, not percent-encoded.
std::string random_options(SeededRandom& random, char separator, int depth);

/// A row for JsonRow: times and intervals, numbers and other results, either kind of stream.
boost::json::value random_observation(SeededRandom& random);

}  // namespace chengshu::sensing::odata
