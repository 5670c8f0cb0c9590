#pragma once

#include "base/result.hpp"
#include "domain/access/principal.hpp"
#include "domain/sensing/observation.hpp"
#include "domain/sensing/odata/evaluate.hpp"
#include "domain/sensing/odata/path.hpp"
#include "domain/sensing/odata/query.hpp"
#include "domain/sensing/registry.hpp"
#include "domain/sensing/update.hpp"
#include "edge/sensorthings/sensorthings.hpp"
#include "services/sensing/rights.hpp"

#include <boost/json/fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

namespace chengshu::sensorthings {

namespace odata = sensing::odata;

/// One entity of an answer.
using Item = sensing::AnyEntity;

sensing::EntityKey key_of(const Item& item);

/// The latest readings of several streams, read together before each of them is shown.
struct ReadAhead {
    std::size_t each = 0;  ///< so many of a stream; one with fewer has no more
    std::unordered_map<std::int64_t, std::vector<sensing::Observation>> rows;
};

/// One request, or one part of a batch, while it is being answered. One thread at a time.
class Context {
public:
    Context(const Ports& ports, access::Principal who, std::string base, std::string language);
    Context(const Context&) = delete;
    Context& operator=(const Context&) = delete;

    [[nodiscard]] const sensing::Registry& registry() const { return ports.entities.registry(); }

    [[nodiscard]] services::Observations& observations() const {
        return ports.entities.observations();
    }

    /// "https://city.example/sensorthings/v1.1/Things(1)".
    [[nodiscard]] std::string self_link(sensing::EntityKey key) const;

    /// While on, also what may be changed or sent observations to, but not read, is visible: for
    /// the address of a change.
    void set_changing(bool on) {
        changing_ = on;
        seen_stream_ = 0;
    }

    /// Null when there is none, or the caller may not see it.
    sensing::EntityPtr visible(sensing::EntityKey key);
    /// Whether the caller may see the stream that the row belongs to.
    bool visible(const sensing::Observation& row);
    /// Summary of a stream, read once.
    const std::optional<sensing::StreamSummary>& summary(std::int64_t stream);

    const Ports& ports;
    const access::Principal who;
    const services::DefinitionsPtr definitions;
    const Instant now;
    const std::string base;      ///< without a slash at the end
    const std::string language;  ///< "zh" or "en"
    services::SensingRights rights;
    odata::Budget budget;
    std::size_t rows_left;
    ReadAhead ahead;
    /// A failure of the store while a filter looked at other entities; the answer is then this.
    std::optional<Error> trouble;

private:
    [[nodiscard]] bool reaches(const sensing::Entity& entity);

    bool changing_ = false;
    std::int64_t remembered_ = 0;
    std::optional<sensing::StreamSummary> summary_;
    std::int64_t seen_stream_ = 0;
    bool seen_ = false;
};

/// A collection: a whole set, or what is behind an entity's navigation.
struct Source {
    sensing::EntityType type{};
    std::optional<std::pair<sensing::EntityKey, std::size_t>> behind;
    std::string path;  ///< "Things(1)/Datastreams", for links
};

struct Page {
    std::vector<Item> items;
    std::optional<std::int64_t> count;
    std::string next;  ///< URL of what follows; empty at the end
};

/// One page of a collection, in the order and within the bounds of the query.
Result<Page> fetch(Context& context, const Source& source, const odata::Query& query);

/// Before the items are shown: reads the latest readings that their streams are going to show, all
/// at once instead of stream by stream.
Status read_ahead(Context& context, std::span<const Item> items, const odata::Query& query);

/// How the filter language sees an item.
std::unique_ptr<odata::Row> row_of(Context& context, const Item& item);

/// A property's JSON text, empty when it has none.
std::string property_text(Context& context, const Item& item, const sensing::Property& property);

/// The item as JSON, with what the query selects and expands.
Status append_item(Context& context, const Item& item, const odata::Query& query, std::string& out);

/// Where a path leads: the entity, and the collection or property behind it.
struct Place {
    std::optional<Item> item;      ///< of the last step, when that is one entity
    std::optional<Source> source;  ///< when it is a collection
    bool nothing = false;          ///< a relation to one entity that is not there
};

/// NotFound where an entity is not there or not visible.
Result<Place> follow(Context& context, const odata::ResourcePath& path);

/// Whether the item is in the collection behind a navigation of `from`.
bool is_behind(Context& context, sensing::EntityKey from, std::size_t navigation, const Item& item);

/// {"name": value} of the property that the path ends at, null where there is none. Nothing when
/// the path's keys lead to nothing.
std::optional<std::string>
property_json(Context& context, const Item& item, const odata::ResourcePath& path);

/// Who has the bearer token.
Result<access::Principal> holder_of(const Ports& ports, std::string_view token);

/// What links begin with: "https://city.example/sensorthings/v1.1"; `version` is "/v1.1" or
/// "/v1.0".
std::string base_of(const Ports& ports, const http::Request& request, std::string_view version);

/// The answer of a GET; `target` is the part behind the version, with its query.
Result<http::Response> get(Context& context, std::string_view target);

using Answer = std::function<void(Result<http::Response>)>;

/// POST, PATCH, PUT, DELETE; `answer` is called once, maybe on another thread. `context` is kept.
void change(
    std::shared_ptr<Context> context,
    const http::Request& request,
    std::string_view target,
    Answer answer
);

/// POST CreateObservations.
void create_observations(
    std::shared_ptr<Context> context,
    const http::Request& request,
    Answer answer
);

/// POST $batch.
void batch(std::shared_ptr<Context> context, const http::Request& request, Answer answer);

/// POST <prefix>/import/things.
void import_file(std::shared_ptr<Context> context, const http::Request& request, Answer answer);

/// Any request but a batch; `target` is the part behind the version.
void answer_one(
    std::shared_ptr<Context> context,
    const http::Request& request,
    std::string_view target,
    Answer answer
);

/// {"code":404,"type":"error","message":…} in the reader's language.
http::Response problem(const Error& error, std::string_view language);

http::Response json_response(int status, std::string body);

/// Percent-decoded; nullopt for bad encoding, NUL or invalid UTF-8. A plus sign stays one.
std::optional<std::string> decode(std::string_view text);

/// The caller's idempotency key, scoped to him; empty when there is none.
Result<std::string> idempotency_key(const Context& context, const http::Request& request);

inline bool is_stream(sensing::EntityType type) {
    return type == sensing::EntityType::Datastream || type == sensing::EntityType::MultiDatastream;
}

}  // namespace chengshu::sensorthings
