#include "adapters/duckdb/duck_impl.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

namespace chengshu::duckdb {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kSchemaVersion = 1;

constexpr const char* kRowColumns =
    "id BIGINT NOT NULL, stream BIGINT NOT NULL, phenomenon_from BIGINT NOT NULL, "
    "lasting BIGINT NOT NULL, result_time BIGINT, received_at BIGINT NOT NULL, number DOUBLE, "
    "result VARCHAR, feature BIGINT NOT NULL, quality BIGINT NOT NULL, extra VARCHAR";

/// No keys and indexes on rows: ids are checked before, and indexes would cost more than the rows.
std::string tables() {
    return fmt::format(
        "CREATE TABLE fresh ({0});"
        "CREATE TABLE settled ({0});"
        "{2};"
        "CREATE TABLE batch_keys (key VARCHAR PRIMARY KEY, fingerprint VARCHAR, answer VARCHAR,"
        " seen BIGINT);"
        "CREATE TABLE summaries (of_stream BIGINT, row_count BIGINT, first_phenomenon BIGINT,"
        " last_phenomenon BIGINT, first_result_time BIGINT, last_result_time BIGINT,"
        " greatest_id BIGINT, {0}, upto BIGINT);"
        "CREATE TABLE hours (stream BIGINT NOT NULL, hour BIGINT NOT NULL, count BIGINT,"
        " others BIGINT, sum DOUBLE, min DOUBLE, max DOUBLE);"
        "CREATE TABLE marks (name VARCHAR, value BIGINT);"
        "INSERT INTO marks VALUES ('schema', {1}), ('last_id', 0), ('summaries', 0);",
        kRowColumns,
        kSchemaVersion,
        kView
    );
}

Failure unusable(const std::string& path, std::string_view why) {
    return fail(
        ErrorCode::StorageUnavailable, fmt::format("the observations in {}: {}", path, why)
    );
}

Status open_database(const std::string& path, const Options& options, Database& database) {
    const std::pair<const char*, std::string> settings[] = {
        {"threads", std::to_string(options.threads)},
        {"memory_limit", options.memory_limit},
        {"checkpoint_threshold", options.checkpoint_at},
        {"autoinstall_known_extensions", "false"},
        {"autoload_known_extensions", "false"},
        {"allow_community_extensions", "false"},
        {"temp_directory", path + ".tmp"},
    };
    duckdb_config config = nullptr;
    duckdb_create_config(&config);
    for (const auto& [name, value] : settings) {
        if (duckdb_set_config(config, name, value.c_str()) != DuckDBSuccess) {
            duckdb_destroy_config(&config);
            return unusable(path, fmt::format("DuckDB refuses {} = {}", name, value));
        }
    }
    char* problem = nullptr;
    const auto opened = duckdb_open_ext(path.c_str(), &database.handle, config, &problem);
    duckdb_destroy_config(&config);
    if (opened != DuckDBSuccess) {
        const std::string why = problem == nullptr ? "cannot be opened" : problem;
        duckdb_free(problem);
        return unusable(path, why.substr(0, why.find('\n')));
    }
    return ok();
}

/// Of the table `summaries`: seven numbers, then the latest row, then up to which id they hold.
constexpr idx_t kLatestColumn = 7;
constexpr idx_t kUptoColumn = 18;

sensing::StreamSummary read_summary(const Chunk& chunk, idx_t row) {
    sensing::StreamSummary summary;
    summary.stream = chunk.integer(0, row);
    summary.count = chunk.integer(1, row);
    summary.first_phenomenon = chunk.integer(2, row);
    summary.last_phenomenon = chunk.integer(3, row);
    summary.first_result_time = chunk.optional_integer(4, row);
    summary.last_result_time = chunk.optional_integer(5, row);
    summary.last_id = chunk.integer(6, row);
    summary.latest = read_row(chunk, row, kLatestColumn);
    return summary;
}

}  // namespace

sensing::Observation read_row(const Chunk& chunk, idx_t row, idx_t first_column) {
    const auto column = [&](idx_t offset) { return first_column + offset; };
    sensing::Observation read;
    read.id = chunk.integer(column(0), row);
    read.stream = chunk.integer(column(1), row);
    read.phenomenon_from = chunk.integer(column(2), row);
    read.phenomenon_to = read.phenomenon_from + chunk.integer(column(3), row);
    read.result_time = chunk.optional_integer(column(4), row);
    read.received_at = chunk.integer(column(5), row);
    read.number = chunk.real(column(6), row);
    read.result = chunk.text(column(7), row);
    read.feature = chunk.integer(column(8), row);
    read.quality = static_cast<std::uint32_t>(chunk.integer(column(9), row));
    read.extra = chunk.text(column(10), row);
    return read;
}

