#include "domain/sensing/json_patch.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <charconv>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace json = boost::json;

namespace chengshu::sensing {
namespace {

using Tokens = std::vector<std::string>;

struct Where {
    std::size_t number;
    const char* member;
};

Failure wrong(Where where, std::string why) {
    return fail(
        ErrorCode::InvalidInput,
        fmt::format("operation {}: {}", where.number, std::move(why)),
        fmt::format("/{}/{}", where.number, where.member)
    );
}

/// RFC 6901: "" is the document, else "/" before each token; ~1 is /, ~0 is ~.
Result<Tokens> parse_pointer(std::string_view text, Where where) {
    Tokens out;
    if (!text.empty() && text.front() != '/') {
        return wrong(where, "a pointer begins with /");
    }
    while (!text.empty()) {
        text.remove_prefix(1);
        const auto end = std::min(text.find('/'), text.size());
        std::string token;
        for (std::size_t i = 0; i < end; ++i) {
            if (text[i] != '~') {
                token += text[i];
            } else if (i + 1 < end && (text[i + 1] == '0' || text[i + 1] == '1')) {
                token += text[++i] == '0' ? '~' : '/';
            } else {
                return wrong(where, "~ is followed by 0 or 1 in a pointer");
            }
        }
        out.push_back(std::move(token));
        text.remove_prefix(end);
    }
    return out;
}

/// An index of the array, `size` excluded. No sign, no leading zero.
bool parse_index(std::string_view token, std::size_t size, std::size_t& out) {
    const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), out);
    return error == std::errc{} && end == token.data() + token.size() &&
           (token.size() == 1 || token.front() != '0') && out < size;
}

Result<json::value*> step(json::value& at, const std::string& token, Where where) {
    if (auto* object = at.if_object()) {
        if (auto* found = object->if_contains(token)) {
            return found;
        }
        return wrong(where, fmt::format("there is no \"{}\"", token));
    }
    if (auto* array = at.if_array()) {
        std::size_t index = 0;
        if (parse_index(token, array->size(), index)) {
            return &(*array)[index];
        }
        return wrong(where, fmt::format("the array has no element \"{}\"", token));
    }
    return wrong(where, fmt::format("\"{}\" is inside neither an object nor an array", token));
}

Result<json::value*>
walk(json::value& document, const Tokens& tokens, std::size_t count, Where where) {
    auto* at = &document;
    for (std::size_t i = 0; i < count; ++i) {
        CS_TRY(next, step(*at, tokens[i], where));
        at = next;
    }
    return at;
}

Status add(json::value& document, const Tokens& tokens, json::value value, Where where) {
    if (tokens.empty()) {
        document = std::move(value);
        return ok();
    }
    CS_TRY(parent, walk(document, tokens, tokens.size() - 1, where));
    const auto& last = tokens.back();
    if (auto* object = parent->if_object()) {
        (*object)[last] = std::move(value);
        return ok();
    }
    auto* array = parent->if_array();
    if (array == nullptr) {
        return wrong(where, fmt::format("\"{}\" is inside neither an object nor an array", last));
    }
    std::size_t index = array->size();
    if (last != "-" && !parse_index(last, array->size() + 1, index)) {
        return wrong(where, fmt::format("\"{}\" is no place in the array", last));
    }
    array->insert(array->begin() + static_cast<std::ptrdiff_t>(index), std::move(value));
    return ok();
}

Result<json::value> take(json::value& document, const Tokens& tokens, Where where) {
    if (tokens.empty()) {
        return wrong(where, "the whole document cannot be removed");
    }
    CS_TRY(parent, walk(document, tokens, tokens.size() - 1, where));
    CS_TRY(found, step(*parent, tokens.back(), where));
    auto out = std::move(*found);
    if (auto* object = parent->if_object()) {
        object->erase(tokens.back());
    } else {
        auto& array = parent->get_array();
        array.erase(array.begin() + (found - array.data()));
    }
    return out;
}

std::size_t values_in(const json::value& value) {
    std::size_t out = 1;
    if (const auto* array = value.if_array()) {
        for (const auto& item : *array) {
            out += values_in(item);
        }
    } else if (const auto* object = value.if_object()) {
        for (const auto& member : *object) {
            out += values_in(member.value());
        }
    }
    return out;
}

