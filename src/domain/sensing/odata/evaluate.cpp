#include "domain/sensing/odata/evaluate.hpp"

#include "domain/sensing/odata/operators.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>
#include <vector>

namespace chengshu::sensing::odata {
namespace {

constexpr std::size_t kBindingsMax = 64;

/// A navigation that a condition passes: the rows behind it are visited one by one into a slot.
/// Paths of one condition that begin alike share it, so that they speak of the same entity.
struct Binding {
    std::size_t parent = 0;  ///< slot
    const Navigation* navigation = nullptr;
    std::size_t slot = 0;
};

struct Node {
    Operation operation = Operation::Literal;
    Function function = Function::None;
    Value literal;
    std::vector<Node> operands;

    std::size_t slot = 0;  ///< Path: the row it reads; Any, All: the variable's
    const Property* property = nullptr;
    std::vector<std::string> keys;

    /// A condition by itself: true when it is for some choice of rows behind these.
    bool condition = false;
    std::vector<Binding> bindings;
    /// Any, All: the last binding is what it ranges over.
};

bool is_logic(Operation operation) {
    return operation == Operation::And || operation == Operation::Or ||
           operation == Operation::Not || operation == Operation::Any ||
           operation == Operation::All;
}

bool is_comparison(Operation operation) {
    return operation == Operation::Equal || operation == Operation::NotEqual ||
           operation == Operation::Greater || operation == Operation::GreaterEqual ||
           operation == Operation::Less || operation == Operation::LessEqual;
}

class Compiler {
public:
    explicit Compiler(GeometryEngine& geometries) : geometries_(geometries) {}

    Result<Node> run(const Expression& expression) { return condition(expression); }

    [[nodiscard]] std::size_t slots() const { return slots_; }

private:
    /// An expression that chooses its own rows.
    Result<Node> condition(const Expression& expression) {
        std::vector<Binding> bindings;
        Node node;
        if (is_logic(expression.operation)) {
            CS_TRY(made, logic(expression));
            return made;
        }
        CS_TRY(made, value(expression, bindings));
        // Each is a level of the stack and a loop within the loops before it.
        if (bindings.size() > kBindingsMax) {
            return fail(
                ErrorCode::InvalidInput,
                fmt::format("one comparison passes more than {} navigations", kBindingsMax),
                "$filter"
            );
        }
        node = std::move(made);
        node.condition = true;
        node.bindings = std::move(bindings);
        return node;
    }

    Result<Node> logic(const Expression& expression) {
        Node node;
        node.operation = expression.operation;
        const bool ranges =
            expression.operation == Operation::Any || expression.operation == Operation::All;
        if (ranges) {
            node.slot = bind(expression.path, node.bindings, true);
            variables_.push_back(node.slot);
        }
        for (const auto& operand : expression.operands) {
            CS_TRY(made, condition(*operand));
            node.operands.push_back(std::move(made));
        }
        if (ranges) {
            variables_.pop_back();
        }
        return node;
    }

    /// A part of a condition, which adds what it passes to the condition's bindings.
    Result<Node> value(const Expression& expression, std::vector<Binding>& bindings) {
        if (is_logic(expression.operation)) {
            return condition(expression);
        }
        Node node;
        node.operation = expression.operation;
        node.function = expression.function;
        node.literal = expression.literal;
        if (expression.operation == Operation::Path) {
            node.slot = bind(expression.path, bindings, false);
            node.property = expression.path.property;
            node.keys = expression.path.keys;
        }
        if (const auto* geometry = std::get_if<GeometryPtr>(&expression.literal)) {
            const std::string why = geometries_.why_invalid(**geometry);
            if (!why.empty()) {
                return fail(
                    ErrorCode::InvalidInput,
                    fmt::format("a geometry of the filter is not valid: {}", why),
                    "$filter"
                );
            }
            geometries_.remember(*geometry);
        }
        for (const auto& operand : expression.operands) {
            // A condition within a value ("(a eq b) eq true") chooses its rows for itself.
            const Operation inner = operand->operation;
            const bool separate = is_comparison(inner) || inner == Operation::In;
            CS_TRY(made, separate ? condition(*operand) : value(*operand, bindings));
            node.operands.push_back(std::move(made));
        }
        return node;
    }

    /// The slot that a path ends in. `fresh`: the last navigation gets a slot of its own.
    std::size_t bind(const Path& path, std::vector<Binding>& bindings, bool fresh) {
        std::size_t slot =
            path.variable < 0 ? 0 : variables_[static_cast<std::size_t>(path.variable)];
        for (const Navigation* navigation : path.navigations) {
            const auto there =
                std::find_if(bindings.begin(), bindings.end(), [&](const Binding& binding) {
                    return binding.parent == slot && binding.navigation == navigation;
                });
            const bool last = fresh && navigation == path.navigations.back();
            if (there != bindings.end() && !last) {
                slot = there->slot;
                continue;
            }
            bindings.push_back({slot, navigation, slots_});
            slot = slots_++;
        }
        return slot;
    }

