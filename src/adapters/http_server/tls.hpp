#pragma once

#include "base/result.hpp"

#include <boost/asio/ssl/context.hpp>

#include <string>

namespace chengshu::http {

/// A server context for TLS 1.2 and newer with the given PEM chain and key. InvalidInput with the
/// setting's name when a file cannot be read or the two do not belong together.
Result<boost::asio::ssl::context>
make_tls_context(const std::string& certificate, const std::string& key);

}  // namespace chengshu::http
