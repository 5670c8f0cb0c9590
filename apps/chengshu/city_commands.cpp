#include "adapters/files/city_folder.hpp"
#include "adapters/memory/memory_observations.hpp"
#include "commands.hpp"
#include "domain/cases/workflow.hpp"
#include "services/accounts.hpp"
#include "services/city_revisions.hpp"
#include "services/sensing/terminals.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

namespace chengshu::app {
namespace {

struct Folder {
    std::filesystem::path root;
    std::string code;
};

/// "…/cities/beijing" → root "…", code "beijing".
Result<Folder> folder_of(const std::string& path) {
    auto folder = std::filesystem::path(path).lexically_normal();
    if (folder.filename().empty()) {
        folder = folder.parent_path();
    }
    if (folder.parent_path().filename() != "cities" || !std::filesystem::is_directory(folder)) {
        return fail(
            ErrorCode::InvalidInput,
            fmt::format("{} is not a city folder; write cities/<code>", path)
        );
    }
    return Folder{folder.parent_path().parent_path(), folder.filename().string()};
}

void print(const std::vector<city::Finding>& findings, const std::string& language) {
    for (const auto& item : findings) {
        const auto hint = item.hint.of(language);
        fmt::print(
            "{}:{}:{}: {}: {}{}\n",
            item.path,
            item.line,
            item.column,
            item.error ? (language == "zh" ? "错误" : "error")
                       : (language == "zh" ? "提醒" : "warning"),
            item.message.of(language),
            hint.empty() ? "" : fmt::format(" — {}", hint)
        );
    }
}

struct Checked {
    Folder folder;
    std::vector<city::CityFile> files;
    services::ParsedDefinitions parsed;
};

Result<Checked> check(const std::string& path) {
    CS_TRY(folder, folder_of(path));
    CS_TRY(files, files::read_city(folder.root.empty() ? "." : folder.root, folder.code));
    auto parsed = services::parse_definitions(folder.code, files);
    return Checked{std::move(folder), std::move(files), std::move(parsed)};
}

std::string summary(const services::Definitions& definitions, const std::string& language) {
    const auto& city = *definitions.city;
    const auto text =
        language == "zh"
            ? "{}：{} 个区域，{} 个部门，{} 个类目，{} 条立案标准，{} 条权责，{} 个流程\n"
            : "{}: {} areas, {} departments, {} categories, {} standards, {} responsibilities, {} "
              "workflows\n";
    return fmt::format(
        fmt::runtime(text),
        city.name().of(language),
        city.areas().size(),
        city.departments().size(),
        city.categories().size(),
        city.standards().size(),
        city.responsibilities().size(),
        definitions.workflows.size()
    );
}

/// Demo accounts of the folder that the store does not have yet get the password.
Status add_demo_accounts(
    services::UnitOfWork& work,
    const services::Definitions& definitions,
    const std::string& hash,
    int& added
) {
    for (const auto& demo : definitions.city->demo_accounts()) {
        CS_TRY(known, work.document("account", demo.login));
        if (!known) {
            services::Account account;
            account.login = demo.login;
            account.name = demo.name;
            account.posts = demo.posts;
            account.password_hash = hash;
            CS_CHECK(services::put_account(work, "operator", account));
            ++added;
        }
    }
    return ok();
}

/// Terminals of the folder that the ledger does not have yet.
Result<services::TerminalsAdded>
add_terminals(Runtime& run, services::Engine& engine, services::CurrentDefinitions& current) {
    // A folder of terminals brings no observations.
    memory::MemoryObservations no_rows((run.data / "exports").string());
    services::DirectObservations door(no_rows, *run.clock);
    services::SensingEntities entities(current, door, services::PublicSight::Nothing);
    CS_CHECK(entities.load(*run.store));
    return services::add_terminals(engine, entities, *current.get()->city);
}

void print(const services::TerminalsAdded& added, bool zh) {
    if (added.any()) {
        fmt::print(
            fmt::runtime(
                zh ? "新增感知终端 {} 个，数据流 {} 条\n" : "Added {} terminals with {} streams\n"
            ),
            added.things,
            added.streams
        );
    }
}

}  // namespace

int run_city_check(const Common& common, const std::string& path) {
    auto checked = check(path);
    if (!checked) {
        return complain(checked.error(), common.language);
    }
    print(checked->parsed.findings, common.language);
    if (!checked->parsed.definitions) {
        return 1;
    }
    fmt::print("{}", summary(*checked->parsed.definitions, common.language));
    return 0;
}

int run_city_load(const Common& common, const std::string& path, bool dry_run) {
    auto checked = check(path);
    if (!checked) {
        return complain(checked.error(), common.language);
    }
    print(checked->parsed.findings, common.language);
    if (!checked->parsed.definitions) {
        return 1;
    }
    auto runtime = open_runtime(common, Open::Existing);
    if (!runtime) {
        return complain(runtime.error(), common.language);
    }
    auto& run = **runtime;
    const auto password = run.secrets.random_token(9);
    auto hash = run.secrets.hash_password(password);
    if (!hash) {
        return complain(hash.error(), common.language);
    }
    services::CurrentDefinitions current(checked->parsed.definitions);
    services::Engine engine(*run.store, *run.clock, current);
    int added = 0;
    services::LoadedCity loaded;
    const auto reply = run_now(engine, [&](services::UnitOfWork& work) -> Result<std::string> {
        CS_TRY(
            city,
            services::load_city(work, run.secrets, checked->folder.code, checked->files, "operator")
        );
        loaded = city;
        CS_CHECK(add_demo_accounts(work, *checked->parsed.definitions, *hash, added));
        if (dry_run) {
            return fail(ErrorCode::RuleViolation, "dry run");
        }
        return std::string("{}");
    });
    if (!reply && !(dry_run && reply.error().context == "dry run")) {
        return complain(reply.error(), common.language);
    }
    const bool zh = common.language == "zh";
    fmt::print("{}", summary(*checked->parsed.definitions, common.language));
    if (!loaded.changed) {
        fmt::print("{}\n", zh ? "与已载入的版本相同" : "The same as the revision that is loaded");
    } else {
        fmt::print(
            fmt::runtime(zh ? "{}版本 {}\n" : "{} revision {}\n"),
            dry_run ? (zh ? "将载入" : "Would load") : (zh ? "已载入" : "Loaded"),
            loaded.revision
        );
    }
    if (!dry_run) {
        const auto terminals = add_terminals(run, engine, current);
        if (!terminals) {
            return complain(terminals.error(), common.language);
        }
        print(*terminals, zh);
    }
    if (added > 0 && !dry_run) {
        fmt::print(
            fmt::runtime(
                zh ? "新增 {} 个演示账号，口令：{}（请尽快修改，仅显示一次）\n"
                   : "Added {} demo accounts; their password: {} (shown once; change it)\n"
            ),
            added,
            password
        );
    }
    return 0;
}

int run_workflow_diagram(const Common& common, const std::string& path, const std::string& code) {
    auto checked = check(path);
    if (!checked) {
        return complain(checked.error(), common.language);
    }
    if (!checked->parsed.definitions) {
        print(checked->parsed.findings, common.language);
        return 1;
    }
    const auto& flows = checked->parsed.definitions->workflows;
    const auto found = flows.find(code);
    if (found == flows.end()) {
        return complain(
            {ErrorCode::NotFound, fmt::format("the city has no workflow {}", code), "workflow"},
            common.language
        );
    }
    fmt::print("{}", cases::diagram(found->second, common.language));
    return 0;
}

}  // namespace chengshu::app