    GeometryEngine& geometries_;
    std::vector<std::size_t> variables_;
    std::size_t slots_ = 1;
};

/// The part of a JSON value that keys lead to; null when there is none.
Value part_of(const Value& value, const std::vector<std::string>& keys) {
    const auto* json = std::get_if<Json>(&value);
    if (json == nullptr) {
        return Null{};
    }
    const boost::json::value* here = json->get();
    for (const std::string& key : keys) {
        if (const auto* object = here->if_object()) {
            here = object->if_contains(key);
        } else if (const auto* array = here->if_array()) {
            std::size_t index = 0;
            const char* const last = key.data() + key.size();
            const auto [end, error] = std::from_chars(key.data(), last, index);
            const bool fits = error == std::errc{} && end == last && index < array->size();
            here = fits ? &(*array)[index] : nullptr;
        } else {
            here = nullptr;
        }
        if (here == nullptr) {
            return Null{};
        }
    }
    return from_json(Json{*json, here});
}

Value keyed(const Property& property, Value value, const std::vector<std::string>& keys) {
    if (property.kind == PropertyKind::Interval || property.kind == PropertyKind::Moment) {
        const auto interval = interval_of(value);
        if (!interval) {
            return Null{};
        }
        return keys.front() == "start" ? interval->from : interval->to;
    }
    return part_of(value, keys);
}

}  // namespace

class Evaluator::Impl {
public:
    explicit Impl(Instant now) : now_(now) {}

    Status compile(const Expression& expression) {
        Compiler compiler(geometries_);
        CS_TRY(node, compiler.run(expression));
        root_ = std::move(node);
        slots_.resize(compiler.slots());
        return ok();
    }

    Result<bool> matches(const Row& row, Budget& budget) {
        start(row, budget);
        const Truth truth = truth_of_node(root_);
        CS_CHECK(check(budget));
        return truth == Truth::True;
    }

    Result<Value> value(const Row& row, Budget& budget) {
        start(row, budget);
        Value result;
        // $orderby passes navigations to one only: there is at most one choice of rows.
        if (is_logic(root_.operation)) {
            result = value_of(truth_of_node(root_));
        } else {
            choose(root_, 0, [&] {
                result = value_of_node(root_);
                return false;
            });
        }
        CS_CHECK(check(budget));
        return result;
    }

private:
    void start(const Row& row, Budget& budget) {
        budget_ = &budget;
        std::fill(slots_.begin(), slots_.end(), nullptr);
        slots_[0] = &row;
    }

    static Status check(const Budget& budget) {
        if (!budget.exceeded()) {
            return ok();
        }
        return fail(
            ErrorCode::InvalidInput,
            fmt::format(
                "the filter needs more than {} steps on the stored data; narrow it, for instance "
                "by Datastream/id, phenomenonTime or id, or ask for less in $expand",
                budget.given()
            ),
            "$filter"
        );
    }

    bool spend() { return budget_->spend(); }

    /// Calls `done` for each choice of rows of the node's bindings from `index` on, until it gives
    /// false. Gives false when it was stopped.
    template <class Done>
    bool choose(const Node& node, std::size_t index, Done done) {
        if (index == node.bindings.size()) {
            return done();
        }
        const Binding& binding = node.bindings[index];
        const Row* parent = slots_[binding.parent];
        bool carry_on = true;
        bool any = false;
        const std::function<bool(const Row&)> visit = [&](const Row& row) {
            any = true;
            slots_[binding.slot] = &row;
            carry_on = spend() && choose_next(node, index + 1, done);
            return carry_on;
        };
        if (parent != nullptr) {
            parent->each(binding.navigation->name, visit);
        }
        slots_[binding.slot] = nullptr;
        // Nothing behind a navigation to one: what is read there is null.
        if (!any && !binding.navigation->many) {
            return choose_next(node, index + 1, done);
        }
        return carry_on;
    }

    template <class Done>
    bool choose_next(const Node& node, std::size_t index, Done done) {
        const std::function<bool()> erased = done;
        return choose(node, index, erased);
    }

    Truth truth_of_node(const Node& node) {
        if (!spend()) {
            return Truth::Null;
        }
        switch (node.operation) {
            case Operation::And:
            case Operation::Or:
                return junction(node);
            case Operation::Not: {
                const Truth inner = truth_of_node(node.operands[0]);
                return inner == Truth::Null ? inner : truth_of(inner == Truth::False);
            }
            case Operation::Any:
            case Operation::All:
                return quantified(node);
            default:
                return exists(node);
        }
    }

    Truth junction(const Node& node) {
        const Truth deciding = truth_of(node.operation == Operation::Or);
        bool unknown = false;
        for (const Node& operand : node.operands) {
            const Truth truth = truth_of_node(operand);
            if (truth == deciding) {
                return truth;
            }
            unknown = unknown || truth == Truth::Null;
        }
        return unknown ? Truth::Null : truth_of(deciding == Truth::False);
    }

