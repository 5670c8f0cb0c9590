#include "services/unit_of_work.hpp"

#include "domain/city/geometry.hpp"
#include "domain/intake/report.hpp"
#include "services/case_row.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace json = boost::json;

namespace chengshu::services {
namespace {

constexpr std::size_t kNumbersKept = 10'000;
constexpr int kOpenCasesPage = 1'000;
constexpr int kDocumentsPage = 10'000;

std::optional<city::Point> point_of_position(const std::string& body) {
    boost::system::error_code error;
    const auto document = json::parse(body, error);
    const auto* at =
        error || !document.is_object() ? nullptr : document.get_object().if_contains("point");
    if (at == nullptr || !at->is_array() || at->get_array().size() != 2 ||
        !at->get_array()[0].is_number() || !at->get_array()[1].is_number()) {
        return std::nullopt;
    }
    return city::Point{
        at->get_array()[0].to_number<double>(), at->get_array()[1].to_number<double>()
    };
}

ports::CellKey to_port(evaluation::CellKey key) {
    return {std::move(key.kind), std::move(key.subject), key.day};
}

}  // namespace

std::size_t WriterMemory::CellHash::operator()(const ports::CellKey& key) const noexcept {
    constexpr std::size_t kSpread = 0x9e3779b97f4a7c15;
    const std::hash<std::string_view> hash;
    return (hash(key.subject) * kSpread + hash(key.kind)) * kSpread +
           static_cast<std::size_t>(key.day);
}

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
    if (memory_.counted_by != definitions_) {
        memory_.cases.each([](WriterMemory::KnownCase& known) { known.facts.reset(); });
        memory_.counted_by = definitions_;
    }
    return ok();
}

UnitOfWork::StagedCase* UnitOfWork::keep(CaseId id, const WriterMemory::KnownCase& known) {
    StagedCase staged;
    staged.value = known.value;
    staged.original = known.value;
    staged.original_facts = known.facts;
    staged.stored_version = known.version;
    staged.version = known.version;
    staged.updated_at = known.updated_at;
    return &cases_.emplace(id, std::move(staged)).first->second;
}

Result<UnitOfWork::StagedCase*> UnitOfWork::adopt(const ports::CaseRow& row) {
    CS_TRY(value, from_row(row));
    return keep(
        row.id,
        {std::make_shared<const cases::Case>(std::move(value)),
         nullptr,
         row.version,
         from_millis(row.updated_at)}
    );
}

