#include "domain/sensing/odata/operators.hpp"

#include "base/json_text.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <compare>
#include <limits>
#include <string>

namespace chengshu::sensing::odata {
namespace {

/// Days of a month on average, for ordering durations of months against those of days.
constexpr double kMonthMillis = 30.436875 * 86'400'000.0;

bool is_null(const Value& value) {
    return std::holds_alternative<Null>(value);
}

bool is_number(const Value& value) {
    return std::holds_alternative<std::int64_t>(value) || std::holds_alternative<double>(value);
}

double to_double(const Value& number) {
    const auto* whole = std::get_if<std::int64_t>(&number);
    return whole != nullptr ? static_cast<double>(*whole) : std::get<double>(number);
}

/// Exact even where a double has no room for the integer.
std::partial_ordering order(std::int64_t left, double right) {
    constexpr double kEnd = 9'223'372'036'854'775'808.0;
    if (right >= kEnd) {
        return std::partial_ordering::less;
    }
    if (right < -kEnd) {
        return std::partial_ordering::greater;
    }
    const double whole = std::trunc(right);
    const auto integer = static_cast<std::int64_t>(whole);
    if (left != integer) {
        return left <=> integer;
    }
    return 0.0 <=> (right - whole);
}

std::partial_ordering order_numbers(const Value& left, const Value& right) {
    const auto* one = std::get_if<std::int64_t>(&left);
    const auto* other = std::get_if<std::int64_t>(&right);
    if (one != nullptr && other != nullptr) {
        return *one <=> *other;
    }
    if (one != nullptr) {
        return order(*one, std::get<double>(right));
    }
    if (other != nullptr) {
        return 0 <=> order(*other, std::get<double>(left));
    }
    return std::get<double>(left) <=> std::get<double>(right);
}

bool holds(Operation operation, std::partial_ordering ordering) {
    switch (operation) {
        case Operation::Equal:
            return ordering == 0;
        case Operation::NotEqual:
            return ordering != 0;
        case Operation::Greater:
            return ordering > 0;
        case Operation::GreaterEqual:
            return ordering >= 0;
        case Operation::Less:
            return ordering < 0;
        default:
            return ordering <= 0;
    }
}

/// Intervals are half-open. `lt` and `gt` mean wholly before and after; `le` and `ge` compare both
/// ends. All of it is the usual order where both are times.
bool holds(Operation operation, const TimeInterval& left, const TimeInterval& right) {
    switch (operation) {
        case Operation::Equal:
            return left == right;
        case Operation::NotEqual:
            return !(left == right);
        case Operation::Greater:
            return left.from >= right.to && left.from > right.from;
        case Operation::GreaterEqual:
            return left.from >= right.from && left.to >= right.to;
        case Operation::Less:
            return left.to <= right.from && left.from < right.from;
        default:
            return left.from <= right.from && left.to <= right.to;
    }
}

double approximate(const Period& period) {
    return static_cast<double>(period.months) * kMonthMillis + static_cast<double>(period.millis);
}

/// The text of a JSON property as the type that the other side has.
Value read_as(const std::string& text, const Value& other) {
    if (interval_of(other)) {
        return parse_moment(text).value_or(Null{});
    }
    if (std::holds_alternative<Date>(other)) {
        const auto date = parse_date(text);
        return date ? Value{*date} : Value{Null{}};
    }
    return text;
}

Truth compare_typed(Operation operation, const Value& left, const Value& right) {
    if (is_number(left) && is_number(right)) {
        return truth_of(holds(operation, order_numbers(left, right)));
    }
    const auto one = interval_of(left);
    const auto other = interval_of(right);
    if (one && other) {
        return truth_of(holds(operation, *one, *other));
    }
    if (left.index() != right.index()) {
        return Truth::False;
    }
    if (const auto* text = std::get_if<std::string>(&left)) {
        return truth_of(holds(operation, text->compare(std::get<std::string>(right)) <=> 0));
    }
    if (const auto* flag = std::get_if<bool>(&left)) {
        return truth_of(holds(operation, *flag <=> std::get<bool>(right)));
    }
    if (const auto* date = std::get_if<Date>(&left)) {
        return truth_of(holds(operation, *date <=> std::get<Date>(right)));
    }
    if (const auto* time = std::get_if<TimeOfDay>(&left)) {
        return truth_of(holds(operation, time->millis <=> std::get<TimeOfDay>(right).millis));
    }
    const bool equality = operation == Operation::Equal || operation == Operation::NotEqual;
    if (equality) {
        return truth_of(same(left, right) == (operation == Operation::Equal));
    }
    if (const auto* period = std::get_if<Period>(&left)) {
        const double difference = approximate(*period) - approximate(std::get<Period>(right));
        return truth_of(holds(operation, difference <=> 0.0));
    }
    return Truth::False;
}

Value finite(double number) {
    return std::isfinite(number) ? Value{number} : Value{Null{}};
}

Value whole_or_double(Operation operation, std::int64_t left, std::int64_t right) {
    std::int64_t result = 0;
    bool overflow = false;
    if (operation == Operation::Add) {
        overflow = __builtin_add_overflow(left, right, &result);
    } else if (operation == Operation::Subtract) {
        overflow = __builtin_sub_overflow(left, right, &result);
    } else if (operation == Operation::Multiply) {
        overflow = __builtin_mul_overflow(left, right, &result);
    } else if (right == 0) {
        return Null{};
    } else {
        result = right == -1 ? 0 : left % right;
    }
    if (!overflow) {
        return result;
    }
    const auto one = static_cast<double>(left);
    const auto other = static_cast<double>(right);
    if (operation == Operation::Multiply) {
        return finite(one * other);
    }
    return finite(operation == Operation::Add ? one + other : one - other);
}

Value numbers(Operation operation, const Value& left, const Value& right) {
    const auto* one = std::get_if<std::int64_t>(&left);
    const auto* other = std::get_if<std::int64_t>(&right);
    if (one != nullptr && other != nullptr && operation != Operation::Divide) {
        return whole_or_double(operation, *one, *other);
    }
    const double first = to_double(left);
    const double second = to_double(right);
    switch (operation) {
        case Operation::Add:
            return finite(first + second);
        case Operation::Subtract:
            return finite(first - second);
        case Operation::Multiply:
            return finite(first * second);
        case Operation::Divide:
            return second == 0 ? Value{Null{}} : finite(first / second);
        default:
            return second == 0 ? Value{Null{}} : finite(std::fmod(first, second));
    }
}

/// Both parts times a number; nullopt when they would differ in sign or leave the range.
Value stretched(const Period& period, double factor) {
    const double months = static_cast<double>(period.months) * factor;
    const double millis = static_cast<double>(period.millis) * factor;
    constexpr double kMax = 1e15;
    if (!(std::abs(months) < kMax) || !(std::abs(millis) < kMax) || months != std::trunc(months)) {
        return Null{};
    }
    return Period{static_cast<std::int64_t>(months), std::llround(millis)};
}

Value sum_of(const Period& left, const Period& right, int sign) {
    const Period sum{left.months + sign * right.months, left.millis + sign * right.millis};
    constexpr std::int64_t kMax = 1'000'000'000'000'000;
    const bool mixed = (sum.months < 0 && sum.millis > 0) || (sum.months > 0 && sum.millis < 0);
    const bool great = std::abs(sum.months) > kMax || std::abs(sum.millis) > kMax;
    return mixed || great ? Value{Null{}} : Value{sum};
}

Value moved(const Value& time, const Period& period, int sign) {
    if (const auto* date = std::get_if<Date>(&time)) {
        const auto moved = shifted(std::chrono::sys_days{*date}, period, sign);
        using std::chrono::days;
        return moved ? Value{Date{std::chrono::floor<days>(*moved)}} : Value{Null{}};
    }
    const auto interval = interval_of(time);
    const auto from = shifted(interval->from, period, sign);
    const auto to = shifted(interval->to, period, sign);
    if (!from || !to || *to < *from) {
        return Null{};
    }
    if (std::holds_alternative<Instant>(time)) {
        return *from;
    }
    return TimeInterval{*from, *to};
}

bool is_dated(const Value& value) {
    return interval_of(value).has_value() || std::holds_alternative<Date>(value);
}

Instant start_of(const Value& dated) {
    const auto* date = std::get_if<Date>(&dated);
    return date != nullptr ? Instant{std::chrono::sys_days{*date}} : interval_of(dated)->from;
}

Value times(Operation operation, const Value& left, const Value& right) {
    const int sign = operation == Operation::Subtract ? -1 : 1;
    const bool sum = operation == Operation::Add || operation == Operation::Subtract;
    const auto* one = std::get_if<Period>(&left);
    const auto* other = std::get_if<Period>(&right);
    if (one != nullptr && other != nullptr && sum) {
        return sum_of(*one, *other, sign);
    }
    if (is_dated(left) && other != nullptr && sum) {
        return moved(left, *other, sign);
    }
    if (one != nullptr && is_dated(right) && operation == Operation::Add) {
        return moved(right, *one, 1);
    }
    const bool alike = std::holds_alternative<Date>(left) == std::holds_alternative<Date>(right);
    if (is_dated(left) && is_dated(right) && alike && operation == Operation::Subtract) {
        return Period{0, (start_of(left) - start_of(right)).count()};
    }
    if (one != nullptr && is_number(right)) {
        if (operation == Operation::Multiply) {
            return stretched(*one, to_double(right));
        }
        if (operation == Operation::Divide && to_double(right) != 0) {
            return stretched(*one, 1.0 / to_double(right));
        }
    }
    if (other != nullptr && is_number(left) && operation == Operation::Multiply) {
        return stretched(*other, to_double(left));
    }
    return Null{};
}

/// Places of a type in the order of $orderby.
int rank(const Value& value) {
    if (is_number(value)) {
        return 2;
    }
    if (interval_of(value)) {
        return 4;
    }
    // In the order of Value's alternatives.
    constexpr std::array kRanks{0, 1, 2, 2, 3, 4, 4, 5, 6, 7, 8, 8};
    static_assert(kRanks.size() == std::variant_size_v<Value>);
    return kRanks[value.index()];
}

template <class Order>
int sign_of(Order ordering) {
    if (ordering < 0) {
        return -1;
    }
    return ordering > 0 ? 1 : 0;
}

}  // namespace

Truth truth_of(const Value& value) {
    const auto* flag = std::get_if<bool>(&value);
    return flag == nullptr ? Truth::Null : truth_of(*flag);
}

Value value_of(Truth truth) {
    return truth == Truth::Null ? Value{Null{}} : Value{truth == Truth::True};
}

Value as_text(const Value& value) {
    if (!is_number(value)) {
        return value;
    }
    const auto* whole = std::get_if<std::int64_t>(&value);
    return whole != nullptr ? std::to_string(*whole) : fmt::format("{}", std::get<double>(value));
}

Truth compare(Operation operation, const Value& left, const Value& right) {
    if (is_null(left) || is_null(right)) {
        const bool equal = is_null(left) && is_null(right);
        if (operation == Operation::NotEqual) {
            return truth_of(!equal);
        }
        return truth_of(equal && operation == Operation::Equal);
    }
    const auto* left_text = std::get_if<std::string>(&left);
    const auto* right_text = std::get_if<std::string>(&right);
    if ((left_text != nullptr) == (right_text != nullptr)) {
        return compare_typed(operation, left, right);
    }
    const Value read =
        left_text != nullptr ? read_as(*left_text, right) : read_as(*right_text, left);
    if (is_null(read)) {
        return Truth::False;
    }
    return left_text != nullptr ? compare_typed(operation, read, right)
                                : compare_typed(operation, left, read);
}

Value arithmetic(Operation operation, const Value& left, const Value& right) {
    if (is_null(left) || is_null(right)) {
        return Null{};
    }
    if (is_number(left) && is_number(right)) {
        return numbers(operation, left, right);
    }
    return times(operation, left, right);
}

Value negated(const Value& value) {
    if (const auto* whole = std::get_if<std::int64_t>(&value)) {
        if (*whole == std::numeric_limits<std::int64_t>::min()) {
            return -static_cast<double>(*whole);
        }
        return -*whole;
    }
    if (const auto* number = std::get_if<double>(&value)) {
        return -*number;
    }
    if (const auto* period = std::get_if<Period>(&value)) {
        return Period{-period->months, -period->millis};
    }
    return Null{};
}

int compare_for_order(const Value& left, const Value& right) {
    const int difference = rank(left) - rank(right);
    if (difference != 0) {
        return difference;
    }
    switch (rank(left)) {
        case 1:
            return sign_of(std::get<bool>(left) <=> std::get<bool>(right));
        case 2:
            return sign_of(order_numbers(left, right));
        case 3:
            return sign_of(std::get<std::string>(left).compare(std::get<std::string>(right)) <=> 0);
        case 4: {
            const auto one = interval_of(left);
            const auto other = interval_of(right);
            const int begin = sign_of(one->from <=> other->from);
            return begin != 0 ? begin : sign_of(one->to <=> other->to);
        }
        case 5:
            return sign_of(
                approximate(std::get<Period>(left)) <=> approximate(std::get<Period>(right))
            );
        case 6:
            return sign_of(std::get<Date>(left) <=> std::get<Date>(right));
        case 7:
            return sign_of(std::get<TimeOfDay>(left).millis <=> std::get<TimeOfDay>(right).millis);
        default: {
            // Objects (geometries, properties) have no order of their own: a steady one.
            const auto* one = std::get_if<Json>(&left);
            const auto* other = std::get_if<Json>(&right);
            return one == nullptr || other == nullptr
                       ? 0
                       : sign_of(json_text(**one).compare(json_text(**other)) <=> 0);
        }
    }
}

}  // namespace chengshu::sensing::odata
