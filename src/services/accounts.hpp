#pragma once

#include "base/result.hpp"
#include "domain/access/principal.hpp"
#include "ports/secrets.hpp"
#include "services/unit_of_work.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace chengshu::services {

/// An account as stored (document kind "account", id = login).
struct Account {
    std::string login;
    Label name;
    std::vector<std::string> posts;  ///< post codes of the city
    std::string password_hash;       ///< empty: cannot sign in with a password
    bool disabled = false;
    int failures = 0;  ///< failed sign-ins since the last success
    Instant last_failure;

    [[nodiscard]] std::string to_json() const;
    static Result<Account> from_json(const ports::DocumentRow& row);
};

/// Opaque secrets are stored only as SHA-256: a token row cannot be used to sign in.
/// Document kind "token", id = sha256(token).
struct Token {
    std::string login;
    std::string kind;  ///< "session" or "integration"
    std::string label;
    Instant created;
    std::optional<Instant> expires;
    /// What it is for; absent: everything that the account may do.
    std::optional<std::vector<access::Permission>> scopes = std::nullopt;

    [[nodiscard]] std::string to_json() const;
    static Result<Token> from_json(const ports::DocumentRow& row);
};

inline constexpr std::chrono::hours kSessionLife{12};

/// Creates or changes an account; `password` empty keeps the old one. Logins: 1–64 of [a-z0-9._-].
/// The password is hashed by the caller (outside the writer): pass the encoded hash.
Status put_account(UnitOfWork& work, const std::string& actor, Account account);
Status delete_account(UnitOfWork& work, const std::string& actor, const std::string& login);

/// First half of signing in, off the writer's thread: checks throttling and the password.
/// NotAuthenticated for unknown, disabled or wrong alike; TooManyRequests while throttled.
Result<Account> check_password(
    ports::Store& store,
    ports::Secrets& secrets,
    Instant now,
    const std::string& login,
    const std::string& password
);
/// Second half, on the writer: records the success or the failure; a success opens a session and
/// gives its token.
Status record_failure(UnitOfWork& work, const std::string& login);
Status open_session(UnitOfWork& work, const std::string& login, const std::string& token_sha256);

/// The permissions of a new token from their codes; none: the token is not narrowed. UnknownCode
/// for a code that there is not; RuleViolation for one that the account, by such a token, does not
/// have.
Result<std::optional<std::vector<access::Permission>>> token_scopes(
    const Account& account,
    const std::string& kind,
    const std::vector<std::string>& codes,
    const Definitions& definitions
);
Status
put_token(UnitOfWork& work, const std::string& actor, const std::string& token_sha256, Token token);
Status delete_token(UnitOfWork& work, const std::string& actor, const std::string& token_sha256);

/// Who holds the token, with the posts that the city defines today. NotAuthenticated when unknown,
/// expired or disabled.
Result<access::Principal> authenticate(
    ports::Store& store,
    ports::Secrets& secrets,
    const Definitions& definitions,
    Instant now,
    std::string_view token
);
/// The principal of an account, as signing in would give it.
access::Principal principal_of(const Account& account, const Definitions& definitions);

}  // namespace chengshu::services
