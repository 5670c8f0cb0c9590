#include "domain/indicators/definition.hpp"

#include "domain/indicators/exact_sum.hpp"
#include "domain/indicators/place.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace chengshu::indicators {
namespace {

constexpr std::array<std::pair<std::string_view, Fold>, 5> kFolds{{
    {"mean", Fold::Mean},
    {"max", Fold::Maximum},
    {"min", Fold::Minimum},
    {"sum", Fold::Sum},
    {"count", Fold::Count},
}};

template <class Table>
auto look_up(const Table& table, std::string_view name)
    -> std::optional<decltype(table.front().second)> {
    for (const auto& [known, value] : table) {
        if (known == name) {
            return value;
        }
    }
    return std::nullopt;
}

}  // namespace

std::optional<Fold> fold(std::string_view name) {
    return look_up(kFolds, name);
}

std::optional<double>
folded(Fold how, std::span<const std::optional<double>> values, int at_least) {
    int count = 0;
    ExactSum sum;
    double low = 0;
    double high = 0;
    for (const auto& value : values) {
        if (!value) {
            continue;
        }
        low = count == 0 ? *value : std::min(low, *value);
        high = count == 0 ? *value : std::max(high, *value);
        sum.add(*value);
        ++count;
    }
    if (count < at_least || (count == 0 && how != Fold::Count)) {
        return std::nullopt;
    }
    switch (how) {
        case Fold::Mean:
            return sum.value() / count;
        case Fold::Maximum:
            return high;
        case Fold::Minimum:
            return low;
        case Fold::Sum:
            return sum.value();
        default:
            return count;
    }
}

std::optional<double> weighted_mean(
    std::span<const std::optional<double>> values,
    std::span<const std::optional<double>> weights
) {
    ExactSum sum;
    ExactSum weight;
    for (std::size_t i = 0; i < std::min(values.size(), weights.size()); ++i) {
        if (values[i] && weights[i]) {
            sum.add(*values[i] * *weights[i]);
            weight.add(*weights[i]);
        }
    }
    return weight.value() == 0 ? std::nullopt : std::optional(sum.value() / weight.value());
}

std::vector<const city::TableRow*> Tabled::rows(std::string_view area, Date on) const {
    std::vector<const city::TableRow*> out;
    for (const auto& row : table->rows_of(area)) {
        const bool counts =
            row.validity.holds(on) &&
            std::all_of(where.begin(), where.end(), [&](const Condition& one) {
                const auto* text = std::get_if<std::string>(&row.cells[one.column]);
                return text != nullptr &&
                       std::find(one.any_of.begin(), one.any_of.end(), *text) != one.any_of.end();
            });
        if (counts) {
            out.push_back(&row);
        }
    }
    return out;
}

std::optional<double> Tabled::value(std::span<const city::TableRow* const> of) const {
    std::vector<std::optional<double>> numbers;
    for (const auto* row : of) {
        if (!column) {
            numbers.emplace_back(1);
        } else if (const auto* number = std::get_if<double>(&row->cells[*column])) {
            numbers.emplace_back(*number);
        }
    }
    return folded(as, numbers, 1);
}

bool Indicator::has_period(const Cycle& cycle) const {
    return (any_days && cycle.whole_days()) ||
           std::find(periods.begin(), periods.end(), cycle) != periods.end();
}

bool Indicator::is_for(std::string_view subject_kind) const {
    const auto is_member = [&](const std::string& dimension) {
        return member_kind(dimension) == subject_kind;
    };
    return std::find(subjects.begin(), subjects.end(), subject_kind) != subjects.end() ||
           std::any_of(dimensions.begin(), dimensions.end(), is_member);
}

std::vector<std::string> Indicator::inputs() const {
    std::vector<std::string> out;
    if (const auto* window = std::get_if<Window>(&rule)) {
        out.push_back(window->of);
    } else if (const auto* roll = std::get_if<Roll>(&rule)) {
        out.push_back(roll->of);
    } else if (const auto* computed = std::get_if<Computed>(&rule)) {
        out = computed->inputs;
    } else if (const auto* which = std::get_if<Which>(&rule)) {
        for (const auto& one : which->of) {
            out.push_back(one.of);
        }
        if (!which->when.empty()) {
            out.push_back(which->when);
        }
    }
    std::sort(out.begin(), out.end());
    out.erase(std::unique(out.begin(), out.end()), out.end());
    return out;
}

Catalogue::Catalogue(
    std::vector<Indicator> indicators,
    std::vector<Group> groups,
    std::vector<Sheet> sheets,
    std::vector<NamedPage> pages
)
    : indicators_(std::move(indicators)),
      groups_(std::move(groups)),
      sheets_(std::move(sheets)),
      pages_(std::move(pages)) {
    for (std::size_t i = 0; i < indicators_.size(); ++i) {
        by_code_[indicators_[i].code].push_back(i);
    }
}

bool Catalogue::has(std::string_view code) const {
    return by_code_.find(code) != by_code_.end();
}

const Indicator* Catalogue::find(std::string_view code, Date date) const {
    const auto versions = by_code_.find(code);
    if (versions == by_code_.end()) {
        return nullptr;
    }
    for (const auto index : versions->second) {
        if (indicators_[index].validity.holds(date)) {
            return &indicators_[index];
        }
    }
    return nullptr;
}

const Indicator* Catalogue::any(std::string_view code) const {
    const auto versions = by_code_.find(code);
    return versions == by_code_.end() ? nullptr : &indicators_[versions->second.back()];
}

std::vector<const Indicator*> Catalogue::rankings(std::string_view subject_kind, Date date) const {
    std::vector<const Indicator*> out;
    for (const auto& item : indicators_) {
        if (item.ranks && item.is_for(subject_kind) && item.validity.holds(date)) {
            out.push_back(&item);
        }
    }
    return out;
}

const Sheet* Catalogue::sheet(std::string_view code) const {
    const auto found = std::find_if(sheets_.begin(), sheets_.end(), [&](const Sheet& item) {
        return item.code == code;
    });
    return found == sheets_.end() ? nullptr : &*found;
}

const NamedPage* Catalogue::page(std::string_view code) const {
    const auto found = std::find_if(pages_.begin(), pages_.end(), [&](const NamedPage& item) {
        return item.code == code;
    });
    return found == pages_.end() ? nullptr : &*found;
}

std::vector<std::string> Catalogue::codes() const {
    std::vector<std::string> out;
    for (const auto& [code, versions] : by_code_) {
        out.push_back(code);
    }
    return out;
}

}  // namespace chengshu::indicators
