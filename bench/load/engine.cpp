#include "load/engine.hpp"

#include "base/random.hpp"
#include "load/response_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <deque>
#include <fcntl.h>
#include <memory>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace chengshu::load {

namespace {

using Clock = std::chrono::steady_clock;
using TimePoint = Clock::time_point;

constexpr std::chrono::milliseconds kReconnectPause{50};

struct Connection {
    int fd = -1;
    std::unique_ptr<Script> script;
    ResponseReader reader;
    std::string out;
    std::size_t sent = 0;  ///< of `out`
    std::size_t step = 0;
    bool busy = false;
    bool in_job = false;
    TimePoint job_start;   ///< intended
    TimePoint call_start;  ///< intended for a job's first call
    TimePoint retry_at{};  ///< not to be connected before
};

class Engine {
public:
    Engine(const EngineConfig& config, Scenario& scenario) : config_(config), random_(config.seed) {
        for (auto& name : scenario.steps()) {
            result_.steps.push_back({std::move(name), {}, 0});
        }
        for (std::size_t i = 0; i < config.connections; ++i) {
            connections_.emplace_back();
            connections_.back().script = scenario.script(i);
        }
        host_line_ = "Host: " + config.host + "\r\n";
    }

    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    ~Engine() {
        for (const auto& connection : connections_) {
            if (connection.fd >= 0) {
                ::close(connection.fd);
            }
        }
        if (epoll_ >= 0) {
            ::close(epoll_);
        }
    }

    Result<LoadResult> run();

private:
    [[nodiscard]] bool open_loop() const { return config_.jobs_per_second > 0; }

    [[nodiscard]] bool measures(TimePoint start) const {
        return start >= measure_from_ && start < end_;
    }

    [[nodiscard]] bool all_begun() const { return config_.jobs > 0 && begun_ >= config_.jobs; }

    [[nodiscard]] bool job_is_due(TimePoint now) const {
        if (all_begun()) {
            return false;
        }
        return open_loop() ? arrival_ <= now && arrival_ < end_ : now < end_;
    }

    Status resolve();
    bool connect(Connection& connection);
    void disconnect(Connection& connection, bool failed);
    void start_due_jobs(TimePoint now);
    void begin_job(Connection& connection, TimePoint intended);
    void send_call(Connection& connection);
    void flush(Connection& connection);
    void on_readable(Connection& connection);
    void on_answer(Connection& connection);
    void end_job(Connection& connection, bool good);
    void next_arrival();
    int wait_time(TimePoint now) const;

    const EngineConfig& config_;
    SeededRandom random_;
    LoadResult result_;
    std::deque<Connection> connections_;
    std::vector<Connection*> idle_;
    std::array<char, 256 * 1024> input_{};
    std::string host_line_;
    Call call_;
    sockaddr_storage address_{};
    socklen_t address_size_ = 0;
    int epoll_ = -1;
    std::size_t busy_ = 0;
    std::uint64_t begun_ = 0;
    TimePoint measure_from_;
    TimePoint end_;
    TimePoint arrival_;  ///< when the next job of the open loop should begin
};

Status Engine::resolve() {
    auto* v4 = reinterpret_cast<sockaddr_in*>(&address_);
    auto* v6 = reinterpret_cast<sockaddr_in6*>(&address_);
    if (::inet_pton(AF_INET, config_.host.c_str(), &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons(config_.port);
        address_size_ = sizeof *v4;
    } else if (::inet_pton(AF_INET6, config_.host.c_str(), &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(config_.port);
        address_size_ = sizeof *v6;
    } else {
        return fail(ErrorCode::InvalidInput, "not an IP address: " + config_.host, "host");
    }
    epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
    if (epoll_ < 0) {
        return fail(ErrorCode::Internal, std::string{"epoll: "} + std::strerror(errno));
    }
    return ok();
}

bool Engine::connect(Connection& connection) {
    const int fd = ::socket(address_.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return false;
    }
    const int on = 1;
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = &connection;
    // Connecting blocks: it is short on a local network, and rare.
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&address_), address_size_) != 0 ||
        ::fcntl(fd, F_SETFL, O_NONBLOCK) != 0 ||
        ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0 ||
        ::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) {
        ::close(fd);
        return false;
    }
    connection.fd = fd;
    return true;
}

