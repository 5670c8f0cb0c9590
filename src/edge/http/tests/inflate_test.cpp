#include "edge/http/inflate.hpp"

#include <gtest/gtest.h>
#include <zlib.h>

namespace chengshu::http {
namespace {

std::string packed(const std::string& text) {
    z_stream stream{};
    EXPECT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
    std::string out(deflateBound(&stream, text.size()) + 64, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
    out.resize(stream.total_out);
    deflateEnd(&stream);
    return out;
}

TEST(Inflate, GivesBackWhatWasPacked) {
    for (const std::size_t size : {0U, 1U, 65'535U, 65'536U, 65'537U, 1'000'000U}) {
        std::string text;
        for (std::size_t i = 0; i < size; ++i) {
            text.push_back(static_cast<char>('a' + i * i % 26));
        }
        const auto got = inflate_gzip(packed(text), size);
        ASSERT_TRUE(got) << size;
        EXPECT_EQ(*got, text);
    }
}

TEST(Inflate, JoinsMembers) {
    EXPECT_EQ(*inflate_gzip(packed("ab") + packed("cd"), 100), "abcd");
}

TEST(Inflate, StopsABombAtTheLimit) {
    const auto bomb = packed(std::string(50'000'000, 'x'));
    EXPECT_LT(bomb.size(), 100'000U);
    EXPECT_EQ(inflate_gzip(bomb, 1'000'000).error().code, ErrorCode::TooLarge);
    EXPECT_EQ(inflate_gzip(packed("abc"), 2).error().code, ErrorCode::TooLarge);
}

TEST(Inflate, RefusesWhatIsDamagedOrCutOff) {
    auto good = packed(std::string(1'000, 'x') + "tail");
    EXPECT_EQ(inflate_gzip("", 100).error().code, ErrorCode::InvalidInput);
    EXPECT_EQ(inflate_gzip("plain text", 100).error().code, ErrorCode::InvalidInput);
    for (std::size_t size = 1; size < good.size(); ++size) {
        EXPECT_FALSE(inflate_gzip(good.substr(0, size), 10'000)) << size;
    }
    EXPECT_FALSE(inflate_gzip(good + "rest", 10'000));
    good[good.size() - 5] = static_cast<char>(good[good.size() - 5] ^ 1);
    EXPECT_FALSE(inflate_gzip(good, 10'000));
}

}  // namespace
}  // namespace chengshu::http
