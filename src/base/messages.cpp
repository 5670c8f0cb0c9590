#include "base/messages.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <unordered_map>
#include <vector>

namespace chengshu {
namespace {

constexpr Message kMessages[] = {
#define CS_MESSAGE(en, zh) {en, zh},
#include "base/messages_adapters.def"
#include "base/messages_domain.def"
#include "base/messages_edge.def"
#include "base/messages_query.def"
#include "base/messages_response.def"
#include "base/messages_services.def"
#undef CS_MESSAGE
};

constexpr std::size_t kLengthMax = 8192;
/// Messages within messages: a batch names a row, the row a field, the field what it must be.
constexpr int kDepthMax = 6;
/// Rows tried for one text; far more than any honest message needs.
constexpr int kTriesMax = 4000;
/// "where: what" may name a file, a line and a field.
constexpr int kColonsMax = 4;

constexpr std::string_view kColon = ": ";

/// One side of a row: literals, and between each two of them the number of a content.
struct Form {
    std::vector<std::string> literals;
    std::vector<std::size_t> contents;
};

Form parse(std::string_view text) {
    Form out;
    out.literals.emplace_back();
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if ((c == '{' || c == '}') && i + 1 < text.size() && text[i + 1] == c) {
            out.literals.back() += c;
            ++i;
        } else if (c == '{') {
            const bool numbered = text[i + 1] != '}';
            out.contents.push_back(
                numbered ? static_cast<std::size_t>(text[i + 1] - '0') : out.contents.size()
            );
            out.literals.emplace_back();
            i += numbered ? 2 : 1;
        } else {
            out.literals.back() += c;
        }
    }
    return out;
}

struct Row {
    Form en;
    Form zh;
    std::size_t weight = 0;  ///< bytes of the English literals
};

using Contents = std::vector<std::string_view>;

struct Index {
    std::unordered_map<std::string, const Row*> whole;  ///< rows without contents
    /// Rows by the first byte of what they begin with, 0 for those that begin with a content; the
    /// weightiest first.
    std::array<std::vector<const Row*>, 256> by_first;
    /// What rows begin with that are put behind others: "; did you mean".
    std::vector<std::string_view> tails;
    std::vector<Row> rows;
};

Index make_index() {
    Index out;
    out.rows.reserve(std::size(kMessages));
    for (const auto& message : kMessages) {
        Row row{parse(message.en), parse(message.zh), 0};
        for (const auto& literal : row.en.literals) {
            row.weight += literal.size();
        }
        out.rows.push_back(std::move(row));
    }
    for (const auto& row : out.rows) {
        const auto& first = row.en.literals.front();
        if (row.en.contents.empty()) {
            out.whole.emplace(first, &row);
            continue;
        }
        const auto place =
            first.empty() ? std::size_t{0} : std::size_t{static_cast<unsigned char>(first.front())};
        out.by_first[place].push_back(&row);
        if (first.starts_with(", ") || first.starts_with("; ")) {
            out.tails.emplace_back(first);
        }
    }
    for (auto& rows : out.by_first) {
        std::stable_sort(rows.begin(), rows.end(), [](const Row* left, const Row* right) {
            return left->weight > right->weight;
        });
    }
    return out;
}

const Index& index() {
    static const Index kIndex = make_index();
    return kIndex;
}

/// Where a content ends that another follows without anything between them.
std::size_t tail_of(std::string_view text, std::size_t from, std::size_t end) {
    std::size_t out = end;
    for (const auto tail : index().tails) {
        out = std::min(out, text.substr(0, end).find(tail, from));
    }
    return out;
}

/// The contents of a text that has the form, each the shortest possible.
bool match(const Form& form, std::string_view text, Contents& contents) {
    const std::string_view first = form.literals.front();
    const std::string_view last = form.literals.back();
    if (text.size() < first.size() + last.size() || !text.starts_with(first) ||
        !text.ends_with(last)) {
        return false;
    }
    contents.clear();
    std::size_t at = first.size();
    const std::size_t end = text.size() - last.size();
    for (std::size_t i = 1; i + 1 < form.literals.size(); ++i) {
        const std::string_view literal = form.literals[i];
        const auto found =
            literal.empty() ? tail_of(text, at, end) : text.substr(0, end).find(literal, at);
        if (found == std::string_view::npos) {
            return false;
        }
        contents.push_back(text.substr(at, found - at));
        at = found + literal.size();
    }
    contents.push_back(text.substr(at, end - at));
    return true;
}

class Translator {
public:
    /// Nothing when no row knows the text.
    std::optional<std::string> translate(std::string_view text, int depth) {
        if (depth > kDepthMax || ++tries_ > kTriesMax || text.find(' ') == std::string_view::npos) {
            return std::nullopt;
        }
        if (const auto found = index().whole.find(std::string(text));
            found != index().whole.end()) {
            return found->second->zh.literals.front();
        }
        Contents contents;
        Contents inner;
        const auto* row = find(static_cast<unsigned char>(text.front()), text, contents, 0);
        // A row that begins with a content must not swallow a "where: " before it.
        const auto* open = find(0, text, inner, row == nullptr ? 0 : row->weight);
        if (open != nullptr && is_simple(inner.front())) {
            return put(*open, inner, depth);
        }
        if (row != nullptr) {
            return put(*row, contents, depth);
        }
        if (auto parts = by_colon(text, depth)) {
            return parts;
        }
        return open == nullptr ? alternatives(text, depth) : put(*open, inner, depth);
    }

private:
    static bool is_simple(std::string_view content) {
        return content.find(kColon) == std::string_view::npos && !content.ends_with(':');
    }

