#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>

// The Asio types of this folder. They name the executor, which saves the type-erased one's costs.

namespace chengshu::http {

namespace asio = boost::asio;

using Executor = asio::io_context::executor_type;
using Socket = asio::basic_stream_socket<asio::ip::tcp, Executor>;
using Acceptor = asio::basic_socket_acceptor<asio::ip::tcp, Executor>;
using SteadyClock = std::chrono::steady_clock;
using Timer = asio::basic_waitable_timer<SteadyClock, asio::wait_traits<SteadyClock>, Executor>;
using NetError = boost::system::error_code;

template <class T>
using Task = asio::awaitable<T, Executor>;

/// co_await gives a tuple that begins with the error: nothing throws.
inline constexpr auto kToken = asio::as_tuple(asio::use_awaitable_t<Executor>{});

/// The suspended coroutine of an operation of our own; resume() ends the wait, once.
class Waiter {
public:
    virtual ~Waiter() = default;
    virtual void resume() = 0;
};

template <class Completion>
class CompletionWaiter final : public Waiter {
public:
    explicit CompletionWaiter(Completion completion) : completion_(std::move(completion)) {}

    void resume() override { std::move(completion_)(); }

private:
    Completion completion_;
};

/// Suspends the calling coroutine and hands its Waiter to `start(std::unique_ptr<Waiter>)`.
/// resume() must run on the coroutine's own thread. `start` must outlive the wait: name it on the
/// line above.
template <class Start>
Task<void> suspend(Start& start) {
    co_await asio::async_initiate<const asio::use_awaitable_t<Executor>, void()>(
        [](auto completion, Start* begin) {
            using Completion = decltype(completion);
            (*begin)(std::make_unique<CompletionWaiter<Completion>>(std::move(completion)));
        },
        asio::use_awaitable_t<Executor>{},
        &start
    );
}

}  // namespace chengshu::http
