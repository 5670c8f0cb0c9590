#include "commands.hpp"
#include "domain/access/login.hpp"
#include "services/accounts.hpp"
#include "services/city_revisions.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <iostream>

namespace chengshu::app {
namespace {

Result<std::string> new_password(ports::Secrets& secrets, const std::string& login) {
    std::string password;
    if (!std::getline(std::cin, password)) {
        return fail(
            ErrorCode::InvalidInput, "give the password as one line on standard input", "password"
        );
    }
    CS_CHECK(access::check_password(password, login));
    return secrets.hash_password(password);
}

Status list(ports::Store& store) {
    std::string after;
    while (true) {
        CS_TRY(rows, store.documents("account", after, 200));
        if (rows.empty()) {
            return ok();
        }
        for (const auto& row : rows) {
            CS_TRY(account, services::Account::from_json(row));
            fmt::print(
                "{:<28} {:<10} {} [{}]\n",
                account.login,
                account.disabled ? "disabled" : "",
                account.name.of("zh"),
                fmt::join(account.posts, " ")
            );
        }
        after = rows.back().id;
    }
}

Status change(Runtime& runtime, const AccountCommand& command) {
    CS_TRY(definitions, services::stored_definitions(*runtime.store));
    services::CurrentDefinitions current(definitions);
    services::Engine engine(*runtime.store, *runtime.clock, current);
    services::Account wanted;
    if (command.action != "add") {
        CS_TRY(row, runtime.store->document("account", command.login));
        if (!row) {
            return fail(
                ErrorCode::NotFound, fmt::format("there is no account {}", command.login), "login"
            );
        }
        CS_TRY(known, services::Account::from_json(*row));
        wanted = std::move(known);
    } else {
        CS_TRY(row, runtime.store->document("account", command.login));
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
        CS_CHECK(access::check_separation(services::principal_of(wanted, *definitions).posts));
    }
    if (command.action == "add" || command.action == "password") {
        CS_TRY(hash, new_password(runtime.secrets, command.login));
        wanted.password_hash = std::move(hash);
        wanted.failures = 0;
    }
    wanted.disabled =
        command.action == "disable" || (wanted.disabled && command.action != "enable");
    CS_TRY(
        scopes,
        services::token_scopes(wanted, "integration", command.scopes, *definitions)
    );
    std::string token;
    const auto reply = run_now(engine, [&](services::UnitOfWork& work) -> Result<std::string> {
        if (command.action == "delete") {
            CS_CHECK(services::delete_account(work, "operator", command.login));
        } else if (command.action == "token") {
            token = runtime.secrets.random_token(32);
            CS_TRY(expires, access::token_expiry(work.now(), std::nullopt));
            CS_CHECK(services::put_token(
                work,
                "operator",
                runtime.secrets.sha256(token),
                {command.login, "integration", command.label, work.now(), expires, scopes}
            ));
        } else {
            CS_CHECK(services::put_account(work, "operator", wanted));
        }
        return std::string("{}");
    });
    CS_CHECK(reply);
    if (!token.empty()) {
        fmt::print("{}\n", token);
    }
    return ok();
}

}  // namespace

int run_account(const Common& common, const AccountCommand& command) {
    auto runtime = open_runtime(common, command.action == "list" ? Open::ReadOnly : Open::Existing);
    if (!runtime) {
        return complain(runtime.error(), common.language);
    }
    const auto done =
        command.action == "list" ? list(*(*runtime)->store) : change(**runtime, command);
    return done ? 0 : complain(done.error(), common.language);
}

}  // namespace chengshu::app
