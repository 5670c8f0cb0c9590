#pragma once

#include "base/ids.hpp"
#include "base/result.hpp"
#include "services/unit_of_work.hpp"

#include <functional>
#include <string>

namespace chengshu::simulation {

/// Something that a client wants from the server, until it knows what became of it.
struct Request {
    enum class State {
        Waiting,  ///< sent or to be sent again
        Done,     ///< acknowledged
        Refused,  ///< answered with an error that sending again does not mend
        GivenUp,  ///< nobody knows, and nobody may ask again
    };

    int id = 0;
    std::string what;  ///< for people
    std::string key;   ///< Idempotency-Key; may be empty
    std::string fingerprint;
    bool repeatable = false;  ///< has a key, or an external id that makes it harmless
    std::function<Result<std::string>(services::UnitOfWork&)> work;

    // What it leaves behind, once: an entry of `entry_type` about `case_id` (0: any) that carries
    // its tag, or for reports a report with the tag in its description.
    bool counted = true;
    std::string entry_type;
    CaseId case_id;

    State state = State::Waiting;
    std::string reply;
    int copies = 0;  ///< under way or in the server's hands
    int sends = 0;
    int conflicts = 0;
    Instant issued;
    int effects = 0;  ///< found in the journal
};

/// "T17 " begins every text that request 17 sends, so that what it did can be told from everything
/// else.
std::string tag_of(int request_id);
/// The id at the start of a text; 0 when there is none.
int request_of(std::string_view text);

}  // namespace chengshu::simulation
