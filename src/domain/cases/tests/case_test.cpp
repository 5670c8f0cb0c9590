#include "domain/cases/case.hpp"

#include "base/random.hpp"

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace json = boost::json;

namespace chengshu::cases {
namespace {

std::string random_text(SeededRandom& random) {
    static const std::vector<std::string> kParts = {
        "a", "Z", "0", " ", "\"", "\\", "\n", "\t", "/", "{", "路灯", "🚦", "é", "\x01", "null"
    };
    std::string out;
    for (auto left = random.below(6); left > 0; --left) {
        out += kParts[random.below(kParts.size())];
    }
    return out;
}

Instant random_instant(SeededRandom& random) {
    return from_millis(random.between(-1, 4'102'444'800'000));
}

template <class Put>
void some(SeededRandom& random, Put&& put) {
    for (auto left = random.below(4); left > 0; --left) {
        put();
    }
}

Clock random_clock(SeededRandom& random) {
    const auto maybe = [&]() -> std::optional<Instant> {
        return random.chance(1, 2) ? std::optional(random_instant(random)) : std::nullopt;
    };
    Clock out;
    out.limit = {
        rounded_limit(random.unit() * 1000 - 1), static_cast<city::TimeUnit>(random.below(5))
    };
    out.started = random_instant(random);
    out.due = maybe();
    out.remind = maybe();
    out.stopped = maybe();
    out.paused = maybe();
    out.left = Duration{random.chance(1, 2) ? random.between(-1'000'000, 1'000'000) : 0};
    out.reminded = random.chance(1, 2);
    out.overdue = random.chance(1, 2);
    out.exempt = random.chance(1, 2);
    out.extensions = static_cast<int>(random.below(3));
    return out;
}

void fill_history(SeededRandom& random, Case& out) {
    some(random, [&] { out.done_by[random_text(random)] = random_text(random); });
    some(random, [&] { out.marks[random_text(random)] = random_instant(random); });
    some(random, [&] {
        out.counters[random_text(random)] = static_cast<int>(random.between(-3, 90));
    });
    some(random, [&] { out.flags.insert(random_text(random)); });
    some(random, [&] { out.facts[random_text(random)] = random_text(random); });
    some(random, [&] { out.clocks[random_text(random)] = random_clock(random); });
    some(random, [&] {
        out.attachments.push_back(
            {random_text(random),
             random_text(random),
             random.between(0, 1'000'000'000'000),
             random_text(random),
             random_instant(random),
             random_text(random)}
        );
    });
    some(random, [&] {
        out.children.push_back(CaseId{random.between(1, 9'223'372'036'854'775'807)});
    });
}

Case random_case(SeededRandom& random) {
    Case out;
    out.id = CaseId{random.between(1, 9'223'372'036'854'775'807)};
    for (auto* text :
         {&out.workflow,
          &out.state,
          &out.state_before,
          &out.category,
          &out.standard,
          &out.description,
          &out.address,
          &out.component,
          &out.source,
          &out.collector,
          &out.department,
          &out.holder,
          &out.result}) {
        *text = random_text(random);
    }
    if (random.chance(1, 2)) {
        out.point = rounded({random.unit() * 360 - 180, random.unit() * 180 - 90});
    }
    some(random, [&] { out.path.push_back(random_text(random)); });
    some(random, [&] { out.assisting.push_back(random_text(random)); });
    out.reported_at = random_instant(random);
    out.report = ReportId{random.between(0, 1'000'000)};
    out.generated = random.chance(1, 2);
    if (random.chance(1, 2)) {
        out.resume_at = random_instant(random);
        out.parent = CaseId{random.between(1, 99)};
    }
    fill_history(random, out);
    return out;
}

TEST(CaseJson, SurvivesTheTripThroughText) {
    for (std::uint64_t seed = 1; seed <= 400; ++seed) {
        SCOPED_TRACE(::testing::Message() << "seed " << seed);
        SeededRandom random(seed);
        const auto before = random_case(random);
        const auto text = to_json(before);
        const auto after = case_from_json(json::parse(text));
        ASSERT_TRUE(after) << after.error().context;
        ASSERT_EQ(before, *after) << text;
        ASSERT_EQ(to_json(*after), text);
    }
}

TEST(CaseJson, CoordinatesDoNotDriftWhenWrittenAndReadAgain) {
    SeededRandom random(7);
    for (int i = 0; i < 2000; ++i) {
        Case value;
        value.point = city::Point{73 + random.unit() * 62, 18 + random.unit() * 35};
        const auto once = to_json(value);
        ASSERT_EQ(to_json(*case_from_json(json::parse(once))), once);
    }
}

TEST(CaseJson, EveryDamageIsRefused) {
    SeededRandom random(3);
    Case whole = random_case(random);
    whole.point = city::Point{116, 40};
    whole.clocks["handle"] = random_clock(random);
    whole.attachments.push_back({"a", "b", 1, "c", {}, "d"});
    const auto document = json::parse(to_json(whole)).as_object();
    ASSERT_TRUE(case_from_json(document));
    for (const auto& item : document) {
        auto damaged = document;
        damaged[item.key()] = item.value().is_array() ? json::value(json::object{{"x", 1}})
                                                      : json::value(json::array{1});
        EXPECT_FALSE(case_from_json(damaged)) << item.key();
    }
    for (const auto* damage :
         {R"({"unknown":1})",
          R"({"clocks":{"handle":{"unit":null}}})",
          R"({"clocks":{"handle":3}})",
          R"({"clocks":{"handle":{"limit":1,"unit":"week","started":0}}})",
          R"({"clocks":{"handle":{"limit":1,"unit":"work_day","started":0,"odd":1}}})",
          R"({"clocks":{"handle":{"unit":"work_day","started":0,"extensions":9999999999}}})",
          R"({"counters":{"reports":9999999999}})",
          R"({"counters":{"reports":1.5}})",
          R"({"point":[1]})",
          R"({"point":[181,0]})",
          R"({"point":[0,"x"]})",
          R"({"attachments":[{}]})",
          R"({"attachments":[3]})",
          R"({"children":["1"]})",
          R"({"flags":[1]})",
          R"({"marks":{"filed":"now"}})"}) {
        auto damaged = document;
        merge_apply(damaged, json::parse(damage).as_object());
        EXPECT_FALSE(case_from_json(damaged)) << damage;
    }
    EXPECT_FALSE(case_from_json(json::parse("[]")));
    EXPECT_FALSE(case_from_json(json::parse(R"({"id":1})"))) << "reported_at is missing";
}

struct PatchVector {
    const char* target;
    const char* patch;
    const char* result;
};

// The examples of RFC 7386, appendix A, whose target and patch are objects.
constexpr PatchVector kVectors[] = {
    {R"({"a":"b"})", R"({"a":"c"})", R"({"a":"c"})"},
    {R"({"a":"b"})", R"({"b":"c"})", R"({"a":"b","b":"c"})"},
    {R"({"a":"b"})", R"({"a":null})", R"({})"},
    {R"({"a":"b","b":"c"})", R"({"a":null})", R"({"b":"c"})"},
    {R"({"a":["b"]})", R"({"a":"c"})", R"({"a":"c"})"},
    {R"({"a":"c"})", R"({"a":["b"]})", R"({"a":["b"]})"},
    {R"({"a":{"b":"c"}})", R"({"a":{"b":"d","c":null}})", R"({"a":{"b":"d"}})"},
    {R"({"a":[{"b":"c"}]})", R"({"a":[1]})", R"({"a":[1]})"},
    {R"({"e":null})", R"({"a":1})", R"({"e":null,"a":1})"},
    {R"({})", R"({"a":{"bb":{"ccc":null}}})", R"({"a":{"bb":{}}})"},
};

TEST(MergePatch, FollowsTheRfc) {
    for (const auto& item : kVectors) {
        auto target = json::parse(item.target).as_object();
        merge_apply(target, json::parse(item.patch).as_object());
        EXPECT_EQ(target, json::parse(item.result).as_object()) << item.target << " " << item.patch;
    }
}

/// Values without null, which a merge patch cannot carry.
json::value random_value(SeededRandom& random, int depth) {
    switch (random.below(depth > 0 ? 6 : 4)) {
        case 0:
            return random.between(-2, 2);
        case 1:
            return random.chance(1, 2);
        case 2:
            return json::value(random_text(random));
        case 3: {
            json::array list;
            some(random, [&] { list.emplace_back(random.between(0, 2)); });
            return list;
        }
        default: {
            json::object object;
            for (const auto* key : {"a", "b", "c"}) {
                if (random.chance(1, 2)) {
                    object[key] = random_value(random, depth - 1);
                }
            }
            return object;
        }
    }
}

json::object random_object(SeededRandom& random) {
    for (;;) {
        auto value = random_value(random, 4);
        if (value.is_object()) {
            return value.get_object();
        }
    }
}

TEST(MergePatch, WhatDiffFindsApplyRestores) {
    SeededRandom random(20);
    for (int i = 0; i < 3000; ++i) {
        const auto before = random_object(random);
        const auto after = random_object(random);
        auto patched = before;
        const auto patch = merge_diff(before, after);
        merge_apply(patched, json::parse(json::serialize(patch)).as_object());
        ASSERT_EQ(patched, after) << "seed 20, round " << i << ": " << json::serialize(before)
                                  << " " << json::serialize(patch);
        ASSERT_TRUE(merge_diff(after, after).empty());
    }
}

/// A case like `value` in many members.
Case changed(const Case& value, SeededRandom& random) {
    auto out = random_case(random);
    const auto keep = [&](auto Case::* member) {
        if (random.chance(2, 3)) {
            out.*member = value.*member;
        }
    };
    for (const auto text : {&Case::workflow, &Case::state, &Case::description, &Case::result}) {
        keep(text);
    }
    keep(&Case::id);
    keep(&Case::point);
    keep(&Case::path);
    keep(&Case::reported_at);
    keep(&Case::report);
    keep(&Case::done_by);
    keep(&Case::flags);
    keep(&Case::attachments);
    keep(&Case::children);
    for (const auto& [name, clock] : value.clocks) {
        auto& with = out.clocks[name] = clock;
        if (random.chance(1, 2)) {
            with = random_clock(random);
            with.limit = random.chance(1, 2) ? clock.limit : with.limit;
            with.due = random.chance(1, 2) ? clock.due : with.due;
        }
    }
    for (const auto& [name, count] : value.counters) {
        out.counters[name] = random.chance(1, 2) ? count : 1;
    }
    return out;
}

TEST(CaseJson, ChangesBetweenAreTheMergePatchOfTheDocuments) {
    for (std::uint64_t seed = 1; seed <= 400; ++seed) {
        SCOPED_TRACE(::testing::Message() << "seed " << seed);
        SeededRandom random(seed);
        const auto before = random_case(random);
        const auto after = changed(before, random);
        const auto left = json::parse(to_json(before)).as_object();
        const auto right = json::parse(to_json(after)).as_object();
        const auto patch = changes_between(before, after);
        ASSERT_EQ(json::parse(patch).as_object(), merge_diff(left, right)) << patch;
        ASSERT_EQ(changes_between(before, before), "{}");
    }
}

TEST(CaseNumber, HasNineteenDigits) {
    EXPECT_EQ(format_case_id(CaseId{1101082026112000001}), "1101082026112000001");
    EXPECT_EQ(parse_case_id("1101082026112000001")->value, 1101082026112000001);
    EXPECT_EQ(parse_case_id("9223372036854775807")->value, 9223372036854775807);
    for (const auto* bad :
         {"",
          "1",
          "110108202611200000",
          "11010820261120000011",
          "0101082026112000001",
          "-101082026112000001",
          "+101082026112000001",
          "110108202611200000x",
          "9223372036854775808",
          " 101082026112000001"}) {
        EXPECT_FALSE(parse_case_id(bad)) << bad;
    }
}

TEST(CaseNumber, RangesOfDaysDoNotMeet) {
    using namespace std::chrono;
    const auto range = numbers_of("110108", 2026y / November / 20);
    EXPECT_EQ(format_case_id(range.first), "1101082026112000001");
    EXPECT_EQ(format_case_id(range.last), "1101082026112099999");
    EXPECT_EQ(range.first, *make_case_id(110108, 2026y / November / 20, 1));
    EXPECT_EQ(range.last, *make_case_id(110108, 2026y / November / 20, 99'999));
    EXPECT_GT(numbers_of("110108", 2026y / November / 21).first, range.last);
    EXPECT_GT(numbers_of("922336", 9999y / December / 31).last.value, 0);
}

TEST(NextTimer, TakesTheEarliestThatStillMatters) {
    Case value;
    EXPECT_FALSE(next_timer(value));
    auto& clock = value.clocks["handle"];
    clock.due = from_millis(1000);
    clock.remind = from_millis(700);
    EXPECT_EQ(next_timer(value), from_millis(700));
    clock.reminded = true;
    EXPECT_EQ(next_timer(value), from_millis(1001)) << "the due instant itself is still in time";
    value.clocks["check"].due = from_millis(900);
    EXPECT_EQ(next_timer(value), from_millis(901));
    value.resume_at = from_millis(500);
    EXPECT_EQ(next_timer(value), from_millis(500));
    value.resume_at.reset();
    value.clocks["check"].overdue = true;
    clock.paused = from_millis(0);
    EXPECT_FALSE(next_timer(value));
    clock.paused.reset();
    clock.stopped = from_millis(0);
    EXPECT_FALSE(next_timer(value));
}

}  // namespace
}  // namespace chengshu::cases
