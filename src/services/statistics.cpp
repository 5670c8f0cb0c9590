#include "services/statistics.hpp"

#include "services/case_row.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace chengshu::services {

Result<std::map<std::string, Values>> sums(
    ports::Store& store,
    const std::string& kind,
    std::vector<std::string> subjects,
    int day_from,
    int day_to
) {
    ports::CellQuery query;
    query.kind = kind;
    query.subjects = std::move(subjects);
    query.day_from = day_from;
    query.day_to = day_to;
    CS_TRY(rows, store.cells(query));
    std::map<std::string, Values> out;
    for (const auto& row : rows) {
        auto& sum = out[row.key.subject];
        sum.resize(std::max(sum.size(), row.values.size()));
        for (std::size_t i = 0; i < row.values.size(); ++i) {
            sum[i] += row.values[i];
        }
    }
    return out;
}

Result<int> newest_report_day(ports::Store& store) {
    ports::CaseQuery query;
    query.limit = 1;
    CS_TRY(newest, store.search(query));
    return newest.empty() ? 0 : newest.front().reported_day;
}

bool CountedCases::counts(const cases::Case& value) const {
    return actions.empty() ||
           std::any_of(actions.begin(), actions.end(), [&](const std::string& action) {
               const auto found = value.done_by.find(action);
               return found != value.done_by.end() && found->second == account;
           });
}

Result<CountedCases> cases_of(
    const Definitions& definitions,
    const std::string& kind,
    const std::string& subject,
    const std::string& measure,
    int day_from,
    int day_to
) {
    const auto* found = definitions.evaluation.measure(measure);
    if (found == nullptr) {
        return fail(
            ErrorCode::UnknownCode, fmt::format("measure {} is not defined", measure), "measure"
        );
    }
    const auto of = indicators::area_member({0, subject, kind});
    const auto* dimension = of ? definitions.evaluation.dimension(of->dimension) : nullptr;
    const auto* about = definitions.evaluation.subject(dimension == nullptr ? kind : "area");
    if (about == nullptr) {
        return fail(
            ErrorCode::UnknownCode, fmt::format("\"{}\" is not a kind of subject", kind), "subject"
        );
    }
    CountedCases out;
    auto& query = out.query;
    if (dimension != nullptr && dimension->from == evaluation::Dimension::From::Source) {
        query.source = of->member;
    } else if (dimension != nullptr) {
        query.categories = dimension->categories_of(of->member);
    }
    query.facts_mask = std::int64_t{1} << found->bit;
    switch (found->day) {
        case evaluation::CountDay::Reported:
            query.reported_day_from = day_from;
            query.reported_day_to = day_to;
            break;
        case evaluation::CountDay::Filed:
            query.filed_day_from = day_from;
            query.filed_day_to = day_to;
            break;
        case evaluation::CountDay::Closed:
            query.closed_day_from = day_from;
            query.closed_day_to = day_to;
            break;
    }
    using From = evaluation::Subject::From;
    switch (about->from) {
        case From::Path: {
            const auto& area = dimension == nullptr ? subject : of->area;
            const auto path = definitions.city->path(area);
            if (path.empty()) {
                return fail(
                    ErrorCode::UnknownCode, fmt::format("area {} is not known", area), "area"
                );
            }
            query.area = area;
            query.area_level = static_cast<int>(path.size()) - 1;
            break;
        }
        case From::Department:
            query.department = subject;
            break;
        case From::Source:
            query.source = subject;
            break;
        case From::Collector:
            query.collector = subject;
            break;
        case From::DoneBy:
            out.actions = about->actions;
            out.account = subject;
            break;
    }
    return out;
}

bool same_counts(const Values& left, const Values& right) {
    const auto& longer = left.size() > right.size() ? left : right;
    const auto common = static_cast<std::ptrdiff_t>(std::min(left.size(), right.size()));
    const auto zero = [](std::int64_t value) { return value == 0; };
    return std::equal(left.begin(), left.begin() + common, right.begin()) &&
           std::all_of(longer.begin() + common, longer.end(), zero);
}

Result<Cells> recount(
    ports::Store& store,
    const Definitions& definitions,
    const std::function<void(std::int64_t)>& progress
) {
    Cells cells;
    std::int64_t done = 0;
    Status damage = ok();
    CS_CHECK(store.each_case(CaseId{}, [&](const ports::CaseRow& row) {
        auto value = from_row(row);
        if (!value) {
            damage = Failure{value.error()};
            return false;
        }
        for (const auto& [key, values] : evaluation::contributions(
                 *value, definitions.evaluation, definitions.city->calendar().zone()
             )) {
            auto& sum = cells[{key.kind, key.subject, key.day}];
            sum.resize(std::max(sum.size(), values.size()));
            for (std::size_t i = 0; i < values.size(); ++i) {
                sum[i] += values[i];
            }
        }
        if (++done % 10'000 == 0 && progress) {
            progress(done);
        }
        return true;
    }));
    CS_CHECK(damage);
    return cells;
}

}  // namespace chengshu::services
