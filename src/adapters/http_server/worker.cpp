#include "adapters/http_server/worker.hpp"

#include "adapters/http_server/session.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>

namespace chengshu::http {

void Shared::report(std::string_view line) const noexcept {
    try {
        if (config.on_problem) {
            config.on_problem(line);
        }
    } catch (...) {  // NOLINT(bugprone-empty-catch): the report of a problem must not become one
    }
}

void Shared::connection_ended() noexcept {
    connections.fetch_sub(1);
    if (stopping.load()) {
        // The lock orders this with stop()'s check, so the notice cannot fall between check and
        // wait.
        const std::lock_guard lock{ended_mutex};
        ended.notify_all();
    }
}

namespace {

/// Timeouts are checked by a tick, which costs nothing per operation: a quarter of the shortest
/// one.
std::chrono::milliseconds tick_interval(const ServerConfig& config) {
    const auto shortest = std::min(
        {config.handshake_timeout,
         config.header_timeout,
         config.body_timeout,
         config.idle_timeout,
         config.write_timeout,
         config.linger_timeout}
    );
    return std::clamp(shortest / 4, std::chrono::milliseconds{5}, std::chrono::milliseconds{1000});
}

}  // namespace

Worker::Worker(std::shared_ptr<Shared> s)
    : shared(std::move(s)),
      work_(asio::make_work_guard(io)),
      tick_timer_(io),
      wake_timer_(io),
      tick_interval_(tick_interval(shared->config)) {}

Worker::~Worker() = default;

void Worker::start() {
    arm_tick();
    thread_ = std::thread{[this] {
        for (;;) {
            try {
                io.run();
                return;
            } catch (const std::exception& error) {
                shared->report(std::string{"an I/O handler threw: "} + error.what());
            }
        }
    }};
}

void Worker::join() {
    asio::post(io, [this] {
        work_.reset();
        tick_timer_.cancel();
        wake_timer_.cancel();
    });
    if (thread_.joinable()) {
        thread_.join();
    }
}

void Worker::adopt(std::shared_ptr<Session> session) {
    asio::post(io, [self = shared_from_this(), session = std::move(session)] {
        self->run_session(session);
    });
}

void Worker::run_session(const std::shared_ptr<Session>& session) {
    if (force_) {
        shared->connection_ended();
        return;
    }
    const auto place = sessions_.insert(sessions_.end(), session);
    asio::co_spawn(
        io.get_executor(),
        session->run(),
        [self = shared_from_this(), place](const std::exception_ptr& error) {
            if (error) {
                try {
                    std::rethrow_exception(error);
                } catch (const std::exception& e) {
                    self->shared->report(std::string{"a connection failed: "} + e.what());
                } catch (...) {
                    self->shared->report("a connection failed");
                }
            }
            (*place)->close();
            self->sessions_.erase(place);
            self->shared->connection_ended();
        }
    );
}

void Worker::begin_stop() {
    asio::post(io, [self = shared_from_this()] {
        for (const auto& session : self->sessions_) {
            session->begin_stop();
        }
    });
}

void Worker::force_stop() {
    asio::post(io, [self = shared_from_this()] {
        self->force_ = true;
        for (const auto& session : self->sessions_) {
            session->force_close();
        }
    });
}

void Worker::arm_tick() {
    tick_timer_.expires_after(tick_interval_);
    tick_timer_.async_wait([this](const NetError& error) {
        if (!error && work_.owns_work()) {
            tick();
            arm_tick();
        }
    });
}

void Worker::tick() {
    const auto now = SteadyClock::now();
    for (const auto& session : sessions_) {
        session->check_deadline(now);
    }
}

void Worker::wake() noexcept {
    if (!wake_pending_.exchange(true)) {
        try {
            asio::post(io, [this] {
                const auto due = last_wake_ + shared->config.wake_interval;
                if (SteadyClock::now() >= due) {
                    deliver_wake();
                    return;
                }
                wake_timer_.expires_at(due);
                wake_timer_.async_wait([this](const NetError&) { deliver_wake(); });
            });
        } catch (const std::exception&) {
            wake_pending_ = false;  // no memory: the streams ask again by themselves later
        }
    }
}

void Worker::deliver_wake() {
    // Cleared before the streams are told: a wake from now on is a new one.
    wake_pending_ = false;
    last_wake_ = SteadyClock::now();
    ++wake_count_;
    for (const auto& session : sessions_) {
        session->wake();
    }
}

const std::string& Worker::date() {
    const auto now = SteadyClock::now();
    if (now >= date_until_) {
        date_ = http_date();
        date_until_ = now + std::chrono::milliseconds{250};
    }
    return date_;
}

}  // namespace chengshu::http
