#pragma once

#include "base/label.hpp"
#include "base/time.hpp"
#include "domain/city/geometry.hpp"
#include "domain/response/rule.hpp"

#include <boost/json.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// How alerts and responses are written down and read again.

namespace chengshu::response {

void put_text(boost::json::object& out, std::string_view name, const std::string& value);
void put_instant(
    boost::json::object& out,
    std::string_view name,
    const std::optional<Instant>& value
);
void put_point(boost::json::object& out, const std::optional<city::Point>& point);
boost::json::object label_json(const Label& value);
boost::json::array texts_json(const std::vector<std::string>& values);

/// Reads a stored document. What is missing is at its default; what is of another type makes the
/// whole not ok.
class Reader {
public:
    explicit Reader(const boost::json::value& value) : Reader(&value, nullptr) {}

    [[nodiscard]] bool ok() const { return *good_; }

    std::string text(std::string_view name);
    std::string text();
    std::int64_t whole(std::string_view name);
    std::int64_t whole();
    std::optional<double> number(std::string_view name);
    bool flag(std::string_view name);
    /// A number that is written as a text.
    std::int64_t number_text(std::string_view name);
    Label label(std::string_view name);
    Level level(std::string_view name);
    Instant instant(std::string_view name);
    std::optional<Instant> maybe_instant(std::string_view name);
    std::optional<city::Point> point(std::string_view name);
    std::vector<std::string> texts(std::string_view name);
    void each(std::string_view name, const std::function<void(Reader)>& visit);
    void
    each_member(std::string_view name, const std::function<void(std::string_view, Reader)>& visit);

private:
    Reader(const boost::json::value* value, bool* good)
        : value_(value), good_(good == nullptr ? &own_ : good) {}

    const boost::json::value* member(std::string_view name);

    const boost::json::value* value_;
    bool own_ = true;
    bool* good_;
};

}  // namespace chengshu::response
