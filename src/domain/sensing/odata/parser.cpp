#include "base/text.hpp"
#include "domain/sensing/odata/expression_parser.hpp"
#include "domain/sensing/odata/query.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace chengshu::sensing::odata {
namespace {

constexpr std::size_t kSkipTokenBytesMax = 512;

enum class OptionKind : std::uint8_t {
    Filter,
    Count,
    OrderBy,
    Skip,
    Top,
    Select,
    Expand,
    ResultFormat,
    SkipToken,
};

struct OptionInfo {
    OptionKind kind = OptionKind::Filter;
    std::string_view name;
    bool nested = true;  ///< may stand within $expand
};

constexpr std::array kOptions{
    OptionInfo{OptionKind::Filter, "$filter"},
    OptionInfo{OptionKind::Count, "$count"},
    OptionInfo{OptionKind::OrderBy, "$orderby"},
    OptionInfo{OptionKind::Skip, "$skip"},
    OptionInfo{OptionKind::Top, "$top"},
    OptionInfo{OptionKind::Select, "$select"},
    OptionInfo{OptionKind::Expand, "$expand"},
    OptionInfo{OptionKind::ResultFormat, "$resultFormat", false},
    OptionInfo{OptionKind::SkipToken, "$skiptoken", false},
};

std::string hint_for(std::string_view name) {
    std::array<std::string_view, kOptions.size()> names{};
    std::transform(kOptions.begin(), kOptions.end(), names.begin(), [](const OptionInfo& row) {
        return row.name;
    });
    return did_you_mean(name, names);
}

const OptionInfo* find_option(std::string_view name) {
    const auto* const found = std::find_if(kOptions.begin(), kOptions.end(), [&](const auto& row) {
        return row.name == name;
    });
    return found == kOptions.end() ? nullptr : &*found;
}

bool only_expands(const Query& query) {
    return !query.filter && !query.count && query.order.empty() && !query.skip && !query.top &&
           query.select.empty();
}

class QueryParser {
public:
    QueryParser(Lexer& lexer, Allowance& allowance) : lexer_(lexer), allowance_(allowance) {}

    /// The value of one option, from where the lexer stands.
    Status option(OptionKind kind, const EntityInfo& target, Query& query) {
        switch (kind) {
            case OptionKind::Filter:
                return filter(target, query);
            case OptionKind::Count:
                return count(query);
            case OptionKind::OrderBy:
                return order(target, query);
            case OptionKind::Skip:
                return number(query.skip);
            case OptionKind::Top:
                CS_CHECK(number(query.top));
                query.top = std::min(*query.top, allowance_.limits.top_max);
                return ok();
            case OptionKind::Select:
                return select(target, query);
            case OptionKind::Expand:
                return expand(target, query);
            case OptionKind::ResultFormat:
                return format(query);
            case OptionKind::SkipToken:
                break;
        }
        return lexer_.expected("an option");
    }

private:
    Status filter(const EntityInfo& target, Query& query) {
        CS_TRY(expression, ExpressionParser(lexer_, target, allowance_).condition());
        query.filter = std::move(expression);
        return ok();
    }

    Status count(Query& query) {
        if (lexer_.accept_word("true")) {
            query.count = true;
        } else if (lexer_.accept_word("false")) {
            query.count = false;
        } else {
            return lexer_.expected("true or false");
        }
        return ok();
    }

    Status number(std::optional<std::int64_t>& result) {
        const std::size_t begin = lexer_.next();
        const std::string_view digits = lexer_.peek_word();
        std::int64_t value = 0;
        const char* const last = digits.data() + digits.size();
        const auto [end, error] = std::from_chars(digits.data(), last, value);
        if (digits.empty() || digits.find_first_not_of("0123456789") != std::string_view::npos) {
            return lexer_.expected("a whole number, 0 or more");
        }
        if (error != std::errc{} || end != last) {
            return lexer_.wrong(begin, "the number is too great");
        }
        lexer_.skip(digits.size());
        result = value;
        return ok();
    }

    Status order(const EntityInfo& target, Query& query) {
        do {
            if (query.order.size() == allowance_.limits.order_max) {
                return lexer_.wrong(
                    lexer_.next(),
                    fmt::format("$orderby has more than {} parts", allowance_.limits.order_max)
                );
            }
            CS_TRY(key, ExpressionParser(lexer_, target, allowance_).sort_key());
            const bool descending = lexer_.accept_word("desc");
            if (!descending) {
                lexer_.accept_word("asc");
            }
            query.order.push_back({std::move(key), descending});
        } while (lexer_.accept(','));
        return ok();
    }

    Status format(Query& query) {
        if (lexer_.accept_word("dataarray")) {
            query.format = ResultFormat::DataArray;
        } else if (lexer_.accept_word("geojson")) {
            query.format = ResultFormat::GeoJson;
        } else if (lexer_.accept_word("csv")) {
            query.format = ResultFormat::Csv;
        } else {
            return lexer_.expected("dataArray, GeoJSON or CSV");
        }
        return ok();
    }

