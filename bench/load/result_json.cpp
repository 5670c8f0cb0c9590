#include "load/engine.hpp"

#include <fmt/format.h>

#include <iterator>

namespace chengshu::load {

namespace {

double milliseconds(std::uint64_t nanoseconds) {
    return static_cast<double>(nanoseconds) / 1e6;
}

std::string quoted(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (static_cast<unsigned char>(c) < 0x20) {
            fmt::format_to(std::back_inserter(out), "\\u{:04x}", c);
        } else {
            out += c;
        }
    }
    return out + '"';
}

std::string latency(const Histogram& histogram) {
    return fmt::format(
        R"({{"mean":{:.3f},"p50":{:.3f},"p90":{:.3f},"p95":{:.3f},)"
        R"("p99":{:.3f},"p999":{:.3f},"max":{:.3f}}})",
        histogram.mean() / 1e6,
        milliseconds(histogram.quantile(0.5)),
        milliseconds(histogram.quantile(0.9)),
        milliseconds(histogram.quantile(0.95)),
        milliseconds(histogram.quantile(0.99)),
        milliseconds(histogram.quantile(0.999)),
        milliseconds(histogram.max())
    );
}

}  // namespace

std::string LoadResult::to_json() const {
    const double seconds = static_cast<double>(measured.count()) / 1e9;
    std::uint64_t answers = 0;
    for (const auto& step : steps) {
        answers += step.latency.count();
    }
    std::string out;
    fmt::format_to(
        std::back_inserter(out),
        R"({{"seconds":{:.3f},"jobs_per_second":{:.1f},"requests_per_second":{:.1f},)"
        R"("jobs":{{"begun":{},"good":{},"bad":{},"unfinished":{}}},"transport_errors":{},)"
        "\n",
        seconds,
        static_cast<double>(jobs_good) / seconds,
        static_cast<double>(answers) / seconds,
        jobs_begun,
        jobs_good,
        jobs_bad,
        jobs_unfinished,
        transport_errors
    );
    fmt::format_to(std::back_inserter(out), " \"job_ms\":{},\n \"steps\":[", latency(job_latency));
    for (std::size_t i = 0; i < steps.size(); ++i) {
        fmt::format_to(
            std::back_inserter(out),
            R"({}{{"name":{},"answers":{},"errors":{},"ms":{}}})",
            i == 0 ? "\n  " : ",\n  ",
            quoted(steps[i].name),
            steps[i].latency.count(),
            steps[i].errors,
            latency(steps[i].latency)
        );
    }
    out += "],\n \"statuses\":{";
    std::string_view separator;
    for (const auto& [status, count] : statuses) {
        fmt::format_to(std::back_inserter(out), R"({}"{}":{})", separator, status, count);
        separator = ",";
    }
    fmt::format_to(std::back_inserter(out), "}},\n \"first_error\":{}}}\n", quoted(first_error));
    return out;
}

}  // namespace chengshu::load
