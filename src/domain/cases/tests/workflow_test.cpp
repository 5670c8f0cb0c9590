#include "domain/cases/workflow.hpp"

#include "domain/cases/workflow_reader.hpp"
#include "support/test_city.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

namespace chengshu::cases {
namespace {

constexpr const char* kSmall = R"(workflow: small
name: {zh: 小, en: Small}
source: made up
start: open
clocks:
  - {code: handle, name: {zh: 办, en: Handling}, limit: 2 work_hour, remind: 0.25}
  - {code: whole, name: {zh: 全, en: Whole}, limit: [handle]}
states:
  - {code: open, name: {zh: 开, en: Open}, phase: intake, queue: acceptor}
  - {code: paused, name: {zh: 停, en: Paused}, phase: suspended}
  - {code: closed, name: {zh: 结, en: Closed}, phase: done}
transitions:
  - {do: close, name: {zh: 结案, en: Close}, from: [open], to: closed,
     by: [acceptor, system], needs: ["reason?"],
     if: [not mark closed], then: [stop *, mark closed]}
  - {do: pause, name: {zh: 停, en: Pause}, from: [open], to: paused, by: [acceptor],
     needs: [until], then: [until, pause clocks]}
  - {do: resume, name: {zh: 复, en: Resume}, from: [paused], to: "@before", by: [acceptor, system],
     then: [resume clocks, clear until]}
  - {do: ask, name: {zh: 问, en: Ask}, from: open, to: "=", by: acceptor,
     needs: [{happy: ["yes", "no"]}], then: [start handle]}
automatic:
  - {in: [open], if: [clock handle overdue], do: close, because: {zh: 过, en: Over},
     confidence: 0.5}
)";

ParsedWorkflows parse(const std::string& content) {
    const std::vector<city::DefinitionFile> files = {{"scenarios/x/workflows/small.yaml", content}};
    return parse_workflows(files);
}

std::string with(const std::string& old, const std::string& fresh) {
    std::string out = kSmall;
    const auto at = out.find(old);
    EXPECT_NE(at, std::string::npos) << old;
    return at == std::string::npos ? out : out.replace(at, old.size(), fresh);
}

struct Slip {
    const char* old;
    const char* fresh;
    const char* where;  ///< text at the place that its author should look at
    const char* says;   ///< part of the English message
};

const Slip kSlips[] = {
    {"workflow: small", "workflow: [", "source: made", "YAML syntax"},
    {"workflow: small\n", "", "name: {zh: 小", "workflow is missing"},
    {"workflow: small", "workflow:", "workflow:", "workflow is missing"},
    {"workflow: small", "workflow: Small!", "Small!", "cannot be a name"},
    {"workflow: small", "workflow: {a: b}", "{a: b}", "a text is expected"},
    {"workflow: small", "source: x\nworkflow: small", "source: made", "key source is repeated"},
    {"source: made up", "sauce: made up", "sauce", "unknown key sauce"},
    {"{zh: 小, en: Small}", "Small", "Small", "name needs both zh and en"},
    {"{zh: 小, en: Small}", "{zh: 小}", "{zh: 小}", "name needs both zh and en"},
    {"{zh: 小, en: Small}", "{zh: , en: Small}", "{zh: , en: Small}", "name needs both zh and en"},
    {"{zh: 小, en: Small}", "{zh: 小, en: Small, fr: P}", "fr: P", "unknown key fr"},
    {"start: open", "start: opened", "opened", "state opened is not defined"},
    {"limit: 2 work_hour", "limit: 2 moons", "2 moons", "is not understood"},
    {"limit: 2 work_hour", "limit: two work_hour", "two work_hour", "is not understood"},
    {"limit: 2 work_hour", "limit: 2x work_hour", "2x work_hour", "is not understood"},
    {"limit: 2 work_hour", "limit: inf work_hour", "inf work_hour", "is not understood"},
    {"limit: 2 work_hour", "limit: nan work_hour", "nan work_hour", "is not understood"},
    {"limit: 2 work_hour", "limit: -2 work_hour", "-2 work_hour", "is not understood"},
    {"limit: 2 work_hour", "limit: 200000 work_hour", "200000 work_hour", "is not understood"},
    {"remind: 0.25", "remind: 1.5", "1.5", "remind lies between"},
    {"remind: 0.25", "remind: .nan", ".nan", "remind lies between"},
    {"remind: 0.25", "remind: soon", "soon", "wrong structure"},
    {"limit: [handle]", "limit: [handle, whole]", "whole]", "clock whole chains whole"},
    {"limit: [handle]", "limit: [nothing]", "nothing]", "clock whole chains nothing"},
    {"phase: intake", "phase: outtake", "outtake", "phase outtake does not exist"},
    {"queue: acceptor", "queue: king", "king", "kind of post king does not exist"},
    {"{code: paused, name",
     "{code: open, name",
     "{code: open, name: {zh: 停",
     "open is defined twice"},
    {"from: [open], to: closed",
     "from: [open, ajar], to: closed",
     "ajar",
     "state ajar is not defined"},
    {"from: [open], to: closed", "from: [], to: closed", "{do: close", "close starts nowhere"},
    {"to: closed,", "to: shut,", "shut", "state shut is not defined"},
    {"by: [acceptor, system], needs: [\"reason?\"]",
     "by: [acceptor, cook], needs: [\"reason?\"]",
     "cook",
     "kind of post cook"},
    {"by: [acceptor, system], needs: [\"reason?\"]",
     "needs: [\"reason?\"]",
     "{do: close",
     "nobody may do close"},
    {"needs: [\"reason?\"]", "needs: [rhyme]", "rhyme", "unknown input rhyme"},
    {"needs: [\"reason?\"]", "needs: because_so", "because_so", "needs is a list"},
    {"if: [not mark closed]", "if: [not marked closed]", "not marked", "is not a condition"},
    {"if: [not mark closed]", "if: [clock tea running]", "clock tea", "clock tea is not defined"},
    {"if: [not mark closed]", "if: [state in open|ajar]", "state in", "state ajar is not defined"},
    {"if: [not mark closed]",
     "if: [other than dance]",
     "other than",
     "transition dance is not defined"},
    {"mark closed]}", "sing]}", "sing", "unknown effect \"sing\""},
    {"mark closed]}", "mark]}", "mark]", "unknown effect \"mark\""},
    {"mark closed]}", "mark a b]}", "mark a b", "cannot be a name"},
    {"mark closed]}", "start tea]}", "[stop *, start tea", "clock tea is not defined"},
    {"do: close,", "do: report,", "report,", "records itself"},
    {"do: ask,",
     "do: close,",
     "{do: close, name: {zh: 问",
     "close from state open is already defined"},
    {"needs: [until], ", "", "[until, pause", "uses until, which must be among its needs"},
    {"phase: suspended",
     "phase: handle",
     "[until, pause",
     "until needs a target of the phase suspended"},
    {"to: \"@before\", by: [acceptor, system]",
     "to: \"@before\", by: [acceptor]",
     "[until, pause",
     "the system may do \"resume\""},
    {"from: [paused], to: \"@before\"",
     "from: [open, paused], to: \"@before\"",
     "\"@before\"",
     "only states of the phase suspended"},
    {"{happy: [\"yes\", \"no\"]}", "{}", "{}]", "an answer to record is written"},
    {"{happy: [\"yes\", \"no\"]}", "{happy: yes}", "{happy", "an answer to record is written"},
    {"{happy: [\"yes\", \"no\"]}", "{happy: []}", "{happy", "an answer to record is written"},
    {"{happy: [\"yes\", \"no\"]}",
     "{happy: [a], sad: [b]}",
     "{happy",
     "an answer to record is written"},
    {"{happy: [\"yes\", \"no\"]}", "{reason: [a]}", "reason: [a]", "reason is an input"},
    {"- {in: [open], if", "- {in: [ajar], if", "ajar", "state ajar is not defined"},
    {"- {in: [open], if", "- {in: [], if", "{in: []", "is in no state"},
    {"do: close, because",
     "do: pause, because",
     "pause, because",
     "the system may not do pause in open"},
    {"if: [clock handle overdue]",
     "if: [clock tea overdue]",
     "clock tea",
     "clock tea is not defined"},
    {"confidence: 0.5", "confidence: 1.5", "1.5", "confidence lies between"},
    {"{zh: 过, en: Over}", "{zh: 过}", "{zh: 过}", "because needs both zh and en"},
    {"from: [open], to: paused",
     "from: [paused], to: paused",
     "{code: paused",
     "state paused cannot be reached"},
    {"to: \"@before\", by", "to: \"=\", by", "{code: paused", "state paused has no way out"},
    {"{code: whole, name: {zh: 全",
     "{code: handle, name: {zh: 二",
     "{code: handle, name: {zh: 二",
     "handle is defined twice"},
};

struct Place {
    int line = 1;
    int column = 1;
};

/// Lines and characters, as an editor counts them.
Place place_of(const std::string& text, const std::string& what) {
    const auto at = text.find(what);
    EXPECT_NE(at, std::string::npos) << what;
    Place out;
    for (std::size_t i = 0; i < at && i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        out.column += (byte & 0xC0U) != 0x80U ? 1 : 0;
        if (byte == '\n') {
            out = {out.line + 1, 1};
        }
    }
    return out;
}

TEST(WorkflowReader, TheSmallOneIsSound) {
    const auto parsed = parse(kSmall);
    EXPECT_TRUE(parsed.findings.empty()) << testing::to_text(parsed.findings);
    ASSERT_TRUE(parsed.workflows.contains("small"));
    const auto& flow = parsed.workflows.at("small");
    EXPECT_EQ(flow.clocks.size(), 2U);
    EXPECT_EQ(
        flow.transition("ask", "open")->needs.front().one_of,
        (std::vector<std::string>{"yes", "no"})
    );
    EXPECT_EQ(flow.transition("ask", "closed"), nullptr);
    EXPECT_FALSE(flow.transition("close", "open")->needs.front().required);
}

TEST(WorkflowReader, EveryMistakeIsFoundInItsPlace) {
    for (const auto& slip : kSlips) {
        SCOPED_TRACE(slip.fresh);
        const auto content = with(slip.old, slip.fresh);
        const auto place = place_of(content, slip.where);
        const auto parsed = parse(content);
        EXPECT_TRUE(parsed.workflows.empty());
        ASSERT_FALSE(parsed.findings.empty());
        const auto found =
            std::find_if(parsed.findings.begin(), parsed.findings.end(), [&](const auto& item) {
                return item.message.en.find(slip.says) != std::string::npos;
            });
        ASSERT_NE(found, parsed.findings.end()) << testing::to_text(parsed.findings);
        EXPECT_EQ(found->line, place.line) << testing::to_text(parsed.findings);
        EXPECT_EQ(found->column, place.column) << testing::to_text(parsed.findings);
        EXPECT_TRUE(found->error);
        EXPECT_FALSE(found->message.zh.empty());
        EXPECT_EQ(found->path, "scenarios/x/workflows/small.yaml");
    }
}

TEST(WorkflowReader, AutomaticStepsAnswerNoQuestions) {
    const auto parsed = parse(
        with(
            "do: ask, name: {zh: 问, en: Ask}, from: open, to: \"=\", by: acceptor",
            "do: ask, name: {zh: 问, en: Ask}, from: open, to: \"=\", by: system"
        ) +
        "  - {in: [open], do: ask, because: {zh: 过, en: Over}}\n"
    );
    ASSERT_EQ(parsed.findings.size(), 1U) << testing::to_text(parsed.findings);
    EXPECT_EQ(parsed.findings.front().message.en, "ask needs happy, which the system cannot give");
    EXPECT_EQ(parsed.findings.front().line, 25);
}

TEST(WorkflowReader, OddDocumentsAreRefusedNotCrashedOn) {
    for (const std::string content :
         {"",
          "~",
          "3",
          "[]",
          "- a\n- b",
          "{}",
          "workflow: x",
          "a: &a [*a]",
          "%YAML 9.9",
          "\t",
          "{",
          "&a",
          "*a",
          "? [a]\n: b",
          "transitions: {a: b}",
          "states: 3",
          "workflow: x\ntransitions: [[[]]]\nstates: [~]\nautomatic: [3]\nclocks: [[]]"}) {
        const auto parsed = parse(content);
        EXPECT_TRUE(parsed.workflows.empty()) << content;
        EXPECT_FALSE(parsed.findings.empty()) << content;
    }
    EXPECT_FALSE(parse(std::string(300 * 1024, '#')).findings.empty()) << "too large";
    EXPECT_FALSE(parse(std::string(100'000, '[')).findings.empty()) << "too deep";
    std::string many = "states: [";
    for (int i = 0; i < 400; ++i) {
        many += "a,";
    }
    EXPECT_FALSE(parse(many + "a]").findings.empty()) << "too many";
}

TEST(WorkflowReader, OtherFilesArePassedOverAndCodesAreUnique) {
    const std::vector<city::DefinitionFile> files = {
        {"scenarios/x/evaluation.yaml", "not: [a workflow"},
        {"scenarios/x/workflows/a.yaml", kSmall},
        {"cities/y/workflows/b.yaml", kSmall},
    };
    const auto parsed = parse_workflows(files);
    EXPECT_EQ(parsed.workflows.size(), 1U);
    ASSERT_EQ(parsed.findings.size(), 1U);
    EXPECT_EQ(parsed.findings.front().path, "cities/y/workflows/b.yaml");
}

TEST(ShippedWorkflows, AreSoundAndCanBeDrawn) {
    std::vector<city::DefinitionFile> files;
    for (const auto& item :
         std::filesystem::recursive_directory_iterator(std::string(CS_SOURCE_DIR) + "/scenarios")) {
        const auto path = std::filesystem::relative(item.path(), CS_SOURCE_DIR).generic_string();
        if (path.find("/workflows/") != std::string::npos && path.ends_with(".yaml")) {
            files.push_back({path, testing::source_file(path)});
        }
    }
    const auto parsed = parse_workflows(files);
    EXPECT_TRUE(parsed.findings.empty()) << testing::to_text(parsed.findings);
    EXPECT_EQ(parsed.workflows.size(), files.size());
    for (const auto* code : {"standard", "direct", "request"}) {
        EXPECT_TRUE(parsed.workflows.contains(code)) << code;
    }
    for (const auto& [code, flow] : parsed.workflows) {
        EXPECT_NE(diagram(flow, "en"), diagram(flow, "zh"));
        for (const auto& state : flow.states) {
            if (state.phase != "suspended" && !state.done()) {
                EXPECT_NE(flow.transition("close_with_parent", state.code), nullptr)
                    << code << " " << state.code;
            }
        }
    }
}

TEST(Diagram, ShowsStatesWaysAndTheSystem) {
    const auto flow = parse(kSmall).workflows.at("small");
    EXPECT_EQ(diagram(flow, "en"), R"(stateDiagram-v2
    state "Open" as open
    state "Paused" as paused
    state "Closed" as closed
    [*] --> open
    open --> closed: Close ⚙
    open --> paused: Pause
    paused --> paused: Resume ⚙
    closed --> [*]
)");
}

TEST(Reference, NamesEveryWordOfTheLanguage) {
    const auto document = testing::source_file("docs/workflow-language.md");
    const auto expect = [&](const std::string& word) {
        EXPECT_NE(document.find("`" + word), std::string::npos) << word;
    };
    for (const auto& form : condition_forms()) {
        expect(form);
    }
    for (const auto& word : effect_words()) {
        expect(word);
    }
    for (const auto* word :
         {"workflow",
          "name",
          "source",
          "start",
          "clocks",
          "states",
          "transitions",
          "automatic",
          "code",
          "limit",
          "remind",
          "phase",
          "queue",
          "do",
          "from",
          "to",
          "by",
          "needs",
          "if",
          "then",
          "in",
          "because",
          "confidence",
          "reason",
          "standard",
          "category",
          "department",
          "assisting",
          "account",
          "until",
          "attachment",
          "into",
          "result",
          "hand_over",
          "@before",
          "close_with_parent",
          "reopen_with_parent",
          "resume",
          "filing"}) {
        expect(word);
    }
}

TEST(Reference, ItsExampleIsSound) {
    const auto document = testing::source_file("docs/workflow-language.md");
    const auto begin = document.find("```yaml\n") + 8;
    const auto parsed = parse(document.substr(begin, document.find("```", begin) - begin));
    EXPECT_TRUE(parsed.findings.empty()) << testing::to_text(parsed.findings);
    EXPECT_TRUE(parsed.workflows.contains("lost_property"));
}

}  // namespace
}  // namespace chengshu::cases
