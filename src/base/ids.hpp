#pragma once

#include "base/result.hpp"
#include "base/time.hpp"

#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace chengshu {

/// An integer with a meaning: ids of different things do not mix.
template <class Tag>
struct StrongId {
    std::int64_t value = 0;

    friend auto operator<=>(const StrongId&, const StrongId&) = default;

    explicit operator bool() const noexcept { return value != 0; }
};

/// A case's number, 19 decimal digits: division (6), date YYYYMMDD (8), serial of the day (5). It
/// fits a signed 64-bit integer for every division below 922337, and is the case's only identity.
/// In JSON it is a string, because JavaScript numbers end at 2^53.
using CaseId = StrongId<struct CaseTag>;
/// Sequential from 1 in commit order.
using ReportId = StrongId<struct ReportTag>;
/// Position in the journal, from 1, no gaps, commit order.
using Seq = StrongId<struct SeqTag>;

template <class Tag>
std::string to_string(StrongId<Tag> id) {
    return std::to_string(id.value);
}

/// A positive decimal number without sign, space or leading zero, at most INT64_MAX; InvalidInput
/// otherwise.
Result<std::int64_t> parse_id(std::string_view text);

/// Divisions that keep a case number at 19 digits and within a signed 64-bit integer.
inline constexpr int kFirstDivision = 100'000;
inline constexpr int kLastDivision = 922'336;
inline constexpr int kMaxSerial = 99'999;

/// A case number from its parts; InvalidInput when one is out of range. `serial` counts from 1 for
/// each division and local day.
Result<CaseId> make_case_id(int division, Date date, int serial);

}  // namespace chengshu

template <class Tag>
struct std::hash<chengshu::StrongId<Tag>> {
    std::size_t operator()(const chengshu::StrongId<Tag>& id) const noexcept {
        return std::hash<std::int64_t>{}(id.value);
    }
};
