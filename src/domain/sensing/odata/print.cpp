#include "domain/sensing/odata/functions.hpp"
#include "domain/sensing/odata/query.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace chengshu::sensing::odata {
namespace {

/// Writes expressions with the fewest parentheses that keep their structure.
class Writer {
public:
    std::string take() { return std::move(text_); }

    void write(const Expression& expression) {
        switch (expression.operation) {
            case Operation::Literal:
                text_ += print(expression.literal);
                return;
            case Operation::Path:
                path(expression.path);
                return;
            case Operation::Not:
                text_ += "not ";
                operand(expression, 0, precedence(Operation::Not));
                return;
            case Operation::Negate:
                text_ += "- ";  // without the space it would begin a negative literal
                operand(expression, 0, precedence(Operation::Negate));
                return;
            case Operation::Call:
                text_ += info(expression.function).name;
                list(expression.operands, 0);
                return;
            case Operation::Any:
            case Operation::All:
                quantifier(expression);
                return;
            case Operation::In:
                operand(expression, 0, precedence(Operation::In) + 1);
                text_ += " in ";
                list(expression.operands, 1, precedence(Operation::In) + 1);
                return;
            default:
                infix(expression);
        }
    }

private:
    void operand(const Expression& parent, std::size_t index, int at_least) {
        const Expression& child = *parent.operands[index];
        if (precedence(child.operation) >= at_least) {
            write(child);
            return;
        }
        text_ += '(';
        write(child);
        text_ += ')';
    }

    void list(const std::vector<ExpressionPtr>& items, std::size_t first, int at_least = 0) {
        text_ += '(';
        for (std::size_t i = first; i < items.size(); ++i) {
            if (i > first) {
                text_ += ',';
            }
            const bool bare = precedence(items[i]->operation) >= at_least;
            text_ += bare ? "" : "(";
            write(*items[i]);
            text_ += bare ? "" : ")";
        }
        text_ += ')';
    }

    void infix(const Expression& expression) {
        const int own = precedence(expression.operation);
        const bool arithmetic =
            own == precedence(Operation::Add) || own == precedence(Operation::Multiply);
        for (std::size_t i = 0; i < expression.operands.size(); ++i) {
            if (i > 0) {
                text_ += ' ';
                text_ += spelling(expression.operation);
                text_ += ' ';
            }
            // Arithmetic chains from the left, so its left operand needs no parentheses.
            operand(expression, i, arithmetic && i == 0 ? own : own + 1);
        }
    }

    void quantifier(const Expression& expression) {
        path(expression.path);
        text_ += expression.operation == Operation::Any ? "/any(" : "/all(";
        if (!expression.operands.empty()) {
            text_ += fmt::format("v{}:", variables_++);
            write(*expression.operands[0]);
            --variables_;
        }
        text_ += ')';
    }

    void path(const Path& path) {
        std::string_view separator;
        if (path.variable >= 0) {
            text_ += fmt::format("v{}", path.variable);
            separator = "/";
        }
        for (const Navigation* navigation : path.navigations) {
            text_ += separator;
            text_ += navigation->name;
            separator = "/";
        }
        if (path.property != nullptr) {
            text_ += separator;
            text_ += path.property->name;
        }
        for (const std::string& key : path.keys) {
            text_ += '/';
            text_ += key;
        }
    }

