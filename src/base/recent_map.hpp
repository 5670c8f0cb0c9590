#pragma once

#include <cstddef>
#include <unordered_map>
#include <utility>

namespace chengshu {

/// What was used lately, between `kept` and twice as many entries: when as many have been used
/// since, those that were not are forgotten, all at once and without a list of the order of use.
/// Not thread-safe.
template <class Key, class Value, class Hash = std::hash<Key>>
class RecentMap {
public:
    explicit RecentMap(std::size_t kept) : kept_(kept) {}

    /// Null when it is not known (any more). The pointer holds until the next change; a `find` may
    /// be one.
    Value* find(const Key& key) {
        if (const auto found = recent_.find(key); found != recent_.end()) {
            return &found->second;
        }
        auto node = older_.extract(key);
        if (node.empty()) {
            return nullptr;
        }
        make_room();
        return &recent_.insert(std::move(node)).position->second;
    }

    Value& put(const Key& key, Value value) {
        erase(key);
        make_room();
        return recent_.emplace(key, std::move(value)).first->second;
    }

    void erase(const Key& key) {
        recent_.erase(key);
        older_.erase(key);
    }

    template <class Visit>
    void each(Visit&& visit) {
        for (auto* part : {&recent_, &older_}) {
            for (auto& [key, value] : *part) {
                visit(value);
            }
        }
    }

    [[nodiscard]] std::size_t kept() const { return kept_; }

private:
    void make_room() {
        if (recent_.size() >= kept_) {
            older_ = std::move(recent_);
            recent_ = {};
        }
    }

    using Part = std::unordered_map<Key, Value, Hash>;

    std::size_t kept_;
    Part recent_;
    Part older_;
};

}  // namespace chengshu