    static bool is_quoted(std::string_view before, std::string_view after) {
        return (before.ends_with('"') && after.starts_with('"')) ||
               (before.ends_with('\'') && after.starts_with('\''));
    }

    /// The weightiest row of a place that fits and is weightier than that.
    const Row*
    find(std::size_t place, std::string_view text, Contents& contents, std::size_t weight) {
        for (const auto* row : index().by_first[place]) {
            if (row->weight <= weight) {
                return nullptr;
            }
            if (row->weight > text.size()) {
                continue;
            }
            if (++tries_ > kTriesMax) {
                return nullptr;
            }
            if (match(row->en, text, contents)) {
                return row;
            }
        }
        return nullptr;
    }

    std::string put(const Row& row, const Contents& contents, int depth) {
        std::string out = row.zh.literals.front();
        for (std::size_t i = 0; i < row.zh.contents.size(); ++i) {
            const auto number = row.zh.contents[i];
            // What stands in quotes is somebody's own words.
            const auto& before = row.en.literals[number];
            const auto& after = row.en.literals[number + 1];
            auto known =
                is_quoted(before, after) ? std::nullopt : translate(contents[number], depth + 1);
            out += known ? *known : std::string(contents[number]);
            out += row.zh.literals[i + 1];
        }
        return out;
    }

    std::optional<std::string> by_colon(std::string_view text, int depth) {
        std::size_t at = 0;
        for (int i = 0; i < kColonsMax; ++i) {
            at = text.find(kColon, at);
            if (at == std::string_view::npos) {
                return std::nullopt;
            }
            const auto left = text.substr(0, at);
            at += kColon.size();
            const auto what = translate(text.substr(at), depth + 1);
            const auto where = translate(left, depth + 1);
            if (what || where) {
                return (where ? *where : std::string(left)) + std::string(kColon) +
                       (what ? *what : std::string(text.substr(at)));
            }
        }
        return std::nullopt;
    }

    /// "a number or a text", where each is known.
    std::optional<std::string> alternatives(std::string_view text, int depth) {
        constexpr std::string_view kOr = " or ";
        const auto at = text.find(kOr);
        if (at == std::string_view::npos) {
            return std::nullopt;
        }
        const auto left = translate(text.substr(0, at), depth + 1);
        const auto right = left ? translate(text.substr(at + kOr.size()), depth + 1) : left;
        return right ? std::optional(*left + "或" + *right) : std::nullopt;
    }

    int tries_ = 0;
};

}  // namespace

std::span<const Message> all_messages() noexcept {
    return kMessages;
}

std::string message_in(std::string_view english, std::string_view language) {
    if (language == "zh" && english.size() <= kLengthMax) {
        if (auto known = Translator().translate(english, 0)) {
            return *known;
        }
    }
    return std::string(english);
}

}  // namespace chengshu
