#include "base/json_writer.hpp"

#include "base/json_text.hpp"
#include "base/random.hpp"

#include <boost/json.hpp>
#include <gtest/gtest.h>

namespace json = boost::json;

namespace chengshu {
namespace {

/// What is said of a tree by hand, and by the writer.
void write(JsonWriter& out, const json::value& value) {
    if (const auto* object = value.if_object()) {
        out.begin_object();
        for (const auto& member : *object) {
            out.data_key(member.key());
            write(out, member.value());
        }
        out.end_object();
    } else if (const auto* array = value.if_array()) {
        out.begin_array();
        for (const auto& item : *array) {
            write(out, item);
        }
        out.end_array();
    } else if (const auto* text = value.if_string()) {
        out.text(std::string_view(*text));
    } else if (const auto* whole = value.if_int64()) {
        out.number(*whole);
    } else if (const auto* number = value.if_double()) {
        out.number(*number);
    } else if (const auto* flag = value.if_bool()) {
        out.boolean(*flag);
    } else {
        out.null();
    }
}

std::string random_text(SeededRandom& random) {
    static const std::vector<std::string_view> kParts{
        "a", "中", "\"", "\\", "\n", "\t", "\x01", "\x1f", " ", "é", "0123456", "/", "\x7f"
    };
    std::string out;
    for (auto parts = random.below(12); parts > 0; --parts) {
        out += random.chance(1, 2) ? "x" : kParts[random.below(kParts.size())];
    }
    return out;
}

json::value random_value(SeededRandom& random, int depth) {
    switch (random.below(depth > 0 ? 7 : 5)) {
        case 0:
            return random.between(-9'000'000'000'000'000'000, 9'000'000'000'000'000'000);
        case 1:
            return random.unit() * 360 - 180;
        case 2:
            return json::value(random_text(random));
        case 3:
            return random.chance(1, 2);
        case 4:
            return nullptr;
        case 5: {
            json::array list;
            for (auto items = random.below(5); items > 0; --items) {
                list.emplace_back(random_value(random, depth - 1));
            }
            return list;
        }
        default: {
            json::object object;
            for (auto members = random.below(5); members > 0; --members) {
                object[random_text(random)] = random_value(random, depth - 1);
            }
            return object;
        }
    }
}

TEST(JsonWriter, WritesAsATreeIsWritten) {
    for (std::uint64_t seed = 1; seed <= 2000; ++seed) {
        SeededRandom random(seed);
        const auto value = random_value(random, 4);
        JsonWriter out(random.below(40));
        write(out, value);
        ASSERT_EQ(out.take(), json_text(value)) << "seed " << seed;
        write(out, value);  // a writer may be used again
        ASSERT_EQ(out.take(), json_text(value)) << "seed " << seed;
    }
}

TEST(JsonWriter, KeepsTheGrammarOfMembers) {
    JsonWriter out(0);
    out.begin_object();
    out.member("text", "b");
    out.member("whole", std::int64_t{-3});
    out.member("number", 21.5);
    out.flag("flag", true);
    out.member("at", from_millis(1'767'225'600'001));
    out.key("json").json("[1,2]");
    out.key("list").begin_array();
    out.begin_object();
    out.end_object();
    out.null();
    out.end_array();
    out.end_object();
    EXPECT_EQ(
        out.take(),
        R"({"text":"b","whole":-3,"number":21.5,"flag":true,"at":"2026-01-01T00:00:00.001Z",)"
        R"("json":[1,2],"list":[{},null]})"
    );
}

TEST(JsonWriter, HasRoomForTheStrangestInstants) {
    for (const auto millis :
         {std::int64_t{-62'167'219'200'001},
          std::int64_t{253'402'300'800'123},
          std::int64_t{971'890'963'199'999},
          std::int64_t{-1'096'193'779'199'999}}) {
        JsonWriter out(0);
        out.utc(from_millis(millis));
        EXPECT_EQ(out.take(), '"' + format_utc(from_millis(millis)) + '"');
    }
}

}  // namespace
}  // namespace chengshu
