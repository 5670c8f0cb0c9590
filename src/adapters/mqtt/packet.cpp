#include "adapters/mqtt/packet.hpp"

#include "base/assert.hpp"
#include "base/text.hpp"

#include <algorithm>

namespace chengshu::mqtt {
namespace {

enum Type : std::uint8_t {
    kConnect = 1,
    kConnack = 2,
    kPublish = 3,
    kPuback = 4,
    kSubscribe = 8,
    kSuback = 9,
    kPingreq = 12,
    kPingresp = 13,
    kDisconnect = 14,
};

enum Property : std::uint8_t {
    kSessionExpiry = 0x11,
    kServerKeepAlive = 0x13,
    kReceiveMaximum = 0x21,
    kPacketMaximum = 0x27,
};

constexpr std::size_t kTextMax = 65'535;

void put8(std::string& out, unsigned value) {
    out.push_back(static_cast<char>(value & 0xffU));
}

void put16(std::string& out, unsigned value) {
    put8(out, value >> 8U);
    put8(out, value);
}

void put32(std::string& out, std::uint32_t value) {
    put16(out, value >> 16U);
    put16(out, value & 0xffffU);
}

void put_length(std::string& out, std::size_t value) {
    CS_ASSERT(value < 268'435'456);
    do {
        const auto digit = static_cast<unsigned>(value % 128);
        value /= 128;
        put8(out, value > 0 ? digit | 0x80U : digit);
    } while (value > 0);
}

void put_text(std::string& out, std::string_view text) {
    CS_ASSERT(text.size() <= kTextMax);
    put16(out, static_cast<unsigned>(text.size()));
    out += text;
}

std::string packet(Type type, unsigned flags, std::string_view body) {
    std::string out;
    out.reserve(body.size() + 5);
    put8(out, static_cast<unsigned>(type) << 4U | flags);
    put_length(out, body.size());
    out += body;
    return out;
}

/// Reads a packet's body from the left; after a mistake everything is 0 and failed().
class Cursor {
public:
    explicit Cursor(std::string_view text) : rest_(text) {}

    unsigned get8() {
        if (rest_.empty()) {
            failed_ = true;
            return 0;
        }
        const auto value = static_cast<unsigned char>(rest_.front());
        rest_.remove_prefix(1);
        return value;
    }

    unsigned get16() {
        const auto high = get8();
        return high << 8U | get8();
    }

    std::uint32_t get32() {
        const auto high = get16();
        return high << 16U | get16();
    }

    std::size_t get_length() {
        std::size_t value = 0;
        for (unsigned shift = 0; shift <= 21; shift += 7) {
            const auto byte = get8();
            value |= static_cast<std::size_t>(byte & 0x7fU) << shift;
            if ((byte & 0x80U) == 0) {
                return value;
            }
        }
        failed_ = true;
        return 0;
    }

    std::string_view take(std::size_t size) {
        if (size > rest_.size()) {
            failed_ = true;
            return {};
        }
        const auto out = rest_.substr(0, size);
        rest_.remove_prefix(size);
        return out;
    }

    std::string_view get_text() { return take(get16()); }

    std::string_view rest() { return std::exchange(rest_, {}); }

    [[nodiscard]] bool done() const { return rest_.empty(); }

