#include "readings/readings.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>
#include <iterator>
#include <stdexcept>

namespace chengshu::load {
namespace {

void put(std::string& out, std::int64_t number) {
    std::array<char, 24> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    out.append(digits.data(), end);
}

void put_value(std::string& out, std::int64_t cents) {
    put(out, cents / 100);
    out += '.';
    out += static_cast<char>('0' + cents / 10 % 10);
    out += static_cast<char>('0' + cents % 10);
}

void put_time(std::string& out, std::int64_t millis) {
    const std::time_t seconds = millis / 1000;
    std::tm parts{};
    ::gmtime_r(&seconds, &parts);
    fmt::format_to(
        std::back_inserter(out),
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
        parts.tm_year + 1900,
        parts.tm_mon + 1,
        parts.tm_mday,
        parts.tm_hour,
        parts.tm_min,
        parts.tm_sec,
        millis % 1000
    );
}

void write_ndjson(const Point& point, std::string& out) {
    out += "{\"stream\":";
    put(out, point.stream);
    out += ",\"time\":";
    put(out, point.time);
    out += ",\"result\":";
    put_value(out, point.cents);
    out += "}\n";
}

void write_line(const Fleet& fleet, const Point& point, std::string& out) {
    out += "air,code=";
    out += fleet.prefix;
    put(out, point.stream - fleet.first_stream + 1);
    out += ' ';
    out += fleet.datastream;
    out += '=';
    put_value(out, point.cents);
    out += ' ';
    put(out, point.time);
    out += '\n';
}

void write_data_array(Gateway& from, int rows, std::string& out) {
    out += '[';
    for (int row = 0; row < rows; ++row) {
        const auto point = from.next();
        if (row % kReadingsOfAGroup == 0) {
            fmt::format_to(
                std::back_inserter(out),
                R"({}{{"Datastream":{{"@iot.id":{}}},"components":["phenomenonTime","result"],)"
                R"("dataArray@iot.count":{},"dataArray":[)",
                row == 0 ? "" : "]},",
                point.stream,
                kReadingsOfAGroup
            );
        } else {
            out += ',';
        }
        out += "[\"";
        put_time(out, point.time);
        out += "\",";
        put_value(out, point.cents);
        out += ']';
    }
    out += "]}]";
}

std::string_view content_type(const ReadingsConfig& config) {
    if (config.single || config.format == Format::DataArray) {
        return "application/json";
    }
    return config.format == Format::Line ? "text/plain" : "application/x-ndjson";
}

int readings_of(const ReadingsConfig& config) {
    return !config.single && config.format == Format::DataArray ? kReadingsOfAGroup : 1;
}

class ReadingsScript final : public Script {
public:
    ReadingsScript(const ReadingsConfig& config, std::size_t part, std::size_t parts)
        : config_(config), gateway_(config_.fleet, part, parts, readings_of(config)), part_(part) {}

    std::size_t next(Call& call) override {
        call.method = "POST";
        call.body.clear();
        if (config_.single) {
            const auto point = gateway_.next();
            call.target =
                fmt::format("/sensorthings/v1.1/Datastreams({})/Observations", point.stream);
            write_single(point, call.body);
        } else {
            write_batch(config_.format, config_.fleet, gateway_, config_.rows, call.body);
            call.target = config_.format == Format::DataArray
                              ? "/sensorthings/v1.1/CreateObservations"
                              : "/api/v1/observations?precision=ms";
        }
        if (!config_.target.empty()) {
            call.target = config_.target;
        }
        call.headers = fmt::format("Content-Type: {}\r\n", content_type(config_));
        if (!config_.token.empty()) {
            call.headers += fmt::format("Authorization: Bearer {}\r\n", config_.token);
        }
        if (config_.keys) {
            call.headers +=
                fmt::format("Idempotency-Key: {}-{}-{}\r\n", config_.run, part_, ++number_);
        }
        if (config_.gzip) {
            call.headers += "Content-Encoding: gzip\r\n";
            call.body = gzip(call.body);
        }
        return 0;
    }

    Verdict on_response(int status, std::string_view body) override {
        return {.good = confirms(config_, status, body), .job_done = true};
    }

