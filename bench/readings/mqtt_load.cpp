#include "readings/mqtt_load.hpp"

#include "adapters/mqtt/packet.hpp"

#include <fmt/format.h>

#include <arpa/inet.h>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <functional>
#include <memory>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace chengshu::load {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kPatienceMs = 30'000;
constexpr std::size_t kOutMax = 256 * 1024;
constexpr std::uint8_t kConnack = 2;
constexpr std::uint8_t kPublish = 3;
constexpr std::uint8_t kPuback = 4;
constexpr std::uint8_t kSuback = 9;

Failure broken(std::string why) {
    return fail(ErrorCode::StorageUnavailable, "MQTT: " + std::move(why));
}

double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

/// A blocking connection that gives whole packets. What the broker says is trusted.
class Link {
public:
    Link() = default;
    Link(const Link&) = delete;
    Link& operator=(const Link&) = delete;

    ~Link() {
        if (fd_ >= 0) {
            ::close(fd_);
        }
    }

    Status open(const MqttConfig& config, const std::string& client_id);

    [[nodiscard]] int fd() const { return fd_; }

    /// Writes what the socket takes of `out`.
    Status write(std::string& out, bool wait);
    /// Reads what is there and shows each packet: its type and what stands behind its head.
    Status read(const std::function<void(std::uint8_t, std::string_view)>& visit);
    /// Reads until a packet of this type has come.
    Status expect(std::uint8_t type);

private:
    int fd_ = -1;
    std::string in_;
};

Status Link::open(const MqttConfig& config, const std::string& client_id) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(config.port);
    if (::inet_pton(AF_INET, config.host.c_str(), &address.sin_addr) != 1) {
        return fail(ErrorCode::InvalidInput, "not an IPv4 address: " + config.host, "host");
    }
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int on = 1;
    if (fd_ < 0 || ::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
        ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0) {
        return broken(std::strerror(errno));
    }
    mqtt::ConnectOptions options;
    options.client_id = client_id;
    options.keep_alive_s = 0;
    options.receive_maximum = 65'535;
    auto hello = mqtt::connect_packet(options);
    CS_CHECK(write(hello, true));
    return expect(kConnack);
}

Status Link::write(std::string& out, bool wait) {
    std::size_t sent = 0;
    while (sent < out.size()) {
        const auto count = ::send(
            fd_, out.data() + sent, out.size() - sent, MSG_NOSIGNAL | (wait ? 0 : MSG_DONTWAIT)
        );
        if (count < 0 && errno == EAGAIN) {
            break;
        }
        if (count < 0 && errno != EINTR) {
            return broken(std::strerror(errno));
        }
        sent += count > 0 ? static_cast<std::size_t>(count) : 0;
    }
    out.erase(0, sent);
    return ok();
}

Status Link::read(const std::function<void(std::uint8_t, std::string_view)>& visit) {
    std::array<char, 64 * 1024> part{};
    const auto count = ::recv(fd_, part.data(), part.size(), 0);
    if (count <= 0) {
        return broken("the broker has closed the connection");
    }
    in_.append(part.data(), static_cast<std::size_t>(count));
    std::string_view rest = in_;
    while (true) {
        std::size_t length = 0;
        std::size_t head = 1;
        bool whole = false;
        for (unsigned shift = 0; head < rest.size() && head <= 4 && !whole; shift += 7, ++head) {
            const auto byte = static_cast<unsigned char>(rest[head]);
            length |= static_cast<std::size_t>(byte & 0x7FU) << shift;
            whole = (byte & 0x80U) == 0;
        }
        if (!whole || rest.size() < head + length) {
            break;
        }
        const auto type = static_cast<std::uint8_t>(static_cast<unsigned char>(rest[0]) >> 4U);
        visit(type, rest.substr(head, length));
        rest.remove_prefix(head + length);
    }
    in_.erase(0, in_.size() - rest.size());
    return ok();
}

Status Link::expect(std::uint8_t type) {
    bool found = false;
    bool refused = false;
    while (!found) {
        pollfd ready{fd_, POLLIN, 0};
        if (::poll(&ready, 1, kPatienceMs) <= 0) {
            return broken("the broker does not answer");
        }
        CS_CHECK(read([&](std::uint8_t got, std::string_view rest) {
            found = found || got == type;
            refused = refused || (got == kConnack && rest.size() > 1 && rest[1] != 0);
        }));
    }
    return refused ? Status{broken("the broker refuses the connection")} : ok();
}

void put16(std::string& out, std::size_t number) {
    out += static_cast<char>(number >> 8U & 0xFFU);
    out += static_cast<char>(number & 0xFFU);
}

/// A PUBLISH of one reading with QoS 1.
void put_message(std::string& out, std::uint16_t id, const Point& point, std::string& payload) {
    constexpr char kQos1 = 0x32;
    payload.clear();
    write_single(point, payload);
    const auto topic = fmt::format("v1.1/Datastreams({})/Observations", point.stream);
    out += kQos1;
    auto length = 2 + topic.size() + 2 + 1 + payload.size();
    for (; length >= 128; length >>= 7U) {
        out += static_cast<char>((length & 0x7FU) | 0x80U);
    }
    out += static_cast<char>(length);
    put16(out, topic.size());
    out += topic;
    put16(out, id);
    out += '\0';  // no properties
    out += payload;
}

