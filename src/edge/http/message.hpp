#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chengshu::http {

/// Header names compare without regard to case.
class Headers {
public:
    void set(std::string name, std::string value);
    void add(std::string name, std::string value);
    /// First value, or empty.
    [[nodiscard]] std::string_view get(std::string_view name) const;

    [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& all() const {
        return fields_;
    }

private:
    std::vector<std::pair<std::string, std::string>> fields_;
};

/// A whole request, its body already read within the size limit.
struct Request {
    std::string method;  ///< upper case
    std::string target;  ///< origin form, percent-encoded: "/api/v1/cases?limit=10"
    Headers headers;
    std::string body;
    std::string peer;  ///< remote IP address, for throttling and audit
    bool secure = false;
};

/// A body that comes in pieces: an export, or a live stream.
class BodyStream {
public:
    virtual ~BodyStream() = default;
    /// The next piece; empty when nothing is ready yet (the server asks again after `wake` or at
    /// the latest after 15 s, when it sends a keep-alive comment); nullopt at the end. May block on
    /// the store.
    virtual std::optional<std::string> next() = 0;
};

struct Response {
    int status = 200;
    Headers headers;
    std::string body;
    std::shared_ptr<BodyStream> stream;  ///< when set, `body` is ignored
};

/// Called exactly once, on any thread.
using Reply = std::function<void(Response)>;

/// Answers requests. `handle` may block on reads of the store; it must not wait for commits (those
/// reply from the writer's thread).
class Handler {
public:
    virtual ~Handler() = default;
    virtual void handle(Request request, Reply reply) = 0;
};

/// Percent-decoded path segments and query of a target. nullopt for a malformed target (bad percent
/// encoding, NUL, over 8 KiB, invalid UTF-8).
struct Target {
    std::vector<std::string> path;
    std::vector<std::pair<std::string, std::string>> query;  ///< in order, names may repeat

    [[nodiscard]] std::optional<std::string> get(std::string_view name) const;
};

std::optional<Target> parse_target(std::string_view target);
/// application/x-www-form-urlencoded; nullopt when malformed or more than 1,000 fields.
std::optional<std::vector<std::pair<std::string, std::string>>> parse_form(std::string_view body);

/// A part of multipart/form-data.
struct Part {
    std::string name;
    std::string filename;      ///< empty when not a file
    std::string content_type;  ///< as declared; not to be trusted
    std::string content;
};

/// nullopt when malformed, more than 64 parts, or a header block over 8 KiB.
std::optional<std::vector<Part>>
parse_multipart(std::string_view content_type, std::string_view body);

}  // namespace chengshu::http
