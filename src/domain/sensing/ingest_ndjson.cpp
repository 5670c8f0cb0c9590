#include "base/json_text.hpp"
#include "domain/sensing/ingest.hpp"
#include "domain/sensing/ingest_text.hpp"
#include "domain/sensing/odata/value.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <charconv>

namespace json = boost::json;

namespace chengshu::sensing {
namespace {

constexpr std::size_t kStreamNameMax = 1'000;

/// The members of a line, as they are written.
enum Member : std::uint8_t {
    kStream,
    kThing,
    kDatastream,
    kResult,
    kTime,
    kResultTime,
    kResultQuality,
    kValidTime,
    kParameters,
    kMembers
};

constexpr std::string_view kNames[kMembers] = {
    "stream",
    "thing",
    "datastream",
    "result",
    "time",
    "resultTime",
    "resultQuality",
    "validTime",
    "parameters",
};

std::size_t member_of(std::string_view name) {
    for (std::size_t i = 0; i < kMembers; ++i) {
        if (kNames[i] == name) {
            return i;
        }
    }
    return kMembers;
}

/// Reads one line after another; keeps its memory in between.
class ObjectReader {
public:
    explicit ObjectReader(TimeUnit unit) : unit_(unit) {}

    /// False when the line is wrong; error() says why.
    bool read(std::string_view line, Reading& out);

    RowError error() { return std::move(error_); }

private:
    bool fail(std::string_view field, std::string what, std::string hint = {}) {
        error_.field = field;
        error_.what = std::move(what);
        error_.hint = std::move(hint);
        return false;
    }

    void skip_blanks() {
        while (at_ < line_.size() && (line_[at_] == ' ' || line_[at_] == '\t')) {
            ++at_;
        }
    }

    [[nodiscard]] bool next_is(char c) const { return at_ < line_.size() && line_[at_] == c; }

    bool accept(char c) {
        if (!next_is(c)) {
            return false;
        }
        ++at_;
        return true;
    }

    bool syntax(std::string_view expected);
    bool scan_string(std::string_view& out);
    bool scan_value(std::string_view& out);
    bool scan_nested();
    bool scan_members();
    bool unescape(std::string_view name, std::string_view& text, std::string& scratch);
    bool read_names(Reading& out);
    bool read_time(Reading& out);
    bool read_result_time(Reading& out);
    bool read_result(Reading& out);
    bool read_extra(Reading& out);
    bool compact(std::size_t member, json::value& out);

