#pragma once

#include "base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

// MQTT 5.0 (OASIS) as far as a client needs it that publishes with QoS 0 and receives with QoS 0
// and
// 1. Properties that we do not use are checked for their length and skipped.

namespace chengshu::mqtt {

struct ConnectOptions {
    std::string client_id;
    std::string user;      ///< empty: none
    std::string password;  ///< with `user`
    std::uint16_t keep_alive_s = 30;
    std::uint32_t session_expiry_s =
        0;  ///< how long the broker keeps what we have not acknowledged
    std::uint16_t receive_maximum = 1'000;  ///< QoS 1 messages in flight to us
    std::uint32_t packet_maximum = 1'048'576;
};

std::string connect_packet(const ConnectOptions& options);
/// Topic filters, all with QoS 1.
std::string subscribe_packet(std::uint16_t id, const std::vector<std::string>& filters);
/// QoS 0.
std::string publish_packet(std::string_view topic, std::string_view payload, bool retain);
std::string puback_packet(std::uint16_t id);
std::string ping_packet();
std::string disconnect_packet();

struct Connack {
    bool session_present = false;
    std::uint8_t reason = 0;                      ///< 0: accepted; from 128 on refused
    std::optional<std::uint16_t> keep_alive_s;    ///< the broker's wish
    std::optional<std::uint32_t> packet_maximum;  ///< that the broker takes
};

struct Publish {
    std::string topic;
    std::string payload;
    std::uint16_t id = 0;  ///< 0: QoS 0
    bool retained = false;
    bool again = false;  ///< sent before
};

struct Suback {
    std::uint16_t id = 0;
    std::vector<std::uint8_t> reasons;  ///< granted QoS, or from 128 on refused
};

struct Pong {};

struct Disconnect {
    std::uint8_t reason = 0;
};

using Packet = std::variant<Connack, Publish, Suback, Pong, Disconnect>;

/// Puts packets together from bytes as they arrive.
class Decoder {
public:
    explicit Decoder(std::size_t packet_maximum) : maximum_(packet_maximum) {}

    void feed(std::string_view bytes);
    /// Nullopt when the next packet has not arrived whole; InvalidInput when the broker does not
    /// speak the protocol, after which the connection is of no use.
    Result<std::optional<Packet>> next();

private:
    std::string buffer_;
    std::size_t begin_ = 0;  ///< of what has not been read
    std::size_t maximum_;
};

/// Meaning of a reason code from 128 on.
std::string_view reason_text(std::uint8_t reason);

/// Whether a topic may be published to: UTF-8, without wildcards and NUL, 1 to 65,535 bytes.
bool is_topic(std::string_view topic);

}  // namespace chengshu::mqtt
