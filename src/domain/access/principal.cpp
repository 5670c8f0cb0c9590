#include "domain/access/principal.hpp"

#include "base/assert.hpp"
#include "base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace chengshu::access {
namespace {

constexpr std::array<std::string_view, 9> kPostKinds{
    "collector",
    "acceptor",
    "shift_leader",
    "dispatcher",
    "handler",
    "evaluator",
    "leader",
    "administrator",
    "auditor",
};

constexpr std::array<PermissionInfo, 19> kPermissions{{
    {Permission::Report,
     "report",
     "上报问题",
     "report a matter",
     "collector acceptor shift_leader dispatcher handler evaluator leader",
     true,
     true},
    {Permission::ReadCase,
     "read_case",
     "查看岗位范围内的案件",
     "read the cases within the post's scope",
     "collector acceptor shift_leader dispatcher handler evaluator leader"},
    {Permission::ReadPersonalData,
     "read_personal_data",
     "查看上报人信息（留痕）",
     "read who reported, in clear; every reading is audited",
     "acceptor shift_leader handler",
     false},
    {Permission::Act,
     "act",
     "按流程办理案件",
     "take the steps that the workflow gives the post",
     "collector acceptor shift_leader dispatcher handler evaluator leader"},
    {Permission::Consult,
     "consult",
     "发起会商与记录结论",
     "open consultations and record conclusions",
     "dispatcher shift_leader"},
    {Permission::ReadStatistics,
     "read_statistics",
     "查看统计与评分",
     "read statistics and scores",
     "collector acceptor shift_leader dispatcher handler evaluator leader"},
    {Permission::ReadPersonScores,
     "read_person_scores",
     "查看岗位（个人）评价",
     "read the scores of persons",
     "shift_leader evaluator leader"},
    {Permission::Export, "export", "导出案件", "export cases", "shift_leader evaluator leader"},
    {Permission::ManageAccounts,
     "manage_accounts",
     "管理账号、岗位与令牌",
     "manage accounts, posts and tokens",
     "administrator",
     false},
    {Permission::ManageWebhooks,
     "manage_webhooks",
     "管理对外推送",
     "manage webhooks",
     "administrator"},
    {Permission::LoadCity, "load_city", "载入城市数据", "load city data", "administrator"},
    {Permission::ReadAudit, "read_audit", "查看审计记录", "read the audit trail", "auditor"},
    {Permission::ReadThings,
     "read_things",
     "查看岗位范围内的感知终端与观测值",
     "read the terminals within the post's scope and what they observe",
     "collector acceptor shift_leader dispatcher handler evaluator leader administrator"},
    {Permission::ManageThings,
     "manage_things",
     "登记和维护感知终端",
     "register and change terminals",
     "shift_leader handler administrator"},
    {Permission::Observe,
     "observe",
     "上传观测值",
     "send observations",
     "collector shift_leader handler administrator"},
    {Permission::ReadAlerts,
     "read_alerts",
     "查看预警、预案与响应",
     "read alerts, plans and responses",
     "collector acceptor shift_leader dispatcher handler evaluator leader"},
    {Permission::Acknowledge,
     "acknowledge",
     "确认预警",
     "acknowledge alerts",
     "acceptor shift_leader dispatcher leader"},
    {Permission::Command,
     "command",
     "启动、调整、终止响应，报送情况（预案另行指定确认岗位）",
     "start, change and end responses and report on them, where the plan names the post",
     "shift_leader dispatcher leader"},
    {Permission::SubmitFigures,
     "submit_figures",
     "填报、审核指标（由指标指定岗位）",
     "enter and approve figures, where the indicator names the post",
     "collector acceptor shift_leader dispatcher handler evaluator leader",
     false},
}};

constexpr bool is_ordered() {
    for (std::size_t i = 0; i < kPermissions.size(); ++i) {
        if (static_cast<std::size_t>(kPermissions[i].permission) != i) {
            return false;
        }
    }
    return true;
}

static_assert(is_ordered(), "permission_info() finds a row by its number");

bool token_allows(const Principal& who, Permission permission) {
    return !who.token_scopes ||
           std::find(who.token_scopes->begin(), who.token_scopes->end(), permission) !=
               who.token_scopes->end();
}

/// 0: handles cases, 1: administers, 2: audits.
int duty_of(const Post& post) {
    return post.kind == "administrator" ? 1 : post.kind == "auditor" ? 2 : 0;
}

}  // namespace

std::span<const PermissionInfo> permissions() noexcept {
    return kPermissions;
}

const PermissionInfo& permission_info(Permission permission) noexcept {
    const auto index = static_cast<std::size_t>(permission);
    CS_ASSERT(index < kPermissions.size());
    return kPermissions[index];
}

Result<Permission> parse_permission(std::string_view code) {
    const auto* const found = std::find_if(
        kPermissions.begin(), kPermissions.end(), [&](const auto& row) { return row.code == code; }
    );
    if (found == kPermissions.end()) {
        std::string known;
        for (const auto& row : kPermissions) {
            known += fmt::format("{}{}", known.empty() ? "" : ", ", row.code);
        }
        return fail(
            ErrorCode::UnknownCode,
            fmt::format("\"{}\" is not a permission; known: {}", code, known),
            "scopes"
        );
    }
    return found->permission;
}

bool has(std::string_view post_kind, Permission permission) {
    return !post_kind.empty() && has_word(permission_info(permission).posts, post_kind);
}

bool is_post_kind(std::string_view kind) {
    return std::find(kPostKinds.begin(), kPostKinds.end(), kind) != kPostKinds.end();
}

bool may(const Principal& who, Permission permission) {
    const auto& row = permission_info(permission);
    if (who.kind == PrincipalKind::System) {
        return true;
    }
    if (who.kind == PrincipalKind::Integration && !row.people) {
        return false;
    }
    const bool by_post = who.kind != PrincipalKind::Public &&
                         std::any_of(who.posts.begin(), who.posts.end(), [&](const Post& post) {
                             return has(post.kind, permission);
                         });
    return (by_post || row.without_post) && token_allows(who, permission);
}

Status require(const Principal& who, Permission permission) {
    if (may(who, permission)) {
        return ok();
    }
    const auto& row = permission_info(permission);
    if (who.kind == PrincipalKind::Public) {
        return fail(ErrorCode::NotAuthenticated, fmt::format("sign in to {}", row.en));
    }
    if (!token_allows(who, permission)) {
        return fail(
            ErrorCode::NotPermitted, fmt::format("the token was not given for \"{}\"", row.code)
        );
    }
    if (who.kind == PrincipalKind::Integration && !row.people) {
        return fail(
            ErrorCode::NotPermitted, fmt::format("only people may {}, not systems", row.en)
        );
    }
    return fail(
        ErrorCode::NotPermitted, fmt::format("to {} needs one of the posts: {}", row.en, row.posts)
    );
}

Status check_separation(std::span<const Post> posts) {
    for (const auto& post : posts) {
        const auto& first = posts.front();
        if (duty_of(post) != duty_of(first)) {
            return fail(
                ErrorCode::RuleViolation,
                fmt::format(
                    "one account cannot hold {} ({}) and {} ({}): administering, auditing and "
                    "handling cases are separate duties",
                    first.code,
                    first.kind,
                    post.code,
                    post.kind
                ),
                "posts"
            );
        }
    }
    return ok();
}

}  // namespace chengshu::access
