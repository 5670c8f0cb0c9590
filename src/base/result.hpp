#pragma once

#include "base/assert.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

namespace chengshu {

enum class ErrorCode : std::uint16_t {
#define CS_ERROR(enumerator, wire_name, http, retryable, en, zh) enumerator,
#include "base/error.def"
#undef CS_ERROR
};

/// A row of the error table (base/error.def).
struct ErrorInfo {
    ErrorCode code;
    std::string_view name;
    int http_status;
    bool retryable;
    std::string_view meaning_en;
    std::string_view meaning_zh;
};

/// The row for a code. Total: every enumerator has one.
const ErrorInfo& error_info(ErrorCode code) noexcept;

/// All rows, in table order; for the generated documentation and OpenAPI.
std::span<const ErrorInfo> all_errors() noexcept;

/// What went wrong, for a machine (code, field) and for a person (context: what, where, why, how to
/// mend). Never holds secrets or personal data: every part may reach a log and an API response.
struct Error {
    ErrorCode code;
    std::string context;
    std::string field;  ///< The offending input field, when one is to blame.
};

/// The failing half of a Result, so that `return fail(...)` converts to any Result<T>.
struct [[nodiscard]] Failure {
    Error error;
};

inline Failure fail(ErrorCode code, std::string context, std::string field = {}) {
    return Failure{Error{code, std::move(context), std::move(field)}};
}

/// A value or an Error: a subset of std::expected under its names, until every compiler that we
/// support has it.
template <class T>
class [[nodiscard]] Result {
public:
    using value_type = T;

    // Implicit, so that `return value;` and `return fail(...);` both work.
    // NOLINTBEGIN(google-explicit-constructor)
    Result(T value) : state_{std::in_place_index<0>, std::move(value)} {}

    Result(Failure failure) : state_{std::in_place_index<1>, std::move(failure.error)} {}

    // NOLINTEND(google-explicit-constructor)

    [[nodiscard]] bool has_value() const noexcept { return state_.index() == 0; }

    explicit operator bool() const noexcept { return has_value(); }

    T& value() & {
        CS_ASSERT(has_value());
        return *std::get_if<0>(&state_);
    }

    const T& value() const& {
        CS_ASSERT(has_value());
        return *std::get_if<0>(&state_);
    }

    T&& value() && {
        CS_ASSERT(has_value());
        return std::move(*std::get_if<0>(&state_));
    }

    T* operator->() { return &value(); }

    const T* operator->() const { return &value(); }

    T& operator*() & { return value(); }

    const T& operator*() const& { return value(); }

    const Error& error() const& {
        CS_ASSERT(!has_value());
        return *std::get_if<1>(&state_);
    }

    Error&& error() && {
        CS_ASSERT(!has_value());
        return std::move(*std::get_if<1>(&state_));
    }

private:
    std::variant<T, Error> state_;
};

struct Unit {};

using Status = Result<Unit>;

inline Status ok() {
    return Unit{};
}

}  // namespace chengshu

#define CS_CONCAT_INNER(a, b) a##b
#define CS_CONCAT(a, b) CS_CONCAT_INNER(a, b)
// NOLINTBEGIN(bugprone-macro-parentheses)
#define CS_TRY_IMPL(tmp, name, expr)                        \
    auto tmp = (expr);                                      \
    if (!tmp) {                                             \
        return ::chengshu::Failure{std::move(tmp).error()}; \
    }                                                       \
    auto name = std::move(tmp).value()
#define CS_CHECK_IMPL(tmp, expr)                            \
    if (auto tmp = (expr); !tmp) {                          \
        return ::chengshu::Failure{std::move(tmp).error()}; \
    }

/// CS_TRY(value, expression): bind the value, or return the Error to our caller.
#define CS_TRY(name, expr) CS_TRY_IMPL(CS_CONCAT(cs_try_, __COUNTER__), name, expr)
/// CS_CHECK(expression): return the Error to our caller, if there is one; forget the value.
#define CS_CHECK(expr) CS_CHECK_IMPL(CS_CONCAT(cs_check_, __COUNTER__), expr)
// NOLINTEND(bugprone-macro-parentheses)
