#include "domain/sensing/registry.hpp"

#include "base/assert.hpp"

#include <algorithm>
#include <functional>
#include <limits>
#include <mutex>

namespace chengshu::sensing {
namespace {

constexpr int kNotIndexed = -1;

std::size_t position(EntityType type) {
    return static_cast<std::size_t>(type);
}

/// Where the index of each navigation is in a slot: by type and navigation; kNotIndexed for what
/// the entity stores itself and for observations.
class InverseTable {
public:
    InverseTable() {
        for (const auto& entity : all_entities()) {
            auto& row = rows_.emplace_back();
            int next = 0;
            for (std::size_t i = 0; i < entity.navigations.size(); ++i) {
                const bool indexed = !Registry::owns(entity.type, i) &&
                                     entity.navigations[i].target != EntityType::Observation;
                row.push_back(indexed ? next++ : kNotIndexed);
            }
        }
    }

    [[nodiscard]] int at(EntityType type, std::size_t navigation) const {
        return rows_[position(type)][navigation];
    }

private:
    std::vector<std::vector<int>> rows_;
};

const InverseTable& inverses() {
    static const InverseTable kTable;
    return kTable;
}

std::size_t inverse_position(const Navigation& navigation) {
    return navigation_position(navigation.target, inverse(navigation));
}

std::uint64_t hash_of(std::string_view code) {
    return std::hash<std::string_view>{}(code);
}

}  // namespace

std::vector<std::int64_t>* IdSet::many() const {
    return (bits_ & 1U) != 0 ? nullptr : reinterpret_cast<std::vector<std::int64_t>*>(bits_);
}

IdSet::~IdSet() {
    delete many();
}

void IdSet::insert(std::int64_t id) {
    if (bits_ == 0) {
        bits_ = (static_cast<std::uintptr_t>(id) << 1U) | 1U;
        return;
    }
    auto* list = many();
    if (list == nullptr) {
        const auto only = static_cast<std::int64_t>(bits_ >> 1U);
        if (only == id) {
            return;
        }
        list = new std::vector<std::int64_t>{std::min(only, id), std::max(only, id)};
        bits_ = reinterpret_cast<std::uintptr_t>(list);
        return;
    }
    const auto at = std::lower_bound(list->begin(), list->end(), id);
    if (at == list->end() || *at != id) {
        list->insert(at, id);
    }
}

void IdSet::erase(std::int64_t id) {
    auto* list = many();
    if (list == nullptr) {
        if (bits_ != 0 && static_cast<std::int64_t>(bits_ >> 1U) == id) {
            bits_ = 0;
        }
        return;
    }
    const auto at = std::lower_bound(list->begin(), list->end(), id);
    if (at != list->end() && *at == id) {
        list->erase(at);
    }
    if (list->empty()) {
        delete list;
        bits_ = 0;
    }
}

std::size_t IdSet::size() const {
    const auto* list = many();
    return list != nullptr ? list->size() : bits_ == 0 ? 0 : 1;
}

void IdSet::read(std::int64_t after, std::size_t limit, std::vector<std::int64_t>& out) const {
    const auto* list = many();
    if (list == nullptr) {
        const auto only = static_cast<std::int64_t>(bits_ >> 1U);
        if (bits_ != 0 && only > after && limit > 0) {
            out.push_back(only);
        }
        return;
    }
    for (auto at = std::upper_bound(list->begin(), list->end(), after);
         at != list->end() && limit > 0;
         ++at, --limit) {
        out.push_back(*at);
    }
}

void IdSet::read_down(std::int64_t before, std::size_t limit, std::vector<std::int64_t>& out)
    const {
    const auto* list = many();
    if (list == nullptr) {
        const auto only = static_cast<std::int64_t>(bits_ >> 1U);
        if (bits_ != 0 && only < before && limit > 0) {
            out.push_back(only);
        }
        return;
    }
    for (auto at = std::lower_bound(list->begin(), list->end(), before);
         at != list->begin() && limit > 0;
         --limit) {
        out.push_back(*--at);
    }
}

std::size_t IdSet::bytes() const {
    const auto* list = many();
    return list == nullptr ? 0 : sizeof(*list) + list->capacity() * sizeof(std::int64_t);
}

Registry::Registry() : tables_(kEntityTypes) {}

Registry::~Registry() = default;

std::size_t navigation_position(EntityType type, const Navigation& navigation) {
    return static_cast<std::size_t>(&navigation - info(type).navigations.data());
}

std::size_t navigation_position(EntityType type, std::string_view name) {
    const auto* found = info(type).navigation(name);
    CS_ASSERT(found != nullptr);
    return navigation_position(type, *found);
}

std::size_t property_position(EntityType type, std::string_view name) {
    const auto* found = info(type).property(name);
    CS_ASSERT(found != nullptr);
    return static_cast<std::size_t>(found - info(type).properties.data());
}

bool Registry::owns(EntityType type, std::size_t navigation) {
    const auto& row = info(type).navigations[navigation];
    if (!row.many) {
        return true;
    }
    // Of the relations that have many on both sides, the one whose order or history counts.
    return (type == EntityType::Thing && row.target == EntityType::Location) ||
           (type == EntityType::HistoricalLocation && row.target == EntityType::Location) ||
           (type == EntityType::MultiDatastream && row.target == EntityType::ObservedProperty);
}

const Registry::Table& Registry::table(EntityType type) const {
    return tables_[position(type)];
}

const Registry::Slot* Registry::slot(EntityKey key) const {
    const auto& pages = table(key.type).pages;
    if (key.id <= 0) {
        return nullptr;
    }
    const auto index = static_cast<std::size_t>(key.id);
    const auto page = index / kPage;
    return page < pages.size() && pages[page] ? &pages[page]->slots[index % kPage] : nullptr;
}

Registry::Slot& Registry::make_slot(EntityKey key) {
    CS_ASSERT(key.id > 0);
    auto& pages = tables_[position(key.type)].pages;
    const auto index = static_cast<std::size_t>(key.id);
    if (index / kPage >= pages.size()) {
        pages.resize(index / kPage + 1);
    }
    auto& page = pages[index / kPage];
    if (!page) {
        page = std::make_unique<Page>();
    }
    return page->slots[index % kPage];
}

EntityPtr Registry::find(EntityKey key) const {
    const std::shared_lock lock(mutex_);
    const auto* found = slot(key);
    return found == nullptr ? EntityPtr() : found->entity;
}

std::size_t Registry::count(EntityType type) const {
    const std::shared_lock lock(mutex_);
    return table(type).count;
}

std::vector<EntityPtr>
Registry::page(EntityType type, std::int64_t after, std::size_t limit, bool descending) const {
    std::vector<EntityPtr> out;
    const std::shared_lock lock(mutex_);
    const auto& pages = table(type).pages;
    const auto end = static_cast<std::int64_t>(pages.size() * kPage);
    const auto step = descending ? -1 : 1;
    auto id = descending ? std::min(after, end) - 1 : std::max<std::int64_t>(after, 0) + 1;
    while (id > 0 && id < end && out.size() < limit) {
        const auto index = static_cast<std::size_t>(id);
        const auto& page = pages[index / kPage];
        if (!page) {
            const auto first = static_cast<std::int64_t>(index / kPage * kPage);
            id = descending ? first - 1 : first + static_cast<std::int64_t>(kPage);
            continue;
        }
        if (const auto& entity = page->slots[index % kPage].entity) {
            out.push_back(entity);
        }
        id += step;
    }
    return out;
}

std::vector<std::int64_t> Registry::linked(
    EntityKey key,
    std::size_t navigation,
    std::int64_t after,
    std::size_t limit
) const {
    std::vector<std::int64_t> out;
    const std::shared_lock lock(mutex_);
    const auto* found = slot(key);
    if (found == nullptr || !found->entity) {
        return out;
    }
    if (owns(key.type, navigation)) {
        out = found->entity->links(static_cast<std::uint8_t>(navigation));
        if (after > 0) {
            std::erase_if(out, [&](std::int64_t id) { return id <= after; });
        }
        out.resize(std::min(out.size(), limit));
        return out;
    }
    if (const int at = inverses().at(key.type, navigation); at != kNotIndexed) {
        found->inverse[static_cast<std::size_t>(at)].read(after, limit, out);
    }
    return out;
}

std::vector<std::int64_t> Registry::linked_down(
    EntityKey key,
    std::size_t navigation,
    std::int64_t before,
    std::size_t limit
) const {
    std::vector<std::int64_t> out;
    const std::shared_lock lock(mutex_);
    const auto* found = slot(key);
    if (found == nullptr || !found->entity) {
        return out;
    }
    if (owns(key.type, navigation)) {
        out = found->entity->links(static_cast<std::uint8_t>(navigation));
        std::erase_if(out, [&](std::int64_t id) { return id >= before; });
        std::sort(out.begin(), out.end(), std::greater<>());
        out.resize(std::min(out.size(), limit));
        return out;
    }
    if (const int at = inverses().at(key.type, navigation); at != kNotIndexed) {
        found->inverse[static_cast<std::size_t>(at)].read_down(before, limit, out);
    }
    return out;
}

std::size_t Registry::linked_count(EntityKey key, std::size_t navigation) const {
    const std::shared_lock lock(mutex_);
    const auto* found = slot(key);
    if (found == nullptr || !found->entity) {
        return 0;
    }
    if (owns(key.type, navigation)) {
        return found->entity->links(static_cast<std::uint8_t>(navigation)).size();
    }
    const int at = inverses().at(key.type, navigation);
    return at == kNotIndexed ? 0 : found->inverse[static_cast<std::size_t>(at)].size();
}

bool Registry::is_linked(EntityKey from, std::size_t navigation, std::int64_t to) const {
    if (owns(from.type, navigation)) {
        const auto found = linked(from, navigation, 0, std::numeric_limits<std::size_t>::max());
        return std::find(found.begin(), found.end(), to) != found.end();
    }
    const auto found = linked(from, navigation, to - 1, 1);
    return !found.empty() && found.front() == to;
}

std::int64_t Registry::last_id(EntityType type) const {
    const std::shared_lock lock(mutex_);
    return table(type).last_id;
}

void Registry::set_last_id(EntityType type, std::int64_t id) {
    const std::unique_lock lock(mutex_);
    auto& last = tables_[position(type)].last_id;
    last = std::max(last, id);
}

std::int64_t Registry::thing_by_code(std::string_view code) const {
    const std::shared_lock lock(mutex_);
    const auto found = codes_.find(hash_of(code));
    return found == codes_.end() ? 0 : found->second;
}

void Registry::index_links(const Entity& entity, bool add) {
    const auto navigations = info(entity.type()).navigations;
    for (const auto& link : entity.links()) {
        if (link.navigation >= navigations.size()) {
            continue;  // kMadeFrom, kMadeFeature: known from one side at a time
        }
        const auto& row = navigations[link.navigation];
        const int at = inverses().at(row.target, inverse_position(row));
        if (at == kNotIndexed) {
            continue;
        }
        auto& set = make_slot({row.target, link.id}).inverse[static_cast<std::size_t>(at)];
        if (add) {
            set.insert(entity.id());
        } else {
            set.erase(entity.id());
        }
    }
}

void Registry::put(const Change& change) {
    auto& table = tables_[position(change.key.type)];
    auto& entity = make_slot(change.key).entity;
    if (entity) {
        index_links(*entity, false);
        table.count -= 1;
        if (const auto code = entity->tag(Tag::Code); !code.empty()) {
            codes_.erase(hash_of(code));
        }
    }
    // make_slot may have moved nothing: pages stay where they are.
    entity = change.value;
    if (change.value) {
        index_links(*change.value, true);
        table.count += 1;
        table.last_id = std::max(table.last_id, change.key.id);
        if (const auto code = change.value->tag(Tag::Code); !code.empty()) {
            codes_[hash_of(code)] = change.key.id;
        }
    }
}

void Registry::apply(std::span<const Change> changes) {
    const std::unique_lock lock(mutex_);
    for (const auto& change : changes) {
        put(change);
    }
    version_.fetch_add(1, std::memory_order_acq_rel);
}

RegistryBytes Registry::bytes() const {
    RegistryBytes out;
    const std::shared_lock lock(mutex_);
    for (const auto& table : tables_) {
        out.index += table.pages.capacity() * sizeof(table.pages.front());
        for (const auto& page : table.pages) {
            if (!page) {
                continue;
            }
            out.index += sizeof(Page);
            for (const auto& slot : page->slots) {
                out.entities += slot.entity ? slot.entity->bytes() + 2 * sizeof(void*) : 0;
                for (const auto& set : slot.inverse) {
                    out.index += set.bytes();
                }
            }
        }
    }
    out.index += codes_.bucket_count() * (sizeof(std::uint64_t) + sizeof(std::int64_t) + 1);
    out.shared = pool_.bytes();
    return out;
}

}  // namespace chengshu::sensing
