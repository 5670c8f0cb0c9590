#pragma once

#include "domain/response/alert.hpp"
#include "domain/response/plan.hpp"

#include <boost/json.hpp>

namespace chengshu::api {

boost::json::object alert_view(const response::Alert& alert);
boost::json::object response_view(const response::Response& value);

}  // namespace chengshu::api
