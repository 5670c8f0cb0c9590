#pragma once

#include "domain/access/principal.hpp"
#include "ports/secrets.hpp"
#include "ports/store.hpp"
#include "services/definitions.hpp"

#include <cstdint>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace chengshu::services {

/// Who holds which token, remembered for a moment: two reads of the store less for each request.
/// Thread-safe.
class Principals {
public:
    Principals(ports::Store& store, ports::Secrets& secrets) : store_(store), secrets_(secrets) {}

    /// As services::authenticate. A changed account or token counts from its commit on, a token
    /// that runs out at most kKnownFor later.
    Result<access::Principal>
    find(const DefinitionsPtr& definitions, Instant now, std::string_view token);

    /// To be called after every commit, before its replies.
    void committed(const ports::Changes& changes);

    static constexpr std::chrono::seconds kKnownFor{5};
    static constexpr std::size_t kKnownMax = 10'000;

private:
    struct Known {
        access::Principal who;
        DefinitionsPtr definitions;  ///< under which its posts were found
        Instant at;
    };

    ports::Store& store_;
    ports::Secrets& secrets_;
    std::shared_mutex mutex_;
    std::unordered_map<std::string, Known> known_;  ///< by SHA-256 of the token
    std::uint64_t changes_ = 0;  ///< commits after which nothing remembered could be trusted
};

}  // namespace chengshu::services