    [[nodiscard]] bool failed() const { return failed_; }

private:
    std::string_view rest_;
    bool failed_ = false;
};

Failure broken(std::string_view what) {
    return fail(ErrorCode::InvalidInput, "the broker has sent a wrong " + std::string(what));
}

/// How the value of a property is laid out (table 2-4 of the standard).
enum class Layout { Byte, Two, Four, Length, Text, Pair, Unknown };

Layout layout_of(std::size_t property) {
    switch (property) {
        case 0x01:
        case 0x17:
        case 0x19:
        case 0x24:
        case 0x25:
        case 0x28:
        case 0x29:
        case 0x2a:
            return Layout::Byte;
        case 0x13:
        case 0x21:
        case 0x22:
        case 0x23:
            return Layout::Two;
        case 0x02:
        case 0x11:
        case 0x18:
        case 0x27:
            return Layout::Four;
        case 0x0b:
            return Layout::Length;
        case 0x03:
        case 0x08:
        case 0x09:
        case 0x12:
        case 0x15:
        case 0x16:
        case 0x1a:
        case 0x1c:
        case 0x1f:
            return Layout::Text;
        case 0x26:
            return Layout::Pair;
        default:
            return Layout::Unknown;
    }
}

/// Reads the properties and keeps those of a CONNACK that matter; false for what is none.
bool read_properties(Cursor& in, Connack* connack) {
    const auto size = in.get_length();
    Cursor all(in.take(size));
    while (!all.done() && !in.failed() && !all.failed()) {
        const auto property = all.get_length();
        std::uint32_t number = 0;
        switch (layout_of(property)) {
            case Layout::Byte:
                number = all.get8();
                break;
            case Layout::Two:
                number = all.get16();
                break;
            case Layout::Four:
                number = all.get32();
                break;
            case Layout::Length:
                all.get_length();
                break;
            case Layout::Pair:
                all.get_text();
                all.get_text();
                break;
            case Layout::Text:
                all.get_text();
                break;
            case Layout::Unknown:
                return false;
        }
        if (connack != nullptr && property == kServerKeepAlive) {
            connack->keep_alive_s = static_cast<std::uint16_t>(number);
        }
        if (connack != nullptr && property == kPacketMaximum) {
            connack->packet_maximum = number;
        }
    }
    return !in.failed() && !all.failed();
}

Result<Packet> read_connack(std::string_view body) {
    Cursor in(body);
    Connack out;
    out.session_present = (in.get8() & 1U) != 0;
    out.reason = static_cast<std::uint8_t>(in.get8());
    if (!read_properties(in, &out) || !in.done()) {
        return broken("CONNACK");
    }
    return Packet(out);
}

Result<Packet> read_publish(unsigned flags, std::string_view body) {
    const auto qos = flags >> 1U & 3U;
    Cursor in(body);
    Publish out;
    out.topic = in.get_text();
    out.id = qos > 0 ? static_cast<std::uint16_t>(in.get16()) : std::uint16_t{0};
    out.retained = (flags & 1U) != 0;
    out.again = (flags & 8U) != 0;
    // QoS 2 is not asked for, and topic aliases are not allowed: both break the protocol.
    if (qos > 1 || !read_properties(in, nullptr) || (qos == 1 && out.id == 0) ||
        !is_topic(out.topic)) {
        return broken("PUBLISH");
    }
    out.payload = in.rest();
    return Packet(std::move(out));
}

Result<Packet> read_suback(std::string_view body) {
    Cursor in(body);
    Suback out;
    out.id = static_cast<std::uint16_t>(in.get16());
    if (!read_properties(in, nullptr)) {
        return broken("SUBACK");
    }
    for (const char c : in.rest()) {
        out.reasons.push_back(static_cast<std::uint8_t>(c));
    }
    return Packet(std::move(out));
}

Result<Packet> read_packet(unsigned first, std::string_view body) {
    const auto flags = first & 0x0fU;
    switch (first >> 4U) {
        case kConnack:
            return read_connack(body);
        case kPublish:
            return read_publish(flags, body);
        case kSuback:
            return read_suback(body);
        case kPingresp:
            return body.empty() ? Result<Packet>(Pong{}) : broken("PINGRESP");
        case kDisconnect:
            return Packet(
                Disconnect{body.empty() ? std::uint8_t{0} : static_cast<std::uint8_t>(body.front())}
            );
        default:
            return broken("kind of packet");
    }
}

}  // namespace

bool is_topic(std::string_view topic) {
    return !topic.empty() && topic.size() <= kTextMax &&
           topic.find_first_of(std::string_view("+#\0", 3)) == std::string_view::npos &&
           is_utf8(topic);
}

std::string connect_packet(const ConnectOptions& options) {
    std::string body;
    put_text(body, "MQTT");
    put8(body, 5);
    const bool user = !options.user.empty();
    put8(body, user ? 0xc0U : 0U);  // keeps the session; user name and password
    put16(body, options.keep_alive_s);
    std::string properties;
    put8(properties, kSessionExpiry);
    put32(properties, options.session_expiry_s);
    put8(properties, kReceiveMaximum);
    put16(properties, options.receive_maximum);
    put8(properties, kPacketMaximum);
    put32(properties, options.packet_maximum);
    put_length(body, properties.size());
    body += properties;
    put_text(body, options.client_id);
    if (user) {
        put_text(body, options.user);
        put_text(body, options.password);
    }
    return packet(kConnect, 0, body);
}

std::string subscribe_packet(std::uint16_t id, const std::vector<std::string>& filters) {
    std::string body;
    put16(body, id);
    put_length(body, 0);
    for (const auto& filter : filters) {
        put_text(body, filter);
        // QoS 1; not what we publish ourselves; no retained messages: they are old readings.
        put8(body, 1U | 4U | 2U << 4U);
    }
    return packet(kSubscribe, 2, body);
}

std::string publish_packet(std::string_view topic, std::string_view payload, bool retain) {
    std::string body;
    body.reserve(topic.size() + payload.size() + 3);
    put_text(body, topic);
    put_length(body, 0);
    body += payload;
    return packet(kPublish, retain ? 1 : 0, body);
}

std::string puback_packet(std::uint16_t id) {
    std::string body;
    put16(body, id);
    return packet(kPuback, 0, body);
}

std::string ping_packet() {
    return packet(kPingreq, 0, {});
}

std::string disconnect_packet() {
    return packet(kDisconnect, 0, {});
}

void Decoder::feed(std::string_view bytes) {
    if (begin_ > 0 && (begin_ == buffer_.size() || begin_ > maximum_)) {
        buffer_.erase(0, begin_);
        begin_ = 0;
    }
    buffer_ += bytes;
}

Result<std::optional<Packet>> Decoder::next() {
    const auto rest = std::string_view(buffer_).substr(begin_);
    std::size_t length = 0;
    std::size_t header = 1;
    for (unsigned shift = 0;; shift += 7, ++header) {
        if (shift > 21) {
            return broken("length");
        }
        if (rest.size() <= header) {
            return std::optional<Packet>();
        }
        const auto byte = static_cast<unsigned char>(rest[header]);
        length |= static_cast<std::size_t>(byte & 0x7fU) << shift;
        if ((byte & 0x80U) == 0) {
            ++header;
            break;
        }
    }
    if (header + length > maximum_) {
        return broken("length: more than we allow");
    }
    if (rest.size() < header + length) {
        return std::optional<Packet>();
    }
    begin_ += header + length;
    CS_TRY(got, read_packet(static_cast<unsigned char>(rest[0]), rest.substr(header, length)));
    return std::optional(std::move(got));
}

std::string_view reason_text(std::uint8_t reason) {
    switch (reason) {
        case 0x84:
            return "the broker does not speak MQTT 5";
        case 0x85:
            return "the client id is not allowed";
        case 0x86:
            return "user name or password are wrong";
        case 0x87:
            return "not authorized";
        case 0x88:
            return "the broker is not available";
        case 0x89:
            return "the broker is busy";
        case 0x8a:
            return "banned";
        case 0x8b:
            return "the broker is shutting down";
        case 0x8d:
            return "nothing was heard for too long";
        case 0x8e:
            return "another client has taken this client id";
        case 0x8f:
            return "the topic filter is not allowed";
        case 0x95:
            return "a packet was too large";
        case 0x97:
            return "a quota is exhausted";
        default:
            return "refused";
    }
}

}  // namespace chengshu::mqtt
