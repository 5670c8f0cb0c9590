#include "adapters/mqtt/mqtt_client.hpp"

#include "adapters/mqtt/packet.hpp"

#include <boost/asio.hpp>
#include <boost/asio/ssl.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

namespace chengshu::mqtt {
namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;
using boost::system::error_code;

constexpr std::uint16_t kNeeded = 1;  // packet ids of our subscriptions
constexpr std::uint16_t kOptional = 2;

/// A connected stream, plain or encrypted.
class Transport {
public:
    using Done = std::function<void(error_code)>;
    using DoneBytes = std::function<void(error_code, std::size_t)>;

    virtual ~Transport() = default;
    virtual tcp::socket& socket() = 0;
    virtual void shake_hands(Done done) = 0;
    virtual void read(asio::mutable_buffer into, DoneBytes done) = 0;
    virtual void write(asio::const_buffer from, DoneBytes done) = 0;
};

class Plain final : public Transport {
public:
    explicit Plain(asio::io_context& io) : socket_(io) {}

    tcp::socket& socket() override { return socket_; }

    void shake_hands(Done done) override { done({}); }

    void read(asio::mutable_buffer into, DoneBytes done) override {
        socket_.async_read_some(into, std::move(done));
    }

    void write(asio::const_buffer from, DoneBytes done) override {
        asio::async_write(socket_, from, std::move(done));
    }

private:
    tcp::socket socket_;
};

class Encrypted final : public Transport {
public:
    Encrypted(asio::io_context& io, asio::ssl::context& tls, const std::string& host)
        : stream_(io, tls) {
        stream_.set_verify_mode(asio::ssl::verify_peer);
        stream_.set_verify_callback(asio::ssl::host_name_verification(host));
        // What the macro SSL_set_tlsext_host_name does, without its casts.
        SSL_ctrl(
            stream_.native_handle(),
            SSL_CTRL_SET_TLSEXT_HOSTNAME,
            TLSEXT_NAMETYPE_host_name,
            const_cast<char*>(host.c_str())
        );
    }

    tcp::socket& socket() override { return stream_.next_layer(); }

    void shake_hands(Done done) override {
        stream_.async_handshake(asio::ssl::stream_base::client, std::move(done));
    }

    void read(asio::mutable_buffer into, DoneBytes done) override {
        stream_.async_read_some(into, std::move(done));
    }

    void write(asio::const_buffer from, DoneBytes done) override {
        asio::async_write(stream_, from, std::move(done));
    }

private:
    asio::ssl::stream<tcp::socket> stream_;
};

}  // namespace

Status read_url(std::string_view url, ClientOptions& options) {
    const auto wrong = [] {
        return fail(
            ErrorCode::InvalidInput,
            "a broker's address is mqtt://host[:port] or mqtts://host[:port]; user and password "
            "are given apart",
            "mqtt.url"
        );
    };
    options.tls = url.starts_with("mqtts://");
    if (!options.tls && !url.starts_with("mqtt://")) {
        return wrong();
    }
    auto rest = url.substr(options.tls ? 8 : 7);
    if (rest.ends_with('/')) {
        rest.remove_suffix(1);
    }
    options.port = options.tls ? 8883 : 1883;
    const auto bracket = rest.starts_with('[') ? rest.find(']') : 0;
    const auto colon = bracket == std::string_view::npos ? bracket : rest.find(':', bracket);
    if (colon != std::string_view::npos) {
        const auto digits = rest.substr(colon + 1);
        const auto got =
            std::from_chars(digits.data(), digits.data() + digits.size(), options.port);
        if (got.ec != std::errc{} || got.ptr != digits.data() + digits.size() ||
            options.port == 0) {
            return wrong();
        }
        rest = rest.substr(0, colon);
    }
    if (rest.starts_with('[') && rest.ends_with(']')) {
        rest = rest.substr(1, rest.size() - 2);
    }
    if (rest.empty() || rest.find_first_of("/@?#[] ") != std::string_view::npos) {
        return wrong();
    }
    options.host = rest;
    return ok();
}

