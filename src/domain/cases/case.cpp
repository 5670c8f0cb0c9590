#include "domain/cases/case.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

namespace json = boost::json;

namespace chengshu::cases {
namespace {

json::object clock_to_json(const Clock& clock, const json::storage_ptr& storage) {
    json::object out(storage);
    out.reserve(8);
    out.emplace("limit", rounded_limit(clock.limit.value));
    out.emplace("unit", city::to_string(clock.limit.unit));
    out.emplace("started", to_millis(clock.started));
    const auto put = [&](const char* name, const std::optional<Instant>& at) {
        if (at) {
            out.emplace(name, to_millis(*at));
        }
    };
    put("due", clock.due);
    put("remind", clock.remind);
    put("stopped", clock.stopped);
    put("paused", clock.paused);
    if (clock.left != Duration{}) {
        out.emplace("left", clock.left.count());
    }
    const auto flag = [&](const char* name, bool set) {
        if (set) {
            out.emplace(name, true);
        }
    };
    flag("reminded", clock.reminded);
    flag("overdue", clock.overdue);
    flag("exempt", clock.exempt);
    if (clock.extensions != 0) {
        out.emplace("extensions", clock.extensions);
    }
    return out;
}

json::object attachment_to_json(const Attachment& item, const json::storage_ptr& storage) {
    return json::object(
        {{"sha256", item.sha256},
         {"type", item.media_type},
         {"size", item.size_bytes},
         {"kind", item.kind},
         {"at", to_millis(item.at)},
         {"by", item.by}},
        storage
    );
}

/// Reads members with one error text for all of them; the first mistake sticks.
class Reader {
public:
    explicit Reader(const json::object& object) : object_(object) {}

    void text(const char* name, std::string& out) {
        if (const auto* value = take(name)) {
            value->is_string() ? void(out = std::string_view(value->get_string())) : wrong(name);
        }
    }

    void integer(const char* name, std::int64_t& out) {
        if (const auto* value = take(name)) {
            value->is_int64() ? void(out = value->get_int64()) : wrong(name);
        }
    }

    void integer(const char* name, int& out) {
        std::int64_t wide = out;
        integer(name, wide);
        fits(wide) ? void(out = static_cast<int>(wide)) : wrong(name);
    }

    static bool fits(std::int64_t value) {
        return value >= std::numeric_limits<int>::min() && value <= std::numeric_limits<int>::max();
    }

    void number(const char* name, double& out) {
        if (const auto* value = take(name)) {
            value->is_number() ? void(out = value->to_number<double>()) : wrong(name);
        }
    }

    void flag(const char* name, bool& out) {
        if (const auto* value = take(name)) {
            value->is_bool() ? void(out = value->get_bool()) : wrong(name);
        }
    }

    void instant(const char* name, std::optional<Instant>& out) {
        if (const auto* value = take(name)) {
            value->is_int64() && is_time(value->get_int64())
                ? void(out = from_millis(value->get_int64()))
                : wrong(name);
        }
    }

    /// Years 0 to 9999: what is farther away is damage, and calculating with it would overflow.
    static bool is_time(std::int64_t millis) {
        constexpr std::int64_t kYear0 = -62'167'219'200'000;
        constexpr std::int64_t kYear10000 = 253'402'300'800'000;
        return millis >= kYear0 && millis < kYear10000;
    }

    const json::object* object(const char* name) {
        const auto* value = take(name);
        if (value != nullptr && !value->is_object()) {
            wrong(name);
        }
        return value != nullptr && value->is_object() ? &value->get_object() : nullptr;
    }

    const json::array* array(const char* name) {
        const auto* value = take(name);
        if (value != nullptr && !value->is_array()) {
            wrong(name);
        }
        return value != nullptr && value->is_array() ? &value->get_array() : nullptr;
    }

    void wrong(std::string_view name) {
        if (error_.empty()) {
            error_ = fmt::format("member \"{}\" of a stored case has the wrong type", name);
        }
    }

    /// The first mistake, an unread member included; empty when all is well.
    [[nodiscard]] std::string finish() const {
        if (!error_.empty() || read_ == object_.size()) {
            return error_;
        }
        return "a stored case has members that this version does not know";
    }

private:
    const json::value* take(const char* name) {
        const auto* value = object_.if_contains(name);
        read_ += value != nullptr ? 1 : 0;
        return value;
    }

