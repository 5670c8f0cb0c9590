#pragma once

#include "domain/cases/decide.hpp"
#include "support/test_city.hpp"

#include <boost/json/object.hpp>

#include <chrono>
#include <string>
#include <vector>

namespace chengshu::cases {

using namespace std::chrono_literals;

/// One case in the test city, with a clock that only the test moves. Every decision is checked
/// against the invariants of the journal before it is taken.
class Life {
public:
    explicit Life(const testing::TestCityOptions& options = {});

    /// Opens a case in the east; ends the test on failure.
    void open(const std::string& category, const std::string& source = "collector");
    void open(Case draft);
    [[nodiscard]] Case draft(const std::string& category, const std::string& source) const;

    Result<Decision>
    attempt(const std::string& post, const std::string& action, Inputs inputs = {});
    Result<Decision> attempt(const Actor& actor, const std::string& action, Inputs inputs = {});
    /// Expects success and takes the decision.
    void act(const std::string& post, const std::string& action, Inputs inputs = {});
    void act(const Actor& actor, const std::string& action, Inputs inputs = {});
    /// "error_name" or "error_name:field" of a refused command, "" when it was accepted. Nothing is
    /// taken.
    std::string refusal(const std::string& post, const std::string& action, Inputs inputs = {});
    /// Lets time pass, and does what is due at the end of it.
    void later(Duration time);
    void until(Instant at);

    /// The latest entry of an action; fails the test when there is none.
    [[nodiscard]] Entry last(const std::string& action) const;
    [[nodiscard]] int count(const std::string& action) const;

    [[nodiscard]] bool has(const std::string& flag) const { return value.flags.contains(flag); }

    [[nodiscard]] Actor actor(const std::string& post) const;
    Context context() const;
    void take(Decision decision);

    city::CityPtr city;
    WorkflowSet workflows;
    Instant now;
    Case value;
    std::vector<Entry> entries;  ///< all of them
    Decision latest;

private:
    void check_entries(const Decision& decision);
    void check_timer() const;

    boost::json::object folded_;
};

Instant at(std::string_view rfc3339);
Inputs reason(std::string text);
Attachment photo(const std::string& kind);

}  // namespace chengshu::cases
