#pragma once

#include "adapters/http_server/reply_slot.hpp"
#include "adapters/http_server/request_parser.hpp"
#include "adapters/http_server/worker.hpp"
#include "edge/http/message.hpp"

#include <boost/asio/ssl/stream.hpp>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace chengshu::http {

/// One connection, from accept to close. Lives on its worker's thread; the worker keeps it until
/// run() is done. session_read.cpp has the way in, session_write.cpp the way out.
class Session : public std::enable_shared_from_this<Session> {
public:
    /// Any thread. `over_limit`: the peer is told 503 and the connection closed.
    Session(std::shared_ptr<Worker> worker, Socket socket, std::string peer, bool over_limit);

    Task<void> run();

    /// An idle connection closes, an event stream ends; others close after their answer.
    void begin_stop();
    void force_close();
    void wake();
    void check_deadline(SteadyClock::time_point now);
    void close();

private:
    enum class Phase { Idle, Reading, Working, Writing, Streaming, Closing };
    enum class Read { Ok, Ended, Overfull };

    using Buffers = std::array<asio::const_buffer, 3>;
    struct Asked;

    Task<bool> handshake();
    Task<void> say_goodbye();
    Task<bool> read_request();
    Task<bool> read_rest();
    Task<bool> before_body();
    Task<Read> read_more(std::size_t wanted);
    bool make_room(std::size_t wanted);
    void begin_request();
    bool parse(bool& complete);
    void extend_body_deadline();
    bool charge_body();
    void release_body();

    Task<void> answer();
    void hand_over();
    Task<void> send(Response& response);
    Task<void> send_busy();
    std::string_view body_to_send(Response& response, Framing& framing);
    Task<void> send_stream(Response& response);
    Task<bool> send_pieces(const std::shared_ptr<BodyStream>& stream, bool chunked, bool events);
    Task<bool> send_piece(std::string_view piece, bool chunked);
    Task<std::shared_ptr<Asked>> ask(std::shared_ptr<BodyStream> stream);
    Task<bool> wait_for_news(std::uint64_t seen);
    void watch_for_disconnect();
    Task<void> refuse(int status, ErrorCode code);
    Task<void> linger();
    Task<bool> write(Buffers buffers);
    void finish_request(int status);

    void set_deadline(std::chrono::milliseconds timeout) {
        deadline_ = SteadyClock::now() + timeout;
    }

    void no_deadline() { deadline_ = SteadyClock::time_point::max(); }

    [[nodiscard]] bool stopping() const { return shared_.stopping.load(std::memory_order_relaxed); }

    std::shared_ptr<Worker> worker_;
    Shared& shared_;
    Socket socket_;
    std::optional<asio::ssl::stream<Socket&>> tls_;
    std::string peer_;
    bool over_limit_;

    Phase phase_ = Phase::Idle;
    SteadyClock::time_point deadline_ = SteadyClock::time_point::max();
    bool expired_ = false;
    bool forced_ = false;
    bool served_ = false;  ///< at least one request

    // Bytes [begin_, end_) of buffer_ wait to be parsed.
    std::vector<char> buffer_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;

    // The request that is being read or answered.
    Request request_;
    std::optional<RequestParser> parser_;
    NetError parse_error_;
    SteadyClock::time_point started_;
    std::size_t charged_body_ = 0;
    std::string method_;
    std::string target_;
    std::string_view language_ = "zh";
    bool head_only_ = false;
    bool http_1_0_ = false;
    bool keep_alive_ = true;
    bool gzip_ = false;

    std::shared_ptr<ReplySlot> slot_;
    std::string head_;  ///< reused from answer to answer

    // The stream that is being sent.
    Timer news_timer_;
    bool waiting_for_news_ = false;
    bool watching_ = false;
    bool disconnected_ = false;
};

}  // namespace chengshu::http
