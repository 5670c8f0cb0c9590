#include "services/principals.hpp"

#include "services/accounts.hpp"

#include <algorithm>
#include <mutex>
#include <utility>

namespace chengshu::services {

Result<access::Principal>
Principals::find(const DefinitionsPtr& definitions, Instant now, std::string_view token) {
    const auto digest = secrets_.sha256(token);
    std::uint64_t changes = 0;
    {
        const std::shared_lock lock(mutex_);
        const auto known = known_.find(digest);
        if (known != known_.end() && known->second.definitions == definitions &&
            now >= known->second.at && now - known->second.at < kKnownFor) {
            return known->second.who;
        }
        changes = changes_;
    }
    CS_TRY(who, authenticate(store_, secrets_, *definitions, now, token));
    const std::unique_lock lock(mutex_);
    // What was read before a change may be what the change has ended.
    if (changes == changes_) {
        if (known_.size() >= kKnownMax) {
            known_.clear();
        }
        known_[digest] = {who, definitions, now};
    }
    return who;
}

void Principals::committed(const ports::Changes& changes) {
    const bool concerns =
        std::any_of(changes.documents.begin(), changes.documents.end(), [](const auto& row) {
            return row.kind == "account" || row.kind == "token";
        });
    if (concerns) {
        const std::unique_lock lock(mutex_);
        known_.clear();
        ++changes_;
    }
}

}  // namespace chengshu::services
