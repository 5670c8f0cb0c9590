#include "edge/http/client_address.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace chengshu::http {
namespace {

std::string seen(
    const std::string& peer,
    const std::vector<std::string>& lines,
    const std::vector<std::string>& proxies
) {
    Request request;
    request.peer = peer;
    for (const auto& line : lines) {
        request.headers.add("x-forwarded-for", line);
    }
    return client_address(request, proxies);
}

TEST(ClientAddress, IsThePeersUnlessThatIsOurProxy) {
    EXPECT_EQ(seen("192.0.2.1", {"203.0.113.9"}, {}), "192.0.2.1");
    EXPECT_EQ(seen("192.0.2.1", {"203.0.113.9"}, {"192.0.2.2"}), "192.0.2.1");
    EXPECT_EQ(seen("192.0.2.2", {"203.0.113.9"}, {"192.0.2.2"}), "203.0.113.9");
    EXPECT_EQ(seen("192.0.2.2", {}, {"192.0.2.2"}), "192.0.2.2");
    EXPECT_EQ(seen("", {"203.0.113.9"}, {"192.0.2.2"}), "");
}

TEST(ClientAddress, TakesTheLastEntryThatOurOwnProxiesDidNotMake) {
    const std::vector<std::string> ours{"10.0.0.1", "2001:db8::5"};
    EXPECT_EQ(seen("10.0.0.1", {"1.1.1.1, 203.0.113.9"}, ours), "203.0.113.9");
    EXPECT_EQ(seen("10.0.0.1", {"1.1.1.1,203.0.113.9 ,2001:DB8:0::5"}, ours), "203.0.113.9");
    EXPECT_EQ(seen("10.0.0.1", {"1.1.1.1", "203.0.113.9"}, ours), "203.0.113.9");
    EXPECT_EQ(seen("::ffff:10.0.0.1", {"2001:db8:1::7"}, ours), "2001:db8:1::7");
    EXPECT_EQ(seen("10.0.0.1", {"10.0.0.1, 2001:db8::5"}, ours), "10.0.0.1");
}

TEST(ClientAddress, NonsenseIsNobody) {
    const std::vector<std::string> ours{"10.0.0.1"};
    for (const auto* line :
         {"", ",", "unknown", "203.0.113.9:80", "[2001:db8::1]", "203.0.113.9,", "1.2.3",
          "203.0.113.9, x", "fe80::1%eth0"}) {
        EXPECT_EQ(seen("10.0.0.1", {line}, ours), "10.0.0.1") << line;
    }
    EXPECT_EQ(seen("10.0.0.1", {std::string(100'000, ',')}, ours), "10.0.0.1");
    EXPECT_EQ(seen("10.0.0.1", {std::string(100'000, '1')}, ours), "10.0.0.1");
}

TEST(ClientAddress, KnowsAddresses) {
    for (const auto* text : {"1.2.3.4", "::", "::1", "2001:db8::1", "::ffff:1.2.3.4"}) {
        EXPECT_TRUE(is_ip_address(text)) << text;
    }
    for (const auto* text : {"", "1.2.3", "1.2.3.4.5", "256.1.1.1", "localhost", "1::2::3"}) {
        EXPECT_FALSE(is_ip_address(text)) << text;
    }
}

}  // namespace
}  // namespace chengshu::http
