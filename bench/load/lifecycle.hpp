#pragma once

#include "base/result.hpp"
#include "load/scenario.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace chengshu::load {

/// A place where something can be reported, and what.
struct Sample {
    std::string category;
    std::string standard;  ///< empty: the server chooses
    std::string lon;       ///< as text: it goes into JSON unchanged
    std::string lat;
};

struct LifecycleConfig {
    std::string base = "/api/v1";
    /// Bearer tokens of who reports, who dispatches and who handles; empty: without one.
    std::string reporter_token;
    std::string dispatcher_token;
    std::string handler_token;
    /// JSON bodies of the two transitions.
    std::string assign_body = R"({"action":"dispatch"})";
    std::string resolve_body = R"({"action":"resolve","reason":"done"})";
    std::vector<Sample> samples;
    /// How many samples have been used, by all connections.
    std::shared_ptr<std::size_t> used = std::make_shared<std::size_t>(0);
    std::uint64_t seed = 1;
};

/// Lines of "category,standard,lon,lat"; empty lines and # comments are skipped. InvalidInput with
/// the line number for anything else.
Result<std::vector<Sample>> parse_samples(std::string_view text);

/// One job is the life of a case in four calls: create, assign, resolve, search.
class LifecycleScenario final : public Scenario {
public:
    /// `config.samples` is not empty.
    explicit LifecycleScenario(LifecycleConfig config);

    [[nodiscard]] std::vector<std::string> steps() const override;
    std::unique_ptr<Script> script(std::size_t connection) override;

private:
    std::shared_ptr<const LifecycleConfig> config_;
};

}  // namespace chengshu::load
