#include "domain/indicators/internal/expression_parser.hpp"

#include "base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace chengshu::indicators {
namespace {

/// Bytes of the UTF-8 character that begins here, as far as its first byte tells.
std::size_t character_length(std::string_view text, std::size_t at) {
    std::size_t length = 1;
    while (at + length < text.size() &&
           (static_cast<unsigned char>(text[at + length]) & 0xC0U) == 0x80U) {
        ++length;
    }
    return length;
}

/// Counts levels of nesting while it lives.
class Deeper {
public:
    explicit Deeper(int& depth) : depth_(depth) { ++depth_; }

    ~Deeper() { --depth_; }

    Deeper(const Deeper&) = delete;
    Deeper& operator=(const Deeper&) = delete;
    Deeper(Deeper&&) = delete;
    Deeper& operator=(Deeper&&) = delete;

private:
    int& depth_;
};

}  // namespace

std::optional<Expression> ExpressionParser::parse(Type whole_type) {
    if (text_.size() > kExpressionBytesMax) {
        return wrong(
            kExpressionBytesMax,
            1,
            {"表达式过长", "the expression is too long"},
            {fmt::format("最多 {} 字节；用 terms 拆分", kExpressionBytesMax),
             fmt::format("at most {} bytes; split it with terms", kExpressionBytesMax)}
        );
    }
    const auto whole = either();
    if (!whole) {
        return std::nullopt;
    }
    skip_blanks();
    if (at_ < text_.size()) {
        return unexpected();
    }
    if (!need(*whole, whole_type)) {
        return std::nullopt;
    }
    out_.text_ = std::string(text_);
    out_.root_ = whole->node;
    return std::move(out_);
}

ExpressionParser::Parsed ExpressionParser::either() {
    auto left = both();
    while (left && take_word("or")) {
        const auto right = both();
        if (!right) {
            return std::nullopt;
        }
        left = join(Operation::Or, *left, *right);
    }
    return left;
}

ExpressionParser::Parsed ExpressionParser::both() {
    auto left = negation();
    while (left && take_word("and")) {
        const auto right = negation();
        if (!right) {
            return std::nullopt;
        }
        left = join(Operation::And, *left, *right);
    }
    return left;
}

ExpressionParser::Parsed ExpressionParser::negation() {
    skip_blanks();
    const auto begin = at_;
    if (!take_word("not")) {
        return comparison();
    }
    const Deeper deeper(depth_);
    if (depth_ > kExpressionDepthMax) {
        return too_deep();
    }
    const auto inner = negation();
    if (!inner || !need(*inner, Type::Condition)) {
        return std::nullopt;
    }
    Node node;
    node.operation = Operation::Not;
    node.inputs = {inner->node, 0, 0};
    return add(node, Type::Condition, begin);
}

ExpressionParser::Parsed
ExpressionParser::join(Operation operation, const Part& left, const Part& right) {
    if (!need(left, Type::Condition) || !need(right, Type::Condition)) {
        return std::nullopt;
    }
    Node node;
    node.operation = operation;
    node.inputs = {left.node, right.node, 0};
    return add(node, Type::Condition, left.begin);
}

bool ExpressionParser::take_word(std::string_view word) {
    skip_blanks();
    const auto rest = text_.substr(at_);
    if (!rest.starts_with(word)) {
        return false;
    }
    const char next = rest.size() > word.size() ? rest[word.size()] : ' ';
    if (is_letter(next) || is_digit(next)) {
        return false;
    }
    at_ += word.size();
    return true;
}

std::nullopt_t ExpressionParser::too_deep() {
    return wrong(
        at_,
        1,
        {"嵌套过深", "the nesting is too deep"},
        {fmt::format("最多 {} 层", kExpressionDepthMax),
         fmt::format("at most {} levels", kExpressionDepthMax)}
    );
}

