#include "edge/sensorthings/live.hpp"

#include "edge/sensorthings/tests/world.hpp"

#include <fmt/format.h>

#include <map>
#include <string>
#include <vector>

namespace chengshu::sensorthings {
namespace {

namespace json = boost::json;

/// The world, and what its changes make a broker publish.
class LiveTest : public ::testing::Test {
protected:
    explicit LiveTest(
        LiveOptions options = everything("administrator"),
        services::PublicSight sight = services::PublicSight::Everything
    )
        : world_(sight) {
        make(std::move(options));
    }

    static LiveOptions everything(const std::string& login) {
        LiveOptions out;
        out.token = "key-" + login;
        out.observation_options = {"?$select=result"};
        return out;
    }

    static LiveOptions nothing() {
        auto out = everything("administrator");
        out.observation_options.clear();
        out.observations = false;
        out.entities = false;
        return out;
    }

    void make(LiveOptions options) {
        auto made = Live::make(
            Ports{
                world_.store,
                world_.clock,
                world_.secrets,
                world_.current,
                world_.submitter,
                *world_.entities,
                {}
            },
            std::move(options)
        );
        ASSERT_TRUE(made) << made.error().context;
        live_ = std::move(*made);
        world_.entities->listen([this](std::span<const sensing::Update> updates) {
            for (const auto& update : updates) {
                static_cast<void>(tell(update));
            }
        });
    }

    Status tell(const sensing::Update& update) {
        return live_->tell(update, [this](const std::string& topic, const std::string& payload) {
            topics_.push_back(topic);
            messages_[topic] = payload;
        });
    }

    /// A new observation of the stream is told.
    std::int64_t observe(std::int64_t stream, double result) {
        const auto id = world_.make(
            fmt::format("Datastreams({})/Observations", stream),
            fmt::format(R"({{"result":{}}})", result)
        );
        forget();
        EXPECT_TRUE(tell({*world_.rows.find(id).value(), {}}));
        return id;
    }

    void patch(const std::string& target, const std::string& body) {
        forget();
        EXPECT_EQ(world_.ask("PATCH", target, body).status, 200) << target;
    }

    void forget() {
        topics_.clear();
        messages_.clear();
    }

    std::string got(const std::string& target) {
        return world_.ask("GET", "/sensorthings/" + target, {}, "administrator", {{"Host", ""}})
            .body;
    }

    World world_;
    std::unique_ptr<Live> live_;
    std::vector<std::string> topics_;
    std::map<std::string, std::string> messages_;
};

using Topics = std::vector<std::string>;

TEST_F(LiveTest, AnObservationIsToldAsAGetWouldShowIt) {
    world_.make_station("a");
    const auto id = observe(1, 5);
    EXPECT_EQ(
        topics_,
        (Topics{
            "v1.1/Observations",
            "v1.1/Datastreams(1)/Observations",
            "v1.1/Observations?$select=result",
            "v1.1/Datastreams(1)/Observations?$select=result"
        })
    );
    const auto shown = got(fmt::format("v1.1/Observations({})", id));
    EXPECT_EQ(messages_["v1.1/Observations"], shown);
    EXPECT_EQ(messages_["v1.1/Datastreams(1)/Observations"], shown);
    EXPECT_EQ(messages_["v1.1/Observations?$select=result"], R"({"result":5})");
}

TEST_F(LiveTest, AChangedObservationIsToldWithWhatHasChanged) {
    world_.make_station("a");
    const auto id = observe(1, 5);
    auto before = *world_.rows.find(id).value();
    auto now = before;
    now.number = 6;
    forget();
    EXPECT_TRUE(tell({now, before}));
    EXPECT_EQ(messages_.count("v1.1/Observations(1)"), 1U);
    EXPECT_EQ(messages_["v1.1/Observations(1)/result"], R"({"result":6})");
    EXPECT_EQ(messages_.count("v1.1/Observations(1)/phenomenonTime"), 0U);
}

TEST_F(LiveTest, EntitiesAreToldAtTheirSetsAndAtThoseTheyBelongTo) {
    world_.make_station("a");
    EXPECT_EQ(messages_["v1.1/Things"], got("v1.1/Things(1)"));
    EXPECT_EQ(messages_["v1.1/Locations"], got("v1.1/Locations(1)"));
    EXPECT_EQ(messages_["v1.1/Sensors"], got("v1.1/Sensors(1)"));
    EXPECT_EQ(messages_["v1.1/HistoricalLocations"], got("v1.1/HistoricalLocations(1)"));
    EXPECT_EQ(messages_["v1.1/Things(1)/Datastreams"], got("v1.1/Datastreams(1)"));
    EXPECT_EQ(messages_["v1.1/Sensors(1)/Datastreams"], got("v1.1/Datastreams(1)"));
    EXPECT_EQ(messages_["v1.1/Things(1)/Locations"], got("v1.1/Locations(1)"));
    EXPECT_EQ(messages_["v1.1/Locations(1)/Things"], got("v1.1/Things(1)"));

    patch("Things(1)", R"({"name":"b"})");
    EXPECT_EQ(
        topics_,
        (Topics{"v1.1/Things", "v1.1/Things(1)", "v1.1/Things(1)/name", "v1.1/Locations(1)/Things"})
    );
    EXPECT_EQ(messages_["v1.1/Things(1)"], got("v1.1/Things(1)"));
    EXPECT_EQ(messages_["v1.1/Things(1)/name"], R"({"name":"b"})");

    patch("Things(1)", R"({"name":"b"})");  // nothing has changed
    EXPECT_EQ(topics_, Topics{});
    forget();
    EXPECT_EQ(world_.ask("DELETE", "Things(1)").status, 200);
    EXPECT_EQ(messages_.count("v1.1/Things(1)"), 0U);
}

class SubscribedTest : public LiveTest {
protected:
    SubscribedTest() : LiveTest(nothing()) {}

