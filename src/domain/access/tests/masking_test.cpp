#include "domain/access/masking.hpp"

#include "base/random.hpp"
#include "base/text.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace chengshu::access {
namespace {

using Vectors = std::vector<std::pair<std::string, std::string>>;

void expect(std::string (*mask)(std::string_view), const Vectors& vectors) {
    for (const auto& [text, masked] : vectors) {
        EXPECT_EQ(mask(text), masked) << text;
    }
}

TEST(Masking, Names) {
    expect(
        mask_name,
        {{"张三", "张*"},
         {"张三丰", "张**"},
         {"欧阳修文", "欧阳**"},
         {"欧阳修", "欧阳*"},
         {"欧阳", "欧*"},
         {"李", "*"},
         {"买买提·艾力", "买***"},
         {"John Smith", "J***"},
         {" 王五 ", "王*"},
         {"", ""},
         {"  ", ""},
         {"\xff\xfe", "***"},
         {"张\xe4\xb8", "***"}}
    );
}

TEST(Masking, Phones) {
    expect(
        mask_phone,
        {{"13812341234", "138****1234"},
         {"+86 138 1234 1234", "138****1234"},
         {"8613812341234", "138****1234"},
         {"138-1234-1234", "138****1234"},
         {"１３８１２３４１２３４", "138****1234"},
         {"010-62345678", "010-****5678"},
         {"(0571) 8765 4321", "0571-****4321"},
         {"212-555-0123", "***-***-0123"},
         {"(212) 555-0123", "***-***-0123"},
         {"+1 2125550123", "***23"},
         {"62345678", "***78"},
         {"12345", "***"},
         {"abc", "***"},
         {"", ""},
         {"\xff\xff", "***"}}
    );
}

TEST(Masking, Ids) {
    expect(
        mask_id,
        {{"11010519491231002X", "110105********002X"},
         {"11010519491231002x", "110105********002X"},
         {"１１０１０５１９４９１２３１００２Ｘ", "110105********002X"},
         {"110105491231002", "***"},
         {"E12345678", "***"},
         {"1", "***"},
         {"", ""},
         {"\xff", "***"}}
    );
}

TEST(Masking, Emails) {
    expect(
        mask_email,
        {{"alice@b.com", "a***@b.com"},
         {"a@b.com", "a***@b.com"},
         {"李@例子.中国", "李***@例子.中国"},
         {"@b.com", "***"},
         {"alice@", "***"},
         {"alice", "***"},
         {"", ""},
         {"\xff@b.com", "***"}}
    );
}

TEST(Masking, Addresses) {
    expect(
        mask_address,
        {{"北京市海淀区中关村街道科源社区3号楼5单元", "北京市海淀区中关村街道科源社区***"},
         {"海淀区中关村街道27号", "海淀区中关村街道***"},
         {"海淀区中关村大街27号", "海淀区***"},
         {"海淀区温泉镇白家疃村12号", "海淀区温泉镇***"},
         {"海淀区中关村街道", "海淀区中关村街道"},
         {"中关村大街27号院3号楼", "中关村大街***"},
         {"阳光花园三号楼", "***"},
         {"3号楼海淀街道", "***"},
         {"123 Main St, Brooklyn", "*** Main St, Brooklyn"},
         {"123 Main St Apt 4B, Brooklyn", "*** Main St Apt ***"},
         {"北京市", "北京市"},
         {"", ""},
         {"\xe6\xb5", "***"}}
    );
}

TEST(Masking, Plates) {
    expect(
        mask_plate,
        {{"京A·12345", "京A·1**45"},
         {"京A12345", "京A·1**45"},
         {"京AD12345", "京A·D***45"},
         {"京A 1234学", "京A·1**4*"},
         {"ABC1234", "A****34"},
         {"京A", "***"},
         {"12", "***"},
         {"", ""},
         {"\xff\xff\xff\xff", "***"}}
    );
}

TEST(MaskText, NumbersInsideSentences) {
    expect(
        mask_text,
        {{"请联系张先生13812341234，谢谢", "请联系张先生138****1234，谢谢"},
         {"电话：138 1234 1234或010-62345678。", "电话：138****1234或010-****5678。"},
         {"手机１３８－１２３４－１２３４", "手机138****1234"},
         {"(+86)13812341234", "138****1234"},
         {"身份证11010519491231002X的老人", "身份证110105********002X的老人"},
         {"身份证110105 19491231 002X", "身份证110105********002X"},
         {"两个号13812341234、13912341234", "两个号138****1234、139****1234"},
         {"邮箱alice.w@mail.example.com请回复", "邮箱a***@mail.example.com请回复"},
         {"call (212) 555-0123 or 212.555.0124", "call ***-***-0123 or ***-***-0124"},
         {"", ""}}
    );
}

TEST(MaskText, KeepsWhatIsNotPersonal) {
    for (const std::string& text : std::initializer_list<std::string>{
             "案件1101082026112000001已结案",
             "部件11010801001000001倾斜",
             "网格110108011001001",
             "2023-02-28 11:31 上报",
             "海淀区中关村大街27号",
             "水深15cm，面积100平方米",
             "拨打12345",
             "时间20261120，编号110108199913991234",
             "距离1381234米",
             "a@b",
             "@@@@",
             "1-2-3"
         }) {
        EXPECT_EQ(mask_text(text), text);
    }
}

TEST(MaskText, LongerNumbersAreNotCutIntoPersonalOnes) {
    EXPECT_EQ(mask_text("9138123412345"), "9138123412345");
    EXPECT_EQ(mask_text("138123412345"), "138123412345");
}

TEST(MaskText, BrokenBytesBecomeReplacements) {
    EXPECT_EQ(
        mask_text("a\xff"
                  "13812341234\xe4\xb8"),
        "a\xEF\xBF\xBD"
        "138****1234\xEF\xBF\xBD\xEF\xBF\xBD"
    );
    EXPECT_EQ(mask_text(std::string("\0x", 2)), std::string("\0x", 2));
}

/// Any bytes give UTF-8, and masking twice changes nothing more.
TEST(MaskingProperty, AnyBytes) {
    constexpr std::string_view kPieces[] = {"1",  "3",    "8",    "0",    "12",  "1234",
                                            "-",  " ",    "+86",  "(",    ")",   "张",
                                            "号", "\xff", "\xe4", "X",    "@",   "a.b",
                                            "１", "－",   "区",   "街道", "京A", "\xf0\x9f"};
    for (std::uint64_t seed = 1; seed <= 3000; ++seed) {
        SeededRandom random(seed);
        std::string text;
        const auto count = random.below(24);
        for (std::uint64_t i = 0; i < count; ++i) {
            text += kPieces[random.below(std::size(kPieces))];
        }
        for (auto* mask :
             {mask_name, mask_phone, mask_id, mask_email, mask_address, mask_plate, mask_text}) {
            EXPECT_TRUE(is_utf8(mask(text))) << "seed " << seed << ": " << text;
        }
        const auto once = mask_text(text);
        EXPECT_EQ(mask_text(once), once) << "seed " << seed << ": " << text;
    }
}

/// Whatever stands around it, no mobile number is left in a text.
TEST(MaskingProperty, NoMobileNumberIsLeft) {
    for (std::uint64_t seed = 1; seed <= 1000; ++seed) {
        SeededRandom random(seed);
        std::string number = "1" + std::to_string(3 + random.below(7));
        for (int i = 0; i < 9; ++i) {
            number += static_cast<char>('0' + random.below(10));
        }
        constexpr std::string_view kAround[] = {
            "", "电话", "：", "，", "a", "(", "+86", "86-", "。", "\n", "-", "号"
        };
        const auto text = std::string(kAround[random.below(std::size(kAround))]) + number +
                          std::string(kAround[random.below(6)]);
        EXPECT_EQ(mask_text(text).find(number), std::string::npos)
            << "seed " << seed << ": " << text;
    }
}

TEST(Masking, LongTextsStayCheap) {
    const std::string letters(200'000, 'a');
    EXPECT_EQ(mask_text(letters), letters);
    const std::string digits(200'000, '1');
    EXPECT_EQ(mask_text(digits), digits);
    EXPECT_EQ(mask_name(letters), "***");
    EXPECT_EQ(mask_address(letters), "***");
}

}  // namespace
}  // namespace chengshu::access
