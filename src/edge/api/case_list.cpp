#include "edge/api/internal/case_filter.hpp"
#include "edge/api/internal/case_view.hpp"
#include "edge/api/internal/handlers.hpp"
#include "edge/api/internal/page.hpp"

namespace chengshu::api {

Result<Outcome> list_cases(const Call& call) {
    CS_TRY(filter, read_case_filter(call));
    CaseWalk walk(call.ports.store, call.definitions, call.who, std::move(filter));
    CS_TRY(found, walk.next(call.integer("limit", kPageDefault)));
    constexpr std::size_t kUsualSummary = 1'500;
    JsonWriter out(found.size() * kUsualSummary);
    out.begin_array();
    for (const auto& item : found) {
        out.begin_object();
        write_summary(out, *call.definitions, item.value, item.version, item.sight);
        out.end_object();
    }
    out.end_array();
    return Outcome{list_answer(out.take(), walk.at_end() ? "" : make_cursor(walk.position()))};
}

}  // namespace chengshu::api
