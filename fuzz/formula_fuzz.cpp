#include "base/assert.hpp"
#include "domain/indicators/expression.hpp"

#include <array>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string_view>

using namespace chengshu::indicators;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const Names kNames = {
        {"filed", {Name::Kind::Measure, 0}},
        {"closed", {Name::Kind::Measure, 1}},
        {"rework", {Name::Kind::Measure, 62}},
        {"rate", {Name::Kind::Term, 0}},
    };
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    ExpressionMistake mistake;
    const auto expression = Expression::parse(text, kNames, mistake);
    if (!expression) {
        CS_ASSERT(!mistake.message.zh.empty() && !mistake.message.en.empty());
        CS_ASSERT(mistake.offset <= text.size());
        static_cast<void>(point_at(text, mistake));
        return 0;
    }
    for (const int bit : expression->measures()) {
        CS_ASSERT(bit == 0 || bit == 1 || bit == 62);
    }
    const std::array<std::int64_t, 2> counts{7, INT64_MAX};
    const std::array<std::optional<double>, 1> terms{0.5};
    for (const auto& value :
         {expression->evaluate(counts, terms),
          expression->evaluate({}),
          expression->evaluate(counts)}) {
        CS_ASSERT(!value || std::isfinite(*value));
    }
    return 0;
}