    TimeUnit unit_;
    std::string_view line_;
    std::size_t at_ = 0;
    std::string_view texts_[kMembers];
    std::string thing_;
    std::string datastream_;
    std::string result_;
    std::string extra_;
    RowError error_;
};

bool ObjectReader::syntax(std::string_view expected) {
    return fail(
        "",
        at_ >= line_.size() ? fmt::format("the line ends where {} is expected", expected)
                            : fmt::format("{} is expected at character {}", expected, at_ + 1),
        "one JSON object a line, such as {\"stream\": 12, \"time\": \"2026-01-01T08:00:00Z\", "
        "\"result\": 3.2}"
    );
}

/// The text with its quotes. Escapes are checked where the text is used.
bool ObjectReader::scan_string(std::string_view& out) {
    const auto begin = at_;
    if (!accept('"')) {
        return syntax("a text in quotes");
    }
    for (; at_ < line_.size(); ++at_) {
        const char c = line_[at_];
        if (c == '"') {
            ++at_;
            out = line_.substr(begin, at_ - begin);
            return true;
        }
        if (static_cast<unsigned char>(c) < 0x20) {
            return syntax("no control character");
        }
        at_ += c == '\\' ? 1 : 0;
    }
    return syntax("a closing quote");
}

/// An object or array as far as its brackets go; what is in them is checked where it is used.
bool ObjectReader::scan_nested() {
    std::size_t depth = 0;
    std::string_view ignored;
    while (at_ < line_.size()) {
        const char c = line_[at_];
        if (c == '"') {
            if (!scan_string(ignored)) {
                return false;
            }
            continue;
        }
        ++at_;
        if (c == '{' || c == '[') {
            ++depth;
        } else if ((c == '}' || c == ']') && --depth == 0) {
            return true;
        }
    }
    return syntax("a closing bracket");
}

bool ObjectReader::scan_value(std::string_view& out) {
    const auto begin = at_;
    if (next_is('"')) {
        return scan_string(out);
    }
    if (next_is('{') || next_is('[')) {
        const bool good = scan_nested();
        out = line_.substr(begin, at_ - begin);
        return good;
    }
    const auto rest = line_.substr(at_);
    auto length = json_number_length(rest);
    for (const std::string_view word : {"true", "false", "null"}) {
        length = length == 0 && rest.starts_with(word) ? word.size() : length;
    }
    if (length == 0) {
        return syntax("a value");
    }
    out = rest.substr(0, length);
    at_ += length;
    return true;
}

bool ObjectReader::scan_members() {
    skip_blanks();
    if (!accept('{')) {
        return syntax("{");
    }
    skip_blanks();
    while (!accept('}')) {
        std::string_view name;
        if (!scan_string(name)) {
            return false;
        }
        name = name.substr(1, name.size() - 2);
        const auto member = member_of(name);
        if (member == kMembers) {
            return fail(
                shown(name),
                "there is no such member",
                "the members are stream (or thing and datastream), time, result, resultTime, "
                "resultQuality, validTime, parameters"
            );
        }
        if (!texts_[member].empty()) {
            return fail(name, "is given twice");
        }
        skip_blanks();
        if (!accept(':')) {
            return syntax("a colon");
        }
        skip_blanks();
        if (!scan_value(texts_[member])) {
            return false;
        }
        skip_blanks();
        if (accept(',')) {
            skip_blanks();
            if (next_is('}')) {
                return syntax("a member");
            }
        } else if (!next_is('}')) {
            return syntax("a comma or }");
        }
    }
    skip_blanks();
    return at_ == line_.size() || syntax("the end of the line");
}

/// `text` without its quotes.
bool ObjectReader::unescape(std::string_view name, std::string_view& text, std::string& scratch) {
    if (text.size() < 2 || text.front() != '"') {
        return fail(name, "must be a text");
    }
    if (text.find('\\') == std::string_view::npos) {
        text = text.substr(1, text.size() - 2);
    } else {
        boost::system::error_code error;
        const auto value = json::parse(json::string_view(text.data(), text.size()), error);
        if (error || !value.is_string()) {
            return fail(name, "has a wrong escape");
        }
        scratch.assign(value.get_string().data(), value.get_string().size());
        text = scratch;
    }
    return (!text.empty() && text.size() <= kStreamNameMax) ||
           fail(name, fmt::format("must have 1 to {} bytes", kStreamNameMax));
}

bool ObjectReader::read_names(Reading& out) {
    const auto stream = texts_[kStream];
    const bool named = !texts_[kThing].empty() || !texts_[kDatastream].empty();
    if (!stream.empty()) {
        if (named) {
            return fail("stream", "is given beside a thing and its datastream", "give one of them");
        }
        const auto got = std::from_chars(stream.data(), stream.data() + stream.size(), out.stream);
        if (got.ec != std::errc{} || got.ptr != stream.data() + stream.size() || out.stream <= 0) {
            return fail("stream", "must be the id of a Datastream: a whole number above 0");
        }
        return true;
    }
    if (texts_[kThing].empty() || texts_[kDatastream].empty()) {
        return fail(
            named ? (texts_[kThing].empty() ? "thing" : "datastream") : "stream",
            "is missing",
            "name the stream by its id, or by thing (code) and datastream (name)"
        );
    }
    out.thing = texts_[kThing];
    out.datastream = texts_[kDatastream];
    return unescape("thing", out.thing, thing_) &&
           unescape("datastream", out.datastream, datastream_);
}

/// A time without its quotes, or an integer.
std::optional<std::int64_t> time_of(std::string_view text, TimeUnit unit) {
    if (text.size() > 2 && text.front() == '"') {
        return parse_time(text.substr(1, text.size() - 2));
    }
    std::int64_t value = 0;
    const auto got = std::from_chars(text.data(), text.data() + text.size(), value);
    if (got.ec != std::errc{} || got.ptr != text.data() + text.size()) {
        return std::nullopt;
    }
    return millis_of(value, unit);
}

/// What is no plain time: an interval, or a way of writing that is allowed but rare.
std::optional<odata::TimeInterval> interval_of(std::string_view text) {
    if (text.size() < 3 || text.front() != '"') {
        return std::nullopt;
    }
    const auto moment = odata::parse_moment(text.substr(1, text.size() - 2));
    if (!moment) {
        return std::nullopt;
    }
    const auto interval = odata::interval_of(*moment);
    const auto good = [](Instant time) {
        return millis_of(time.time_since_epoch().count(), TimeUnit::Milliseconds).has_value();
    };
    return interval && good(interval->from) && good(interval->to) ? interval : std::nullopt;
}

constexpr const char* kTimeHint =
    "RFC 3339 with a zone, such as 2026-01-01T08:00:00Z, or a whole number in the unit that "
    "`precision` names";

bool ObjectReader::read_time(Reading& out) {
    const auto text = texts_[kTime];
    if (text.empty() || text == "null") {
        return true;
    }
    if (const auto time = time_of(text, unit_)) {
        out.from = time;
        out.to = *time;
        return true;
    }
    const auto interval = interval_of(text);
    if (!interval) {
        return fail("time", "is no time and no interval", kTimeHint);
    }
    out.from = interval->from.time_since_epoch().count();
    out.to = interval->to.time_since_epoch().count();
    return true;
}

bool ObjectReader::read_result_time(Reading& out) {
    const auto text = texts_[kResultTime];
    if (text.empty() || text == "null") {
        return true;
    }
    out.result_time = time_of(text, unit_);
    if (const auto rare = out.result_time ? std::nullopt : interval_of(text);
        rare && rare->from == rare->to) {
        out.result_time = rare->from.time_since_epoch().count();
    }
    return out.result_time.has_value() || fail("resultTime", "is no time", kTimeHint);
}

bool ObjectReader::compact(std::size_t member, json::value& out) {
    auto parsed = parse_json(texts_[member], kNames[member]);
    if (!parsed) {
        return fail(kNames[member], std::move(parsed).error().context);
    }
    out = std::move(*parsed);
    return true;
}

bool ObjectReader::read_result(Reading& out) {
    const auto text = texts_[kResult];
    if (text.empty()) {
        return fail("result", "is missing");
    }
    if (is_digit(text[0]) || text[0] == '-') {
        out.number = parse_json_number(text);
        return out.number.has_value() || fail("result", "is too large a number");
    }
    const bool plain = text[0] == 't' || text[0] == 'f' || text[0] == 'n' ||
                       (text[0] == '"' && text.find('\\') == std::string_view::npos);
    if (plain) {
        out.result = text;
        return true;
    }
    json::value value;
    if (!compact(kResult, value)) {
        return false;
    }
    result_.clear();
    append_json(result_, value);
    out.result = result_;
    return true;
}

bool ObjectReader::read_extra(Reading& out) {
    json::object extra;
    for (const auto member : {kResultQuality, kValidTime, kParameters}) {
        if (texts_[member].empty() || texts_[member] == "null") {
            continue;
        }
        json::value value;
        if (!compact(member, value)) {
            return false;
        }
        if (member == kValidTime) {
            const auto interval = interval_of(texts_[member]);
            if (!interval || interval->from == interval->to) {
                return fail(kNames[member], "must be an interval: time/time");
            }
        }
        if (member == kParameters && !value.is_object()) {
            return fail(kNames[member], "must be an object");
        }
        extra[kNames[member]] = std::move(value);
    }
    if (!extra.empty()) {
        extra_.clear();
        append_json(extra_, extra);
        out.extra = extra_;
    }
    return true;
}

bool ObjectReader::read(std::string_view line, Reading& out) {
    line_ = line;
    at_ = 0;
    for (auto& text : texts_) {
        text = {};
    }
    error_ = {};
    if (line.size() > kIngestLineMax) {
        return fail("", fmt::format("a line has at most {} bytes", kIngestLineMax));
    }
    if (!is_text(line)) {
        return fail("", "is not UTF-8");
    }
    const bool extra =
        scan_members() && (!texts_[kResultQuality].empty() || !texts_[kValidTime].empty() ||
                           !texts_[kParameters].empty());
    return error_.what.empty() && read_names(out) && read_time(out) && read_result_time(out) &&
           read_result(out) && (!extra || read_extra(out));
}

}  // namespace

void read_ndjson(std::string_view text, TimeUnit unit, ReadingSink& sink) {
    ObjectReader reader(unit);
    for (Lines lines(text); lines.next();) {
        if (lines.line().find_first_not_of(" \t") == std::string_view::npos) {
            continue;
        }
        Reading reading;
        reading.row = lines.number();
        bool more = true;
        if (reader.read(lines.line(), reading)) {
            more = sink.reading(reading);
        } else {
            auto error = reader.error();
            error.row = lines.number();
            more = sink.wrong(std::move(error));
        }
        if (!more) {
            return;
        }
    }
}

}  // namespace chengshu::sensing
