#pragma once

#include "base/result.hpp"
#include "support/temp_folder.hpp"

#include <memory>
#include <string>
#include <sys/types.h>

namespace chengshu::support {

/// A PostgreSQL server of our own: a new cluster in a temporary folder, reached through a socket in
/// that folder only. It ends with this object, and with the process, however that ends.
class PrivatePostgres {
public:
    struct Options {
        /// Sync to the disk: needed for measurements, not for tests that kill processes.
        bool fsync = false;
    };

    /// NotFound when no server program is installed (and CHENGSHU_REQUIRE_POSTGRES is not 1): skip
    /// the test then. Internal for every other failure.
    static Result<std::unique_ptr<PrivatePostgres>> start(Options options);

    PrivatePostgres(const PrivatePostgres&) = delete;
    PrivatePostgres& operator=(const PrivatePostgres&) = delete;
    ~PrivatePostgres();

    /// Makes an empty database and gives its connection string.
    Result<std::string> create_database();
    /// Ends the server as a power failure would, losing what was not committed.
    void kill();
    /// Starts it again on the same data and waits until it answers.
    Status resume();

private:
    explicit PrivatePostgres(Options options) : options_(options) {}

    [[nodiscard]] std::string conninfo(const std::string& database) const;
    Status init();
    pid_t spawn(const std::string& program, const std::string& arguments, bool dies_with_us);

    Options options_;
    TempFolder folder_;
    std::string programs_;
    uid_t user_ = 0;
    gid_t group_ = 0;
    pid_t server_ = 0;
    int databases_ = 0;
};

/// The server that all tests of this process share; started at the first call.
Result<PrivatePostgres*> shared_postgres();

}  // namespace chengshu::support