    Status select(const EntityInfo& target, Query& query) {
        do {
            CS_TRY(item, selected(target));
            if (std::find(query.select.begin(), query.select.end(), item) == query.select.end()) {
                query.select.push_back(std::move(item));
            }
        } while (lexer_.accept(','));
        return ok();
    }

    Result<Select> selected(const EntityInfo& target) {
        const std::size_t begin = lexer_.next();
        CS_CHECK(allowance_.take(lexer_, begin));
        const std::string_view name = lexer_.peek_word();
        if (name.empty()) {
            return lexer_.expected(fmt::format("a name in {}", target.name));
        }
        Select item;
        item.property = target.property(name);
        item.navigation = target.navigation(name);
        if (item.property == nullptr && item.navigation == nullptr) {
            return lexer_.wrong(begin, unknown_name(target, name, true));
        }
        lexer_.skip(name.size());
        while (lexer_.peek() == '/') {
            const PropertyKind kind =
                item.property == nullptr ? PropertyKind::Link : item.property->kind;
            if (kind != PropertyKind::Object && kind != PropertyKind::Array &&
                kind != PropertyKind::Json && kind != PropertyKind::Geometry) {
                return lexer_.wrong(
                    lexer_.offset(),
                    item.property == nullptr
                        ? fmt::format("use $expand={}($select=…) for what is in it", name)
                        : fmt::format("'{}' has nothing in it", name)
                );
            }
            CS_CHECK(allowance_.take(lexer_, lexer_.offset()));
            lexer_.skip(1);
            const std::string_view key = lexer_.word();
            if (key.empty()) {
                return lexer_.expected_here("a name");
            }
            item.keys.emplace_back(key);
        }
        return item;
    }

    Status expand(const EntityInfo& target, Query& query) {
        do {
            CS_CHECK(expand_path(target, query.expand));
        } while (lexer_.accept(','));
        return ok();
    }

    /// One of A, A/B, A($top=1), A($top=1)/B($top=1), merged into what is there.
    Status expand_path(const EntityInfo& target, std::vector<Expand>& siblings) {
        const std::size_t begin = lexer_.next();
        if (depth_ >= allowance_.limits.expand_depth_max) {
            return lexer_.wrong(
                begin,
                fmt::format(
                    "$expand is nested deeper than {} levels", allowance_.limits.expand_depth_max
                )
            );
        }
        CS_CHECK(allowance_.take(lexer_, begin));
        const std::string_view name = lexer_.peek_word();
        if (name.empty()) {
            return lexer_.expected(fmt::format("something linked to {}", target.name));
        }
        const Navigation* navigation = target.navigation(name);
        if (navigation == nullptr) {
            return lexer_.wrong(begin, unknown_name(target, name, false));
        }
        lexer_.skip(name.size());
        const EntityInfo& inner = info(navigation->target);
        Query query;
        ++depth_;
        if (lexer_.accept('(')) {
            CS_CHECK(nested_options(inner, query));
        }
        if (lexer_.peek() == '/') {
            lexer_.skip(1);
            CS_CHECK(expand_path(inner, query.expand));
        }
        --depth_;
        return merge(siblings, {navigation, std::move(query)}, begin);
    }

    /// `$expand=A/B,A/C` is `$expand=A($expand=B,C)`; two sets of other options contradict.
    Status merge(std::vector<Expand>& siblings, Expand added, std::size_t begin) {
        const auto there = std::find_if(siblings.begin(), siblings.end(), [&](const Expand& row) {
            return row.navigation == added.navigation;
        });
        if (there == siblings.end()) {
            siblings.push_back(std::move(added));
            return ok();
        }
        if (!only_expands(there->query) && !only_expands(added.query)) {
            return lexer_.wrong(
                begin, fmt::format("'{}' is expanded twice with options", added.navigation->name)
            );
        }
        std::vector<Expand> inner = std::move(there->query.expand);
        for (Expand& one : added.query.expand) {
            CS_CHECK(merge(inner, std::move(one), begin));
        }
        if (only_expands(there->query)) {
            there->query = std::move(added.query);
        }
        there->query.expand = std::move(inner);
        return ok();
    }

    Status nested_options(const EntityInfo& target, Query& query) {
        std::vector<OptionKind> seen;
        if (lexer_.accept(')')) {
            return ok();
        }
        do {
            const std::size_t begin = lexer_.next();
            const bool dollar = lexer_.accept('$');
            const std::string name = "$" + std::string{lexer_.identifier()};
            const OptionInfo* known = dollar ? find_option(name) : nullptr;
            if (known == nullptr || !known->nested) {
                return lexer_.wrong(
                    begin,
                    fmt::format(
                        "expected $filter, $count, $orderby, $skip, $top, $select or $expand{}",
                        dollar ? hint_for(name) : std::string{}
                    )
                );
            }
            if (std::find(seen.begin(), seen.end(), known->kind) != seen.end()) {
                return lexer_.wrong(begin, fmt::format("{} is given twice", name));
            }
            seen.push_back(known->kind);
            CS_CHECK(lexer_.expect('=', "'='"));
            CS_CHECK(option(known->kind, target, query));
        } while (lexer_.accept(';'));
        return lexer_.expect(')', "';' or ')'");
    }