    std::string text_;
    int variables_ = 0;
};

std::string print_select(const std::vector<Select>& select) {
    std::string text;
    for (const Select& item : select) {
        text += text.empty() ? "" : ",";
        text += item.property != nullptr ? item.property->name : item.navigation->name;
        for (const std::string& key : item.keys) {
            text += '/';
            text += key;
        }
    }
    return text;
}

std::string print_order(const std::vector<Order>& order) {
    std::string text;
    for (const Order& key : order) {
        text += text.empty() ? "" : ",";
        text += print(*key.expression);
        text += key.descending ? " desc" : "";
    }
    return text;
}

std::string print_expand(const std::vector<Expand>& expand) {
    std::string text;
    for (const Expand& item : expand) {
        text += text.empty() ? "" : ",";
        text += item.navigation->name;
        std::string inner;
        for (const auto& [name, value] : print_options(item.query)) {
            inner += inner.empty() ? "" : ";";
            inner += fmt::format("{}={}", name, value);
        }
        if (!inner.empty()) {
            text += fmt::format("({})", inner);
        }
    }
    return text;
}

std::string_view spelling(ResultFormat format) {
    switch (format) {
        case ResultFormat::Default:
            break;
        case ResultFormat::DataArray:
            return "dataArray";
        case ResultFormat::GeoJson:
            return "GeoJSON";
        case ResultFormat::Csv:
            return "CSV";
    }
    return {};
}

std::string percent_encoded(std::string_view text) {
    constexpr std::string_view kPlain = "-_.~$(),/':=@*";
    std::string result;
    for (const char c : text) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') || kPlain.find(c) != std::string_view::npos;
        if (plain) {
            result += c;
        } else {
            result += fmt::format("%{:02X}", static_cast<unsigned char>(c));
        }
    }
    return result;
}

}  // namespace

bool same(const Expression& left, const Expression& right) {
    return left.operation == right.operation && left.function == right.function &&
           left.path == right.path && same(left.literal, right.literal) &&
           std::equal(
               left.operands.begin(),
               left.operands.end(),
               right.operands.begin(),
               right.operands.end(),
               [](const auto& one, const auto& other) { return same(*one, *other); }
           );
}

bool same(const ExpressionPtr& left, const ExpressionPtr& right) {
    return left && right ? same(*left, *right) : !left && !right;
}

bool same(const Query& left, const Query& right) {
    return same(left.filter, right.filter) && left.count == right.count &&
           left.skip == right.skip && left.top == right.top && left.select == right.select &&
           left.format == right.format && left.skip_token == right.skip_token &&
           std::equal(
               left.order.begin(),
               left.order.end(),
               right.order.begin(),
               right.order.end(),
               [](const Order& one, const Order& other) {
                   return one.descending == other.descending &&
                          same(one.expression, other.expression);
               }
           ) &&
           std::equal(
               left.expand.begin(),
               left.expand.end(),
               right.expand.begin(),
               right.expand.end(),
               [](const Expand& one, const Expand& other) {
                   return one.navigation == other.navigation && same(one.query, other.query);
               }
           );
}

std::string print(const Expression& expression) {
    Writer writer;
    writer.write(expression);
    return writer.take();
}

std::vector<Option> print_options(const Query& query) {
    std::vector<Option> options;
    if (query.filter) {
        options.emplace_back("$filter", print(*query.filter));
    }
    if (query.count) {
        options.emplace_back("$count", *query.count ? "true" : "false");
    }
    if (!query.order.empty()) {
        options.emplace_back("$orderby", print_order(query.order));
    }
    if (query.skip) {
        options.emplace_back("$skip", fmt::format("{}", *query.skip));
    }
    if (query.top) {
        options.emplace_back("$top", fmt::format("{}", *query.top));
    }
    if (!query.select.empty()) {
        options.emplace_back("$select", print_select(query.select));
    }
    if (!query.expand.empty()) {
        options.emplace_back("$expand", print_expand(query.expand));
    }
    if (query.format != ResultFormat::Default) {
        options.emplace_back("$resultFormat", spelling(query.format));
    }
    if (!query.skip_token.empty()) {
        options.emplace_back("$skiptoken", query.skip_token);
    }
    return options;
}

std::string print(const Query& query) {
    std::string text;
    for (const auto& [name, value] : print_options(query)) {
        text += text.empty() ? "" : "&";
        text += fmt::format("{}={}", name, percent_encoded(value));
    }
    return text;
}

}  // namespace chengshu::sensing::odata
