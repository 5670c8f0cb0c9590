#pragma once

#include "base/result.hpp"

#include <string>
#include <string_view>

namespace chengshu::city {

/// Six-digit codes above it would not fit into a case's number of 19 digits.
inline constexpr int kDivisionMax = 922'336;

/// The check character of an 18-character 统一社会信用代码 (GB 32100) from its first 17 characters.
/// InvalidInput for a wrong length or a letter outside the alphabet (no I, O, S, V, Z).
Result<char> uscc_check_character(std::string_view first17);
/// A complete code: length, alphabet, registering body, division, check character. InvalidInput
/// says which part is wrong. The organisation code inside is not tested: codes of old registrations
/// do not keep its rule.
Status check_uscc(std::string_view code);

/// The check character of a nine-character organisation code (GB 11714) from its first eight.
Result<char> organisation_check_character(std::string_view first8);
/// "12345678X" or "12345678-X".
Status check_organisation_code(std::string_view code);

/// An 18-character citizen id (GB 11643): division, a date of birth that exists, check character.
/// The division is tested for form only, because ids keep codes that were abolished. The number
/// itself never appears in the error.
Status check_citizen_id(std::string_view id);

/// A 15-digit unit grid code (单元网格): division 6, street 3, community 3, sequence 3.
struct GridCode {
    std::string division;
    std::string street;     ///< 9 digits, with its division
    std::string community;  ///< 12 digits
    int sequence = 0;       ///< 1..999
};

Result<GridCode> parse_grid_code(std::string_view code);

/// A component identifier: division 6, category (4 digits in the 2013 edition, 5 in 2026),
/// sequence 6.
struct ComponentCode {
    std::string division;
    std::string category;
    int sequence = 0;
};

/// 16 or 17 digits; InvalidInput otherwise.
Result<ComponentCode> parse_component_code(std::string_view code);

/// Six digits of GB/T 2260 by form: 100000..999999.
bool is_division(std::string_view code);

}  // namespace chengshu::city