    void subscribe(const std::string& topic) {
        const auto done = live_->subscribed(topic);
        EXPECT_TRUE(done) << topic << ": " << done.error().context;
    }
};

/// Topics as the suite of the OGC uses them.
TEST_F(SubscribedTest, WhatIsSubscribedToIsTold) {
    world_.make_station("a");
    world_.make_station("b");
    const auto first = observe(1, 5);
    EXPECT_EQ(topics_, Topics{});
    for (const auto* topic :
         {"v1.1/Things?$select=name,description",
          "v1.0/Things",
          "v1.1/Things(1)",
          "v1.1/Things(1)/name",
          "v1.1/Things(2)/name",
          "v1.1/Things(1)/properties",
          "v1.1/Datastreams(1)/Thing",
          "v1.1/Datastreams(2)/Thing",
          "v1.1/Observations(1)/Datastream/Thing",
          "v1.1/Datastreams(1)/Thing/Locations",
          "v1.1/HistoricalLocations(1)/Thing/Datastreams",
          "v1.1/Observations(1)/FeatureOfInterest",
          "v1.0/FeaturesOfInterest(1)/Observations?$select=result",
          "v1.1/Things(1)/Datastreams(1)/Observations",
          "v1.1/Datastreams(2)/Observations"}) {
        subscribe(topic);
    }
    EXPECT_EQ(first, 1);
    patch("Things(1)", R"({"name":"c"})");
    EXPECT_EQ(
        topics_,
        (Topics{
            "v1.1/Things?$select=name,description",
            "v1.0/Things",
            "v1.1/Things(1)",
            "v1.1/Things(1)/name",
            "v1.1/Datastreams(1)/Thing",
            "v1.1/Observations(1)/Datastream/Thing"
        })
    );
    EXPECT_EQ(
        messages_["v1.1/Things?$select=name,description"],
        R"({"name":"c","description":"an air station"})"
    );
    EXPECT_EQ(messages_["v1.0/Things"], got("v1.0/Things(1)"));
    EXPECT_EQ(messages_["v1.1/Datastreams(1)/Thing"], got("v1.1/Things(1)"));
    EXPECT_EQ(messages_["v1.1/Things(1)/name"], R"({"name":"c"})");

    patch("Locations(1)", R"({"name":"d"})");
    EXPECT_EQ(topics_, (Topics{"v1.1/Datastreams(1)/Thing/Locations"}));
    patch("Datastreams(1)", R"({"name":"d"})");
    EXPECT_EQ(topics_, (Topics{"v1.1/HistoricalLocations(1)/Thing/Datastreams"}));
    patch("FeaturesOfInterest(1)", R"({"name":"d"})");
    EXPECT_EQ(topics_, (Topics{"v1.1/Observations(1)/FeatureOfInterest"}));
    observe(1, 6);
    EXPECT_EQ(
        topics_,
        (Topics{
            "v1.0/FeaturesOfInterest(1)/Observations?$select=result",
            "v1.1/Things(1)/Datastreams(1)/Observations"
        })
    );
    observe(2, 7);
    EXPECT_EQ(topics_, (Topics{"v1.1/Datastreams(2)/Observations"}));
}

TEST_F(SubscribedTest, WhatIsNoTopicOfOursIsRefused) {
    for (const auto* topic :
         {"",
          "v1.1",
          "v1.1/",
          "v2/Things",
          "v1.1/Cars",
          "v1.1/#",
          "v1.1/+/Observations",
          "v1.1/Things(1)/+",
          "v1.1/Things/$count",
          "v1.1/Things(1)/name/$value",
          "v1.1/Things/$ref",
          "v1.1/Things?$filter=id eq 1",
          "v1.1/Things?$select=colour",
          "v1.1/Things?$expand=Datastreams",
          "v1.1/Things(1"}) {
        EXPECT_FALSE(live_->subscribed(topic)) << topic;
    }
    EXPECT_FALSE(live_->subscribed("v1.1/Things?$select=" + std::string(10'000, 'x')));
}

TEST_F(SubscribedTest, OfTooManyTopicsTheEarliestAreForgotten) {
    world_.make_station("a");
    subscribe("v1.1/Things");
    subscribe("v1.1/Things(1)");
    subscribe("v1.1/Datastreams(1)/Thing");
    for (std::size_t i = 0; i < Live::kTopicsMax - 2; ++i) {
        subscribe(fmt::format("v1.1/Things({})/name", i + 2));
    }
    patch("Things(1)", R"({"name":"b"})");
    EXPECT_EQ(topics_, (Topics{"v1.1/Things(1)", "v1.1/Datastreams(1)/Thing"}));
    subscribe("v1.1/Things(1)");  // asked for once more: now among the last
    subscribe("v1.1/Things");
    patch("Things(1)", R"({"name":"c"})");
    EXPECT_EQ(topics_, (Topics{"v1.1/Things", "v1.1/Things(1)"}));
}

TEST_F(SubscribedTest, ATopicIsToldOnce) {
    make(everything("administrator"));
    world_.make_station("a");
    subscribe("v1.1/Things(1)/name");
    subscribe("v1.1/Things(1)");
    subscribe("v1.1/Things(1)");
    patch("Things(1)", R"({"name":"b"})");
    EXPECT_EQ(
        topics_,
        (Topics{"v1.1/Things", "v1.1/Things(1)", "v1.1/Things(1)/name", "v1.1/Locations(1)/Things"})
    );
}

class BlindTest : public LiveTest {
protected:
    BlindTest() : LiveTest(everything("auditor"), services::PublicSight::Nothing) {}
};

TEST_F(BlindTest, WhatTheAccountMayNotSeeIsNotTold) {
    world_.make_station("a");
    EXPECT_EQ(topics_, Topics{});
    make(everything("nobody"));
    world_.entities->listen([](std::span<const sensing::Update>) {});
    world_.make_station("b");
    const auto thing = world_.entities->registry().find({sensing::EntityType::Thing, 2});
    EXPECT_FALSE(tell({thing, {}}));
    EXPECT_EQ(topics_, Topics{});
}

TEST_F(LiveTest, OptionsOtherThanSelectAreRefused) {
    auto options = everything("administrator");
    options.observation_options = {"?$filter=result gt 1"};
    const auto made = Live::make(
        Ports{
            world_.store,
            world_.clock,
            world_.secrets,
            world_.current,
            world_.submitter,
            *world_.entities,
            {}
        },
        options
    );
    EXPECT_FALSE(made);
}

}  // namespace
}  // namespace chengshu::sensorthings