void Engine::disconnect(Connection& connection, bool failed) {
    if (connection.fd >= 0) {
        ::close(connection.fd);
        connection.fd = -1;
    }
    connection.reader.reset();
    connection.out.clear();
    connection.sent = 0;
    if (failed) {
        connection.retry_at = Clock::now() + kReconnectPause;
        if (connection.busy && measures(connection.call_start)) {
            ++result_.transport_errors;
            ++result_.steps[connection.step].errors;
        }
        connection.script->on_failure();
        end_job(connection, false);
    }
}

void Engine::next_arrival() {
    double gap = 1e9 / config_.jobs_per_second;
    if (config_.poisson) {
        gap *= -std::log(1.0 - random_.unit());
    }
    arrival_ += std::chrono::nanoseconds{std::llround(gap)};
}

/// Gives due jobs to idle connections. In the open loop a job that finds none stays due: its time
/// runs.
void Engine::start_due_jobs(TimePoint now) {
    std::size_t looked_at = idle_.size();
    while (looked_at-- > 0 && !idle_.empty() && job_is_due(now)) {
        Connection& connection = *idle_.back();
        idle_.pop_back();
        if (connection.fd < 0 && (connection.retry_at > now || !connect(connection))) {
            connection.retry_at = std::max(connection.retry_at, now + kReconnectPause);
            idle_.insert(idle_.begin(), &connection);
            continue;
        }
        const TimePoint intended = open_loop() ? arrival_ : now;
        if (open_loop()) {
            next_arrival();
        }
        begin_job(connection, intended);
    }
}

void Engine::begin_job(Connection& connection, TimePoint intended) {
    connection.job_start = intended;
    connection.call_start = intended;
    connection.busy = true;
    connection.in_job = true;
    ++busy_;
    ++begun_;
    if (measures(intended)) {
        ++result_.jobs_begun;
    }
    send_call(connection);
}

void Engine::send_call(Connection& connection) {
    connection.step = connection.script->next(call_);
    fmt::format_to(
        std::back_inserter(connection.out),
        "{} {} HTTP/1.1\r\n{}{}",
        call_.method,
        call_.target,
        host_line_,
        call_.headers
    );
    if (!call_.body.empty() || call_.method != "GET") {
        fmt::format_to(
            std::back_inserter(connection.out), "Content-Length: {}\r\n", call_.body.size()
        );
    }
    connection.out += "\r\n";
    connection.out += call_.body;
    flush(connection);
}

void Engine::flush(Connection& connection) {
    while (connection.sent < connection.out.size()) {
        const auto rest = std::string_view{connection.out}.substr(connection.sent);
        const ssize_t count = ::send(connection.fd, rest.data(), rest.size(), MSG_NOSIGNAL);
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count < 0 && errno != EAGAIN) {
            disconnect(connection, true);
            return;
        }
        connection.sent += count > 0 ? static_cast<std::size_t>(count) : 0;
        epoll_event event{};
        event.data.ptr = &connection;
        if (count < 0) {
            event.events = EPOLLIN | EPOLLOUT;
            ::epoll_ctl(epoll_, EPOLL_CTL_MOD, connection.fd, &event);
            return;
        }
    }
    connection.out.clear();
    connection.sent = 0;
}

void Engine::on_readable(Connection& connection) {
    const ssize_t count = ::recv(connection.fd, input_.data(), input_.size(), 0);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }
    if (count <= 0) {
        disconnect(connection, connection.busy);
        return;
    }
    std::string_view input{input_.data(), static_cast<std::size_t>(count)};
    while (!input.empty() && connection.busy) {
        const auto state = connection.reader.read(input);
        if (state == ResponseReader::State::Malformed) {
            disconnect(connection, true);
            return;
        }
        if (state == ResponseReader::State::NeedMore) {
            return;
        }
        on_answer(connection);
    }
    if (!input.empty()) {
        disconnect(
            connection, false
        );  // bytes that nobody asked for: the connection cannot be trusted
    }
}

