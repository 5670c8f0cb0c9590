#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace chengshu {

/// An integer with a meaning: ids of different things do not mix.
template <class Tag>
struct StrongId {
    std::int64_t value = 0;

    friend auto operator<=>(const StrongId&, const StrongId&) = default;

    explicit operator bool() const noexcept { return value != 0; }
};

/// A case's number, 19 decimal digits: division (6), date YYYYMMDD (8), serial of the day (5). It fits a
/// signed 64-bit integer for every division below 922337, and is the case's only identity. In JSON
/// it is a string, because JavaScript numbers end at 2^53.
using CaseId = StrongId<struct CaseTag>;
/// Sequential from 1 in commit order.
using ReportId = StrongId<struct ReportTag>;
/// Position in the journal, from 1, no gaps, commit order.
using Seq = StrongId<struct SeqTag>;

}  // namespace chengshu

template <class Tag>
struct std::hash<chengshu::StrongId<Tag>> {
    std::size_t operator()(const chengshu::StrongId<Tag>& id) const noexcept {
        return std::hash<std::int64_t>{}(id.value);
    }
};
