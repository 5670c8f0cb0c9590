#include "commands.hpp"
#include "settings.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cstdlib>
#include <functional>
#include <string_view>

namespace {

using namespace chengshu::app;

/// "zh" when the environment says that the reader's language is Chinese.
std::string language_of_environment() {
    for (const char* name : {"LC_ALL", "LC_MESSAGES", "LANG"}) {
        const char* value = std::getenv(name);
        if (value != nullptr && *value != '\0') {
            return std::string_view(value).substr(0, 2) == "zh" ? "zh" : "en";
        }
    }
    return "en";
}

struct CommandLine {
    Common common;
    std::function<int()> run;
    std::string folder;
    std::string to;
    std::string from;
    std::string what = "cases";
    std::string workflow;
    bool dry_run = false;
    bool trial = false;
    bool repair = false;
    ReplayCommand replay;
    AccountCommand account;
    std::int64_t reports = 0;
};

void add_common(CLI::App& app, Common& common) {
    app.add_option("--data", common.data, "Data folder 数据目录")->capture_default_str();
    app.add_option(
        "--config", common.config, "Settings file 配置文件 (default <data>/chengshu.yaml)"
    );
    app.add_option("--set", common.set, "name=value, overrides a setting 覆盖一项配置");
    app.add_option("--language", common.language, "zh or en")->check(CLI::IsMember({"zh", "en"}));
}

CLI::App*
add(CLI::App& app, CommandLine& line, const char* name, const char* help, std::function<int()> run
) {
    auto* command = app.add_subcommand(name, help);
    add_common(*command, line.common);
    command->callback([&line, run = std::move(run)] { line.run = run; });
    return command;
}

void add_city(CLI::App& app, CommandLine& line) {
    auto* city = app.add_subcommand("city", "Check or load a city folder 检查或载入城市数据");
    city->require_subcommand(1);
    auto* check =
        add(*city,
            line,
            "check",
            "Check a folder; every mistake with file, line and column 检查城市目录",
            [&line] { return run_city_check(line.common, line.folder); });
    check->add_option("folder", line.folder, "cities/<code>")->required();
    auto* load =
        add(*city, line, "load", "Load a folder as a new dated revision 载入为新的版本", [&line] {
            return run_city_load(line.common, line.folder, line.dry_run);
        });
    load->add_option("folder", line.folder, "cities/<code>")->required();
    load->add_flag("--dry-run", line.dry_run, "Say what would change, change nothing 只检查不写入");
    auto* diagram =
        add(*city, line, "diagram", "Draw a workflow as a Mermaid diagram 绘制流程图", [&line] {
            return run_workflow_diagram(line.common, line.folder, line.workflow);
        });
    diagram->add_option("folder", line.folder, "cities/<code>")->required();
    diagram->add_option("workflow", line.workflow, "Workflow code 流程代码")->required();
}

void add_things(CLI::App& app, CommandLine& line) {
    auto* things = app.add_subcommand("things", "The ledger of terminals 感知终端台账");
    things->require_subcommand(1);
    auto* import =
        add(*things,
            line,
            "import",
            "Register the terminals of a CSV file; a report for every row that is refused "
            "由 CSV 文件批量登记终端，逐行报告问题",
            [&line] { return run_things_import(line.common, line.from, line.dry_run); });
    import->add_option("file", line.from, "CSV, UTF-8, with a head line 带表头的 CSV 文件")
        ->required();
    import->add_flag(
        "--dry-run", line.dry_run, "Say what would change, change nothing 只检查不写入"
    );
}

void add_replay(CLI::App& app, CommandLine& line) {
    auto* replay =
        add(app, line, "replay", "Replay a city's real or generated data 重放城市数据", [&line] {
            line.replay.folder = line.folder;
            if (line.reports > 0) {
                line.replay.reports = line.reports;
            }
            return run_replay(line.common, line.replay);
        });
    replay->add_option("folder", line.folder, "cities/<code>")->required();
    replay->add_option("--reports", line.reports, "Generated data: how many reports 生成的上报数");
    replay->add_option(
        "--days", line.replay.days, "Generated data: spread over so many days 分布天数"
    );
    replay->add_flag(
        "--distinct", line.replay.distinct, "Generated data: no repeated reports 不含重复上报"
    );
    replay->add_flag(
        "--no-readings", line.replay.no_readings, "Leave out the readings of terminals 不回放读数"
    );
    replay->add_option("--batch", line.replay.batch, "Happenings a commit holds 每次提交的事件数")
        ->check(CLI::Range(1, 1'000'000));
}

void add_account(CLI::App& app, CommandLine& line) {
    auto* account = app.add_subcommand(
        "account", "Accounts; passwords are read from standard input 账号（口令从标准输入读取）"
    );
    account->require_subcommand(1);
    const auto action = [&](const char* name, const char* help, bool login) {
        auto* command = add(*account, line, name, help, [&line, name] {
            line.account.action = name;
            return run_account(line.common, line.account);
        });
        if (login) {
            command->add_option("login", line.account.login)->required();
        }
        return command;
    };
    action("list", "List accounts 列出账号", false);
    auto* create = action("add", "Add an account 新增账号", true);
    create->add_option("--name", line.account.name, "Name for people 姓名")->required();
    create->add_option("--post", line.account.posts, "Post codes 岗位代码")->required();
    action("password", "Set a password 设置口令", true);
    action("disable", "Disable 停用", true);
    action("enable", "Enable 启用", true);
    action("delete", "Delete 删除", true);
    auto* token =
        action("token", "Make an API token; it is shown once 生成接口令牌（只显示一次）", true);
    token->add_option("--label", line.account.label, "What it is for 用途")->required();
    token->add_option(
        "--scope",
        line.account.scopes,
        "Permission that it is given for, again for each; none: all of the account's "
        "授予的权限，可重复；不写则为账号的全部权限"
    );
}

void add_store(CLI::App& app, CommandLine& line) {
    add(app, line, "init", "Make an empty store in the data folder 初始化数据目录", [&line] {
        return run_init(line.common);
    });
    add(app, line, "serve", "Serve the city 启动服务", [&line] {
        return run_serve(line.common, line.trial);
    })->add_flag("--trial", line.trial, "Start, check everything, stop 试启动后退出");
    add(app,
        line,
        "backup",
        "Copy the store while it is in use 在线备份",
        [&line] { return run_backup(line.common, line.to); })
        ->add_option("to", line.to, "Folder that does not exist yet 备份到的新目录")
        ->required();
    add(app,
        line,
        "copy",
        "Copy the whole store, readings too, into a new data folder or an empty PostgreSQL "
        "database; stop the server first 将整个存储复制到新的数据目录或空的 PostgreSQL 数据库"
        "（请先停止服务）",
        [&line] { return run_copy(line.common, line.to); })
        ->add_option(
            "to",
            line.to,
            "New folder, or connection string (postgresql://…, \"host=… dbname=…\") "
            "新目录，或数据库连接串"
        )
        ->required();
    auto* restore =
        add(app,
            line,
            "restore",
            "Make a store from a backup: a data folder, or an empty PostgreSQL database "
            "从备份恢复到新的数据目录或空的 PostgreSQL 数据库",
            [&line] { return run_restore(line.common, line.from, line.dry_run); });
    restore->add_option("from", line.from, "Folder of a backup 备份目录")->required();
    restore->add_flag("--dry-run", line.dry_run, "Say what would be done, do nothing 只说明不执行");
    add(app,
        line,
        "verify",
        "Recompute everything derived from the journal and compare 由事件日志重算并核对",
        [&line] { return run_verify(line.common, line.repair); })
        ->add_flag(
            "--repair",
            line.repair,
            "Rewrite statistics that count by earlier measures; stop the server first "
            "重写按旧指标统计的数据（请先停止服务）"
        );
    auto* out =
        add(app,
            line,
            "export",
            "Write cases or the journal to a file 导出案件或事件日志",
            [&line] { return run_export(line.common, line.what, line.to); });
    out->add_option("what", line.what, "cases or journal")
        ->check(CLI::IsMember({"cases", "journal"}))
        ->required();
    out->add_option("to", line.to, "File; - is standard output 输出文件")->required();
    auto* observations = app.add_subcommand("observations", "Readings 感知读数");
    observations->require_subcommand(1);
    add(*observations,
        line,
        "retain",
        "Carry out the rules of retention.yaml; stop the server first "
        "执行读数保存期规则（请先停止服务）",
        [&line] { return run_retain(line.common, line.dry_run); }
    )->add_flag("--dry-run", line.dry_run, "Say what would go, do nothing 只说明不执行");
    auto* config = app.add_subcommand("config", "Settings 配置");
    config->require_subcommand(1);
    add(*config,
        line,
        "show",
        "Every setting, its value and where it comes from 显示生效配置及来源",
        [&line] { return run_config_show(line.common); });
    config->add_subcommand("reference", "The reference page of all settings 配置说明")
        ->callback([&line] {
            line.run = [] {
                fmt::print("{}", settings_reference());
                return 0;
            };
        });
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{"Chengshu 城枢: an open city-operations platform 城市运行管理平台"};
    app.require_subcommand(1);
    CommandLine line;
    line.common.language = language_of_environment();
    add_store(app, line);
    add_city(app, line);
    add_replay(app, line);
    add_account(app, line);
    add_things(app, line);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        const int code = app.exit(error);
        return code == 0 ? 0 : 2;
    }
    return line.run();
}
