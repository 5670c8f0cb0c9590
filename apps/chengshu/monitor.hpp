#pragma once

#include "adapters/http_server/http_server.hpp"
#include "edge/http/message.hpp"
#include "ports/store.hpp"
#include "services/maintenance.hpp"
#include "writer_thread.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace chengshu::app {

/// One line of Prometheus text format, with its type.
void append_metric(
    std::string& out,
    std::string_view name,
    std::string_view type,
    std::uint64_t value
);

/// Counters of the server, kept while it runs. Thread-safe.
class Metrics {
public:
    void request(int status, std::chrono::nanoseconds duration);

    void problem() { ++problems_; }

    /// Prometheus text format.
    [[nodiscard]] std::string text(
        const WriterThread& writer,
        const services::TimerBackoff& timers,
        const http::ServerGauges& gauges,
        const ports::StoreStats& stats
    ) const;

private:
    /// Upper bounds of the latency histogram in seconds.
    static constexpr std::array<double, 10>
        kBounds{0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5};

    std::array<std::atomic<std::uint64_t>, 6> by_class_{};
    std::array<std::atomic<std::uint64_t>, kBounds.size() + 1> buckets_{};
    std::atomic<std::uint64_t> nanoseconds_ = 0;
    std::atomic<std::uint64_t> problems_ = 0;
};

/// GET /metrics and GET /health, on their own address so that they answer while the public one is
/// full.
class Monitor final : public http::Handler {
public:
    /// `more` appends further metrics.
    Monitor(
        ports::Store& store,
        const Metrics& metrics,
        const WriterThread& writer,
        const services::TimerBackoff& timers,
        std::function<http::ServerGauges()> gauges,
        std::function<void(std::string&)> more
    )
        : store_(store),
          metrics_(metrics),
          writer_(writer),
          timers_(timers),
          gauges_(std::move(gauges)),
          more_(std::move(more)) {}

    void handle(http::Request request, http::Reply reply) override;

private:
    ports::Store& store_;
    const Metrics& metrics_;
    const WriterThread& writer_;
    const services::TimerBackoff& timers_;
    std::function<http::ServerGauges()> gauges_;
    std::function<void(std::string&)> more_;
};

}  // namespace chengshu::app
