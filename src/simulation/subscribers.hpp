#pragma once

#include "base/ids.hpp"
#include "base/random.hpp"
#include "ports/http_client.hpp"
#include "ports/store.hpp"
#include "services/webhooks.hpp"
#include "simulation/findings.hpp"

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace chengshu::simulation {

/// The systems that follow the city by webhook, and the network to them: requests are lost or late,
/// answers are lost. What is under way outlives the server's process.
class Subscribers final : public ports::HttpClient {
public:
    explicit Subscribers(Findings& findings) : findings_(findings) {}

    void post(ports::Post request, std::function<void(Result<int>)> done) override;

    /// Something happens to one of the requests under way; when `calm`, it is delivered and
    /// answered.
    void step(SeededRandom& random, bool calm);

    [[nodiscard]] bool idle() const { return mail_.empty(); }

    /// A committed change of a case, to be expected by whoever subscribed to it.
    void committed(Seq seq, const std::string& type, CaseId id) {
        events_.push_back({seq, type, id});
    }

    /// Every subscriber has got, at least once, every event that it asked for.
    void check(
        const std::vector<services::Webhook>& hooks,
        const std::function<bool(CaseId, const std::string& area)>& lies_in
    );

    [[nodiscard]] std::size_t arrivals() const { return arrivals_; }

private:
    struct Event {
        Seq seq;
        std::string type;
        CaseId id;
    };

    void arrive(const ports::Post& request);

    Findings& findings_;
    std::vector<std::pair<ports::Post, std::function<void(Result<int>)>>> mail_;
    std::map<std::string, std::set<Seq>> seen_;  ///< by address
    std::vector<Event> events_;
    std::size_t arrivals_ = 0;
};

}  // namespace chengshu::simulation
