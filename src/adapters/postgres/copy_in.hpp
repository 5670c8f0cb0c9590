#pragma once

#include "adapters/postgres/connection.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace chengshu::postgres {

/// One "COPY … FROM STDIN" in PostgreSQL's binary format. Values are sent as they are added; after
/// a failure nothing of it is kept, and the transaction it belongs to is broken.
class CopyIn {
public:
    explicit CopyIn(Connection& connection) : connection_(connection) {}

    CopyIn(const CopyIn&) = delete;
    CopyIn& operator=(const CopyIn&) = delete;
    ~CopyIn();

    /// `what` is a table, perhaps with a list of columns; `options` like "FREEZE, " or empty.
    Status begin(std::string_view what, std::string_view options = "");
    /// Begins a row of so many columns.
    Status row(int columns);
    void add_null();
    void add(std::int64_t value);        ///< bigint
    void add_int(std::int32_t value);    ///< integer
    void add_small(std::int16_t value);  ///< smallint
    void add(double value);
    void add(std::string_view text);

    /// Any other type in its own binary form.
    void add_bytes(std::string_view bytes) { add(bytes); }

    void add_text_or_null(std::string_view text);
    void add_or_null(std::int64_t value);  ///< NULL when 0
    Status finish();

private:
    Status send();
    /// The server's answer after the end; what is left of the results is read.
    Status answer();

    Connection& connection_;
    std::string bytes_;
    bool open_ = false;
};

}  // namespace chengshu::postgres
