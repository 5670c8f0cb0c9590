#include "domain/sensing/odata/path.hpp"

#include "base/text.hpp"
#include "domain/sensing/odata/expression_parser.hpp"
#include "domain/sensing/odata/lexer.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <utility>

namespace chengshu::sensing::odata {
namespace {

constexpr std::string_view kField = "path";

bool has_inside(const Property& property) {
    return property.kind == PropertyKind::Object || property.kind == PropertyKind::Array ||
           property.kind == PropertyKind::Json || property.kind == PropertyKind::Geometry;
}

class PathParser {
public:
    explicit PathParser(std::string_view text) : text_(text), lexer_(text, kField) {}

    Result<ResourcePath> run() {
        if (lexer_.peek() == '/') {
            lexer_.skip(1);
        }
        if (done()) {
            return std::move(path_);
        }
        CS_CHECK(set());
        while (!done()) {
            if (lexer_.peek() != '/') {
                return lexer_.expected_here("'/' or the end");
            }
            lexer_.skip(1);
            if (done()) {
                break;  // one slash at the end does no harm
            }
            CS_CHECK(ended_ ? nothing_may_follow() : segment());
        }
        return std::move(path_);
    }

private:
    [[nodiscard]] bool done() const { return lexer_.offset() == text_.size(); }

    [[nodiscard]] Failure unknown(std::size_t offset, std::string_view message) const {
        Failure failure = lexer_.wrong(offset, message);
        failure.error.code = ErrorCode::NotFound;
        return failure;
    }

    [[nodiscard]] Failure nothing_may_follow() const {
        return lexer_.wrong(lexer_.offset(), "expected the end of the path");
    }

    Status set() {
        const std::size_t begin = lexer_.offset();
        const std::string_view name = lexer_.identifier();
        if (name.empty()) {
            return lexer_.expected_here("an entity set such as Things");
        }
        const EntityInfo* entity = find_set(name);
        if (entity == nullptr) {
            std::array<std::string_view, kEntityTypes> sets{};
            for (std::size_t i = 0; i < sets.size(); ++i) {
                sets[i] = all_entities()[i].set;
            }
            return unknown(
                begin,
                fmt::format(
                    "there is no entity set '{}'{}", utf8_prefix(name, 64), did_you_mean(name, sets)
                )
            );
        }
        path_.steps.push_back({entity->type, nullptr, std::nullopt, true});
        return key();
    }

    /// (12) or ('x') or nothing.
    Status key() {
        if (lexer_.peek() != '(') {
            return ok();
        }
        PathStep& step = path_.steps.back();
        if (!step.many) {
            return lexer_.wrong(
                lexer_.offset(),
                fmt::format("expected '/' or the end: {} is one entity", step.via->name)
            );
        }
        lexer_.skip(1);
        if (lexer_.peek() == '\'') {
            CS_TRY(text, lexer_.quoted());
            step.key = Key{std::move(text)};
        } else {
            const std::string_view digits = lexer_.peek_word();
            if (digits.empty() ||
                digits.find_first_not_of("0123456789") != std::string_view::npos) {
                return lexer_.expected_here("an id such as 12 or 'x'");
            }
            std::int64_t number = 0;
            const char* const last = digits.data() + digits.size();
            const auto [end, error] = std::from_chars(digits.data(), last, number);
            const bool fits = error == std::errc{} && end == last;
            step.key = fits ? Key{number} : Key{std::string{digits}};
            lexer_.skip(digits.size());
        }
        if (lexer_.peek() != ')') {
            return lexer_.expected_here("')'");
        }
        lexer_.skip(1);
        step.many = false;
        return ok();
    }

