#include "base/text.hpp"
#include "domain/intake/report.hpp"
#include "edge/open311/internal/call.hpp"
#include "services/attachments.hpp"
#include "services/reports.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace json = boost::json;

namespace chengshu::open311 {
namespace {

/// Cities, districts and streets: what an address names. Smaller areas have names such as "grid 1".
constexpr std::size_t kAddressLevels = 3;
constexpr std::size_t kNameMin = 4;  ///< bytes; shorter names occur by chance

Result<double> degrees_of(const std::string& given, const char* field, double max) {
    double value = 0;
    const auto [end, error] = std::from_chars(given.data(), given.data() + given.size(), value);
    if (error != std::errc() || end != given.data() + given.size() || !std::isfinite(value) ||
        std::abs(value) > max) {
        return fail(
            ErrorCode::InvalidInput,
            fmt::format("{} is a number of degrees from -{} to {}", field, max, max),
            field
        );
    }
    return value;
}

/// The smallest area that the address names; the whole city where it names none, or two that are
/// equally good.
std::string area_named_in(const std::string& address, const city::City& city, Date day) {
    std::string best = city::root_area(city).code;
    std::pair<std::size_t, std::size_t> score{1, 0};
    bool tie = false;
    for (const auto& area : city.areas()) {
        const auto depth = city.path(area.code).size();
        if (depth < 2 || depth > kAddressLevels || depth < score.first ||
            !area.validity.holds(day)) {
            continue;
        }
        for (const auto* name : {&area.name.zh, &area.name.en}) {
            if (name->size() < kNameMin || address.find(*name) == std::string::npos) {
                continue;
            }
            const std::pair found{depth, name->size()};
            tie = found == score && area.code != best;
            if (found > score) {
                score = found;
                best = area.code;
            }
        }
    }
    return tie ? city::root_area(city).code : best;
}

void read_place(const Call& call, intake::Report& report, Problems& problems) {
    const auto lat = call.field("lat");
    const auto lon = call.field("long").empty() ? call.field("lon") : call.field("long");
    report.address =
        call.field("address_string").empty() ? call.field("address") : call.field("address_string");
    const auto address_id = call.field("address_id");
    if (!lat.empty() || !lon.empty()) {
        if (lat.empty() || lon.empty()) {
            problems.push_back(
                {ErrorCode::InvalidInput,
                 "lat and long belong together",
                 lat.empty() ? "lat" : "long"}
            );
            return;
        }
        const auto y = degrees_of(lat, "lat", 90);
        const auto x = degrees_of(lon, "long", 180);
        for (const auto* value : {&y, &x}) {
            if (!*value) {
                problems.push_back(value->error());
            }
        }
        if (x && y) {
            report.point = city::Point{*x, *y};
        }
        return;
    }
    const auto& city = call.city();
    if (city.component(address_id) != nullptr) {
        report.component = address_id;
    } else if (city.area(address_id) != nullptr) {
        report.area = address_id;
    } else if (!report.address.empty()) {
        report.area = area_named_in(report.address, city, call.catalogue->day());
    } else if (!address_id.empty()) {
        problems.push_back(
            {ErrorCode::InvalidInput,
             "address_id is neither a component nor an area of this city",
             "address_id"}
        );
    } else {
        problems.push_back(
            {ErrorCode::InvalidInput, "give lat and long, address_string or address_id", "lat"}
        );
    }
}

/// The value of attribute[CODE], in whatever way it is written.
std::string attribute(const Call& call, std::string_view code) {
    for (const auto* form : {"attribute[{}]", "attribute[{}][]"}) {
        if (auto value = call.field(fmt::format(fmt::runtime(form), code)); !value.empty()) {
            return value;
        }
    }
    return {};
}

void read_service(const Call& call, intake::Report& report, Problems& problems) {
    const auto code = call.field("service_code");
    if (code.empty()) {
        problems.push_back(
            {ErrorCode::InvalidInput, "service_code was not provided", "service_code"}
        );
        return;
    }
    const auto* service = call.catalogue->find(code);
    if (service == nullptr) {
        problems.push_back({ErrorCode::NotFound, "service_code was not found", "service_code"});
        return;
    }
    report.category = service->category->id;
    const auto standard = attribute(call, "STANDARD");
    const auto known = call.city().standards_of(report.category, call.catalogue->day());
    const auto same = [&](const auto* item) { return item->code == standard; };
    if (!standard.empty() && std::none_of(known.begin(), known.end(), same)) {
        problems.push_back(
            {ErrorCode::InvalidInput,
             "attribute[STANDARD] is not one of its values",
             "attribute[STANDARD]"}
        );
        return;
    }
    report.standard = standard;
}

/// Family name first, without a blank, where names are written in Chinese characters.
std::string full_name(const std::string& first, const std::string& last) {
    if (first.empty() || last.empty()) {
        return first + last;
    }
    const bool ascii = std::all_of(last.begin(), last.end(), [](char c) {
        return static_cast<unsigned char>(c) < 0x80;
    });
    return ascii ? fmt::format("{} {}", first, last) : last + first;
}

intake::Reporter reporter_of(const Call& call) {
    intake::Reporter out;
    out.name = full_name(call.field("first_name"), call.field("last_name"));
    out.phone = call.field("phone");
    out.email = call.field("email");
    out.account = call.field("account_id");
    const auto device =
        call.field("device_id").empty() ? call.field("deviceid") : call.field("device_id");
    if (out.account.empty() && !device.empty()) {
        out.account = "device:" + device;
    }
    return out;
}

/// The sender's own number of the report, so that sending it again gives the same request.
std::string external_id_of(const Call& call) {
    auto id = call.field("external_id");
    if (id.empty()) {
        id = attribute(call, "fixmystreet_id");
    }
    return id.empty() ? id : fmt::format("{}:{}", call.who.account, id);
}

struct Read {
    intake::Report report;
    std::vector<services::StoredFile> files;
    Problems problems;
};

void keep_files(const Call& call, Read& out) {
    if (call.files.size() > intake::kAttachmentsMax) {
        out.problems.push_back(
            {ErrorCode::TooLarge,
             fmt::format("a request has at most {} files", intake::kAttachmentsMax),
             "photo"}
        );
        return;
    }
    for (const auto& part : call.files) {
        auto file = services::keep_file(call.ports.blobs, call.who, part.content);
        if (file) {
            out.files.push_back(std::move(*file));
        } else {
            auto error = file.error();
            error.field = is_utf8(part.name) ? part.name : "photo";
            out.problems.push_back(std::move(error));
        }
    }
}

Read read_request(const Call& call) {
    Read out;
    auto& report = out.report;
    report.source = "public";
    report.channel = "open311";
    read_service(call, report, out.problems);
    read_place(call, report, out.problems);
    report.description = call.field("description");
    if (utf8_length(report.description) > intake::kDescriptionMax) {
        out.problems.push_back(
            {ErrorCode::InvalidInput, "description has at most 4,000 characters", "description"}
        );
    }
    report.reporter = reporter_of(call);
    report.external_id = external_id_of(call);
    auto urls = media_urls_of(call);
    if (urls) {
        report.media_urls = std::move(*urls);
    } else {
        out.problems.push_back(urls.error());
    }
    // Bytes are written only for a request that is otherwise right.
    if (out.problems.empty()) {
        keep_files(call, out);
    }
    return out;
}

Result<std::string>
file_it(services::UnitOfWork& work, const access::Principal& who, const Read& read) {
    std::vector<services::FileToAttach> wanted;
    for (const auto& file : read.files) {
        CS_CHECK(services::put_file(work, file));
        wanted.push_back({file.sha256, "before"});
    }
    auto report = read.report;
    // In one batch with put_file the document is staged, so that it is found.
    CS_TRY(attachments, services::attachments_of(work, wanted, who.account));
    report.attachments = std::move(attachments);
    CS_TRY(filed, services::file_report(work, who, std::move(report)));
    CS_CHECK(services::link_files(work, filed.value->attachments, filed.value->id));
    return json::serialize(json::object{{"id", to_string(filed.report)}, {"state", filed.state}});
}

}  // namespace

Result<Outcome> post_request(const Call& call) {
    CS_CHECK(access::require(call.who, access::Permission::Report));
    CS_TRY(key, idempotency_key_of(call));
    auto read = std::make_shared<Read>(read_request(call));
    if (!read->problems.empty()) {
        return Outcome{std::move(read->problems)};
    }
    Write write;
    write.fingerprint = key.empty() ? std::string() : fingerprint_of(call);
    write.idempotency_key = std::move(key);
    write.work = [who = call.who, read](services::UnitOfWork& work) {
        return file_it(work, who, *read);
    };
    write.respond = [joined = call.say(
                         "此事已有在办案件，您的上报已并入",
                         "This is already being dealt with; your report was added to it"
                     ),
                     account = call.field("account_id")](std::string_view reply) {
        const auto stored = json::parse(json::string_view(reply.data(), reply.size()));
        const bool duplicate = stored.at("state").as_string() == "duplicate";
        return list(
            "service_requests",
            {object(
                "request",
                {text(
                     "service_request_id",
                     std::string(std::string_view(stored.at("id").as_string()))
                 ),
                 text("service_notice", duplicate ? joined : std::string()),
                 text("account_id", account)}
            )}
        );
    };
    return Outcome{std::move(write)};
}

}  // namespace chengshu::open311