Result<UnitOfWork::StagedCase*> UnitOfWork::load(CaseId id) {
    if (const auto found = cases_.find(id); found != cases_.end()) {
        return &found->second;
    }
    if (const auto* known = memory_.cases.find(id)) {
        return keep(id, *known);
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

Result<CasePtr> UnitOfWork::see_case(CaseId id) {
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

bool UnitOfWork::is_open(const cases::Case& value) const {
    const auto flow = definitions_->workflows.find(value.workflow);
    const auto* state =
        flow == definitions_->workflows.end() ? nullptr : flow->second.state(value.state);
    return state != nullptr && !state->done();
}

Status UnitOfWork::know_open_cases() {
    return know_open_cases(now_);
}

Status UnitOfWork::know_open_cases(Instant wanted) {
    if (memory_.open_definitions == definitions_ && memory_.open_since <= to_millis(wanted)) {
        return ok();
    }
    // At once for all categories: the next one may look further back.
    const auto since = to_millis(std::min(wanted, now_ - intake::longest_duplicate_window(city())));
    memory_.open_cases.clear();
    memory_.open_definitions = nullptr;
    ports::CaseQuery query;
    query.open = true;
    query.reported_from = since;
    query.limit = kOpenCasesPage;
    while (true) {
        CS_TRY(rows, store_.search(query));
        for (const auto& row : rows) {
            if (row.lon && row.lat) {
                memory_.open_cases.put(
                    row.category, {row.id, {*row.lon, *row.lat}, row.reported_at}
                );
            }
        }
        if (rows.size() < static_cast<std::size_t>(kOpenCasesPage)) {
            break;
        }
        query.after_reported_at = rows.back().reported_at;
        query.after_id = rows.back().id;
    }
    memory_.open_since = since;
    memory_.open_definitions = definitions_;
    return ok();
}

Result<std::vector<cases::Case>> UnitOfWork::similar(
    const std::string& category,
    city::Point point,
    double radius_m,
    Instant since
) {
    CS_CHECK(know_open_cases(since));
    auto spots = memory_.open_cases.near(category, point, radius_m, to_millis(since));
    for (const auto& spot : staged_open_.near(category, point, radius_m, to_millis(since))) {
        spots.push_back(spot);
    }
    std::map<std::pair<double, CaseId>, const cases::Case*> near;
    for (const auto& spot : spots) {
        // The batch may have moved, closed or undone it since.
        CS_TRY(staged, load(spot.id));
        if (staged == nullptr || !staged->value->point || staged->value->category != category ||
            staged->value->reported_at < since || !is_open(*staged->value)) {
            continue;
        }
        const double metres = city::distance_m(point, *staged->value->point);
        if (metres <= radius_m) {
            near[{metres, spot.id}] = staged->value.get();
        }
    }
    std::vector<cases::Case> out;
    for (const auto& [order, value] : near) {
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

Result<std::map<std::string, std::string>> UnitOfWork::stored_documents(const std::string& kind) {
    std::map<std::string, std::string> out;
    for (std::string after;;) {
        CS_TRY(rows, store_.documents(kind, after, kDocumentsPage));
        const bool more = rows.size() == static_cast<std::size_t>(kDocumentsPage);
        for (auto& row : rows) {
            after = row.id;
            out.emplace(std::move(row.id), std::move(row.body));
        }
        if (!more) {
            return out;
        }
    }
}

Result<std::map<std::string, std::string>> UnitOfWork::documents(const std::string& kind) {
    CS_TRY(out, stored_documents(kind));
    for (const auto& row : documents_) {
        if (row.kind != kind) {
            continue;
        }
        if (row.body.empty()) {
            out.erase(row.id);
        } else {
            out[row.id] = row.body;
        }
    }
    return out;
}

Result<std::optional<ports::IdempotencyRow>> UnitOfWork::idempotency(const std::string& key) {
    if (const auto staged = keys_.find(key); staged != keys_.end()) {
        return std::optional{idempotency_[staged->second]};
    }
    if (const auto stored = stored_keys_.find(key); stored != stored_keys_.end()) {
        return stored->second;
    }
    CS_TRY(rows, store_.idempotency({&key, 1}));
    return rows.empty() ? std::optional<ports::IdempotencyRow>{}
                        : std::optional{std::move(rows.front())};
}

Status UnitOfWork::expect_keys(const std::vector<std::string>& keys) {
    if (keys.empty()) {
        return ok();
    }
    CS_TRY(rows, store_.idempotency(keys));
    for (const auto& key : keys) {
        stored_keys_[key] = std::nullopt;
    }
    for (auto& row : rows) {
        stored_keys_[row.key] = std::move(row);
    }
    return ok();
}

Result<const std::map<std::string, city::Point>*> UnitOfWork::positions() {
    if (!memory_.positions) {
        std::map<std::string, city::Point> found;
        CS_TRY(rows, stored_documents(kPosition));
        for (const auto& [login, body] : rows) {
            if (const auto point = point_of_position(body)) {
                found[login] = *point;
            }
        }
        memory_.positions = std::move(found);
    }
    return &*memory_.positions;
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

CasePtr UnitOfWork::stage(cases::Decision decision) {
    const auto id = decision.after.id;
    const auto [place, fresh] = cases_.try_emplace(id);
    auto& staged = place->second;
    undo_.push_back({id, fresh ? std::nullopt : std::optional{staged}, 0, 0});
    const auto before = staged.value;
    staged.value = std::make_shared<const cases::Case>(std::move(decision.after));
    staged.version += static_cast<std::int64_t>(decision.entries.size());
    const auto& now = *staged.value;
    if (now.point && (!before || !before->point || before->category != now.category ||
                      !(*before->point == *now.point))) {
        staged_open_.put(now.category, {id, *now.point, to_millis(now.reported_at)});
    }
    for (const auto& entry : decision.entries) {
        head_.value += 1;
        journal_.push_back(to_journal(entry, head_));
        staged.updated_at = entry.at;
    }
    return staged.value;
}

void UnitOfWork::stage_report(ports::ReportRow row) {
    reports_.push_back(std::move(row));
}

void UnitOfWork::stage_document(ports::DocumentRow row) {
    documents_.push_back(std::move(row));
}

void UnitOfWork::stage_idempotency(ports::IdempotencyRow row) {
    keys_[row.key] = idempotency_.size();
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

void UnitOfWork::stage_derived(ports::CaseRow row) {
    derived_rows_.push_back(std::move(row));
}

void UnitOfWork::stage_derived(ports::CellRow row) {
    memory_.cells.erase(row.key);
    derived_cells_.push_back(std::move(row));
}

UnitOfWork::Mark UnitOfWork::mark() const {
    return {
        undo_.size(),
        journal_.size(),
        reports_.size(),
        documents_.size(),
        idempotency_.size(),
        derived_rows_.size(),
        derived_cells_.size(),
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
    for (auto i = mark.idempotency; i < idempotency_.size(); ++i) {
        keys_.erase(idempotency_[i].key);
    }
    idempotency_.resize(mark.idempotency);
    derived_rows_.resize(mark.derived_rows);
    derived_cells_.resize(mark.derived_cells);
    head_ = mark.head;
    last_report_ = mark.last_report;
}

Status UnitOfWork::add_cells(ports::Changes& changes) {
    evaluation::CellSums sums(definitions_->evaluation, city().calendar().zone());
    for (const auto& [id, staged] : cases_) {
        if (!staged.changed()) {
            continue;
        }
        std::optional<evaluation::Counted> before;
        if (staged.original) {
            before.emplace(*staged.original, *staged.original_facts);
        }
        sums.add(before ? &*before : nullptr, {*staged.value, *staged.facts});
    }
    for (auto& [cell, delta] : sums.contributions()) {
        auto key = to_port(std::move(cell));
        auto* known = memory_.cells.find(key);
        if (known == nullptr) {
            CS_TRY(row, store_.cell(key));
            known =
                &memory_.cells.put(key, row ? std::move(row->values) : std::vector<std::int64_t>{});
        }
        auto& values = *known;
        values.resize(std::max(values.size(), delta.size()));
        for (std::size_t i = 0; i < delta.size(); ++i) {
            values[i] += delta[i];
        }
        changes.cells.push_back({std::move(key), values});
    }
    return ok();
}

Result<ports::Changes> UnitOfWork::take() {
    ports::Changes changes;
    const auto count = [&](const cases::Case& value) {
        return std::make_shared<const evaluation::Facts>(
            evaluation::facts_of(value, definitions_->evaluation)
        );
    };
    for (auto& [id, staged] : cases_) {
        if (!staged.changed()) {
            continue;
        }
        staged.facts = count(*staged.value);
        if (staged.original && !staged.original_facts) {
            staged.original_facts = count(*staged.original);
        }
        auto row = to_row(
            *staged.value, staged.version, staged.updated_at, *definitions_, staged.facts->mask
        );
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
    for (auto& row : derived_rows_) {
        const auto version = row.version;
        changes.cases.push_back({std::move(row), false, version});
    }
    std::move(derived_cells_.begin(), derived_cells_.end(), std::back_inserter(changes.cells));
    changes.journal = std::move(journal_);
    changes.reports = std::move(reports_);
    for (const auto& row : documents_) {
        if (row.kind == kPosition) {
            if (const auto point = point_of_position(row.body)) {
                moved_.emplace_back(row.id, *point);
            }
        }
    }
    changes.documents = std::move(documents_);
    changes.idempotency = std::move(idempotency_);
    return changes;
}

void UnitOfWork::remember(const StagedCase& staged) {
    if (is_open(*staged.value)) {
        memory_.cases.put(
            staged.value->id, {staged.value, staged.facts, staged.version, staged.updated_at}
        );
    } else {
        memory_.cases.erase(staged.value->id);
    }
}

void UnitOfWork::remember_open(const StagedCase& staged) {
    if (!memory_.open_definitions) {
        return;  // not known yet
    }
    const auto& before = staged.original;
    if (before && before->point) {
        memory_.open_cases.erase(before->category, *before->point, before->id);
    }
    const auto& now = *staged.value;
    if (now.point && is_open(now) && to_millis(now.reported_at) >= memory_.open_since) {
        memory_.open_cases.put(now.category, {now.id, *now.point, to_millis(now.reported_at)});
    }
}

void UnitOfWork::remember_positions() {
    for (const auto& [login, point] : moved_) {
        if (memory_.positions) {
            (*memory_.positions)[login] = point;
        }
    }
}

void UnitOfWork::committed() {
    remember_positions();
    for (const auto& [id, staged] : cases_) {
        if (staged.changed()) {
            remember(staged);
            remember_open(staged);
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
    const auto kept = memory_.cases.kept();
    memory_ = WriterMemory{};
    memory_.cases = RecentMap<CaseId, WriterMemory::KnownCase>(kept);
}

}  // namespace chengshu::services