ExpressionParser::Parsed ExpressionParser::comparison() {
    struct Sign {
        std::string_view text;
        Operation operation;
    };

    static constexpr std::array<Sign, 6> kSigns{{
        {"<=", Operation::LessEqual},
        {">=", Operation::GreaterEqual},
        {"==", Operation::Equal},
        {"!=", Operation::NotEqual},
        {"<", Operation::Less},
        {">", Operation::Greater},
    }};
    const auto left = sum();
    if (!left) {
        return std::nullopt;
    }
    skip_blanks();
    const auto rest = text_.substr(at_);
    const auto* const found = std::find_if(kSigns.begin(), kSigns.end(), [&](const Sign& sign) {
        return rest.starts_with(sign.text);
    });
    if (found == kSigns.end()) {
        return left;
    }
    at_ += found->text.size();
    const auto right = sum();
    if (!right || !need(*left, Type::Number) || !need(*right, Type::Number)) {
        return std::nullopt;
    }
    Node node;
    node.operation = found->operation;
    node.inputs = {left->node, right->node, 0};
    return add(node, Type::Condition, left->begin);
}

ExpressionParser::Parsed ExpressionParser::sum() {
    auto left = product();
    while (left) {
        skip_blanks();
        const char c = peek();
        if (c != '+' && c != '-') {
            return left;
        }
        ++at_;
        const auto right = product();
        if (!right) {
            return std::nullopt;
        }
        left = binary(c == '+' ? Operation::Add : Operation::Subtract, *left, *right);
    }
    return left;
}

ExpressionParser::Parsed ExpressionParser::product() {
    auto left = sign();
    while (left) {
        skip_blanks();
        const char c = peek();
        if (c != '*' && c != '/') {
            return left;
        }
        ++at_;
        const auto right = sign();
        if (!right) {
            return std::nullopt;
        }
        left = binary(c == '*' ? Operation::Multiply : Operation::Divide, *left, *right);
    }
    return left;
}

ExpressionParser::Parsed ExpressionParser::sign() {
    const Deeper deeper(depth_);
    skip_blanks();
    if (depth_ > kExpressionDepthMax) {
        return too_deep();
    }
    const auto begin = at_;
    if (peek() != '-') {
        return primary();
    }
    ++at_;
    const auto inner = sign();
    if (!inner || !need(*inner, Type::Number)) {
        return std::nullopt;
    }
    Node node;
    node.operation = Operation::Negate;
    node.inputs = {inner->node, 0, 0};
    return add(node, Type::Number, begin);
}

ExpressionParser::Parsed ExpressionParser::primary() {
    const char c = peek();
    if (is_digit(c) || c == '.') {
        return number();
    }
    if (is_letter(c)) {
        return word();
    }
    if (c != '(') {
        return unexpected();
    }
    const auto begin = at_++;
    auto inner = either();
    if (!inner || !need_symbol(')')) {
        return std::nullopt;
    }
    inner->begin = begin;
    return inner;
}

ExpressionParser::Parsed ExpressionParser::number() {
    const auto begin = at_;
    while (is_digit(peek()) || peek() == '.' || is_letter(peek())) {
        ++at_;
    }
    const auto written = text_.substr(begin, at_ - begin);
    Node node;
    const auto* const end = written.data() + written.size();
    const auto result = std::from_chars(written.data(), end, node.number, std::chars_format::fixed);
    if (result.ec != std::errc{} || result.ptr != end || !is_digit(written.front()) ||
        !is_digit(written.back())) {
        return wrong(
            begin,
            written.size(),
            {fmt::format("{} 不是数", written), fmt::format("{} is not a number", written)},
            {"写作 50 或 0.5", "write 50 or 0.5"}
        );
    }
    return add(node, Type::Number, begin);
}

ExpressionParser::Parsed ExpressionParser::word() {
    const auto begin = at_;
    while (is_letter(peek()) || is_digit(peek())) {
        ++at_;
    }
    const auto name = text_.substr(begin, at_ - begin);
    skip_blanks();
    return peek() == '(' ? call(name, begin) : named(name, begin);
}

