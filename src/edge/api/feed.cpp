#include "edge/api/internal/feed.hpp"

#include "base/json_text.hpp"
#include "edge/api/internal/dimensions.hpp"
#include "edge/api/internal/feed_view.hpp"
#include "edge/api/internal/handlers.hpp"
#include "edge/http/negotiate.hpp"
#include "services/accounts.hpp"
#include "services/indicators.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <stdexcept>

namespace chengshu::api {
namespace {

/// A stream ends at the latest so long after its session has ended.
constexpr std::chrono::seconds kSessionChecked{60};

std::vector<std::string> listed(std::string_view text) {
    std::vector<std::string> out;
    while (!text.empty()) {
        const auto comma = std::min(text.find(','), text.size());
        if (comma > 0) {
            out.emplace_back(text.substr(0, comma));
        }
        text.remove_prefix(std::min(comma + 1, text.size()));
    }
    return out;
}

Result<Feed*> feed_of(const Call& call) {
    if (call.ports.feed == nullptr) {
        return fail(ErrorCode::NotFound, "this server keeps no live values");
    }
    return call.ports.feed;
}

Result<std::vector<indicators::Place>> places_of(const Call& call, const Breakdown& breakdown) {
    std::vector<indicators::Place> out;
    if (const auto thing = call.parameter("thing")) {
        if (breakdown.dimension != nullptr) {
            return fail(ErrorCode::InvalidInput, "only areas are broken down", "by");
        }
        std::int64_t id = 0;
        std::from_chars(thing->data(), thing->data() + thing->size(), id);
        out.push_back({id});
        return out;
    }
    auto areas = listed(call.parameter("areas").value_or(""));
    if (areas.empty()) {
        areas.push_back(city::root_area(call.city()).code);
    }
    const auto level = call.parameter("level").value_or("");
    for (const auto& area : areas) {
        if (call.city().area(area) == nullptr) {
            return fail(ErrorCode::UnknownCode, fmt::format("area {} is not known", area), "areas");
        }
        std::vector<std::string> parts;
        if (call.flag("parts") || !level.empty()) {
            parts = services::areas_in(call.city(), area, level, call.today());
        }
        // The whole is no rival of its parts.
        if (parts.empty() || !call.parameter("shape") || call.parameter("shape") == "table") {
            parts.insert(parts.begin(), area);
        }
        for (const auto& part : parts) {
            CS_TRY(places, places_in(call, breakdown, part));
            out.insert(out.end(), places.begin(), places.end());
            if (out.size() > indicators::kPagePlacesMax) {
                return fail(
                    ErrorCode::TooLarge,
                    fmt::format("at most {} places can be asked for", indicators::kPagePlacesMax),
                    "areas"
                );
            }
        }
    }
    return out;
}

Result<services::PageSet> set_of(const Call& call) {
    services::PageSet out;
    out.indicators = listed(call.parameter("indicators").value_or(""));
    if (out.indicators.empty() || out.indicators.size() > indicators::kPageIndicatorsMax) {
        return fail(
            ErrorCode::InvalidInput,
            fmt::format(
                "name 1 to {} indicators, with commas between", indicators::kPageIndicatorsMax
            ),
            "indicators"
        );
    }
    CS_TRY(breakdown, breakdown_of(call));
    for (const auto& code : out.indicators) {
        if (const auto* indicator = call.definitions->indicators.any(code)) {
            CS_CHECK(check_breaks_down(breakdown, *indicator));
        }
    }
    CS_TRY(places, places_of(call, breakdown));
    out.places = std::move(places);
    if (const auto word = call.parameter("period")) {
        out.period = indicators::cycle_of(*word);
        if (!out.period) {
            return fail(
                ErrorCode::InvalidInput, fmt::format("\"{}\" is not a period", *word), "period"
            );
        }
    }
    if (const auto at = call.parameter("at")) {
        CS_TRY(instant, parse_rfc3339(*at));
        out.at = instant;
    }
    out.last = call.integer("periods", 1);
    const auto compare = call.parameter("compare").value_or("");
    out.previous = compare == "previous" || compare == "both";
    out.last_year = compare == "last_year" || compare == "both";
    if (out.cells() > indicators::kPageCellsMax) {
        return fail(
            ErrorCode::TooLarge,
            fmt::format("a page has at most {} values", indicators::kPageCellsMax),
            "indicators"
        );
    }
    return out;
}

FeedShape shape_of(const Call& call) {
    FeedShape out;
    const auto word = call.parameter("shape").value_or("table");
    out.kind = word == "ranking"        ? FeedShape::Kind::Ranking
               : word == "distribution" ? FeedShape::Kind::Distribution
                                        : FeedShape::Kind::Table;
    out.top = call.integer("top", 0);
    return out;
}

/// A page as it changes: event `values` with everything, then `changes` with the cells that have
/// changed (of a table), or `values` again. Whoever reads slowly gets fewer, not older ones.
class FeedStream final : public http::BodyStream {
public:
    FeedStream(
        const Ports& ports,
        std::shared_ptr<FeedPage> page,
        FeedShape shape,
        access::Principal who,
        std::string token,
        services::DefinitionsPtr definitions,
        std::uint64_t version
    )
        : ports_(ports),
          page_(std::move(page)),
          shape_(shape),
          who_(std::move(who)),
          token_(std::move(token)),
          definitions_(std::move(definitions)),
          version_(version),
          checked_(ports.clock.now()) {}

