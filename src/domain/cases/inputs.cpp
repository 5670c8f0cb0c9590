#include "base/text.hpp"
#include "domain/cases/internal/run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace chengshu::cases {
namespace {

constexpr std::string_view kInputNames[] = {
    "reason",
    "standard",
    "category",
    "department",
    "assisting",
    "account",
    "until",
    "attachment",
    "into",
    "result"
};

bool is_given(const Inputs& inputs, std::string_view name) {
    return name == "reason"       ? !inputs.reason.empty()
           : name == "standard"   ? !inputs.standard.empty()
           : name == "category"   ? !inputs.category.empty()
           : name == "department" ? !inputs.department.empty()
           : name == "assisting"  ? !inputs.assisting.empty()
           : name == "account"    ? !inputs.account.empty()
           : name == "until"      ? inputs.until.has_value()
           : name == "attachment" ? !inputs.attachments.empty()
           : name == "into"       ? static_cast<bool>(inputs.into)
           : name == "result"     ? !inputs.result.empty()
                                  : false;
}

}  // namespace

bool is_known_input(std::string_view name) {
    return std::find(std::begin(kInputNames), std::end(kInputNames), name) != std::end(kInputNames);
}

Status Run::check_unasked(const Transition& transition, const Inputs& inputs) {
    const auto asked = [&](std::string_view name) {
        return std::any_of(transition.needs.begin(), transition.needs.end(), [&](const Need& need) {
            return need.name == name;
        });
    };
    const auto refuse = [&](const std::string& name) -> Status {
        return fail(
            ErrorCode::InvalidInput,
            fmt::format("\"{}\" does not take {}", transition.code, name),
            name
        );
    };
    for (const auto name : kInputNames) {
        // Whoever acts may say why.
        if (name != "reason" && is_given(inputs, name) && !asked(name)) {
            return refuse(std::string(name));
        }
    }
    for (const auto& [name, answer] : inputs.facts) {
        if (is_known_input(name) || !asked(name)) {
            return refuse(name);
        }
    }
    return ok();
}

Status Run::check_needs(const Transition& transition, const Inputs& inputs) const {
    for (const auto& need : transition.needs) {
        const auto& name = need.name;
        if (!need.one_of.empty()) {
            const auto found = inputs.facts.find(name);
            if (found == inputs.facts.end() || !contains(need.one_of, found->second)) {
                return fail(
                    ErrorCode::InvalidInput,
                    fmt::format(
                        "\"{}\" needs {}: one of {}",
                        transition.code,
                        name,
                        fmt::join(need.one_of, ", ")
                    ),
                    name
                );
            }
            continue;
        }
        const bool given =
            is_given(inputs, name) || (name == "standard" && !decision_.after.standard.empty());
        if (need.required && !given) {
            return fail(
                ErrorCode::InvalidInput, fmt::format("\"{}\" needs {}", transition.code, name), name
            );
        }
    }
    return ok();
}

Status Run::take_inputs(const Transition& transition, const Inputs& inputs, const Actor& actor) {
    auto& value = subject();
    if (!inputs.category.empty() && inputs.category != value.category) {
        const auto* category = context_.city.category(inputs.category);
        if (category == nullptr || !category->validity.holds(today())) {
            return fail(
                ErrorCode::UnknownCode,
                fmt::format("category {} is not known or not valid today", inputs.category),
                "category"
            );
        }
        value.category = inputs.category;
        value.standard.clear();
    }
    if (value.attachments.size() + inputs.attachments.size() > kAttachmentsMax) {
        return fail(
            ErrorCode::TooLarge,
            fmt::format("a case holds at most {} attachments", kAttachmentsMax),
            "attachment"
        );
    }
    for (auto item : inputs.attachments) {
        item.at = context_.now;
        item.by = actor.account;
        value.attachments.push_back(std::move(item));
    }
    for (const auto& need : transition.needs) {
        if (!need.one_of.empty()) {
            if (const auto answer = inputs.facts.find(need.name); answer != inputs.facts.end()) {
                value.facts[need.name] = answer->second;
            }
        }
    }
    if (inputs.into) {
        if (inputs.into == value.id) {
            return fail(ErrorCode::InvalidInput, "a case cannot be part of itself", "into");
        }
        value.parent = inputs.into;
    }
    if (!inputs.result.empty()) {
        value.result = inputs.result;
    }
    return ok();
}

}  // namespace chengshu::cases
