#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace chengshu::http {

/// A reusable gzip compressor: its working memory is allocated once. Not for use by two threads at
/// once.
class Gzip {
public:
    Gzip();
    Gzip(const Gzip&) = delete;
    Gzip& operator=(const Gzip&) = delete;
    ~Gzip();

    /// Replaces `output`; false when it would not be smaller or zlib refuses.
    bool compress(std::string_view input, std::string& output);

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// Whether compressing this media type (lower case, no parameters) is worth the time.
bool is_compressible(std::string_view media_type);

}  // namespace chengshu::http
