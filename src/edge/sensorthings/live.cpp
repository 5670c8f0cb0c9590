#include "edge/sensorthings/live.hpp"

#include "base/json_text.hpp"
#include "edge/sensorthings/internal/context.hpp"
#include "services/sensing/entity_body.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <deque>
#include <mutex>
#include <unordered_map>
#include <utility>

namespace chengshu::sensorthings {
namespace {

using sensing::EntityKey;
using sensing::EntityType;
using sensing::Property;
using sensing::Update;

/// How long what is known of the account is used again.
constexpr Duration kKnownFor = std::chrono::seconds{1};
constexpr std::size_t kTopicBytesMax = 4'096;

/// What somebody wants to be told.
struct Watch {
    std::string topic;
    bool old = false;  ///< version 1.0
    odata::ResourcePath path;
    odata::Query query;
};

using WatchPtr = std::shared_ptr<const Watch>;

bool only_selects(const odata::Query& query) {
    auto rest = query;
    rest.select.clear();
    return same(rest, odata::Query{});
}

Result<odata::Query> parse_select(const sensing::EntityInfo& target, std::string_view options) {
    CS_TRY(query, odata::parse_query(target, options));
    if (!only_selects(query)) {
        return fail(ErrorCode::InvalidInput, "a topic has no option but $select");
    }
    return query;
}

Result<Watch> parse_topic(std::string_view topic) {
    Watch out;
    out.topic = topic;
    out.old = topic.starts_with("v1.0/");
    if (topic.size() > kTopicBytesMax || (!out.old && !topic.starts_with("v1.1/"))) {
        return fail(ErrorCode::NotFound, "a topic begins with v1.1/ or v1.0/");
    }
    topic.remove_prefix(5);
    const auto question = std::min(topic.find('?'), topic.size());
    const auto path = topic.substr(0, question);
    if (path.find_first_of("+#") != std::string_view::npos) {
        return fail(ErrorCode::InvalidInput, "this stands for several topics");
    }
    CS_TRY(read, odata::parse_path(path));
    if (read.steps.empty() || read.end != odata::PathEnd::Plain) {
        return fail(ErrorCode::InvalidInput, "a topic is a set, an entity or a property");
    }
    out.path = std::move(read);
    const auto options = topic.substr(std::min(question + 1, topic.size()));
    CS_TRY(query, parse_select(*out.path.target(), options));
    out.query = std::move(query);
    return out;
}

std::string label(EntityType type, std::int64_t id) {
    return services::entity_label({type, id});
}

std::string set_behind(EntityType type, std::int64_t id, std::string_view set) {
    return fmt::format("{}/{}", label(type, id), set);
}

/// "Things", "Things(1)" or "Datastreams(1)/Observations": paths that are found by their text.
/// Empty for those that must be followed to know whether they lead to an entity.
std::string direct_path(const odata::ResourcePath& path) {
    auto plain = path;
    plain.property = nullptr;
    plain.keys.clear();
    const auto& last = path.steps.back();
    const bool direct =
        path.steps.size() == 1 ||
        (path.steps.size() == 2 && last.many && !last.key && last.type == EntityType::Observation);
    return direct ? odata::print(plain) : std::string();
}

}  // namespace

class Live::Impl {
public:
    Impl(Ports ports, LiveOptions options, std::vector<odata::Query> queries)
        : ports_(std::move(ports)), options_(std::move(options)), queries_(std::move(queries)) {}

    void remember(WatchPtr watch);
    Status tell(const Update& update, const Emit& emit);

    [[nodiscard]] std::size_t topics() const { return watches_.size(); }

    std::mutex mutex;

private:
    /// An update while it is being told.
    struct Round {
        const Update& update;
        const Emit& emit;
        EntityKey key;
        std::vector<std::string> told{};
        std::string plain{};  ///< the whole entity, version 1.1, once it is needed
    };

    Result<Context*> context(bool old, bool fresh);
    [[nodiscard]] bool is_changed(Context& context, const Round& round, const Property& property);
    void say(Round& round, std::string topic, const std::string& payload);
    Status say_entity(Round& round, std::string topic, bool old, const odata::Query& query);
    Status say_property(Round& round, std::string topic, bool old, const odata::ResourcePath& path);
    Status tell_observation(Round& round);
    Status tell_entity(Round& round);
    Status tell_changed_properties(Round& round);
    Status tell_watches(Round& round);
    Status consider(Round& round, const Watch& watch);
    void forget(const WatchPtr& watch);
    std::vector<WatchPtr>& index_of(const Watch& watch);
    [[nodiscard]] std::vector<std::string> direct_paths(const Round& round) const;
    bool leads_to(Context& context, const Round& round, const Watch& watch);

    const Ports ports_;
    const LiveOptions options_;
    const std::vector<odata::Query> queries_;  ///< of options_.observation_options
    std::array<std::unique_ptr<Context>, 2> contexts_;

