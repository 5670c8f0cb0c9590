#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

namespace chengshu::app {

/// Told how far the work is; false: nobody waits for it any more.
using Say = std::function<bool(std::int64_t done, std::int64_t total)>;

/// How an operator's command asks the server that has the data folder open: over a socket in that
/// folder, which only the server's own account (and root) may open. Requests are answered one after
/// the other on a thread of its own.
class Control {
public:
    /// Copies the readings to a new file, while the server goes on.
    using CopyReadings = std::function<Status(const std::string& to, const Say& say)>;

    static Result<std::unique_ptr<Control>>
    listen(const std::filesystem::path& data, CopyReadings copy_readings);

    Control(const Control&) = delete;
    Control& operator=(const Control&) = delete;
    /// Gives up what is being done, and waits for its end.
    ~Control();

private:
    struct Impl;

    explicit Control(std::unique_ptr<Impl> impl);

    std::unique_ptr<Impl> impl_;
};

/// Asks the server of the data folder to copy its readings to a new file; false when no server has
/// it open. The failure is the server's.
Result<bool> ask_for_readings(
    const std::filesystem::path& data,
    const std::filesystem::path& to,
    const std::function<void(std::int64_t done, std::int64_t total)>& progress
);

}  // namespace chengshu::app
