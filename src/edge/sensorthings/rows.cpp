// Items as the filter language and the answers see them.

#include "base/assert.hpp"
#include "base/json_text.hpp"
#include "edge/sensorthings/internal/context.hpp"
#include "services/sensing/observation_body.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <limits>
#include <memory>

namespace json = boost::json;

namespace chengshu::sensorthings {
namespace {

using sensing::EntityKey;
using sensing::EntityType;
using sensing::PropertyKind;

constexpr std::size_t kRowsBlock = 256;

/// A JSON text of the registry as a value of the filter language.
odata::Value value_of(PropertyKind kind, std::string_view text) {
    if (text.empty()) {
        return odata::Null{};
    }
    auto parsed = parse_json(text, "a property");
    if (!parsed) {
        return odata::Null{};
    }
    if (parsed->is_string()) {
        const std::string_view content = parsed->get_string();
        if (kind == PropertyKind::Time || kind == PropertyKind::Interval ||
            kind == PropertyKind::Moment) {
            return odata::parse_moment(content).value_or(odata::Null{});
        }
    }
    return odata::from_json(std::make_shared<const json::value>(std::move(*parsed)));
}

std::string interval_text(std::int64_t from, std::int64_t to) {
    return fmt::format("\"{}/{}\"", format_utc(from_millis(from)), format_utc(from_millis(to)));
}

/// The times of a stream come from what is stored of it, not from the entity.
std::string stream_time(Context& context, std::int64_t stream, std::string_view name) {
    const auto& summary = context.summary(stream);
    if (!summary || summary->count == 0) {
        return {};
    }
    if (name == "phenomenonTime") {
        return interval_text(summary->first_phenomenon, summary->last_phenomenon);
    }
    return summary->first_result_time && summary->last_result_time
               ? interval_text(*summary->first_result_time, *summary->last_result_time)
               : std::string();
}

void visit_observations(
    Context& context,
    EntityKey of,
    const std::function<bool(const odata::Row&)>& visit
);

class EntityRow final : public odata::Row {
public:
    EntityRow(Context& context, sensing::EntityPtr entity)
        : context_(context), entity_(std::move(entity)) {}

    [[nodiscard]] odata::Value property(std::string_view name) const override {
        const auto* found = sensing::info(entity_->type()).property(name);
        if (found == nullptr || found->kind == PropertyKind::Link) {
            return odata::Null{};
        }
        if (found->kind == PropertyKind::Id) {
            return entity_->id();
        }
        if (is_stream(entity_->type()) && found->kind == PropertyKind::Interval) {
            return value_of(found->kind, stream_time(context_, entity_->id(), name));
        }
        const auto position =
            static_cast<std::size_t>(found - sensing::info(entity_->type()).properties.data());
        return value_of(found->kind, entity_->property(position));
    }

    void each(std::string_view navigation, const std::function<bool(const odata::Row&)>& visit)
        const override {
        const auto& info = sensing::info(entity_->type());
        const auto* found = info.navigation(navigation);
        CS_ASSERT(found != nullptr);
        if (found->target == EntityType::Observation) {
            visit_observations(context_, entity_->key(), visit);
            return;
        }
        const auto position = static_cast<std::size_t>(found - info.navigations.data());
        std::int64_t after = 0;
        while (true) {
            // What an entity stores is in its own order, and short; an index is read by blocks.
            const bool whole = sensing::Registry::owns(entity_->type(), position);
            const auto ids = context_.registry().linked(
                entity_->key(),
                position,
                after,
                whole ? std::numeric_limits<std::size_t>::max() : kRowsBlock
            );
            for (const auto id : ids) {
                const auto other = context_.visible({found->target, id});
                if (!context_.budget.spend() || (other && !visit(EntityRow(context_, other)))) {
                    return;
                }
            }
            if (whole || ids.size() < kRowsBlock) {
                return;
            }
            after = ids.back();
        }
    }

private:
    Context& context_;
    sensing::EntityPtr entity_;
};

class ObservationRow final : public odata::Row {
public:
    ObservationRow(Context& context, const sensing::Observation& row)
        : context_(context), row_(row) {}

    [[nodiscard]] odata::Value property(std::string_view name) const override {
        if (name == "id" || name == "@iot.id") {
            return row_.id;
        }
        if (name == "result" && row_.number) {
            return *row_.number;
        }
        if (name == "phenomenonTime") {
            const auto from = from_millis(row_.phenomenon_from);
            const auto to = from_millis(row_.phenomenon_to);
            return from == to ? odata::Value(from) : odata::Value(odata::TimeInterval{from, to});
        }
        if (name == "resultTime") {
            return row_.result_time ? odata::Value(from_millis(*row_.result_time))
                                    : odata::Value(odata::Null{});
        }
        const auto* found = sensing::info(EntityType::Observation).property(name);
        return found == nullptr ? odata::Value(odata::Null{})
                                : value_of(found->kind, services::observation_property(row_, name));
    }

    void each(std::string_view navigation, const std::function<bool(const odata::Row&)>& visit)
        const override {
        const auto* found = sensing::info(EntityType::Observation).navigation(navigation);
        CS_ASSERT(found != nullptr);
        const bool feature = found->target == EntityType::FeatureOfInterest;
        const auto other = context_.visible({found->target, feature ? row_.feature : row_.stream});
        if (other) {
            visit(EntityRow(context_, other));
        }
    }

private:
    Context& context_;
    const sensing::Observation& row_;
};

void visit_observations(
    Context& context,
    EntityKey of,
    const std::function<bool(const odata::Row&)>& visit
) {
    ports::ObservationQuery query;
    if (of.type == EntityType::FeatureOfInterest) {
        query.feature = of.id;
    } else {
        query.streams = {of.id};
    }
    query.limit = static_cast<int>(kRowsBlock);
    while (!context.trouble && !context.budget.exceeded()) {
        auto rows = context.observations().store().query(query);
        if (!rows) {
            context.trouble = std::move(rows).error();
            return;
        }
        for (const auto& row : *rows) {
            if (!context.budget.spend() ||
                (context.visible(row) && !visit(ObservationRow(context, row)))) {
                return;
            }
        }
        if (rows->size() < kRowsBlock) {
            return;
        }
        query.after = sensing::cursor_after(query.order, rows->back());
    }
}

}  // namespace

std::unique_ptr<odata::Row> row_of(Context& context, const Item& item) {
    if (const auto* entity = std::get_if<sensing::EntityPtr>(&item)) {
        return std::make_unique<EntityRow>(context, *entity);
    }
    return std::make_unique<ObservationRow>(context, std::get<sensing::Observation>(item));
}

std::string property_text(Context& context, const Item& item, const sensing::Property& property) {
    const auto key = key_of(item);
    if (property.kind == PropertyKind::Id) {
        return std::to_string(key.id);
    }
    if (property.kind == PropertyKind::Link) {
        std::string out;
        append_json_text(out, context.self_link(key));
        return out;
    }
    if (const auto* row = std::get_if<sensing::Observation>(&item)) {
        return services::observation_property(*row, property.name);
    }
    if (is_stream(key.type) && property.kind == PropertyKind::Interval) {
        return stream_time(context, key.id, property.name);
    }
    const auto position =
        static_cast<std::size_t>(&property - sensing::info(key.type).properties.data());
    return std::string(std::get<sensing::EntityPtr>(item)->property(position));
}

}  // namespace chengshu::sensorthings
