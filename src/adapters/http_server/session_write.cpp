#include "adapters/http_server/session.hpp"
#include "edge/http/negotiate.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace chengshu::http {

namespace {

/// Buffers above this size are given back after the request that needed them.
constexpr std::size_t kKeptBuffer = 16 * 1024;
/// TLS writes one record per buffer; up to this total they are joined first.
constexpr std::size_t kTlsRecord = 16 * 1024;

asio::const_buffer bytes(std::string_view text) {
    return {text.data(), text.size()};
}

/// Counts something up for as long as it lives.
class Counted {
public:
    explicit Counted(std::atomic<std::size_t>& counter)
        : counter_(counter), before_(counter.fetch_add(1)) {}

    Counted(const Counted&) = delete;
    Counted& operator=(const Counted&) = delete;

    ~Counted() { counter_.fetch_sub(1); }

    [[nodiscard]] std::size_t before() const { return before_; }

private:
    std::atomic<std::size_t>& counter_;
    std::size_t before_;
};

}  // namespace

/// What a question to a BodyStream brought.
struct Session::Asked {
    std::optional<std::string> piece;
    bool failed = false;
    std::unique_ptr<Waiter> waiter;
};

Task<void> Session::answer() {
    phase_ = Phase::Working;
    no_deadline();
    http_1_0_ = parser_->http_1_0();
    keep_alive_ = parser_->keep_alive();
    head_only_ = request_.method == "HEAD";
    gzip_ = accepts_gzip(request_.headers);
    language_ = accepts_language(request_.headers);
    if (shared_.config.on_finished) {
        method_ = request_.method;
        target_ = request_.target;
    }
    if (buffer_.size() > kKeptBuffer && begin_ == end_) {
        buffer_ = std::vector<char>{};
        begin_ = end_ = 0;
    }
    if (shared_.in_flight.fetch_add(1) >= shared_.config.max_in_flight) {
        shared_.in_flight.fetch_sub(1);
        release_body();
        co_await send_busy();
        co_return;
    }
    // A slot that its handler still holds is left to it.
    if (!slot_ || slot_.use_count() > 1) {
        slot_ = std::make_shared<ReplySlot>(worker_);
    } else {
        slot_->reset();
    }
    hand_over();
    if (!slot_->filled()) {
        auto start = [this](std::unique_ptr<Waiter> waiter) { slot_->wait(std::move(waiter)); };
        co_await suspend(start);
    }
    release_body();
    if (!slot_->filled() || forced_) {
        keep_alive_ = false;
        slot_.reset();
        co_return;
    }
    Response response = std::move(slot_->response);
    co_await send(response);
}

/// Gives the request to the handler. What it throws becomes a 500.
void Session::hand_over() {
    if (head_only_) {
        request_.method = "GET";
    }
    request_.peer = peer_;
    request_.secure = tls_.has_value();
    const auto ticket = std::make_shared<ReplyTicket>(slot_, worker_->shared, language_);
    try {
        shared_.handler->handle(std::move(request_), [ticket](Response response) {
            ticket->reply(std::move(response));
        });
    } catch (const std::exception& error) {
        shared_.report(std::string{"a handler threw: "} + error.what());
        ticket->fail();
    } catch (...) {
        shared_.report("a handler threw");
        ticket->fail();
    }
}

Task<void> Session::send_busy() {
    shared_.refused.fetch_add(1);
    Response busy = problem(503, ErrorCode::Overloaded, language_);
    busy.headers.add("Retry-After", std::to_string(shared_.config.retry_after_s));
    co_await send(busy);
}

Task<void> Session::send(Response& response) {
    phase_ = Phase::Writing;
    if (response.status < 200 || response.status > 599) {
        shared_.report("a handler answered with a status that is not final");
        response = problem(500, ErrorCode::Internal, language_);
    }
    if (response.stream && !head_only_ && !is_bodiless(response.status)) {
        co_await send_stream(response);
        co_return;
    }
    keep_alive_ = keep_alive_ && !stopping();
    Framing framing;
    const std::string_view body = body_to_send(response, framing);
    framing.keep_alive = keep_alive_;
    framing.http_1_0 = http_1_0_;
    framing.date = worker_->date();
    write_head(response, framing, shared_.security, head_);
    const Buffers buffers{bytes(head_), bytes(body)};
    const bool written = co_await write(buffers);
    keep_alive_ = keep_alive_ && written;
    finish_request(response.status);
}

