#include "adapters/redo/changes_codec.hpp"

#include <fmt/format.h>

#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <limits>

namespace chengshu::redo {
namespace {

constexpr int kBitsPerByte = 7;
constexpr unsigned kMoreBytes = 0x80;
constexpr unsigned kBitsOfByte = 0x7f;
constexpr int kBitsMax = 64;

/// Both directions walk the same fields (`fields` below), so that they cannot disagree.
class Writer {
public:
    explicit Writer(std::string& to) : to_(to) {}

    void operator()(std::int64_t value) {
        // Small negative numbers stay short.
        put(std::bit_cast<std::uint64_t>(value) << 1U ^
            std::bit_cast<std::uint64_t>(value >> (kBitsMax - 1)));
    }

    void operator()(bool value) { to_ += value ? '\1' : '\0'; }

    void operator()(double value) {
        const auto bits = std::bit_cast<std::uint64_t>(value);
        char bytes[sizeof bits];
        std::memcpy(bytes, &bits, sizeof bits);
        to_.append(bytes, sizeof bits);
    }

    void operator()(const std::string& value) {
        put(value.size());
        to_ += value;
    }

    void size(std::size_t count) { put(count); }

private:
    void put(std::uint64_t value) {
        while (value > kBitsOfByte) {
            to_ += static_cast<char>((value & kBitsOfByte) | kMoreBytes);
            value >>= static_cast<unsigned>(kBitsPerByte);
        }
        to_ += static_cast<char>(value);
    }

    std::string& to_;
};

/// After the first mistake everything reads as zero, and `failed` says where it was.
class Reader {
public:
    explicit Reader(std::string_view from) : from_(from) {}

    void operator()(std::int64_t& value) {
        const auto bits = get();
        value = std::bit_cast<std::int64_t>(bits >> 1U ^ (std::uint64_t{0} - (bits & 1U)));
    }

    void operator()(bool& value) {
        const auto byte = take(1);
        value = byte == "\1";
        failed_ = failed_ || (!value && byte[0] != '\0');
    }

    void operator()(double& value) {
        const auto bytes = take(sizeof(std::uint64_t));
        std::uint64_t bits = 0;
        if (!bytes.empty()) {
            std::memcpy(&bits, bytes.data(), sizeof bits);
        }
        value = std::bit_cast<double>(bits);
    }

    void operator()(std::string& value) { value = std::string{take(get())}; }

    /// How many follow, each of at least a byte.
    std::uint64_t size() {
        const auto count = get();
        failed_ = failed_ || count > from_.size() - at_;
        return failed_ ? 0 : count;
    }

    [[nodiscard]] bool failed() const { return failed_; }

    [[nodiscard]] std::size_t at() const { return at_; }

    [[nodiscard]] bool at_end() const { return at_ == from_.size(); }

private:
    std::string_view take(std::uint64_t count) {
        if (failed_ || count > from_.size() - at_) {
            failed_ = true;
            return {};
        }
        const auto part = from_.substr(at_, static_cast<std::size_t>(count));
        at_ += part.size();
        return part;
    }

    std::uint64_t get() {
        std::uint64_t value = 0;
        for (int shift = 0; shift < kBitsMax; shift += kBitsPerByte) {
            const auto byte = take(1);
            if (byte.empty()) {
                return 0;
            }
            const auto bits = static_cast<unsigned char>(byte[0]);
            value |= static_cast<std::uint64_t>(bits & kBitsOfByte) << static_cast<unsigned>(shift);
            if ((bits & kMoreBytes) == 0) {
                return value;
            }
        }
        failed_ = true;
        return 0;
    }

