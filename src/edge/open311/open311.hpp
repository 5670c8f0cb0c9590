#pragma once

#include "base/time.hpp"
#include "edge/http/message.hpp"
#include "ports/blobs.hpp"
#include "ports/clock.hpp"
#include "ports/secrets.hpp"
#include "ports/store.hpp"
#include "services/definitions.hpp"
#include "services/engine.hpp"
#include "services/principals.hpp"
#include "services/report_limit.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace chengshu::open311 {

inline constexpr std::string_view kBasePath = "/open311/v2";

struct Options {
    /// How clients reach the server, e.g. "https://city.example"; empty: as each request says.
    std::string public_url;
    std::string contact;      ///< shown by discovery: whom to ask
    std::string key_service;  ///< shown by discovery: how to get an api_key
    /// How often one address may send without a valid api_key, counted together with the other
    /// interfaces; null: as often as it likes.
    services::ReportLimit* report_limit = nullptr;
    /// Remembers who holds which key; null: the store is asked for each request.
    services::Principals* principals = nullptr;
};

/// What the handlers work with; everything outlives the Open311.
struct Ports {
    ports::Store& store;
    ports::Clock& clock;
    ports::Secrets& secrets;
    ports::Blobs& blobs;
    services::CurrentDefinitions& definitions;
    services::Submitter& submitter;
    Options options;
};

class CatalogueCache;

/// Open311 GeoReport v2 with FixMyStreet's update exchange below /open311/v2, in XML and JSON;
/// docs/open311.md says how our words map to its words. Thread-safe. Reads are answered on the
/// caller's thread; writes are handed to the submitter and answered from its `done`, so only after
/// the commit.
class Open311 final : public http::Handler {
public:
    Open311(
        ports::Store& store,
        ports::Clock& clock,
        ports::Secrets& secrets,
        ports::Blobs& blobs,
        services::CurrentDefinitions& definitions,
        services::Submitter& submitter,
        Options options = {}
    );
    Open311(const Open311&) = delete;
    Open311& operator=(const Open311&) = delete;
    ~Open311() override;

    void handle(http::Request request, http::Reply reply) override;

private:
    Ports ports_;
    Instant started_;
    std::unique_ptr<CatalogueCache> catalogues_;
};

}  // namespace chengshu::open311
