#pragma once

#include <string>
#include <string_view>

namespace chengshu::access {

// Masks for personal data. All take any bytes: what is not well-formed or too short to mask safely
// becomes "***". An empty value stays empty. The result is always UTF-8.

/// 张三 → 张*, 欧阳修文 → 欧阳**, John Smith → J***.
std::string mask_name(std::string_view name);
/// 13812341234 → 138****1234, also with country code and separators; 010-62345678 → 010-****5678.
std::string mask_phone(std::string_view phone);
/// 11010519491231002X → 110105********002X; anything else that is not 18 characters → "***".
std::string mask_id(std::string_view id);
/// alice@b.com → a***@b.com.
std::string mask_email(std::string_view email);
/// Keeps city, district, street and community: 海淀区中关村街道科源社区3号楼 →
/// 海淀区中关村街道科源社区***. Never keeps anything from the first house number on.
std::string mask_address(std::string_view address);
/// 京A·12345 → 京A·1**45.
std::string mask_plate(std::string_view plate);

/// Free text with the telephone numbers, citizen ids and e-mail addresses in it masked, whatever
/// their separators and widths (１３８ counts as 138). All else is kept, broken bytes as U+FFFD.
/// Case numbers, component and grid codes are kept.
std::string mask_text(std::string_view text);

}  // namespace chengshu::access