    FeedStream(const FeedStream&) = delete;
    FeedStream& operator=(const FeedStream&) = delete;

    ~FeedStream() override { ports_.feed->leave(); }

    std::optional<std::string> next() override {
        const auto now = ports_.clock.now();
        if (!still_valid(now)) {
            return std::nullopt;
        }
        std::string out;
        if (!begun_) {
            begun_ = true;
            out = "retry: 2000\n: hello\n\n";
        }
        const bool table = shape_.kind == FeedShape::Kind::Table;
        auto written =
            version_ == 0 ? page_->whole(shape_, now) : page_->since(version_, shape_, now);
        if (!written) {
            if (written.error().code == ErrorCode::Overloaded) {
                return out;  // again with the next change
            }
            throw std::runtime_error("feed: " + written.error().context);
        }
        if (written->body != nullptr && written->version != version_) {
            const bool whole = version_ == 0 || !table || written->everything;
            out += fmt::format(
                "id: {}\nevent: {}\ndata: {}\n\n",
                ports_.feed->tag(written->version),
                whole ? "values" : "changes",
                *written->body
            );
            version_ = written->version;
        }
        return out;
    }

private:
    /// Sessions end, posts change, and so may what the city's areas are: then the reader begins
    /// anew.
    bool still_valid(Instant now) {
        if (ports_.definitions.get() != definitions_) {
            return false;
        }
        if (now - checked_ < kSessionChecked) {
            return true;
        }
        checked_ = now;
        if (!token_.empty()) {
            auto who =
                services::authenticate(ports_.store, ports_.secrets, *definitions_, now, token_);
            if (!who) {
                return who.error().code != ErrorCode::NotAuthenticated;
            }
            who_ = std::move(*who);
        }
        return services::check_page(
                   page_->set(), who_, *definitions_, ports_.feed->live(), ports_.options.entities
        )
            .has_value();
    }

