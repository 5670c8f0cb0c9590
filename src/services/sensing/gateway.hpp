#pragma once

#include "domain/access/principal.hpp"
#include "domain/sensing/ingest.hpp"
#include "ports/clock.hpp"
#include "services/definitions.hpp"
#include "services/engine.hpp"
#include "services/sensing/entities.hpp"
#include "services/sensing/ingest.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

namespace chengshu::services {

enum class GatewayFormat : std::uint8_t { Ndjson, LineProtocol };

/// One request of a gateway.
struct GatewayRequest {
    access::Principal who;
    DefinitionsPtr definitions;
    GatewayFormat format = GatewayFormat::Ndjson;
    sensing::TimeUnit unit = sensing::TimeUnit::Milliseconds;
    bool all_or_nothing = false;
    bool dry_run = false;  ///< everything is checked, nothing is stored
    std::string key;       ///< caller-scoped idempotency key; empty: none
    std::string fingerprint;
};

struct GatewayReport {
    std::int64_t accepted = 0;              ///< rows stored, or that would be
    std::int64_t rejected = 0;              ///< mistakes found; all of them, also beyond `errors`
    std::vector<sensing::RowError> errors;  ///< the first kGatewayErrorsMax
    std::int64_t first_id = 0;              ///< of consecutive ids; 0 when nothing was stored
    bool repeated = false;  ///< an earlier request with the same key was stored; this is its report
};

inline constexpr std::size_t kGatewayErrorsMax = 100;
inline constexpr std::size_t kGatewayRowsMax = 1'000'000;

/// The fast door: takes many readings at once, in formats that gateways speak. Thread-safe.
class Gateway {
public:
    using Done = std::function<void(Result<GatewayReport>)>;

    /// All outlive the gateway.
    Gateway(SensingEntities& entities, Ingest& ingest, Submitter& submitter, ports::Clock& clock);

    /// Reads the body before it returns. `done` is called once, on any thread, when the rows that
    /// are right are durable; mistakes of rows are no failure but stand in the report. TooLarge
    /// beyond kGatewayRowsMax.
    void take(const GatewayRequest& request, std::string_view body, Done done);

private:
    class Reader;
    struct Batch;

    /// What is known of a stream that observations are sent to.
    struct Ready {
        sensing::EntityPtr entity;
        std::int64_t feature = 0;  ///< 0: must be made first
    };

    struct Known {
        std::uint64_t version = 0;  ///< of the registry
        boost::unordered_flat_map<std::int64_t, Ready> streams;
        boost::unordered_flat_map<std::string, std::int64_t> names;  ///< "code\ndatastream"
    };

    void refresh();
    Ready look_up(std::int64_t stream) const;
    std::int64_t look_up(std::string_view thing, std::string_view datastream) const;
    void make_features(const std::shared_ptr<Batch>& batch);
    void store(const std::shared_ptr<Batch>& batch);

    SensingEntities& entities_;
    Ingest& ingest_;
    Submitter& submitter_;
    ports::Clock& clock_;
    std::shared_mutex mutex_;
    Known known_;
};

/// The report as it is kept beside an idempotency key, and back.
std::string to_note(const GatewayReport& report);
Result<GatewayReport> report_from_note(std::string_view note);

}  // namespace chengshu::services
