#pragma once

#include "edge/api/internal/feed.hpp"
#include "services/live_page.hpp"

#include <boost/json.hpp>

namespace chengshu::api {

namespace json = boost::json;

/// The value as people read it: `value` or `names`, with its colour and grade.
void put_live_value(json::object& out, const services::LiveAnswer& answer);

/// Everything of a page.
json::object
feed_view(const services::PageSet& set, const services::PageState& state, const FeedShape& shape);
/// Cells that are newer than the version.
json::object
feed_changes(const services::PageSet& set, const services::PageState& state, std::uint64_t version);

}  // namespace chengshu::api