const std::vector<ColumnType>& row_types() {
    using enum ColumnType;
    static const std::vector<ColumnType> kTypes{
        Integer, Integer, Integer, Integer, Integer, Integer, Real, Text, Integer, Integer, Text
    };
    return kTypes;
}

void set_row(Appender& to, const sensing::Observation& row, idx_t first_column) {
    const auto column = [&](idx_t offset) { return first_column + offset; };
    const auto text = [&](idx_t offset, const std::string& value) {
        if (value.empty()) {
            to.set_null(column(offset));
        } else {
            to.set(column(offset), std::string_view{value});
        }
    };
    to.set(column(0), row.id);
    to.set(column(1), row.stream);
    to.set(column(2), row.phenomenon_from);
    to.set(column(3), row.phenomenon_to - row.phenomenon_from);
    if (row.result_time) {
        to.set(column(4), *row.result_time);
    } else {
        to.set_null(column(4));
    }
    to.set(column(5), row.received_at);
    if (row.number) {
        to.set(column(6), *row.number);
    } else {
        to.set_null(column(6));
    }
    text(7, row.result);
    to.set(column(8), row.feature);
    to.set(column(9), std::int64_t{row.quality});
    text(10, row.extra);
}

const sql::ObservationDialect& dialect() {
    static const sql::ObservationDialect kDialect{
        "(phenomenon_from + lasting)", number_literal, text_literal
    };
    return kDialect;
}

std::string stream_in(std::span<const std::int64_t> streams) {
    return fmt::format("stream IN ({})", fmt::join(streams, ", "));
}

