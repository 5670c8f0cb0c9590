#include "adapters/http_server/session.hpp"
#include "edge/http/negotiate.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>

#include <algorithm>
#include <cstring>
#include <tuple>

namespace chengshu::http {

namespace {

constexpr std::size_t kSmallBuffer = 4 * 1024;
constexpr std::size_t kBodyBuffer = 64 * 1024;
/// Bodies up to this size are not counted against max_buffered_bodies.
constexpr std::size_t kUncounted = 64 * 1024;

}  // namespace

Session::Session(std::shared_ptr<Worker> worker, Socket socket, std::string peer, bool over_limit)
    : worker_(std::move(worker)),
      shared_(*worker_->shared),
      socket_(std::move(socket)),
      peer_(std::move(peer)),
      over_limit_(over_limit),
      news_timer_(socket_.get_executor()) {
    if (shared_.tls) {
        tls_.emplace(socket_, *shared_.tls);
    }
}

Task<void> Session::run() {
    if (tls_) {
        const bool agreed = co_await handshake();
        if (!agreed) {
            co_return;
        }
    }
    if (over_limit_) {
        co_await refuse(503, ErrorCode::Overloaded);
        co_return;
    }
    do {
        const bool complete = co_await read_request();
        if (!complete) {
            break;
        }
        co_await answer();
        served_ = true;
    } while (keep_alive_);
    release_body();
    if (tls_ && !forced_ && !expired_) {
        co_await say_goodbye();
    }
}

Task<bool> Session::handshake() {
    phase_ = Phase::Reading;
    set_deadline(shared_.config.handshake_timeout);
    const auto [error] = co_await tls_->async_handshake(asio::ssl::stream_base::server, kToken);
    co_return !error && !expired_;
}

/// TLS close_notify: the peer then knows that nothing was cut off.
Task<void> Session::say_goodbye() {
    phase_ = Phase::Closing;
    set_deadline(stopping() ? std::chrono::milliseconds{100} : shared_.config.linger_timeout);
    const auto [error] = co_await tls_->async_shutdown(kToken);
    static_cast<void>(error);  // we close in any case
}

void Session::begin_stop() {
    if (phase_ == Phase::Idle || phase_ == Phase::Closing) {
        NetError ignored;
        socket_.cancel(ignored);
    }
    news_timer_.cancel();
}

void Session::force_close() {
    forced_ = true;
    close();
    news_timer_.cancel();
    if (slot_) {
        slot_->abandon();
    }
}

void Session::close() {
    NetError ignored;
    socket_.close(ignored);
}

void Session::wake() {
    if (waiting_for_news_) {
        news_timer_.cancel();
    }
}

void Session::check_deadline(SteadyClock::time_point now) {
    if (now >= deadline_) {
        expired_ = true;
        NetError ignored;
        socket_.cancel(ignored);  // ends the pending read or write, and run() sees expired_
    }
}

void Session::begin_request() {
    request_ = Request{};
    parse_error_ = {};
    language_ = "zh";
    parser_.emplace(request_, shared_.config.header_limit, shared_.config.max_body);
}

/// True when request_ is complete; otherwise the connection is to be closed, and the peer knows
/// why.
Task<bool> Session::read_request() {
    begin_request();
    if (begin_ == end_) {
        phase_ = Phase::Idle;
        set_deadline(served_ ? shared_.config.idle_timeout : shared_.config.header_timeout);
        if (stopping()) {
            co_return false;
        }
        const Read read = co_await read_more(kSmallBuffer);
        if (read != Read::Ok) {
            co_return false;
        }
    }
    phase_ = Phase::Reading;
    set_deadline(shared_.config.header_timeout);
    started_ = SteadyClock::now();
    bool complete = false;
    // Most requests are here in one piece.
    if (parse(complete) && !complete && begin_ != end_) {
        static_cast<void>(parse(complete));
    }
    if (complete) {
        co_return true;
    }
    co_return co_await read_rest();
}

Task<bool> Session::read_rest() {
    bool complete = false;
    bool seen_header = false;
    while (!parse_error_ && !complete) {
        if (parser_->is_header_done() && !seen_header) {
            seen_header = true;
            const bool wanted = co_await before_body();
            if (!wanted) {
                co_return false;
            }
            if (begin_ != end_) {
                static_cast<void>(parse(complete));  // the body's first bytes came with the header
                continue;
            }
        }
        if (!charge_body()) {
            shared_.refused.fetch_add(1);
            co_await refuse(503, ErrorCode::Overloaded);
            co_return false;
        }
        const Read read =
            co_await read_more(parser_->is_header_done() ? kBodyBuffer : kSmallBuffer);
        if (read == Read::Ok) {
            static_cast<void>(parse(complete));
            continue;
        }
        if (read == Read::Overfull) {
            co_await refuse(431, ErrorCode::TooLarge);
        } else if (expired_) {
            co_await refuse(408, ErrorCode::InvalidInput);
        }
        co_return false;
    }
    if (parse_error_) {
        const int status = parser_->status_for(parse_error_);
        co_await refuse(
            status, status == 413 || status == 431 ? ErrorCode::TooLarge : ErrorCode::InvalidInput
        );
        co_return false;
    }
    co_return true;
}

/// Feeds the parser. False for a malformed request, which parse_error_ then explains. Stops behind
/// the header when a body follows.
bool Session::parse(bool& complete) {
    while (begin_ != end_ && !complete) {
        const bool had_header = parser_->is_header_done();
        begin_ +=
            parser_->put(asio::const_buffer{buffer_.data() + begin_, end_ - begin_}, parse_error_);
        if (parse_error_ == boost::beast::http::error::need_more) {
            parse_error_ = {};
            return true;
        }
        if (parse_error_) {
            return false;
        }
        complete = parser_->is_done();
        if (!had_header && parser_->is_header_done()) {
            parser_->eager(true);
            return true;
        }
    }
    return true;
}

/// Decides on a body before it is read.
Task<bool> Session::before_body() {
    language_ = accepts_language(request_.headers);
    set_deadline(shared_.config.body_timeout);
    if (parser_->expects_continue() && !parser_->http_1_0() && begin_ == end_) {
        constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
        const Buffers buffers{asio::const_buffer{kContinue.data(), kContinue.size()}};
        const bool written = co_await write(buffers);
        set_deadline(shared_.config.body_timeout);
        co_return written;
    }
    co_return true;
}

/// Makes space at the end of the buffer; false when it has its full size and nothing was parsed
/// from it.
bool Session::make_room(std::size_t wanted) {
    if (begin_ == end_) {
        begin_ = end_ = 0;
    } else if (end_ == buffer_.size() && begin_ > 0) {
        std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
        end_ -= begin_;
        begin_ = 0;
    }
    if (buffer_.size() < wanted) {
        buffer_.resize(wanted);
    }
    if (end_ == buffer_.size()) {
        const std::size_t limit = std::max(shared_.config.header_limit * 2, kBodyBuffer);
        if (buffer_.size() >= limit) {
            return false;
        }
        buffer_.resize(std::min(limit, buffer_.size() * 2));
    }
    return true;
}

Task<Session::Read> Session::read_more(std::size_t wanted) {
    if (!make_room(wanted)) {
        co_return Read::Overfull;
    }
    const asio::mutable_buffer space{buffer_.data() + end_, buffer_.size() - end_};
    NetError error;
    std::size_t count = 0;
    if (tls_) {
        std::tie(error, count) = co_await tls_->async_read_some(space, kToken);
    } else {
        std::tie(error, count) = co_await socket_.async_read_some(space, kToken);
    }
    if (error || forced_ || expired_) {
        co_return Read::Ended;
    }
    end_ += count;
    if (phase_ == Phase::Reading && parser_->is_header_done()) {
        extend_body_deadline();
    }
    co_return Read::Ok;
}

/// The more has come, the longer the body may take: a slow but honest upload is not cut, a drip is.
void Session::extend_body_deadline() {
    const auto earned =
        request_.body.size() / std::max<std::size_t>(1, shared_.config.min_body_rate);
    deadline_ = started_ + shared_.config.body_timeout + std::chrono::seconds{earned};
}

bool Session::charge_body() {
    const std::size_t size = request_.body.size();
    if (size <= kUncounted || size <= charged_body_) {
        return true;
    }
    const std::size_t more = size - charged_body_;
    charged_body_ = size;
    return shared_.body_bytes.fetch_add(more) + more <= shared_.config.max_buffered_bodies;
}

void Session::release_body() {
    if (charged_body_ > 0) {
        shared_.body_bytes.fetch_sub(charged_body_);
        charged_body_ = 0;
    }
}

}  // namespace chengshu::http
