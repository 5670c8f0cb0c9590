#include "adapters/duckdb/duck_observations.hpp"
#include "adapters/postgres/backup.hpp"
#include "adapters/postgres/pg_observations.hpp"
#include "adapters/postgres/pg_store.hpp"
#include "adapters/sqlite/sqlite_store.hpp"
#include "commands.hpp"
#include "readings.hpp"
#include "sensing.hpp"
#include "services/city_revisions.hpp"
#include "services/copy.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <optional>
#include <string>

namespace chengshu::app {
namespace {

namespace fs = std::filesystem;

/// Where a copy goes to. What it holds before finish() is never taken for a store: a folder has
/// another name until then, and in a database the system of record comes last, in one transaction.
class Target {
public:
    virtual ~Target() = default;
    [[nodiscard]] virtual const std::string& name() const = 0;
    virtual ports::Store& store() = 0;
    virtual Result<ports::ObservationStore*> readings() = 0;
    virtual Status finish(const Runtime& from) = 0;
    /// What the operator does next.
    [[nodiscard]] virtual std::string advice(const Runtime& from, bool zh) const = 0;
};

class FolderTarget final : public Target {
public:
    static Result<std::unique_ptr<Target>> open(const std::string& to) {
        if (fs::exists(to)) {
            return fail(
                ErrorCode::InvalidInput,
                fmt::format("{} exists already; a copy goes into a new folder", to)
            );
        }
        std::unique_ptr<FolderTarget> out(new FolderTarget(to));
        std::error_code error;
        fs::remove_all(out->partial_, error);
        fs::create_directories(out->partial_, error);
        if (error) {
            return fail(
                ErrorCode::StorageUnavailable,
                fmt::format("{} cannot be made: {}", out->partial_.string(), error.message())
            );
        }
        CS_TRY(store, sqlite::SqliteStore::open((out->partial_ / "chengshu.db").string(), {}));
        out->store_ = std::move(store);
        return std::unique_ptr<Target>(std::move(out));
    }

    [[nodiscard]] const std::string& name() const override { return to_; }

    ports::Store& store() override { return *store_; }

    Result<ports::ObservationStore*> readings() override {
        duckdb::Options options;
        options.settle_after = 0;
        CS_TRY(
            readings,
            duckdb::DuckObservations::open(readings_file(partial_).string(), std::move(options))
        );
        readings_ = std::move(readings);
        return readings_.get();
    }

    Status finish(const Runtime& from) override {
        store_.reset();
        readings_.reset();
        std::error_code error;
        if (fs::exists(from.data / "blobs")) {
            fs::copy(from.data / "blobs", partial_ / "blobs", fs::copy_options::recursive, error);
        }
        if (!error) {
            fs::rename(partial_, to_, error);
        }
        return error ? Status(fail(
                           ErrorCode::StorageUnavailable,
                           fmt::format("the copy could not be finished: {}", error.message())
                       ))
                     : ok();
    }

    [[nodiscard]] std::string advice(const Runtime&, bool zh) const override {
        return fmt::format(
            fmt::runtime(
                zh ? "照片已一并复制；配置文件未复制。启动：chengshu serve --data {}"
                   : "Photos are copied, too; the settings file is not. Serve it with: chengshu "
                     "serve --data {}"
            ),
            to_
        );
    }

private:
    explicit FolderTarget(const std::string& to) : to_(to), partial_(to + ".partial") {}

    std::string to_;
    fs::path partial_;
    std::unique_ptr<ports::Store> store_;
    std::unique_ptr<ports::ObservationStore> readings_;
};

class DatabaseTarget final : public Target {
public:
    static Result<std::unique_ptr<Target>> open(const std::string& conninfo) {
        CS_TRY(state, postgres::inspect_database(conninfo));
        std::unique_ptr<DatabaseTarget> out(new DatabaseTarget(conninfo, state.name));
        CS_TRY(store, postgres::PgStore::open(conninfo, {}));
        CS_TRY(held, store->stats());
        if (held.head || held.cases > 0 || held.reports > 0) {
            return fail(
                ErrorCode::InvalidInput,
                fmt::format(
                    "database {} holds {} cases and {} journal entries already; copy into an empty "
                    "database",
                    state.name,
                    held.cases,
                    held.head.value
                )
            );
        }
        out->store_ = std::move(store);
        CS_TRY(readings, out->readings());
        CS_TRY(held_readings, readings->stats());
        if (held_readings.last_id > 0) {
            return fail(
                ErrorCode::InvalidInput,
                fmt::format(
                    "database {} holds {} readings but no city: a copy into it was broken off; "
                    "make the database anew",
                    state.name,
                    held_readings.rows
                )
            );
        }
        return std::unique_ptr<Target>(std::move(out));
    }