    Status segment() {
        if (path_.property != nullptr) {
            return inside_property();
        }
        const std::size_t begin = lexer_.offset();
        if (lexer_.peek() == '$') {
            return end_segment();
        }
        const PathStep& step = path_.steps.back();
        const EntityInfo& entity = info(step.type);
        const std::string_view name = lexer_.word();
        if (name.empty()) {
            return lexer_.expected_here(fmt::format("a name in {}", entity.name));
        }
        const Navigation* navigation = entity.navigation(name);
        const Property* property = entity.property(name);
        if (navigation == nullptr && property == nullptr) {
            return unknown(begin, unknown_name(entity, name, true));
        }
        if (step.many) {
            return unknown(
                begin, fmt::format("choose one of {}: {}(1)/{}", entity.set, entity.set, name)
            );
        }
        if (property != nullptr) {
            path_.property = property;
            return ok();
        }
        if (path_.steps.size() >= kPathStepsMax) {
            return lexer_.wrong(
                begin, fmt::format("a path has at most {} entities", kPathStepsMax)
            );
        }
        path_.steps.push_back({navigation->target, navigation, std::nullopt, navigation->many});
        return key();
    }

    Status inside_property() {
        const std::size_t begin = lexer_.offset();
        const std::string_view name = take_segment();
        if (name == "$value") {
            path_.end = PathEnd::RawValue;
            ended_ = true;
            return ok();
        }
        if (name.empty()) {
            return lexer_.expected_here("a name");
        }
        if (!has_inside(*path_.property) || name.starts_with('$')) {
            return unknown(
                begin, fmt::format("'{}' has no '{}'", path_.property->name, utf8_prefix(name, 64))
            );
        }
        if (path_.keys.size() >= kPathStepsMax) {
            return lexer_.wrong(begin, fmt::format("a path has at most {} names", kPathStepsMax));
        }
        path_.keys.emplace_back(name);
        return ok();
    }

    Status end_segment() {
        const std::size_t begin = lexer_.offset();
        const std::string_view name = take_segment();
        if (name == "$ref") {
            path_.end = PathEnd::Ref;
        } else if (name == "$count" && path_.steps.back().many) {
            path_.end = PathEnd::Count;
        } else {
            return unknown(
                begin,
                fmt::format(
                    "'{}' cannot stand here; {}",
                    utf8_prefix(name, 64),
                    path_.steps.back().many ? "$ref and $count can" : "$ref can"
                )
            );
        }
        ended_ = true;
        return ok();
    }

    std::string_view take_segment() {
        const std::size_t begin = lexer_.offset();
        const auto end = std::min(text_.find('/', begin), text_.size());
        lexer_.skip(end - begin);
        return text_.substr(begin, end - begin);
    }

    std::string_view text_;
    Lexer lexer_;
    ResourcePath path_;
    bool ended_ = false;
};

std::string print(const Key& key) {
    if (const auto* number = std::get_if<std::int64_t>(&key)) {
        return fmt::format("({})", *number);
    }
    return '(' + print(Value{std::get<std::string>(key)}) + ')';
}

}  // namespace

const EntityInfo* ResourcePath::target() const {
    return steps.empty() ? nullptr : &info(steps.back().type);
}

bool ResourcePath::many() const {
    return !steps.empty() && steps.back().many;
}

Result<ResourcePath> parse_path(std::string_view text) {
    if (text.size() > kPathBytesMax) {
        return fail(
            ErrorCode::InvalidInput,
            fmt::format("the path is longer than {} bytes", kPathBytesMax),
            std::string{kField}
        );
    }
    if (!is_utf8(text) || text.find('\0') != std::string_view::npos) {
        return fail(ErrorCode::InvalidInput, "the path is not valid UTF-8", std::string{kField});
    }
    return PathParser(text).run();
}

std::string print(const ResourcePath& path) {
    std::string text;
    for (const PathStep& step : path.steps) {
        text += text.empty() ? "" : "/";
        text += step.via == nullptr ? info(step.type).set : step.via->name;
        if (step.key) {
            text += print(*step.key);
        }
    }
    if (path.property != nullptr) {
        text += '/';
        text += path.property->name;
    }
    for (const std::string& key : path.keys) {
        text += '/';
        text += key;
    }
    switch (path.end) {
        case PathEnd::Plain:
            break;
        case PathEnd::RawValue:
            text += "/$value";
            break;
        case PathEnd::Ref:
            text += "/$ref";
            break;
        case PathEnd::Count:
            text += "/$count";
            break;
    }
    return text;
}

}  // namespace chengshu::sensing::odata
