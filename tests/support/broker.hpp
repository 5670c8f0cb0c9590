#pragma once

#include "base/result.hpp"
#include "support/temp_folder.hpp"

#include <cstdint>
#include <memory>
#include <sys/types.h>

namespace chengshu::support {

/// An MQTT broker of our own (mosquitto) on a free port of this machine. It ends with this object,
/// and with the process, however that ends.
class PrivateBroker {
public:
    /// NotFound when mosquitto is not installed (and CHENGSHU_REQUIRE_MOSQUITTO is not 1): skip the
    /// test then. Internal for every other failure.
    static Result<std::unique_ptr<PrivateBroker>> start();

    PrivateBroker(const PrivateBroker&) = delete;
    PrivateBroker& operator=(const PrivateBroker&) = delete;
    ~PrivateBroker();

    [[nodiscard]] std::uint16_t port() const { return port_; }

    /// Ends it at once; sessions and messages are lost.
    void kill();
    /// Starts it again on the same port and waits until it answers.
    Status resume();

private:
    PrivateBroker() = default;

    TempFolder folder_;
    std::string program_;
    std::uint16_t port_ = 0;
    pid_t process_ = 0;
};

}  // namespace chengshu::support
