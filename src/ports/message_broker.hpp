#pragma once

#include <cstdint>
#include <string>

namespace chengshu::ports {

/// A message that a broker has handed to us.
struct BrokerMessage {
    std::string topic;
    std::string payload;
    /// For acknowledge(); 0: the sender does not ask whether it has arrived.
    std::uint64_t ticket = 0;
    bool again = false;  ///< the broker has sent it before and does not know whether we got it
};

/// A connection to a broker that is kept up. Thread-safe; never blocks.
class MessageBroker {
public:
    virtual ~MessageBroker() = default;
    /// The broker may forget the message. Without this it sends it again over the next connection.
    virtual void acknowledge(std::uint64_t ticket) = 0;
    /// Hands a message to the broker, at most once. False when that cannot be: too many wait, or
    /// there is no connection.
    virtual bool publish(std::string topic, std::string payload) = 0;
};

}  // namespace chengshu::ports
