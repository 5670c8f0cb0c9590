#pragma once

#include "base/result.hpp"

#include <chrono>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace chengshu::ports {

/// A request to another system.
struct Post {
    std::string url;  ///< http or https
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
    std::chrono::milliseconds timeout{10'000};  ///< for everything, name lookup included
};

/// Sends requests to addresses that people have typed in. An implementation follows no redirects
/// and, unless the operator allows it, connects to no address for which
/// services::is_private_address holds: it must look at the address that it connects to, since a
/// name may point anywhere. Thread-safe.
class HttpClient {
public:
    virtual ~HttpClient() = default;
    /// Never blocks on the other side. `done` is called exactly once, on any thread (also from
    /// inside post), with the status of the answer, or with StorageUnavailable and the reason when
    /// there was none.
    virtual void post(Post request, std::function<void(Result<int> status)> done) = 0;
};

}  // namespace chengshu::ports