    const json::object& object_;
    std::size_t read_ = 0;
    std::string error_;
};

std::string clock_from_json(const json::value& value, Clock& clock) {
    if (!value.is_object()) {
        return "a clock is not an object";
    }
    Reader in(value.get_object());
    std::string unit;
    std::optional<Instant> started;
    std::int64_t left = 0;
    in.number("limit", clock.limit.value);
    in.text("unit", unit);
    in.instant("started", started);
    in.instant("due", clock.due);
    in.instant("remind", clock.remind);
    in.instant("stopped", clock.stopped);
    in.instant("paused", clock.paused);
    in.integer("left", left);
    in.flag("reminded", clock.reminded);
    in.flag("overdue", clock.overdue);
    in.flag("exempt", clock.exempt);
    in.integer("extensions", clock.extensions);
    const auto parsed = city::parse_time_unit(unit);
    if (!parsed || !started) {
        return "a clock lacks its unit or its start";
    }
    clock.limit.value = rounded_limit(clock.limit.value);
    clock.limit.unit = *parsed;
    clock.started = *started;
    clock.left = Duration{left};
    return in.finish();
}

/// Writes the members of a document; with `other` only those in which the two cases differ.
class MemberWriter {
public:
    MemberWriter(const Case& value, const Case* other, json::object& out)
        : value_(value), other_(other), out_(out), storage_(out.storage()) {}

    template <class T>
    [[nodiscard]] bool differs(T Case::* member) const {
        return other_ == nullptr || !(value_.*member == other_->*member);
    }

    void text(const char* name, std::string Case::* member) {
        if (!(value_.*member).empty() && differs(member)) {
            out_.emplace(name, json::value(json::string_view(value_.*member), storage_));
        }
    }

    template <class T>
    void member(const char* name, T&& value) {
        out_.emplace(name, std::forward<T>(value));
    }

    template <class T, class F>
    void list(const char* name, T Case::* member, F&& to_value) {
        if ((value_.*member).empty() || !differs(member)) {
            return;
        }
        json::array list(storage_);
        list.reserve((value_.*member).size());
        for (const auto& item : value_.*member) {
            list.emplace_back(to_value(item, storage_));
        }
        out_.emplace(name, std::move(list));
    }

