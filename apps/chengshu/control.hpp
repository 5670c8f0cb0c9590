#pragma once

#include "account_change.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace chengshu::app {

/// Told how far the work is; false: nobody waits for it any more.
using Say = std::function<bool(std::int64_t done, std::int64_t total)>;

/// What came of loading a city folder into a running server.
struct CityTaken {
    std::string revision;
    bool changed = false;            ///< false: it was the newest revision already
    bool counts_otherwise = false;   ///< as services::LoadedCity
    std::int64_t accounts = 0;       ///< demo accounts that were new
    std::int64_t not_in_ledger = 0;  ///< terminals of the folder that the ledger does not have
};

/// How an operator's command asks the server that has the data folder open: over a socket in that
/// folder, which only the server's own account (and root) may open. Requests are answered one after
/// the other on a thread of its own.
class Control {
public:
    /// What the server does while it goes on.
    struct Works {
        /// Copies the readings to a new file.
        std::function<Status(const std::string& to, const Say& say)> copy_readings;
        /// Loads a city folder; its demo accounts that are new get the password of this hash.
        std::function<Result<CityTaken>(const std::string& folder, const std::string& hash)>
            load_city;
        /// Waits for the commit.
        std::function<Status(const AccountChange& change)> change_account;
    };

    static Result<std::unique_ptr<Control>> listen(const std::filesystem::path& data, Works works);

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

/// Asks the server of the data folder to load a city folder, from now on; none when no server has
/// it open. The failure is the server's.
Result<std::optional<CityTaken>> ask_to_load(
    const std::filesystem::path& data,
    const std::filesystem::path& folder,
    const std::string& hash
);

/// Asks the server of the data folder to change an account; false when no server has it open. The
/// failure is the server's.
Result<bool> ask_to_change_account(const std::filesystem::path& data, const AccountChange& change);

}  // namespace chengshu::app
