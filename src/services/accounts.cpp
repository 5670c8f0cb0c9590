#include "services/accounts.hpp"

#include "base/json_text.hpp"
#include "domain/access/login.hpp"
#include "services/internal/documents.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace json = boost::json;

namespace chengshu::services {
namespace {

bool is_login(std::string_view login) {
    return !login.empty() && login.size() <= 64 &&
           std::all_of(login.begin(), login.end(), [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
                      c == '-';
           });
}

Result<Account> load(UnitOfWork& work, const std::string& login) {
    CS_TRY(row, work.document("account", login));
    if (!row) {
        return fail(ErrorCode::NotFound, fmt::format("there is no account {}", login), "login");
    }
    return Account::from_json(*row);
}

json::array scope_codes(const std::vector<access::Permission>& scopes) {
    json::array out;
    for (const auto scope : scopes) {
        out.emplace_back(access::permission_info(scope).code);
    }
    return out;
}

access::PrincipalKind principal_kind(const std::string& token_kind) {
    return token_kind == "integration" ? access::PrincipalKind::Integration
                                       : access::PrincipalKind::Person;
}

std::string entry_body(const char* name, const std::string& value) {
    return json::serialize(json::object{{name, value}});
}

/// Who looks into the audit trail sees what the token was given for.
std::string entry_of(const Token& token) {
    json::object out{{"login", token.login}, {"label", token.label}, {"kind", token.kind}};
    if (token.scopes) {
        out["scopes"] = scope_codes(*token.scopes);
    }
    return json::serialize(out);
}

}  // namespace

std::string Account::to_json() const {
    json::object out;
    out["name"] = json::array{name.zh, name.en};
    json::array list(posts.begin(), posts.end());
    out["posts"] = std::move(list);
    out["password_hash"] = password_hash;
    if (disabled) {
        out["disabled"] = true;
    }
    if (failures != 0) {
        out["failures"] = failures;
        out["last_failure"] = to_millis(last_failure);
    }
    return json::serialize(out);
}

Result<Account> Account::from_json(const ports::DocumentRow& row) {
    CS_TRY(object, object_of(row));
    Account out;
    out.login = row.id;
    if (const auto* names = object.if_contains("name");
        names != nullptr && names->is_array() && names->get_array().size() == 2) {
        if (!names->get_array()[0].is_string() || !names->get_array()[1].is_string()) {
            return damaged(row);
        }
        out.name = {
            std::string(std::string_view(names->get_array()[0].as_string())),
            std::string(std::string_view(names->get_array()[1].as_string()))
        };
    }
    if (const auto* posts = object.if_contains("posts"); posts != nullptr && posts->is_array()) {
        for (const auto& post : posts->get_array()) {
            if (!post.is_string()) {
                return damaged(row);
            }
            out.posts.emplace_back(std::string_view(post.as_string()));
        }
    }
    out.password_hash = text_of(object, "password_hash");
    out.disabled = object.contains("disabled");
    out.failures = static_cast<int>(whole_of(object, "failures"));
    out.last_failure = from_millis(whole_of(object, "last_failure"));
    return out;
}

std::string Token::to_json() const {
    json::object out{
        {"login", login}, {"kind", kind}, {"label", label}, {"created", to_millis(created)}
    };
    if (expires) {
        out["expires"] = to_millis(*expires);
    }
    if (scopes) {
        out["scopes"] = scope_codes(*scopes);
    }
    return json::serialize(out);
}

Result<Token> Token::from_json(const ports::DocumentRow& row) {
    CS_TRY(object, object_of(row));
    Token out;
    out.login = text_of(object, "login");
    out.kind = text_of(object, "kind");
    out.label = text_of(object, "label");
    out.created = from_millis(whole_of(object, "created"));
    if (object.contains("expires")) {
        out.expires = from_millis(whole_of(object, "expires"));
    }
    if (const auto* codes = object.if_contains("scopes"); codes != nullptr) {
        if (!codes->is_array()) {
            return damaged(row);
        }
        out.scopes.emplace();
        for (const auto& code : codes->get_array()) {
            // A permission that there is no longer narrows the token as before.
            const auto scope = code.is_string()
                                   ? access::parse_permission(std::string_view(code.get_string()))
                                   : Result<access::Permission>(damaged(row));
            if (scope) {
                out.scopes->push_back(*scope);
            }
        }
    }
    return out;
}

Status put_account(UnitOfWork& work, const std::string& actor, Account account) {
    if (!is_login(account.login)) {
        return fail(ErrorCode::InvalidInput, "a login is 1 to 64 of a-z 0-9 . _ -", "login");
    }
    for (const auto& post : account.posts) {
        if (work.city().post(post) == nullptr) {
            return fail(
                ErrorCode::UnknownCode,
                fmt::format("post {} is not known to the city", post),
                "posts"
            );
        }
    }
    CS_TRY(before, work.document("account", account.login));
    if (before && account.password_hash.empty()) {
        CS_TRY(old, Account::from_json(*before));
        account.password_hash = old.password_hash;
    }
    work.stage_document({"account", account.login, account.to_json()});
    work.stage_entry(
        before ? "account.changed" : "account.created",
        actor,
        {},
        entry_body("login", account.login)
    );
    return ok();
}

Status delete_account(UnitOfWork& work, const std::string& actor, const std::string& login) {
    CS_CHECK(load(work, login));
    work.stage_document({"account", login, ""});
    work.stage_entry("account.deleted", actor, {}, entry_body("login", login));
    return ok();
}

Result<Account> check_password(
    ports::Store& store,
    ports::Secrets& secrets,
    Instant now,
    const std::string& login,
    const std::string& password
) {
    // An unknown login costs the same hash as a known one, so that timing does not tell them apart.
    static const std::string kNobody =
        "$argon2id$v=19$m=19456,t=2,p=1$Y2hlbmdzaHVub2JvZHkwMA$"
        "9Xp8nH8vYxVY0kKqjvH4yq0cWm1mFf3q6bI2hQm6Zb0";
    if (!is_login(login) || password.size() > 1024) {
        return fail(ErrorCode::NotAuthenticated, "login or password is wrong");
    }
    CS_TRY(row, store.document("account", login));
    if (!row) {
        (void)secrets.verify_password(password, kNobody);
        return fail(ErrorCode::NotAuthenticated, "login or password is wrong");
    }
    CS_TRY(account, Account::from_json(*row));
    const auto wait = access::login_wait(account.failures, account.last_failure, now);
    if (wait > Duration{}) {
        return fail(
            ErrorCode::TooManyRequests,
            fmt::format(
                "too many failed sign-ins; wait {} s",
                std::chrono::ceil<std::chrono::seconds>(wait).count()
            )
        );
    }
    const bool right = secrets.verify_password(
        password, account.password_hash.empty() ? kNobody : account.password_hash
    );
    if (!right || account.disabled || account.password_hash.empty()) {
        return fail(ErrorCode::NotAuthenticated, "login or password is wrong");
    }
    return account;
}

Status record_failure(UnitOfWork& work, const std::string& login) {
    auto account = load(work, login);
    if (!account) {
        return ok();  // nothing to throttle
    }
    account->failures += 1;
    account->last_failure = work.now();
    work.stage_document({"account", login, account->to_json()});
    work.stage_entry("session.refused", login, {}, entry_body("login", login));
    return ok();
}

Status open_session(UnitOfWork& work, const std::string& login, const std::string& token_sha256) {
    CS_TRY(account, load(work, login));
    if (account.failures != 0) {
        account.failures = 0;
        work.stage_document({"account", login, account.to_json()});
    }
    const Token token{login, "session", "", work.now(), work.now() + kSessionLife};
    work.stage_document({"token", token_sha256, token.to_json()});
    work.stage_entry("session.opened", login, {}, entry_body("login", login));
    return ok();
}

Result<std::optional<std::vector<access::Permission>>> token_scopes(
    const Account& account,
    const std::string& kind,
    const std::vector<std::string>& codes,
    const Definitions& definitions
) {
    std::optional<std::vector<access::Permission>> out;
    auto who = principal_of(account, definitions);
    who.kind = principal_kind(kind);
    for (const auto& code : codes) {
        CS_TRY(scope, access::parse_permission(code));
        if (!access::may(who, scope)) {
            return fail(
                ErrorCode::RuleViolation,
                fmt::format(
                    "account {} may not {} by a token of kind {}",
                    account.login,
                    access::permission_info(scope).en,
                    kind
                ),
                "scopes"
            );
        }
        if (!out) {
            out.emplace();
        }
        if (std::find(out->begin(), out->end(), scope) == out->end()) {
            out->push_back(scope);
        }
    }
    return out;
}

Status put_token(
    UnitOfWork& work,
    const std::string& actor,
    const std::string& token_sha256,
    Token token
) {
    CS_CHECK(load(work, token.login));
    work.stage_document({"token", token_sha256, token.to_json()});
    work.stage_entry("token.created", actor, {}, entry_of(token));
    return ok();
}

Status delete_token(UnitOfWork& work, const std::string& actor, const std::string& token_sha256) {
    CS_TRY(row, work.document("token", token_sha256));
    if (!row) {
        return fail(ErrorCode::NotFound, "there is no such token");
    }
    CS_TRY(token, Token::from_json(*row));
    work.stage_document({"token", token_sha256, ""});
    work.stage_entry(
        token.kind == "session" ? "session.closed" : "token.deleted",
        actor,
        {},
        entry_body("login", token.login)
    );
    return ok();
}

access::Principal principal_of(const Account& account, const Definitions& definitions) {
    access::Principal out;
    out.account = account.login;
    out.name = account.name;
    out.kind = access::PrincipalKind::Person;
    for (const auto& code : account.posts) {
        if (const auto* post = definitions.city->post(code)) {
            out.posts.push_back({post->code, post->kind, post->department, post->area});
        }
    }
    return out;
}

Result<access::Principal> authenticate(
    ports::Store& store,
    ports::Secrets& secrets,
    const Definitions& definitions,
    Instant now,
    std::string_view token
) {
    if (token.empty() || token.size() > 256) {
        return fail(ErrorCode::NotAuthenticated, "the token is not valid");
    }
    CS_TRY(row, store.document("token", secrets.sha256(token)));
    if (!row) {
        return fail(ErrorCode::NotAuthenticated, "the token is not valid");
    }
    CS_TRY(known, Token::from_json(*row));
    if (known.expires && *known.expires <= now) {
        return fail(ErrorCode::NotAuthenticated, "the session has expired; sign in again");
    }
    CS_TRY(account_row, store.document("account", known.login));
    if (!account_row) {
        return fail(ErrorCode::NotAuthenticated, "the account no longer exists");
    }
    CS_TRY(account, Account::from_json(*account_row));
    if (account.disabled) {
        return fail(ErrorCode::NotAuthenticated, "the account is disabled");
    }
    auto out = principal_of(account, definitions);
    out.kind = principal_kind(known.kind);
    out.token_scopes = known.scopes;
    return out;
}

}  // namespace chengshu::services
