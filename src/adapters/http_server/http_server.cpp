#include "adapters/http_server/http_server.hpp"

#include "adapters/http_server/session.hpp"
#include "adapters/http_server/tls.hpp"
#include "adapters/http_server/worker.hpp"

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <vector>

namespace chengshu::http {

namespace {

/// So many connections over the limit are told 503; the rest are closed without a word.
constexpr std::size_t kPoliteRefusals = 64;
constexpr int kBacklog = 1024;

std::string address_text(const asio::ip::address& address) {
    if (address.is_v6() && address.to_v6().is_v4_mapped()) {
        return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string();
    }
    return address.to_string();
}

}  // namespace

struct HttpServer::Impl {
    std::shared_ptr<Shared> shared;
    std::vector<std::shared_ptr<Worker>> workers;
    std::optional<Acceptor> acceptor;
    std::optional<Timer> accept_pause;
    std::uint16_t port = 0;
    std::mutex stop_mutex;
    bool stopped = false;
    std::size_t next_worker = 0;  ///< on the first worker's thread

    Status listen();
    Task<void> accept();
    void place(Socket socket, std::size_t index);
    void stop(std::chrono::milliseconds deadline);
    void wait_until_ended();
};

Status HttpServer::Impl::listen() {
    NetError error;
    const ServerConfig& config = shared->config;
    const auto address = asio::ip::make_address(config.address, error);
    if (error) {
        return fail(ErrorCode::InvalidInput, "not an IP address: " + config.address, "address");
    }
    const asio::ip::tcp::endpoint endpoint{address, config.port};
    acceptor->open(endpoint.protocol(), error);
    if (!error) {
        acceptor->set_option(asio::socket_base::reuse_address{true}, error);
    }
    if (!error && address.is_v6()) {
        acceptor->set_option(asio::ip::v6_only{false}, error);
    }
    if (!error) {
        acceptor->bind(endpoint, error);
    }
    if (!error) {
        acceptor->listen(kBacklog, error);
    }
    if (!error) {
        port = acceptor->local_endpoint(error).port();
    }
    if (error) {
        return fail(
            ErrorCode::InvalidInput,
            "cannot listen on " + config.address + " port " + std::to_string(config.port) + ": " +
                error.message(),
            "port"
        );
    }
    return ok();
}

/// Runs on the first worker until the acceptor is closed.
Task<void> HttpServer::Impl::accept() {
    while (!shared->stopping) {
        // Connections are dealt out in turn: each stays on its worker, so no locks are needed.
        const std::size_t index = next_worker++ % workers.size();
        Socket socket{workers[index]->io};
        const auto [error] = co_await acceptor->async_accept(socket, kToken);
        if (shared->stopping || error == asio::error::operation_aborted ||
            error == asio::error::bad_descriptor) {
            co_return;
        }
        if (!error) {
            place(std::move(socket), index);
            continue;
        }
        if (error == asio::error::connection_aborted || error == asio::error::interrupted) {
            continue;
        }
        // Out of descriptors or memory: trying again at once would only burn the processor.
        shared->report("accept failed: " + error.message());
        accept_pause->expires_after(std::chrono::milliseconds{100});
        const auto [cancelled] = co_await accept_pause->async_wait(kToken);
        static_cast<void>(cancelled);
    }
}

void HttpServer::Impl::place(Socket socket, std::size_t index) {
    NetError error;
    const auto remote = socket.remote_endpoint(error);
    if (error) {
        return;  // gone already
    }
    const std::size_t before = shared->connections.fetch_add(1);
    const bool over_limit = before >= shared->config.max_connections;
    if (over_limit) {
        shared->refused.fetch_add(1);
        if (before >= shared->config.max_connections + kPoliteRefusals) {
            shared->connection_ended();
            return;
        }
    }
    socket.set_option(asio::ip::tcp::no_delay{true}, error);
    if (shared->config.send_buffer > 0) {
        socket.set_option(asio::socket_base::send_buffer_size{shared->config.send_buffer}, error);
    }
    socket.non_blocking(true, error);
    try {
        const auto& worker = workers[index];
        worker->adopt(std::make_shared<Session>(
            worker, std::move(socket), address_text(remote.address()), over_limit
        ));
    } catch (const std::exception& failure) {
        shared->report(std::string{"a connection could not be started: "} + failure.what());
        shared->connection_ended();
    }
}

void HttpServer::Impl::wait_until_ended() {
    std::unique_lock lock{shared->ended_mutex};
    shared->ended.wait(lock, [this] { return shared->connections == 0; });
}

void HttpServer::Impl::stop(std::chrono::milliseconds deadline) {
    const std::lock_guard only_one{stop_mutex};
    if (stopped) {
        return;
    }
    stopped = true;
    shared->stopping = true;
    asio::post(workers.front()->io, [this] {
        NetError ignored;
        acceptor->close(ignored);
        accept_pause->cancel();
    });
    for (const auto& worker : workers) {
        worker->begin_stop();
    }
    {
        std::unique_lock lock{shared->ended_mutex};
        shared->ended.wait_for(lock, deadline, [this] { return shared->connections == 0; });
    }
    for (const auto& worker : workers) {
        worker->force_stop();
    }
    wait_until_ended();
    for (const auto& worker : workers) {
        worker->join();
    }
    shared->stream_pool.join();
}

Result<std::unique_ptr<HttpServer>>
HttpServer::start(ServerConfig config, std::shared_ptr<Handler> handler) {
    if (config.threads == 0 || config.threads > 256 || config.stream_threads == 0 ||
        config.stream_threads > 256) {
        return fail(ErrorCode::InvalidInput, "1 to 256 threads are possible", "threads");
    }
    if (config.tls_certificate.empty() != config.tls_key.empty()) {
        return fail(
            ErrorCode::InvalidInput,
            "HTTPS needs both a certificate and its key",
            config.tls_key.empty() ? "tls_key" : "tls_certificate"
        );
    }
    auto impl = std::make_unique<Impl>();
    impl->shared = std::make_shared<Shared>(std::move(config));
    impl->shared->handler = std::move(handler);
    const ServerConfig& settings = impl->shared->config;
    if (!settings.tls_certificate.empty()) {
        CS_TRY(context, make_tls_context(settings.tls_certificate, settings.tls_key));
        impl->shared->tls.emplace(std::move(context));
    }
    for (unsigned i = 0; i < settings.threads; ++i) {
        impl->workers.push_back(std::make_shared<Worker>(impl->shared));
    }
    asio::io_context& first = impl->workers.front()->io;
    impl->acceptor.emplace(first);
    impl->accept_pause.emplace(first);
    CS_CHECK(impl->listen());
    for (const auto& worker : impl->workers) {
        worker->start();
    }
    // Owned by the acceptor: stop() closes it, and joins the thread on which this runs to its end.
    asio::co_spawn(
        first.get_executor(),
        impl->accept(),
        [shared = impl->shared](const std::exception_ptr& error) {
            if (error) {
                shared->report("accepting connections ended by an exception");
            }
        }
    );
    return std::unique_ptr<HttpServer>{new HttpServer{std::move(impl)}};
}

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

HttpServer::~HttpServer() {
    stop(std::chrono::milliseconds{0});
    // A reply somebody still holds keeps `shared` alive. The handler must not end with it, on that
    // somebody's thread: it may be one that the handler joins.
    impl_->shared->handler.reset();
}

std::uint16_t HttpServer::port() const noexcept {
    return impl_->port;
}

void HttpServer::wake() noexcept {
    for (const auto& worker : impl_->workers) {
        worker->wake();
    }
}

ServerGauges HttpServer::gauges() const noexcept {
    const Shared& shared = *impl_->shared;
    return {
        shared.connections.load(),
        shared.in_flight.load(),
        shared.streams.load(),
        shared.refused.load()
    };
}

void HttpServer::stop(std::chrono::milliseconds deadline) {
    impl_->stop(deadline);
}

}  // namespace chengshu::http
