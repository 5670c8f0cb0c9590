#include "account_change.hpp"

#include "domain/access/login.hpp"
#include "runtime.hpp"
#include "services/accounts.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

namespace chengshu::app {
namespace {

namespace json = boost::json;

constexpr const char* kOperator = "operator";
constexpr std::size_t kLabelMax = 200;

json::array array_of(const std::vector<std::string>& list) {
    json::array out;
    for (const auto& word : list) {
        out.emplace_back(word);
    }
    return out;
}

Status stage_token(
    services::UnitOfWork& work,
    const services::Definitions& definitions,
    const services::Account& account,
    const AccountChange& change
) {
    if (change.command.label.empty() || change.command.label.size() > kLabelMax) {
        return fail(
            ErrorCode::InvalidInput,
            fmt::format("a token's label has 1 to {} bytes", kLabelMax),
            "label"
        );
    }
    services::Token token;
    token.login = account.login;
    token.kind = "integration";
    token.label = change.command.label;
    token.created = work.now();
    auto scopes = services::token_scopes(account, token.kind, change.command.scopes, definitions);
    if (!scopes) {
        return Failure{std::move(scopes).error()};
    }
    token.scopes = std::move(scopes).value();
    CS_TRY(expires, access::token_expiry(work.now(), std::nullopt));
    token.expires = expires;
    return services::put_token(work, kOperator, change.token_digest, std::move(token));
}

}  // namespace

std::string AccountChange::to_json() const {
    return json::serialize(json::object{
        {"action", command.action},
        {"login", command.login},
        {"name", command.name},
        {"posts", array_of(command.posts)},
        {"label", command.label},
        {"scopes", array_of(command.scopes)},
        {"password_hash", password_hash},
        {"token_digest", token_digest}
    });
}

Result<AccountChange> AccountChange::from_json(const std::string& text) {
    try {
        const auto value = json::parse(text);
        const auto words = [&](const char* name) {
            std::vector<std::string> out;
            for (const auto& one : value.at(name).as_array()) {
                out.emplace_back(one.as_string());
            }
            return out;
        };
        const auto word = [&](const char* name) { return std::string(value.at(name).as_string()); };
        return AccountChange{
            {word("action"),
             word("login"),
             word("name"),
             words("posts"),
             word("label"),
             words("scopes")},
            word("password_hash"),
            word("token_digest")
        };
    } catch (const std::exception& error) {
        return fail(
            ErrorCode::InvalidInput, fmt::format("not a change of an account: {}", error.what())
        );
    }
}

Status stage_account(
    services::UnitOfWork& work,
    const services::Definitions& definitions,
    const AccountChange& change
) {
    const auto& [command, password_hash, token_digest] = change;
    CS_TRY(row, work.document("account", command.login));
    services::Account wanted;
    if (command.action == "add") {
        if (row) {
            return fail(
                ErrorCode::Conflict,
                fmt::format("account {} exists already", command.login),
                "login"
            );
        }
        wanted.login = command.login;
        wanted.name = {command.name, command.name};
        wanted.posts = command.posts;
        CS_CHECK(access::check_separation(services::principal_of(wanted, definitions).posts));
    } else if (!row) {
        return fail(
            ErrorCode::NotFound, fmt::format("there is no account {}", command.login), "login"
        );
    } else {
        CS_TRY(known, services::Account::from_json(*row));
        wanted = std::move(known);
    }
    if (command.action == "delete") {
        return services::delete_account(work, kOperator, command.login);
    }
    if (command.action == "token") {
        return stage_token(work, definitions, wanted, change);
    }
    if (!password_hash.empty()) {
        wanted.password_hash = password_hash;
        wanted.failures = 0;
    }
    wanted.disabled =
        command.action == "disable" || (wanted.disabled && command.action != "enable");
    return services::put_account(work, kOperator, wanted);
}

Status change_account_live(
    const services::CurrentDefinitions& definitions,
    services::Submitter& writer,
    const AccountChange& change
) {
    services::Job job;
    job.work = [&](services::UnitOfWork& work) -> Result<std::string> {
        CS_CHECK(stage_account(work, *definitions.get(), change));
        return std::string("{}");
    };
    return submit_and_wait(writer, std::move(job));
}

}  // namespace chengshu::app
