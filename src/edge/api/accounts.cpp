#include "services/accounts.hpp"

#include "base/json_text.hpp"
#include "domain/access/login.hpp"
#include "edge/api/internal/handlers.hpp"
#include "edge/api/internal/page.hpp"
#include "edge/api/internal/text.hpp"
#include "edge/api/internal/views.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace chengshu::api {
namespace {

constexpr std::size_t kTokenBytes = 32;
constexpr int kTokensScanned = 10'000;

Write without_reply(std::function<Status(services::UnitOfWork&)> change) {
    Write write;
    write.work = [change = std::move(change)](services::UnitOfWork& work) -> Result<std::string> {
        CS_CHECK(change(work));
        return std::string();
    };
    return write;
}

Result<services::Account> load(const Call& call, const std::string& login) {
    CS_TRY(row, call.ports.store.document("account", login));
    if (!row) {
        return fail(ErrorCode::NotFound, "there is no such account", "login");
    }
    return services::Account::from_json(*row);
}

/// Checked and hashed on this thread; the writer gets the hash.
Result<std::string> hashed(const Call& call, const std::string& login) {
    const auto password = call.text("password");
    CS_CHECK(access::check_password(password, login));
    return call.ports.secrets.hash_password(password);
}

Status check_posts(const Call& call, const services::Account& account) {
    const auto who = services::principal_of(account, *call.definitions);
    return access::check_separation(who.posts);
}

json::object token_view(const std::string& id, const services::Token& token) {
    json::object out{
        {"id", id},
        {"label", token.label},
        {"kind", token.kind},
        {"created", format_utc(token.created)}
    };
    if (token.expires) {
        out["expires"] = format_utc(*token.expires);
    }
    if (token.scopes) {
        json::array codes;
        for (const auto scope : *token.scopes) {
            codes.emplace_back(access::permission_info(scope).code);
        }
        out["scopes"] = std::move(codes);
    }
    return out;
}

/// What a new token is given for. A caller whose own token was given for less than his account may
/// do cannot make one that is given for more.
Result<std::optional<std::vector<access::Permission>>>
scopes_of(const Call& call, const services::Account& account, const std::string& kind) {
    const auto codes = call.texts("scopes");
    if (codes.empty() && call.body.contains("scopes")) {
        return fail(
            ErrorCode::InvalidInput,
            "name at least one permission, or leave scopes out for all of the account's",
            "scopes"
        );
    }
    CS_TRY(scopes, services::token_scopes(account, kind, codes, *call.definitions));
    const auto& own = call.who.token_scopes;
    const auto held = [&](access::Permission scope) {
        return std::find(own->begin(), own->end(), scope) != own->end();
    };
    if (own && !(scopes && std::all_of(scopes->begin(), scopes->end(), held))) {
        return fail(
            ErrorCode::NotPermitted,
            "a token can be given for no more than the token that makes it",
            "scopes"
        );
    }
    return scopes;
}

/// Tokens are stored under the hash of their secret, which is not shown whole: its beginning is the
/// id.
std::string id_of(const std::string& sha256) {
    return sha256.substr(0, 16);
}

struct FoundToken {
    std::string sha256;
    services::Token token;
};

Result<std::vector<FoundToken>> tokens_of(const Call& call, const std::string& login) {
    std::vector<FoundToken> out;
    std::string after;
    constexpr int kPage = 1000;
    for (int seen = 0; seen < kTokensScanned; seen += kPage) {
        CS_TRY(rows, call.ports.store.documents("token", after, kPage));
        for (const auto& row : rows) {
            CS_TRY(token, services::Token::from_json(row));
            if (token.login == login && token.kind != "session") {
                out.push_back({row.id, std::move(token)});
            }
            after = row.id;
        }
        if (rows.size() < static_cast<std::size_t>(kPage)) {
            break;
        }
    }
    return out;
}

}  // namespace

Result<Outcome> post_account(const Call& call) {
    services::Account account;
    account.login = call.text("login");
    const auto& name = call.body.at("name").as_object();
    account.name = {text_of(name, "zh"), text_of(name, "en")};
    account.posts = call.texts("posts");
    const auto* disabled = call.body.if_contains("disabled");
    account.disabled = disabled != nullptr && disabled->is_bool() && disabled->get_bool();
    if (account.disabled && account.login == call.who.account) {
        return fail(ErrorCode::RuleViolation, "one cannot disable one's own account", "disabled");
    }
    CS_CHECK(check_posts(call, account));
    if (!call.text("password").empty()) {
        CS_TRY(hash, hashed(call, account.login));
        account.password_hash = std::move(hash);
    }
    const auto body = json_text(account_view(account, *call.definitions));
    Write write;
    write.work = [actor = call.actor(),
                  account = std::move(account),
                  body](services::UnitOfWork& work) -> Result<std::string> {
        CS_CHECK(services::put_account(work, actor, account));
        return body;
    };
    return Outcome{std::move(write)};
}

