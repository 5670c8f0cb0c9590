#include "services/unit_of_work.hpp"

#include "domain/city/geometry.hpp"
#include "services/case_row.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace chengshu::services {
namespace {

/// Cells remembered between batches: about 200 bytes each.
constexpr std::size_t kCellsKept = 20'000;
constexpr std::size_t kNumbersKept = 10'000;
/// Cases remembered between batches, twice (recent and older): about 3 kB each.
constexpr std::size_t kCasesKept = 8'000;
/// Candidates looked at for a duplicate; more in one spot means that the rule is too wide, not that
/// a match is missing.
constexpr int kSimilarMax = 200;

ports::CellKey to_port(const evaluation::CellKey& key) {
    return {key.kind, key.subject, key.day};
}

}  // namespace

UnitOfWork::UnitOfWork(
    ports::Store& store,
    DefinitionsPtr definitions,
    WriterMemory& memory,
    Instant now
)
    : store_(store), definitions_(std::move(definitions)), memory_(memory), now_(now) {}

Status UnitOfWork::begin() {
    if (!memory_.loaded) {
        CS_TRY(head, store_.head());
        CS_TRY(last_report, store_.last_report());
        memory_.head = head;
        memory_.last_report = last_report;
        memory_.loaded = true;
    }
    head_ = memory_.head;
    last_report_ = memory_.last_report;
    return ok();
}

UnitOfWork::StagedCase*
UnitOfWork::keep(CaseId id, CasePtr value, std::int64_t version, Instant updated_at) {
    return &cases_.emplace(id, StagedCase{value, value, version, version, updated_at})
                .first->second;
}

Result<UnitOfWork::StagedCase*> UnitOfWork::adopt(const ports::CaseRow& row) {
    CS_TRY(value, from_row(row));
    return keep(
        row.id,
        std::make_shared<const cases::Case>(std::move(value)),
        row.version,
        from_millis(row.updated_at)
    );
}

Result<UnitOfWork::StagedCase*> UnitOfWork::load(CaseId id) {
    if (const auto found = cases_.find(id); found != cases_.end()) {
        return &found->second;
    }
    for (const auto* known : {&memory_.recent, &memory_.older}) {
        if (const auto found = known->find(id.value); found != known->end()) {
            return keep(id, found->second.value, found->second.version, found->second.updated_at);
        }
    }
    CS_TRY(row, store_.find_case(id));
    if (!row) {
        return static_cast<StagedCase*>(nullptr);
    }
    return adopt(*row);
}

Result<std::optional<cases::Case>> UnitOfWork::find_case(CaseId id) {
    CS_TRY(staged, load(id));
    if (staged == nullptr) {
        return std::optional<cases::Case>{};
    }
    return std::optional<cases::Case>{*staged->value};
}

Result<std::shared_ptr<const cases::Case>> UnitOfWork::see_case(CaseId id) {
    CS_TRY(staged, load(id));
    if (staged == nullptr) {
        return fail(
            ErrorCode::NotFound, fmt::format("there is no case {}", cases::format_case_id(id)), "id"
        );
    }
    return staged->value;
}

Result<cases::Case> UnitOfWork::get_case(CaseId id) {
    CS_TRY(found, see_case(id));
    return *found;
}

Result<std::int64_t> UnitOfWork::version_of(CaseId id) {
    CS_TRY(staged, load(id));
    return staged == nullptr ? std::int64_t{0} : staged->version;
}

Result<std::vector<cases::Case>> UnitOfWork::similar(
    const std::string& category,
    city::Point point,
    double radius_m,
    Instant since
) {
    std::vector<std::pair<std::int64_t, std::int64_t>> ranges;
    for (const auto& range : city::cells_around(point, radius_m)) {
        ranges.emplace_back(range.first, range.last);
    }
    CS_TRY(rows, store_.similar(category, ranges, to_millis(since), kSimilarMax));
    for (const auto& row : rows) {
        if (!cases_.contains(row.id)) {
            CS_CHECK(adopt(row));
        }
    }
    std::vector<std::pair<double, const cases::Case*>> near;
    const auto consider = [&](const StagedCase& staged) {
        const auto& value = *staged.value;
        if (value.category != category || !value.point || value.reported_at < since) {
            return;
        }
        const auto flow = definitions_->workflows.find(value.workflow);
        const auto* state =
            flow == definitions_->workflows.end() ? nullptr : flow->second.state(value.state);
        const double metres = city::distance_m(point, *value.point);
        if (state != nullptr && !state->done() && metres <= radius_m) {
            near.emplace_back(metres, &value);
        }
    };
    // Staged cases first: they hold the newest state; stored ones have just been loaded into the
    // same map.
    for (const auto& [id, staged] : cases_) {
        consider(staged);
    }
    std::sort(near.begin(), near.end(), [](const auto& a, const auto& b) {
        return std::pair(a.first, a.second->id) < std::pair(b.first, b.second->id);
    });
    std::vector<cases::Case> out;
    for (const auto& [metres, value] : near) {
        out.push_back(*value);
    }
    return out;
}