    std::string_view from_;
    std::size_t at_ = 0;
    bool failed_ = false;
};

template <class Tag>
void field(Writer& to, const StrongId<Tag>& id) {
    to(id.value);
}

template <class Tag>
void field(Reader& from, StrongId<Tag>& id) {
    from(id.value);
}

void field(Writer& to, int value) {
    to(std::int64_t{value});
}

void field(Reader& from, int& value) {
    std::int64_t wide = 0;
    from(wide);
    value = static_cast<int>(wide);
}

template <class T>
    requires std::same_as<T, std::int64_t> || std::same_as<T, bool> || std::same_as<T, double> ||
             std::same_as<T, std::string>
void field(Writer& to, const T& value) {
    to(value);
}

template <class T>
    requires std::same_as<T, std::int64_t> || std::same_as<T, bool> || std::same_as<T, double> ||
             std::same_as<T, std::string>
void field(Reader& from, T& value) {
    from(value);
}

template <class T>
void field(Writer& to, const std::vector<T>& values) {
    to.size(values.size());
    for (const auto& value : values) {
        field(to, value);
    }
}

template <class T>
void field(Reader& from, std::vector<T>& values) {
    values.clear();
    for (auto count = from.size(); count > 0 && !from.failed(); --count) {
        field(from, values.emplace_back());
    }
}

template <class T>
void field(Writer& to, const std::optional<T>& value) {
    to(value.has_value());
    if (value) {
        field(to, *value);
    }
}

template <class T>
void field(Reader& from, std::optional<T>& value) {
    bool has = false;
    from(has);
    value.reset();
    if (has) {
        field(from, value.emplace());
    }
}

template <class Direction, class... Fields>
void all(Direction& direction, Fields&... each) {
    (field(direction, each), ...);
}

template <class Direction, class Row>
void case_fields(Direction& direction, Row& row) {
    all(direction,
        row.id,
        row.version,
        row.body,
        row.state,
        row.open,
        row.workflow,
        row.category,
        row.path,
        row.area_1,
        row.area_2,
        row.department,
        row.queue,
        row.holder,
        row.source,
        row.collector,
        row.reported_at,
        row.updated_at,
        row.reported_day,
        row.filed_day,
        row.closed_day,
        row.next_timer,
        row.facts,
        row.lon,
        row.lat,
        row.cell,
        row.parent,
        row.terms);
}

template <class Direction, class Change>
    requires requires(Change change) { change.expected_version; }
void field(Direction& direction, Change& change) {
    case_fields(direction, change.row);
    all(direction, change.insert, change.expected_version);
}

template <class Direction, class Row>
    requires requires(Row row) { row.reporter; }
void field(Direction& direction, Row& row) {
    all(direction,
        row.id,
        row.case_id,
        row.source,
        row.state,
        row.external_id,
        row.received_at,
        row.body,
        row.reporter);
}

template <class Direction, class Row>
    requires requires(Row row) { row.actor; }
void field(Direction& direction, Row& row) {
    all(direction, row.seq, row.at, row.case_id, row.type, row.actor, row.body);
}

template <class Direction, class Row>
    requires requires(Row row) { row.values; }
void field(Direction& direction, Row& row) {
    all(direction, row.key.kind, row.key.subject, row.key.day, row.values);
}

template <class Direction, class Row>
    requires std::same_as<std::remove_const_t<Row>, ports::DocumentRow>
void field(Direction& direction, Row& row) {
    all(direction, row.kind, row.id, row.body);
}

template <class Direction, class Row>
    requires requires(Row row) { row.fingerprint; }
void field(Direction& direction, Row& row) {
    all(direction, row.key, row.fingerprint, row.response, row.at);
}

template <class Direction, class Changes>
void fields(Direction& direction, Changes& changes) {
    all(direction,
        changes.cases,
        changes.reports,
        changes.journal,
        changes.cells,
        changes.documents,
        changes.idempotency);
}

}  // namespace

void encode(const ports::Changes& changes, std::string& to) {
    Writer writer{to};
    fields(writer, changes);
}

Result<ports::Changes> decode(std::string_view bytes) {
    Reader reader{bytes};
    ports::Changes changes;
    fields(reader, changes);
    if (reader.failed() || !reader.at_end()) {
        return fail(
            ErrorCode::StorageUnavailable,
            fmt::format(
                "an entry of the redo log is damaged at byte {} of {}", reader.at(), bytes.size()
            )
        );
    }
    return changes;
}

}  // namespace chengshu::redo