    const Ports& ports_;
    std::shared_ptr<FeedPage> page_;
    FeedShape shape_;
    access::Principal who_;
    std::string token_;
    services::DefinitionsPtr definitions_;
    std::uint64_t version_;
    Instant checked_;
    bool begun_ = false;
};

}  // namespace

Result<FeedPage::Written> FeedPage::whole(const FeedShape& shape, Instant now) {
    const std::lock_guard lock(mutex_);
    constexpr std::size_t kShapesKept = 8;
    if (written_.size() > kShapesKept) {
        written_.clear();
    }
    auto& written = written_[{shape.kind, shape.top}];
    CS_CHECK(page_.look(now, [&](const services::PageState& state) {
        if (written.body == nullptr || written.version != state.version) {
            written.body =
                std::make_shared<const std::string>(json_text(feed_view(page_.set(), state, shape))
                );
            written.version = state.version;
            written.everything = true;
        }
    }));
    return written;
}

Result<FeedPage::Written>
FeedPage::since(std::uint64_t version, const FeedShape& shape, Instant now) {
    Written out;
    bool known = false;
    {
        const std::lock_guard lock(mutex_);
        CS_CHECK(page_.look(now, [&](const services::PageState& state) {
            out.version = state.version;
            known = version >= state.first && version <= state.version;
            if (!known || version == state.version || shape.kind != FeedShape::Kind::Table) {
                return;
            }
            if (changes_since_ != version || changes_.version != state.version) {
                changes_.body = std::make_shared<const std::string>(
                    json_text(feed_changes(page_.set(), state, version))
                );
                changes_.version = state.version;
                changes_since_ = version;
            }
            out.body = changes_.body;
        }));
    }
    if (!known || (version != out.version && shape.kind != FeedShape::Kind::Table)) {
        return whole(shape, now);
    }
    return out;
}

Result<std::shared_ptr<FeedPage>> Feed::page(services::PageSet set) {
    const auto definitions = live_.definitions();
    auto key = definitions->revision + "|" + set.key();
    const std::lock_guard lock(mutex_);
    if (const auto found = pages_.find(key); found != pages_.end()) {
        found->second.used = ++asked_;
        return found->second.page;
    }
    const auto cells = set.cells();
    while (pages_.size() >= kPagesMax || cells_ + cells > kCellsMax) {
        auto oldest = pages_.end();
        for (auto at = pages_.begin(); at != pages_.end(); ++at) {
            const bool followed = at->second.page.use_count() > 1;
            if (!followed && (oldest == pages_.end() || at->second.used < oldest->second.used)) {
                oldest = at;
            }
        }
        if (oldest == pages_.end()) {
            return fail(ErrorCode::Overloaded, "too many pages are followed; try again later");
        }
        cells_ -= oldest->second.cells;
        pages_.erase(oldest);
    }
    cells_ += cells;
    auto page = std::make_shared<FeedPage>(live_, std::move(set));
    pages_.emplace(std::move(key), Entry{page, ++asked_, cells});
    return page;
}

std::string Feed::tag(std::uint64_t version) const {
    return fmt::format("{}-{}", epoch_, version);
}

std::uint64_t Feed::version_of(std::string_view tag) const {
    std::uint64_t out = 0;
    if (tag.starts_with(epoch_ + "-")) {
        tag.remove_prefix(epoch_.size() + 1);
        const auto [end, error] = std::from_chars(tag.data(), tag.data() + tag.size(), out);
        if (error != std::errc{} || end != tag.data() + tag.size()) {
            return 0;
        }
    }
    return out;
}

Status Feed::enter() {
    if (++followers_ > kFollowersMax) {
        --followers_;
        return fail(ErrorCode::Overloaded, "too many pages are followed; try again later");
    }
    return ok();
}

namespace {

Result<Outcome> feed_answer(const Call& call) {
    CS_TRY(feed, feed_of(call));
    CS_TRY(set, set_of(call));
    CS_CHECK(services::check_page(
        set, call.who, *call.definitions, feed->live(), call.ports.options.entities
    ));
    const auto shape = shape_of(call);
    CS_TRY(page, feed->page(std::move(set)));
    CS_TRY(written, page->whole(shape, call.now));
    Answer out;
    if (call.request.headers.get("Accept").find("text/event-stream") != std::string_view::npos) {
        CS_CHECK(feed->enter());
        out.content_type = "text/event-stream";
        out.headers.set("X-Accel-Buffering", "no");
        out.stream = std::make_shared<FeedStream>(
            call.ports,
            std::move(page),
            shape,
            call.who,
            call.token,
            call.definitions,
            feed->version_of(call.request.headers.get("Last-Event-ID"))
        );
        return Outcome{std::move(out)};
    }
    const auto etag = "\"" + feed->tag(written.version) + "\"";
    out.headers.set("ETag", etag);
    out.headers.set("Cache-Control", "private, no-cache");
    out.headers.set("Vary", "Accept");
    if (http::matches_etag(call.request.headers.get("If-None-Match"), etag)) {
        out.status = 304;
        return Outcome{std::move(out)};
    }
    out.body = *written.body;
    return Outcome{std::move(out)};
}

}  // namespace

Result<Outcome> get_feed(const Call& call) {
    if (!call.parameter("page")) {
        return feed_answer(call);
    }
    CS_TRY(asked, with_page(call));
    return feed_answer(asked);
}

}  // namespace chengshu::api