    Lexer& lexer_;
    Allowance& allowance_;
    int depth_ = 0;
};

Status check_text(const Option& option) {
    const auto& [name, value] = option;
    if (!is_utf8(value) || value.find('\0') != std::string::npos) {
        return fail(
            ErrorCode::InvalidInput, fmt::format("{}: the text is not valid UTF-8", name), name
        );
    }
    return ok();
}

Result<std::string> percent_decoded(std::string_view text) {
    const auto digit = [](char c) {
        if (c >= '0' && c <= '9') {
            return c - '0';
        }
        const int letter = (c | 0x20) - 'a';
        return letter >= 0 && letter < 6 ? letter + 10 : -1;
    };
    std::string result;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            result += text[i] == '+' ? ' ' : text[i];
            continue;
        }
        const int high = i + 2 < text.size() ? digit(text[i + 1]) : -1;
        const int low = i + 2 < text.size() ? digit(text[i + 2]) : -1;
        if (high < 0 || low < 0) {
            return fail(
                ErrorCode::InvalidInput,
                fmt::format("at byte {} of the query: '%' needs two hexadecimal digits", i + 1)
            );
        }
        result += static_cast<char>(high * 16 + low);
        i += 2;
    }
    return result;
}

}  // namespace

Result<Query>
parse_query(const EntityInfo& target, std::span<const Option> options, const Limits& limits) {
    Query query;
    Allowance allowance{limits};
    std::vector<OptionKind> seen;
    std::size_t length = 0;
    for (const Option& option : options) {
        const auto& [name, value] = option;
        if (!name.starts_with('$')) {
            continue;
        }
        length += name.size() + value.size();
        if (length > limits.length_max) {
            return fail(
                ErrorCode::InvalidInput,
                fmt::format("the options are longer than {} bytes together", limits.length_max),
                std::string{is_utf8(name) ? utf8_prefix(name, 40) : "$?"}
            );
        }
        const OptionInfo* known = find_option(name);
        if (known == nullptr) {
            const std::string shown{is_utf8(name) ? utf8_prefix(name, 40) : "$?"};
            return fail(
                ErrorCode::InvalidInput,
                fmt::format("there is no option '{}'{}", shown, hint_for(name)),
                shown
            );
        }
        if (std::find(seen.begin(), seen.end(), known->kind) != seen.end()) {
            return fail(
                ErrorCode::InvalidInput, fmt::format("{} is given twice", name), std::string{name}
            );
        }
        seen.push_back(known->kind);
        CS_CHECK(check_text(option));
        if (known->kind == OptionKind::SkipToken) {
            if (value.empty() || value.size() > kSkipTokenBytesMax) {
                return fail(
                    ErrorCode::InvalidInput,
                    fmt::format("$skiptoken: expected 1 to {} bytes", kSkipTokenBytesMax),
                    "$skiptoken"
                );
            }
            query.skip_token = value;
            continue;
        }
        Lexer lexer(value, known->name);
        CS_CHECK(QueryParser(lexer, allowance).option(known->kind, target, query));
        if (!lexer.at_end()) {
            return lexer.expected(
                known->kind == OptionKind::Filter ? "an operator or the end" : "the end"
            );
        }
    }
    return query;
}

Result<Query> parse_query(const EntityInfo& target, std::string_view text, const Limits& limits) {
    if (text.size() > 3 * limits.length_max) {
        return fail(
            ErrorCode::InvalidInput,
            fmt::format("the query is longer than {} bytes", 3 * limits.length_max)
        );
    }
    std::vector<Option> options;
    while (!text.empty()) {
        const auto end = std::min(text.find('&'), text.size());
        const std::string_view pair = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (pair.empty()) {
            continue;
        }
        const auto equals = std::min(pair.find('='), pair.size());
        CS_TRY(name, percent_decoded(pair.substr(0, equals)));
        CS_TRY(value, percent_decoded(pair.substr(std::min(equals + 1, pair.size()))));
        options.emplace_back(std::move(name), std::move(value));
    }
    return parse_query(target, std::span<const Option>{options}, limits);
}

Result<ExpressionPtr>
parse_filter(const EntityInfo& target, std::string_view text, const Limits& limits) {
    const Option option{"$filter", std::string{text}};
    CS_TRY(query, parse_query(target, std::span<const Option>{&option, 1}, limits));
    return query.filter;
}

}  // namespace chengshu::sensing::odata
