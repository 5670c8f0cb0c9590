#include "domain/sensing/odata/bounds.hpp"

#include "domain/sensing/odata/evaluate.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

namespace chengshu::sensing::odata {
namespace {

/// More than any constant expression of a query within its limits needs.
constexpr std::int64_t kConstantSteps = 100'000;
/// Up to here an integer and its double are the same number.
constexpr std::int64_t kExactMax = std::int64_t{1} << 53;

class NoRow final : public Row {
public:
    [[nodiscard]] Value property(std::string_view /*name*/) const override { return Null{}; }

    void each(
        std::string_view /*navigation*/,
        const std::function<bool(const Row&)>& /*visit*/
    ) const override {}
};

bool mentions_rows(const Expression& expression) {
    return expression.operation == Operation::Path || expression.operation == Operation::Any ||
           expression.operation == Operation::All ||
           std::any_of(
               expression.operands.begin(),
               expression.operands.end(),
               [](const ExpressionPtr& operand) { return mentions_rows(*operand); }
           );
}

/// "5 gt x" as "x lt 5".
Operation turned(Operation operation) {
    switch (operation) {
        case Operation::Greater:
            return Operation::Less;
        case Operation::GreaterEqual:
            return Operation::LessEqual;
        case Operation::Less:
            return Operation::Greater;
        case Operation::LessEqual:
            return Operation::GreaterEqual;
        default:
            return operation;
    }
}

template <class T>
void at_least(Range<T>& range, T value, bool open) {
    if (!range.from || *range.from < value) {
        range.from = value;
        range.after_from = open;
    } else if (*range.from == value) {
        range.after_from = range.after_from || open;
    }
}

template <class T>
void at_most(Range<T>& range, T value, bool open) {
    if (!range.to || value < *range.to) {
        range.to = value;
        range.up_to_to = !open;
    } else if (*range.to == value) {
        range.up_to_to = range.up_to_to && !open;
    }
}

/// Narrows by one comparison; false where a range cannot say it.
template <class T>
bool narrow(Range<T>& range, Operation operation, T value) {
    switch (operation) {
        case Operation::Equal:
            at_least(range, value, false);
            at_most(range, value, false);
            return true;
        case Operation::Greater:
        case Operation::GreaterEqual:
            at_least(range, value, operation == Operation::Greater);
            return true;
        case Operation::Less:
        case Operation::LessEqual:
            at_most(range, value, operation == Operation::Less);
            return true;
        default:
            return false;
    }
}

struct Span {
    std::int64_t from = 0;
    std::int64_t to = 0;
};

/// A row whose time is one range narrows two: where it begins and where it ends. The rules are
/// those of compare() for intervals.
bool narrow_moment(
    Range<std::int64_t>& from,
    Range<std::int64_t>& to,
    Operation operation,
    const Span& span
) {
    switch (operation) {
        case Operation::Equal:
            return narrow(from, operation, span.from) && narrow(to, operation, span.to);
        case Operation::Greater:
            at_least(from, span.to, span.from == span.to);
            return true;
        case Operation::GreaterEqual:
            at_least(from, span.from, false);
            at_least(to, span.to, false);
            return true;
        case Operation::Less:
            at_most(to, span.from, false);
            at_most(from, span.from, true);
            return true;
        case Operation::LessEqual:
            at_most(from, span.from, false);
            at_most(to, span.to, false);
            return true;
        default:
            return false;
    }
}

class BoundsReader {
public:
    BoundsReader(const EntityInfo& target, Instant now) : target_(target), now_(now) {}

    Bounds run(const ExpressionPtr& filter) {
        if (filter->operation == Operation::And) {
            std::vector<ExpressionPtr> rest;
            for (const ExpressionPtr& operand : filter->operands) {
                if (!take(operand)) {
                    rest.push_back(operand);
                }
            }
            set_rest(*filter, std::move(rest));
        } else if (!take(filter)) {
            bounds_.rest = filter;
        }
        const bool contradiction = bounds_.id.empty() || bounds_.phenomenon_from.empty() ||
                                   bounds_.phenomenon_to.empty() || bounds_.result_time.empty() ||
                                   bounds_.number.empty() ||
                                   (bounds_.streams && bounds_.streams->empty());
        bounds_.never = bounds_.never || contradiction;
        return std::move(bounds_);
    }

private:
    void set_rest(const Expression& filter, std::vector<ExpressionPtr> rest) {
        if (rest.size() == filter.operands.size() || rest.size() > 1) {
            auto kept = std::make_shared<Expression>();
            kept->operation = Operation::And;
            kept->offset = filter.offset;
            kept->operands = std::move(rest);
            bounds_.rest = std::move(kept);
        } else if (rest.size() == 1) {
            bounds_.rest = std::move(rest.front());
        }
    }

