#include "base/ids.hpp"

#include <fmt/format.h>

#include <charconv>

namespace chengshu {

Result<std::int64_t> parse_id(std::string_view text) {
    std::int64_t value = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    // The canonical form only, so that an id has one spelling in addresses, caches and logs.
    if (error != std::errc{} || stop != end || value <= 0 || text.front() == '0') {
        return fail(
            ErrorCode::InvalidInput,
            fmt::format(
                "'{}' is not an id: a positive whole number of at most 19 digits.",
                text.substr(0, 40)
            )
        );
    }
    return value;
}

Result<CaseId> make_case_id(int division, Date date, int serial) {
    if (division < kFirstDivision || division > kLastDivision) {
        return fail(
            ErrorCode::InvalidInput,
            fmt::format(
                "The division {} cannot begin a case number: it must be within {}..{}.",
                division,
                kFirstDivision,
                kLastDivision
            )
        );
    }
    if (!date.ok() || date_key(date) < 1000'01'01 || date_key(date) > 9999'12'31) {
        return fail(
            ErrorCode::InvalidInput,
            "The day of a case number must be a day of the years 1000 to 9999."
        );
    }
    if (serial < 1 || serial > kMaxSerial) {
        return fail(
            ErrorCode::InvalidInput,
            fmt::format(
                "The serial {} does not fit a case number: it must be within 1..{} for each "
                "division "
                "and day.",
                serial,
                kMaxSerial
            )
        );
    }
    return CaseId{(std::int64_t{division} * 100'000'000 + date_key(date)) * 100'000 + serial};
}

}  // namespace chengshu
