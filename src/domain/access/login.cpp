#include "domain/access/login.hpp"

#include "base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>

namespace chengshu::access {
namespace {

constexpr std::string_view kField = "password";

/// Parts of passwords that are tried first everywhere, in lower case.
constexpr std::array<std::string_view, 14> kCommon{
    "password",
    "passw0rd",
    "123456",
    "654321",
    "111111",
    "000000",
    "qwerty",
    "abc123",
    "admin123",
    "1qaz2w",
    "iloveyou",
    "welcome",
    "chengshu",
    "letmein",
};

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string lower(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(), [](char c) { return lower(c); });
    return out;
}

std::size_t classes_of(std::string_view text) {
    bool small = false;
    bool capital = false;
    bool digit = false;
    bool other = false;
    for (const char c : text) {
        const bool is_small = c >= 'a' && c <= 'z';
        const bool is_capital = c >= 'A' && c <= 'Z';
        const bool is_digit = c >= '0' && c <= '9';
        small = small || is_small;
        capital = capital || is_capital;
        digit = digit || is_digit;
        other = other || !(is_small || is_capital || is_digit);
    }
    return std::size_t{small} + std::size_t{capital} + std::size_t{digit} + std::size_t{other};
}

bool has_control(std::string_view text) {
    return std::any_of(text.begin(), text.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte < 0x20 || byte == 0x7F;
    });
}

Failure weak(std::string message) {
    return fail(ErrorCode::InvalidInput, std::move(message), std::string(kField));
}

}  // namespace

Duration login_wait(int failures, Instant last_failure, Instant now, const ThrottlePolicy& policy) {
    if (failures < policy.free_failures) {
        return Duration{};
    }
    const auto passed = std::max(Duration{}, now - last_failure);
    if (passed >= policy.forgotten_after) {
        return Duration{};
    }
    auto wait = policy.first_wait;
    for (int i = policy.free_failures; i < failures && wait < policy.longest_wait; ++i) {
        wait *= 2;
    }
    return std::max(Duration{}, std::min(wait, policy.longest_wait) - passed);
}

Status
check_password(std::string_view password, std::string_view login, const PasswordPolicy& policy) {
    // Bytes first: what follows walks the text.
    if (password.size() > policy.characters_max * 4 || !is_utf8(password) ||
        has_control(password)) {
        return weak("a password is UTF-8 text without control characters");
    }
    const auto length = utf8_length(password);
    if (length < policy.characters_min || length > policy.characters_max) {
        return weak(fmt::format(
            "a password has {} to {} characters", policy.characters_min, policy.characters_max
        ));
    }
    if (length < policy.long_enough && classes_of(password) < policy.classes_min) {
        return weak(fmt::format(
            "mix {} of: small letters, capitals, digits, other characters; or use {} characters or "
            "more",
            policy.classes_min,
            policy.long_enough
        ));
    }
    const auto folded = lower(password);
    constexpr std::size_t kLoginBytesMin = 4;  // shorter logins occur in words by chance
    if (login.size() >= kLoginBytesMin && folded.find(lower(login)) != std::string::npos) {
        return weak("a password does not contain the login");
    }
    for (const auto common : kCommon) {
        if (folded.find(common) != std::string::npos) {
            return weak("this password is among the first that anybody tries; choose another");
        }
    }
    if (folded.find_first_not_of(folded.front()) == std::string::npos) {
        return weak("a password is not one character repeated");
    }
    return ok();
}

bool password_expired(Instant set_at, Instant now, const PasswordPolicy& policy) {
    return policy.age_max > Duration{} && now - set_at >= policy.age_max;
}

Instant session_end(Instant opened, Instant last_used, const SessionPolicy& policy) {
    return std::min(opened + policy.age_max, std::max(opened, last_used) + policy.idle_max);
}

bool session_holds(Instant opened, Instant last_used, Instant now, const SessionPolicy& policy) {
    return now < session_end(opened, last_used, policy);
}

Result<Instant> token_expiry(Instant now, std::optional<Instant> wish, const TokenPolicy& policy) {
    if (!wish) {
        return now + policy.life_default;
    }
    if (*wish <= now) {
        return fail(ErrorCode::InvalidInput, "a token expires in the future", "expires");
    }
    if (*wish - now > policy.life_max) {
        const auto days = std::chrono::floor<std::chrono::days>(policy.life_max).count();
        return fail(
            ErrorCode::InvalidInput, fmt::format("a token lives at most {} days", days), "expires"
        );
    }
    return *wish;
}

}  // namespace chengshu::access
