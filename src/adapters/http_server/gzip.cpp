#include "adapters/http_server/gzip.hpp"

#include <zlib.h>

#include <array>
#include <limits>

namespace chengshu::http {
namespace {

// The fastest level: it takes most of what JSON has to give, and the time is the I/O thread's.
constexpr int kLevel = 1;
constexpr int kGzipWindow = 15 + 16;
constexpr int kMemoryLevel = 8;

bool ends_with(std::string_view text, std::string_view end) {
    return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

}  // namespace

struct Gzip::State {
    z_stream stream{};
    bool ready = false;

    ~State() {
        if (ready) {
            deflateEnd(&stream);
        }
    }
};

Gzip::Gzip() : state_(std::make_unique<State>()) {}

Gzip::~Gzip() = default;

bool Gzip::compress(std::string_view input, std::string& output) {
    z_stream& stream = state_->stream;
    if (input.size() > std::numeric_limits<uInt>::max() / 2) {
        return false;
    }
    if (!state_->ready) {
        if (deflateInit2(
                &stream, kLevel, Z_DEFLATED, kGzipWindow, kMemoryLevel, Z_DEFAULT_STRATEGY
            ) != Z_OK) {
            return false;
        }
        state_->ready = true;
    } else if (deflateReset(&stream) != Z_OK) {
        return false;
    }
    output.resize(input.size());
    // zlib's interface is older than const; it does not write to its input.
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input.data())
    );  // NOLINT(cppcoreguidelines-pro-type-const-cast)
    stream.avail_in = static_cast<uInt>(input.size());
    stream.next_out = reinterpret_cast<Bytef*>(output.data());
    stream.avail_out = static_cast<uInt>(output.size());
    if (deflate(&stream, Z_FINISH) != Z_STREAM_END) {
        return false;
    }
    output.resize(output.size() - stream.avail_out);
    return true;
}

bool is_compressible(std::string_view type) {
    constexpr auto kTypes = std::to_array<std::string_view>(
        {"application/json",
         "application/javascript",
         "application/xml",
         "application/geo+json",
         "application/vnd.mapbox-vector-tile",
         "application/manifest+json",
         "image/svg+xml"}
    );
    // An event stream's pieces must reach the reader as they come; it is never compressed.
    if (type.substr(0, 5) == "text/") {
        return type != "text/event-stream";
    }
    for (const auto& known : kTypes) {
        if (type == known) {
            return true;
        }
    }
    return ends_with(type, "+json") || ends_with(type, "+xml");
}

}  // namespace chengshu::http
