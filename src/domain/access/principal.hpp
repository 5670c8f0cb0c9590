#pragma once

#include "base/label.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace chengshu::access {

/// Everything that a caller may be allowed to do. permissions() has one row for each.
enum class Permission : std::uint8_t {
    Report,
    ReadCase,
    ReadPersonalData,
    Act,
    Consult,
    ReadStatistics,
    ReadPersonScores,
    Export,
    ManageAccounts,
    ManageWebhooks,
    LoadCity,
    ReadAudit,
    ReadThings,
    ManageThings,
    Observe,
    ReadAlerts,
    Acknowledge,
    Command,
    SubmitFigures,
};

/// A row of the permission table.
struct PermissionInfo {
    Permission permission;
    std::string_view code;  ///< as written in token scopes
    std::string_view zh;
    std::string_view en;
    std::string_view posts;     ///< kinds of post that have it, separated by spaces
    bool people = true;         ///< false: integrations never have it, whatever their posts
    bool without_post = false;  ///< the public has it too
};

/// All rows, in the order of the enumeration.
std::span<const PermissionInfo> permissions() noexcept;
const PermissionInfo& permission_info(Permission permission) noexcept;
/// UnknownCode when no permission has the code.
Result<Permission> parse_permission(std::string_view code);

/// A post that the caller holds (city::Post without its name).
struct Post {
    std::string code;
    std::string kind;
    std::string department;
    std::string area;  ///< empty: the whole city

    friend bool operator==(const Post&, const Post&) = default;
};

enum class PrincipalKind : std::uint8_t {
    Public,       ///< nobody has signed in
    Person,       ///< an account with a session or a personal token
    Integration,  ///< another system with a token
    System,       ///< the server itself
};

/// Who calls. Its posts say what it may do; a token may allow less, never more.
struct Principal {
    std::string account;  ///< login; empty for the public
    Label name;
    std::vector<Post> posts;
    PrincipalKind kind = PrincipalKind::Public;
    /// What the token was given for; absent: everything the posts allow.
    std::optional<std::vector<Permission>> token_scopes;
};

/// Whether any post of the caller has the permission and its token includes it. Where the object is
/// a case, its scope must cover the case as well: see scope.hpp.
bool may(const Principal& who, Permission permission);
/// The same as a Status: NotAuthenticated for the public, NotPermitted with the posts that would
/// do.
Status require(const Principal& who, Permission permission);

/// Whether a kind of post has the permission.
bool has(std::string_view post_kind, Permission permission);
bool is_post_kind(std::string_view kind);

/// Separation of duties (三员分立): one person does not administer and audit, and who administers
/// or audits has no post in the handling of cases. RuleViolation with the two posts that exclude
/// each other.
Status check_separation(std::span<const Post> posts);

}  // namespace chengshu::access
