#include "edge/http/message.hpp"

#include <gtest/gtest.h>

#include <string>

namespace chengshu::http {
namespace {

constexpr const char* kType = "multipart/form-data; boundary=XyZ";

std::string part(const std::string& disposition, const std::string& content) {
    return "--XyZ\r\nContent-Disposition: " + disposition + "\r\n\r\n" + content + "\r\n";
}

TEST(ParseMultipart, ReadsFieldsAndFiles) {
    const std::string body =
        part("form-data; name=\"lat\"", "39.9") +
        "--XyZ\r\ncontent-disposition: form-data; name=photo; filename=\"井 \\\"1\\\".jpg\"\r\n"
        "Content-Type: image/jpeg\r\n\r\n\x01\r\n--XyY\r\n\r\n--XyZ--\r\n";
    const auto parts = parse_multipart(kType, body);
    ASSERT_TRUE(parts);
    ASSERT_EQ(parts->size(), 2U);
    EXPECT_EQ((*parts)[0].name, "lat");
    EXPECT_EQ((*parts)[0].filename, "");
    EXPECT_EQ((*parts)[0].content, "39.9");
    EXPECT_EQ((*parts)[1].name, "photo");
    EXPECT_EQ((*parts)[1].filename, "井 \"1\".jpg");
    EXPECT_EQ((*parts)[1].content_type, "image/jpeg");
    EXPECT_EQ((*parts)[1].content, "\x01\r\n--XyY\r\n");
}

TEST(ParseMultipart, QuotedBoundaryEmptyContentAndNoParts) {
    const auto parts = parse_multipart(
        "Multipart/Form-Data; charset=utf-8; boundary=\"XyZ\"",
        part("form-data; name=a", "") + "--XyZ--"
    );
    ASSERT_TRUE(parts);
    EXPECT_EQ(parts->at(0).content, "");
    EXPECT_TRUE(parse_multipart(kType, "--XyZ--\r\n")->empty());
}

TEST(ParseMultipart, RefusesMalformedBodies) {
    const std::string good = part("form-data; name=a", "1") + "--XyZ--\r\n";
    ASSERT_TRUE(parse_multipart(kType, good));
    for (std::size_t cut = 0; cut + 2 < good.size(); ++cut) {
        EXPECT_FALSE(parse_multipart(kType, good.substr(0, cut))) << cut;
    }
    for (const std::string& bad : {
             std::string{"preamble\r\n"} + good,
             part("form-data", "1") + "--XyZ--",
             part("attachment; name=a", "1") + "--XyZ--",
             part("form-data; name=a; name=b", "1") + "--XyZ--",
             part("form-data; name=\"a", "1") + "--XyZ--",
             std::string{"--XyZ\r\nX: y\r\n\r\n1\r\n--XyZ--"},
             std::string{"--XyZ\r\nno colon\r\n\r\n1\r\n--XyZ--"},
             std::string{"--XyZ\nContent-Disposition: form-data; name=a\n\n1\n--XyZ--"},
         }) {
        EXPECT_FALSE(parse_multipart(kType, bad)) << bad;
    }
}

TEST(ParseMultipart, RefusesOtherTypesAndBadBoundaries) {
    const std::string body = "--XyZ--";
    for (const std::string& bad :
         {std::string{},
          std::string{"multipart/mixed; boundary=XyZ"},
          std::string{"multipart/form-data"},
          std::string{"multipart/form-data; boundary="},
          std::string{"multipart/form-data; boundary=\"XyZ"},
          "multipart/form-data; boundary=" + std::string(71, 'a'),
          std::string{"multipart/form-data; boundary XyZ"}}) {
        EXPECT_FALSE(parse_multipart(bad, body)) << bad;
    }
}

TEST(ParseMultipart, EnforcesItsLimits) {
    std::string body;
    for (int i = 0; i < 64; ++i) {
        body += part("form-data; name=a", "1");
    }
    EXPECT_EQ(parse_multipart(kType, body + "--XyZ--")->size(), 64U);
    EXPECT_FALSE(parse_multipart(kType, body + part("form-data; name=a", "1") + "--XyZ--"));
    EXPECT_FALSE(parse_multipart(
        kType, part("form-data; name=a\r\nX: " + std::string(8 * 1024, 'x'), "1") + "--XyZ--"
    ));
}

}  // namespace
}  // namespace chengshu::http
