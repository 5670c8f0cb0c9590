#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace chengshu::load {

/// One request. Host and Content-Length are added by the engine.
struct Call {
    std::string_view method = "GET";
    std::string target;
    std::string headers;  ///< further header lines, each ended by CRLF
    std::string body;
};

/// What one connection does. A job is a run of calls that belong together; it begins with the first
/// call after a finished job.
class Script {
public:
    virtual ~Script() = default;

    /// Fills in the next call and returns its step, an index into Scenario::steps(). `call` is
    /// reused: every member must be set.
    virtual std::size_t next(Call& call) = 0;

    struct Verdict {
        bool good = true;      ///< counted as an error otherwise
        bool job_done = true;  ///< the next call begins a new job; a bad job always ends
    };

    virtual Verdict on_response(int status, std::string_view body) = 0;
    /// The connection broke; the job is given up.
    virtual void on_failure() = 0;
};

class Scenario {
public:
    virtual ~Scenario() = default;
    [[nodiscard]] virtual std::vector<std::string> steps() const = 0;
    /// `connection` counts from 0.
    virtual std::unique_ptr<Script> script(std::size_t connection) = 0;
};

}  // namespace chengshu::load
