#include "domain/cases/internal/run.hpp"

#include <fmt/format.h>

namespace chengshu::cases {

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
        const bool given = name == "reason" ? !inputs.reason.empty()
                           : name == "standard"
                               ? !inputs.standard.empty() || !decision_.after.standard.empty()
                           : name == "category"   ? !inputs.category.empty()
                           : name == "department" ? !inputs.department.empty()
                           : name == "assisting"  ? !inputs.assisting.empty()
                           : name == "account"    ? !inputs.account.empty()
                           : name == "until"      ? inputs.until.has_value()
                           : name == "attachment" ? !inputs.attachments.empty()
                           : name == "into"       ? static_cast<bool>(inputs.into)
                                                  : !inputs.result.empty();
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
    if (value.attachments.size() + inputs.attachments.size() > 64) {
        return fail(ErrorCode::TooLarge, "a case holds at most 64 attachments", "attachments");
    }
    for (auto item : inputs.attachments) {
        item.at = context_.now;
        item.by = actor.account;
        value.attachments.push_back(std::move(item));
    }
    for (const auto& need : transition.needs) {
        if (!need.one_of.empty()) {
            value.facts[need.name] = inputs.facts.at(need.name);
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
