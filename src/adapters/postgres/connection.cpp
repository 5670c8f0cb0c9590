#include "adapters/postgres/connection.hpp"

#include <fmt/format.h>

#include <charconv>

namespace chengshu::postgres {
namespace {

constexpr Oid kInt8 = 20;
constexpr Oid kText = 25;
constexpr Oid kFloat8 = 701;

/// The values in libpq's shape: text format, with their types, so that no statement needs casts.
class Parameters {
public:
    explicit Parameters(const std::vector<sql::Value>& values) {
        texts_.reserve(values.size());
        for (const auto& value : values) {
            add(value);
        }
        for (std::size_t i = 0; i < values.size(); ++i) {
            const bool null = std::holds_alternative<std::monostate>(values[i]);
            pointers_.push_back(null ? nullptr : texts_[i].c_str());
        }
    }

    [[nodiscard]] int count() const { return static_cast<int>(pointers_.size()); }

    [[nodiscard]] const Oid* types() const { return types_.data(); }

    [[nodiscard]] const char* const* values() const { return pointers_.data(); }

private:
    void add(const sql::Value& value) {
        if (const auto* integer = std::get_if<std::int64_t>(&value)) {
            types_.push_back(kInt8);
            texts_.push_back(fmt::format("{}", *integer));
        } else if (const auto* real = std::get_if<double>(&value)) {
            types_.push_back(kFloat8);
            texts_.push_back(fmt::format("{}", *real));
        } else {
            const auto* text = std::get_if<std::string>(&value);
            types_.push_back(kText);
            texts_.push_back(text == nullptr ? std::string{} : *text);
        }
    }

    std::vector<Oid> types_;
    std::vector<std::string> texts_;
    std::vector<const char*> pointers_;
};

template <class Number>
Number parse(std::string_view text) {
    Number value{};
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
    CS_ASSERT(text.empty() || parsed.ec == std::errc{});
    return value;
}

/// The first line: a second one may repeat values.
std::string first_line(std::string_view message) {
    return std::string{message.substr(0, message.find('\n'))};
}

}  // namespace

std::string_view Row::raw(int column) const {
    return {
        PQgetvalue(result_, row_, column),
        static_cast<std::size_t>(PQgetlength(result_, row_, column))
    };
}

bool Row::is_null(int column) const {
    return PQgetisnull(result_, row_, column) != 0;
}

std::int64_t Row::integer(int column) const {
    return parse<std::int64_t>(raw(column));
}

double Row::real(int column) const {
    return parse<double>(raw(column));
}

std::string Row::text(int column) const {
    return std::string{raw(column)};
}

int Rows::affected() const {
    return parse<int>(PQcmdTuples(result_.get()));
}

Failure pg_failure(PGconn* connection, const PGresult* result, std::string_view doing) {
    const char* state = result == nullptr ? nullptr : PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char* primary =
        result == nullptr ? nullptr : PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    const std::string_view code = state == nullptr ? "" : state;
    const auto message = first_line(primary == nullptr ? PQerrorMessage(connection) : primary);
    auto kind = ErrorCode::StorageUnavailable;
    if (code.starts_with("23") || code == "CS001") {
        kind = ErrorCode::Conflict;
    } else if (code.starts_with("22")) {
        kind = ErrorCode::InvalidInput;
    }
    return fail(kind, fmt::format("{}: {}{}{}", doing, message, code.empty() ? "" : " ", code));
}

Result<std::unique_ptr<Connection>> Connection::open(const std::string& conninfo) {
    std::unique_ptr<Connection> connection{new Connection{PQconnectdb(conninfo.c_str())}};
    if (!connection->alive()) {
        return pg_failure(connection->handle_, nullptr, "PostgreSQL cannot be reached");
    }
    PQsetNoticeProcessor(connection->handle_, [](void*, const char*) {}, nullptr);
    // Short statements gain nothing from JIT, and pay for it. Every question has its index; a plan
    // made while a table was small, and kept with the prepared statement, must not walk it later.
    CS_CHECK(connection->run("SET jit = off; SET enable_seqscan = off; SET client_encoding = 'UTF8'"
    ));
    return connection;
}

Connection::~Connection() {
    PQfinish(handle_);
}

bool Connection::idle() const {
    // The first read may find the server's farewell, the second one the end of the stream.
    const bool readable = PQconsumeInput(handle_) == 1 && PQconsumeInput(handle_) == 1;
    return readable && alive() && PQpipelineStatus(handle_) == PQ_PIPELINE_OFF &&
           PQtransactionStatus(handle_) == PQTRANS_IDLE;
}

Result<Rows> Connection::finish(PGresult* result) {
    ResultHandle handle{result};
    const auto status = PQresultStatus(result);
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
        return pg_failure(handle_, result, "the database refused");
    }
    return Rows{std::move(handle)};
}

Status Connection::run(const std::string& sql) {
    CS_CHECK(finish(PQexec(handle_, sql.c_str())));
    return ok();
}

Result<Rows> Connection::query(const std::string& sql, const std::vector<sql::Value>& values) {
    const Parameters parameters{values};
    return finish(PQexecParams(
        handle_,
        sql.c_str(),
        parameters.count(),
        parameters.types(),
        parameters.values(),
        nullptr,
        nullptr,
        0
    ));
}

Result<std::string> Connection::prepare(const std::string& sql, const std::vector<Oid>& types) {
    const auto found = prepared_.find(sql);
    if (found != prepared_.end()) {
        return found->second;
    }
    const auto name = fmt::format("s{}", prepared_.size());
    CS_CHECK(finish(
        PQprepare(handle_, name.c_str(), sql.c_str(), static_cast<int>(types.size()), types.data())
    ));
    prepared_.emplace(sql, name);
    return name;
}

Result<Rows>
Connection::query_prepared(const std::string& sql, const std::vector<sql::Value>& values) {
    const Parameters parameters{values};
    CS_TRY(name, prepare(sql, {parameters.types(), parameters.types() + parameters.count()}));
    return finish(PQexecPrepared(
        handle_, name.c_str(), parameters.count(), parameters.values(), nullptr, nullptr, 0
    ));
}

}  // namespace chengshu::postgres
