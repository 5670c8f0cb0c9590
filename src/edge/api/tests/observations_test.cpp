#include "adapters/memory/memory_observations.hpp"
#include "edge/api/tests/api_fixture.hpp"
#include "services/sensing/entity_work.hpp"
#include "services/sensing/gateway.hpp"
#include "support/temp_folder.hpp"
#include "support/test_city.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <zlib.h>

namespace chengshu::api {
namespace {

using sensing::EntityType;

/// A thing with a code, a Location and Datastreams "pm25" and "state".
std::string station(const std::string& code, city::Point point, bool placed = true) {
    const auto stream = [](const std::string& name) {
        return fmt::format(
            R"({{"name":"{}","description":"d","observationType":)"
            R"("http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement",)"
            R"("unitOfMeasurement":{{"name":"u","symbol":"u","definition":"u"}},)"
            R"("Sensor":{{"name":"s","description":"d","encodingType":"application/pdf",)"
            R"("metadata":"m"}},)"
            R"("ObservedProperty":{{"name":"p","definition":"https://example.org/p",)"
            R"("description":"d"}}}})",
            name
        );
    };
    const auto place = fmt::format(
        R"("Locations":[{{"name":"l","description":"d","encodingType":"application/geo+json",)"
        R"("location":{{"type":"Point","coordinates":[{},{}]}}}}],)",
        point.lon,
        point.lat
    );
    return fmt::format(
        R"({{"name":"{0}","description":"d","properties":{{"code":"{0}"}},)"
        R"({1}"Datastreams":[{2},{3}]}})",
        code,
        placed ? place : "",
        stream("pm25"),
        stream("state")
    );
}

std::string packed(const std::string& text) {
    z_stream stream{};
    EXPECT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
    std::string out(deflateBound(&stream, text.size()) + 64, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
    out.resize(stream.total_out);
    deflateEnd(&stream);
    return out;
}

class ObservationsTest : public ::testing::Test {
protected:
    ObservationsTest() {
        EXPECT_TRUE(entities_.load(world_.store));
        make(station("EAST-1", testing::kEast1));
        make(station("NOWHERE", testing::kEast1, false));
    }

    void make(const std::string& body) {
        services::SensingCommand command;
        command.who.account = "test";
        command.who.kind = access::PrincipalKind::System;
        command.work = [body](services::EntityWork& work) {
            return work.create(EntityType::Thing, json::parse(body).get_object(), std::nullopt);
        };
        bool made = false;
        entities_.submit(
            world_.submitter,
            std::move(command),
            [&](Result<services::SensingOutcome> outcome) {
                made = outcome.has_value();
                EXPECT_TRUE(made) << outcome.error().context;
            }
        );
        ASSERT_TRUE(made);
    }

    /// The answer, when what waits has been stored.
    Reply send(
        std::string_view query,
        std::string body,
        std::vector<std::pair<std::string, std::string>> headers = {},
        std::string_view who = "administrator",
        std::string_view type = "application/x-ndjson"
    ) {
        http::Request request;
        request.method = "POST";
        request.target = std::string(kBasePath) + "/observations" + std::string(query);
        request.headers.set("Accept-Language", "en");
        request.headers.set("Content-Type", std::string(type));
        if (!who.empty()) {
            request.headers.set("Authorization", "Bearer " + World::token_of(who));
        }
        for (auto& [name, value] : headers) {
            request.headers.set(std::move(name), std::move(value));
        }
        request.body = std::move(body);
        // May come after this function has returned.
        auto out = std::make_shared<Reply>();
        api_.handle(std::move(request), [out](http::Response response) {
            EXPECT_EQ(out->status, 0);
            out->status = response.status;
            out->headers = std::move(response.headers);
            out->text = std::move(response.body);
        });
        if (hold_) {
            return *out;
        }
        while (ingest_.work_once()) {
        }
        EXPECT_NE(out->status, 0);
        return *out;
    }

    std::int64_t stored() { return rows_.stats()->rows; }

    World world_;
    support::TempFolder folder_;
    memory::MemoryObservations rows_{folder_.path().string()};
    services::Ingest ingest_{rows_, world_.clock, {.waiting_rows = 20}, nullptr};
    services::SensingEntities entities_{
        world_.definitions,
        ingest_,
        services::PublicSight::Nothing
    };
    services::Gateway gateway_{entities_, ingest_, world_.submitter, world_.clock};
    Api api_{
        world_.store,
        world_.clock,
        world_.secrets,
        world_.blobs,
        world_.definitions,
        world_.submitter,
        options()
    };
    bool hold_ = false;

private:
    Options options() {
        Options out;
        out.principals = &world_.principals;
        out.gateway = &gateway_;
        out.observations_max = 100'000;
        return out;
    }
};

TEST_F(ObservationsTest, NdjsonIsStoredWithTheFeatureOfItsThing) {
    const auto reply = send(
        "",
        "{\"stream\":1,\"time\":\"2025-09-16T01:00:00Z\",\"result\":12.5}\n"
        "{\"thing\":\"EAST-1\",\"datastream\":\"state\",\"result\":\"open\"}\n"
        "{\"thing\":\"EAST-1\",\"datastream\":\"pm25\",\"time\":1757984400000,\"result\":13}\n"
    );
    ASSERT_EQ(reply.status, 200) << reply.text;
    EXPECT_EQ(reply.at("accepted"), 3) << reply.text;
    EXPECT_EQ(reply.at("rejected"), 0);
    EXPECT_EQ(reply.at("first_id"), 1);
    const auto first = *rows_.find(1);
    ASSERT_TRUE(first);
    EXPECT_EQ(first->stream, 1);
    EXPECT_EQ(first->number, 12.5);
    EXPECT_GT(first->feature, 0);
    const auto second = *rows_.find(2);
    EXPECT_EQ(second->stream, 2);
    EXPECT_EQ(second->result, "\"open\"");
    EXPECT_EQ(second->phenomenon_from, to_millis(world_.clock.now()));
    EXPECT_EQ((*rows_.find(3))->phenomenon_from, 1'757'984'400'000);
    // The second request finds the feature made.
    const auto features = entities_.registry().count(EntityType::FeatureOfInterest);
    EXPECT_EQ(features, 1U);
    const auto version = entities_.registry().version();
    EXPECT_EQ(send("", "{\"stream\":1,\"result\":1}").status, 200);
    EXPECT_EQ(entities_.registry().version(), version);
    EXPECT_EQ((*rows_.find(4))->feature, first->feature);
}

TEST_F(ObservationsTest, LineProtocolIsStored) {
    for (const auto* type : {"text/plain; charset=utf-8", "application/vnd.influx.line"}) {
        const auto reply = send(
            "?precision=s",
            "air,code=EAST-1,vendor=x pm25=12.5,state=\"open\" 1757984400\npm25,code=EAST-1 "
            "value=7 1757984460\n",
            {},
            "administrator",
            type
        );
        ASSERT_EQ(reply.status, 200) << reply.text;
        EXPECT_EQ(reply.at("accepted"), 3);
    }
    EXPECT_EQ((*rows_.find(3))->stream, 1);
    EXPECT_EQ((*rows_.find(3))->number, 7.0);
}

TEST_F(ObservationsTest, MistakesAreSaidRowByRowAndTheRestIsStored) {
    const auto body = std::string(
        "{\"stream\":1,\"result\":1}\n"
        "{\"stream\":99,\"result\":1}\n"
        "{\"stream\":1,\"result\":}\n"
        "{\"thing\":\"NOWHERE\",\"datastream\":\"pm25\",\"result\":1}\n"
        "{\"thing\":\"NOBODY\",\"datastream\":\"pm25\",\"result\":1}\n"
    );
    const auto reply = send("", body);
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.at("accepted"), 1);
    EXPECT_EQ(reply.at("rejected"), 4);
    const auto errors = reply.list("errors");
    ASSERT_EQ(errors.size(), 4U);
    EXPECT_EQ(reply.at("errors.0.row"), 2);
    EXPECT_EQ(reply.text_at("errors.0.field"), "stream");
    EXPECT_EQ(reply.at("errors.2.row"), 4);
    EXPECT_FALSE(reply.text_at("errors.2.hint").empty());
    EXPECT_EQ(stored(), 1);

    const auto strict = send("?all_or_nothing=true", body);
    EXPECT_EQ(strict.status, 422);
    EXPECT_EQ(strict.at("accepted"), 0);
    EXPECT_EQ(strict.at("rejected"), 4);
    EXPECT_EQ(stored(), 1);

    const auto trial = send("?dry_run=true", body);
    EXPECT_EQ(trial.status, 200);
    EXPECT_EQ(trial.at("accepted"), 1);
    EXPECT_EQ(stored(), 1);
}

TEST_F(ObservationsTest, TheListOfMistakesIsBounded) {
    std::string body;
    for (int i = 0; i < 300; ++i) {
        body += "x\n";
    }
    const auto reply = send("", body);
    EXPECT_EQ(reply.status, 422);
    EXPECT_EQ(reply.at("rejected"), 300);
    EXPECT_EQ(reply.list("errors").size(), services::kGatewayErrorsMax);
    EXPECT_EQ(send("", "").status, 200);
}

TEST_F(ObservationsTest, AKeyGivesTheFirstReportAgain) {
    const std::vector<std::pair<std::string, std::string>> key{{"Idempotency-Key", "batch-1"}};
    const auto body = "{\"stream\":1,\"result\":1}\n{\"stream\":99,\"result\":1}\n";
    const auto first = send("", body, key);
    EXPECT_EQ(first.at("repeated"), false);
    const auto again = send("", body, key);
    EXPECT_EQ(again.status, 200);
    EXPECT_EQ(again.at("repeated"), true);
    EXPECT_EQ(again.at("first_id"), first.at("first_id"));
    EXPECT_EQ(again.at("accepted"), 1);
    EXPECT_EQ(again.at("errors.0.row"), 2);
    EXPECT_EQ(stored(), 1);
    EXPECT_EQ(send("", "{\"stream\":1,\"result\":2}", key).status, 409);
    EXPECT_EQ(stored(), 1);
}

TEST_F(ObservationsTest, PackedBodiesAreUnpackedWithinALimit) {
    std::vector<std::pair<std::string, std::string>> gzip{{"Content-Encoding", "gzip"}};
    EXPECT_EQ(send("", packed("{\"stream\":1,\"result\":1}\n"), gzip).at("accepted"), 1);
    EXPECT_EQ(send("", packed(std::string(200'000, ' ')), gzip).status, 413);
    EXPECT_EQ(send("", "not packed", gzip).status, 400);
    EXPECT_EQ(send("", "x", {{"Content-Encoding", "br"}}).status, 415);
    EXPECT_EQ(send("", "x", {}, "administrator", "application/xml").status, 415);
}

TEST_F(ObservationsTest, OnlyWhoMayObserveIsHeard) {
    const auto body = std::string("{\"stream\":1,\"result\":1}\n");
    EXPECT_EQ(send("", body, {}, "").status, 401);
    EXPECT_EQ(send("", body, {}, "auditor").status, 403);
    // A post of another district has the permission, but not for this thing.
    const auto elsewhere = send("", body, {}, "leader-west");
    EXPECT_TRUE(elsewhere.status == 422 || elsewhere.status == 403) << elsewhere.text;
    EXPECT_EQ(stored(), 0);
}

TEST_F(ObservationsTest, AFullQueueAsksToComeBack) {
    hold_ = true;
    std::string body;
    for (int i = 0; i < 15; ++i) {
        body += "{\"stream\":1,\"result\":1}\n";
    }
    send("", body);
    const auto refused = send("", body);
    EXPECT_EQ(refused.status, 503);
    EXPECT_FALSE(refused.headers.get("Retry-After").empty());
    EXPECT_EQ(ingest_.counters().refused, 1U);
    while (ingest_.work_once()) {
    }
    EXPECT_EQ(stored(), 15);
}

TEST_F(ObservationsTest, ParametersAreChecked) {
    EXPECT_EQ(send("?precision=min", "").status, 400);
    EXPECT_EQ(send("?atomic=true", "").status, 400);
}

TEST_F(ObservationsTest, AServerWithoutObservationsSaysSo) {
    const auto reply = world_.call("administrator", "POST", "/observations", "{}");
    EXPECT_EQ(reply.status, 404);
}

TEST_F(ObservationsTest, MistakesInRowsSpeakTheReadersLanguage) {
    const std::string body = "{\"stream\":1,\"resutl\":1}\n{\"stream\":99,\"result\":1}\n";
    const auto en = send("?dry_run=true", body);
    EXPECT_NE(en.text.find("there is no such member"), std::string::npos) << en.text;
    const auto zh = send("?dry_run=true", body, {{"Accept-Language", "zh"}});
    EXPECT_EQ(zh.status, en.status);
    EXPECT_NE(zh.text.find("没有该成员"), std::string::npos) << zh.text;
    EXPECT_NE(zh.text.find("没有您可以写入的数据流 99"), std::string::npos) << zh.text;
}

}  // namespace
}  // namespace chengshu::api
