#include "domain/cases/condition.hpp"

#include "domain/cases/decide.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace chengshu::cases {
namespace {

std::vector<std::string> words_of(std::string_view text) {
    std::vector<std::string> words;
    std::size_t at = 0;
    while ((at = text.find_first_not_of(' ', at)) != std::string_view::npos) {
        const auto end = std::min(text.find(' ', at), text.size());
        words.emplace_back(text.substr(at, end - at));
        at = end;
    }
    return words;
}

std::vector<std::string> alternatives_of(std::string_view text) {
    std::vector<std::string> out;
    for (std::size_t at = 0; at <= text.size();) {
        const auto bar = std::min(text.find('|', at), text.size());
        out.emplace_back(text.substr(at, bar - at));
        at = bar + 1;
    }
    return out;
}

/// A form of the language: its words, where '…' stands for a name, '#' for a number, '|' for
/// alternatives and '~' for a state or operator word.
struct Form {
    Condition::Kind kind;
    std::string_view pattern;
    bool negatable = true;
};

constexpr Form kForms[] = {
    {Condition::Kind::Mark, "mark …"},
    {Condition::Kind::Flag, "flag …"},
    {Condition::Kind::Clock, "clock … ~"},
    {Condition::Kind::Count, "count … ~ #", false},
    {Condition::Kind::Source, "source in |"},
    {Condition::Kind::Category, "category in |"},
    {Condition::Kind::State, "state in |"},
    {Condition::Kind::Fact, "fact … in |"},
    {Condition::Kind::Attached, "attached …"},
    {Condition::Kind::Assigned, "assigned"},
    {Condition::Kind::Parent, "parent"},
    {Condition::Kind::Held, "held"},
    {Condition::Kind::Owner, "owner is …", false},
    {Condition::Kind::Standard, "standard is …", false},
    {Condition::Kind::Setting, "setting …"},
    {Condition::Kind::OtherThan, "other than …"},
    {Condition::Kind::ChildrenOpen, "children open"},
    {Condition::Kind::SameDepartment, "same department"},
    {Condition::Kind::Holder, "holder"},
};

bool match_form(const Form& form, const std::vector<std::string>& words, Condition& out) {
    const auto pattern = words_of(form.pattern);
    if (pattern.size() != words.size()) {
        return false;
    }
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (pattern[i] == "…") {
            out.name = words[i];
        } else if (pattern[i] == "~") {
            out.what = words[i];
        } else if (pattern[i] == "|") {
            out.values = alternatives_of(words[i]);
        } else if (pattern[i] == "#") {
            const auto* begin = words[i].data();
            const auto [end, error] = std::from_chars(begin, begin + words[i].size(), out.number);
            if (error != std::errc{} || end != begin + words[i].size()) {
                return false;
            }
        } else if (pattern[i] != words[i]) {
            return false;
        }
    }
    return true;
}

Status check_words(const Condition& condition) {
    using Kind = Condition::Kind;
    const auto one_of = [&](const std::string& word, std::vector<std::string> allowed) -> Status {
        if (std::find(allowed.begin(), allowed.end(), word) != allowed.end()) {
            return ok();
        }
        return fail(
            ErrorCode::InvalidInput,
            fmt::format(
                "\"{}\" in condition \"{}\" is not one of: {}",
                word,
                condition.text,
                fmt::join(allowed, ", ")
            )
        );
    };
    if (std::find(condition.values.begin(), condition.values.end(), "") != condition.values.end()) {
        return fail(
            ErrorCode::InvalidInput,
            fmt::format("an alternative in condition \"{}\" is empty", condition.text)
        );
    }
    switch (condition.kind) {
        case Kind::Clock:
            return one_of(
                condition.what, {"running", "paused", "stopped", "overdue", "exempt", "limited"}
            );
        case Kind::Count:
            return one_of(condition.what, {"<", "<=", "==", ">=", ">"});
        case Kind::Owner:
            return one_of(condition.name, {"one", "none", "several"});
        case Kind::Standard:
            return one_of(condition.name, {"certain", "ambiguous", "none"});
        case Kind::Setting:
            return one_of(condition.name, {"auto_file", "auto_dispatch", "auto_close_source"});
        default:
            return ok();
    }
}

