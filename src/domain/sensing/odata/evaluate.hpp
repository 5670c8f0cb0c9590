#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "domain/sensing/odata/query.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

namespace chengshu::sensing::odata {

/// An entity as a filter sees it. Names are those of the model.
class Row {
public:
    Row() = default;
    virtual ~Row() = default;

    /// Id: std::int64_t. Time, Interval, Moment: Instant or TimeInterval. Geometry: a GeometryPtr,
    /// or the GeoJSON as Json. Json kinds: Json or the scalar itself. Null when there is none.
    [[nodiscard]] virtual Value property(std::string_view name) const = 0;
    /// Visits the entity or entities behind a navigation until `visit` returns false. The row given
    /// to it need not outlive the call.
    virtual void each(std::string_view navigation, const std::function<bool(const Row&)>& visit)
        const = 0;

protected:
    Row(const Row&) = default;
    Row(Row&&) = default;
    Row& operator=(const Row&) = default;
    Row& operator=(Row&&) = default;
};

/// Steps that an evaluation, or all evaluations of a request together, may take. A step is about a
/// comparison of scalars; texts and geometries cost by their size.
class Budget {
public:
    explicit Budget(std::int64_t steps) : left_(steps), given_(steps) {}

    /// False once they are used up.
    bool spend(std::int64_t steps = 1) {
        left_ = steps < left_ ? left_ - steps : -1;
        return left_ >= 0;
    }

    [[nodiscard]] bool exceeded() const { return left_ < 0; }

    [[nodiscard]] std::int64_t given() const { return given_; }

    [[nodiscard]] std::int64_t left() const { return left_ < 0 ? 0 : left_; }

private:
    std::int64_t left_;
    std::int64_t given_;
};

/// An expression made ready for many rows. One thread at a time.
class Evaluator {
public:
    /// `now` is what now() gives. InvalidInput for a literal geometry that GEOS calls invalid.
    static Result<Evaluator> compile(const ExpressionPtr& expression, Instant now);

    ~Evaluator();
    Evaluator(Evaluator&&) noexcept;
    Evaluator& operator=(Evaluator&&) noexcept;
    Evaluator(const Evaluator&) = delete;
    Evaluator& operator=(const Evaluator&) = delete;

    /// Whether the expression is true (not false, not null). InvalidInput when the budget is used
    /// up.
    Result<bool> matches(const Row& row, Budget& budget);
    /// For $orderby.
    Result<Value> value(const Row& row, Budget& budget);

private:
    class Impl;
    explicit Evaluator(std::unique_ptr<Impl> impl);

    std::unique_ptr<Impl> impl_;
};

/// A total order for $orderby: null, booleans, numbers, texts, times, durations, dates, times of
/// day, then the rest (all equal); below 0, 0 or above 0.
int compare_for_order(const Value& left, const Value& right);

}  // namespace chengshu::sensing::odata
