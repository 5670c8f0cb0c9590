#pragma once

#include "domain/sensing/entity.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <span>
#include <string_view>
#include <vector>

namespace chengshu::sensing {

/// Ascending ids in the space of a pointer as long as there are fewer than two.
class IdSet {
public:
    IdSet() = default;
    IdSet(const IdSet&) = delete;
    IdSet& operator=(const IdSet&) = delete;
    ~IdSet();

    void insert(std::int64_t id);
    void erase(std::int64_t id);
    [[nodiscard]] std::size_t size() const;
    /// Up to `limit` ids above `after`, ascending.
    void read(std::int64_t after, std::size_t limit, std::vector<std::int64_t>& out) const;
    /// Up to `limit` ids below `before`, descending.
    void read_down(std::int64_t before, std::size_t limit, std::vector<std::int64_t>& out) const;
    /// Heap bytes.
    [[nodiscard]] std::size_t bytes() const;

private:
    [[nodiscard]] std::vector<std::int64_t>* many() const;

    std::uintptr_t bits_ = 0;  // 0 none; odd: one id, shifted; else a vector
};

/// What happens to one entity; a null value erases it.
struct Change {
    EntityKey key;
    EntityPtr value;
};

struct RegistryBytes {
    std::size_t entities = 0;  ///< their own allocations
    std::size_t shared = 0;    ///< texts kept once
    std::size_t index = 0;     ///< slots and relations

    [[nodiscard]] std::size_t total() const { return entities + shared + index; }
};

/// Positions in the model's tables; the names and rows must be of the type.
std::size_t navigation_position(EntityType type, const Navigation& navigation);
std::size_t navigation_position(EntityType type, std::string_view name);
std::size_t property_position(EntityType type, std::string_view name);

/// All entities but observations, in memory. Thread-safe: reads run side by side and are short;
/// what they give stays valid, whatever changes meanwhile. Changes come from one thread at a time
/// and become visible together.
class Registry {
public:
    Registry();
    Registry(const Registry&) = delete;
    Registry& operator=(const Registry&) = delete;
    ~Registry();

    /// Whether the relation is stored with the entities of this type (else it is an index here).
    static bool owns(EntityType type, std::size_t navigation);

    [[nodiscard]] TextPool& pool() { return pool_; }

    [[nodiscard]] EntityPtr find(EntityKey key) const;
    [[nodiscard]] std::size_t count(EntityType type) const;
    /// Up to `limit` entities with ids above `after`, ascending; or below `after`, descending.
    [[nodiscard]] std::vector<EntityPtr>
    page(EntityType type, std::int64_t after, std::size_t limit, bool descending = false) const;
    /// Ids on the other side of a navigation: in stored order for what the entity owns, ascending
    /// otherwise. Observations are not known here: none.
    [[nodiscard]] std::vector<std::int64_t>
    linked(EntityKey key, std::size_t navigation, std::int64_t after, std::size_t limit) const;
    [[nodiscard]] std::vector<std::int64_t> linked_down(
        EntityKey key,
        std::size_t navigation,
        std::int64_t before,
        std::size_t limit
    ) const;
    [[nodiscard]] std::size_t linked_count(EntityKey key, std::size_t navigation) const;
    /// Whether `from` has `to` on the other side of the navigation.
    [[nodiscard]] bool is_linked(EntityKey from, std::size_t navigation, std::int64_t to) const;
    /// The greatest id that the type has ever had here.
    [[nodiscard]] std::int64_t last_id(EntityType type) const;
    /// Ids up to here are not given again even if nothing has them.
    void set_last_id(EntityType type, std::int64_t id);
    /// The thing with this unified code, 0 when there is none.
    [[nodiscard]] std::int64_t thing_by_code(std::string_view code) const;

    void apply(std::span<const Change> changes);
    /// Another number after every apply(): what was read before it need not be read again while it
    /// is the same.
    [[nodiscard]] std::uint64_t version() const {
        return version_.load(std::memory_order_acquire);
    }

    [[nodiscard]] RegistryBytes bytes() const;

private:
    static constexpr std::size_t kPage = 256;
    static constexpr std::size_t kInverseMax = 3;

    struct Slot {
        EntityPtr entity;
        std::array<IdSet, kInverseMax> inverse;
    };

    struct Page {
        std::array<Slot, kPage> slots;
    };

    struct Table {
        std::vector<std::unique_ptr<Page>> pages;
        std::size_t count = 0;
        std::int64_t last_id = 0;
    };

    [[nodiscard]] const Table& table(EntityType type) const;
    [[nodiscard]] const Slot* slot(EntityKey key) const;
    Slot& make_slot(EntityKey key);
    void index_links(const Entity& entity, bool add);
    void put(const Change& change);

    TextPool pool_;  // outlives the entities
    mutable std::shared_mutex mutex_;
    std::atomic<std::uint64_t> version_{1};
    std::vector<Table> tables_;
    boost::unordered_flat_map<std::uint64_t, std::int64_t> codes_;
};

}  // namespace chengshu::sensing