    /// True when the bounds now say all that this part of the conjunction says.
    bool take(const ExpressionPtr& part) {
        const Expression& expression = *part;
        if (!mentions_rows(expression)) {
            const auto value = constant(expression);
            if (!value) {
                return false;
            }
            const auto* flag = std::get_if<bool>(&*value);
            bounds_.never = bounds_.never || flag == nullptr || !*flag;
            return true;
        }
        if (auto ids = ids_of(expression)) {
            return take_ids(std::move(*ids));
        }
        switch (expression.operation) {
            case Operation::And:
                return false;  // the parser leaves no conjunction directly within another
            case Operation::Equal:
            case Operation::Greater:
            case Operation::GreaterEqual:
            case Operation::Less:
            case Operation::LessEqual:
                return take_comparison(expression);
            case Operation::Call:
                return take_call(expression);
            default:
                return false;
        }
    }

    /// Nullopt when it cannot be evaluated; whoever evaluates the rest says why.
    [[nodiscard]] std::optional<Value> constant(const Expression& expression) const {
        auto evaluator = Evaluator::compile(std::make_shared<const Expression>(expression), now_);
        if (!evaluator) {
            return std::nullopt;
        }
        Budget budget{kConstantSteps};
        auto value = evaluator->value(NoRow{}, budget);
        return value ? std::optional{std::move(*value)} : std::nullopt;
    }

    /// "Datastream/id eq 5", "… in (5, 6)" and disjunctions of these.
    struct Ids {
        const Navigation* navigation = nullptr;
        std::vector<std::int64_t> ids;
    };

    [[nodiscard]] std::optional<Ids> ids_of(const Expression& expression) const {
        if (target_.type != EntityType::Observation) {
            return std::nullopt;
        }
        if (expression.operation == Operation::Or) {
            Ids all;
            for (const ExpressionPtr& operand : expression.operands) {
                auto some = ids_of(*operand);
                if (!some || (all.navigation != nullptr && all.navigation != some->navigation)) {
                    return std::nullopt;
                }
                all.navigation = some->navigation;
                all.ids.insert(all.ids.end(), some->ids.begin(), some->ids.end());
            }
            return all;
        }
        const bool equal = expression.operation == Operation::Equal;
        if (!equal && expression.operation != Operation::In) {
            return std::nullopt;
        }
        const Expression* path = expression.operands[0].get();
        std::size_t first = 1;
        std::size_t last = expression.operands.size();
        if (equal && path->operation != Operation::Path) {
            path = expression.operands[1].get();
            first = 0;
            last = 1;
        }
        if (path->operation != Operation::Path || path->path.variable >= 0 ||
            path->path.navigations.size() != 1 || path->path.property != &id_property()) {
            return std::nullopt;
        }
        Ids found{path->path.navigations.front(), {}};
        for (std::size_t i = first; i < last; ++i) {
            const Expression& operand = *expression.operands[i];
            const auto* id = std::get_if<std::int64_t>(&operand.literal);
            if (operand.operation != Operation::Literal || id == nullptr) {
                return std::nullopt;
            }
            found.ids.push_back(*id);
        }
        return found;
    }

    bool take_ids(Ids found) {
        std::sort(found.ids.begin(), found.ids.end());
        found.ids.erase(std::unique(found.ids.begin(), found.ids.end()), found.ids.end());
        // Ids count from 1, and to a store 0 is "none", which equals no id.
        found.ids.erase(found.ids.begin(), std::lower_bound(found.ids.begin(), found.ids.end(), 1));
        const EntityType type = found.navigation->target;
        if (type == EntityType::FeatureOfInterest) {
            if (found.ids.empty()) {
                bounds_.never = true;
                return true;
            }
            if (found.ids.size() != 1 || (bounds_.feature && *bounds_.feature != found.ids[0])) {
                return false;
            }
            bounds_.feature = found.ids[0];
            return true;
        }
        if (!bounds_.streams) {
            bounds_.streams = std::move(found.ids);
            bounds_.stream_type = type;
            return true;
        }
        if (bounds_.stream_type != type) {
            return false;
        }
        std::vector<std::int64_t> both;
        std::set_intersection(
            bounds_.streams->begin(),
            bounds_.streams->end(),
            found.ids.begin(),
            found.ids.end(),
            std::back_inserter(both)
        );
        bounds_.streams = std::move(both);
        return true;
    }