/// Compresses where that is agreed, and sets the framing. The result lives in `response`.
std::string_view Session::body_to_send(Response& response, Framing& framing) {
    if (is_bodiless(response.status) || response.stream) {
        return {};  // the second: HEAD of a stream, whose length nobody knows
    }
    const std::string_view etag = response.headers.get("ETag");
    if (response.body.size() >= shared_.config.gzip_threshold &&
        (etag.empty() || etag.substr(0, 2) == "W/") &&
        response.headers.get("Content-Encoding").empty() &&
        is_compressible(media_type(response.headers.get("Content-Type")))) {
        framing.vary = true;
        if (gzip_ && worker_->gzip.compress(response.body, worker_->scratch)) {
            framing.gzip = true;
            response.body.assign(worker_->scratch);
        }
    }
    framing.length = response.body.size();
    return head_only_ ? std::string_view{} : std::string_view{response.body};
}

void Session::finish_request(int status) {
    if (shared_.config.on_finished) {
        try {
            shared_.config.on_finished(method_, target_, status, SteadyClock::now() - started_);
        } catch (...) {
            shared_.report("on_finished threw");
        }
    }
}

// ---- streams ----

Task<void> Session::send_stream(Response& response) {
    std::optional<Counted> place{std::in_place, shared_.streams};
    if (place->before() >= shared_.config.max_streams) {
        place.reset();
        response.stream.reset();
        co_await send_busy();
        co_return;
    }
    phase_ = Phase::Streaming;
    disconnected_ = false;
    const bool chunked = !http_1_0_;
    const bool events = media_type(response.headers.get("Content-Type")) == "text/event-stream";
    keep_alive_ = keep_alive_ && chunked;
    Framing framing;
    framing.keep_alive = keep_alive_;
    framing.http_1_0 = http_1_0_;
    framing.chunked = chunked;
    framing.date = worker_->date();
    write_head(response, framing, shared_.security, head_);
    const Buffers head{bytes(head_)};
    bool whole = co_await write(head);
    if (whole) {
        whole = co_await send_pieces(response.stream, chunked, events);
    }
    if (whole && chunked) {
        const Buffers last{bytes("0\r\n\r\n")};
        whole = co_await write(last);
    }
    if (watching_) {
        NetError ignored;
        socket_.cancel(ignored);
    }
    keep_alive_ = keep_alive_ && whole && !stopping();
    response.stream.reset();
    place.reset();
    finish_request(response.status);
}

/// True when the stream came to its end, or an event stream was ended for a stop.
Task<bool>
Session::send_pieces(const std::shared_ptr<BodyStream>& stream, bool chunked, bool events) {
    if (events) {
        watch_for_disconnect();
    }
    while (!forced_ && !disconnected_) {
        if (events && stopping()) {
            co_return true;
        }
        const std::uint64_t seen = worker_->wake_count();
        const auto asked = co_await ask(stream);
        if (!asked->piece) {
            co_return !asked->failed;
        }
        if (!asked->piece->empty()) {
            const bool sent = co_await send_piece(*asked->piece, chunked);
            if (!sent) {
                co_return false;
            }
            continue;
        }
        const bool quiet = co_await wait_for_news(seen);
        if (quiet && events) {
            const bool sent = co_await send_piece(": keep-alive\n\n", chunked);
            if (!sent) {
                co_return false;
            }
        }
    }
    co_return false;
}

Task<bool> Session::send_piece(std::string_view piece, bool chunked) {
    if (!chunked) {
        const Buffers buffers{bytes(piece)};
        co_return co_await write(buffers);
    }
    head_.clear();
    fmt::format_to(std::back_inserter(head_), "{:x}\r\n", piece.size());
    const Buffers buffers{bytes(head_), bytes(piece), bytes("\r\n")};
    co_return co_await write(buffers);
}

/// Calls next() on a thread that may block. What it throws ends the connection in the middle, so
/// that the peer cannot take a part for the whole.
Task<std::shared_ptr<Session::Asked>> Session::ask(std::shared_ptr<BodyStream> stream) {
    const auto asked = std::make_shared<Asked>();
    no_deadline();
    auto start = [&](std::unique_ptr<Waiter> waiter) {
        asked->waiter = std::move(waiter);
        asio::post(shared_.stream_pool, [asked, stream, worker = worker_] {
            try {
                asked->piece = stream->next();
            } catch (const std::exception& error) {
                asked->failed = true;
                worker->shared->report(std::string{"a stream threw: "} + error.what());
            } catch (...) {
                asked->failed = true;
                worker->shared->report("a stream threw");
            }
            asio::post(worker->io, [asked] {
                const auto waiting = std::move(asked->waiter);
                waiting->resume();
            });
        });
    };
    co_await suspend(start);
    co_return asked;
}

