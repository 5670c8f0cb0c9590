#include "edge/http/inflate.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <limits>
#include <memory>

namespace chengshu::http {
namespace {

struct End {
    void operator()(z_stream* stream) const { inflateEnd(stream); }
};

constexpr int kGzipOnly = 16 + MAX_WBITS;
constexpr const char* kField = "Content-Encoding";

}  // namespace

Result<std::string> inflate_gzip(std::string_view body, std::size_t limit) {
    z_stream stream{};
    if (inflateInit2(&stream, kGzipOnly) != Z_OK) {
        return fail(ErrorCode::Internal, "zlib does not start");
    }
    const std::unique_ptr<z_stream, End> end(&stream);
    // zlib asks for a mutable pointer and does not write through it.
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(body.data()));
    if (body.size() > std::numeric_limits<uInt>::max()) {
        return fail(ErrorCode::TooLarge, "the body is too large", kField);
    }
    stream.avail_in = static_cast<uInt>(body.size());
    std::string out;
    std::array<char, 64 * 1024> piece{};
    int state = Z_OK;
    do {
        stream.next_out = reinterpret_cast<Bytef*>(piece.data());
        stream.avail_out = static_cast<uInt>(piece.size());
        state = inflate(&stream, Z_NO_FLUSH);
        const auto got = piece.size() - stream.avail_out;
        if (got > limit - out.size()) {
            return fail(
                ErrorCode::TooLarge,
                "the body is larger than allowed when it is unpacked; send it in parts",
                kField
            );
        }
        out.append(piece.data(), got);
        if (state == Z_STREAM_END && stream.avail_in > 0) {
            state = inflateReset(&stream);  // another member follows
        }
    } while (state == Z_OK && (stream.avail_in > 0 || stream.avail_out == 0));
    if (state != Z_STREAM_END) {
        return fail(ErrorCode::InvalidInput, "the body is no complete gzip data", kField);
    }
    return out;
}

}  // namespace chengshu::http