    /// Of a map that differs, only the items that do; an empty object tells that there are others.
    template <class T, class F>
    void map(const char* name, T Case::* member, F&& to_value) {
        if ((value_.*member).empty() || !differs(member)) {
            return;
        }
        json::object inner(storage_);
        for (const auto& [key, item] : value_.*member) {
            if (other_ != nullptr) {
                const auto old = (other_->*member).find(key);
                if (old != (other_->*member).end() && old->second == item) {
                    continue;
                }
            }
            inner.emplace(key, to_value(item, storage_));
        }
        out_.emplace(name, std::move(inner));
    }

private:
    const Case& value_;
    const Case* other_;
    json::object& out_;
    json::storage_ptr storage_;
};

const auto kText = [](const std::string& text, const json::storage_ptr& storage) {
    return json::value(json::string_view(text), storage);
};

void write_members(const Case& value, const Case* other, json::object& out) {
    MemberWriter to(value, other, out);
    const auto storage = out.storage();
    if (to.differs(&Case::id)) {
        to.member("id", value.id.value);
    }
    to.text("workflow", &Case::workflow);
    to.text("state", &Case::state);
    to.text("state_before", &Case::state_before);
    to.text("category", &Case::category);
    to.text("standard", &Case::standard);
    to.text("description", &Case::description);
    to.text("address", &Case::address);
    if (value.point && to.differs(&Case::point)) {
        const auto point = rounded(*value.point);
        to.member("point", json::array({point.lon, point.lat}, storage));
    }
    to.list("path", &Case::path, kText);
    to.text("component", &Case::component);
    to.text("source", &Case::source);
    to.text("collector", &Case::collector);
    if (to.differs(&Case::reported_at)) {
        to.member("reported_at", to_millis(value.reported_at));
    }
    if (to.differs(&Case::report)) {
        to.member("report", value.report.value);
    }
    if (value.generated && to.differs(&Case::generated)) {
        to.member("generated", true);
    }
    to.text("department", &Case::department);
    to.list("assisting", &Case::assisting, kText);
    to.text("holder", &Case::holder);
    to.map("done_by", &Case::done_by, kText);
    to.map("marks", &Case::marks, [](Instant at, const auto&) { return to_millis(at); });
    to.map("counters", &Case::counters, [](int n, const auto&) { return n; });
    to.list("flags", &Case::flags, kText);
    to.map("facts", &Case::facts, kText);
    to.map("clocks", &Case::clocks, clock_to_json);
    if (value.resume_at && to.differs(&Case::resume_at)) {
        to.member("resume_at", to_millis(*value.resume_at));
    }
    to.list("attachments", &Case::attachments, attachment_to_json);
    if (value.parent && to.differs(&Case::parent)) {
        to.member("parent", value.parent.value);
    }
    to.list("children", &Case::children, [](CaseId id, const auto&) { return id.value; });
    to.text("result", &Case::result);
}

void read_texts(Reader& in, const char* name, std::vector<std::string>& out) {
    if (const auto* list = in.array(name)) {
        for (const auto& item : *list) {
            item.is_string() ? void(out.emplace_back(std::string_view(item.get_string())))
                             : in.wrong(name);
        }
    }
}

void read_text_map(Reader& in, const char* name, std::map<std::string, std::string>& out) {
    if (const auto* object = in.object(name)) {
        for (const auto& item : *object) {
            item.value().is_string()
                ? void(out[std::string(item.key())] = std::string_view(item.value().get_string()))
                : in.wrong(name);
        }
    }
}

template <class Put>
void read_int_map(Reader& in, const char* name, Put&& put) {
    if (const auto* object = in.object(name)) {
        for (const auto& item : *object) {
            item.value().is_int64() ? put(std::string(item.key()), item.value().get_int64())
                                    : in.wrong(name);
        }
    }
}

void read_attachments(Reader& in, std::vector<Attachment>& out) {
    const auto* list = in.array("attachments");
    if (list == nullptr) {
        return;
    }
    for (const auto& value : *list) {
        if (!value.is_object()) {
            in.wrong("attachments");
            return;
        }
        Reader item_in(value.get_object());
        Attachment item;
        std::optional<Instant> at;
        item_in.text("sha256", item.sha256);
        item_in.text("type", item.media_type);
        item_in.integer("size", item.size_bytes);
        item_in.text("kind", item.kind);
        item_in.instant("at", at);
        item_in.text("by", item.by);
        if (!item_in.finish().empty() || !at) {
            in.wrong("attachments");
        } else {
            item.at = *at;
            out.push_back(std::move(item));
        }
    }
}

void read_clocks(Reader& in, std::map<std::string, Clock>& out) {
    if (const auto* object = in.object("clocks")) {
        for (const auto& item : *object) {
            if (!clock_from_json(item.value(), out[std::string(item.key())]).empty()) {
                in.wrong("clocks");
            }
        }
    }
}

void read_point(Reader& in, std::optional<city::Point>& out) {
    if (const auto* list = in.array("point")) {
        const auto within = [](const json::value& item, double limit) {
            return item.is_number() && std::abs(item.to_number<double>()) <= limit;
        };
        if (list->size() == 2 && within((*list)[0], 180) && within((*list)[1], 90)) {
            out = rounded({(*list)[0].to_number<double>(), (*list)[1].to_number<double>()});
        } else {
            in.wrong("point");
        }
    }
}

}  // namespace

city::Point rounded(city::Point point) {
    constexpr double kScale = 1e7;
    return {std::round(point.lon * kScale) / kScale, std::round(point.lat * kScale) / kScale};
}

double rounded_limit(double value) {
    constexpr double kScale = 1e9;
    constexpr double kExactMax = 1e6;  // beyond it a billionth has no digit of its own
    return std::abs(value) > kExactMax ? value : std::round(value * kScale) / kScale;
}

json::object to_json(const Case& value, json::storage_ptr storage) {
    constexpr std::size_t kUsualMembers = 24;
    json::object out(std::move(storage));
    out.reserve(kUsualMembers);
    write_members(value, nullptr, out);
    return out;
}

json::object to_json(const Case& value) {
    return to_json(value, json::storage_ptr{});
}

std::string changes_between(const Case& before, const Case& after) {
    unsigned char first[4096];
    json::monotonic_resource memory(first, sizeof first);
    json::object left(&memory);
    json::object right(&memory);
    write_members(before, &after, left);
    write_members(after, &before, right);
    return json::serialize(merge_diff(left, right));
}

Result<Case> case_from_json(const json::value& document) {
    if (!document.is_object()) {
        return fail(ErrorCode::InvalidInput, "a stored case is not a JSON object");
    }
    Reader in(document.get_object());
    Case out;
    std::optional<Instant> reported_at;
    in.integer("id", out.id.value);
    in.text("workflow", out.workflow);
    in.text("state", out.state);
    in.text("state_before", out.state_before);
    in.text("category", out.category);
    in.text("standard", out.standard);
    in.text("description", out.description);
    in.text("address", out.address);
    read_point(in, out.point);
    read_texts(in, "path", out.path);
    in.text("component", out.component);
    in.text("source", out.source);
    in.text("collector", out.collector);
    in.instant("reported_at", reported_at);
    in.integer("report", out.report.value);
    in.flag("generated", out.generated);
    in.text("department", out.department);
    read_texts(in, "assisting", out.assisting);
    in.text("holder", out.holder);
    read_text_map(in, "done_by", out.done_by);
    read_int_map(in, "marks", [&](std::string name, std::int64_t at) {
        Reader::is_time(at) ? void(out.marks[std::move(name)] = from_millis(at))
                            : in.wrong("marks");
    });
    read_int_map(in, "counters", [&](std::string name, std::int64_t n) {
        Reader::fits(n) ? void(out.counters[std::move(name)] = static_cast<int>(n))
                        : in.wrong("counters");
    });
    std::vector<std::string> flags;
    read_texts(in, "flags", flags);
    out.flags.insert(flags.begin(), flags.end());
    read_text_map(in, "facts", out.facts);
    read_clocks(in, out.clocks);
    in.instant("resume_at", out.resume_at);
    read_attachments(in, out.attachments);
    in.integer("parent", out.parent.value);
    if (const auto* list = in.array("children")) {
        for (const auto& item : *list) {
            item.is_int64() ? void(out.children.push_back(CaseId{item.get_int64()}))
                            : in.wrong("children");
        }
    }
    in.text("result", out.result);
    if (auto mistake = in.finish(); !mistake.empty()) {
        return fail(ErrorCode::InvalidInput, std::move(mistake));
    }
    if (!reported_at) {
        return fail(ErrorCode::InvalidInput, "a stored case lacks reported_at");
    }
    out.reported_at = *reported_at;
    return out;
}

json::object merge_diff(const json::object& before, const json::object& after) {
    json::object patch(after.storage());
    for (const auto& item : before) {
        if (!after.contains(item.key())) {
            patch[item.key()] = nullptr;
        }
    }
    for (const auto& item : after) {
        const auto* old = before.if_contains(item.key());
        if (old != nullptr && *old == item.value()) {
            continue;
        }
        if (old != nullptr && old->is_object() && item.value().is_object()) {
            patch[item.key()] = merge_diff(old->get_object(), item.value().get_object());
        } else {
            patch[item.key()] = item.value();
        }
    }
    return patch;
}

void merge_apply(json::object& target, const json::object& patch) {
    for (const auto& item : patch) {
        if (item.value().is_null()) {
            target.erase(item.key());
        } else if (item.value().is_object()) {
            auto& slot = target[item.key()];
            if (!slot.is_object()) {
                slot = json::object{};
            }
            merge_apply(slot.get_object(), item.value().get_object());
        } else {
            target[item.key()] = item.value();
        }
    }
}

std::string format_case_id(CaseId id) {
    return fmt::format("{:019}", id.value);
}

Result<CaseId> parse_case_id(std::string_view text) {
    CaseId id;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id.value);
    if (text.size() != 19 || error != std::errc{} || end != text.data() + text.size() ||
        text.front() == '0' || text.front() == '-') {
        return fail(
            ErrorCode::InvalidInput, "a case number has 19 digits and does not begin with 0", "id"
        );
    }
    return id;
}

NumberRange numbers_of(std::string_view division, Date day) {
    std::int64_t prefix = 0;
    const auto [end, error] =
        std::from_chars(division.data(), division.data() + division.size(), prefix);
    CS_ASSERT(error == std::errc{} && division.size() == 6 && prefix >= 100000 && prefix <= 922336);
    const std::int64_t base = (prefix * 100'000'000 + date_key(day)) * 100'000;
    return {CaseId{base + 1}, CaseId{base + 99'999}};
}

std::optional<Instant> next_timer(const Case& value) {
    std::optional<Instant> next = value.resume_at;
    const auto consider = [&](Instant at) { next = next ? std::min(*next, at) : at; };
    for (const auto& [name, clock] : value.clocks) {
        if (!clock.running()) {
            continue;
        }
        if (clock.remind && !clock.reminded && !clock.overdue) {
            consider(*clock.remind);
        }
        if (clock.due && !clock.overdue) {
            consider(*clock.due + Duration{1});  // due itself is still in time
        }
    }
    return next;
}

}  // namespace chengshu::cases
