#pragma once

#include "services/live_indicators.hpp"
#include "settings.hpp"

#include <mutex>
#include <string>

namespace chengshu::app {

/// Tells the live values of what is committed, as long as there are some. Any thread.
class LiveLink {
public:
    void committed(const ports::Changes& changes, Seq head);
    void doubtful(Seq told);

    /// While it lives, the values are told.
    class Following {
    public:
        Following(LiveLink& link, services::LiveIndicators& live);
        Following(const Following&) = delete;
        Following& operator=(const Following&) = delete;
        ~Following();

    private:
        LiveLink& link_;
    };

private:
    std::mutex mutex_;
    services::LiveIndicators* live_ = nullptr;
};

services::LiveLimits live_limits(const Settings& settings);

/// For /metrics.
void append_live_metrics(std::string& out, const services::LiveCounters& counters);

}  // namespace chengshu::app