DuckObservations::DuckObservations(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<DuckObservations>>
DuckObservations::open(const std::string& path, Options options) {
    auto impl = std::make_unique<Impl>();
    impl->path = path;
    if (options.export_folder.empty()) {
        options.export_folder = (fs::path{path}.parent_path() / "exports").string();
    }
    std::error_code problem;
    options.export_folder = fs::absolute(options.export_folder, problem).string();
    impl->options = options;
    CS_CHECK(open_database(path, options, impl->database));
    CS_TRY(writer, Connection::open(impl->database.handle));
    impl->writer = std::move(writer);
    CS_CHECK(impl->prepare());
    CS_TRY(mover, Connection::open(impl->database.handle));
    impl->mover = std::move(mover);
    CS_CHECK(impl->readers.open(impl->database.handle, options.readers));
    impl->hides = true;  // perhaps
    CS_CHECK(impl->load_summaries());
    if (options.settle_after > 0) {
        impl->settler = std::thread{[owner = impl.get()] { owner->settle_when_due(); }};
    }
    return std::unique_ptr<DuckObservations>{new DuckObservations{std::move(impl)}};
}

DuckObservations::~DuckObservations() {
    {
        const std::lock_guard lock{impl_->settler_mutex};
        impl_->closing = true;
    }
    impl_->settler_wakes.notify_all();
    impl_->mover->interrupt();
    if (impl_->settler.joinable()) {
        impl_->settler.join();
    }
    const std::lock_guard lock{impl_->writing};
    if (impl_->unsaved > 0 && !impl_->broken) {
        const auto saved = impl_->save_summaries();
        static_cast<void>(saved);  // The next start reads the rows instead.
    }
}

Status DuckObservations::Impl::prepare() {
    // The path of exports is the only one that SQL can reach; nothing can be set after this.
    CS_CHECK(writer->run(fmt::format(
        "SET allowed_directories = [{}]; SET enable_external_access = false;"
        "SET preserve_insertion_order = true; SET lock_configuration = true",
        text_literal(options.export_folder + "/")
    )));
    CS_TRY(
        made,
        writer->integer("SELECT count(*) FROM information_schema.tables WHERE table_name = 'marks'")
    );
    if (made == 0) {
        CS_CHECK(writer->run("BEGIN;" + tables() + "COMMIT"));
    }
    CS_CHECK(writer->run(kMoving));
    CS_TRY(version, writer->integer("SELECT value FROM marks WHERE name = 'schema'"));
    if (version != kSchemaVersion) {
        return unusable(
            path, fmt::format("written by another version (schema {})", version.value_or(0))
        );
    }
    CS_TRY(loading, writer->integer("SELECT value FROM marks WHERE name = 'loading'"));
    return loading ? clear() : ok();
}

Status DuckObservations::Impl::clear() {
    CS_CHECK(writer->run(
        "BEGIN; DELETE FROM moving; DROP VIEW observations; DROP TABLE fresh; DROP TABLE settled; "
        "DROP TABLE "
        "batch_keys;"
        "DROP TABLE summaries; DROP TABLE hours; DROP TABLE marks;" +
        tables() + "COMMIT"
    ));
    fresh_rows = 0;
    return ok();
}

/// What was written down, and the rows that came after it.
Status DuckObservations::Impl::load_summaries() {
    CS_TRY(saved, writer->integer("SELECT value FROM marks WHERE name = 'last_id'"));
    CS_TRY(written, writer->integer("SELECT value FROM marks WHERE name = 'summaries'"));
    last_id = saved.value_or(0);
    // A stream that was changed later has its summary from then.
    std::unordered_map<std::int64_t, std::int64_t> upto;
    CS_CHECK(writer->read("SELECT * FROM summaries", [&](const Chunk& chunk) {
        for (idx_t row = 0; row < chunk.size(); ++row) {
            auto summary = read_summary(chunk, row);
            const auto until = chunk.integer(kUptoColumn, row);
            if (until > written.value_or(0)) {
                upto[summary.stream] = until;
            }
            summaries.emplace(summary.stream, std::move(summary));
        }
        return true;
    }));
    const auto tail =
        fmt::format("SELECT {} FROM observations WHERE id > {}", kColumns, written.value_or(0));
    CS_CHECK(writer->read(tail, [&](const Chunk& chunk) {
        for (idx_t row = 0; row < chunk.size(); ++row) {
            const auto read = read_row(chunk, row);
            const auto known = upto.find(read.stream);
            if (known == upto.end() || read.id > known->second) {
                sensing::add(summaries[read.stream], read);
            }
            last_id = std::max(last_id, read.id);
            ++unsaved;
        }
        return true;
    }));
    add_up();
    CS_TRY(fresh, writer->integer("SELECT count(*) FROM fresh"));
    fresh_rows = fresh.value_or(0);
    return ok();
}

void DuckObservations::Impl::add_up() {
    row_count = 0;
    for (const auto& [stream, summary] : summaries) {
        row_count += summary.count;
    }
}

Status DuckObservations::Impl::writable() const {
    if (broken) {
        return fail(
            ErrorCode::StorageUnavailable,
            "an earlier commit of observations failed; the store must be opened again"
        );
    }
    return ok();
}

Status DuckObservations::Impl::commit(Transaction& transaction) {
    auto done = transaction.commit();
    broken = broken || !done;
    return done;
}

void DuckObservations::Impl::settle_when_due() {
    {
        const std::lock_guard lock{reshaping};
        const auto finished = finish_moving();
        static_cast<void>(finished);  // whoever changes rows tries again
    }
    std::unique_lock lock{settler_mutex};
    while (!closing) {
        settler_wakes.wait(lock, [&] { return closing || fresh_rows >= options.settle_after; });
        if (closing) {
            return;
        }
        lock.unlock();
        const auto moved = settle();
        lock.lock();
        // Also the closing itself, which interrupts the move: nobody would wake us after it.
        if (!moved && !closing) {
            // Rows stay where they are, which is only slower; the next append asks again.
            settler_wakes.wait(lock);
        }
    }
}

Result<std::optional<sensing::StreamSummary>> DuckObservations::summary(std::int64_t stream) {
    const std::shared_lock lock{impl_->summaries_mutex};
    const auto found = impl_->summaries.find(stream);
    return found == impl_->summaries.end() ? std::optional<sensing::StreamSummary>{}
                                           : found->second;
}

Status DuckObservations::each_summary(
    const std::function<void(const sensing::StreamSummary&)>& visit
) {
    const std::shared_lock lock{impl_->summaries_mutex};
    std::vector<const sensing::StreamSummary*> sorted;
    sorted.reserve(impl_->summaries.size());
    for (const auto& [stream, summary] : impl_->summaries) {
        sorted.push_back(&summary);
    }
    std::sort(sorted.begin(), sorted.end(), [](const auto* left, const auto* right) {
        return left->stream < right->stream;
    });
    for (const auto* summary : sorted) {
        visit(*summary);
    }
    return ok();
}

Result<ports::ObservationStats> DuckObservations::stats() {
    ports::ObservationStats stats;
    {
        const std::shared_lock lock{impl_->summaries_mutex};
        stats.streams = static_cast<std::int64_t>(impl_->summaries.size());
        stats.last_id = impl_->last_id;
        stats.rows = impl_->row_count;
    }
    for (const auto& file : {impl_->path, impl_->path + ".wal"}) {
        std::error_code problem;
        const auto size = fs::file_size(file, problem);
        stats.bytes += problem ? 0 : static_cast<std::int64_t>(size);
    }
    return stats;
}

}  // namespace chengshu::duckdb
