#pragma once

#include "base/result.hpp"
#include "domain/access/principal.hpp"
#include "domain/city/city.hpp"
#include "domain/sensing/registry.hpp"

#include <cstdint>
#include <functional>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace chengshu::services {

/// What callers without an account see of the terminals (setting sensing.public).
enum class PublicSight : std::uint8_t {
    Nothing,
    Marked,  ///< things whose properties say "public": true, and what belongs to them
    Everything,
};

/// "nothing", "marked" or "everything"; UnknownCode otherwise.
Result<PublicSight> parse_public_sight(std::string_view text);

/// Which entities one caller may read and change: the one place that decides it. As with cases, an
/// area post (acceptor, shift leader, dispatcher, evaluator, leader, collector) reaches the things
/// of its area, a handler those of his department, an administrator all. A thing without area or
/// department is reached by posts of the whole city. Everything else follows its things:
///  - Datastream, MultiDatastream, HistoricalLocation, Observation: as their thing;
///  - Location: as any of its things, now or formerly; without any, as a thing without an area;
///  - FeatureOfInterest: as the Location it was made from; another one is read by whoever reads
///    things by a post, and changed by posts of the whole city;
///  - Sensor, ObservedProperty: a catalogue that all readers share; changed by whoever may change
///    all things that use them.
/// One thread at a time; remembers answers, so make one for each request.
class SensingRights {
public:
    using Find = std::function<sensing::EntityPtr(sensing::EntityKey)>;
    using Linked = std::function<
        std::vector<std::int64_t>(sensing::EntityKey, std::size_t navigation, std::size_t limit)>;

    /// `find` and `linked` say how entities are: as stored, or as a batch has changed them so far.
    SensingRights(
        const access::Principal& who,
        const city::City& city,
        PublicSight sight,
        Find find,
        Linked linked
    );

    /// NotAuthenticated or NotPermitted when the caller sees nothing at all.
    [[nodiscard]] Status may_read() const;
    [[nodiscard]] Status may_manage() const;
    [[nodiscard]] Status may_observe() const;

    /// Whether no entity needs to be looked at: lists and counts cost nothing more.
    [[nodiscard]] bool reads_all() const { return read_.all; }

    [[nodiscard]] bool reads(const sensing::Entity& entity);
    [[nodiscard]] bool manages(const sensing::Entity& entity);
    /// Whether observations may be sent to the stream.
    [[nodiscard]] bool observes(const sensing::Entity& stream);
    /// Of a thing as it would be.
    [[nodiscard]] bool manages_place(std::string_view department, std::string_view area);

private:
    /// What one permission reaches.
    struct Reach {
        bool any = false;  ///< the permission is there at all
        bool all = false;
        bool marked = false;  ///< only what is public
        std::vector<const access::Post*> posts;
        std::unordered_map<const void*, bool> areas;  ///< by the identity of the tag
    };

    Reach reach_of(access::Permission permission) const;
    bool covers(const Reach& reach, std::string_view department, std::string_view area) const;
    bool reaches_thing(Reach& reach, const sensing::Entity& thing);
    bool reaches(Reach& reach, const sensing::Entity& entity);
    bool reaches_any(Reach& reach, const std::vector<std::int64_t>& things);
    bool reaches_location(Reach& reach, const sensing::Entity& location);
    bool reaches_all_users(Reach& reach, const sensing::Entity& entity);

    const access::Principal& who_;
    const city::City& city_;
    PublicSight sight_;
    Find find_;
    Linked linked_;
    Reach read_;
    Reach manage_;
    Reach observe_;
};

}  // namespace chengshu::services
