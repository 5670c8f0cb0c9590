#include "adapters/mqtt/packet.hpp"

#include "base/random.hpp"

#include <gtest/gtest.h>

namespace chengshu::mqtt {
namespace {

using namespace std::string_literals;

TEST(MqttPacket, ConnectsAsTheStandardSays) {
    ConnectOptions options;
    options.client_id = "me";
    options.keep_alive_s = 0x1234;
    options.session_expiry_s = 1;
    options.receive_maximum = 2;
    options.packet_maximum = 3;
    EXPECT_EQ(
        connect_packet(options),
        "\x10\x1c\x00\x04MQTT\x05\x00\x12\x34"
        "\x0d\x11\x00\x00\x00\x01\x21\x00\x02\x27\x00\x00\x00\x03"
        "\x00\x02me"s
    );
    options.user = "u";
    options.password = "p";
    const auto packet = connect_packet(options);
    EXPECT_EQ(static_cast<unsigned char>(packet[9]), 0xc0);
    EXPECT_TRUE(packet.ends_with("\x00\x01u\x00\x01p"s));
}

TEST(MqttPacket, SubscribesWithQosOneAndNotToItself) {
    EXPECT_EQ(
        subscribe_packet(7, {"a/+"}),
        "\x82\x09\x00\x07\x00\x00\x03"
        "a/+\x25"s
    );
    EXPECT_EQ(puback_packet(0x0102), "\x40\x02\x01\x02"s);
    EXPECT_EQ(publish_packet("t", "xy", false), "\x30\x06\x00\x01t\x00xy"s);
    EXPECT_EQ(ping_packet(), "\xc0\x00"s);
    EXPECT_EQ(disconnect_packet(), "\xe0\x00"s);
}

TEST(MqttPacket, IsPutTogetherFromAnyPieces) {
    const auto all =
        "\x20\x08\x01\x00\x05\x13\x00\x0a\x24\x01"s
        "\x3b\x0a\x00\x03"
        "a/b\x00\x05\x00zz"s
        "\x90\x04\x00\x01\x00\x80"s
        "\xd0\x00"s
        "\xe0\x01\x8e"s;
    for (std::size_t piece = 1; piece <= all.size(); ++piece) {
        Decoder decoder(1'000);
        std::vector<Packet> got;
        for (std::size_t at = 0; at < all.size(); at += piece) {
            decoder.feed(std::string_view(all).substr(at, piece));
            while (true) {
                auto next = decoder.next();
                ASSERT_TRUE(next) << next.error().context;
                if (!*next) {
                    break;
                }
                got.push_back(std::move(**next));
            }
        }
        ASSERT_EQ(got.size(), 5U);
        EXPECT_TRUE(std::get<Connack>(got[0]).session_present);
        EXPECT_EQ(std::get<Connack>(got[0]).keep_alive_s, 10);
        const auto& publish = std::get<Publish>(got[1]);
        EXPECT_EQ(publish.topic, "a/b");
        EXPECT_EQ(publish.payload, "zz");
        EXPECT_EQ(publish.id, 5);
        EXPECT_TRUE(publish.again);
        EXPECT_TRUE(publish.retained);
        EXPECT_EQ(std::get<Suback>(got[2]).reasons, (std::vector<std::uint8_t>{0x80}));
        EXPECT_TRUE(std::holds_alternative<Pong>(got[3]));
        EXPECT_EQ(
            reason_text(std::get<Disconnect>(got[4]).reason),
            "another client has taken this client id"
        );
    }
}

TEST(MqttPacket, RefusesWhatNoBrokerMaySend) {
    for (const auto& bytes :
         {"\x10\x00"s,                       // CONNECT
          "\x30\xff\xff\xff\xff\x01"s,       // length of five bytes
          "\x30\xff\xff\x7f"s,               // larger than we said
          "\x30\x04\x00\x00\x00x"s,          // no topic
          "\x30\x05\x00\x01#\x00x"s,         // a wildcard
          "\x30\x05\x00\x09t\x00x"s,         // topic longer than the packet
          "\x32\x06\x00\x01t\x00\x00\x00"s,  // QoS 1 without an id
          "\x34\x06\x00\x01t\x00\x01\x00"s,  // QoS 2
          "\x30\x06\x00\x01t\x02\x99\x00"s,  // unknown property
          "\x20\x03\x00\x00\x05"s}) {
        Decoder decoder(10'000);
        decoder.feed(bytes);
        EXPECT_FALSE(decoder.next());
    }
}

TEST(MqttPacket, SurvivesAnything) {
    SeededRandom random(20261126);
    for (int i = 0; i < 20'000; ++i) {
        std::string bytes;
        for (auto n = random.below(40); n > 0; --n) {
            bytes.push_back(static_cast<char>(random.below(256)));
        }
        Decoder decoder(100);
        decoder.feed(bytes);
        for (int packets = 0; packets < 50; ++packets) {
            const auto next = decoder.next();
            if (!next || !*next) {
                break;
            }
        }
    }
}

}  // namespace
}  // namespace chengshu::mqtt
