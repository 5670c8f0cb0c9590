#include "edge/cap/message.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <unistd.h>

namespace chengshu::cap {
namespace {

const Instant kNow = *parse_rfc3339("2015-12-08T00:00:00Z");

const TimeZone& zone() {
    static const auto kZone = *TimeZone::find("Asia/Shanghai");
    return kZone;
}

response::Issuer issuer() {
    return {"warnings@example.org", "065", "000", {"示例市", "Example City"}};
}

response::Alert alert() {
    response::Alert out;
    out.id = "20151207T160000Z.heavy.110000";
    out.name = {"重污染天气", "Heavy pollution"};
    out.level = response::Level::Red;
    out.peak = response::Level::Red;
    out.place = {0, "110000"};
    out.path = {"110000"};
    out.place_name = {"北京市", "Beijing & <more>"};
    out.text = {"AQI \"300\" <以上>", "AQI above 300 & rising"};
    out.event = "11G01";
    out.category = "Env";
    out.since = kNow;
    return out;
}

std::string file(const std::string& name) {
    std::ifstream in(std::string(CS_SOURCE_DIR) + "/tests/cap/" + name, std::ios::binary);
    EXPECT_TRUE(in) << name;
    return {std::istreambuf_iterator<char>(in), {}};
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
    const auto at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
}

TEST(CapWrite, IdentifiersAreThoseOfTheChineseProfile) {
    const auto id = identifier_of(issuer(), "110000", kNow, zone(), 13);
    EXPECT_EQ(id, "11000006500000_20151208080000_3");
    EXPECT_EQ(id.size(), 31U);
    EXPECT_EQ(local_time(kNow, zone()), "2015-12-08T08:00:00+08:00");
    EXPECT_EQ(local_time(kNow, *TimeZone::find("America/New_York")), "2015-12-07T19:00:00-05:00");
}

TEST(CapWrite, AlertUpdateAndCancelRefer) {
    auto value = alert();
    auto first = message_of(value, issuer(), "a1", kNow, zone());
    EXPECT_EQ(first.kind, "Alert");
    EXPECT_EQ(first.status, "Actual");
    EXPECT_EQ(first.infos[0].severity, "Extreme");
    EXPECT_EQ(first.infos[0].areas[0].geocodes[0].value, "110000000000");
    ASSERT_TRUE(check(first)) << check(first).error().context;
    value.issued.push_back({"a1", first.sent, first.kind, value.level});
    value.level = response::Level::Orange;
    value.exercise = true;
    const auto second = message_of(value, issuer(), "a2", kNow, zone());
    EXPECT_EQ(second.kind, "Update");
    EXPECT_EQ(second.status, "Exercise");
    EXPECT_EQ(second.references, "warnings@example.org,a1,2015-12-08T08:00:00+08:00");
    EXPECT_TRUE(second.infos[0].headline.starts_with("【演练】"));
    value.issued.push_back({"a2", second.sent, second.kind, value.level});
    value.cleared = kNow;
    const auto last = message_of(value, issuer(), "a3", kNow, zone());
    EXPECT_EQ(last.kind, "Cancel");
    EXPECT_EQ(references_of(last)->size(), 2U);
    EXPECT_EQ(last.infos[1].response_types, std::vector<std::string>{"AllClear"});
}

TEST(CapWrite, WhatIsWrittenIsReadTheSame) {
    const auto message = message_of(alert(), issuer(), "a1", kNow, zone());
    const auto read_again = read(write(message));
    ASSERT_TRUE(read_again) << read_again.error().context;
    EXPECT_EQ(*read_again, message);
}

/// Against the order, number and form of CAP's elements, where there is a program that knows
/// schemas.
TEST(CapWrite, IsValidBySchema) {
    if (std::system("xmllint --version >/dev/null 2>&1") != 0) {
        GTEST_SKIP() << "xmllint is not installed";
    }
    auto value = alert();
    for (const bool over : {false, true}) {
        const auto path = std::filesystem::path(::testing::TempDir()) /
                          fmt::format("cap-{}-{}.xml", ::getpid(), over);
        {
            std::ofstream out(path, std::ios::binary);
            out << write(message_of(value, issuer(), over ? "a2" : "a1", kNow, zone()));
        }
        const auto command = fmt::format(
            "xmllint --noout --nonet --relaxng {}/tests/cap/cap12.rng {} 2>&1",
            CS_SOURCE_DIR,
            path.string()
        );
        EXPECT_EQ(std::system(command.c_str()), 0);
        std::filesystem::remove(path);
        value.issued.push_back({"a1", "2015-12-08T08:00:00+08:00", "Alert", value.level});
        value.cleared = kNow;
        value.point = {116.4, 39.9};
        value.place = {17, {}};
    }
}

TEST(CapRead, WhatOthersSend) {
    const auto small = read(file("no_optional_fields.cap"));
    ASSERT_TRUE(small) << small.error().context;
    EXPECT_TRUE(small->infos.empty());
    const auto flood = read(file("flash_flood.cap"));
    ASSERT_TRUE(flood) << flood.error().context;
    EXPECT_EQ(level_of_severity(flood->infos.at(0).severity), response::Level::Orange);
    EXPECT_EQ(flood->infos.at(0).areas.at(0).geocodes.size(), 2U);
    const auto both = read(file("two_languages.cap"));
    ASSERT_TRUE(both) << both.error().context;
    ASSERT_EQ(both->infos.size(), 2U);
    EXPECT_EQ(both->infos.at(0).description, "Waves < 1 m & falling.");
    EXPECT_EQ(both->infos.at(0).areas.size(), 2U);
    EXPECT_EQ(both->infos.at(1).language, "fr-CA");
}

TEST(CapRead, RefusesHostileFiles) {
    const auto good = write(message_of(alert(), issuer(), "a1", kNow, zone()));
    const auto refused = [](const std::string& xml) {
        const auto message = read(xml);
        return message ? std::string("accepted") : message.error().context;
    };
    EXPECT_NE(
        refused(
            replaced(
                good, "<alert", "<!DOCTYPE alert [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><alert"
            )
        )
            .find("document type"),
        std::string::npos
    );
    std::string bomb = "<!DOCTYPE a [<!ENTITY a0 \"ha\">";
    for (int i = 1; i < 30; ++i) {
        bomb += fmt::format("<!ENTITY a{} \"&a{};&a{};\">", i, i - 1, i - 1);
    }
    EXPECT_NE(refused(bomb + "]><alert>&a29;</alert>").find("document type"), std::string::npos);
    EXPECT_NE(refused(std::string(kMessageBytesMax + 1, ' ')).find("at most"), std::string::npos);
    std::string deep = "<alert xmlns=\"urn:oasis:names:tc:emergency:cap:1.2\">";
    for (int i = 0; i < 10'000; ++i) {
        deep += "<info>";
    }
    EXPECT_NE(refused(deep), "accepted");
    EXPECT_NE(refused(replaced(good, "</info>", "</inf>")).find("no XML"), std::string::npos);
    EXPECT_NE(refused(replaced(good, "AQI", "\xff\xfe")).find("UTF-8"), std::string::npos);
    EXPECT_NE(refused(replaced(good, "cap:1.2", "cap:9")).find("CAP 1.2"), std::string::npos);
    EXPECT_NE(refused(""), "accepted");
    std::string many = good;
    for (int i = 0; i < 20; ++i) {
        many = replaced(many, "</alert>", "<info></info></alert>");
    }
    EXPECT_NE(refused(many).find("more than"), std::string::npos);
}

TEST(CapRead, NamesWhatIsWrong) {
    const auto good = write(message_of(alert(), issuer(), "a1", kNow, zone()));
    const auto field = [&](std::string_view from, std::string_view to) {
        const auto message = read(replaced(good, from, to));
        return message ? std::string() : message.error().field;
    };
    EXPECT_EQ(field("<identifier>a1", "<identifier>a 1"), "identifier");
    EXPECT_EQ(field("<status>Actual", "<status>Real"), "status");
    EXPECT_EQ(field("<sent>2015-12-08T08:00:00+08:00", "<sent>2015-12-08T08:00:00Z"), "sent");
    EXPECT_EQ(field("<msgType>Alert", "<msgType>Update"), "references");
    EXPECT_EQ(field("<scope>Public", "<scope>Private"), "addresses");
    EXPECT_EQ(field("<severity>Extreme", "<severity>Red"), "severity");
    EXPECT_EQ(field("<areaDesc>北京市</areaDesc>", ""), "areaDesc");
    EXPECT_EQ(field("<areaDesc>", "<polygon>1,1 2,2 3,3 4,4</polygon><areaDesc>"), "polygon");
    EXPECT_EQ(field("<areaDesc>", "<circle>91,0 5</circle><areaDesc>"), "circle");
    EXPECT_EQ(field("<scope>", "<scope>Public</scope><scope>"), "scope");
    EXPECT_EQ(field("<category>Env</category>", ""), "category");
}

}  // namespace
}  // namespace chengshu::cap