    void on_failure() override {}

private:
    const ReadingsConfig& config_;
    Gateway gateway_;
    std::size_t part_;
    std::uint64_t number_ = 0;
};

}  // namespace

Gateway::Gateway(const Fleet& fleet, std::size_t part, std::size_t parts, int readings)
    : fleet_(fleet), readings_(readings), random_(0x9E3779B97F4A7C15U * (part + 1)) {
    const auto all = static_cast<std::size_t>(fleet.streams);
    const auto begin = std::min(all * part / parts, all - 1);
    const auto end = std::max(all * (part + 1) / parts, begin + 1);
    first_ = fleet.first_stream + static_cast<std::int64_t>(begin);
    values_.assign(end - begin, 4'000);
}

Point Gateway::next() {
    if (given_ == readings_) {
        given_ = 0;
        if (++index_ == values_.size()) {
            index_ = 0;
            round_ += readings_;
        }
    }
    random_ = random_ * 6364136223846793005U + 1442695040888963407U;
    const auto bits = random_ >> 33U;
    auto& value = values_[index_];
    const auto step = static_cast<int>(bits % 101) - 50;
    value = static_cast<std::int16_t>(std::clamp<int>(value + step, 100, 30'000));
    const auto stream = first_ + static_cast<std::int64_t>(index_);
    // Each stream has its own place in the interval, and is up to a tenth of it late.
    const auto place = stream * 7'919 % (fleet_.interval * 9 / 10);
    const auto late = static_cast<std::int64_t>(bits >> 7U) % (fleet_.interval / 10);
    const auto round = round_ + given_++;
    return {stream, fleet_.start + round * fleet_.interval + place + late, value};
}

void write_single(const Point& point, std::string& out) {
    out += "{\"phenomenonTime\":\"";
    put_time(out, point.time);
    out += "\",\"result\":";
    put_value(out, point.cents);
    out += '}';
}

void write_batch(Format format, const Fleet& fleet, Gateway& from, int rows, std::string& out) {
    out.clear();
    if (format == Format::DataArray) {
        write_data_array(from, rows, out);
        return;
    }
    for (int i = 0; i < rows; ++i) {
        const auto point = from.next();
        if (format == Format::Ndjson) {
            write_ndjson(point, out);
        } else if (format == Format::Line) {
            write_line(fleet, point, out);
        } else {
            put(out, point.stream);
            out += ',';
            put(out, point.time);
            out += ',';
            put_value(out, point.cents);
            out += '\n';
        }
    }
}

bool confirms(const ReadingsConfig& config, int status, std::string_view body) {
    if (!config.target.empty()) {
        return status >= 200 && status < 300;
    }
    if (config.single) {
        return status == 201;
    }
    if (config.format == Format::DataArray) {
        const auto links = std::count(body.begin(), body.end(), '(');
        return status == 201 && links == config.rows && body.find("error") == body.npos;
    }
    return status == 200 &&
           body.find(fmt::format("\"accepted\":{},\"rejected\":0,", config.rows)) != body.npos &&
           body.find("\"repeated\":false") != body.npos;
}

std::string gzip(std::string_view text) {
    z_stream stream{};
    constexpr int kGzip = 15 + 16;
    if (deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, kGzip, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
        throw std::runtime_error("zlib does not start");
    }
    std::string out(deflateBound(&stream, static_cast<uLong>(text.size())), '\0');
    // zlib does not change what it reads.
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    const auto done = deflate(&stream, Z_FINISH);
    out.resize(stream.total_out);
    deflateEnd(&stream);
    if (done != Z_STREAM_END) {
        throw std::runtime_error("zlib does not pack");
    }
    return out;
}

ReadingsScenario::ReadingsScenario(ReadingsConfig config, std::size_t connections)
    : config_(std::move(config)), connections_(connections) {
    config_.rows = config_.single ? 1 : config_.rows;
}

std::vector<std::string> ReadingsScenario::steps() const {
    return {config_.single ? "single" : "batch"};
}

std::unique_ptr<Script> ReadingsScenario::script(std::size_t connection) {
    return std::make_unique<ReadingsScript>(config_, connection, connections_);
}

}  // namespace chengshu::load
