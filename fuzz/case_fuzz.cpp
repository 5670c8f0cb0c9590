#include "domain/cases/case.hpp"

#include "base/assert.hpp"
#include "domain/cases/condition.hpp"

#include <boost/json.hpp>

#include <cstdint>
#include <string_view>

namespace json = boost::json;
using namespace chengshu;

namespace {

void read_condition(std::string_view text, const cases::Case& value) {
    const auto condition = cases::parse_condition(text);
    if (!condition) {
        CS_ASSERT(
            condition.error().code == ErrorCode::InvalidInput && !condition.error().context.empty()
        );
        return;
    }
    if (!condition->needs_surroundings()) {
        static_cast<void>(cases::holds(*condition, value, nullptr));
    }
}

}  // namespace

/// First line: a condition of the definition language. The rest: a stored case, and after an empty
/// line a merge patch.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    const auto line = text.substr(0, text.find('\n'));
    const auto rest =
        line.size() == text.size() ? std::string_view{} : text.substr(line.size() + 1);
    const auto gap = rest.find("\n\n");
    boost::system::error_code error;
    auto document = json::parse(rest.substr(0, gap), error);
    if (error) {
        read_condition(line, {});
        return 0;
    }
    const auto value = cases::case_from_json(document);
    if (value) {
        // What can be read can be written, and is then read as the same.
        const auto again = cases::case_from_json(json::parse(cases::to_json(*value)));
        CS_ASSERT(again && *again == *value);
        static_cast<void>(cases::next_timer(*value));
        read_condition(line, *value);
    }
    const auto patch =
        gap == std::string_view::npos ? json::value() : json::parse(rest.substr(gap + 2), error);
    if (document.is_object() && !error && patch.is_object()) {
        auto after = document.get_object();
        cases::merge_apply(after, patch.get_object());
        auto back = document.get_object();
        cases::merge_apply(back, cases::merge_diff(back, after));
        // A null inside an array or a fresh member is the one thing that a merge patch cannot say.
        if (json::serialize(after).find("null") == std::string::npos &&
            json::serialize(document).find("null") == std::string::npos) {
            CS_ASSERT(back == after);
        }
    }
    return 0;
}
