#include "base/result.hpp"

#include <array>

namespace chengshu {
namespace {

constexpr auto kErrors = std::to_array<ErrorInfo>({
#define CS_ERROR(enumerator, wire_name, http, retryable, en, zh) \
    {ErrorCode::enumerator, wire_name, http, retryable, en, zh},
#include "base/error.def"
#undef CS_ERROR
});

}  // namespace

const ErrorInfo& error_info(ErrorCode code) noexcept {
    return kErrors[static_cast<std::size_t>(code)];
}

std::span<const ErrorInfo> all_errors() noexcept {
    return kErrors;
}

}  // namespace chengshu
