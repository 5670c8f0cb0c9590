#include "runtime.hpp"

#include "adapters/files/file_blobs.hpp"
#include "adapters/postgres/pg_store.hpp"
#include "adapters/redo/redo_store.hpp"
#include "base/messages.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <future>
#include <memory>
#include <unistd.h>

namespace json = boost::json;

namespace chengshu::app {
namespace {

Result<std::unique_ptr<ports::Store>>
open_store(const Settings& settings, const std::filesystem::path& data, Open how) {
    if (settings.text("store.kind") == "postgres") {
        postgres::Options options;
        options.read_only = how == Open::ReadOnly;
        CS_TRY(store, postgres::PgStore::open(settings.text("store.postgres"), options));
        return std::unique_ptr<ports::Store>(std::move(store));
    }
    const auto path = data / "chengshu.db";
    if (how != Open::Create && !std::filesystem::exists(path)) {
        return fail(
            ErrorCode::NotFound,
            fmt::format(
                "there is no store in {}; run `chengshu init --data {}` first",
                data.string(),
                data.string()
            )
        );
    }
    redo::Options options;
    options.store.create = how == Open::Create;
    options.store.read_only = how == Open::ReadOnly;
    CS_TRY(store, redo::RedoStore::open(path.string(), options));
    return std::unique_ptr<ports::Store>(std::move(store));
}

Result<Duration> stored_offset(ports::Store& store) {
    CS_TRY(row, store.document("clock", "offset"));
    if (!row) {
        return Duration{};
    }
    boost::system::error_code error;
    const auto value = json::parse(row->body, error);
    if (error || !value.is_object() || !value.get_object().contains("offset_ms")) {
        return fail(ErrorCode::Internal, "the stored clock offset is damaged");
    }
    return Duration{value.at("offset_ms").as_int64()};
}

}  // namespace

Result<Settings> load_settings(const Common& common) {
    const auto standard = (common.data / "chengshu.yaml").string();
    return Settings::load(
        common.config.empty() ? standard : common.config,
        !common.config.empty(),
        [](const char* name) { return std::getenv(name); },
        common.set
    );
}

Result<std::unique_ptr<Runtime>> open_runtime(const Common& common, Open how) {
    auto out = std::make_unique<Runtime>();
    CS_TRY(settings, load_settings(common));
    out->settings = std::move(settings);
    out->data = common.data;
    if (how == Open::Create) {
        std::error_code error;
        std::filesystem::create_directories(common.data, error);
        if (error) {
            return fail(
                ErrorCode::StorageUnavailable,
                fmt::format("folder {} cannot be made: {}", common.data.string(), error.message())
            );
        }
    }
    CS_TRY(store, open_store(out->settings, common.data, how));
    out->store = std::move(store);
    CS_TRY(blobs, files::FileBlobs::open(common.data / "blobs"));
    out->blobs = std::move(blobs);
    CS_TRY(offset, stored_offset(*out->store));
    out->clock = std::make_unique<StoreClock>(offset);
    return out;
}

Result<std::string>
run_now(services::Engine& engine, std::function<Result<std::string>(services::UnitOfWork&)> work) {
    Result<std::string> out = fail(ErrorCode::Internal, "the job gave no reply");
    std::vector<services::Job> jobs;
    jobs.push_back(
        {std::move(work), [&](Result<std::string> reply) { out = std::move(reply); }, {}, {}}
    );
    engine.run(std::move(jobs));
    return out;
}

Status submit_and_wait(services::Submitter& writer, services::Job job) {
    const auto told = std::make_shared<std::promise<Status>>();
    job.done = [told](Result<std::string> reply) {
        told->set_value(reply ? ok() : Status(Failure{std::move(reply).error()}));
    };
    if (!writer.submit(std::move(job))) {
        return fail(ErrorCode::Overloaded, "the writer's queue is full");
    }
    return told->get_future().get();
}

int complain(const Error& error, const std::string& language) {
    const auto& info = error_info(error.code);
    fmt::print(
        stderr,
        "chengshu: {}{}\n",
        language == "zh" ? std::string(info.meaning_zh) : fmt::format("{}: ", info.name),
        message_in(error.context, language)
    );
    return 1;
}

void show_progress(const std::string& what, std::int64_t done, std::int64_t total) {
    static const bool kTerminal = isatty(STDERR_FILENO) == 1;
    if (!kTerminal) {
        return;
    }
    if (total > 0) {
        const auto filled = static_cast<std::size_t>(30 * std::min(done, total) / total);
        fmt::print(
            stderr, "\r{:<12} [{:-<30}] {}/{} ", what, std::string(filled, '#'), done, total
        );
    } else {
        fmt::print(stderr, "\r{:<12} {} ", what, done);
    }
}

void end_progress() {
    if (isatty(STDERR_FILENO) == 1) {
        fmt::print(stderr, "\n");
    }
}

}  // namespace chengshu::app
