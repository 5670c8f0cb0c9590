#include "adapters/memory/memory_observations.hpp"
#include "commands.hpp"
#include "services/city_revisions.hpp"
#include "services/sensing/entities.hpp"
#include "services/sensing/thing_import.hpp"

#include <fmt/format.h>

#include <fstream>
#include <iterator>

namespace chengshu::app {
namespace {

/// Runs each job at once, in a commit of its own.
class DirectSubmitter final : public services::Submitter {
public:
    explicit DirectSubmitter(services::Engine& engine) : engine_(engine) {}

    bool submit(services::Job job) override {
        std::vector<services::Job> jobs;
        jobs.push_back(std::move(job));
        engine_.run(std::move(jobs));
        return true;
    }

private:
    services::Engine& engine_;
};

Result<std::string> read_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::string out{std::istreambuf_iterator<char>(file), {}};
    if (!file) {
        return fail(ErrorCode::NotFound, fmt::format("{} cannot be read", path));
    }
    return out;
}

void print(const services::ImportReport& report, const std::string& path, bool zh) {
    const std::string language = zh ? "zh" : "en";
    for (const auto& finding : report.findings) {
        const auto& hint = finding.hint.of(language);
        fmt::print(
            "{}:{}: {}{}{}{}\n",
            path,
            finding.line,
            finding.field,
            finding.field.empty() ? "" : ": ",
            finding.what.of(language),
            hint.empty() ? "" : " — " + hint
        );
    }
    fmt::print(
        fmt::runtime(
            zh ? "{}共 {} 行：新登记 {}，更新 {}，未变 {}，拒绝 {}\n"
               : "{}{} rows: {} registered, {} changed, {} unchanged, {} refused\n"
        ),
        report.dry_run ? (zh ? "（预演，未写入）" : "(dry run, nothing written) ") : "",
        report.rows,
        report.created,
        report.changed,
        report.unchanged,
        report.refused
    );
}

Result<services::ImportReport> import(const Common& common, const std::string& path, bool dry_run) {
    CS_TRY(csv, read_file(path));
    CS_TRY(runtime, open_runtime(common, Open::Existing));
    CS_TRY(definitions, services::stored_definitions(*runtime->store));
    services::CurrentDefinitions current(definitions);
    services::Engine engine(*runtime->store, *runtime->clock, current);
    DirectSubmitter submitter(engine);
    // A file of terminals brings no observations.
    memory::MemoryObservations no_rows((common.data / "exports").string());
    services::DirectObservations door(no_rows, *runtime->clock);
    services::SensingEntities entities(current, door, services::PublicSight::Nothing);
    CS_CHECK(entities.load(*runtime->store));
    const auto today = definitions->city->calendar().zone().local_date(runtime->clock->now());
    CS_TRY(parsed, services::parse_things(csv, *definitions->city, today));
    access::Principal who;
    who.account = "operator";
    who.kind = access::PrincipalKind::System;
    Result<services::ImportReport> out = fail(ErrorCode::Internal, "no report");
    services::import_things(
        entities,
        submitter,
        std::move(who),
        std::move(parsed),
        dry_run,
        [&out](Result<services::ImportReport> done) { out = std::move(done); }
    );
    return out;
}

}  // namespace

int run_things_import(const Common& common, const std::string& path, bool dry_run) {
    const auto report = import(common, path, dry_run);
    if (!report) {
        return complain(report.error(), common.language);
    }
    print(*report, path, common.language == "zh");
    return report->refused == 0 ? 0 : 1;
}

}  // namespace chengshu::app
