#include "commands.hpp"
#include "sensing.hpp"
#include "services/city_revisions.hpp"
#include "services/sensing/retention.hpp"

#include <fmt/format.h>

namespace chengshu::app {
namespace {

void print_forecast(const std::vector<services::RetentionForecast>& lines, bool zh) {
    for (const auto& line : lines) {
        const auto& rule = *line.rule;
        const auto until =
            line.raw_before ? format_utc(from_millis(*line.raw_before)) : std::string("-");
        fmt::print(
            fmt::runtime(
                zh ? "{}（{}）：{} 个数据流，{} 之前的 {} 条读数将{}\n"
                   : "{} ({}): {} streams, {} readings before {} would {}\n"
            ),
            rule.code,
            rule.name.of(zh ? "zh" : "en"),
            line.streams,
            zh ? until : std::to_string(line.rows),
            zh ? std::to_string(line.rows) : until,
            rule.keep_hours ? (zh ? "归并为小时值" : "become hourly values")
                            : (zh ? "删除" : "be dropped")
        );
    }
    if (lines.empty()) {
        fmt::print(
            "{}\n", zh ? "没有保存期规则，全部保留" : "there are no rules: everything is kept"
        );
    }
}

Status retain(const Common& common, bool dry_run) {
    CS_TRY(runtime, open_runtime(common, Open::Existing));
    CS_TRY(definitions, services::stored_definitions(*runtime->store));
    services::CurrentDefinitions current(definitions);
    CS_TRY(rows, open_observations(*runtime));
    services::DirectObservations door(*rows, *runtime->clock);
    services::SensingEntities entities(current, door, services::PublicSight::Nothing);
    CS_CHECK(entities.load(*runtime->store));
    services::Retention retention(current, entities, *rows, *runtime->clock);
    const bool zh = common.language == "zh";
    if (dry_run) {
        CS_TRY(lines, retention.forecast(*definitions));
        print_forecast(lines, zh);
        return ok();
    }
    ports::RetentionResult sum;
    CS_CHECK(retention.begin());
    while (true) {
        CS_TRY(done, retention.step());
        if (!done) {
            break;
        }
        sum.rows_removed += done->rows_removed;
        sum.hours_written += done->hours_written;
        sum.hours_removed += done->hours_removed;
        show_progress(zh ? "归并" : "retention", sum.rows_removed, 0);
    }
    end_progress();
    fmt::print(
        fmt::runtime(
            zh ? "读数 {} 条不再逐条保存，写入小时值 {} 个，删除小时值 {} 个\n"
               : "{} readings no longer kept one by one, {} hourly values written, {} dropped\n"
        ),
        sum.rows_removed,
        sum.hours_written,
        sum.hours_removed
    );
    return ok();
}

}  // namespace

int run_retain(const Common& common, bool dry_run) {
    const auto done = retain(common, dry_run);
    return done ? 0 : complain(done.error(), common.language);
}

}  // namespace chengshu::app
