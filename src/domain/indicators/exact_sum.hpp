#pragma once

#include <cstdint>

namespace chengshu::indicators {

/// A sum of doubles that does not depend on their order, and from which one can be taken away
/// again: each is rounded once to a grid (2^-64 below 2^43 = 8.8e12, which is the number itself
/// from 0.0005 on; 2^-9 beyond, which always is) and the grid's steps are added as integers. Holds
/// 2^20 numbers at least; one beyond 2^98 counts as that.
class ExactSum {
public:
    void add(double number) { apply(number, false); }

    void remove(double number) { apply(number, true); }

    void add(const ExactSum& other) {
        small_ += other.small_;
        large_ += other.large_;
    }

    [[nodiscard]] double value() const;

    friend bool operator==(const ExactSum&, const ExactSum&) = default;

private:
    __extension__ using Wide = unsigned __int128;  // wraps: differences are exact too

    void apply(double number, bool negative);

    Wide small_ = 0;
    Wide large_ = 0;
};

}  // namespace chengshu::indicators
