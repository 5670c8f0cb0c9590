#include "domain/cases/decide.hpp"

#include "domain/cases/internal/run.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace chengshu::cases {

Status allowed(
    const Case& value,
    const Transition& transition,
    const Actor& actor,
    const Context& context
) {
    Run run(value, context);
    CS_CHECK(run.find_workflow());
    CS_CHECK(check_post(transition, value, actor));
    return check_guards(transition, value, run.surroundings(actor));
}

Result<Decision> open_case(Case draft, const Actor& reporter, const Context& context) {
    if (draft.attachments.size() > kAttachmentsMax) {
        return fail(
            ErrorCode::TooLarge,
            fmt::format("a case holds at most {} attachments", kAttachmentsMax),
            "attachment"
        );
    }
    if (draft.point) {
        draft.point = rounded(*draft.point);
    }
    draft.reported_at = context.now;
    draft.counters["reports"] = 1;
    for (auto& item : draft.attachments) {
        item.at = context.now;
        item.by = reporter.account;
    }
    auto run = Run::from_nothing(std::move(draft), context);
    CS_CHECK(run.find_workflow());
    run.subject().state = run.workflow().start;
    for (const auto& clock : run.workflow().clocks) {
        if (clock.code == "filing") {
            CS_CHECK(run.start_clock(clock.code));
        }
    }
    run.record("report", {"上报", "Reported"}, reporter, "", {});
    run.entered();
    CS_CHECK(run.automatic_steps());
    return run.finish();
}

Result<Decision> decide(const Case& value, const Command& command, const Context& context) {
    Run run(value, context);
    CS_CHECK(run.find_workflow());
    CS_CHECK(run.act(command, nullptr, 0));
    CS_CHECK(run.automatic_steps());
    return run.finish();
}

Result<Decision> tick(const Case& value, const Context& context) {
    Run run(value, context);
    CS_CHECK(run.find_workflow());
    bool changed = false;
    for (const auto& [code, unused] : value.clocks) {
        auto& clock = run.subject().clocks[code];
        const auto* definition = run.workflow().clock(code);
        const Label name = definition != nullptr ? definition->name : Label{code, code};
        if (!clock.running() || clock.overdue) {
            continue;
        }
        if (clock.due && context.now > *clock.due) {
            clock.overdue = true;
            run.record(
                "overdue",
                {name.zh + "超期", name.en + " overdue"},
                kSystem,
                value.state,
                {"时限已过", "The limit has passed"}
            );
        } else if (clock.remind && !clock.reminded && context.now >= *clock.remind) {
            clock.reminded = true;
            run.record(
                "remind",
                {name.zh + "临期提醒", name.en + " reminder"},
                kSystem,
                value.state,
                {"时限将至", "The limit is near"}
            );
        } else {
            continue;
        }
        run.explain("clock/" + code, std::nullopt);
        changed = true;
    }
    if (value.resume_at && *value.resume_at <= context.now) {
        Command resume{"resume", kSystem, {}};
        resume.inputs.reason = "挂账到期 / The suspension has ended";
        CS_CHECK(run.act(resume, nullptr, 0));
        run.explain("clock/resume", std::nullopt);
        changed = true;
    }
    if (changed) {
        CS_CHECK(run.automatic_steps());
    }
    return run.finish();
}

Decision join_report(
    const Case& value,
    const Actor& reporter,
    ReportId report,
    std::vector<Attachment> attachments,
    const Context& context
) {
    Run run(value, context);
    run.subject().counters["reports"] += 1;
    for (auto& item : attachments) {
        if (run.subject().attachments.size() < kAttachmentsMax) {
            item.at = context.now;
            item.by = reporter.account;
            run.subject().attachments.push_back(std::move(item));
        }
    }
    const auto text = fmt::format("#{}", report.value);
    run.record(
        "join", {"重复上报并入", "Duplicate report joined"}, reporter, value.state, {text, text}
    );
    return run.finish();
}

Decision link_child(
    const Case& parent,
    CaseId child,
    const Actor& actor,
    std::string reason,
    const Context& context
) {
    Run run(parent, context);
    if (std::find(parent.children.begin(), parent.children.end(), child) == parent.children.end()) {
        run.subject().children.push_back(child);
    }
    run.record("adopt", {"并入子案件", "Child case added"}, actor, parent.state, {reason, reason});
    return run.finish();
}

}  // namespace chengshu::cases
