#include "base/assert.hpp"
#include "edge/mqtt/bridge.hpp"
#include "edge/sensorthings/live.hpp"
#include "edge/sensorthings/tests/world.hpp"
#include "inputs.hpp"

#include <memory>
#include <string>

namespace {

using chengshu::sensorthings::Live;
using chengshu::sensorthings::World;

class Broker final : public chengshu::ports::MessageBroker {
public:
    void acknowledge(std::uint64_t /*ticket*/) override { ++acknowledged; }

    bool publish(std::string /*topic*/, std::string /*payload*/) override { return true; }

    std::uint64_t acknowledged = 0;
};

/// The bridge between a broker and the real SensorThings, and who tells its subscribers.
struct Link {
    Link() : world(chengshu::services::PublicSight::Marked) {
        static_cast<void>(world.make_station("a", R"({"code":"A","department":"SAN"})"));
        chengshu::sensorthings::LiveOptions telling;
        telling.token = "key-administrator";
        auto made = Live::make(
            {world.store,
             world.clock,
             world.secrets,
             world.current,
             world.submitter,
             *world.entities,
             {}},
            std::move(telling)
        );
        live = std::move(made).value();
        chengshu::mqtt_edge::BridgeOptions options;
        options.token = "key-administrator";
        options.client_id = "chengshu";
        options.subscribed = [this](std::string_view topic) {
            static_cast<void>(live->subscribed(topic));
        };
        bridge = std::make_unique<chengshu::mqtt_edge::Bridge>(
            *world.edge, std::move(options), [](const std::string&) {}
        );
        bridge->attach(broker);
        world.entities->listen([this](std::span<const chengshu::sensing::Update> updates) {
            for (const auto& update : updates) {
                static_cast<void>(live->tell(update, [](const auto&, const auto&) {}));
            }
        });
    }

    World world;
    Broker broker;
    std::unique_ptr<Live> live;
    std::unique_ptr<chengshu::mqtt_edge::Bridge> bridge;
};

}  // namespace

/// Messages: a line with the topic, then the payload; a line "@@ <topic>" begins the next one.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    struct Message {
        std::string path;
        std::string content;
    };

    auto& link = chengshu::fuzz::recycled<300>([] { return std::make_unique<Link>(); });
    const auto messages = chengshu::fuzz::split_files<Message>(chengshu::fuzz::text_of(data, size));
    const auto before = link.bridge->counters();
    const auto acknowledged = link.broker.acknowledged;
    std::uint64_t heard = 0;
    for (const auto& message : messages) {
        heard += message.path == "$SYS/broker/log/M/subscribe" ? 1 : 0;
        link.bridge->receive({message.path, message.content, 1, false});
    }
    const auto after = link.bridge->counters();
    // Every message is stored or refused, and then acknowledged: nothing waits for ever.
    const auto settled = (after.taken - before.taken) + (after.rejected - before.rejected);
    CS_ASSERT(settled + heard == messages.size());
    CS_ASSERT(link.broker.acknowledged - acknowledged >= settled);
    CS_ASSERT(after.held == 0);
    CS_ASSERT(link.live->topics() <= Live::kTopicsMax);
    // What subscribers were told of is asked for in their options.
    static_cast<void>(link.world.ask("PATCH", "Things(1)", R"({"name":"b"})"));
    return 0;
}
