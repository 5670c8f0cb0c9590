#include "domain/sensing/entity.hpp"

#include "base/assert.hpp"

#include <cstring>
#include <memory>
#include <new>

namespace chengshu::sensing {
namespace {

/// Shorter texts cost less in the entity than a pointer to a shared one.
constexpr std::size_t kSharedFrom = 16;
constexpr unsigned kNavigationShift = 56;
constexpr std::uint64_t kIdMask = (1ULL << kNavigationShift) - 1;

/// Whether many entities are likely to have the same text: units, encodings, types, descriptions.
/// Names, places and free properties are an entity's own.
bool is_likely_shared(const Property& property, std::string_view text) {
    return text.size() >= kSharedFrom && property.name != "name" && property.name != "properties" &&
           (property.kind == PropertyKind::String || property.kind == PropertyKind::Object ||
            property.kind == PropertyKind::Array || property.kind == PropertyKind::Json);
}

}  // namespace

TextPool::~TextPool() {
    for (const auto* text : texts_) {
        text->drop();
    }
}

void TextPool::sweep() {
    for (auto it = texts_.begin(); it != texts_.end();) {
        const auto* text = *it;
        if (text->only_pooled()) {
            bytes_ -= text->view().size();
            it = texts_.erase(it);
            text->drop();
        } else {
            ++it;
        }
    }
    sweep_at_ = texts_.size() * 2 + 1024;
}

const SharedText* TextPool::get(std::string_view text) {
    const std::lock_guard lock(mutex_);
    if (const auto found = texts_.find(text); found != texts_.end()) {
        (*found)->hold();
        return *found;
    }
    if (texts_.size() >= sweep_at_) {
        sweep();
    }
    const auto* made = new SharedText(std::string(text));
    texts_.insert(made);
    bytes_ += text.size();
    made->hold();
    return made;
}

std::size_t TextPool::size() const {
    const std::lock_guard lock(mutex_);
    return texts_.size();
}

std::size_t TextPool::bytes() const {
    const std::lock_guard lock(mutex_);
    return bytes_ + texts_.size() * (sizeof(SharedText) + 3 * sizeof(void*));
}

const Entity::Slot* Entity::slots() const {
    return reinterpret_cast<const Slot*>(this + 1);
}

const std::uint64_t* Entity::packed_links() const {
    return reinterpret_cast<const std::uint64_t*>(slots() + properties_ + tags_);
}

const char* Entity::tail() const {
    return reinterpret_cast<const char*>(packed_links() + links_);
}

EntityPtr Entity::make(const EntityValue& value, TextPool& pool) {
    const auto& row = info(value.key.type);
    CS_ASSERT(value.properties.size() == row.properties.size());
    const bool tagged = value.key.type == EntityType::Thing;
    const std::size_t slots = value.properties.size() + (tagged ? kTags : 0);
    const auto text_of = [&](std::size_t slot) -> const std::string& {
        return slot < value.properties.size() ? value.properties[slot]
                                              : value.tags[slot - value.properties.size()];
    };
    const auto shared = [&](std::size_t slot) {
        if (slot < value.properties.size()) {
            return is_likely_shared(row.properties[slot], value.properties[slot]);
        }
        return slot - value.properties.size() != static_cast<std::size_t>(Tag::Code) &&
               !text_of(slot).empty();
    };
    std::size_t tail = 0;
    for (std::size_t i = 0; i < slots; ++i) {
        tail += shared(i) ? 0 : text_of(i).size();
    }
    const auto head =
        sizeof(Entity) + slots * sizeof(Slot) + value.links.size() * sizeof(std::uint64_t);
    auto* memory = static_cast<char*>(::operator new(head + tail));
    auto* out = new (memory) Entity();
    out->bytes_ = static_cast<std::uint32_t>(head + tail);
    out->id_ = value.key.id;
    out->type_ = value.key.type;
    out->properties_ = static_cast<std::uint8_t>(value.properties.size());
    out->tags_ = tagged ? kTags : 0;
    out->links_ = static_cast<std::uint32_t>(value.links.size());
    auto* slot = reinterpret_cast<Slot*>(memory + sizeof(Entity));
    auto* text = memory + head;
    std::uint64_t offset = 0;
    for (std::size_t i = 0; i < slots; ++i) {
        const auto& source = text_of(i);
        auto* made = new (slot + i) Slot();
        if (source.empty()) {
            continue;
        }
        if (shared(i)) {
            made->bits = Slot::kShared | reinterpret_cast<std::uintptr_t>(pool.get(source));
            continue;
        }
        std::memcpy(text + offset, source.data(), source.size());
        made->bits = (offset << 32U) | source.size();
        offset += source.size();
    }
    auto* links = reinterpret_cast<std::uint64_t*>(slot + slots);
    for (std::size_t i = 0; i < value.links.size(); ++i) {
        const auto& link = value.links[i];
        links[i] = (static_cast<std::uint64_t>(link.navigation) << kNavigationShift) |
                   static_cast<std::uint64_t>(link.id);
    }
    return EntityPtr(out);
}

void Entity::drop() const {
    if (holders_.fetch_sub(1, std::memory_order_acq_rel) != 1) {
        return;
    }
    for (std::size_t i = 0; i < std::size_t{properties_} + tags_; ++i) {
        if ((slots()[i].bits & Slot::kShared) != 0) {
            reinterpret_cast<const SharedText*>(slots()[i].bits & ~Slot::kShared)->drop();
        }
    }
    auto* self = const_cast<Entity*>(this);
    self->~Entity();
    ::operator delete(self);
}

std::string_view Entity::text(std::size_t slot) const {
    const auto bits = slots()[slot].bits;
    if ((bits & Slot::kShared) != 0) {
        return reinterpret_cast<const SharedText*>(bits & ~Slot::kShared)->view();
    }
    return {tail() + (bits >> 32U), bits & 0xFFFF'FFFFU};
}

std::string_view Entity::property(std::size_t position) const {
    CS_ASSERT(position < properties_);
    return text(position);
}

std::string_view Entity::tag(Tag tag) const {
    return tags_ == 0 ? std::string_view{} : text(properties_ + static_cast<std::size_t>(tag));
}

const void* Entity::tag_identity(Tag tag) const {
    if (tags_ == 0) {
        return nullptr;
    }
    const auto bits = slots()[properties_ + static_cast<std::size_t>(tag)].bits;
    return (bits & Slot::kShared) == 0 ? nullptr
                                       : reinterpret_cast<const void*>(bits & ~Slot::kShared);
}

std::int64_t Entity::link(std::uint8_t navigation) const {
    for (std::size_t i = 0; i < links_; ++i) {
        if (packed_links()[i] >> kNavigationShift == navigation) {
            return static_cast<std::int64_t>(packed_links()[i] & kIdMask);
        }
    }
    return 0;
}

std::vector<Link> Entity::links() const {
    std::vector<Link> out(links_);
    for (std::size_t i = 0; i < links_; ++i) {
        const auto bits = packed_links()[i];
        out[i] = {
            static_cast<std::uint8_t>(bits >> kNavigationShift),
            static_cast<std::int64_t>(bits & kIdMask)
        };
    }
    return out;
}

std::vector<std::int64_t> Entity::links(std::uint8_t navigation) const {
    std::vector<std::int64_t> out;
    for (std::size_t i = 0; i < links_; ++i) {
        if (packed_links()[i] >> kNavigationShift == navigation) {
            out.push_back(static_cast<std::int64_t>(packed_links()[i] & kIdMask));
        }
    }
    return out;
}

EntityValue Entity::value() const {
    EntityValue out;
    out.key = key();
    out.properties.reserve(properties_);
    for (std::size_t i = 0; i < properties_; ++i) {
        out.properties.emplace_back(text(i));
    }
    out.links = links();
    for (std::size_t i = 0; i < tags_; ++i) {
        out.tags[i] = text(properties_ + i);
    }
    return out;
}

}  // namespace chengshu::sensing
