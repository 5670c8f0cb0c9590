#include "base/json_writer.hpp"
#include "domain/cases/case.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <cmath>
#include <limits>

namespace json = boost::json;

namespace chengshu::cases {
namespace {

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

/// Writes a document, or with `before` the merge patch that turns that one's document into it.
class DocumentWriter {
public:
    DocumentWriter(std::size_t usual, const Case& value, const Case* before)
        : out_(usual), value_(value), before_(before) {}

    std::string write();

private:
    /// A member that is left out of documents when it `is` not there.
    template <class F>
    void member(JsonName name, bool was, bool is, bool same, F&& write_value) {
        if (!is && was) {
            out_.key(name).null();
        } else if (is && !(was && same)) {
            out_.key(name);
            write_value();
        }
    }

    template <class T>
    [[nodiscard]] bool same(T Case::* member) const {
        return before_ != nullptr && value_.*member == before_->*member;
    }

    void text(JsonName name, std::string Case::* is) {
        member(
            name,
            before_ != nullptr && !(before_->*is).empty(),
            !(value_.*is).empty(),
            same(is),
            [&] { out_.text(value_.*is); }
        );
    }

    template <class T, class F>
    void list(JsonName name, T Case::* is, F&& write_item) {
        member(
            name,
            before_ != nullptr && !(before_->*is).empty(),
            !(value_.*is).empty(),
            same(is),
            [&] {
                out_.begin_array();
                for (const auto& item : value_.*is) {
                    write_item(item);
                }
                out_.end_array();
            }
        );
    }

    /// `write_item` gets an item and, where it had another value, that one.
    template <class T, class F>
    void map(JsonName name, std::map<std::string, T> Case::* is, F&& write_item) {
        const bool was = before_ != nullptr && !(before_->*is).empty();
        member(name, was, !(value_.*is).empty(), same(is), [&] {
            out_.begin_object();
            if (was) {
                for (const auto& [key, item] : before_->*is) {
                    if (!(value_.*is).contains(key)) {
                        out_.data_key(key).null();
                    }
                }
            }
            for (const auto& [key, item] : value_.*is) {
                const T* old = nullptr;
                if (was) {
                    const auto found = (before_->*is).find(key);
                    old = found == (before_->*is).end() ? nullptr : &found->second;
                }
                if (old == nullptr || !(*old == item)) {
                    out_.data_key(key);
                    write_item(item, old);
                }
            }
            out_.end_object();
        });
    }

    void clock(const Clock& clock, const Clock* old);
    void attachment(const Attachment& item);

