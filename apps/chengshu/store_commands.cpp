#include "adapters/postgres/backup.hpp"
#include "commands.hpp"
#include "domain/cases/case.hpp"
#include "readings.hpp"
#include "sensing.hpp"
#include "services/case_row.hpp"
#include "services/city_revisions.hpp"
#include "services/repair.hpp"
#include "services/verify.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>

namespace chengshu::app {
namespace {

namespace fs = std::filesystem;

Status backup(const Common& common, const std::string& to) {
    CS_TRY(runtime, open_runtime(common, Open::ReadOnly));
    if (fs::exists(to)) {
        return fail(
            ErrorCode::InvalidInput,
            fmt::format("{} exists already; a backup goes into a new folder", to)
        );
    }
    std::error_code error;
    const fs::path folder = fs::path(to).string() + ".partial";
    fs::remove_all(folder, error);
    fs::create_directories(folder, error);
    if (error) {
        return fail(
            ErrorCode::StorageUnavailable,
            fmt::format("{} cannot be made: {}", folder.string(), error.message())
        );
    }
    // The readings first: all streams that they belong to are in the store that is copied after
    // them.
    CS_CHECK(backup_readings(*runtime, readings_file(folder)));
    CS_CHECK(runtime->store->backup(
        (folder / "chengshu.db").string(),
        [](std::int64_t done, std::int64_t total) { show_progress("backup", done, total); }
    ));
    end_progress();
    // Blobs never change once written, so a plain copy is consistent; it comes after the store,
    // which names them.
    if (fs::exists(common.data / "blobs")) {
        fs::copy(common.data / "blobs", folder / "blobs", fs::copy_options::recursive, error);
    }
    if (!error) {
        fs::rename(folder, to, error);
    }
    if (error) {
        return fail(
            ErrorCode::StorageUnavailable,
            fmt::format("the backup could not be finished: {}", error.message())
        );
    }
    fmt::print(fmt::runtime(common.language == "zh" ? "已备份到 {}\n" : "Backed up to {}\n"), to);
    return ok();
}

enum class Archive { None, Sqlite, Postgres };

/// What a backup holds, by its first bytes.
Archive archive_of(const fs::path& file) {
    std::string first(16, '\0');
    std::ifstream in(file, std::ios::binary);
    in.read(first.data(), static_cast<std::streamsize>(first.size()));
    return first.starts_with("SQLite format 3") ? Archive::Sqlite
           : first.starts_with("PGDMP")         ? Archive::Postgres
                                                : Archive::None;
}

Status check_archive(const fs::path& archive, bool postgres) {
    if (!fs::exists(archive)) {
        return fail(
            ErrorCode::NotFound,
            fmt::format(
                "{} holds no backup (chengshu.db is missing)", archive.parent_path().string()
            )
        );
    }
    const auto kind = archive_of(archive);
    if (kind == Archive::None) {
        return fail(ErrorCode::InvalidInput, fmt::format("{} is no backup", archive.string()));
    }
    if ((kind == Archive::Postgres) != postgres) {
        return fail(
            ErrorCode::InvalidInput,
            fmt::format(
                "{} is a backup of {}, but store.kind is {}",
                archive.string(),
                postgres ? "SQLite" : "PostgreSQL",
                postgres ? "postgres" : "sqlite"
            ),
            "store.kind"
        );
    }
    return ok();
}

Failure unfinished(const std::error_code& error) {
    return fail(
        ErrorCode::StorageUnavailable,
        fmt::format("the restore could not be finished: {}", error.message())
    );
}

/// Where the store goes, in words; refuses a place that is not empty.
Result<std::string>
restore_target(const Common& common, const std::optional<std::string>& conninfo) {
    if (conninfo) {
        CS_TRY(state, postgres::inspect_database(*conninfo));
        if (state.tables != 0) {
            return fail(
                ErrorCode::InvalidInput,
                fmt::format(
                    "database {} holds {} tables already; restore into an empty database",
                    state.name,
                    state.tables
                )
            );
        }
        return "PostgreSQL " + state.name;
    }
    for (const auto& file : {common.data / "chengshu.db", readings_file(common.data)}) {
        if (fs::exists(file)) {
            return fail(
                ErrorCode::InvalidInput,
                fmt::format(
                    "{} holds a store already; restore into a new data folder", common.data.string()
                )
            );
        }
    }
    return (common.data / "chengshu.db").string();
}

Status copy_photos(const Common& common, const fs::path& from) {
    std::error_code error;
    if (fs::exists(from / "blobs")) {
        fs::copy(
            from / "blobs",
            common.data / "blobs",
            fs::copy_options::recursive | fs::copy_options::skip_existing,
            error
        );
    }
    return error ? Status(unfinished(error)) : ok();
}

/// The file appears under its name only when it is complete.
Status copy_whole(const fs::path& from, const fs::path& to) {
    std::error_code error;
    const fs::path partial = to.string() + ".partial";
    fs::copy_file(from, partial, fs::copy_options::overwrite_existing, error);
    if (!error) {
        fs::rename(partial, to, error);
    }
    return error ? Status(unfinished(error)) : ok();
}

/// The store last: what is cut off before is no store yet, and can be begun again.
Status write_store(
    const Common& common,
    const fs::path& archive,
    const std::optional<std::string>& conninfo
) {
    if (conninfo) {
        auto done = postgres::restore_database(
            *conninfo,
            archive.string(),
            [](std::int64_t part, std::int64_t parts) { show_progress("restore", part, parts); }
        );
        end_progress();
        return done;
    }
    const auto readings = readings_file(archive.parent_path());
    if (fs::exists(readings)) {
        CS_CHECK(copy_whole(readings, readings_file(common.data)));
    }
    return copy_whole(archive, common.data / "chengshu.db");
}

Status restore(const Common& common, const std::string& from, bool dry_run) {
    CS_TRY(settings, load_settings(common));
    const bool zh = common.language == "zh";
    std::optional<std::string> conninfo;
    if (settings.text("store.kind") == "postgres") {
        conninfo = settings.text("store.postgres");
    }
    const auto archive = fs::path(from) / "chengshu.db";
    CS_CHECK(check_archive(archive, conninfo.has_value()));
    CS_TRY(target, restore_target(common, conninfo));
    fmt::print(
        fmt::runtime(
            zh ? "将把 {}（{} 字节）恢复到 {}，照片恢复到 {}\n"
               : "{} ({} bytes) goes to {}, photos to {}\n"
        ),
        archive.string(),
        fs::file_size(archive),
        target,
        (common.data / "blobs").string()
    );
    if (dry_run) {
        fmt::print("{}\n", zh ? "仅为预演，未作任何改动" : "A dry run: nothing was changed");
        return ok();
    }
    std::fflush(stdout);
    std::error_code error;
    fs::create_directories(common.data, error);
    if (error) {
        return unfinished(error);
    }
    CS_CHECK(copy_photos(common, from));
    CS_CHECK(write_store(common, archive, conninfo));
    CS_TRY(runtime, open_runtime(common, Open::Existing));
    CS_TRY(stats, runtime->store->stats());
    std::int64_t readings = 0;
    if (conninfo || fs::exists(readings_file(common.data))) {
        CS_TRY(store, open_observations(*runtime));
        CS_TRY(found, store->stats());
        readings = found.rows;
    }
    fmt::print(
        fmt::runtime(
            zh ? "已恢复：{} 个案件，{} 条日志，{} 条读数；请运行 chengshu verify 核对\n"
               : "Restored: {} cases, {} journal entries, {} readings; run `chengshu verify` to "
                 "check\n"
        ),
        stats.cases,
        stats.head.value,
        readings
    );
    return ok();
}

void print_verification(const services::Verification& found, bool zh) {
    fmt::print(
        fmt::runtime(
            zh ? "已核对 {} 条日志、{} 个案件、{} 个统计单元：{} 处不一致\n"
               : "Checked {} entries, {} cases, {} statistics cells: {} differences\n"
        ),
        found.entries,
        found.cases,
        found.cells,
        found.different
    );
    if (found.older_than_revision > 0) {
        fmt::print(
            fmt::runtime(
                zh ? "其中 {} 个案件早于当前城市版本，其时限未重算\n"
                   : "{} cases began under an earlier revision; their deadlines were not "
                     "recomputed\n"
            ),
            found.older_than_revision
        );
    }
    for (const auto& item : found.differences) {
        fmt::print("  {}: stored {} / recomputed {}\n", item.what, item.stored, item.recomputed);
    }
    if (found.different > static_cast<std::int64_t>(found.differences.size())) {
        fmt::print(
            fmt::runtime(zh ? "  （仅列出前 {} 处）\n" : "  (the first {} of them)\n"),
            found.differences.size()
        );
    }
    if (found.stale_cases > 0 || found.stale_cells > 0) {
        fmt::print(
            fmt::runtime(
                zh ? "{} 个案件、{} 个统计单元按旧指标统计；chengshu verify --repair 将重写它们\n"
                   : "{} cases and {} statistics cells count by earlier measures; `chengshu verify "
                     "--repair` rewrites them\n"
            ),
            found.stale_cases,
            found.stale_cells
        );
    }
}

Result<services::Verification> verify_once(Runtime& runtime, const services::Definitions& city) {
    auto found = services::verify(*runtime.store, city, show_progress);
    end_progress();
    return found;
}

Status repair(Runtime& runtime, const services::DefinitionsPtr& definitions, bool zh) {
    services::CurrentDefinitions current(definitions);
    services::Engine engine(*runtime.store, *runtime.clock, current);
    services::RepairOptions options;
    options.progress = show_progress;
    auto done = services::repair_statistics(engine, *definitions, options);
    end_progress();
    CS_CHECK(done);
    fmt::print(
        fmt::runtime(
            zh ? "已重写 {} 个案件与 {} 个统计单元；再次核对：\n"
               : "Rewrote {} cases and {} statistics cells; verifying again:\n"
        ),
        done->cases,
        done->cells
    );
    return ok();
}

Result<bool> verify(const Common& common, bool repairing) {
    CS_TRY(runtime, open_runtime(common, repairing ? Open::Existing : Open::ReadOnly));
    CS_TRY(definitions, services::stored_definitions(*runtime->store));
    const bool zh = common.language == "zh";
    CS_TRY(found, verify_once(*runtime, *definitions));
    print_verification(found, zh);
    CS_TRY(readings_agree, verify_readings(*runtime, zh));
    if (repairing && (found.stale_cases > 0 || found.stale_cells > 0)) {
        std::fflush(stdout);
        CS_CHECK(repair(*runtime, definitions, zh));
        CS_TRY(again, verify_once(*runtime, *definitions));
        print_verification(again, zh);
        return again.different == 0 && readings_agree;
    }
    return found.different == 0 && readings_agree;
}

using Out = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

Result<Out> open_out(const std::string& to) {
    if (to == "-") {
        return Out(stdout, [](std::FILE*) { return 0; });
    }
    Out out(std::fopen(to.c_str(), "wb"), std::fclose);
    if (!out) {
        return fail(ErrorCode::StorageUnavailable, fmt::format("{} cannot be written", to));
    }
    return out;
}

/// One JSON document a line: the case as stored, or the journal entry.
Status export_lines(const Common& common, const std::string& what, const std::string& to) {
    CS_TRY(runtime, open_runtime(common, Open::ReadOnly));
    CS_TRY(out, open_out(to));
    bool written = true;
    if (what == "cases") {
        CS_CHECK(runtime->store->each_case(CaseId{}, [&](const ports::CaseRow& row) {
            written = std::fprintf(out.get(), "%s\n", row.body.c_str()) > 0;
            return written;
        }));
    } else {
        Seq after;
        while (written) {
            CS_TRY(rows, runtime->store->journal(after, 1000));
            if (rows.empty()) {
                break;
            }
            for (const auto& row : rows) {
                boost::system::error_code error;
                boost::json::object line{
                    {"seq", row.seq.value},
                    {"at", format_utc(from_millis(row.at))},
                    {"type", row.type},
                    {"actor", row.actor}
                };
                if (row.case_id) {
                    line["case"] = cases::format_case_id(row.case_id);
                }
                line["body"] = boost::json::parse(row.body, error);
                written = std::fprintf(out.get(), "%s\n", boost::json::serialize(line).c_str()) > 0;
            }
            after = rows.back().seq;
        }
    }
    if (!written || std::fflush(out.get()) != 0) {
        return fail(ErrorCode::StorageUnavailable, fmt::format("writing {} failed", to));
    }
    return ok();
}

int finish(const Status& done, const Common& common) {
    return done ? 0 : complain(done.error(), common.language);
}

}  // namespace

int run_init(const Common& common) {
    if (fs::exists(common.data / "chengshu.db")) {
        return complain(
            {ErrorCode::InvalidInput,
             fmt::format("{} holds a store already", common.data.string()),
             ""},
            common.language
        );
    }
    const auto runtime = open_runtime(common, Open::Create);
    if (!runtime) {
        return complain(runtime.error(), common.language);
    }
    fmt::print(
        fmt::runtime(
            common.language == "zh" ? "已在 {} 建立数据目录\n" : "Made an empty store in {}\n"
        ),
        common.data.string()
    );
    return 0;
}

int run_backup(const Common& common, const std::string& to) {
    return finish(backup(common, to), common);
}

int run_restore(const Common& common, const std::string& from, bool dry_run) {
    return finish(restore(common, from, dry_run), common);
}

int run_verify(const Common& common, bool repair) {
    const auto same = verify(common, repair);
    return same ? (*same ? 0 : 1) : complain(same.error(), common.language);
}

int run_export(const Common& common, const std::string& what, const std::string& to) {
    return finish(export_lines(common, what, to), common);
}

int run_config_show(const Common& common) {
    const auto settings = load_settings(common);
    if (!settings) {
        return complain(settings.error(), common.language);
    }
    for (const auto& [name, value] : settings->all()) {
        fmt::print(
            "{:<28} {:<24} {}\n", name, value.text.empty() ? "\"\"" : value.text, value.source
        );
    }
    return 0;
}

}  // namespace chengshu::app
