#include "domain/city/findings.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace chengshu::city {
namespace {

Finding finding(bool error, Spot spot, Label message, Label hint) {
    return {
        error, std::string{spot.path}, spot.line, spot.column, std::move(message), std::move(hint)
    };
}

}  // namespace

Label did_you_mean(std::string_view suggestion, Label otherwise) {
    if (suggestion.empty()) {
        return otherwise;
    }
    return text("是否想写“{}”？", "did you mean '{}'?", suggestion);
}

void Findings::error(Spot spot, Label message, Label hint) {
    if (errors_ < kErrorsMax) {
        findings_.push_back(finding(true, spot, std::move(message), std::move(hint)));
    }
    ++errors_;
}

void Findings::warning(Spot spot, Label message, Label hint) {
    if (warnings_ < kWarningsMax) {
        findings_.push_back(finding(false, spot, std::move(message), std::move(hint)));
    }
    ++warnings_;
}

std::vector<Finding> Findings::sorted() && {
    std::sort(findings_.begin(), findings_.end(), [](const Finding& a, const Finding& b) {
        return std::tie(a.path, a.line, a.column, a.message.en) <
               std::tie(b.path, b.line, b.column, b.message.en);
    });
    return std::move(findings_);
}

}  // namespace chengshu::city
