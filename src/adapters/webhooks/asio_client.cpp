#include "adapters/webhooks/asio_client.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <fmt/format.h>

#include <atomic>
#include <optional>
#include <thread>

namespace chengshu::webhooks {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;

/// An answer is read only for its status; more than this of it is not waited for.
constexpr std::uint64_t kAnswerMax = 64 * 1024;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);

struct Target {
    bool secure = false;
    std::string host;
    std::string port;
    std::string path;
};

Result<Target> parse(const std::string& text) {
    const auto url = boost::urls::parse_uri(text);
    if (!url || (url->scheme() != "http" && url->scheme() != "https") || url->host().empty()) {
        return fail(ErrorCode::InvalidInput, "a webhook goes to an http or https address", "url");
    }
    Target out;
    out.secure = url->scheme() == "https";
    out.host = std::string(url->encoded_host());
    // An IPv6 literal is written in brackets in a URL and without them everywhere else.
    if (out.host.size() > 2 && out.host.front() == '[') {
        out.host = out.host.substr(1, out.host.size() - 2);
    }
    out.port = url->has_port() ? std::string(url->port()) : out.secure ? "443" : "80";
    out.path = std::string(url->encoded_target());
    if (out.path.empty() || out.path.front() != '/') {
        out.path.insert(0, "/");
    }
    return out;
}

beast::http::request<beast::http::string_body>
message(const ports::Post& post, const Target& target) {
    beast::http::request<beast::http::string_body> out(beast::http::verb::post, target.path, 11);
    const bool standard = target.port == (target.secure ? "443" : "80");
    const bool v6 = target.host.find(':') != std::string::npos;
    const auto host = v6 ? "[" + target.host + "]" : target.host;
    out.set(beast::http::field::host, standard ? host : host + ":" + target.port);
    out.set(beast::http::field::user_agent, "chengshu");
    out.set(beast::http::field::connection, "close");
    for (const auto& [name, value] : post.headers) {
        out.set(name, value);
    }
    out.body() = post.body;
    out.prepare_payload();
    return out;
}

Failure broken(const char* doing, const beast::error_code& error) {
    return fail(ErrorCode::StorageUnavailable, fmt::format("{}: {}", doing, error.message()));
}

template <class Stream>
asio::awaitable<Result<int>>
exchange(Stream& stream, const beast::http::request<beast::http::string_body>& request) {
    const auto [write_error, written] = co_await beast::http::async_write(stream, request, kAwait);
    if (write_error) {
        co_return broken("sending", write_error);
    }
    beast::flat_buffer buffer;
    beast::http::response_parser<beast::http::string_body> parser;
    parser.body_limit(kAnswerMax);
    const auto [read_error, read] =
        co_await beast::http::async_read_header(stream, buffer, parser, kAwait);
    if (read_error) {
        co_return broken("waiting for the answer", read_error);
    }
    co_return static_cast<int>(parser.get().result_int());
}

}  // namespace

struct AsioClient::Impl {
    explicit Impl(std::function<bool(std::string_view)> refused_addresses)
        : refused(std::move(refused_addresses)),
          tls(asio::ssl::context::tls_client),
          work(asio::make_work_guard(context)) {
        tls.set_default_verify_paths();
        tls.set_verify_mode(asio::ssl::verify_peer);
        thread = std::thread([this] { context.run(); });
    }

    /// The optional is never empty: co_spawn asks for a type that can be made from nothing.
    asio::awaitable<std::optional<Result<int>>> start(ports::Post post) {
        co_return co_await run(std::move(post));
    }

