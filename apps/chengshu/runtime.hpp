#pragma once

#include "adapters/crypto/openssl_secrets.hpp"
#include "adapters/crypto/system_clock.hpp"
#include "ports/blobs.hpp"
#include "ports/store.hpp"
#include "services/definitions.hpp"
#include "services/engine.hpp"
#include "settings.hpp"

#include <atomic>
#include <filesystem>
#include <memory>
#include <string>

namespace chengshu::app {

/// What the command line says about every command.
struct Common {
    std::filesystem::path data = "data";
    std::string config;
    std::vector<std::string> set;
    std::string language = "en";
};

/// The machine's clock moved by a fixed offset. A store that holds a replayed day goes on from the
/// end of that day; the offset is kept in the store (document "clock").
class StoreClock final : public ports::Clock {
public:
    explicit StoreClock(Duration offset) : offset_(offset) {}

    Instant now() override { return machine_.now() + offset_.load(); }

    void set_offset(Duration offset) { offset_ = offset; }

private:
    crypto::SystemClock machine_;
    std::atomic<Duration> offset_;
};

/// Everything that a command needs of a data folder.
struct Runtime {
    Settings settings;
    std::filesystem::path data;
    std::unique_ptr<ports::Store> store;
    std::unique_ptr<ports::Blobs> blobs;
    crypto::OpensslSecrets secrets;
    std::unique_ptr<StoreClock> clock;
};

enum class Open { Existing, Create, ReadOnly };

Result<Settings> load_settings(const Common& common);
/// Opens the store of the data folder. NotFound tells to run `chengshu init` when there is none.
Result<std::unique_ptr<Runtime>> open_runtime(const Common& common, Open how);
/// Runs one job to its end on the calling thread; for commands that work without a server.
Result<std::string>
run_now(services::Engine& engine, std::function<Result<std::string>(services::UnitOfWork&)> work);
/// Hands one job to the running server's writer and waits for its commit; not on the writer's
/// thread.
Status submit_and_wait(services::Submitter& writer, services::Job job);
/// A message for people on standard error; gives the exit code 1.
int complain(const Error& error, const std::string& language);
/// One line that is written over, on standard error, when that is a terminal or the work takes
/// long.
void show_progress(const std::string& what, std::int64_t done, std::int64_t total);
void end_progress();

}  // namespace chengshu::app
