#include "adapters/sqlite/sqlite_store.hpp"
#include "commands.hpp"
#include "domain/cases/case.hpp"
#include "services/case_row.hpp"
#include "services/city_revisions.hpp"
#include "services/verify.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <memory>

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

Status restore(const Common& common, const std::string& from) {
    if (!fs::exists(fs::path(from) / "chengshu.db")) {
        return fail(
            ErrorCode::NotFound, fmt::format("{} holds no backup (chengshu.db is missing)", from)
        );
    }
    if (fs::exists(common.data / "chengshu.db")) {
        return fail(
            ErrorCode::InvalidInput,
            fmt::format(
                "{} holds a store already; restore into a new data folder", common.data.string()
            )
        );
    }
    std::error_code error;
    fs::create_directories(common.data, error);
    const auto partial = common.data / "chengshu.db.partial";
    fs::copy_file(
        fs::path(from) / "chengshu.db", partial, fs::copy_options::overwrite_existing, error
    );
    if (!error && fs::exists(fs::path(from) / "blobs")) {
        fs::copy(
            fs::path(from) / "blobs",
            common.data / "blobs",
            fs::copy_options::recursive | fs::copy_options::skip_existing,
            error
        );
    }
    if (!error) {
        fs::rename(partial, common.data / "chengshu.db", error);
    }
    if (error) {
        return fail(
            ErrorCode::StorageUnavailable,
            fmt::format("the restore could not be finished: {}", error.message())
        );
    }
    CS_TRY(runtime, open_runtime(common, Open::Existing));
    CS_TRY(stats, runtime->store->stats());
    fmt::print(
        fmt::runtime(
            common.language == "zh"
                ? "已恢复：{} 个案件，{} 条日志；请运行 chengshu verify 核对\n"
                : "Restored: {} cases, {} journal entries; run `chengshu verify` to check\n"
        ),
        stats.cases,
        stats.head.value
    );
    return ok();
}

Result<bool> verify(const Common& common) {
    CS_TRY(runtime, open_runtime(common, Open::ReadOnly));
    CS_TRY(definitions, services::stored_definitions(*runtime->store));
    CS_TRY(
        found,
        services::verify(
            *runtime->store,
            *definitions,
            [](const char* stage, std::int64_t done, std::int64_t total) {
                show_progress(stage, done, total);
            }
        )
    );
    end_progress();
    const bool zh = common.language == "zh";
    fmt::print(
        fmt::runtime(
            zh ? "已核对 {} 条日志、{} 个案件、{} 个统计单元：{} 处不一致\n"
               : "Checked {} entries, {} cases, {} statistics cells: {} differences\n"
        ),
        found.entries,
        found.cases,
        found.cells,
        found.differences.size()
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
    return found.differences.empty();
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

int run_restore(const Common& common, const std::string& from) {
    return finish(restore(common, from), common);
}

int run_verify(const Common& common) {
    const auto same = verify(common);
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
