#pragma once

#include "edge/api/internal/call.hpp"
#include "services/live_page.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace chengshu::api {

/// How the values of a page are laid out.
struct FeedShape {
    enum class Kind { Table, Ranking, Distribution };

    Kind kind = Kind::Table;
    int top = 0;  ///< of a ranking: so many from the first; 0: all
};

/// A page that somebody looks at, with what has been written of it.
class FeedPage {
public:
    FeedPage(services::LiveIndicators& live, services::PageSet set) : page_(live, std::move(set)) {}

    struct Written {
        std::uint64_t version = 0;
        std::shared_ptr<const std::string> body;  ///< JSON
        bool everything = false;
    };

    /// All of it in a shape; written once for all who ask while nothing changes.
    Result<Written> whole(const FeedShape& shape, Instant now);
    /// Cells that have changed after the version, as JSON; the body is null when there are none,
    /// and everything when that is not known any more.
    Result<Written> since(std::uint64_t version, const FeedShape& shape, Instant now);

    Status look(Instant now, const std::function<void(const services::PageState&)>& show) {
        return page_.look(now, show);
    }

    [[nodiscard]] const services::PageSet& set() const { return page_.set(); }

private:
    services::LivePage page_;
    std::mutex mutex_;
    std::map<std::pair<FeedShape::Kind, int>, Written> written_;
    Written changes_;  ///< the last ones that were asked for: most followers stand at the same
    std::uint64_t changes_since_ = 0;
};

/// The pages that are looked at, shared by all who look at the same, and those who follow them. All
/// bounded. Thread-safe.
class Feed {
public:
    static constexpr std::size_t kPagesMax = 512;
    static constexpr std::size_t kCellsMax = 2'000'000;  ///< of all pages
    static constexpr int kFollowersMax = 2'000;

    /// `live` outlives this object. `epoch` is another one after each start.
    Feed(services::LiveIndicators& live, std::string epoch)
        : live_(live), epoch_(std::move(epoch)) {}

    /// Overloaded when too many are followed.
    Result<std::shared_ptr<FeedPage>> page(services::PageSet set);

    [[nodiscard]] services::LiveIndicators& live() { return live_; }

    /// Of a version of a page, for ETag and Last-Event-ID.
    [[nodiscard]] std::string tag(std::uint64_t version) const;
    /// 0 when it is not one of this server's.
    [[nodiscard]] std::uint64_t version_of(std::string_view tag) const;

    /// Overloaded when there are too many.
    Status enter();

    void leave() { --followers_; }

private:
    struct Entry {
        std::shared_ptr<FeedPage> page;
        std::uint64_t used = 0;
        std::size_t cells = 0;
    };

    services::LiveIndicators& live_;
    const std::string epoch_;
    std::mutex mutex_;
    std::map<std::string, Entry> pages_;
    std::uint64_t asked_ = 0;
    std::size_t cells_ = 0;
    std::atomic<int> followers_ = 0;
};

/// The call with what the data's page says that `page` names, as if the query said so; what the
/// query does say counts instead. UnknownCode for a page that there is not.
Result<Call> with_page(const Call& call);

}  // namespace chengshu::api
