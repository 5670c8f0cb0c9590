#include "account_change.hpp"
#include "adapters/crypto/openssl_secrets.hpp"
#include "commands.hpp"
#include "control.hpp"
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

Status list(const Common& common) {
    CS_TRY(runtime, open_runtime(common, Open::ReadOnly));
    std::string after;
    while (true) {
        CS_TRY(rows, runtime->store->documents("account", after, 200));
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

/// What a command asks for, with what only this process knows made safe to send and to store.
Result<AccountChange> change_of(const AccountCommand& command, std::string& token) {
    crypto::OpensslSecrets secrets;
    AccountChange out{command, {}, {}};
    if (command.action == "add" || command.action == "password") {
        CS_TRY(hash, new_password(secrets, command.login));
        out.password_hash = std::move(hash);
    } else if (command.action == "token") {
        token = secrets.random_token(32);
        out.token_digest = secrets.sha256(token);
    }
    return out;
}

Status change_here(const Common& common, const AccountChange& change) {
    CS_TRY(runtime, open_runtime(common, Open::Existing));
    CS_TRY(definitions, services::stored_definitions(*runtime->store));
    services::CurrentDefinitions current(definitions);
    services::Engine engine(*runtime->store, *runtime->clock, current);
    CS_CHECK(run_now(engine, [&](services::UnitOfWork& work) -> Result<std::string> {
        CS_CHECK(stage_account(work, *definitions, change));
        return std::string("{}");
    }));
    return ok();
}

Status change(const Common& common, const AccountCommand& command) {
    std::string token;
    CS_TRY(wanted, change_of(command, token));
    CS_TRY(told, ask_to_change_account(common.data, wanted));
    if (!told) {
        CS_CHECK(change_here(common, wanted));
    }
    if (!token.empty()) {
        fmt::print("{}\n", token);
    }
    return ok();
}

}  // namespace

int run_account(const Common& common, const AccountCommand& command) {
    const auto done = command.action == "list" ? list(common) : change(common, command);
    return done ? 0 : complain(done.error(), common.language);
}

}  // namespace chengshu::app
