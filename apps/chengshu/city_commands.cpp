#include "adapters/memory/memory_observations.hpp"
#include "city_load.hpp"
#include "commands.hpp"
#include "domain/cases/workflow.hpp"
#include "services/sensing/terminals.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

namespace chengshu::app {
namespace {

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

void print_revision(const std::string& revision, bool changed, bool dry_run, bool zh) {
    if (!changed) {
        fmt::print("{}\n", zh ? "与已载入的版本相同" : "The same as the revision that is loaded");
        return;
    }
    fmt::print(
        fmt::runtime(zh ? "{}版本 {}\n" : "{} revision {}\n"),
        dry_run ? (zh ? "将载入" : "Would load") : (zh ? "已载入" : "Loaded"),
        revision
    );
}

void print_accounts(std::int64_t added, const std::string& password, bool zh) {
    if (added > 0) {
        fmt::print(
            fmt::runtime(
                zh ? "新增 {} 个演示账号，口令：{}（请尽快修改，仅显示一次）\n"
                   : "Added {} demo accounts; their password: {} (shown once; change it)\n"
            ),
            added,
            password
        );
    }
}

/// Numbers of what was there before would be wrong without a word.
void print_recount(bool counts_otherwise, bool zh) {
    if (counts_otherwise) {
        fmt::print(
            "{}\n",
            zh ? "统计口径已变：此前的案件在停止服务并运行 chengshu verify --repair 后按新口径统计"
               : "What is counted has changed: cases from before count by it after "
                 "`chengshu verify --repair`, with the server stopped"
        );
    }
}

/// What the running server has said.
void print(const CityTaken& taken, bool zh) {
    print_revision(taken.revision, taken.changed, false, zh);
    print_recount(taken.counts_otherwise, zh);
    if (taken.changed) {
        fmt::print("{}\n", zh ? "运行中的服务已启用" : "In force in the running server");
    }
    if (taken.not_in_ledger > 0) {
        fmt::print(
            fmt::runtime(
                zh ? "有 {} 个感知终端不在台账中：请停止服务后再次载入，或通过接口登记\n"
                   : "{} terminals are not in the ledger: load again while the server is stopped, "
                     "or register them over its interface\n"
            ),
            taken.not_in_ledger
        );
    }
}

}  // namespace

int run_city_check(const Common& common, const std::string& path) {
    auto checked = check_city(path);
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
    auto checked = check_city(path);
    if (!checked) {
        return complain(checked.error(), common.language);
    }
    print(checked->parsed.findings, common.language);
    if (!checked->parsed.definitions) {
        return 1;
    }
    const bool zh = common.language == "zh";
    crypto::OpensslSecrets secrets;
    const auto password = secrets.random_token(9);
    const auto hash = secrets.hash_password(password);
    if (!hash) {
        return complain(hash.error(), common.language);
    }
    if (!dry_run) {
        const auto folder = std::filesystem::absolute(path);
        const auto taken = ask_to_load(common.data, folder, *hash);
        if (!taken) {
            return complain(taken.error(), common.language);
        }
        if (*taken) {
            fmt::print("{}", summary(*checked->parsed.definitions, common.language));
            print(**taken, zh);
            print_accounts((*taken)->accounts, password, zh);
            return 0;
        }
    }
    auto runtime = open_runtime(common, Open::Existing);
    if (!runtime) {
        return complain(runtime.error(), common.language);
    }
    auto& run = **runtime;
    services::CurrentDefinitions current(checked->parsed.definitions);
    services::Engine engine(*run.store, *run.clock, current);
    CityLoad load;
    const auto reply = run_now(engine, [&](services::UnitOfWork& work) -> Result<std::string> {
        CS_TRY(staged, stage_city(work, run.secrets, *checked, *hash));
        load = std::move(staged);
        if (dry_run) {
            return fail(ErrorCode::RuleViolation, "dry run");
        }
        return std::string("{}");
    });
    if (!reply && !(dry_run && reply.error().context == "dry run")) {
        return complain(reply.error(), common.language);
    }
    fmt::print("{}", summary(*checked->parsed.definitions, common.language));
    print_revision(load.loaded.revision, load.loaded.changed, dry_run, zh);
    print_recount(load.loaded.counts_otherwise, zh);
    if (!dry_run) {
        const auto terminals = add_terminals(run, engine, current);
        if (!terminals) {
            return complain(terminals.error(), common.language);
        }
        print(*terminals, zh);
        print_accounts(load.accounts, password, zh);
    }
    return 0;
}

int run_workflow_diagram(const Common& common, const std::string& path, const std::string& code) {
    auto checked = check_city(path);
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