ExpressionParser::Parsed ExpressionParser::named(std::string_view name, std::size_t begin) {
    const auto found = names_.find(name);
    if (found != names_.end() && found->second.kind == Name::Kind::Curve) {
        return wrong(
            begin,
            name.size(),
            {fmt::format("{} 是曲线，不是数", name),
             fmt::format("{} is a curve, not a number", name)},
            {fmt::format("写作 interpolate({}, 甲)", name),
             fmt::format("write interpolate({}, a)", name)}
        );
    }
    if (found != names_.end()) {
        Node node;
        node.operation = Operation::Term;
        node.index = found->second.index;
        return add(node, Type::Number, begin);
    }
    if (is_reserved(name)) {
        return wrong(
            begin,
            name.size(),
            {fmt::format("函数 {} 缺少括号", name), fmt::format("{} needs its parentheses", name)},
            {fmt::format("写作 {}(…)", name), fmt::format("write {}(…)", name)}
        );
    }
    std::vector<std::string> known;
    for (const auto& [code, unused] : names_) {
        known.push_back(code);
    }
    const auto nearest = nearest_name(name, known);
    Label hint;
    if (!nearest.empty()) {
        hint = {fmt::format("是否为 {}？", nearest), fmt::format("did you mean {}?", nearest)};
    } else {
        hint = {
            "可用：基础量、其他指标，以及本公式前面的 terms",
            "known: the measures, other indicators, and the earlier terms of this formula"
        };
    }
    return wrong(
        begin,
        name.size(),
        {fmt::format("没有名为 {} 的基础量或指标", name),
         fmt::format("there is no measure or indicator named {}", name)},
        std::move(hint)
    );
}

ExpressionParser::Parsed ExpressionParser::add(Node node, Type type, std::size_t begin) {
    if (out_.nodes_.size() >= kExpressionNodesMax) {
        return wrong(
            begin,
            1,
            {"表达式的项过多", "the expression has too many parts"},
            {"用 terms 拆分", "split it with terms"}
        );
    }
    out_.nodes_.push_back(node);
    return Part{static_cast<int>(out_.nodes_.size()) - 1, type, begin};
}

ExpressionParser::Parsed
ExpressionParser::binary(Operation operation, const Part& left, const Part& right) {
    if (!need(left, Type::Number) || !need(right, Type::Number)) {
        return std::nullopt;
    }
    Node node;
    node.operation = operation;
    node.inputs = {left.node, right.node, 0};
    return add(node, Type::Number, left.begin);
}

bool ExpressionParser::need(const Part& part, Type type) {
    if (part.type == type) {
        return true;
    }
    const auto length = std::max<std::size_t>(1, at_ - std::min(at_, part.begin));
    if (type == Type::Number) {
        wrong(
            part.begin,
            length,
            {"此处应为数，而不是条件", "a number is expected here, not a condition"},
            {"用 if(条件, 甲, 乙) 把条件变成数", "if(condition, a, b) makes a number of a condition"
            }
        );
    } else {
        wrong(
            part.begin,
            length,
            {"此处应为条件，而不是数", "a condition is expected here, not a number"},
            {"例如 closed > 0", "for example closed > 0"}
        );
    }
    return false;
}

bool ExpressionParser::need_symbol(char symbol) {
    skip_blanks();
    if (peek() == symbol) {
        ++at_;
        return true;
    }
    wrong(
        at_,
        1,
        {fmt::format("此处应为 “{}”", symbol), fmt::format("\"{}\" is expected here", symbol)}
    );
    return false;
}

void ExpressionParser::skip_blanks() {
    while (peek() == ' ' || peek() == '\t' || peek() == '\n') {
        ++at_;
    }
}

std::nullopt_t
ExpressionParser::wrong(std::size_t offset, std::size_t length, Label message, Label hint) {
    mistake_ = {offset, length, std::move(message), std::move(hint)};
    return std::nullopt;
}

std::nullopt_t ExpressionParser::unexpected() {
    skip_blanks();
    if (at_ >= text_.size()) {
        return wrong(
            text_.size(),
            1,
            {"表达式没有写完", "the expression ends too early"},
            {"此处应为数、基础量或括号", "a number, a measure or a parenthesis is expected here"}
        );
    }
    const auto length = character_length(text_, at_);
    const auto symbol = text_.substr(at_, length);
    return wrong(
        at_,
        length,
        {fmt::format("此处不应有 “{}”", symbol), fmt::format("\"{}\" is not expected here", symbol)
        },
        {"可用：+ - * / ( ) 与比较符号，均为半角",
         "known: + - * / ( ) and comparisons, all in ASCII"}
    );
}

}  // namespace chengshu::indicators
