#pragma once

#include "domain/city/city.hpp"

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <vector>

namespace chengshu::city {

/// A message in both languages from the same arguments; both formats are checked while compiling.
template <class... Args>
Label text(
    fmt::format_string<const Args&...> zh,
    fmt::format_string<const Args&...> en,
    const Args&... args
) {
    return {fmt::format(zh, args...), fmt::format(en, args...)};
}

/// "Did you mean 'x'?", or `otherwise` when there is no suggestion.
Label did_you_mean(std::string_view suggestion, Label otherwise);

/// Where in the data: 0 = the whole file or line.
struct Spot {
    std::string_view path;
    int line = 0;
    int column = 0;
};

/// Collects findings up to the limit; errors are never crowded out by warnings.
class Findings {
public:
    void error(Spot spot, Label message, Label hint);
    void warning(Spot spot, Label message, Label hint);

    [[nodiscard]] bool has_errors() const { return errors_ > 0; }

    /// True when no more errors are kept, so that checking further is useless.
    [[nodiscard]] bool full() const { return errors_ >= kErrorsMax; }

    /// In the order of files and lines.
    [[nodiscard]] std::vector<Finding> sorted() &&;

private:
    static constexpr int kErrorsMax = 150;
    static constexpr int kWarningsMax = 50;

    std::vector<Finding> findings_;
    int errors_ = 0;
    int warnings_ = 0;
};

}  // namespace chengshu::city
