#include "domain/sensing/json_patch.hpp"

#include "base/json_text.hpp"

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include <string>

namespace chengshu::sensing {
namespace {

struct PatchCase {
    const char* document;
    const char* patch;
    const char* result;  ///< or what the error's field is, when `fails`
    bool fails = false;
};

class JsonPatch : public ::testing::TestWithParam<PatchCase> {};

// Most are from RFC 6902, appendix A.
TEST_P(JsonPatch, DoesWhatTheRfcSays) {
    const auto& item = GetParam();
    auto document = *parse_json(item.document, "document");
    const auto before = document;
    const auto done = apply_patch(document, *parse_json(item.patch, "patch"));
    if (item.fails) {
        ASSERT_FALSE(done);
        EXPECT_EQ(done.error().field, item.result);
        EXPECT_EQ(document, before);
        return;
    }
    ASSERT_TRUE(done) << done.error().context;
    EXPECT_EQ(document, *parse_json(item.result, "result")) << json_text(document);
}

constexpr PatchCase kCases[] = {
    {R"({"foo":"bar"})",
     R"([{"op":"add","path":"/baz","value":"qux"}])",
     R"({"foo":"bar","baz":"qux"})"},
    {R"({"foo":["bar","baz"]})",
     R"([{"op":"add","path":"/foo/1","value":"qux"}])",
     R"({"foo":["bar","qux","baz"]})"},
    {R"({"a":1,"b":2})", R"([{"op":"remove","path":"/a"}])", R"({"b":2})"},
    {R"({"foo":["bar","qux","baz"]})",
     R"([{"op":"remove","path":"/foo/1"}])",
     R"({"foo":["bar","baz"]})"},
    {R"({"a":1})", R"([{"op":"replace","path":"/a","value":{"b":[]}}])", R"({"a":{"b":[]}})"},
    {R"({"foo":{"bar":"baz","waldo":"fred"},"qux":{"corge":"grault"}})",
     R"([{"op":"move","from":"/foo/waldo","path":"/qux/thud"}])",
     R"({"foo":{"bar":"baz"},"qux":{"corge":"grault","thud":"fred"}})"},
    {R"({"foo":["all","grass","cows","eat"]})",
     R"([{"op":"move","from":"/foo/1","path":"/foo/3"}])",
     R"({"foo":["all","cows","eat","grass"]})"},
    {R"({"a":{"b":1}})",
     R"([{"op":"copy","from":"/a","path":"/c"}])",
     R"({"a":{"b":1},"c":{"b":1}})"},
    {R"({"a":[1]})", R"([{"op":"add","path":"/a/-","value":2}])", R"({"a":[1,2]})"},
    {R"({"a/b":1,"m~n":2})",
     R"([{"op":"test","path":"/a~1b","value":1.0},{"op":"test","path":"/m~0n","value":2}])",
     R"({"a/b":1,"m~n":2})"},
    {R"({"a":1})", R"([{"op":"move","from":"/a","path":"/a"}])", R"({"a":1})"},
    {R"({"a":1})", R"([])", R"({"a":1})"},
    {R"({"a":1})", R"([{"op":"replace","path":"","value":[1]}])", R"([1])"},

    {R"({"a":1})", R"([{"op":"test","path":"/a","value":"1"}])", "/0/path", true},
    {R"({"a":1})", R"([{"op":"add","path":"/b/c","value":1}])", "/0/path", true},
    {R"({"a":1})", R"([{"op":"remove","path":"/b"}])", "/0/path", true},
    {R"({"a":1})", R"([{"op":"replace","path":"/b","value":1}])", "/0/path", true},
    {R"({"a":[1]})", R"([{"op":"remove","path":"/a/01"}])", "/0/path", true},
    {R"({"a":[1]})", R"([{"op":"add","path":"/a/2","value":1}])", "/0/path", true},
    {R"({"a":[1]})", R"([{"op":"remove","path":"/a/-1"}])", "/0/path", true},
    {R"({"a":{"b":1}})", R"([{"op":"move","from":"/a","path":"/a/b"}])", "/0/from", true},
    {R"({"a":1})",
     R"([{"op":"remove","path":"/a"},{"op":"copy","from":"/a","path":"/b"}])",
     "/1/from",
     true},
    {R"({"a":1})", R"([{"op":"jump","path":"/a"}])", "/0/op", true},
    {R"({"a":1})", R"([{"path":"/a"}])", "/0/op", true},
    {R"({"a":1})", R"([7])", "/0/op", true},
    {R"({"a":1})", R"([{"op":"add","path":"/a"}])", "/0/value", true},
    {R"({"a":1})", R"([{"op":"add","path":"a","value":1}])", "/0/path", true},
    {R"({"a":1})", R"([{"op":"add","path":"/a~2","value":1}])", "/0/path", true},
    {R"({"a":1})", R"([{"op":"add","path":7,"value":1}])", "/0/path", true},
    {R"({"a":1})", R"([{"op":"remove","path":""}])", "/0/path", true},
    {R"({"a":1})", R"({"op":"remove"})", "", true},
};

INSTANTIATE_TEST_SUITE_P(All, JsonPatch, ::testing::ValuesIn(kCases));

TEST(JsonPatchLimits, StopsADocumentThatDoubles) {
    auto document = *parse_json(R"({"a":[1,2,3,4,5,6,7,8]})", "document");
    std::string patch = "[";
    for (int i = 0; i < 900; ++i) {
        patch += std::string(i == 0 ? "" : ",") + R"({"op":"copy","from":"","path":"/a/0"})";
    }
    const auto done = apply_patch(document, *parse_json(patch + "]", "patch"));
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, ErrorCode::InvalidInput);
}

TEST(MergePatch, MergesObjectsAndRemovesNulls) {
    auto document = *parse_json(R"({"a":{"b":1,"c":2},"d":[1]})", "document");
    merge_patch(document, *parse_json(R"({"a":{"b":null,"e":3},"d":{"f":1}})", "patch"));
    EXPECT_EQ(document, *parse_json(R"({"a":{"c":2,"e":3},"d":{"f":1}})", "result"));
}

TEST(JsonText, WritesNumbersAsPeopleDo) {
    const auto same = [](const char* text) { return json_text(*parse_json(text, "text")); };
    EXPECT_EQ(
        same("[21.5,0.1,-3,1e2,1e300,18446744073709551615]"),
        "[21.5,0.1,-3,100,1e+300,18446744073709551615]"
    );
    EXPECT_EQ(same(R"("a\"\\\n\u0001\u4e2d")"), "\"a\\\"\\\\\\n\\u0001中\"");
    EXPECT_FALSE(parse_json("1e999", "text"));
    EXPECT_FALSE(parse_json("{", "text"));
    EXPECT_FALSE(parse_json("", "text"));
    EXPECT_FALSE(parse_json(std::string(40, '[') + std::string(40, ']'), "text"));
    EXPECT_FALSE(parse_json("\"\xff\"", "text"));
}

}  // namespace
}  // namespace chengshu::sensing
