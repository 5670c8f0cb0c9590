#include "load/response_reader.hpp"

#include "edge/http/text.hpp"

#include <algorithm>
#include <charconv>

namespace chengshu::load {

namespace {

constexpr std::size_t kMaxHead = 64 * 1024;

bool parse_number(std::string_view text, int base, std::size_t& value) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    return error == std::errc{} && end == text.data() + text.size() && !text.empty();
}

}  // namespace

void ResponseReader::reset() {
    phase_ = Phase::Head;
    line_.clear();
    body_.clear();
    left_ = 0;
    status_ = 0;
    keep_alive_ = true;
}

ResponseReader::State ResponseReader::read(std::string_view& input) {
    if (phase_ == Phase::Head) {
        // The end of the head may be cut anywhere, so look from three bytes before the new ones.
        const std::size_t from = line_.size() < 3 ? 0 : line_.size() - 3;
        const std::size_t before = line_.size();
        line_.append(input.substr(0, kMaxHead));
        const auto end = line_.find("\r\n\r\n", from);
        if (end == std::string::npos) {
            input = {};
            return line_.size() >= kMaxHead ? State::Malformed : State::NeedMore;
        }
        input.remove_prefix(end + 4 - before);
        line_.resize(end + 2);
        if (!read_head()) {
            return State::Malformed;
        }
        line_.clear();
        if (status_ < 200) {
            reset();  // 100 Continue: the real one follows
            return read(input);
        }
    }
    return read_body(input);
}

bool ResponseReader::read_head() {
    std::string_view head = line_;
    std::size_t status = 0;
    if (head.substr(0, 7) != "HTTP/1." || head.size() < 12 ||
        !parse_number(head.substr(9, 3), 10, status)) {
        return false;
    }
    status_ = static_cast<int>(status);
    phase_ = Phase::Sized;
    left_ = 0;
    while (!head.empty()) {
        const auto end = head.find("\r\n");
        const std::string_view line = head.substr(0, end);
        head.remove_prefix(end + 2);
        const auto colon = line.find(':');
        if (colon == std::string_view::npos) {
            continue;  // the status line
        }
        const std::string_view name = line.substr(0, colon);
        const std::string_view value = http::trim(line.substr(colon + 1));
        if (http::equal_ignoring_case(name, "Content-Length")) {
            if (!parse_number(value, 10, left_)) {
                return false;
            }
        } else if (http::equal_ignoring_case(name, "Transfer-Encoding")) {
            phase_ = Phase::ChunkSize;
        } else if (http::equal_ignoring_case(name, "Connection")) {
            keep_alive_ = !http::equal_ignoring_case(value, "close");
        }
    }
    if (status_ == 204 || status_ == 304) {
        phase_ = Phase::Sized;
        left_ = 0;
    }
    return true;
}

/// Collects a line without its end in line_; true when it is whole.
bool ResponseReader::read_line(std::string_view& input) {
    const auto end = input.find('\n');
    line_.append(input.substr(0, end));
    if (end == std::string_view::npos) {
        input = {};
        return false;
    }
    input.remove_prefix(end + 1);
    if (!line_.empty() && line_.back() == '\r') {
        line_.pop_back();
    }
    return true;
}

ResponseReader::State ResponseReader::read_body(std::string_view& input) {
    for (;;) {
        if (phase_ == Phase::Sized || phase_ == Phase::ChunkData) {
            const std::size_t count = std::min(left_, input.size());
            body_.append(input.substr(0, count));
            input.remove_prefix(count);
            left_ -= count;
            if (left_ > 0) {
                return State::NeedMore;
            }
            if (phase_ == Phase::Sized) {
                return State::Complete;
            }
            phase_ = Phase::ChunkEnd;
        }
        if (!read_line(input)) {
            return line_.size() > kMaxHead ? State::Malformed : State::NeedMore;
        }
        const std::string line = std::move(line_);
        line_.clear();
        if (phase_ == Phase::ChunkSize) {
            if (!parse_number(std::string_view{line}.substr(0, line.find(';')), 16, left_)) {
                return State::Malformed;
            }
            phase_ = left_ == 0 ? Phase::Trailer : Phase::ChunkData;
        } else if (phase_ == Phase::ChunkEnd) {
            if (!line.empty()) {
                return State::Malformed;
            }
            phase_ = Phase::ChunkSize;
        } else if (line.empty()) {
            return State::Complete;
        }
    }
}

}  // namespace chengshu::load
