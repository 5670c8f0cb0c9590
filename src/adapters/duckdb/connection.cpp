#include "adapters/duckdb/connection.hpp"

#include <fmt/format.h>

#include <cstring>

namespace chengshu::duckdb {
namespace {

/// The first line: later ones repeat the statement with its values.
std::string first_line(const char* message) {
    const std::string_view text = message == nullptr ? "no reason given" : message;
    return std::string{text.substr(0, text.find('\n'))};
}

/// A result, destroyed with the object.
class ResultHandle {
public:
    ResultHandle() { std::memset(&result_, 0, sizeof result_); }

    ResultHandle(const ResultHandle&) = delete;
    ResultHandle& operator=(const ResultHandle&) = delete;

    ~ResultHandle() { duckdb_destroy_result(&result_); }

    duckdb_result* operator&() { return &result_; }  // NOLINT(google-runtime-operator)

    [[nodiscard]] duckdb_result get() const { return result_; }

    Failure failure() {
        const auto type = duckdb_result_error_type(&result_);
        return fail(
            type == DUCKDB_ERROR_CONSTRAINT ? ErrorCode::Conflict : ErrorCode::StorageUnavailable,
            "DuckDB: " + first_line(duckdb_result_error(&result_))
        );
    }

private:
    duckdb_result result_;
};

duckdb_type type_id(ColumnType type) {
    switch (type) {
        case ColumnType::Integer:
            return DUCKDB_TYPE_BIGINT;
        case ColumnType::Real:
            return DUCKDB_TYPE_DOUBLE;
        case ColumnType::Text:
            return DUCKDB_TYPE_VARCHAR;
    }
    CS_ASSERT(false);
    return DUCKDB_TYPE_INVALID;
}

}  // namespace

Chunk::Chunk(duckdb_data_chunk chunk) : chunk_(chunk) {
    columns_.resize(duckdb_data_chunk_get_column_count(chunk));
    for (idx_t i = 0; i < columns_.size(); ++i) {
        auto* vector = duckdb_data_chunk_get_vector(chunk, i);
        columns_[i] = {duckdb_vector_get_data(vector), duckdb_vector_get_validity(vector)};
    }
}

std::int64_t Chunk::integer(idx_t column, idx_t row) const {
    return is_null(column, row) ? 0 : static_cast<const std::int64_t*>(columns_[column].data)[row];
}

std::optional<std::int64_t> Chunk::optional_integer(idx_t column, idx_t row) const {
    return is_null(column, row) ? std::optional<std::int64_t>{} : integer(column, row);
}

std::optional<double> Chunk::real(idx_t column, idx_t row) const {
    if (is_null(column, row)) {
        return {};
    }
    return static_cast<const double*>(columns_[column].data)[row];
}

std::string Chunk::text(idx_t column, idx_t row) const {
    if (is_null(column, row)) {
        return {};
    }
    auto* texts = static_cast<duckdb_string_t*>(columns_[column].data);
    return {duckdb_string_t_data(&texts[row]), duckdb_string_t_length(texts[row])};
}

Result<std::unique_ptr<Connection>> Connection::open(duckdb_database database) {
    duckdb_connection handle = nullptr;
    if (duckdb_connect(database, &handle) != DuckDBSuccess) {
        return fail(ErrorCode::StorageUnavailable, "DuckDB refused a connection");
    }
    return std::unique_ptr<Connection>{new Connection{handle}};
}

Connection::Connection(duckdb_connection handle) : handle_(handle) {}

Connection::~Connection() {
    kept_.clear();
    duckdb_disconnect(&handle_);
}

Result<std::unique_ptr<Appender>>
Connection::appender(const char* table, const std::vector<ColumnType>& types) {
    for (auto& [name, kept] : kept_) {
        if (kept && name == table) {
            return std::move(kept);
        }
    }
    return Appender::open(*this, table, types);
}

void Connection::keep(const char* table, std::unique_ptr<Appender> appender) {
    for (auto& [name, kept] : kept_) {
        if (name == table) {
            kept = std::move(appender);
            return;
        }
    }
    kept_.emplace_back(table, std::move(appender));
}

Result<std::int64_t> Connection::run(const std::string& sql) {
    ResultHandle result;
    if (duckdb_query(handle_, sql.c_str(), &result) != DuckDBSuccess) {
        return result.failure();
    }
    return static_cast<std::int64_t>(duckdb_rows_changed(&result));
}

Status Connection::read(const std::string& sql, const std::function<bool(const Chunk&)>& visit) {
    ResultHandle result;
    if (duckdb_query(handle_, sql.c_str(), &result) != DuckDBSuccess) {
        return result.failure();
    }
    while (duckdb_data_chunk raw = duckdb_fetch_chunk(result.get())) {
        const Chunk chunk{raw};
        if (!visit(chunk)) {
            break;
        }
    }
    return ok();
}

Result<std::optional<std::int64_t>> Connection::integer(const std::string& sql) {
    std::optional<std::int64_t> value;
    CS_CHECK(read(sql, [&](const Chunk& chunk) {
        if (chunk.size() > 0) {
            value = chunk.optional_integer(0, 0);
        }
        return false;
    }));
    return value;
}

Result<std::unique_ptr<Transaction>> Transaction::begin(Connection& connection) {
    CS_CHECK(connection.run("BEGIN"));
    return std::unique_ptr<Transaction>{new Transaction{connection}};
}

Transaction::~Transaction() {
    if (open_) {
        const auto rolled_back = connection_.run("ROLLBACK");
        static_cast<void>(rolled_back);  // Fails only when there is no transaction any more.
    }
}

Status Transaction::commit() {
    if (const auto done = connection_.run("COMMIT"); !done) {
        return fail(ErrorCode::OutcomeUnknown, done.error().context);
    }
    open_ = false;
    return ok();
}

Result<std::unique_ptr<Appender>>
Appender::open(Connection& connection, const char* table, const std::vector<ColumnType>& types) {
    std::unique_ptr<Appender> appender{new Appender};
    if (duckdb_appender_create(connection.handle(), nullptr, table, &appender->appender_) !=
        DuckDBSuccess) {
        return appender->failure();
    }
    std::vector<duckdb_logical_type> logical;
    for (const auto type : types) {
        logical.push_back(duckdb_create_logical_type(type_id(type)));
    }
    appender->chunk_ = duckdb_create_data_chunk(logical.data(), logical.size());
    for (auto& type : logical) {
        duckdb_destroy_logical_type(&type);
    }
    appender->capacity_ = duckdb_vector_size();
    appender->data_.resize(types.size());
    for (idx_t column = 0; column < types.size(); ++column) {
        appender->data_[column] =
            duckdb_vector_get_data(duckdb_data_chunk_get_vector(appender->chunk_, column));
    }
    return appender;
}

Appender::~Appender() {
    if (chunk_ != nullptr) {
        duckdb_destroy_data_chunk(&chunk_);
    }
    if (appender_ != nullptr) {
        duckdb_appender_destroy(&appender_);
    }
}

void Appender::set(idx_t column, std::int64_t value) {
    static_cast<std::int64_t*>(data_[column])[rows_] = value;
}

void Appender::set(idx_t column, double value) {
    static_cast<double*>(data_[column])[rows_] = value;
}

void Appender::set(idx_t column, std::string_view value) {
    duckdb_vector_assign_string_element_len(
        duckdb_data_chunk_get_vector(chunk_, column), rows_, value.data(), value.size()
    );
}

void Appender::set_null(idx_t column) {
    auto* vector = duckdb_data_chunk_get_vector(chunk_, column);
    duckdb_vector_ensure_validity_writable(vector);
    duckdb_validity_set_row_invalid(duckdb_vector_get_validity(vector), rows_);
}

Status Appender::next_row() {
    return ++rows_ == capacity_ ? flush() : ok();
}

Failure Appender::failure() const {
    auto problem = duckdb_appender_error_data(appender_);
    const bool constraint = duckdb_error_data_error_type(problem) == DUCKDB_ERROR_CONSTRAINT;
    auto told = fail(
        constraint ? ErrorCode::Conflict : ErrorCode::StorageUnavailable,
        "DuckDB: " + first_line(duckdb_error_data_message(problem))
    );
    duckdb_destroy_error_data(&problem);
    return told;
}

Status Appender::flush() {
    if (rows_ == 0) {
        return ok();
    }
    duckdb_data_chunk_set_size(chunk_, rows_);
    if (duckdb_append_data_chunk(appender_, chunk_) != DuckDBSuccess) {
        return failure();
    }
    rows_ = 0;
    duckdb_data_chunk_reset(chunk_);
    for (idx_t column = 0; column < data_.size(); ++column) {
        data_[column] = duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk_, column));
    }
    return ok();
}

Status Appender::finish() {
    CS_CHECK(flush());
    if (duckdb_appender_flush(appender_) != DuckDBSuccess) {
        return failure();
    }
    return ok();
}

Status ConnectionPool::open(duckdb_database database, int size) {
    for (int i = 0; i < size; ++i) {
        CS_TRY(connection, Connection::open(database));
        free_.push_back(std::move(connection));
    }
    return ok();
}

std::unique_ptr<Connection> ConnectionPool::take() {
    std::unique_lock lock{mutex_};
    returned_.wait(lock, [&] { return !free_.empty(); });
    auto connection = std::move(free_.back());
    free_.pop_back();
    return connection;
}

void ConnectionPool::give_back(std::unique_ptr<Connection> connection) {
    {
        const std::lock_guard lock{mutex_};
        free_.push_back(std::move(connection));
    }
    returned_.notify_one();
}

std::string text_literal(std::string_view text) {
    std::string literal = "'";
    for (const char c : text) {
        literal += c;
        if (c == '\'') {
            literal += c;
        }
    }
    return literal + "'";
}

std::string number_literal(double value) {
    return fmt::format("CAST('{}' AS DOUBLE)", value);
}

}  // namespace chengshu::duckdb
