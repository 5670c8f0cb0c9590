#pragma once

#include "adapters/sql/case_columns.hpp"

#include <libpq-fe.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace chengshu::postgres {

enum class ElementType { Integer, Real, Text };

/// The type of an array of such elements.
Oid array_type(ElementType type);
/// "unnest($1::bigint[], $2::text[], …)".
std::string unnest(const std::vector<ElementType>& types);

/// A one-dimensional array in PostgreSQL's binary format: one column of many rows as one parameter.
class ArrayParameter {
public:
    explicit ArrayParameter(ElementType type);

    void add(std::int64_t value);
    void add(double value);
    void add(std::string_view text);
    void add_null();
    void add(const sql::ColumnValue& value);
    /// NULL when empty.
    void add_text_or_null(std::string_view text);
    /// NULL when 0.
    void add_or_null(std::int64_t value);

    /// The bytes to send; valid until the next change.
    [[nodiscard]] const std::string& bytes();

    [[nodiscard]] Oid type() const { return array_type(type_); }

private:
    void append(std::uint32_t value);
    void start_element(std::int32_t size);

    ElementType type_;
    std::int32_t count_ = 0;
    std::string bytes_;
};

/// The columns of a set of rows, as parameters of "unnest($1, $2, …)".
class Columns {
public:
    explicit Columns(std::vector<ElementType> types);

    ArrayParameter& operator[](std::size_t column) { return arrays_[column]; }

    [[nodiscard]] std::vector<Oid> types() const;
    /// Queues the prepared statement in the connection's pipeline; false when the connection is
    /// broken.
    bool send(PGconn* connection, const std::string& statement);

private:
    std::vector<ArrayParameter> arrays_;
};

}  // namespace chengshu::postgres