    std::deque<WatchPtr> watches_;  ///< those that were asked for last stand last
    std::unordered_map<std::string, std::vector<WatchPtr>> direct_;
    std::array<std::vector<WatchPtr>, sensing::kEntityTypes> others_;  ///< by what they lead to
};

std::vector<WatchPtr>& Live::Impl::index_of(const Watch& watch) {
    const auto path = direct_path(watch.path);
    return path.empty() ? others_.at(static_cast<std::size_t>(watch.path.steps.back().type))
                        : direct_[path];
}

void Live::Impl::forget(const WatchPtr& watch) {
    auto& index = index_of(*watch);
    std::erase(index, watch);
    if (index.empty()) {
        direct_.erase(direct_path(watch->path));
    }
}

void Live::Impl::remember(WatchPtr watch) {
    const auto known = std::find_if(watches_.begin(), watches_.end(), [&](const auto& other) {
        return other->topic == watch->topic;
    });
    if (known != watches_.end()) {
        watch = *known;
        watches_.erase(known);
        watches_.push_back(std::move(watch));
        return;
    }
    if (watches_.size() >= kTopicsMax) {
        forget(watches_.front());
        watches_.pop_front();
    }
    index_of(*watch).push_back(watch);
    watches_.push_back(std::move(watch));
}

/// What the account may see now. Entities are looked at anew each time; of observations many come
/// at once.
Result<Context*> Live::Impl::context(bool old, bool fresh) {
    auto& kept = contexts_.at(old ? 1 : 0);
    const auto now = ports_.clock.now();
    if (fresh || !kept || now - kept->now > kKnownFor || now < kept->now) {
        CS_TRY(who, holder_of(ports_, options_.token));
        kept = std::make_unique<Context>(
            ports_, std::move(who), base_of(ports_, {}, old ? "/v1.0" : "/v1.1"), "en"
        );
    }
    return kept.get();
}

bool Live::Impl::is_changed(Context& context, const Round& round, const Property& property) {
    return !round.update.before || property_text(context, *round.update.before, property) !=
                                       property_text(context, round.update.now, property);
}

void Live::Impl::say(Round& round, std::string topic, const std::string& payload) {
    if (std::find(round.told.begin(), round.told.end(), topic) == round.told.end()) {
        round.emit(topic, payload);
        round.told.push_back(std::move(topic));
    }
}

Status
Live::Impl::say_entity(Round& round, std::string topic, bool old, const odata::Query& query) {
    const bool plain = !old && query.select.empty();
    if (plain && !round.plain.empty()) {
        say(round, std::move(topic), round.plain);
        return ok();
    }
    CS_TRY(here, context(old, false));
    std::string body;
    CS_CHECK(append_item(*here, round.update.now, query, body));
    say(round, std::move(topic), body);
    if (plain) {
        round.plain = std::move(body);
    }
    return ok();
}

Status Live::Impl::say_property(
    Round& round,
    std::string topic,
    bool old,
    const odata::ResourcePath& path
) {
    CS_TRY(here, context(old, false));
    auto body = property_json(*here, round.update.now, path);
    if (body) {
        say(round, std::move(topic), *body);
    }
    return ok();
}

Status Live::Impl::tell_changed_properties(Round& round) {
    if (!round.update.before) {
        return ok();
    }
    CS_TRY(here, context(false, false));
    for (const auto& property : sensing::info(round.key.type).properties) {
        if (is_changed(*here, round, property)) {
            odata::ResourcePath path;
            path.property = &property;
            const auto topic =
                fmt::format("v1.1/{}/{}", label(round.key.type, round.key.id), property.name);
            CS_CHECK(say_property(round, topic, false, path));
        }
    }
    return ok();
}

Status Live::Impl::tell_observation(Round& round) {
    if (!options_.observations && queries_.empty()) {
        return ok();
    }
    const auto& row = std::get<sensing::Observation>(round.update.now);
    const auto stream = services::find_stream(ports_.entities.registry(), row.stream);
    if (!stream) {
        return ok();  // deleted meanwhile
    }
    const auto own = "v1.1/" + set_behind(stream->type(), row.stream, "Observations");
    if (options_.observations) {
        CS_CHECK(say_entity(round, "v1.1/Observations", false, {}));
        CS_CHECK(say_entity(round, own, false, {}));
        if (round.update.before) {
            CS_CHECK(say_entity(round, "v1.1/" + label(round.key.type, row.id), false, {}));
        }
        CS_CHECK(tell_changed_properties(round));
    }
    for (std::size_t i = 0; i < queries_.size(); ++i) {
        const auto& text = options_.observation_options[i];
        CS_CHECK(say_entity(round, "v1.1/Observations" + text, false, queries_[i]));
        CS_CHECK(say_entity(round, own + text, false, queries_[i]));
    }
    return ok();
}

Status Live::Impl::tell_entity(Round& round) {
    if (!options_.entities) {
        return ok();
    }
    const auto& info = sensing::info(round.key.type);
    CS_CHECK(say_entity(round, fmt::format("v1.1/{}", info.set), false, {}));
    CS_CHECK(say_entity(round, "v1.1/" + label(round.key.type, round.key.id), false, {}));
    CS_CHECK(tell_changed_properties(round));
    const auto& registry = ports_.entities.registry();
    for (const auto& navigation : info.navigations) {
        if (navigation.target == EntityType::Observation || !sensing::inverse(navigation).many) {
            continue;
        }
        const auto position = sensing::navigation_position(round.key.type, navigation);
        for (const auto id : registry.linked(round.key, position, 0, kOwnersMax)) {
            const auto topic = "v1.1/" + set_behind(navigation.target, id, navigation.inverse);
            CS_CHECK(say_entity(round, topic, false, {}));
        }
    }
    return ok();
}

std::vector<std::string> Live::Impl::direct_paths(const Round& round) const {
    std::vector<std::string> out{
        std::string(sensing::info(round.key.type).set), label(round.key.type, round.key.id)
    };
    if (const auto* row = std::get_if<sensing::Observation>(&round.update.now)) {
        const auto stream = services::find_stream(ports_.entities.registry(), row->stream);
        if (stream) {
            out.push_back(set_behind(stream->type(), row->stream, "Observations"));
        }
        out.push_back(set_behind(EntityType::FeatureOfInterest, row->feature, "Observations"));
    }
    return out;
}

bool Live::Impl::leads_to(Context& context, const Round& round, const Watch& watch) {
    const auto place = follow(context, watch.path);
    if (!place) {
        return false;
    }
    if (place->source) {
        const auto& behind = place->source->behind;
        return !behind || is_behind(context, behind->first, behind->second, round.update.now);
    }
    return place->item && key_of(*place->item) == round.key;
}

Status Live::Impl::consider(Round& round, const Watch& watch) {
    if (watch.path.property == nullptr) {
        return say_entity(round, watch.topic, watch.old, watch.query);
    }
    CS_TRY(here, context(watch.old, false));
    if (is_changed(*here, round, *watch.path.property)) {
        CS_CHECK(say_property(round, watch.topic, watch.old, watch.path));
    }
    return ok();
}

Status Live::Impl::tell_watches(Round& round) {
    if (watches_.empty()) {
        return ok();
    }
    for (const auto& path : direct_paths(round)) {
        if (const auto found = direct_.find(path); found != direct_.end()) {
            for (const auto& watch : found->second) {
                CS_CHECK(consider(round, *watch));
            }
        }
    }
    for (const auto& watch : others_.at(static_cast<std::size_t>(round.key.type))) {
        CS_TRY(here, context(watch->old, false));
        if (leads_to(*here, round, *watch)) {
            CS_CHECK(consider(round, *watch));
        }
    }
    return ok();
}

Status Live::Impl::tell(const Update& update, const Emit& emit) {
    const auto* row = std::get_if<sensing::Observation>(&update.now);
    Round round{update, emit, key_of(update.now)};
    CS_TRY(here, context(false, row == nullptr));
    if (row == nullptr) {
        CS_CHECK(context(true, true));
    }
    const bool seen =
        row != nullptr ? here->visible(*row) : static_cast<bool>(here->visible(round.key));
    if (!here->rights.may_read() || !seen) {
        return ok();
    }
    CS_CHECK(row != nullptr ? tell_observation(round) : tell_entity(round));
    return tell_watches(round);
}

Result<std::unique_ptr<Live>> Live::make(Ports ports, LiveOptions options) {
    std::vector<odata::Query> queries;
    for (const std::string_view text : options.observation_options) {
        CS_TRY(
            query,
            parse_select(sensing::info(EntityType::Observation), text.substr(text.find('?') + 1))
        );
        queries.push_back(std::move(query));
    }
    return std::unique_ptr<Live>(
        new Live(std::make_unique<Impl>(std::move(ports), std::move(options), std::move(queries)))
    );
}

Live::Live(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Live::~Live() = default;

Status Live::subscribed(std::string_view topic) {
    CS_TRY(watch, parse_topic(topic));
    const std::lock_guard lock(impl_->mutex);
    impl_->remember(std::make_shared<const Watch>(std::move(watch)));
    return ok();
}

Status Live::tell(const Update& update, const Emit& emit) {
    const std::lock_guard lock(impl_->mutex);
    return impl_->tell(update, emit);
}

std::size_t Live::topics() const {
    const std::lock_guard lock(impl_->mutex);
    return impl_->topics();
}

}  // namespace chengshu::sensorthings
