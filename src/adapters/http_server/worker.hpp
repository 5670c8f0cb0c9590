#pragma once

#include "adapters/http_server/config.hpp"
#include "adapters/http_server/gzip.hpp"
#include "adapters/http_server/net.hpp"
#include "adapters/http_server/response_head.hpp"
#include "edge/http/message.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/thread_pool.hpp>

#include <atomic>
#include <condition_variable>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

namespace chengshu::http {

class Session;

/// What all workers and sessions of one server share. Outlives them, because each holds a pointer.
struct Shared {
    explicit Shared(ServerConfig c)
        : config(std::move(c)), security(config), stream_pool(config.stream_threads) {}

    const ServerConfig config;
    const SecurityHeaders security;
    std::shared_ptr<Handler> handler;
    std::optional<asio::ssl::context> tls;
    asio::thread_pool stream_pool;

    std::atomic<std::size_t> connections{0};
    std::atomic<std::size_t> in_flight{0};
    std::atomic<std::size_t> streams{0};
    std::atomic<std::size_t> body_bytes{0};
    std::atomic<std::uint64_t> refused{0};
    std::atomic<bool> stopping{false};

    std::mutex ended_mutex;
    std::condition_variable ended;  ///< with ended_mutex: `connections` fell while stopping

    void report(std::string_view line) const noexcept;
    /// Takes a connection's place back.
    void connection_ended() noexcept;
};

/// One I/O thread with its connections. Everything but `io`, `wake` and the constructor is for that
/// thread.
class Worker : public std::enable_shared_from_this<Worker> {
public:
    explicit Worker(std::shared_ptr<Shared> shared);
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;
    ~Worker();

    void start();
    /// Ends the thread once its sessions have ended.
    void join();

    /// Any thread: makes the waiting streams of this worker ask again.
    void wake() noexcept;

    /// Any thread: takes the session over and runs it.
    void adopt(std::shared_ptr<Session> session);
    /// Any thread: idle connections close, others after their answer.
    void begin_stop();
    /// Any thread: all connections close now.
    void force_stop();

    [[nodiscard]] const std::string& date();

    [[nodiscard]] std::uint64_t wake_count() const { return wake_count_; }

    std::shared_ptr<Shared> shared;
    asio::io_context io{1};
    Gzip gzip;
    std::string scratch;  ///< compressed bodies; valid until the next co_await only

private:
    void run_session(const std::shared_ptr<Session>& session);
    void arm_tick();
    void tick();
    void deliver_wake();

    asio::executor_work_guard<Executor> work_;
    Timer tick_timer_;
    Timer wake_timer_;
    std::chrono::milliseconds tick_interval_;
    std::list<std::shared_ptr<Session>> sessions_;
    std::atomic<bool> wake_pending_{false};
    SteadyClock::time_point last_wake_{};
    std::uint64_t wake_count_ = 0;
    std::string date_;
    SteadyClock::time_point date_until_{};
    bool force_ = false;
    std::thread thread_;
};

}  // namespace chengshu::http
