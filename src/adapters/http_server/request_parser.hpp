#pragma once

#include "edge/http/message.hpp"

#include <boost/beast/http/basic_parser.hpp>

#include <cstdint>
#include <optional>

namespace chengshu::http {

/// Parses one request straight into a Request. Beast does the grammar; what it leaves open is
/// refused here: unknown transfer codings, lower-case methods, a missing or second Host, odd
/// targets.
class RequestParser final : public boost::beast::http::basic_parser<true> {
public:
    /// `request` must outlive the parser.
    RequestParser(Request& request, std::size_t header_limit, std::size_t body_limit);

    /// The status that tells the peer about `error`, which `put` reported.
    [[nodiscard]] int status_for(const boost::system::error_code& error) const;

    [[nodiscard]] bool expects_continue() const { return expects_continue_; }

    [[nodiscard]] bool http_1_0() const { return version_ == 10; }

private:
    using Error = boost::system::error_code;
    using Text = boost::beast::string_view;
    using Field = boost::beast::http::field;

    void on_request_impl(
        boost::beast::http::verb verb,
        Text method,
        Text target,
        int version,
        Error& error
    ) override;
    void on_response_impl(int status, Text reason, int version, Error& error) override;
    void on_field_impl(Field field, Text name, Text value, Error& error) override;
    void on_header_impl(Error& error) override;
    void on_body_init_impl(const boost::optional<std::uint64_t>& length, Error& error) override;
    std::size_t on_body_impl(Text body, Error& error) override;
    void on_chunk_header_impl(std::uint64_t size, Text extensions, Error& error) override;
    std::size_t on_chunk_body_impl(std::uint64_t remain, Text body, Error& error) override;
    void on_finish_impl(Error& error) override;

    void refuse(int status, Error& error);

    Request& request_;
    std::size_t header_limit_;
    std::size_t body_limit_;
    std::size_t header_size_ = 0;
    int fields_ = 0;
    int version_ = 11;
    int status_ = 400;
    int hosts_ = 0;
    bool expects_continue_ = false;
    bool header_complete_ = false;
};

}  // namespace chengshu::http
