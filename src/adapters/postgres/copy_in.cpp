#include "adapters/postgres/copy_in.hpp"

#include <fmt/format.h>

#include <bit>

namespace chengshu::postgres {
namespace {

constexpr std::size_t kSendAt = 256 * 1024;

/// Network byte order.
template <class Unsigned>
void append(std::string& to, Unsigned value) {
    for (int shift = static_cast<int>(sizeof(value)) * 8 - 8; shift >= 0; shift -= 8) {
        to += static_cast<char>(value >> shift);
    }
}

}  // namespace

CopyIn::~CopyIn() {
    if (open_) {
        PQputCopyEnd(connection_.handle(), "given up");
        const auto told = answer();
        static_cast<void>(told);  // It says that we gave up.
    }
}

Status CopyIn::begin(std::string_view what, std::string_view options) {
    const auto sql = fmt::format("COPY {} FROM STDIN ({}FORMAT binary)", what, options);
    const ResultHandle result{PQexec(connection_.handle(), sql.c_str())};
    if (PQresultStatus(result.get()) != PGRES_COPY_IN) {
        return pg_failure(connection_.handle(), result.get(), "the database takes no rows");
    }
    open_ = true;
    bytes_ = std::string{"PGCOPY\n\377\r\n\0", 11};
    append(bytes_, std::uint32_t{0});
    append(bytes_, std::uint32_t{0});
    return ok();
}

Status CopyIn::row(int columns) {
    if (bytes_.size() >= kSendAt) {
        CS_CHECK(send());
    }
    append(bytes_, static_cast<std::uint16_t>(columns));
    return ok();
}

void CopyIn::add_null() {
    append(bytes_, std::uint32_t{0xFFFFFFFF});
}

void CopyIn::add(std::int64_t value) {
    append(bytes_, std::uint32_t{8});
    append(bytes_, static_cast<std::uint64_t>(value));
}

void CopyIn::add_int(std::int32_t value) {
    append(bytes_, std::uint32_t{4});
    append(bytes_, static_cast<std::uint32_t>(value));
}

void CopyIn::add_small(std::int16_t value) {
    append(bytes_, std::uint32_t{2});
    append(bytes_, static_cast<std::uint16_t>(value));
}

void CopyIn::add(double value) {
    add(std::bit_cast<std::int64_t>(value));
}

void CopyIn::add(std::string_view text) {
    append(bytes_, static_cast<std::uint32_t>(text.size()));
    bytes_ += text;
}

void CopyIn::add_text_or_null(std::string_view text) {
    if (text.empty()) {
        add_null();
    } else {
        add(text);
    }
}

void CopyIn::add_or_null(std::int64_t value) {
    if (value == 0) {
        add_null();
    } else {
        add(value);
    }
}

Status CopyIn::finish() {
    append(bytes_, std::uint16_t{0xFFFF});
    CS_CHECK(send());
    open_ = false;
    if (PQputCopyEnd(connection_.handle(), nullptr) != 1) {
        return pg_failure(connection_.handle(), nullptr, "the rows were not sent");
    }
    return answer();
}

Status CopyIn::send() {
    if (PQputCopyData(connection_.handle(), bytes_.data(), static_cast<int>(bytes_.size())) != 1) {
        return pg_failure(connection_.handle(), nullptr, "the rows were not sent");
    }
    bytes_.clear();
    return ok();
}

Status CopyIn::answer() {
    Status outcome = ok();
    while (const ResultHandle result{PQgetResult(connection_.handle())}) {
        if (outcome && PQresultStatus(result.get()) != PGRES_COMMAND_OK) {
            outcome = pg_failure(connection_.handle(), result.get(), "the rows were refused");
        }
    }
    return outcome;
}

}  // namespace chengshu::postgres