/// Waits for wake() or the keep-alive interval; true after the interval. `seen` is the wake count
/// from before the stream was asked: a wake since then means to ask again at once.
Task<bool> Session::wait_for_news(std::uint64_t seen) {
    if (worker_->wake_count() != seen || stopping() || disconnected_ || forced_) {
        co_return false;
    }
    waiting_for_news_ = true;
    news_timer_.expires_after(shared_.config.stream_keepalive);
    const auto [error] = co_await news_timer_.async_wait(kToken);
    waiting_for_news_ = false;
    co_return !error;
}

void Session::watch_for_disconnect() {
    watching_ = true;
    socket_.async_wait(Socket::wait_read, [self = shared_from_this()](const NetError& error) {
        self->watching_ = false;
        if (error) {
            return;
        }
        char byte = 0;
        NetError peeked;
        self->socket_.receive(asio::buffer(&byte, 1), Socket::message_peek, peeked);
        if (peeked && peeked != asio::error::would_block) {
            self->disconnected_ = true;
            self->news_timer_.cancel();
        }
    });
}

// ---- writing ----

/// Answers a request that was not read to its end, and closes.
Task<void> Session::refuse(int status, ErrorCode code) {
    phase_ = Phase::Closing;
    keep_alive_ = false;
    expired_ = false;
    release_body();
    if (forced_) {
        co_return;
    }
    Response response = problem(status, code, language_);
    if (status == 503) {
        response.headers.add("Retry-After", std::to_string(shared_.config.retry_after_s));
    }
    Framing framing;
    framing.keep_alive = false;
    framing.length = response.body.size();
    framing.date = worker_->date();
    write_head(response, framing, shared_.security, head_);
    const Buffers buffers{bytes(head_), bytes(response.body)};
    const bool written = co_await write(buffers);
    if (!over_limit_) {
        method_ = request_.method;
        target_ = request_.target;
        finish_request(status);
    }
    if (written) {
        co_await linger();
    }
}

/// Closing with unread bytes resets the connection and destroys the answer on its way. So say that
/// we are done, then swallow what still comes, for a short while.
Task<void> Session::linger() {
    set_deadline(shared_.config.linger_timeout);
    NetError ignored;
    socket_.shutdown(Socket::shutdown_send, ignored);
    buffer_.resize(std::max(buffer_.size(), kKeptBuffer));
    begin_ = end_ = 0;
    while (!expired_ && !forced_ && !stopping()) {
        const asio::mutable_buffer space{buffer_.data(), buffer_.size()};
        const auto [error, count] = co_await socket_.async_read_some(space, kToken);
        if (error || count == 0) {
            break;
        }
    }
    expired_ = true;  // nothing more can be said on this connection, not even a TLS farewell
}

/// Writes everything, or returns false. A peer that takes nothing for write_timeout is cut.
Task<bool> Session::write(Buffers buffers) {
    std::size_t left = asio::buffer_size(buffers);
    std::string joined;
    if (tls_ && left <= kTlsRecord && buffers[1].size() > 0) {
        joined.reserve(left);
        for (const auto& buffer : buffers) {
            joined.append(static_cast<const char*>(buffer.data()), buffer.size());
        }
        buffers = {bytes(joined)};
    }
    // Nearly always the kernel takes all at once, without a turn of the event loop.
    bool at_once = !tls_;
    while (left > 0) {
        NetError error;
        std::size_t count = 0;
        if (at_once) {
            count = socket_.write_some(buffers, error);
            error = error == asio::error::would_block ? NetError{} : error;
            at_once = false;
        } else {
            set_deadline(shared_.config.write_timeout);
            if (tls_) {
                std::tie(error, count) = co_await tls_->async_write_some(buffers, kToken);
            } else {
                std::tie(error, count) = co_await socket_.async_write_some(buffers, kToken);
            }
        }
        if (error || expired_ || forced_) {
            co_return false;
        }
        left -= count;
        for (auto& buffer : buffers) {
            const std::size_t taken = std::min(count, buffer.size());
            buffer += taken;
            count -= taken;
        }
    }
    co_return true;
}

}  // namespace chengshu::http