bool clock_is(const Case& value, const Condition& condition) {
    const auto found = value.clocks.find(condition.name);
    if (found == value.clocks.end()) {
        return false;
    }
    const auto& clock = found->second;
    return condition.what == "running"   ? clock.running()
           : condition.what == "paused"  ? clock.paused && !clock.stopped
           : condition.what == "stopped" ? clock.stopped.has_value()
           : condition.what == "limited" ? clock.due.has_value()
           : condition.what == "overdue" ? clock.overdue
                                         : clock.exempt;
}

bool compare(int left, const std::string& sign, int right) {
    return sign == "<"    ? left < right
           : sign == "<=" ? left <= right
           : sign == "==" ? left == right
           : sign == ">=" ? left >= right
                          : left > right;
}

bool setting_is_on(const std::string& name, const Case& value, const city::Settings& settings) {
    if (name == "auto_file") {
        return settings.auto_file;
    }
    if (name == "auto_dispatch") {
        return settings.auto_dispatch;
    }
    return matches_any(value.source, settings.auto_close_sources);
}

template <class Map>
auto value_or(const Map& map, const std::string& key) -> typename Map::mapped_type {
    const auto found = map.find(key);
    return found == map.end() ? typename Map::mapped_type{} : found->second;
}

bool holds_plain(const Condition& condition, const Case& value, const Surroundings* around) {
    using Kind = Condition::Kind;
    switch (condition.kind) {
        case Kind::Mark:
            return value.marks.contains(condition.name);
        case Kind::Flag:
            return value.flags.contains(condition.name);
        case Kind::Clock:
            return clock_is(value, condition);
        case Kind::Count:
            return compare(
                value_or(value.counters, condition.name), condition.what, condition.number
            );
        case Kind::Source:
            return matches_any(value.source, condition.values);
        case Kind::Category:
            return matches_any(value.category, condition.values);
        case Kind::State:
            return matches_any(value.state, condition.values);
        case Kind::Fact:
            return matches_any(value_or(value.facts, condition.name), condition.values);
        case Kind::Attached:
            return std::any_of(
                value.attachments.begin(),
                value.attachments.end(),
                [&](const Attachment& item) { return item.kind == condition.name; }
            );
        case Kind::Assigned:
            return !value.department.empty();
        case Kind::Parent:
            return static_cast<bool>(value.parent);
        case Kind::Held:
            return !value.holder.empty();
        case Kind::Owner:
            return around->owner() == condition.name;
        case Kind::Standard:
            return around->standard() == condition.name;
        case Kind::Setting:
            return setting_is_on(condition.name, value, around->city->settings());
        case Kind::OtherThan:
            return value_or(value.done_by, condition.name) != around->actor->account;
        case Kind::ChildrenOpen:
            return around->open_children;
        case Kind::SameDepartment:
            return !value.department.empty() && around->actor->department == value.department;
        case Kind::Holder:
            return !value.holder.empty() && around->actor->account == value.holder;
    }
    return false;
}

}  // namespace

bool Condition::needs_surroundings() const {
    return kind >= Kind::Owner;
}

Result<Condition> parse_condition(std::string_view text) {
    auto words = words_of(text);
    Condition out;
    out.text = std::string(text);
    if (!words.empty() && words.front() == "not") {
        out.negated = true;
        words.erase(words.begin());
    }
    for (const auto& form : kForms) {
        Condition candidate = out;
        if (match_form(form, words, candidate) && (form.negatable || !out.negated)) {
            candidate.kind = form.kind;
            CS_CHECK(check_words(candidate));
            return candidate;
        }
    }
    std::string forms;
    for (const auto& form : kForms) {
        forms += fmt::format("{}{}", forms.empty() ? "" : "; ", form.pattern);
    }
    return fail(
        ErrorCode::InvalidInput,
        fmt::format("\"{}\" is not a condition; the forms are: {}", text, forms)
    );
}

std::vector<std::string> condition_forms() {
    std::vector<std::string> out;
    for (const auto& form : kForms) {
        out.emplace_back(form.pattern);
    }
    return out;
}

bool holds(const Condition& condition, const Case& value, const Surroundings* around) {
    CS_ASSERT(around != nullptr || !condition.needs_surroundings());
    return holds_plain(condition, value, around) != condition.negated;
}

bool matches_any(std::string_view text, const std::vector<std::string>& alternatives) {
    return std::any_of(alternatives.begin(), alternatives.end(), [&](const std::string& item) {
        if (!item.empty() && item.back() == '*') {
            return text.starts_with(std::string_view(item).substr(0, item.size() - 1));
        }
        return text == item;
    });
}

}  // namespace chengshu::cases