    /// True for some choice of rows; else null when it was null for one.
    Truth exists(const Node& node) {
        if (node.bindings.empty()) {
            return truth_of(value_of_node(node));
        }
        Truth result = Truth::False;
        choose(node, 0, [&] {
            const Truth truth = truth_of(value_of_node(node));
            if (truth != Truth::False) {
                result = truth;
            }
            return truth != Truth::True;
        });
        return result;
    }

    Truth quantified(const Node& node) {
        const bool all = node.operation == Operation::All;
        const Truth deciding = truth_of(!all);
        Truth result = truth_of(all);
        choose(node, 0, [&] {
            const Truth truth =
                node.operands.empty() ? Truth::True : truth_of_node(node.operands[0]);
            if (truth == deciding || truth == Truth::Null) {
                result = truth;
            }
            return truth != deciding;
        });
        return result;
    }

    Value value_of_node(const Node& node) {
        if (!spend()) {
            return Null{};
        }
        switch (node.operation) {
            case Operation::Literal:
                return node.literal;
            case Operation::Path:
                return read(node);
            case Operation::Negate:
                return negated(operand(node, 0));
            case Operation::Call:
                return called(node);
            case Operation::In:
                return member(node);
            default:
                break;
        }
        const Value left = operand(node, 0);
        const Value right = operand(node, 1);
        charge(left);
        if (is_comparison(node.operation)) {
            // A time that nobody has given is not different from another one; the OGC's suite asks.
            const bool unknown = (is_unknown(left, node.operands[0]) && interval_of(right)) ||
                                 (is_unknown(right, node.operands[1]) && interval_of(left));
            if (unknown) {
                return false;
            }
            const auto& first = node.operands[0];
            const auto& second = node.operands[1];
            return value_of(compare(
                node.operation,
                is_result(first) && is_text(second) ? as_text(left) : left,
                is_result(second) && is_text(first) ? as_text(right) : right
            ));
        }
        return arithmetic(node.operation, left, right);
    }

    /// Null that no literal says.
    static bool is_unknown(const Value& value, const Node& node) {
        return std::holds_alternative<Null>(value) && node.operation != Operation::Literal;
    }

    /// Results may be of any type: compared with a text, one that is a number is taken as its text.
    static bool is_result(const Node& node) {
        return node.operation == Operation::Path && node.property->name == "result";
    }

    static bool is_text(const Node& node) {
        return node.operation == Operation::Literal &&
               std::holds_alternative<std::string>(node.literal);
    }

    Value operand(const Node& node, std::size_t index) {
        const Node& inner = node.operands[index];
        const bool separate = inner.condition || is_logic(inner.operation);
        return separate ? value_of(truth_of_node(inner)) : value_of_node(inner);
    }

    Value called(const Node& node) {
        std::vector<Value> arguments;
        arguments.reserve(node.operands.size());
        for (std::size_t i = 0; i < node.operands.size(); ++i) {
            arguments.push_back(operand(node, i));
        }
        if (budget_->exceeded()) {
            return Null{};
        }
        return call(node.function, arguments, {now_, geometries_, *budget_});
    }

    Value member(const Node& node) {
        const Value wanted = operand(node, 0);
        for (std::size_t i = 1; i < node.operands.size() && !budget_->exceeded(); ++i) {
            charge(wanted);
            if (compare(Operation::Equal, wanted, operand(node, i)) == Truth::True) {
                return true;
            }
        }
        return false;
    }

    /// Long texts take longer to compare.
    void charge(const Value& value) {
        if (const auto* text = std::get_if<std::string>(&value)) {
            budget_->spend(static_cast<std::int64_t>(text->size() / 64));
        }
    }

    Value read(const Node& node) {
        const Row* row = slots_[node.slot];
        if (row == nullptr) {
            return Null{};
        }
        Value value = row->property(node.property->name);
        if (!node.keys.empty()) {
            return keyed(*node.property, std::move(value), node.keys);
        }
        const auto* json = std::get_if<Json>(&value);
        return json == nullptr ? value : from_json(*json);
    }

    Instant now_;
    GeometryEngine geometries_;
    Node root_;
    std::vector<const Row*> slots_;
    Budget* budget_ = nullptr;
};

Evaluator::Evaluator(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Evaluator::~Evaluator() = default;
Evaluator::Evaluator(Evaluator&&) noexcept = default;
Evaluator& Evaluator::operator=(Evaluator&&) noexcept = default;

Result<Evaluator> Evaluator::compile(const ExpressionPtr& expression, Instant now) {
    auto impl = std::make_unique<Impl>(now);
    CS_CHECK(impl->compile(*expression));
    return Evaluator{std::move(impl)};
}

Result<bool> Evaluator::matches(const Row& row, Budget& budget) {
    return impl_->matches(row, budget);
}

Result<Value> Evaluator::value(const Row& row, Budget& budget) {
    return impl_->value(row, budget);
}

}  // namespace chengshu::sensing::odata