/// Lives on the client's thread, but for what `mutex` guards.
struct MqttClient::Impl {
    Impl(ClientOptions given, Receive to, Problem say)
        : options(std::move(given)),
          receive(std::move(to)),
          problem(std::move(say)),
          tls(asio::ssl::context::tls_client),
          resolver(io),
          timer(io),
          pause(io),
          decoder(options.message_max) {
        error_code error;
        if (options.ca_file.empty()) {
            tls.set_default_verify_paths(error);
        } else {
            tls.load_verify_file(options.ca_file, error);
        }
        if (error && options.tls) {
            problem(fmt::format("mqtt: the certificates cannot be read: {}", error.message()));
        }
        thread = std::thread([this] {
            connect();
            io.run();
        });
    }

    ~Impl() {
        asio::post(io, [this] { leave(); });
        thread.join();
    }

    void connect();
    void connected();
    void greeted(const Connack& connack);
    void lose(const std::string& why);
    void close();
    void leave();
    void read();
    void on_bytes(std::size_t size);
    bool on_packet(Packet packet);
    void flush();
    void send(const std::string& bytes);
    void arm(std::chrono::milliseconds time, std::string what);
    void keep_alive();

    /// Wraps a handler so that it does nothing when its connection has been given up.
    template <class... Args, class Handle>
    std::function<void(error_code, Args...)> mine(Handle handle) {
        return
            [this, held = transport, mine_is = generation, handle](error_code error, Args... rest) {
                if (mine_is == generation && !leaving) {
                    handle(error, rest...);
                }
            };
    }

    ClientOptions options;
    Receive receive;
    Problem problem;
    asio::io_context io;
    asio::ssl::context tls;
    tcp::resolver resolver;
    asio::steady_timer timer;  ///< of what is awaited, then of the keep-alive
    asio::steady_timer pause;  ///< before the next attempt
    std::shared_ptr<Transport> transport;
    Decoder decoder;
    std::array<char, 64 * 1024> input{};
    std::string writing;
    bool is_writing = false;
    std::uint64_t generation = 0;
    int failures = 0;
    bool leaving = false;
    bool ping_sent = false;
    bool heard = false;  ///< since the last keep-alive
    std::chrono::milliseconds alive_every{};

    mutable std::mutex mutex;
    std::string to_write;
    std::uint64_t writable = 0;  ///< generation that to_write belongs to; 0: none
    bool flush_posted = false;
    std::size_t packet_maximum = 0;  ///< that the broker takes
    ClientCounters counters;

    std::thread thread;
};

void MqttClient::Impl::arm(std::chrono::milliseconds time, std::string what) {
    timer.expires_after(time);
    timer.async_wait(mine([this, what = std::move(what)](error_code error) {
        if (!error) {
            lose(what);
        }
    }));
}

void MqttClient::Impl::connect() {
    ++generation;
    if (options.tls) {
        transport = std::make_shared<Encrypted>(io, tls, options.host);
    } else {
        transport = std::make_shared<Plain>(io);
    }
    decoder = Decoder(options.message_max);
    arm(options.patience, "no connection in time");
    resolver.async_resolve(
        options.host,
        fmt::format("{}", options.port),
        mine<tcp::resolver::results_type>(
            [this](error_code error, tcp::resolver::results_type addresses) {
                if (error) {
                    lose(error.message());
                    return;
                }
                asio::async_connect(
                    transport->socket(),
                    addresses,
                    mine<const tcp::endpoint&>([this](error_code failed, const tcp::endpoint&) {
                        if (failed) {
                            lose(failed.message());
                            return;
                        }
                        error_code ignored;
                        transport->socket().set_option(tcp::no_delay(true), ignored);
                        transport->shake_hands(mine([this](error_code refused) {
                            if (refused) {
                                lose(refused.message());
                                return;
                            }
                            connected();
                        }));
                    })
                );
            }
        )
    );
}

