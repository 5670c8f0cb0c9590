#include "domain/response/internal/document.hpp"

#include <charconv>

namespace chengshu::response {

namespace json = boost::json;

void put_text(json::object& out, std::string_view name, const std::string& value) {
    if (!value.empty()) {
        out[name] = value;
    }
}

void put_instant(json::object& out, std::string_view name, const std::optional<Instant>& value) {
    if (value) {
        out[name] = format_utc(*value);
    }
}

void put_point(json::object& out, const std::optional<city::Point>& point) {
    if (point) {
        out["point"] = json::array{point->lon, point->lat};
    }
}

json::object label_json(const Label& value) {
    return {{"zh", value.zh}, {"en", value.en}};
}

json::array texts_json(const std::vector<std::string>& values) {
    json::array out;
    for (const auto& value : values) {
        out.emplace_back(value);
    }
    return out;
}

const json::value* Reader::member(std::string_view name) {
    const auto* object = value_ == nullptr ? nullptr : value_->if_object();
    if (object == nullptr) {
        *good_ = false;
        return nullptr;
    }
    return object->if_contains(name);
}

std::string Reader::text() {
    if (value_ == nullptr || !value_->is_string()) {
        *good_ = false;
        return {};
    }
    return std::string(std::string_view(value_->get_string()));
}

std::string Reader::text(std::string_view name) {
    const auto* found = member(name);
    return found == nullptr ? std::string() : Reader(found, good_).text();
}

std::int64_t Reader::whole() {
    if (value_ == nullptr || !value_->is_int64()) {
        *good_ = false;
        return 0;
    }
    return value_->get_int64();
}

std::int64_t Reader::whole(std::string_view name) {
    const auto* found = member(name);
    return found == nullptr ? 0 : Reader(found, good_).whole();
}

std::optional<double> Reader::number(std::string_view name) {
    const auto* found = member(name);
    if (found == nullptr) {
        return std::nullopt;
    }
    if (!found->is_number()) {
        *good_ = false;
        return std::nullopt;
    }
    return found->to_number<double>();
}

bool Reader::flag(std::string_view name) {
    const auto* found = member(name);
    if (found == nullptr) {
        return false;
    }
    if (!found->is_bool()) {
        *good_ = false;
        return false;
    }
    return found->get_bool();
}

std::int64_t Reader::number_text(std::string_view name) {
    const auto word = text(name);
    std::int64_t out = 0;
    if (!word.empty()) {
        const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), out);
        if (error != std::errc{} || end != word.data() + word.size()) {
            *good_ = false;
        }
    }
    return out;
}

Label Reader::label(std::string_view name) {
    const auto* found = member(name);
    if (found == nullptr) {
        return {};
    }
    Reader inner(found, good_);
    return {inner.text("zh"), inner.text("en")};
}

Level Reader::level(std::string_view name) {
    const auto word = text(name);
    if (word.empty()) {
        return Level::None;
    }
    const auto out = level_of(word);
    if (!out) {
        *good_ = false;
    }
    return out.value_or(Level::None);
}

std::optional<Instant> Reader::maybe_instant(std::string_view name) {
    const auto word = text(name);
    if (word.empty()) {
        return std::nullopt;
    }
    const auto out = parse_rfc3339(word);
    if (!out) {
        *good_ = false;
        return std::nullopt;
    }
    return *out;
}

Instant Reader::instant(std::string_view name) {
    return maybe_instant(name).value_or(Instant{});
}

std::optional<city::Point> Reader::point(std::string_view name) {
    const auto* found = member(name);
    if (found == nullptr) {
        return std::nullopt;
    }
    const auto* pair = found->if_array();
    if (pair == nullptr || pair->size() != 2 || !(*pair)[0].is_number() ||
        !(*pair)[1].is_number()) {
        *good_ = false;
        return std::nullopt;
    }
    return city::Point{(*pair)[0].to_number<double>(), (*pair)[1].to_number<double>()};
}

std::vector<std::string> Reader::texts(std::string_view name) {
    std::vector<std::string> out;
    each(name, [&](Reader one) { out.push_back(one.text()); });
    return out;
}

void Reader::each(std::string_view name, const std::function<void(Reader)>& visit) {
    const auto* found = member(name);
    if (found == nullptr) {
        return;
    }
    if (!found->is_array()) {
        *good_ = false;
        return;
    }
    for (const auto& item : found->get_array()) {
        visit(Reader(&item, good_));
    }
}

void Reader::each_member(
    std::string_view name,
    const std::function<void(std::string_view, Reader)>& visit
) {
    const auto* found = member(name);
    if (found == nullptr) {
        return;
    }
    if (!found->is_object()) {
        *good_ = false;
        return;
    }
    for (const auto& item : found->get_object()) {
        visit(std::string_view(item.key()), Reader(&item.value(), good_));
    }
}

}  // namespace chengshu::response