Result<std::optional<ports::DocumentRow>>
UnitOfWork::document(const std::string& kind, const std::string& id) {
    for (auto it = documents_.rbegin(); it != documents_.rend(); ++it) {
        if (it->kind == kind && it->id == id) {
            return it->body.empty() ? std::optional<ports::DocumentRow>{} : std::optional{*it};
        }
    }
    return store_.document(kind, id);
}

Result<std::optional<ports::IdempotencyRow>> UnitOfWork::idempotency(const std::string& key) {
    for (const auto& row : idempotency_) {
        if (row.key == key) {
            return std::optional{row};
        }
    }
    return store_.idempotency(key);
}

Result<std::optional<ports::ReportRow>>
UnitOfWork::report_by_external_id(const std::string& source, const std::string& external_id) {
    for (const auto& row : reports_) {
        if (row.source == source && row.external_id == external_id) {
            return std::optional{row};
        }
    }
    ports::ReportQuery query;
    query.source = source;
    query.external_id = external_id;
    query.limit = 1;
    CS_TRY(rows, store_.find_reports(query));
    return rows.empty() ? std::optional<ports::ReportRow>{}
                        : std::optional{std::move(rows.front())};
}

ReportId UnitOfWork::next_report() {
    last_report_.value += 1;
    return last_report_;
}

Result<CaseId> UnitOfWork::next_case(std::string_view division) {
    const auto day = city().calendar().zone().local_date(now_);
    const auto range = cases::numbers_of(division, day);
    auto& staged = numbers_[range.first.value];
    const auto before = staged;
    if (staged == 0) {
        const auto known = memory_.last_numbers.find(range.first.value);
        if (known != memory_.last_numbers.end()) {
            staged = known->second;
        } else {
            CS_TRY(last, store_.last_case_number(range.first, range.last));
            staged = last ? last.value : range.first.value - 1;
        }
    }
    if (staged >= range.last.value) {
        return fail(
            ErrorCode::RuleViolation,
            fmt::format("the 99,999 case numbers of division {} are used up for today", division)
        );
    }
    staged += 1;
    undo_.push_back({CaseId{}, std::nullopt, range.first.value, before});
    return CaseId{staged};
}

void UnitOfWork::stage(cases::Decision decision) {
    const auto id = decision.after.id;
    const auto [place, fresh] = cases_.try_emplace(id);
    auto& staged = place->second;
    undo_.push_back({id, fresh ? std::nullopt : std::optional{staged}, 0, 0});
    staged.value = std::make_shared<const cases::Case>(std::move(decision.after));
    staged.version += static_cast<std::int64_t>(decision.entries.size());
    for (const auto& entry : decision.entries) {
        head_.value += 1;
        journal_.push_back(to_journal(entry, head_));
        staged.updated_at = entry.at;
    }
}

void UnitOfWork::stage_report(ports::ReportRow row) {
    reports_.push_back(std::move(row));
}

void UnitOfWork::stage_document(ports::DocumentRow row) {
    documents_.push_back(std::move(row));
}

void UnitOfWork::stage_idempotency(ports::IdempotencyRow row) {
    idempotency_.push_back(std::move(row));
}

void UnitOfWork::stage_entry(
    std::string type,
    std::string actor,
    CaseId case_id,
    std::string body
) {
    head_.value += 1;
    journal_.push_back(
        {head_, to_millis(now_), case_id, std::move(type), std::move(actor), std::move(body)}
    );
}

