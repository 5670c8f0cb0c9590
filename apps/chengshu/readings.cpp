#include "readings.hpp"

#include "adapters/duckdb/duck_observations.hpp"
#include "base/messages.hpp"
#include "sensing.hpp"
#include "services/verify_observations.hpp"

#include <fmt/format.h>

namespace chengshu::app {
namespace {

namespace fs = std::filesystem;

bool in_postgres(const Runtime& run) {
    return run.settings.text("store.kind") == "postgres";
}

}  // namespace

fs::path readings_file(const fs::path& data) {
    return data / "observations.duckdb";
}

Result<services::ObservationDigest> copy_readings_to_file(
    ports::ObservationStore& from,
    const fs::path& to,
    const services::CopyProgress& progress
) {
    std::error_code error;
    if (fs::exists(to, error)) {
        return fail(
            ErrorCode::InvalidInput, fmt::format("{} exists; backups never overwrite", to.string())
        );
    }
    const auto copied = [&]() -> Result<services::ObservationDigest> {
        duckdb::Options options;
        options.memory_limit = "512MB";
        options.settle_after = 0;
        options.readers = 1;
        CS_TRY(copy, duckdb::DuckObservations::open(to.string(), options));
        return services::copy_observations(from, *copy, progress);
    }();
    fs::remove_all(to.string() + ".tmp", error);
    if (!copied) {
        fs::remove(to, error);
        fs::remove(to.string() + ".wal", error);
    }
    return copied;
}

Result<bool> backup_readings(const Runtime& run, const fs::path& to) {
    if (in_postgres(run)) {
        return false;  // part of the database
    }
    std::error_code error;
    const auto absolute = fs::absolute(to, error);
    const auto show = [](std::int64_t done, std::int64_t total) {
        show_progress("readings", done, total);
    };
    CS_TRY(asked, ask_for_readings(run.data, absolute, show));
    if (asked || !fs::exists(readings_file(run.data), error)) {
        end_progress();
        return asked;
    }
    CS_TRY(store, open_observations(run));
    CS_CHECK(copy_readings_to_file(
        *store,
        absolute,
        [&](const char*, std::int64_t done, std::int64_t total) {
            show(done, total);
            return true;
        }
    ));
    end_progress();
    return true;
}

Result<bool> verify_readings(const Runtime& run, bool zh) {
    std::error_code error;
    if (!in_postgres(run) && !fs::exists(readings_file(run.data), error)) {
        return true;
    }
    auto store = open_observations(run);
    if (!store) {
        fmt::print(
            fmt::runtime(zh ? "未核对感知读数：{}\n" : "Readings were not checked: {}\n"),
            message_in(store.error().context, zh ? "zh" : "en")
        );
        return true;
    }
    auto found = services::verify_observations(**store, show_progress);
    end_progress();
    CS_CHECK(found);
    fmt::print(
        fmt::runtime(
            zh ? "已核对 {} 个数据流的 {} 条读数：{} 处不一致\n"
               : "Checked {} streams with {} readings: {} differences\n"
        ),
        found->streams,
        found->rows,
        found->different.size()
    );
    for (const auto stream : found->different) {
        fmt::print(fmt::runtime(zh ? "  数据流 {}\n" : "  stream {}\n"), stream);
    }
    return found->different.empty();
}

}  // namespace chengshu::app