void Engine::on_answer(Connection& connection) {
    const TimePoint now = Clock::now();
    const int status = connection.reader.status();
    const Script::Verdict verdict =
        connection.script->on_response(status, connection.reader.body());
    if (measures(connection.job_start)) {
        StepResult& step = result_.steps[connection.step];
        step.latency.record(static_cast<std::uint64_t>((now - connection.call_start).count()));
        ++result_.statuses[status];
        if (!verdict.good) {
            ++step.errors;
            if (result_.first_error.empty()) {
                result_.first_error = fmt::format(
                    "{}: {} {}", step.name, status, connection.reader.body().substr(0, 300)
                );
            }
        }
    }
    const bool keep = connection.reader.keep_alive();
    connection.reader.reset();
    if (!keep) {
        disconnect(connection, false);
    }
    if (verdict.job_done || !verdict.good) {
        end_job(connection, verdict.good);
        return;
    }
    if (connection.fd < 0 && !connect(connection)) {
        disconnect(connection, true);
        return;
    }
    connection.call_start = now;
    send_call(connection);
}

void Engine::end_job(Connection& connection, bool good) {
    if (!connection.busy) {
        return;
    }
    connection.busy = false;
    --busy_;
    if (measures(connection.job_start)) {
        if (good) {
            ++result_.jobs_good;
            result_.job_latency.record(
                static_cast<std::uint64_t>((Clock::now() - connection.job_start).count())
            );
        } else {
            ++result_.jobs_bad;
        }
    }
    idle_.push_back(&connection);
}

/// Milliseconds for epoll_wait, 0 when a job is due within the next one: epoll cannot wait shorter.
int Engine::wait_time(TimePoint now) const {
    if (now >= end_) {
        return 100;
    }
    TimePoint next = end_;
    if (!idle_.empty()) {
        next = open_loop() ? arrival_ : now + kReconnectPause;
    }
    const auto left = std::chrono::floor<std::chrono::milliseconds>(next - now).count();
    return static_cast<int>(std::clamp<std::int64_t>(left, 0, 100));
}

Result<LoadResult> Engine::run() {
    CS_CHECK(resolve());
    for (auto& connection : connections_) {
        if (!connect(connection)) {
            return fail(
                ErrorCode::NotFound,
                fmt::format(
                    "cannot connect to {} port {}: {}",
                    config_.host,
                    config_.port,
                    std::strerror(errno)
                )
            );
        }
        idle_.push_back(&connection);
    }
    const TimePoint start = Clock::now();
    measure_from_ = start + config_.warmup;
    end_ = measure_from_ + config_.duration;
    arrival_ = start;
    const TimePoint give_up = end_ + config_.drain;
    std::array<epoll_event, 256> events{};
    for (;;) {
        TimePoint now = Clock::now();
        start_due_jobs(now);
        // An open loop's backlog still has to be done after the end of the arrivals.
        const bool over = now >= end_ || all_begun();
        if ((over && busy_ == 0 && !job_is_due(now)) || now >= give_up) {
            break;
        }
        const int count =
            ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), wait_time(now));
        for (int i = 0; i < count; ++i) {
            const auto& event = events[static_cast<std::size_t>(i)];
            auto& connection = *static_cast<Connection*>(event.data.ptr);
            if (connection.fd >= 0 && (event.events & EPOLLOUT) != 0) {
                epoll_event readable{};
                readable.events = EPOLLIN;
                readable.data.ptr = &connection;
                ::epoll_ctl(epoll_, EPOLL_CTL_MOD, connection.fd, &readable);
                flush(connection);
            }
            if (connection.fd >= 0 && (event.events & ~static_cast<std::uint32_t>(EPOLLOUT)) != 0) {
                on_readable(connection);
            }
        }
    }
    for (; open_loop() && arrival_ < end_; next_arrival()) {
        result_.jobs_unfinished += measures(arrival_) ? 1 : 0;
    }
    result_.jobs_unfinished += result_.jobs_begun - result_.jobs_good - result_.jobs_bad;
    const auto took = std::chrono::nanoseconds{Clock::now() - measure_from_};
    result_.measured = std::min<std::chrono::nanoseconds>(
        config_.duration,
        all_begun() ? std::max(took, std::chrono::nanoseconds{1}) : config_.duration
    );
    return std::move(result_);
}

}  // namespace

Result<LoadResult> run(const EngineConfig& config, Scenario& scenario) {
    if (config.connections == 0 || config.connections > 60'000) {
        return fail(ErrorCode::InvalidInput, "1 to 60000 connections are possible", "connections");
    }
    const auto engine = std::make_unique<Engine>(config, scenario);
    return engine->run();
}

}  // namespace chengshu::load