UnitOfWork::Mark UnitOfWork::mark() const {
    return {
        undo_.size(),
        journal_.size(),
        reports_.size(),
        documents_.size(),
        idempotency_.size(),
        head_,
        last_report_
    };
}

void UnitOfWork::rollback(const Mark& mark) {
    while (undo_.size() > mark.undo) {
        auto& last = undo_.back();
        if (last.range != 0) {
            numbers_[last.range] = last.number;
        } else if (last.before) {
            cases_[last.id] = std::move(*last.before);
        } else {
            cases_.erase(last.id);
        }
        undo_.pop_back();
    }
    journal_.resize(mark.journal);
    reports_.resize(mark.reports);
    documents_.resize(mark.documents);
    idempotency_.resize(mark.idempotency);
    head_ = mark.head;
    last_report_ = mark.last_report;
}

Status UnitOfWork::add_cells(ports::Changes& changes) {
    std::map<ports::CellKey, std::vector<std::int64_t>> deltas;
    const auto& zone = city().calendar().zone();
    for (const auto& [id, staged] : cases_) {
        if (!staged.changed()) {
            continue;
        }
        for (const auto& [key, values] : evaluation::difference(
                 staged.original.get(), *staged.value, definitions_->evaluation, zone
             )) {
            auto& sum = deltas[to_port(key)];
            sum.resize(std::max(sum.size(), values.size()));
            for (std::size_t i = 0; i < values.size(); ++i) {
                sum[i] += values[i];
            }
        }
    }
    if (memory_.cells.size() > kCellsKept) {
        memory_.cells.clear();
    }
    for (auto& [key, delta] : deltas) {
        if (std::all_of(delta.begin(), delta.end(), [](auto value) { return value == 0; })) {
            continue;
        }
        auto known = memory_.cells.find(key);
        if (known == memory_.cells.end()) {
            CS_TRY(row, store_.cell(key));
            known = memory_.cells
                        .emplace(key, row ? std::move(row->values) : std::vector<std::int64_t>{})
                        .first;
        }
        auto& values = known->second;
        values.resize(std::max(values.size(), delta.size()));
        for (std::size_t i = 0; i < delta.size(); ++i) {
            values[i] += delta[i];
        }
        changes.cells.push_back({key, values});
    }
    return ok();
}

Result<ports::Changes> UnitOfWork::take() {
    ports::Changes changes;
    for (const auto& [id, staged] : cases_) {
        if (!staged.changed()) {
            continue;
        }
        auto row = to_row(*staged.value, staged.version, staged.updated_at, *definitions_);
        const auto& old = staged.original;
        const auto& now = *staged.value;
        const bool new_text = !old || old->description != now.description ||
                              old->address != now.address || old->category != now.category ||
                              old->component != now.component;
        if (new_text) {
            row.terms = search_terms(now, *definitions_);
        }
        changes.cases.push_back({std::move(row), staged.stored_version == 0, staged.stored_version}
        );
    }
    CS_CHECK(add_cells(changes));
    changes.journal = std::move(journal_);
    changes.reports = std::move(reports_);
    changes.documents = std::move(documents_);
    changes.idempotency = std::move(idempotency_);
    return changes;
}

void UnitOfWork::remember(const StagedCase& staged) {
    const auto id = staged.value->id.value;
    const auto flow = definitions_->workflows.find(staged.value->workflow);
    const auto* state =
        flow == definitions_->workflows.end() ? nullptr : flow->second.state(staged.value->state);
    if (state == nullptr || state->done()) {
        memory_.recent.erase(id);
        memory_.older.erase(id);
        return;
    }
    if (memory_.recent.size() >= kCasesKept) {
        memory_.older = std::move(memory_.recent);
        memory_.recent = {};
    }
    memory_.older.erase(id);
    memory_.recent[id] = {staged.value, staged.version, staged.updated_at};
}

void UnitOfWork::committed() {
    for (const auto& [id, staged] : cases_) {
        if (staged.changed()) {
            remember(staged);
        }
    }
    memory_.head = head_;
    memory_.last_report = last_report_;
    if (memory_.last_numbers.size() > kNumbersKept) {
        memory_.last_numbers.clear();
    }
    for (const auto& [first, last] : numbers_) {
        if (last != 0) {
            memory_.last_numbers[first] = last;
        }
    }
}

void UnitOfWork::failed() {
    memory_ = WriterMemory{};
}

}  // namespace chengshu::services
