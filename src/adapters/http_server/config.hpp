#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace chengshu::http {

/// Every limit and timeout of an HttpServer. Sizes are bytes.
struct ServerConfig {
    std::string address = "127.0.0.1";  ///< an IP address; "::" is all interfaces, IPv4 included
    std::uint16_t port = 0;             ///< 0: any free one, see HttpServer::port()
    unsigned threads = 2;               ///< I/O threads; each serves its own connections
    unsigned stream_threads = 2;        ///< threads that call BodyStream::next()

    std::size_t header_limit = 16 * 1024;
    std::size_t max_body = 10 * 1024 * 1024;
    std::size_t max_buffered_bodies = 256 * 1024 * 1024;  ///< all bodies held at once; beyond: 503
    std::size_t max_connections = 10'000;                 ///< beyond: 503, close
    std::size_t max_in_flight = 4'096;  ///< requests given to the handler; beyond: 503
    std::size_t max_streams = 1'024;    ///< beyond: 503
    int retry_after_s = 1;

    std::chrono::milliseconds handshake_timeout{10'000};
    std::chrono::milliseconds header_timeout{10'000};  ///< first to last byte of a request's header
    std::chrono::milliseconds body_timeout{20'000
    };  ///< plus one second per min_body_rate bytes received
    std::size_t min_body_rate = 16 * 1024;
    std::chrono::milliseconds idle_timeout{75'000};  ///< between requests of a connection
    std::chrono::milliseconds write_timeout{20'000
    };  ///< a peer that takes nothing for so long is cut
    std::chrono::milliseconds linger_timeout{2'000
    };  ///< after an early answer, for the peer to read it
    std::chrono::milliseconds stream_keepalive{15'000};
    std::chrono::milliseconds wake_interval{20};  ///< wakes that come faster are merged

    std::size_t gzip_threshold = 1024;
    int send_buffer = 0;  ///< SO_SNDBUF of accepted sockets; 0: the system's choice

    std::string tls_certificate;  ///< PEM chain; with tls_key: HTTPS, TLS 1.2 or newer
    std::string tls_key;          ///< PEM

    std::string content_security_policy =
        "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; "
        "worker-src 'self' blob:; object-src 'none'; base-uri 'self'; form-action 'self'; "
        "frame-ancestors 'none'";

    /// After each answer, on an I/O thread; must be quick and must not throw. The target is
    /// percent-encoded.
    std::function<void(
        std::string_view method,
        std::string_view target,
        int status,
        std::chrono::nanoseconds duration
    )>
        on_finished;
    /// Diagnostics, one line each, on any thread; must not throw. No personal data.
    std::function<void(std::string_view line)> on_problem;
};

}  // namespace chengshu::http