    JsonWriter out_;
    const Case& value_;
    const Case* before_;
};

void DocumentWriter::clock(const Clock& clock, const Clock* old) {
    const auto put = [&](JsonName name, auto Clock::* is, auto&& exists, auto&& write_value) {
        member(
            name,
            old != nullptr && exists(old->*is),
            exists(clock.*is),
            old != nullptr && old->*is == clock.*is,
            [&] { write_value(clock.*is); }
        );
    };
    const auto instant = [&](JsonName name, std::optional<Instant> Clock::* is) {
        put(
            name,
            is,
            [](const auto& at) { return at.has_value(); },
            [&](const auto& at) { out_.number(to_millis(*at)); }
        );
    };
    const auto flag = [&](JsonName name, bool Clock::* is) {
        put(name, is, [](bool set) { return set; }, [&](bool) { out_.boolean(true); });
    };
    const auto always = [](const auto&) { return true; };
    out_.begin_object();
    if (old == nullptr || !(old->limit.value == clock.limit.value)) {
        out_.member("limit", rounded_limit(clock.limit.value));
    }
    if (old == nullptr || old->limit.unit != clock.limit.unit) {
        out_.member("unit", city::to_string(clock.limit.unit));
    }
    put("started", &Clock::started, always, [&](Instant at) { out_.number(to_millis(at)); });
    instant("due", &Clock::due);
    instant("remind", &Clock::remind);
    instant("stopped", &Clock::stopped);
    instant("paused", &Clock::paused);
    put(
        "left",
        &Clock::left,
        [](Duration left) { return left != Duration{}; },
        [&](Duration left) { out_.number(std::int64_t{left.count()}); }
    );
    flag("reminded", &Clock::reminded);
    flag("overdue", &Clock::overdue);
    flag("exempt", &Clock::exempt);
    put(
        "extensions",
        &Clock::extensions,
        [](int count) { return count != 0; },
        [&](int count) { out_.number(std::int64_t{count}); }
    );
    out_.end_object();
}

void DocumentWriter::attachment(const Attachment& item) {
    out_.begin_object();
    out_.member("sha256", item.sha256);
    out_.member("type", item.media_type);
    out_.member("size", item.size_bytes);
    out_.member("kind", item.kind);
    out_.member("at", to_millis(item.at));
    out_.member("by", item.by);
    out_.end_object();
}

std::string DocumentWriter::write() {
    const auto to_text = [&](const std::string& item, const auto*...) { out_.text(item); };
    const bool old = before_ != nullptr;
    out_.begin_object();
    member("id", old, true, same(&Case::id), [&] { out_.number(value_.id.value); });
    text("workflow", &Case::workflow);
    text("state", &Case::state);
    text("state_before", &Case::state_before);
    text("category", &Case::category);
    text("standard", &Case::standard);
    text("description", &Case::description);
    text("address", &Case::address);
    member(
        "point",
        old && before_->point.has_value(),
        value_.point.has_value(),
        same(&Case::point),
        [&] {
            const auto point = rounded(*value_.point);
            out_.begin_array();
            out_.number(point.lon);
            out_.number(point.lat);
            out_.end_array();
        }
    );
    list("path", &Case::path, to_text);
    text("component", &Case::component);
    text("source", &Case::source);
    text("collector", &Case::collector);
    member("reported_at", old, true, same(&Case::reported_at), [&] {
        out_.number(to_millis(value_.reported_at));
    });
    member("report", old, true, same(&Case::report), [&] { out_.number(value_.report.value); });
    member("generated", old && before_->generated, value_.generated, true, [&] {
        out_.boolean(true);
    });
    text("department", &Case::department);
    list("assisting", &Case::assisting, to_text);
    text("holder", &Case::holder);
    map("done_by", &Case::done_by, to_text);
    map("marks", &Case::marks, [&](Instant at, const auto*) { out_.number(to_millis(at)); });
    map("counters", &Case::counters, [&](int count, const auto*) {
        out_.number(std::int64_t{count});
    });
    list("flags", &Case::flags, to_text);
    map("facts", &Case::facts, to_text);
    map("clocks", &Case::clocks, [&](const Clock& item, const Clock* was) { clock(item, was); });
    member(
        "resume_at",
        old && before_->resume_at.has_value(),
        value_.resume_at.has_value(),
        same(&Case::resume_at),
        [&] { out_.number(to_millis(*value_.resume_at)); }
    );
    list("attachments", &Case::attachments, [&](const Attachment& item) { attachment(item); });
    member("parent", old && bool{before_->parent}, bool{value_.parent}, same(&Case::parent), [&] {
        out_.number(value_.parent.value);
    });
    list("children", &Case::children, [&](CaseId child) { out_.number(child.value); });
    text("result", &Case::result);
    out_.end_object();
    return out_.take();
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

std::string to_json(const Case& value) {
    constexpr std::size_t kUsualDocument = 1'500;
    return DocumentWriter(kUsualDocument, value, nullptr).write();
}

std::string changes_between(const Case& before, const Case& after) {
    constexpr std::size_t kUsualPatch = 500;
    return DocumentWriter(kUsualPatch, after, &before).write();
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

}  // namespace chengshu::cases
