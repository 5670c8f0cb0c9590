#pragma once

#include "domain/sensing/model.hpp"

#include <array>
#include <atomic>
#include <compare>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

namespace chengshu::sensing {

/// Which entity: ids count from 1 for each type.
struct EntityKey {
    EntityType type{};
    std::int64_t id = 0;

    friend auto operator<=>(const EntityKey&, const EntityKey&) = default;
};

/// A relation that the entity itself stores; the other direction is an index of the registry.
struct Link {
    /// Position in the model's navigation table of the type, or one of the two below.
    std::uint8_t navigation = 0;
    std::int64_t id = 0;

    friend bool operator==(const Link&, const Link&) = default;
};

/// Relations that clients do not see: from a FeatureOfInterest to the Location it was made from,
/// and from a Location to the feature that was made from it last.
inline constexpr std::uint8_t kMadeFrom = 126;
inline constexpr std::uint8_t kMadeFeature = 127;

/// What the ledger of terminals knows a thing by; taken from its properties. Empty for other types.
enum class Tag : std::uint8_t {
    Code,
    Department,
    Area,
    Public,  ///< "true" when its owner has marked it as public
};
inline constexpr std::size_t kTags = 4;

/// Everything that an entity consists of, in the open: what services read and change.
struct EntityValue {
    EntityKey key;
    /// JSON texts in the order of the model's property table; empty = absent.
    std::vector<std::string> properties;
    std::vector<Link> links;  ///< in their order, which is part of a MultiDatastream
    std::array<std::string, kTags> tags;

    friend bool operator==(const EntityValue&, const EntityValue&) = default;
};

/// A text kept once however many entities have it: units, encodings, departments. Shared by
/// counting; safe to drop on any thread.
class SharedText {
public:
    explicit SharedText(std::string text) : text_(std::move(text)) {}

    [[nodiscard]] std::string_view view() const { return text_; }

    void hold() const { holders_.fetch_add(1, std::memory_order_relaxed); }

    void drop() const {
        if (holders_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
            delete this;
        }
    }

    [[nodiscard]] bool only_pooled() const { return holders_.load(std::memory_order_acquire) == 1; }

private:
    ~SharedText() = default;

    std::string text_;
    mutable std::atomic<std::uint32_t> holders_{1};  // the pool
};

/// Finds the shared text of a string. Texts that nobody holds any more are forgotten when the pool
/// has doubled. Thread-safe.
class TextPool {
public:
    TextPool() = default;
    TextPool(const TextPool&) = delete;
    TextPool& operator=(const TextPool&) = delete;
    ~TextPool();

    /// Held for the caller, who drops it.
    const SharedText* get(std::string_view text);

    [[nodiscard]] std::size_t size() const;
    /// Bytes of the texts and of the index.
    [[nodiscard]] std::size_t bytes() const;

private:
    struct Hash {
        using is_transparent = void;

        std::size_t operator()(std::string_view text) const {
            return std::hash<std::string_view>{}(text);
        }

        std::size_t operator()(const SharedText* text) const { return (*this)(text->view()); }
    };

    struct Equal {
        using is_transparent = void;

        static std::string_view view(std::string_view text) { return text; }

        static std::string_view view(const SharedText* text) { return text->view(); }

        template <class A, class B>
        bool operator()(const A& a, const B& b) const {
            return view(a) == view(b);
        }
    };

    void sweep();

    mutable std::mutex mutex_;
    std::unordered_set<const SharedText*, Hash, Equal> texts_;
    std::size_t sweep_at_ = 1024;
    std::size_t bytes_ = 0;
};

class EntityPtr;

/// An entity as the registry keeps it: immutable, one allocation, counted; texts that many entities
/// share are kept once. A change makes a new one.
class Entity {
public:
    static EntityPtr make(const EntityValue& value, TextPool& pool);

    Entity(const Entity&) = delete;
    Entity& operator=(const Entity&) = delete;

    [[nodiscard]] EntityKey key() const { return {type_, id_}; }

    [[nodiscard]] EntityType type() const { return type_; }

    [[nodiscard]] std::int64_t id() const { return id_; }

    /// JSON text of a property by its position in the model's table; empty when absent. Valid as
    /// long as the entity is held.
    [[nodiscard]] std::string_view property(std::size_t position) const;
    [[nodiscard]] std::string_view tag(Tag tag) const;
    /// The same text of a department or area has the same address in one registry.
    [[nodiscard]] const void* tag_identity(Tag tag) const;
    /// The first stored link of a navigation, 0 when there is none.
    [[nodiscard]] std::int64_t link(std::uint8_t navigation) const;
    [[nodiscard]] std::vector<std::int64_t> links(std::uint8_t navigation) const;
    [[nodiscard]] std::vector<Link> links() const;
    [[nodiscard]] EntityValue value() const;

    /// Of this allocation, without shared texts.
    [[nodiscard]] std::size_t bytes() const { return bytes_; }

private:
    friend class EntityPtr;

    Entity() = default;
    ~Entity() = default;

    void hold() const { holders_.fetch_add(1, std::memory_order_relaxed); }

    void drop() const;

    /// A text: in the tail of the allocation, or shared.
    struct Slot {
        static constexpr std::uint64_t kShared = 1ULL << 63U;

        std::uint64_t bits = 0;  ///< 0 absent; kShared | address; offset << 32 | length
    };

    [[nodiscard]] std::string_view text(std::size_t slot) const;
    [[nodiscard]] const Slot* slots() const;
    [[nodiscard]] const std::uint64_t* packed_links() const;
    [[nodiscard]] const char* tail() const;

    mutable std::atomic<std::uint32_t> holders_{0};
    std::uint32_t bytes_ = 0;
    std::int64_t id_ = 0;
    EntityType type_{};
    std::uint8_t properties_ = 0;
    std::uint8_t tags_ = 0;
    std::uint32_t links_ = 0;
    // Behind the object: Slot[properties_ + tags_], uint64[links_] (navigation << 56 | id), texts.
};

/// Shared ownership of an Entity; may be null.
class EntityPtr {
public:
    EntityPtr() = default;

    EntityPtr(const EntityPtr& other) : entity_(other.entity_) {
        if (entity_ != nullptr) {
            entity_->hold();
        }
    }

    EntityPtr(EntityPtr&& other) noexcept : entity_(std::exchange(other.entity_, nullptr)) {}

    EntityPtr& operator=(EntityPtr other) noexcept {
        std::swap(entity_, other.entity_);
        return *this;
    }

    ~EntityPtr() {
        if (entity_ != nullptr) {
            entity_->drop();
        }
    }

    const Entity& operator*() const { return *entity_; }

    const Entity* operator->() const { return entity_; }

    explicit operator bool() const { return entity_ != nullptr; }

    [[nodiscard]] const Entity* get() const { return entity_; }

private:
    friend class Entity;

    explicit EntityPtr(const Entity* entity) : entity_(entity) { entity_->hold(); }

    const Entity* entity_ = nullptr;
};

}  // namespace chengshu::sensing
