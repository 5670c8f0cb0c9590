#pragma once

#include "ports/http_client.hpp"

#include <functional>
#include <memory>
#include <string_view>

namespace chengshu::webhooks {

/// Posts over HTTP/1.1 and HTTPS (certificates are verified against the system's roots) from one
/// thread of its own. At most kPostsAtOnce are under way; more fail at once with
/// StorageUnavailable, which the delivery retries.
class AsioClient final : public ports::HttpClient {
public:
    /// `refused(address)` says which IP addresses may not be connected to; it is asked after the
    /// name lookup.
    explicit AsioClient(std::function<bool(std::string_view address)> refused);
    /// Ends what is under way; every `done` has been called when it returns.
    ~AsioClient() override;
    AsioClient(const AsioClient&) = delete;
    AsioClient& operator=(const AsioClient&) = delete;

    void post(ports::Post request, std::function<void(Result<int> status)> done) override;

    static constexpr int kPostsAtOnce = 200;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace chengshu::webhooks