void MqttClient::Impl::connected() {
    ConnectOptions connect;
    connect.client_id = options.client_id;
    connect.user = options.user;
    connect.password = options.password;
    connect.keep_alive_s = static_cast<std::uint16_t>(options.keep_alive.count());
    connect.session_expiry_s = static_cast<std::uint32_t>(options.session_expiry.count());
    connect.receive_maximum = options.in_flight;
    connect.packet_maximum = static_cast<std::uint32_t>(options.message_max);
    {
        const std::lock_guard lock(mutex);
        to_write.clear();
        writable = 0;
    }
    is_writing = false;
    ping_sent = false;
    send(connect_packet(connect));
    read();
}

void MqttClient::Impl::greeted(const Connack& connack) {
    if (connack.reason >= 0x80) {
        lose(std::string(reason_text(connack.reason)));
        return;
    }
    failures = 0;
    alive_every = std::chrono::seconds(
        connack.keep_alive_s.value_or(static_cast<std::uint16_t>(options.keep_alive.count()))
    );
    {
        const std::lock_guard lock(mutex);
        writable = generation;
        packet_maximum = connack.packet_maximum.value_or(0);
        counters.connected = true;
        ++counters.connections;
    }
    if (options.filters.empty()) {
        keep_alive();
        return;
    }
    arm(options.patience, "the broker does not answer a subscription");
    if (!options.optional_filters.empty()) {
        send(subscribe_packet(kOptional, options.optional_filters));
    }
    send(subscribe_packet(kNeeded, options.filters));
}

void MqttClient::Impl::keep_alive() {
    if (alive_every.count() == 0) {
        timer.cancel();
        return;
    }
    heard = false;
    timer.expires_after(alive_every / 2);
    timer.async_wait(mine([this](error_code error) {
        if (error) {
            return;
        }
        if (ping_sent && !heard) {
            lose("the broker is silent");
            return;
        }
        ping_sent = true;
        send(ping_packet());
        keep_alive();
    }));
}

void MqttClient::Impl::close() {
    ++generation;
    error_code ignored;
    if (transport) {
        transport->socket().close(ignored);
    }
    resolver.cancel();
    timer.cancel();
    const std::lock_guard lock(mutex);
    counters.connected = false;
    writable = 0;
    to_write.clear();
}

void MqttClient::Impl::lose(const std::string& why) {
    close();
    const auto factor = 1LL << std::min(failures, 16);
    const std::chrono::milliseconds wait =
        std::min(options.retry_last, std::chrono::milliseconds(options.retry_first * factor));
    ++failures;
    problem(fmt::format(
        "mqtt: {}:{}: {}; trying again in {} ms", options.host, options.port, why, wait.count()
    ));
    pause.expires_after(wait);
    pause.async_wait([this](error_code error) {
        if (!error && !leaving) {
            connect();
        }
    });
}

void MqttClient::Impl::leave() {
    leaving = true;
    pause.cancel();
    // What has been acknowledged should reach the broker; the end must not wait for it.
    std::string last;
    {
        const std::lock_guard lock(mutex);
        if (writable == generation && !is_writing && !options.tls) {
            last = std::move(to_write) + disconnect_packet();
        }
    }
    error_code ignored;
    if (!last.empty()) {
        transport->socket().non_blocking(true, ignored);
        transport->socket().write_some(asio::buffer(last), ignored);
    }
    close();
}

void MqttClient::Impl::read() {
    transport->read(
        asio::buffer(input), mine<std::size_t>([this](error_code error, std::size_t size) {
            if (error) {
                lose(error.message());
                return;
            }
            on_bytes(size);
        })
    );
}

