#include "simulation/faulty_observations.hpp"

namespace chengshu::simulation {

bool Misfortune::happens(std::uint64_t of_ten_thousand) {
    const bool yes = !quiet_ && random_.chance(of_ten_thousand, 10'000);
    faults_ += yes ? 1 : 0;
    return yes;
}

Status Misfortune::before_read() {
    if (happens(rates_.slow)) {
        clock_.advance(Duration{random_.between(10, 20'000)});
    }
    if (happens(rates_.crash)) {
        throw Crash{};
    }
    if (happens(rates_.read_fails)) {
        return fail(ErrorCode::StorageUnavailable, "simulated: the store cannot be read");
    }
    return ok();
}

Result<std::vector<ports::AppendResult>> FaultyObservations::append(
    std::span<const ports::ObservationBatch> batches
) {
    return fate_.change([&] { return MemoryObservations::append(batches); });
}

Result<int> FaultyObservations::prune_keys(std::int64_t before, int limit) {
    return fate_.change([&] { return MemoryObservations::prune_keys(before, limit); });
}

Status FaultyObservations::each(
    const ports::ObservationQuery& query,
    const std::function<bool(const sensing::Observation&)>& visit
) {
    CS_CHECK(fate_.before_read());
    return MemoryObservations::each(query, visit);
}

Result<std::vector<sensing::Observation>> FaultyObservations::query(
    const ports::ObservationQuery& query
) {
    CS_CHECK(fate_.before_read());
    return MemoryObservations::query(query);
}

Result<std::optional<sensing::StreamSummary>> FaultyObservations::summary(std::int64_t stream) {
    CS_CHECK(fate_.before_read());
    return MemoryObservations::summary(stream);
}

Result<ports::ObservationStats> FaultyObservations::stats() {
    CS_CHECK(fate_.before_read());
    return MemoryObservations::stats();
}

Status FaultyLedger::commit(const ports::Changes& changes) {
    return fate_.change([&] { return MemoryStore::commit(changes); });
}

Result<std::optional<ports::DocumentRow>>
FaultyLedger::document(std::string_view kind, std::string_view id) {
    CS_CHECK(fate_.before_read());
    return MemoryStore::document(kind, id);
}

Result<std::vector<ports::DocumentRow>>
FaultyLedger::documents(std::string_view kind, std::string_view after, int limit) {
    CS_CHECK(fate_.before_read());
    return MemoryStore::documents(kind, after, limit);
}

}  // namespace chengshu::simulation
