#include "adapters/duckdb/duck_observations.hpp"
#include "adapters/memory/memory_observations.hpp"
#include "contract/observation_store_contract.hpp"
#include "support/temp_folder.hpp"

namespace chengshu::contract {
namespace {

class MemoryPlace final : public ObservationPlace {
public:
    Result<std::unique_ptr<ports::ObservationStore>> open() override {
        return std::unique_ptr<ports::ObservationStore>{
            std::make_unique<memory::MemoryObservations>(folder_.path().string())
        };
    }

    [[nodiscard]] bool durable() const override { return false; }

    Status maintain(ports::ObservationStore&) override { return ok(); }

    [[nodiscard]] bool writes_parquet() const override { return false; }

private:
    support::TempFolder folder_;
};

class DuckPlace final : public ObservationPlace {
public:
    Result<std::unique_ptr<ports::ObservationStore>> open() override {
        duckdb::Options options;
        options.memory_limit = "200MB";
        // Small, so that what happens rarely happens here.
        options.checkpoint_at = "64KB";
        options.summaries_after = 150;
        options.settle_after = 0;
        CS_TRY(store, duckdb::DuckObservations::open(folder_.file("o.duckdb").string(), options));
        return std::unique_ptr<ports::ObservationStore>{std::move(store)};
    }

    [[nodiscard]] bool durable() const override { return true; }

    Status maintain(ports::ObservationStore& store) override {
        auto& duck = dynamic_cast<duckdb::DuckObservations&>(store);
        CS_CHECK(duck.settle());
        return duck.checkpoint();
    }

    [[nodiscard]] bool writes_parquet() const override { return true; }

private:
    support::TempFolder folder_;
};

template <class Place>
Result<std::unique_ptr<ObservationPlace>> make() {
    return std::unique_ptr<ObservationPlace>{std::make_unique<Place>()};
}

}  // namespace

std::vector<ObservationStoreKind> observation_stores() {
    return {{"memory", make<MemoryPlace>}, {"duckdb", make<DuckPlace>}};
}

}  // namespace chengshu::contract
