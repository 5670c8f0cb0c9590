#include "adapters/postgres/arrays.hpp"

#include <bit>
#include <limits>

namespace chengshu::postgres {
namespace {

Oid element_type(ElementType type) {
    switch (type) {
        case ElementType::Integer:
            return 20;
        case ElementType::Real:
            return 701;
        case ElementType::Text:
            return 25;
    }
    CS_ASSERT(false);
    return 0;
}

constexpr std::size_t kHeaderBytes = 20;

void write_big_endian(std::string& to, std::size_t at, std::uint32_t value) {
    for (int shift = 24; shift >= 0; shift -= 8) {
        to[at++] = static_cast<char>((value >> shift) & 0xff);
    }
}

}  // namespace

Oid array_type(ElementType type) {
    switch (type) {
        case ElementType::Integer:
            return 1016;
        case ElementType::Real:
            return 1022;
        case ElementType::Text:
            return 1009;
    }
    CS_ASSERT(false);
    return 0;
}

std::string unnest(const std::vector<ElementType>& types) {
    std::string list;
    for (std::size_t i = 0; i < types.size(); ++i) {
        const auto* type = types[i] == ElementType::Integer ? "bigint[]"
                           : types[i] == ElementType::Real  ? "float8[]"
                                                            : "text[]";
        list += fmt::format("{}${}::{}", i == 0 ? "" : ", ", i + 1, type);
    }
    return fmt::format("unnest({})", list);
}

ArrayParameter::ArrayParameter(ElementType type) : type_(type), bytes_(kHeaderBytes, '\0') {
    write_big_endian(bytes_, 0, 1);  // dimensions
    write_big_endian(bytes_, 4, 1);  // may hold NULL
    write_big_endian(bytes_, 8, element_type(type));
    write_big_endian(bytes_, 16, 1);  // first index
}

void ArrayParameter::append(std::uint32_t value) {
    bytes_.resize(bytes_.size() + 4);
    write_big_endian(bytes_, bytes_.size() - 4, value);
}

void ArrayParameter::start_element(std::int32_t size) {
    ++count_;
    append(std::bit_cast<std::uint32_t>(size));
}

void ArrayParameter::add(std::int64_t value) {
    CS_ASSERT(type_ == ElementType::Integer);
    start_element(8);
    const auto bits = std::bit_cast<std::uint64_t>(value);
    append(static_cast<std::uint32_t>(bits >> 32));
    append(static_cast<std::uint32_t>(bits & 0xffffffff));
}

void ArrayParameter::add(double value) {
    CS_ASSERT(type_ == ElementType::Real);
    start_element(8);
    const auto bits = std::bit_cast<std::uint64_t>(value);
    append(static_cast<std::uint32_t>(bits >> 32));
    append(static_cast<std::uint32_t>(bits & 0xffffffff));
}

void ArrayParameter::add(std::string_view text) {
    CS_ASSERT(type_ == ElementType::Text);
    CS_ASSERT(text.size() < static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max()));
    start_element(static_cast<std::int32_t>(text.size()));
    bytes_ += text;
}

void ArrayParameter::add_null() {
    start_element(-1);
}

void ArrayParameter::add(const sql::ColumnValue& value) {
    if (const auto* integer = std::get_if<std::int64_t>(&value)) {
        add(*integer);
    } else if (const auto* real = std::get_if<double>(&value)) {
        add(*real);
    } else if (const auto* text = std::get_if<std::string_view>(&value)) {
        add(*text);
    } else {
        add_null();
    }
}

void ArrayParameter::add_text_or_null(std::string_view text) {
    if (text.empty()) {
        add_null();
    } else {
        add(text);
    }
}

void ArrayParameter::add_or_null(std::int64_t value) {
    if (value == 0) {
        add_null();
    } else {
        add(value);
    }
}

const std::string& ArrayParameter::bytes() {
    write_big_endian(bytes_, 12, std::bit_cast<std::uint32_t>(count_));
    return bytes_;
}

Columns::Columns(std::vector<ElementType> types) {
    for (const auto type : types) {
        arrays_.emplace_back(type);
    }
}

std::vector<Oid> Columns::types() const {
    std::vector<Oid> types;
    for (const auto& array : arrays_) {
        types.push_back(array.type());
    }
    return types;
}

bool Columns::send(PGconn* connection, const std::string& statement) {
    std::vector<const char*> values;
    std::vector<int> sizes;
    for (auto& array : arrays_) {
        values.push_back(array.bytes().data());
        sizes.push_back(static_cast<int>(array.bytes().size()));
    }
    const std::vector<int> formats(arrays_.size(), 1);
    return PQsendQueryPrepared(
               connection,
               statement.c_str(),
               static_cast<int>(values.size()),
               values.data(),
               sizes.data(),
               formats.data(),
               0
           ) == 1;
}

}  // namespace chengshu::postgres
