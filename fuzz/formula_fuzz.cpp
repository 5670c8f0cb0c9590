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
        {"filed", {Name::Kind::Term, 1}},
        {"closed", {Name::Kind::Term, 2}},
        {"rework", {Name::Kind::Term, 62}},
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
    for (const int term : expression->terms()) {
        CS_ASSERT(term <= 2 || term == 62);
    }
    const std::array<std::optional<double>, 3> terms{0.5, 7, 1e308};
    for (const auto& value : {expression->evaluate(terms), expression->evaluate({})}) {
        CS_ASSERT(!value || std::isfinite(*value));
    }
    return 0;
}