    [[nodiscard]] const std::string& name() const override { return name_; }

    ports::Store& store() override { return *store_; }

    Result<ports::ObservationStore*> readings() override {
        if (!readings_) {
            CS_TRY(readings, postgres::PgObservations::open(conninfo_, {}));
            readings_ = std::move(readings);
        }
        return readings_.get();
    }

    Status finish(const Runtime&) override { return ok(); }

    [[nodiscard]] std::string advice(const Runtime& from, bool zh) const override {
        return fmt::format(
            fmt::runtime(
                zh ? "照片仍在 {}。启动：chengshu serve --data {} --set store.kind=postgres --set "
                     "store.postgres=…"
                   : "Photos stay in {}. Serve it with: chengshu serve --data {} --set "
                     "store.kind=postgres --set store.postgres=…"
            ),
            (from.data / "blobs").string(),
            from.data.string()
        );
    }

private:
    DatabaseTarget(std::string conninfo, const std::string& name)
        : conninfo_(std::move(conninfo)), name_("PostgreSQL " + name) {}

    std::string conninfo_;
    std::string name_;
    std::unique_ptr<ports::Store> store_;
    std::unique_ptr<ports::ObservationStore> readings_;
};

/// A connection string of PostgreSQL has a scheme or "name=value".
bool names_a_database(const std::string& to) {
    return to.starts_with("postgres://") || to.starts_with("postgresql://") ||
           to.find('=') != std::string::npos;
}

void print_copied(
    const services::StoreDigest& store,
    const std::optional<services::ObservationDigest>& readings,
    bool zh
) {
    fmt::print(
        fmt::runtime(
            zh ? "已复制并逐表核对：{} 个案件、{} 条上报、{} 条日志、{} 个统计单元、{} "
                 "份文档、{} 个幂等键\n"
               : "Copied and compared: {} cases, {} reports, {} journal entries, {} statistics "
                 "cells, {} documents, {} idempotency keys\n"
        ),
        store.cases.rows,
        store.reports.rows,
        store.journal.rows,
        store.cells.rows,
        store.documents.rows,
        store.idempotency.rows
    );
    if (readings) {
        fmt::print(
            fmt::runtime(
                zh ? "以及 {} 个数据流的 {} 条读数、{} 个小时值、{} 个批次键\n"
                   : "and {} streams with {} readings, {} hourly values, {} batch keys\n"
            ),
            readings->streams.rows,
            readings->rows.rows,
            readings->hours.rows,
            readings->keys.rows
        );
    }
}

Status copy(const Common& common, const std::string& to) {
    // Opened for writing: a server that uses the store holds its lock, and is named as the reason.
    CS_TRY(runtime, open_runtime(common, Open::Existing));
    CS_TRY(definitions, services::stored_definitions(*runtime->store));
    CS_TRY(target, names_a_database(to) ? DatabaseTarget::open(to) : FolderTarget::open(to));
    const bool zh = common.language == "zh";
    const auto show = [](const char* stage, std::int64_t done, std::int64_t total) {
        show_progress(stage, done, total);
        return true;
    };
    std::optional<services::ObservationDigest> readings;
    if (runtime->settings.text("store.kind") == "postgres" ||
        fs::exists(readings_file(runtime->data))) {
        CS_TRY(from, open_observations(*runtime));
        CS_TRY(into, target->readings());
        auto copied = services::copy_observations(*from, *into, show);
        end_progress();
        CS_CHECK(copied);
        readings = *copied;
    }
    auto copied = services::copy_store(*runtime->store, target->store(), *definitions, show);
    end_progress();
    CS_CHECK(copied);
    CS_CHECK(target->finish(*runtime));
    fmt::print("{}\n", target->name());
    print_copied(*copied, readings, zh);
    fmt::print("{}\n", target->advice(*runtime, zh));
    return ok();
}

}  // namespace

int run_copy(const Common& common, const std::string& to) {
    const auto done = copy(common, to);
    return done ? 0 : complain(done.error(), common.language);
}

}  // namespace chengshu::app
