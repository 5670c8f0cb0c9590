#include "monitor.hpp"

#include <fmt/format.h>

namespace chengshu::app {

void append_metric(
    std::string& out,
    std::string_view name,
    std::string_view type,
    std::uint64_t value
) {
    out += fmt::format("# TYPE {0} {1}\n{0} {2}\n", name, type, value);
}

void Metrics::request(int status, std::chrono::nanoseconds duration) {
    const auto group = static_cast<std::size_t>(status / 100);
    ++by_class_[group < by_class_.size() ? group : 0];
    const double seconds = std::chrono::duration<double>(duration).count();
    std::size_t bucket = 0;
    while (bucket < kBounds.size() && seconds > kBounds[bucket]) {
        ++bucket;
    }
    ++buckets_[bucket];
    nanoseconds_ += static_cast<std::uint64_t>(duration.count());
}

std::string Metrics::text(
    const WriterThread& writer,
    const services::TimerBackoff& timers,
    const http::ServerGauges& gauges,
    const ports::StoreStats& stats
) const {
    std::string out = "# TYPE chengshu_http_requests_total counter\n";
    for (std::size_t group = 1; group < by_class_.size(); ++group) {
        out += fmt::format(
            "chengshu_http_requests_total{{class=\"{}xx\"}} {}\n", group, by_class_[group].load()
        );
    }
    out += "# TYPE chengshu_http_request_seconds histogram\n";
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < kBounds.size(); ++i) {
        sum += buckets_[i].load();
        out +=
            fmt::format("chengshu_http_request_seconds_bucket{{le=\"{}\"}} {}\n", kBounds[i], sum);
    }
    sum += buckets_.back().load();
    out += fmt::format(
        "chengshu_http_request_seconds_bucket{{le=\"+Inf\"}} {}\nchengshu_http_request_seconds_sum "
        "{}\nchengshu_http_request_seconds_count {}\n",
        sum,
        static_cast<double>(nanoseconds_.load()) / 1e9,
        sum
    );
    const auto gauge = [&](const char* name, const char* type, auto value) {
        append_metric(out, name, type, static_cast<std::uint64_t>(value));
    };
    gauge("chengshu_http_connections", "gauge", gauges.connections);
    gauge("chengshu_http_in_flight", "gauge", gauges.in_flight);
    gauge("chengshu_http_streams", "gauge", gauges.streams);
    gauge("chengshu_http_refused_total", "counter", gauges.refused);
    gauge("chengshu_writer_waiting", "gauge", writer.waiting());
    gauge("chengshu_writer_jobs_total", "counter", writer.jobs());
    gauge("chengshu_writer_commits_total", "counter", writer.batches());
    gauge("chengshu_writer_refused_total", "counter", writer.refused());
    gauge("chengshu_timers_postponed", "gauge", timers.postponed());
    gauge("chengshu_timer_failures_total", "counter", timers.failures());
    gauge("chengshu_problems_total", "counter", problems_.load());
    gauge("chengshu_cases", "gauge", stats.cases);
    gauge("chengshu_reports", "gauge", stats.reports);
    gauge("chengshu_journal_head", "counter", stats.head.value);
    gauge("chengshu_store_bytes", "gauge", stats.bytes);
    return out;
}

void Monitor::handle(http::Request request, http::Reply reply) {
    http::Response response;
    const auto stats = store_.stats();
    if (request.target == "/health") {
        response.status = stats ? 200 : 503;
        response.headers.set("Content-Type", "application/json");
        response.body = stats
                            ? fmt::format(
                                  "{{\"status\":\"ok\",\"journal_head\":{},\"writer_waiting\":{}}}",
                                  stats->head.value,
                                  writer_.waiting()
                              )
                            : std::string("{\"status\":\"the store does not answer\"}");
    } else if (request.target == "/metrics" && stats) {
        response.headers.set("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
        response.body = metrics_.text(writer_, timers_, gauges_(), *stats);
        more_(response.body);
    } else {
        response.status = request.target == "/metrics" ? 503 : 404;
        response.headers.set("Content-Type", "text/plain; charset=utf-8");
        response.body = request.target == "/metrics" ? "the store does not answer\n"
                                                     : "there are /health and /metrics here\n";
    }
    reply(std::move(response));
}

}  // namespace chengshu::app
