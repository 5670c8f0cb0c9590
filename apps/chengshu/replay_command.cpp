#include "adapters/files/city_folder.hpp"
#include "commands.hpp"
#include "sensing.hpp"
#include "services/city_revisions.hpp"
#include "services/replay/generated.hpp"
#include "services/replay/readings.hpp"
#include "services/replay/records.hpp"
#include "services/statistics.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <chrono>
#include <fstream>
#include <sstream>

namespace chengshu::app {
namespace {

/// Open cases of a large city over the days that their lives take.
constexpr std::size_t kCasesKept = 50'000;

Result<std::string> read_file(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) {
        return fail(ErrorCode::NotFound, fmt::format("{} cannot be read", path.string()));
    }
    std::stringstream content;
    content << in.rdbuf();
    return content.str();
}

void print_problems(const services::replay::Outcome& outcome) {
    for (const auto& problem : outcome.problems) {
        fmt::print("  ! {}\n", problem);
    }
}

void print_counts(const std::string& title, const std::map<std::string, std::int64_t>& counts) {
    fmt::print("{}:", title);
    for (const auto& [code, count] : counts) {
        fmt::print(" {} {}", code.empty() ? "—" : code, count);
    }
    fmt::print("\n");
}

/// The store's clock goes on from where the replay ended.
Status keep_clock(services::Engine& engine, StoreClock& clock, Instant end) {
    const auto offset = end - crypto::SystemClock().now();
    const auto reply = run_now(engine, [&](services::UnitOfWork& work) -> Result<std::string> {
        work.set_now(end);
        work.stage_document(
            {"clock",
             "offset",
             boost::json::serialize(boost::json::object{{"offset_ms", offset.count()}})}
        );
        work.stage_entry(
            "clock.set",
            "operator",
            {},
            boost::json::serialize(boost::json::object{{"now", format_utc(end)}})
        );
        return std::string("{}");
    });
    CS_CHECK(reply);
    clock.set_offset(offset);
    return ok();
}

Result<Instant> replay_table(
    const ReplayCommand& command,
    services::Engine& engine,
    const services::Definitions& definitions,
    const city::CityFile& plan,
    bool zh
) {
    YAML::Node root;
    try {
        root = YAML::Load(plan.content);
    } catch (const YAML::Exception& error) {
        return fail(
            ErrorCode::InvalidInput,
            fmt::format("{}:{}: {}", plan.path, error.mark.line + 1, error.msg)
        );
    }
    CS_TRY(
        table, read_file(std::filesystem::path(command.folder) / root["data"].as<std::string>(""))
    );
    CS_TRY(
        report,
        services::replay::replay_records(
            engine,
            definitions,
            plan,
            table,
            command.batch,
            [](std::int64_t done, std::int64_t total) { show_progress("replay", done, total); }
        )
    );
    end_progress();
    fmt::print(
        fmt::runtime(
            zh ? "{} 条真实记录 → {} 个案件；已结 {}，超期 {}；提醒与超期事件 {}\n"
               : "{} real records → {} cases; closed {}, overdue {}; reminders and overdue marks "
                 "{}\n"
        ),
        report.rows,
        report.cases,
        report.closed,
        report.overdue,
        report.outcome.timers
    );
    print_counts(zh ? "部门" : "Departments", report.by_department);
    print_counts(zh ? "状态" : "States", report.by_state);
    print_counts(zh ? "来源" : "Sources", report.by_source);
    fmt::print("{}\n", zh ? "与数据自身的一致性：" : "Agreement with what the data itself says:");
    for (const auto& item : report.agreements) {
        fmt::print(
            "  {:<44} {}/{} = {:.2f} %\n",
            zh ? item.what.zh : item.what.en,
            item.agree,
            item.of,
            100.0 * static_cast<double>(item.agree) / static_cast<double>(item.of)
        );
    }
    if (report.outcome.refused > 0) {
        fmt::print(
            fmt::runtime(zh ? "{} 步未被接受：\n" : "{} steps were refused:\n"),
            report.outcome.refused
        );
        print_problems(report.outcome);
    }
    return report.outcome.end;
}

Result<Instant> replay_made_up(
    const ReplayCommand& command,
    services::Engine& engine,
    const services::Definitions& definitions,
    const city::CityFile& plan,
    bool zh
) {
    CS_TRY(
        report,
        services::replay::replay_generated(
            engine,
            definitions,
            plan,
            {command.reports, command.days, command.distinct},
            command.batch,
            [](std::int64_t done, std::int64_t total) { show_progress("replay", done, total); }
        )
    );
    end_progress();
    fmt::print(
        fmt::runtime(
            zh ? "生成数据（非真实上报）：{} 条上报；提醒与超期事件 {}\n"
               : "Generated data (no real reports): {} reports; reminders and overdue marks {}\n"
        ),
        report.reports,
        report.outcome.timers
    );
    print_counts(zh ? "来源" : "Sources", report.by_source);
    if (report.outcome.refused > 0) {
        fmt::print(
            fmt::runtime(zh ? "{} 步未被接受：\n" : "{} steps were refused:\n"),
            report.outcome.refused
        );
        print_problems(report.outcome);
    }
    return report.outcome.end;
}

void print_terminals(const services::replay::ReadingsReport& report, bool zh) {
    fmt::print(
        "{}\n",
        zh ? "  终端     行数    读数    缺测   缺测段   入库读数  标记的缺测段"
           : "  terminal   rows readings missing gaps in file   stored gaps flagged"
    );
    for (const auto& item : report.terminals) {
        fmt::print(
            "  {:<8} {:>6} {:>8} {:>7} {:>12} {:>8} {:>12}\n",
            item.code,
            item.rows,
            item.readings,
            item.missing,
            item.gaps,
            item.stored,
            item.flagged_gaps
        );
    }
    fmt::print(
        "{}\n",
        report.agrees()
            ? (zh ? "入库与文件一致" : "The store holds what the file says, gaps included")
            : (zh ? "入库与文件不一致！" : "The store differs from the file!")
    );
}

/// The readings of the city's terminals, where it has any. They were made before the rest of what
/// is replayed.
Status replay_winter(
    const ReplayCommand& command,
    Runtime& run,
    services::Engine& engine,
    services::CurrentDefinitions& current,
    bool zh
) {
    const std::filesystem::path folder(command.folder);
    const auto path = folder / "readings.yaml";
    if (command.no_readings || !std::filesystem::exists(path)) {
        return ok();
    }
    CS_TRY(content, read_file(path));
    std::string data;
    try {
        data = YAML::Load(content)["data"].as<std::string>("");
    } catch (const YAML::Exception& error) {
        return fail(
            ErrorCode::InvalidInput,
            fmt::format("{}:{}: {}", path.string(), error.mark.line + 1, error.msg)
        );
    }
    CS_TRY(table, read_file(folder / data));
    CS_TRY(store, open_observations(run));
    services::DirectObservations door(*store, *run.clock);
    services::SensingEntities entities(current, door, services::PublicSight::Nothing);
    CS_CHECK(entities.load(*run.store));
    services::AlarmRules alarms(current, entities);
    CS_CHECK(alarms.load(*run.store));
    services::RuleWatch rules(current, entities);
    CS_CHECK(rules.load(*run.store));
    CS_TRY(
        report,
        services::replay::replay_readings(
            engine,
            *current.get(),
            entities,
            alarms,
            rules,
            {path.string(), content},
            table,
            command.batch,
            [](std::int64_t done, std::int64_t total) { show_progress("readings", done, total); }
        )
    );
    end_progress();
    fmt::print(
        fmt::runtime(
            zh ? "{} 条真实读数入库（{} 条已有）\n"
               : "{} real readings stored ({} were there already)\n"
        ),
        report.added,
        report.known
    );
    print_terminals(report, zh);
    print_counts(zh ? "质量标记" : "Quality flags", report.flags);
    fmt::print(
        fmt::runtime(
            zh ? "告警：立案上报 {}，已有未结案件 {}，未能上报 {}，恢复 {}\n"
               : "Alarms: {} opened a case, {} while an earlier one was open, {} refused, {} "
                 "cleared\n"
        ),
        report.alarms.raised,
        report.alarms.held,
        report.alarms.refused,
        report.alarms.cleared
    );
    fmt::print(
        fmt::runtime(
            zh ? "预警：发出 {}，升级 {}，降级 {}，解除 {}；响应变动 {}，案件 {}\n"
               : "Alerts: {} fired, {} raised, {} lowered, {} cleared; {} steps of responses, {} "
                 "cases\n"
        ),
        report.alerts.fired,
        report.alerts.raised,
        report.alerts.lowered,
        report.alerts.cleared,
        report.alerts.responses.size(),
        report.alerts.cases.size()
    );
    for (const auto* problems : {&report.alarms.problems, &report.alerts.problems}) {
        for (const auto& problem : *problems) {
            fmt::print("  ! {}\n", problem);
        }
    }
    print_problems(report.outcome);
    return ok();
}

/// What the statistics say, straight from their cells.
Status print_statistics(ports::Store& store, const services::Definitions& definitions, bool zh) {
    CS_TRY(
        total, services::sums(store, "area", {city::root_area(*definitions.city).code}, 0, 99999999)
    );
    CS_TRY(sources, services::sums(store, "source", {}, 0, 99999999));
    const auto value = [&](const services::Values& values, const char* measure) -> std::int64_t {
        const auto* found = definitions.evaluation.measure(measure);
        return found == nullptr || static_cast<std::size_t>(found->bit) >= values.size()
                   ? 0
                   : values[static_cast<std::size_t>(found->bit)];
    };
    fmt::print("{}\n", zh ? "统计：" : "Statistics:");
    for (const auto& code : definitions.evaluation.funnel) {
        const auto* measure = definitions.evaluation.measure(code);
        fmt::print(
            "  {:<28} {}\n",
            zh ? measure->name.zh : measure->name.en,
            total.empty() ? 0 : value(total.begin()->second, code.c_str())
        );
    }
    if (definitions.evaluation.funnel.size() < 2) {
        return ok();
    }
    const auto& first = definitions.evaluation.funnel.front();
    const auto& last = definitions.evaluation.funnel.back();
    for (const auto& [source, values] : sources) {
        fmt::print(
            "  {:<28} {} / {}\n", source, value(values, first.c_str()), value(values, last.c_str())
        );
    }
    return ok();
}

Status replay(const Common& common, const ReplayCommand& command) {
    CS_TRY(runtime, open_runtime(common, Open::Existing));
    CS_TRY(definitions, services::stored_definitions(*runtime->store));
    services::CurrentDefinitions current(definitions);
    services::Engine engine(*runtime->store, *runtime->clock, current);
    engine.keep_cases(kCasesKept);
    const std::filesystem::path folder(command.folder);
    const bool zh = common.language == "zh";
    const bool table = std::filesystem::exists(folder / "replay.yaml");
    const auto plan_path = folder / (table ? "replay.yaml" : "day.yaml");
    if (!std::filesystem::exists(plan_path)) {
        fmt::print("{}\n", zh ? "该城市没有可重放的数据" : "This city has no data to replay");
        return ok();
    }
    CS_TRY(content, read_file(plan_path));
    const city::CityFile plan{plan_path.string(), std::move(content)};
    const auto started = std::chrono::steady_clock::now();
    CS_CHECK(runtime->store->set_bulk(true));
    CS_CHECK(replay_winter(command, *runtime, engine, current, zh));
    auto end = table ? replay_table(command, engine, *definitions, plan, zh)
                     : replay_made_up(command, engine, *definitions, plan, zh);
    CS_CHECK(runtime->store->set_bulk(false));
    CS_CHECK(end);
    CS_CHECK(keep_clock(engine, *runtime->clock, *end));
    CS_CHECK(print_statistics(*runtime->store, *definitions, zh));
    CS_TRY(stats, runtime->store->stats());
    const auto seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
    fmt::print(
        fmt::runtime(
            zh ? "{} 个案件，{} 条日志，用时 {:.1f} 秒；城市时钟停在 {}\n"
               : "{} cases, {} journal entries, in {:.1f} s; the city's clock goes on from {}\n"
        ),
        stats.cases,
        stats.head.value,
        seconds,
        format_utc(*end)
    );
    return ok();
}

}  // namespace

int run_replay(const Common& common, const ReplayCommand& command) {
    const auto done = replay(common, command);
    return done ? 0 : complain(done.error(), common.language);
}

}  // namespace chengshu::app
