#pragma once

#include <optional>

namespace chengshu::sensing {

/// An interval of values; absent ends are open. `from` belongs to it, `to` does not, unless the
/// flags say otherwise.
template <class T>
struct Range {
    std::optional<T> from;
    std::optional<T> to;
    bool after_from = false;  ///< `from` itself does not belong
    bool up_to_to = false;    ///< `to` itself belongs

    [[nodiscard]] bool unbounded() const { return !from && !to; }

    /// No value belongs to it.
    [[nodiscard]] bool empty() const {
        return from && to && (*to < *from || (*to == *from && (after_from || !up_to_to)));
    }

    [[nodiscard]] bool holds(const T& value) const {
        const bool low = !from || *from < value || (!after_from && *from == value);
        const bool high = !to || value < *to || (up_to_to && *to == value);
        return low && high;
    }

    friend bool operator==(const Range&, const Range&) = default;
};

}  // namespace chengshu::sensing
