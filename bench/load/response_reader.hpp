#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace chengshu::load {

/// Reads the responses of one keep-alive connection from the bytes as they come. It trusts the
/// server under test as far as a client may: nonsense is an error, not a crash.
class ResponseReader {
public:
    enum class State { NeedMore, Complete, Malformed };

    /// Consumes from the front of `input` what belongs to the current response; call again with
    /// more.
    State read(std::string_view& input);
    /// After Complete: forgets the response, ready for the next.
    void reset();

    [[nodiscard]] int status() const { return status_; }

    [[nodiscard]] std::string_view body() const { return body_; }

    [[nodiscard]] bool keep_alive() const { return keep_alive_; }

private:
    enum class Phase { Head, Sized, ChunkSize, ChunkData, ChunkEnd, Trailer };

    bool read_head();
    State read_body(std::string_view& input);
    bool read_line(std::string_view& input);

    Phase phase_ = Phase::Head;
    std::string line_;  ///< the head, or one line of the chunked framing, as far as it has come
    std::string body_;
    std::size_t left_ = 0;
    int status_ = 0;
    bool keep_alive_ = true;
};

}  // namespace chengshu::load
