#pragma once

#include "services/attachments.hpp"

#include <boost/json.hpp>

#include <string>
#include <vector>

namespace chengshu::api {

/// The body's `attachments`, each a hash or {sha256, kind}; `kind` where none is said.
std::vector<services::FileToAttach>
files_to_attach(const boost::json::object& body, const std::string& kind);

}  // namespace chengshu::api
