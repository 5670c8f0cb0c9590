#include "domain/city/codes.hpp"

#include "base/time.hpp"
#include "domain/city/internal/text.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>

namespace chengshu::city {
namespace {

constexpr std::string_view kUsccAlphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY";
constexpr std::array<int, 17>
    kUsccWeights{1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28};
constexpr std::array<int, 8> kOrganisationWeights{3, 7, 9, 10, 5, 8, 4, 2};
constexpr std::array<int, 17> kCitizenWeights{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
constexpr std::string_view kCitizenChecks = "10X98765432";
/// Registering bodies: 机构编制 外交 司法 文化 民政 旅游 宗教 工会 市场监管 军委 农业 其他.
constexpr std::string_view kUsccBodies = "123456789ANY";

int number_of(std::string_view digits) {
    int value = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return value;
}

Failure invalid(std::string context) {
    return fail(ErrorCode::InvalidInput, std::move(context));
}

}  // namespace

bool is_division(std::string_view code) {
    return code.size() == 6 && all_digits(code) && code.front() != '0';
}

Result<char> uscc_check_character(std::string_view first17) {
    if (first17.size() != kUsccWeights.size()) {
        return invalid("a unified social credit code has 17 characters before its check character");
    }
    int sum = 0;
    for (std::size_t i = 0; i < first17.size(); ++i) {
        const std::size_t value = kUsccAlphabet.find(first17[i]);
        if (value == std::string_view::npos) {
            return invalid(
                fmt::format("character {} is not in the alphabet 0-9 A-Z without I O S V Z", i + 1)
            );
        }
        sum += static_cast<int>(value) * kUsccWeights[i];
    }
    return kUsccAlphabet[static_cast<std::size_t>((31 - sum % 31) % 31)];
}

Status check_uscc(std::string_view code) {
    if (code.size() != 18) {
        return invalid(fmt::format("18 characters expected, {} found", code.size()));
    }
    CS_TRY(check, uscc_check_character(code.substr(0, 17)));
    if (kUsccBodies.find(code[0]) == std::string_view::npos) {
        return invalid("character 1 names no registering body (1-9, A, N, Y)");
    }
    if (!is_division(code.substr(2, 6))) {
        return invalid("characters 3 to 8 are not a division code of six digits");
    }
    if (code[17] != check) {
        return invalid(fmt::format("check character {} expected, {} found", check, code[17]));
    }
    return ok();
}

Result<char> organisation_check_character(std::string_view first8) {
    if (first8.size() != kOrganisationWeights.size()) {
        return invalid("an organisation code has 8 characters before its check character");
    }
    int sum = 0;
    for (std::size_t i = 0; i < first8.size(); ++i) {
        const char c = first8[i];
        if (c >= '0' && c <= '9') {
            sum += (c - '0') * kOrganisationWeights[i];
        } else if (c >= 'A' && c <= 'Z') {
            sum += (c - 'A' + 10) * kOrganisationWeights[i];
        } else {
            return invalid(fmt::format("character {} is neither a digit nor A-Z", i + 1));
        }
    }
    const int check = 11 - sum % 11;
    if (check == 10) {
        return 'X';
    }
    return check == 11 ? '0' : static_cast<char>('0' + check);
}

Status check_organisation_code(std::string_view code) {
    const bool dashed = code.size() == 10 && code[8] == '-';
    if (code.size() != 9 && !dashed) {
        return invalid("an organisation code has 9 characters, with or without '-' before the last"
        );
    }
    CS_TRY(check, organisation_check_character(code.substr(0, 8)));
    if (code.back() != check) {
        return invalid(fmt::format("check character {} expected", check));
    }
    return ok();
}

Status check_citizen_id(std::string_view id) {
    if (id.size() != 18 || !all_digits(id.substr(0, 17))) {
        return invalid("a citizen id has 17 digits and a check character");
    }
    if (!is_division(id.substr(0, 6))) {
        return invalid("the citizen id does not begin with a division code");
    }
    const Date birth{
        std::chrono::year{number_of(id.substr(6, 4))},
        std::chrono::month{static_cast<unsigned>(number_of(id.substr(10, 2)))},
        std::chrono::day{static_cast<unsigned>(number_of(id.substr(12, 2)))},
    };
    if (!birth.ok() || birth.year() < std::chrono::year{1800}) {
        return invalid("the date of birth in the citizen id does not exist");
    }
    int sum = 0;
    for (std::size_t i = 0; i < 17; ++i) {
        sum += (id[i] - '0') * kCitizenWeights[i];
    }
    const char last = id[17] == 'x' ? 'X' : id[17];
    if (last != kCitizenChecks[static_cast<std::size_t>(sum % 11)]) {
        return invalid("the check character of the citizen id is wrong");
    }
    return ok();
}

Result<GridCode> parse_grid_code(std::string_view code) {
    if (code.size() != 15 || !all_digits(code) || !is_division(code.substr(0, 6))) {
        return invalid("a unit grid code has 15 digits and begins with a division code");
    }
    GridCode grid{
        std::string{code.substr(0, 6)},
        std::string{code.substr(0, 9)},
        std::string{code.substr(0, 12)},
        number_of(code.substr(12)),
    };
    if (grid.sequence == 0) {
        return invalid("the sequence at the end of a unit grid code begins with 001");
    }
    return grid;
}

Result<ComponentCode> parse_component_code(std::string_view code) {
    if ((code.size() != 16 && code.size() != 17) || !all_digits(code) ||
        !is_division(code.substr(0, 6))) {
        return invalid("a component code has 16 or 17 digits and begins with a division code");
    }
    return ComponentCode{
        std::string{code.substr(0, 6)},
        std::string{code.substr(6, code.size() - 12)},
        number_of(code.substr(code.size() - 6)),
    };
}

}  // namespace chengshu::city