    bool take_comparison(const Expression& expression) {
        const Expression& left = *expression.operands[0];
        const Expression& right = *expression.operands[1];
        if (left.operation == Operation::Path && !mentions_rows(right)) {
            return take_path(left.path, expression.operation, constant(right).value_or(Null{}));
        }
        if (right.operation == Operation::Path && !mentions_rows(left)) {
            return take_path(
                right.path, turned(expression.operation), constant(left).value_or(Null{})
            );
        }
        return false;
    }

    bool take_path(const Path& path, Operation operation, Value value) {
        if (path.variable >= 0 || !path.navigations.empty()) {
            return false;
        }
        if (path.property == &id_property()) {
            const auto* id = std::get_if<std::int64_t>(&value);
            return id != nullptr && narrow(bounds_.id, operation, *id);
        }
        if (target_.type != EntityType::Observation) {
            return false;
        }
        const std::string_view name = path.property->name;
        if (name == "result" && path.keys.empty()) {
            return take_number(operation, value);
        }
        const bool phenomenon = name == "phenomenonTime";
        if (!phenomenon && name != "resultTime") {
            return false;
        }
        if (const auto* text = std::get_if<std::string>(&value)) {
            value = parse_moment(*text).value_or(Null{});
        }
        const auto interval = interval_of(value);
        if (!interval) {
            return false;
        }
        const Span span{to_millis(interval->from), to_millis(interval->to)};
        if (!phenomenon) {
            return narrow_moment(bounds_.result_time, bounds_.result_time, operation, span);
        }
        if (path.keys.empty()) {
            return narrow_moment(bounds_.phenomenon_from, bounds_.phenomenon_to, operation, span);
        }
        auto& end = path.keys.front() == "start" ? bounds_.phenomenon_from : bounds_.phenomenon_to;
        return narrow_moment(end, end, operation, span);
    }

    bool take_number(Operation operation, const Value& value) {
        if (const auto* whole = std::get_if<std::int64_t>(&value)) {
            const bool exact = -kExactMax <= *whole && *whole <= kExactMax;
            return exact && narrow(bounds_.number, operation, static_cast<double>(*whole));
        }
        const auto* number = std::get_if<double>(&value);
        return number != nullptr && narrow(bounds_.number, operation, *number);
    }

    bool take_call(const Expression& expression) {
        const Function function = expression.function;
        if (function < Function::Before || target_.type != EntityType::Observation) {
            return false;
        }
        const Expression& left = *expression.operands[0];
        const Expression& right = *expression.operands[1];
        const bool usual = left.operation == Operation::Path && !mentions_rows(right);
        const bool other_way = right.operation == Operation::Path && !mentions_rows(left);
        if (!usual && !other_way) {
            return false;
        }
        const Path& path = usual ? left.path : right.path;
        const Value value = constant(usual ? right : left).value_or(Null{});
        if (function == Function::Before || function == Function::After) {
            const bool below = (function == Function::Before) == usual;
            return take_path(path, below ? Operation::Less : Operation::Greater, value);
        }
        return usual && take_relation(path, function, value);
    }

    bool take_relation(const Path& path, Function function, Value value) {
        if (const auto* text = std::get_if<std::string>(&value)) {
            value = parse_moment(*text).value_or(Null{});
        }
        const auto interval = interval_of(value);
        if (!interval || path.variable >= 0 || !path.navigations.empty() || !path.keys.empty()) {
            return false;
        }
        const bool phenomenon = path.property->name == "phenomenonTime";
        if (!phenomenon && path.property->name != "resultTime") {
            return false;
        }
        Range<std::int64_t>& from = phenomenon ? bounds_.phenomenon_from : bounds_.result_time;
        Range<std::int64_t>& to = phenomenon ? bounds_.phenomenon_to : bounds_.result_time;
        const Span span{to_millis(interval->from), to_millis(interval->to)};
        switch (function) {
            case Function::During:
                at_least(from, span.from, false);
                at_most(from, span.to, true);
                at_most(to, span.to, false);
                return true;
            case Function::Starts:
                return narrow(from, Operation::Equal, span.from);
            case Function::Finishes:
                return narrow(to, Operation::Equal, span.to);
            case Function::Overlaps:
                // An interval that ends where the other begins is within, and does not overlap.
                at_most(from, span.to, span.from != span.to);
                at_least(to, span.from, false);
                return false;
            default:
                return false;
        }
    }

    const EntityInfo& target_;
    Instant now_;
    Bounds bounds_;
};

}  // namespace

Bounds bounds(const EntityInfo& target, const ExpressionPtr& filter, Instant now) {
    return filter ? BoundsReader(target, now).run(filter) : Bounds{};
}

}  // namespace chengshu::sensing::odata
