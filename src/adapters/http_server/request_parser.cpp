#include "adapters/http_server/request_parser.hpp"

#include "edge/http/text.hpp"

#include <boost/beast/http/error.hpp>

#include <algorithm>
#include <limits>

namespace chengshu::http {

namespace beast = boost::beast::http;

namespace {

/// Bodies that announce their length get their memory at once, but not more than this before bytes
/// arrive.
constexpr std::uint64_t kMaxReserve = 256 * 1024;

constexpr int kMaxFields = 100;

/// The origin form of a target. Clients of proxies send the absolute form, which servers must
/// accept.
std::string_view origin_form(std::string_view target) {
    if (target.size() > 7 && equal_ignoring_case(target.substr(0, 7), "http://")) {
        target.remove_prefix(7);
    } else if (target.size() > 8 && equal_ignoring_case(target.substr(0, 8), "https://")) {
        target.remove_prefix(8);
    } else {
        return target;
    }
    const auto path = target.find_first_of("/?");
    return path == std::string_view::npos ? std::string_view{"/"} : target.substr(path);
}

}  // namespace

RequestParser::RequestParser(Request& request, std::size_t header_limit, std::size_t body_limit)
    : request_(request), header_limit_(header_limit), body_limit_(body_limit) {
    this->header_limit(static_cast<std::uint32_t>(
        std::min<std::size_t>(header_limit, std::numeric_limits<std::uint32_t>::max())
    ));
    this->body_limit(body_limit);
    eager(false);
}

int RequestParser::status_for(const boost::system::error_code& error) const {
    if (error == beast::error::header_limit) {
        return 431;
    }
    if (error == beast::error::body_limit) {
        return 413;
    }
    if (error == beast::error::bad_version) {
        return 505;
    }
    return status_;
}

void RequestParser::refuse(int status, Error& error) {
    status_ = status;
    error = beast::error::bad_value;
}

void RequestParser::on_request_impl(
    beast::verb,
    Text method,
    Text target,
    int version,
    Error& error
) {
    if (version != 10 && version != 11) {
        error = beast::error::bad_version;
        return;
    }
    version_ = version;
    for (const char c : method) {
        if (!is_token_char(c) || (c >= 'a' && c <= 'z')) {
            return refuse(501, error);
        }
    }
    const std::string_view origin = origin_form({target.data(), target.size()});
    if (origin.empty() || (origin.front() != '/' && origin != "*")) {
        return refuse(400, error);
    }
    header_size_ = method.size() + target.size() + 12;
    request_.method.assign(method.data(), method.size());
    request_.target.assign(origin.data(), origin.size());
}

void RequestParser::on_response_impl(int, Text, int, Error&) {}

void RequestParser::on_field_impl(Field field, Text name, Text value, Error& error) {
    if (header_complete_) {
        return;  // trailers of a chunked body: allowed, and of no use to us
    }
    // Beast's own limit is per piece that it sees; this one is for the whole header.
    header_size_ += name.size() + value.size() + 4;
    if (header_size_ > header_limit_ || ++fields_ > kMaxFields) {
        error = beast::error::header_limit;
        return;
    }
    if (field == Field::host && ++hosts_ > 1) {
        return refuse(400, error);
    }
    if (field == Field::transfer_encoding &&
        !equal_ignoring_case({value.data(), value.size()}, "chunked")) {
        return refuse(501, error);
    }
    if (field == Field::expect) {
        if (!equal_ignoring_case({value.data(), value.size()}, "100-continue")) {
            return refuse(417, error);
        }
        expects_continue_ = true;
    }
    request_.headers.add(
        std::string{name.data(), name.size()}, std::string{value.data(), value.size()}
    );
}

void RequestParser::on_header_impl(Error& error) {
    header_complete_ = true;
    if (version_ == 11 && hosts_ == 0) {
        return refuse(400, error);
    }
    if (version_ == 10 && chunked()) {
        return refuse(400, error);
    }
}

void RequestParser::on_body_init_impl(const boost::optional<std::uint64_t>& length, Error&) {
    if (length) {
        request_.body.reserve(static_cast<std::size_t>(std::min(*length, kMaxReserve)));
    }
}

std::size_t RequestParser::on_body_impl(Text body, Error&) {
    request_.body.append(body.data(), body.size());
    return body.size();
}

void RequestParser::on_chunk_header_impl(std::uint64_t size, Text extensions, Error& error) {
    // Extensions are ignored, so a long one is only a way to make us read.
    if (size > body_limit_ - std::min(body_limit_, request_.body.size()) ||
        extensions.size() > 256) {
        error = beast::error::body_limit;
    }
}

std::size_t RequestParser::on_chunk_body_impl(std::uint64_t, Text body, Error& error) {
    if (request_.body.size() + body.size() > body_limit_) {
        error = beast::error::body_limit;
        return 0;
    }
    return on_body_impl(body, error);
}

void RequestParser::on_finish_impl(Error&) {}

}  // namespace chengshu::http
