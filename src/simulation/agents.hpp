#pragma once

#include "base/random.hpp"
#include "domain/access/principal.hpp"
#include "domain/intake/report.hpp"
#include "ports/store.hpp"
#include "services/transitions.hpp"
#include "simulation/journal_checker.hpp"
#include "simulation/request.hpp"
#include "simulation/sim_city.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace chengshu::simulation {

/// The people of the city, and the systems and strangers that talk to it. They see what the server
/// shows them and do what their posts offer, mostly sensibly, sometimes not. All choices are the
/// seed's.
class Agents {
public:
    Agents(const SimCity& city, const JournalChecker& journal, SeededRandom& random)
        : city_(city), journal_(journal), random_(random) {}

    /// A new request of somebody who has signed in as `who`. Nothing when there is nothing to do.
    std::optional<Request>
    act(ports::Store& store, const access::Principal& who, int id, Instant now);
    /// A report from the public or another system.
    Request report(const access::Principal& who, int id, Instant now);
    /// The same report or action without any intention: wrong codes, broken text, other people's
    /// cases.
    Request nonsense(const access::Principal& who, int id, Instant now);
    /// Inputs that the transition asks for, all valid as far as can be told.
    cases::Inputs
    inputs_for(const cases::Transition& transition, const cases::Case& value, int id, Instant now);

private:
    template <class T>
    const T& any_of(const std::vector<T>& list) {
        return list[random_.below(list.size())];
    }

    CaseId any_case();
    Request request(int id, std::string what, Instant now);
    std::optional<Request>
    step(ports::Store& store, const access::Principal& who, int id, Instant now);
    Request consultation(const access::Principal& who, int id, Instant now);
    Request account(const access::Principal& who, int id, Instant now);
    Request position(const access::Principal& who, int id, Instant now);
    Request figure(ports::Store& store, const access::Principal& who, int id, Instant now);
    void
    need(const cases::Need& need, const cases::Case& value, Instant now, cases::Inputs& inputs);
    void disturb(services::ActionRequest& wanted);

    const SimCity& city_;
    const JournalChecker& journal_;
    SeededRandom& random_;
};

}  // namespace chengshu::simulation
