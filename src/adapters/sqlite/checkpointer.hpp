#pragma once

#include "adapters/sqlite/connection.hpp"
#include "base/result.hpp"

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

namespace chengshu::sqlite {

/// Copies what commits have put into the WAL into the file, on its own thread and connection, so
/// that no commit waits for it. Only when it falls far behind does the commit that finds it so do
/// the rest itself, which bounds the WAL and lets it begin anew.
class Checkpointer {
public:
    /// Watches the writer's commits from now on. Both outlive it; `lost` is whether what is in the
    /// WAL may not be what the disk has of it: then nothing is copied any more.
    static Result<std::unique_ptr<Checkpointer>>
    start(const std::string& path, Connection& writer, const std::atomic<bool>& lost);

    Checkpointer(const Checkpointer&) = delete;
    Checkpointer& operator=(const Checkpointer&) = delete;
    /// Waits for a copy that is under way.
    ~Checkpointer();

private:
    Checkpointer(
        std::unique_ptr<Connection> connection,
        Connection& writer,
        const std::atomic<bool>& lost
    );

    static int committed(void* self, sqlite3* writer, const char* name, int pages);
    void run();

    std::unique_ptr<Connection> connection_;
    Connection& writer_;
    const std::atomic<bool>& lost_;
    int asked_ = 0;       ///< pages in the WAL when a copy was last asked for; of the writer
    std::mutex copying_;  ///< held while pages are copied, by whomever
    std::mutex mutex_;
    std::condition_variable changed_;
    bool wanted_ = false;
    bool ending_ = false;
    std::thread thread_;
};

}  // namespace chengshu::sqlite