Result<Outcome> list_accounts(const Call& call) {
    CS_TRY(cursor, cursor_of(call));
    const int limit = call.integer("limit", kPageDefault);
    CS_TRY(rows, call.ports.store.documents("account", cursor, limit + 1));
    const bool more = rows.size() > static_cast<std::size_t>(limit);
    json::array items;
    for (const auto& row : rows) {
        if (items.size() == static_cast<std::size_t>(limit)) {
            break;
        }
        CS_TRY(account, services::Account::from_json(row));
        items.emplace_back(account_view(account, *call.definitions));
        cursor = row.id;
    }
    return Outcome{list_answer(std::move(items), more ? make_cursor(cursor) : "")};
}

Result<Outcome> delete_account(const Call& call) {
    const auto& login = call.in_path("login");
    if (login == call.who.account) {
        return fail(ErrorCode::RuleViolation, "one cannot remove one's own account", "login");
    }
    return Outcome{without_reply([actor = call.actor(), login](services::UnitOfWork& work) {
        return services::delete_account(work, actor, login);
    })};
}

Result<Outcome> post_password(const Call& call) {
    const auto& login = call.in_path("login");
    const bool own = login == call.who.account;
    if (!own) {
        CS_CHECK(access::require(call.who, access::Permission::ManageAccounts));
    } else if (call.who.kind != access::PrincipalKind::Person) {
        return fail(ErrorCode::NotPermitted, "a system's token does not set passwords");
    } else if (call.who.token_scopes) {
        return fail(ErrorCode::NotPermitted, "a token given for less does not set passwords");
    }
    CS_TRY(account, load(call, login));
    if (own && !call.ports.secrets.verify_password(call.text("current"), account.password_hash)) {
        return fail(ErrorCode::NotPermitted, "the current password is wrong", "current");
    }
    CS_TRY(hash, hashed(call, login));
    return Outcome{
        without_reply([actor = call.actor(), login, hash](services::UnitOfWork& work) -> Status {
            CS_TRY(row, work.document("account", login));
            if (!row) {
                return fail(ErrorCode::NotFound, "there is no such account", "login");
            }
            CS_TRY(changed, services::Account::from_json(*row));
            changed.password_hash = hash;
            changed.failures = 0;
            return services::put_account(work, actor, std::move(changed));
        })
    };
}

Result<Outcome> post_token(const Call& call) {
    const auto& login = call.in_path("login");
    CS_TRY(account, load(call, login));
    std::optional<Instant> wish;
    if (const auto text = call.text("expires"); !text.empty()) {
        CS_TRY(instant, parse_rfc3339(text));
        wish = instant;
    }
    CS_TRY(expires, access::token_expiry(call.now, wish));
    const std::string kind = call.text("kind") == "personal" ? "personal" : "integration";
    CS_TRY(scopes, scopes_of(call, account, kind));
    const services::Token token{
        login, kind, call.text("label"), call.now, expires, std::move(scopes)
    };
    const auto secret = call.ports.secrets.random_token(kTokenBytes);
    const auto sha256 = call.ports.secrets.sha256(secret);
    auto view = token_view(id_of(sha256), token);
    view["token"] = secret;
    Write write;
    write.work = [actor = call.actor(), sha256, token, body = json_text(view)](
                     services::UnitOfWork& work
                 ) -> Result<std::string> {
        CS_CHECK(services::put_token(work, actor, sha256, token));
        return body;
    };
    return Outcome{std::move(write)};
}

Result<Outcome> list_tokens(const Call& call) {
    CS_CHECK(load(call, call.in_path("login")));
    CS_TRY(found, tokens_of(call, call.in_path("login")));
    return sliced(call, found, [](const auto& item) {
        return token_view(id_of(item.sha256), item.token);
    });
}

Result<Outcome> delete_token(const Call& call) {
    CS_TRY(found, tokens_of(call, call.in_path("login")));
    for (const auto& item : found) {
        if (id_of(item.sha256) == call.in_path("token")) {
            return Outcome{without_reply([actor = call.actor(),
                                          sha256 = item.sha256](services::UnitOfWork& work) {
                return services::delete_token(work, actor, sha256);
            })};
        }
    }
    return fail(ErrorCode::NotFound, "there is no such token", "token");
}

}  // namespace chengshu::api
