#pragma once

#include "base/result.hpp"
#include "base/time.hpp"

#include <chrono>
#include <optional>
#include <string_view>

namespace chengshu::access {

/// How failed sign-ins of one account slow down the next ones.
struct ThrottlePolicy {
    int free_failures = 5;                           ///< as many cost no wait
    Duration first_wait = std::chrono::seconds{30};  ///< doubles with every further failure
    Duration longest_wait = std::chrono::minutes{30};
    Duration forgotten_after = std::chrono::hours{24};
};

/// How long the next attempt must wait at `now`; zero when it may go ahead. A clock that has gone
/// back never lengthens a wait beyond the policy.
Duration
login_wait(int failures, Instant last_failure, Instant now, const ThrottlePolicy& policy = {});

struct PasswordPolicy {
    std::size_t characters_min = 10;
    std::size_t characters_max = 128;
    std::size_t classes_min = 3;   ///< of: lower case, upper case, digits, other characters
    std::size_t long_enough = 20;  ///< from this length on the classes do not matter
    Duration age_max{};            ///< zero: passwords do not expire
};

/// InvalidInput (field "password") that says what is missing and never repeats the password.
Status check_password(
    std::string_view password,
    std::string_view login,
    const PasswordPolicy& policy = {}
);
bool password_expired(Instant set_at, Instant now, const PasswordPolicy& policy = {});

struct SessionPolicy {
    Duration idle_max = std::chrono::hours{2};
    Duration age_max = std::chrono::hours{12};
};

/// The instant at which a session that is not used again ends.
Instant session_end(Instant opened, Instant last_used, const SessionPolicy& policy = {});
/// True until that instant.
bool session_holds(
    Instant opened,
    Instant last_used,
    Instant now,
    const SessionPolicy& policy = {}
);

struct TokenPolicy {
    Duration life_default = std::chrono::days{90};
    Duration life_max = std::chrono::days{366};
};

/// When a token made at `now` expires: as asked for, or after the default life. InvalidInput when
/// the wish lies in the past or beyond the longest life.
Result<Instant>
token_expiry(Instant now, std::optional<Instant> wish, const TokenPolicy& policy = {});

}  // namespace chengshu::access