void MqttClient::Impl::on_bytes(std::size_t size) {
    heard = true;
    decoder.feed({input.data(), size});
    const auto now = generation;
    while (true) {
        auto packet = decoder.next();
        if (!packet) {
            lose(packet.error().context);
            return;
        }
        if (!*packet) {
            break;
        }
        if (!on_packet(std::move(**packet)) || generation != now) {
            return;
        }
    }
    read();
}

/// False when the connection is given up.
bool MqttClient::Impl::on_packet(Packet packet) {
    if (const auto* connack = std::get_if<Connack>(&packet)) {
        greeted(*connack);
        return connack->reason < 0x80;
    }
    if (auto* publish = std::get_if<Publish>(&packet)) {
        {
            const std::lock_guard lock(mutex);
            ++counters.received;
        }
        ports::BrokerMessage message;
        message.topic = std::move(publish->topic);
        message.payload = std::move(publish->payload);
        message.again = publish->again;
        message.ticket = publish->id == 0 ? 0 : generation << 16U | publish->id;
        receive(std::move(message));
        return true;
    }
    if (const auto* suback = std::get_if<Suback>(&packet); suback && suback->id == kNeeded) {
        for (const auto reason : suback->reasons) {
            if (reason >= 0x80) {
                lose(fmt::format("a subscription: {}", reason_text(reason)));
                return false;
            }
        }
        keep_alive();
        return true;
    }
    if (const auto* disconnect = std::get_if<Disconnect>(&packet)) {
        lose(std::string(reason_text(disconnect->reason)));
        return false;
    }
    return true;
}

/// Our own packets, before others may write.
void MqttClient::Impl::send(const std::string& bytes) {
    {
        const std::lock_guard lock(mutex);
        to_write += bytes;
    }
    flush();
}

void MqttClient::Impl::flush() {
    if (is_writing || leaving) {
        return;
    }
    {
        const std::lock_guard lock(mutex);
        flush_posted = false;
        if (to_write.empty()) {
            return;
        }
        writing = std::exchange(to_write, {});
    }
    is_writing = true;
    transport->write(
        asio::buffer(writing), mine<std::size_t>([this](error_code error, std::size_t) {
            is_writing = false;
            if (error) {
                lose(error.message());
                return;
            }
            flush();
        })
    );
}

MqttClient::MqttClient(ClientOptions options, Receive receive, Problem problem)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(receive), std::move(problem))) {}

MqttClient::~MqttClient() = default;

void MqttClient::acknowledge(std::uint64_t ticket) {
    if (ticket == 0) {
        return;
    }
    bool post = false;
    {
        const std::lock_guard lock(impl_->mutex);
        if (impl_->writable != ticket >> 16U) {
            return;  // another connection: the broker sends the message again
        }
        impl_->to_write += puback_packet(static_cast<std::uint16_t>(ticket & 0xffffU));
        ++impl_->counters.acknowledged;
        post = !std::exchange(impl_->flush_posted, true);
    }
    if (post) {
        asio::post(impl_->io, [impl = impl_.get()] { impl->flush(); });
    }
}

bool MqttClient::publish(std::string topic, std::string payload) {
    if (!is_topic(topic)) {
        return false;
    }
    const auto packet = publish_packet(topic, payload, false);
    bool post = false;
    {
        const std::lock_guard lock(impl_->mutex);
        const bool fits = impl_->to_write.size() + packet.size() <= impl_->options.publish_bytes &&
                          (impl_->packet_maximum == 0 || packet.size() <= impl_->packet_maximum);
        if (impl_->writable == 0 || !fits) {
            ++impl_->counters.refused;
            return false;
        }
        impl_->to_write += packet;
        ++impl_->counters.published;
        post = !std::exchange(impl_->flush_posted, true);
    }
    if (post) {
        asio::post(impl_->io, [impl = impl_.get()] { impl->flush(); });
    }
    return true;
}

ClientCounters MqttClient::counters() const {
    const std::lock_guard lock(impl_->mutex);
    return impl_->counters;
}

}  // namespace chengshu::mqtt
