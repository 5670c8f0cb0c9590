#include "domain/access/masking.hpp"
#include "edge/api/internal/case_filter.hpp"
#include "edge/api/internal/handlers.hpp"
#include "edge/http/negotiate.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <stdexcept>
#include <utility>

namespace chengshu::api {
namespace {

constexpr std::string_view kByteOrderMark =
    "\xef\xbb\xbf";  // without it Excel takes UTF-8 for something else
constexpr int kRowsPerPiece = 200;

constexpr std::array<std::pair<std::string_view, std::string_view>, 19> kColumns{{
    {"案件编号", "Number"},        {"状态", "State"},      {"类目", "Category"},
    {"类目名称", "Category name"}, {"区域", "Area"},       {"区域名称", "Area name"},
    {"部门", "Department"},        {"来源", "Source"},     {"描述", "Description"},
    {"地址", "Address"},           {"经度", "Longitude"},  {"纬度", "Latitude"},
    {"上报时间", "Reported"},      {"立案时间", "Filed"},  {"派遣时间", "Dispatched"},
    {"处置时间", "Handled"},       {"结案时间", "Closed"}, {"超期", "Overdue"},
    {"生成数据", "Generated"},
}};

/// Quoted where needed; a cell that a spreadsheet would take for a formula begins with an
/// apostrophe.
std::string cell(std::string_view text) {
    std::string out;
    double number = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool is_number =
        !text.empty() && parsed.ec == std::errc() && parsed.ptr == text.data() + text.size();
    const bool formula = !text.empty() && !is_number &&
                         std::string_view("=+-@\t\r").find(text.front()) != std::string_view::npos;
    const bool quoted = formula || text.find_first_of(",\"\r\n") != std::string_view::npos;
    if (!quoted) {
        return std::string(text);
    }
    out += '"';
    if (formula) {
        out += '\'';
    }
    for (const char c : text) {
        out += c;
        if (c == '"') {
            out += '"';
        }
    }
    return out + '"';
}

std::string moment(const cases::Case& value, const char* mark, const TimeZone& zone) {
    const auto found = value.marks.find(mark);
    if (found == value.marks.end()) {
        return {};
    }
    // Local clock time: whoever reads a table does not count zones.
    const auto local = zone.to_local(found->second);
    return format_utc(Instant{local.time_since_epoch()}).substr(0, 19);
}

std::string local_time(Instant instant, const TimeZone& zone) {
    return format_utc(Instant{zone.to_local(instant).time_since_epoch()}).substr(0, 19);
}

class CsvStream final : public http::BodyStream {
public:
    /// `first`: what the walk has already found, so that a query the store refuses is refused
    /// before the reply says 200.
    CsvStream(
        CaseWalk walk,
        std::vector<FoundCase> first,
        services::DefinitionsPtr definitions,
        std::string language
    )
        : walk_(std::move(walk)),
          first_(std::move(first)),
          definitions_(std::move(definitions)),
          language_(std::move(language)) {}

    std::optional<std::string> next() override {
        if (!begun_) {
            begun_ = true;
            return header() + lines(std::exchange(first_, {}));
        }
        while (!walk_.at_end()) {
            auto found = walk_.next(kRowsPerPiece);
            if (!found) {
                // Ends the connection in the middle: a part must not pass for the whole.
                throw std::runtime_error("export: " + found.error().context);
            }
            if (!found->empty()) {
                return lines(*found);
            }
        }
        return std::nullopt;
    }

private:
    [[nodiscard]] std::string header() const {
        std::string out(kByteOrderMark);
        for (std::size_t i = 0; i < kColumns.size(); ++i) {
            out += i == 0 ? "" : ",";
            out += language_ == "en" ? kColumns[i].second : kColumns[i].first;
        }
        return out + "\r\n";
    }

    [[nodiscard]] std::string lines(const std::vector<FoundCase>& found) const {
        std::string out;
        for (const auto& item : found) {
            append(out, item);
        }
        return out;
    }

    void append(std::string& out, const FoundCase& item) const {
        const auto& city = *definitions_->city;
        const auto& zone = city.calendar().zone();
        const auto& value = item.value;
        const bool inner = item.sight == Sight::Inner;
        const auto flow = definitions_->workflows.find(value.workflow);
        const auto* state =
            flow == definitions_->workflows.end() ? nullptr : flow->second.state(value.state);
        const auto* category = city.category(value.category);
        const auto* area = value.path.empty() ? nullptr : city.area(value.path.back());
        const auto* department = city.department(value.department);
        const auto degrees = [&](double exact) {
            return fmt::format("{}", inner ? exact : coarse(exact));
        };
        const bool described = inner || city.settings().public_sees_description;
        const std::string cells[] = {
            cases::format_case_id(value.id),
            state == nullptr ? value.state : state->name.of(language_),
            value.category,
            category == nullptr ? "" : category->name.of(language_),
            value.path.empty() ? "" : value.path.back(),
            area == nullptr ? "" : area->name.of(language_),
            department == nullptr ? value.department : department->name.of(language_),
            value.source,
            described ? access::mask_text(value.description) : "",
            inner ? value.address : access::mask_address(value.address),
            value.point ? degrees(value.point->lon) : "",
            value.point ? degrees(value.point->lat) : "",
            local_time(value.reported_at, zone),
            moment(value, "filed", zone),
            moment(value, "dispatched", zone),
            moment(value, "handled", zone),
            moment(value, "closed", zone),
            is_overdue(value) ? "1" : "0",
            value.generated ? "1" : "0",
        };
        static_assert(std::size(cells) == kColumns.size());
        bool first = true;
        for (const auto& text : cells) {
            out += first ? "" : ",";
            out += cell(text);
            first = false;
        }
        out += "\r\n";
    }

    CaseWalk walk_;
    std::vector<FoundCase> first_;
    services::DefinitionsPtr definitions_;
    std::string language_;
    bool begun_ = false;
};

}  // namespace

Result<Outcome> export_cases(const Call& call) {
    CS_TRY(filter, read_case_filter(call));
    CaseWalk walk(call.ports.store, call.definitions, call.who, std::move(filter));
    CS_TRY(first, walk.next(kRowsPerPiece));
    Answer out;
    out.content_type = "text/csv; charset=utf-8";
    out.headers.set("Content-Disposition", "attachment; filename=\"cases.csv\"");
    out.stream = std::make_shared<CsvStream>(
        std::move(walk),
        std::move(first),
        call.definitions,
        std::string(http::accepts_language(call.request.headers))
    );
    return Outcome{std::move(out)};
}

}  // namespace chengshu::api