/// 1 and 1.0 are equal numbers.
bool is_equal(const json::value& left, const json::value& right) {
    if (left.is_number() && right.is_number()) {
        return left == right || left.to_number<double>() == right.to_number<double>();
    }
    if (left.kind() != right.kind()) {
        return false;
    }
    if (const auto* array = left.if_array()) {
        const auto& other = right.get_array();
        if (array->size() != other.size()) {
            return false;
        }
        for (std::size_t i = 0; i < other.size(); ++i) {
            if (!is_equal((*array)[i], other[i])) {
                return false;
            }
        }
        return true;
    }
    if (const auto* object = left.if_object()) {
        const auto& other = right.get_object();
        if (object->size() != other.size()) {
            return false;
        }
        for (const auto& member : *object) {
            const auto* found = other.if_contains(member.key());
            if (found == nullptr || !is_equal(member.value(), *found)) {
                return false;
            }
        }
        return true;
    }
    return left == right;
}

Result<Tokens> pointer(const json::object& operation, const char* member, std::size_t number) {
    const Where where{number, member};
    const auto* text = operation.if_contains(member);
    if (text == nullptr || !text->is_string()) {
        return wrong(where, fmt::format("\"{}\" must be a pointer, a text", member));
    }
    return parse_pointer(std::string_view(text->get_string()), where);
}

Status move_or_copy(
    json::value& document,
    const json::object& operation,
    const Tokens& path,
    std::size_t number,
    bool is_move
) {
    const Where from_where{number, "from"};
    CS_TRY(from, pointer(operation, "from", number));
    const bool inside =
        path.size() > from.size() && std::equal(from.begin(), from.end(), path.begin());
    if (is_move && inside) {
        return wrong(from_where, "a value cannot be moved into itself");
    }
    if (is_move && from == path) {
        CS_CHECK(walk(document, from, from.size(), from_where));
        return ok();
    }
    json::value value;
    if (is_move) {
        CS_TRY(taken, take(document, from, from_where));
        value = std::move(taken);
    } else {
        CS_TRY(found, walk(document, from, from.size(), from_where));
        value = *found;
    }
    return add(document, path, std::move(value), {number, "path"});
}

Status apply_one(json::value& document, const json::value& item, std::size_t number) {
    const auto* operation = item.if_object();
    const auto* name = operation == nullptr ? nullptr : operation->if_contains("op");
    if (name == nullptr || !name->is_string()) {
        return wrong({number, "op"}, "an operation is an object with \"op\" and \"path\"");
    }
    const auto what = std::string_view(name->get_string());
    CS_TRY(path, pointer(*operation, "path", number));
    const Where where{number, "path"};
    if (what == "remove") {
        CS_CHECK(take(document, path, where));
        return ok();
    }
    if (what == "move" || what == "copy") {
        return move_or_copy(document, *operation, path, number, what == "move");
    }
    if (what != "add" && what != "replace" && what != "test") {
        return wrong({number, "op"}, "\"op\" is add, remove, replace, move, copy or test");
    }
    const auto* value = operation->if_contains("value");
    if (value == nullptr) {
        return wrong({number, "value"}, "\"value\" is missing");
    }
    if (what == "add") {
        return add(document, path, *value, where);
    }
    CS_TRY(found, walk(document, path, path.size(), where));
    if (what == "replace") {
        *found = *value;
        return ok();
    }
    return is_equal(*found, *value) ? ok()
                                    : Status(wrong(where, "the test fails: the value is another"));
}

}  // namespace

Status apply_patch(json::value& document, const json::value& patch) {
    const auto* operations = patch.if_array();
    if (operations == nullptr) {
        return fail(ErrorCode::InvalidInput, "a JSON Patch is an array of operations");
    }
    if (operations->size() > kPatchOperationsMax) {
        return fail(
            ErrorCode::TooLarge,
            fmt::format("a JSON Patch has at most {} operations", kPatchOperationsMax)
        );
    }
    auto result = document;
    for (std::size_t i = 0; i < operations->size(); ++i) {
        CS_CHECK(apply_one(result, (*operations)[i], i));
        const bool grows = (*operations)[i].at("op") == "copy";
        if (grows && values_in(result) > kPatchedValuesMax) {
            return wrong({i, "path"}, "the result is too large");
        }
    }
    document = std::move(result);
    return ok();
}

void merge_patch(json::value& document, const json::value& patch) {
    const auto* changes = patch.if_object();
    if (changes == nullptr) {
        document = patch;
        return;
    }
    if (!document.is_object()) {
        document = json::object{};
    }
    auto& object = document.get_object();
    for (const auto& member : *changes) {
        if (member.value().is_null()) {
            object.erase(member.key());
        } else {
            merge_patch(object[member.key()], member.value());
        }
    }
}

}  // namespace chengshu::sensing