/// One connection that publishes.
struct Publisher {
    Publisher(const Fleet& fleet, std::size_t part, std::size_t parts, std::int64_t messages)
        : gateway(fleet, part, parts), to_send(messages), to_hear(messages) {}

    /// Fills the window.
    void fill(std::uint16_t window, std::string& payload) {
        while (to_send > 0 && to_hear - to_send < window && out.size() < kOutMax) {
            id = id == 65'535 ? std::uint16_t{1} : static_cast<std::uint16_t>(id + 1);
            put_message(out, id, gateway.next(), payload);
            --to_send;
        }
    }

    Link link;
    Gateway gateway;
    std::int64_t to_send;
    std::int64_t to_hear;
    std::uint16_t id = 0;
    std::string out;
};

/// Acknowledges and drops, until as many messages have come.
class Drain {
public:
    Status start(const MqttConfig& config) {
        CS_CHECK(link_.open(config, "drain"));
        auto wish = mqtt::subscribe_packet(1, {"v1.1/+/Observations"});
        CS_CHECK(link_.write(wish, true));
        CS_CHECK(link_.expect(kSuback));
        thread_ = std::thread{[this, &config] { done_ = work(config.messages); }};
        return ok();
    }

    Drain() = default;
    Drain(const Drain&) = delete;
    Drain& operator=(const Drain&) = delete;

    ~Drain() {
        const auto done = wait();
        static_cast<void>(done);
    }

    Status wait() {
        if (thread_.joinable()) {
            thread_.join();
        }
        return done_;
    }

private:
    Status work(std::int64_t messages) {
        std::string out;
        for (std::int64_t seen = 0; seen < messages;) {
            pollfd ready{link_.fd(), POLLIN, 0};
            if (::poll(&ready, 1, kPatienceMs) <= 0) {
                return broken(fmt::format("only {} of {} messages came", seen, messages));
            }
            CS_CHECK(link_.read([&](std::uint8_t type, std::string_view rest) {
                if (type != kPublish || rest.size() < 4) {
                    return;
                }
                ++seen;
                const auto byte = [&](std::size_t at) {
                    return static_cast<std::size_t>(static_cast<unsigned char>(rest[at]));
                };
                const auto topic = byte(0) << 8U | byte(1);
                if (topic + 4 <= rest.size()) {
                    const auto id = byte(topic + 2) << 8U | byte(topic + 3);
                    out += mqtt::puback_packet(static_cast<std::uint16_t>(id));
                }
            }));
            CS_CHECK(link_.write(out, true));
        }
        return ok();
    }

    Link link_;
    std::thread thread_;
    Status done_ = ok();
};

/// Until all are acknowledged.
Status
publish_all(const MqttConfig& config, const std::vector<std::unique_ptr<Publisher>>& publishers) {
    std::string payload;
    std::int64_t open = config.messages;
    std::vector<pollfd> ready(publishers.size());
    while (open > 0) {
        for (std::size_t i = 0; i < publishers.size(); ++i) {
            auto& publisher = *publishers[i];
            publisher.fill(config.window, payload);
            CS_CHECK(publisher.link.write(publisher.out, false));
            const bool more = !publisher.out.empty();
            ready[i] = {
                publisher.link.fd(), static_cast<short>(more ? POLLIN | POLLOUT : POLLIN), 0
            };
        }
        if (::poll(ready.data(), ready.size(), kPatienceMs) <= 0) {
            return broken(fmt::format("the broker has been silent with {} messages to go", open));
        }
        for (std::size_t i = 0; i < publishers.size(); ++i) {
            if ((ready[i].revents & ~POLLOUT) == 0) {
                continue;
            }
            CS_CHECK(publishers[i]->link.read([&](std::uint8_t type, std::string_view) {
                open -= type == kPuback ? 1 : 0;
                publishers[i]->to_hear -= type == kPuback ? 1 : 0;
            }));
        }
    }
    return ok();
}

}  // namespace

Result<MqttResult> publish_readings(const MqttConfig& config) {
    Drain drain;
    if (config.drain) {
        CS_CHECK(drain.start(config));
    }
    std::vector<std::unique_ptr<Publisher>> publishers;
    const auto parts = static_cast<std::int64_t>(config.connections);
    for (std::int64_t i = 0; i < parts; ++i) {
        const auto share = config.messages * (i + 1) / parts - config.messages * i / parts;
        publishers.push_back(std::make_unique<Publisher>(
            config.fleet, static_cast<std::size_t>(i), config.connections, share
        ));
        CS_CHECK(publishers.back()->link.open(config, fmt::format("gateway-{}", i)));
    }
    MqttResult result;
    const auto start = Clock::now();
    CS_CHECK(publish_all(config, publishers));
    result.published_s = seconds_since(start);
    if (config.drain) {
        CS_CHECK(drain.wait());
        result.drained_s = seconds_since(start);
    }
    return result;
}

}  // namespace chengshu::load
