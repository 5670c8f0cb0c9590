#pragma once

#include "adapters/http_server/config.hpp"
#include "base/result.hpp"
#include "edge/http/message.hpp"

#include <chrono>
#include <cstdint>
#include <memory>

namespace chengshu::http {

/// What the server holds at this moment, for metrics.
struct ServerGauges {
    std::size_t connections = 0;
    std::size_t in_flight = 0;
    std::size_t streams = 0;
    std::uint64_t refused =
        0;  ///< connections and requests answered 503 by the server itself, since start
};

/// HTTP/1.1 over TCP or TLS. Owns its threads and sockets; the handler is called on the I/O
/// threads, one request of a connection at a time. HEAD reaches the handler as GET.
///
/// The server itself adds Date, Content-Length, security headers (unless the handler set them) and
/// gzip for text of 1 KiB or more when the client accepts it and the response carries neither
/// Content-Encoding nor a strong ETag: a strong tag promises exact bytes.
class HttpServer {
public:
    /// Binds, listens and starts. InvalidInput (with the setting's name as field) when the address,
    /// certificate or key cannot be used.
    static Result<std::unique_ptr<HttpServer>>
    start(ServerConfig config, std::shared_ptr<Handler> handler);

    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;
    /// Stops at once, and lets go of the handler.
    ~HttpServer();

    /// The port that is listened on, also when the configuration said 0.
    [[nodiscard]] std::uint16_t port() const noexcept;

    /// Makes every waiting stream ask its BodyStream again soon. Any thread; cheap; never blocks.
    void wake() noexcept;

    [[nodiscard]] ServerGauges gauges() const noexcept;

    /// Refuses new connections, lets requests in flight finish until the deadline, ends streams,
    /// closes the rest, and returns when all threads have ended. Idempotent. Not from a handler.
    /// Waits longer than the deadline only for a handler or stream that does not return.
    void stop(std::chrono::milliseconds deadline);

private:
    struct Impl;
    explicit HttpServer(std::unique_ptr<Impl> impl);

    std::unique_ptr<Impl> impl_;
};

}  // namespace chengshu::http
