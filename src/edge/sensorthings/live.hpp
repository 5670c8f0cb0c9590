#pragma once

#include "base/result.hpp"
#include "domain/sensing/update.hpp"
#include "edge/sensorthings/sensorthings.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace chengshu::sensorthings {

struct LiveOptions {
    std::string token;  ///< bearer token of the account that decides what may be told
    /// Each new or changed observation at v1.1/Observations and at its stream's.
    bool observations = true;
    /// Also with these options, e.g. "?$select=result,phenomenonTime".
    std::vector<std::string> observation_options;
    /// Each other entity at its set, at itself, at its changed properties, and at the sets of
    /// entities that it belongs to.
    bool entities = true;
};

/// Which topics a change concerns and what is said there (18-088, 14.2): what a GET of the topic
/// would show of the entity. Thread-safe, one update at a time.
class Live {
public:
    using Emit = std::function<void(const std::string& topic, const std::string& payload)>;

    /// Topics that are remembered; of more, those are forgotten that were asked for first.
    static constexpr std::size_t kTopicsMax = 1'000;
    /// Entities whose sets are told of one that belongs to many.
    static constexpr std::size_t kOwnersMax = 100;

    /// InvalidInput for options that are none.
    static Result<std::unique_ptr<Live>> make(Ports ports, LiveOptions options);
    Live(const Live&) = delete;
    Live& operator=(const Live&) = delete;
    ~Live();

    /// Somebody wants to be told at this topic, which begins with the version:
    /// "v1.1/Things(1)/name", "v1.0/Datastreams(1)/Thing/Locations?$select=name". Counts for what
    /// changes from now on. NotFound or InvalidInput for what names nothing of ours, has options
    /// other than $select, or stands for several topics.
    Status subscribed(std::string_view topic);

    /// Emits each topic once. What the account may not see is not told. Fails when the token is
    /// good for nothing.
    Status tell(const sensing::Update& update, const Emit& emit);

    /// Topics that are remembered.
    [[nodiscard]] std::size_t topics() const;

private:
    class Impl;
    explicit Live(std::unique_ptr<Impl> impl);

    std::unique_ptr<Impl> impl_;
};

}  // namespace chengshu::sensorthings