    asio::awaitable<Result<int>> run(ports::Post post) {
        const auto target = parse(post.url);
        if (!target) {
            co_return Failure{target.error()};
        }
        const auto resolver =
            std::make_shared<tcp::resolver>(context);  // the timer's handler may outlive this call
        // The lookup has its own end: a name server that is silent must not hold the slot.
        asio::steady_timer timer(context, post.timeout);
        timer.async_wait([resolver](const beast::error_code& error) {
            if (!error) {
                resolver->cancel();
            }
        });
        const auto [lookup_error, found] =
            co_await resolver->async_resolve(target->host, target->port, kAwait);
        timer.cancel();
        if (lookup_error) {
            co_return broken("looking up the name", lookup_error);
        }
        std::vector<tcp::endpoint> allowed;
        for (const auto& entry : found) {
            if (!refused(entry.endpoint().address().to_string())) {
                allowed.push_back(entry.endpoint());
            }
        }
        if (allowed.empty()) {
            co_return fail(
                ErrorCode::StorageUnavailable,
                "the name points to an address that webhooks may not reach"
            );
        }
        const auto request = message(post, *target);
        if (target->secure) {
            co_return co_await secure(allowed, *target, request, post.timeout);
        }
        co_return co_await plain(allowed, request, post.timeout);
    }

    asio::awaitable<Result<int>> plain(
        const std::vector<tcp::endpoint>& endpoints,
        const beast::http::request<beast::http::string_body>& request,
        std::chrono::milliseconds timeout
    ) {
        beast::tcp_stream stream(context);
        stream.expires_after(timeout);
        const auto [error, endpoint] = co_await stream.async_connect(endpoints, kAwait);
        if (error) {
            co_return broken("connecting", error);
        }
        co_return co_await exchange(stream, request);
    }

    asio::awaitable<Result<int>> secure(
        const std::vector<tcp::endpoint>& endpoints,
        const Target& target,
        const beast::http::request<beast::http::string_body>& request,
        std::chrono::milliseconds timeout
    ) {
        beast::ssl_stream<beast::tcp_stream> stream(context, tls);
        stream.set_verify_callback(asio::ssl::host_name_verification(target.host));
        // What the macro SSL_set_tlsext_host_name does, without its C cast.
        auto host = target.host;
        if (SSL_ctrl(
                stream.native_handle(),
                SSL_CTRL_SET_TLSEXT_HOSTNAME,
                TLSEXT_NAMETYPE_host_name,
                host.data()
            ) != 1) {
            co_return fail(ErrorCode::StorageUnavailable, "the host name does not fit TLS");
        }
        beast::get_lowest_layer(stream).expires_after(timeout);
        const auto [error, endpoint] =
            co_await beast::get_lowest_layer(stream).async_connect(endpoints, kAwait);
        if (error) {
            co_return broken("connecting", error);
        }
        const auto [tls_error] =
            co_await stream.async_handshake(asio::ssl::stream_base::client, kAwait);
        if (tls_error) {
            co_return broken("agreeing on TLS", tls_error);
        }
        co_return co_await exchange(stream, request);
    }

    std::function<bool(std::string_view)> refused;
    asio::io_context context;
    asio::ssl::context tls;
    asio::executor_work_guard<asio::io_context::executor_type> work;
    std::atomic<int> under_way = 0;
    std::thread thread;
};

AsioClient::AsioClient(std::function<bool(std::string_view)> refused)
    : impl_(std::make_unique<Impl>(std::move(refused))) {}

AsioClient::~AsioClient() {
    // Everything under way has a timeout of its own, so the context runs dry.
    impl_->work.reset();
    impl_->thread.join();
}

void AsioClient::post(ports::Post request, std::function<void(Result<int> status)> done) {
    if (impl_->under_way.fetch_add(1) >= kPostsAtOnce) {
        --impl_->under_way;
        done(fail(ErrorCode::StorageUnavailable, "too many webhooks are being delivered at once"));
        return;
    }
    auto finish = [this, done = std::move(done)](
                      const std::exception_ptr& stray, std::optional<Result<int>> status
                  ) {
        --impl_->under_way;
        done(
            stray
                ? Result<int>(fail(ErrorCode::StorageUnavailable, "the request could not be made"))
                : std::move(*status)
        );
    };
    asio::co_spawn(impl_->context, impl_->start(std::move(request)), std::move(finish));
}

}  // namespace chengshu::webhooks
