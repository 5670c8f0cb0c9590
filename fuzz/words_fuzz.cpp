#include "base/assert.hpp"
#include "base/ids.hpp"
#include "base/text.hpp"
#include "base/time.hpp"
#include "domain/cases/case.hpp"
#include "domain/city/codes.hpp"
#include "domain/intake/report.hpp"

#include <cstdint>
#include <string>
#include <string_view>

using namespace chengshu;

/// The small decoders: numbers, times, codes, free text.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    if (const auto id = parse_id(text)) {
        CS_ASSERT(std::to_string(*id) == text);
    }
    if (const auto id = cases::parse_case_id(text)) {
        CS_ASSERT(cases::format_case_id(*id) == text);
    }
    if (const auto at = parse_rfc3339(text)) {
        CS_ASSERT(parse_rfc3339(format_utc(*at)).value() == *at);
    }
    if (const auto date = parse_date(text)) {
        CS_ASSERT(format_date(*date) == text && date_from_key(date_key(*date)).value() == *date);
    }
    static_cast<void>(city::check_uscc(text));
    static_cast<void>(city::check_organisation_code(text));
    static_cast<void>(city::check_citizen_id(text));
    static_cast<void>(city::parse_grid_code(text));
    static_cast<void>(city::parse_component_code(text));
    for (const auto& term : bigrams(text)) {
        CS_ASSERT(!term.empty() && is_utf8(term));
    }
    if (is_utf8(text)) {
        CS_ASSERT(utf8_length(utf8_prefix(text, 3)) <= 3 && is_utf8(utf8_prefix(text, 3)));
    }
    intake::Report report;
    report.source = "public";
    report.description = text;
    report.external_id = text;
    if (const auto normal = intake::normalise(report)) {
        CS_ASSERT(
            is_utf8(normal->description) &&
            utf8_length(normal->description) <= intake::kDescriptionMax
        );
    }
    return 0;
}
