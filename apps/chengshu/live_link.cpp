#include "live_link.hpp"

#include "monitor.hpp"

namespace chengshu::app {

void LiveLink::committed(const ports::Changes& changes, Seq head) {
    const std::lock_guard lock(mutex_);
    if (live_ != nullptr) {
        live_->committed(changes, head);
    }
}

void LiveLink::doubtful(Seq told) {
    const std::lock_guard lock(mutex_);
    if (live_ != nullptr) {
        live_->commit_doubtful(told);
    }
}

LiveLink::Following::Following(LiveLink& link, services::LiveIndicators& live) : link_(link) {
    const std::lock_guard lock(link_.mutex_);
    link_.live_ = &live;
}

LiveLink::Following::~Following() {
    const std::lock_guard lock(link_.mutex_);
    link_.live_ = nullptr;
}

services::LiveLimits live_limits(const Settings& settings) {
    services::LiveLimits out;
    out.values_bytes = static_cast<std::size_t>(settings.count("indicators.values"));
    out.measures_bytes = static_cast<std::size_t>(settings.count("indicators.measures"));
    return out;
}

void append_live_metrics(std::string& out, const services::LiveCounters& counters) {
    append_metric(out, "chengshu_live_values", "gauge", counters.values);
    append_metric(out, "chengshu_live_value_bytes", "gauge", counters.values_bytes);
    append_metric(out, "chengshu_live_measures", "gauge", counters.measures);
    append_metric(out, "chengshu_live_measure_bytes", "gauge", counters.measures_bytes);
    append_metric(out, "chengshu_live_changes_total", "counter", counters.changes);
    append_metric(out, "chengshu_live_calculated_total", "counter", counters.calculated);
    append_metric(out, "chengshu_live_loaded_total", "counter", counters.loaded);
}

}  // namespace chengshu::app
