#pragma once

#include <span>
#include <string>
#include <string_view>

namespace chengshu {

/// A row of the catalogue (messages_*.def), as it is written there: {} stands for what is put in;
/// the Chinese side numbers it ({0}) when the order is another; {{ and }} are braces.
struct Message {
    std::string_view en;
    std::string_view zh;
};

/// All rows; for tests and tools.
std::span<const Message> all_messages() noexcept;

/// What went wrong, for a reader of `language`. Errors carry their context in English from where
/// they arise (result.hpp); here the text is found again in the catalogue, of several rows the one
/// with the most letters of its own, and put together in the other language with the same contents.
/// A content that is itself a message is translated too, unless it stands in quotes; of "where:
/// what" each part is. The English text comes back unchanged for another language than "zh", when
/// no row fits, and when it is longer than 8 KiB. Pure and thread-safe; the cost is bounded.
std::string message_in(std::string_view english, std::string_view language);

}  // namespace chengshu
