#include "base/messages.hpp"

#include <fmt/args.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace chengshu {
namespace {

std::string put_in(std::string_view form, const std::vector<std::string>& contents) {
    fmt::dynamic_format_arg_store<fmt::format_context> store;
    for (const auto& content : contents) {
        store.push_back(content);
    }
    return fmt::vformat(form, store);
}

std::size_t places_of(std::string_view form) {
    std::size_t out = 0;
    for (std::size_t i = 0; i < form.size(); ++i) {
        if (i + 1 < form.size() && (form[i] == '{' || form[i] == '}') && form[i + 1] == form[i]) {
            ++i;
        } else {
            out += form[i] == '{' ? 1 : 0;
        }
    }
    return out;
}

/// Two contents side by side cannot be told apart, unless the second is a message of its own.
bool has_neighbours(std::string_view form) {
    return form.find("{}{}") != std::string_view::npos;
}

/// Whether "a: b" as a content cannot be taken for "where: what", or for two contents.
bool may_hold_colons(std::string_view form) {
    const auto rows = all_messages();
    return !form.starts_with("{}") && form.find("{}: {}") == std::string_view::npos &&
           std::none_of(rows.begin(), rows.end(), [&](const Message& row) {
               return row.en.size() > form.size() && row.en.starts_with(form) &&
                      row.en.substr(form.size()).starts_with(": {}");
           });
}

TEST(Messages, EachRowComesBackAsItsOwnChinese) {
    for (const auto& row : all_messages()) {
        std::vector<std::string> contents;
        for (std::size_t i = 0; i < places_of(row.en); ++i) {
            contents.push_back(fmt::format("x{}", i + 1));
        }
        if (has_neighbours(row.en)) {
            contents.back().clear();
        }
        EXPECT_EQ(message_in(put_in(row.en, contents), "zh"), put_in(row.zh, contents)) << row.en;
    }
}

TEST(Messages, OddContentsKeepTheirPlaces) {
    for (const auto& row : all_messages()) {
        for (const std::string_view odd :
             {"{}", "{0}", "a: b", "海淀区", "\"", "%s", "{{", "“引号”"}) {
            std::vector<std::string> contents(places_of(row.en), std::string(odd));
            // Neighbours cannot be told apart, nor a quote within quotes.
            if (has_neighbours(row.en) || odd == "\"" ||
                (odd == "a: b" && !may_hold_colons(row.en))) {
                continue;
            }
            EXPECT_EQ(message_in(put_in(row.en, contents), "zh"), put_in(row.zh, contents))
                << row.en << " with " << odd;
        }
    }
}

TEST(Messages, EmptyContentsAreContents) {
    EXPECT_EQ(message_in("there is no account ", "zh"), "没有账号 ");
    EXPECT_EQ(message_in("\"\" is not possible in state \"\"", "zh"), "状态“”下不能执行“”");
}

TEST(Messages, NoRowStandsTwice) {
    std::set<std::string_view> seen;
    for (const auto& row : all_messages()) {
        EXPECT_TRUE(seen.insert(row.en).second) << row.en;
        EXPECT_EQ(places_of(row.en) == 0, places_of(row.zh) == 0) << row.en;
    }
}

TEST(Messages, OrderFollowsTheLanguage) {
    EXPECT_EQ(
        message_in("\"dispatch\" is not possible in state \"closed\"", "zh"),
        "状态“closed”下不能执行“dispatch”"
    );
}

TEST(Messages, AMessageWithinAMessageIsTranslatedToo) {
    EXPECT_EQ(message_in("title must be a string", "zh"), "title 应为字符串");
    EXPECT_EQ(message_in("the body must be an object (Report)", "zh"), "请求体 应为对象（Report）");
    EXPECT_EQ(
        message_in("$filter, at character 6: expected a value, found the end", "zh"),
        "$filter 第 6 个字符处：应为值，而内容已结束"
    );
    EXPECT_EQ(
        message_in("unknown member \"tittle\"; did you mean \"title\"?", "zh"),
        "未知成员“tittle”；是否指“title”？"
    );
    EXPECT_EQ(
        message_in("status must be one of open, closed; did you mean \"open\"?", "zh"),
        "status 应为以下之一：open, closed；是否指“open”？"
    );
    EXPECT_EQ(
        message_in("substring expects a text or a number here, found a geometry", "zh"),
        "substring 此处应为文字或数值，实为几何"
    );
}

TEST(Messages, WhereStaysBeforeWhat) {
    EXPECT_EQ(message_in("Datastream/name: must be a text", "zh"), "Datastream/name: 应为文字");
    EXPECT_EQ(message_in("line 3: abc is empty", "zh"), "line 3: abc 为空");
    EXPECT_EQ(
        message_in("plan.yaml:3:7: a template names a known category, a weight and texts", "zh"),
        "plan.yaml:3:7: 模板须给出已有类目、权重和文字"
    );
    EXPECT_EQ(
        message_in("PostgreSQL cannot be reached: timeout", "zh"), "无法连接 PostgreSQL：timeout"
    );
}

TEST(Messages, QuotedWordsAreNotTouched) {
    EXPECT_EQ(
        message_in("\"the end\" is not a permission; known: act", "zh"),
        "“the end”不是权限；现有权限：act"
    );
}

TEST(Messages, UnknownTextStays) {
    for (const std::string_view text :
         {"",
          " ",
          "nothing says this",
          "ERROR: relation \"x\" does not exist",
          "海淀区没有这个",
          ": ",
          "a: b: c"}) {
        EXPECT_EQ(message_in(text, "zh"), text);
    }
    EXPECT_EQ(message_in("there is no such case", "en"), "there is no such case");
    EXPECT_EQ(message_in("there is no such case", ""), "there is no such case");
}

TEST(Messages, LongAndHostileTextIsBounded) {
    const std::string long_text = "there is no account " + std::string(9000, 'x');
    EXPECT_EQ(message_in(long_text, "zh"), long_text);
    std::string hostile;
    while (hostile.size() + 40 < 8192) {
        hostile += "there is no a: cannot read is: {} must be ";
    }
    // No claim about the answer; it must come, and hold no more than was said.
    EXPECT_LT(message_in(hostile, "zh").size(), 4 * hostile.size());
}

}  // namespace
}  // namespace chengshu
