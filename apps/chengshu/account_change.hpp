#pragma once

#include "base/result.hpp"
#include "commands.hpp"
#include "services/definitions.hpp"
#include "services/engine.hpp"

#include <string>

namespace chengshu::app {

/// A change of one account as it is handed to whoever writes to the store: no password and no
/// token, only what is stored of them.
struct AccountChange {
    AccountCommand command;
    std::string password_hash{};  ///< of "add" and "password"
    std::string token_digest{};   ///< of "token"

    [[nodiscard]] std::string to_json() const;
    /// InvalidInput for anything but to_json()'s text.
    static Result<AccountChange> from_json(const std::string& text);
};

/// NotFound or Conflict when there is no such account, or one already; as services/accounts.hpp.
Status stage_account(
    services::UnitOfWork& work,
    const services::Definitions& definitions,
    const AccountChange& change
);

/// Changes it in the running server. Waits for the commit; not on the writer's thread.
Status change_account_live(
    const services::CurrentDefinitions& definitions,
    services::Submitter& writer,
    const AccountChange& change
);

}  // namespace chengshu::app
