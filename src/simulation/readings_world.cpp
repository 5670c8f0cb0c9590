#include "services/response/watch.hpp"
#include "services/sensing/ingest.hpp"
#include "services/sensing/rules.hpp"
#include "services/sensing/terminals.hpp"
#include "services/transitions.hpp"
#include "simulation/alerts_checker.hpp"
#include "simulation/faulty_observations.hpp"
#include "simulation/live_checker.hpp"
#include "simulation/readings.hpp"
#include "simulation/readings_checker.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

namespace chengshu::simulation {
namespace {

constexpr const char* kTerminalCodes[] = {"T1", "T2", "T3"};
constexpr std::int64_t kMinuteMs = 60'000;
constexpr int kRestarts = 50;

/// A terminal as its gateway sees it.
struct Terminal {
    WatchedStream stream;
    std::int64_t feature = 0;
    std::int64_t time = 0;  ///< of the newest reading
    double value = 50;
};

class ReadingsWorld {
public:
    ReadingsWorld(const Options& options, const ReadingsCity& city)
        : options_(options),
          revisions_(city.revisions),
          random_(options.seed * 7'919 + 13),
          clock_(*parse_rfc3339("2025-09-25T00:00:00Z")) {}

    Outcome run() {
        begin_ = clock_.read();
        process_ = std::make_unique<Process>(*this);
        if (set_up()) {
            fate_.set_rates(rates());
            for (int step = 0; step < options_.steps && findings_.empty(); ++step) {
                this->step();
            }
            calm();
        }
        return outcome();
    }

private:
    /// What a process holds in memory.
    struct Process {
        explicit Process(ReadingsWorld& world)
            : definitions(world.city()),
              engine(world.ledger_, world.clock_, definitions),
              watched(world.rows_),
              ingest(
                  watched,
                  world.clock_,
                  limits(),
                  [this](std::int64_t id) { return rule_of(id); }
              ),
              entities(definitions, ingest, services::PublicSight::Nothing),
              alarms(definitions, entities),
              live(world.ledger_, definitions, &entities, {.waits = false}),
              rules(definitions, entities, &live) {
            // Where it fails, nothing is shown until the first commit.
            static_cast<void>(live.start(&watched));
            engine.on_commit([this](const ports::Changes& changes, Seq head) {
                live.committed(changes, head);
            });
            engine.on_doubt([this](Seq told) { live.commit_doubtful(told); });
        }

        static services::IngestLimits limits() {
            services::IngestLimits out;
            out.waiting_rows = 40;
            out.commit_rows = 12;
            return out;
        }

        /// As the server makes it.
        std::shared_ptr<const sensing::QualityRule> rule_of(std::int64_t id) const {
            const auto& registry = entities.registry();
            const auto stream = registry.find({sensing::EntityType::Datastream, id});
            if (!stream) {
                return nullptr;
            }
            const auto place = services::place_of(registry, *stream);
            return std::make_shared<const sensing::QualityRule>(
                services::quality_rule(*definitions.get()->city, place.quantity, place.interval_s)
            );
        }

        Status load(ports::Store& store) {
            CS_CHECK(entities.load(store));
            CS_CHECK(entities.resume(store));
            CS_CHECK(alarms.load(store));
            return rules.load(store);
        }

        services::CurrentDefinitions definitions;
        services::Engine engine;
        services::WatchedObservations watched;
        services::Ingest ingest;
        services::SensingEntities entities;
        services::AlarmRules alarms;
        services::LiveIndicators live;
        services::RuleWatch rules;
    };

    [[nodiscard]] const services::DefinitionsPtr& city() const { return revisions_[revision_]; }

    FaultRates rates() {
        FaultRates out;
        const auto some = [&](std::int64_t most) {
            return static_cast<std::uint64_t>(random_.between(0, most));
        };
        out.read_fails = some(80);
        out.commit_fails = some(600);
        out.commit_unknown = some(600);
        out.slow = some(200);
        out.crash = some(120);
        return out;
    }

    bool set_up();
    void step();
    void calm();
    Outcome outcome();

    // Gateways and their network.
    void measure();
    sensing::Observation reading(Terminal& terminal);
    void misuse();
    void deliver();
    void retry();

    // The server.
    void store();
    void look();
    bool warn();
    void tend();
    void change_revision();
    void run(services::Job job);
    void close_some_case();
    template <class Act>
    void alive(Act act);
    void restart();
    void check();
    void check_live_values(int how_many);

    const Options& options_;
    const std::vector<services::DefinitionsPtr>& revisions_;
    std::size_t revision_ = 0;
    SeededRandom random_;
    SeededRandom look_random_{options_.seed};
    VirtualClock clock_;
    Instant begin_;
    Misfortune fate_{random_, clock_};
    FaultyLedger ledger_{fate_};
    FaultyObservations rows_{fate_};
    Findings findings_;
    Trace trace_;
    std::optional<ReadingsChecker> checker_;
    std::optional<AlertsChecker> alerts_checker_;
    std::unique_ptr<Process> process_;
    std::vector<Terminal> terminals_;
    std::map<int, SentBatch> sent_;
    std::vector<int> network_;
    std::int64_t tokens_ = 0;
    std::int64_t refused_ = 0;
    std::int64_t crashes_ = 0;
};

bool ReadingsWorld::set_up() {
    auto& process = *process_;
    const auto loaded = process.load(ledger_);
    const auto added = services::add_terminals(process.engine, process.entities, *city()->city);
    if (!loaded || !added) {
        findings_.add("the city cannot be set up");
        return false;
    }
    std::vector<WatchedStream> streams;
    std::vector<WatchedThing> things;
    const auto& registry = process.entities.registry();
    for (const auto* code : kTerminalCodes) {
        Terminal terminal;
        auto& stream = terminal.stream;
        stream.thing = code;
        stream.id = services::stream_of(registry, registry.thing_by_code(code), "PM2.5");
        stream.late_after = 30 * kMinuteMs;
        stream.max = 1'500;
        terminal.time = to_millis(begin_) / 1000 * 1000;
        terminal.feature = process.entities.known_feature(
            *registry.find({sensing::EntityType::Datastream, stream.id})
        );
        streams.push_back(stream);
        terminals_.push_back(terminal);
        const auto id = registry.thing_by_code(code);
        const auto thing = registry.find({sensing::EntityType::Thing, id});
        things.push_back({id, stream.id, std::string(thing->tag(sensing::Tag::Area))});
    }
    checker_.emplace(findings_, city()->alarms, streams);
    alerts_checker_.emplace(findings_, things);
    return true;
}

/// One reading: mostly the next one, near the limits of the rules, for a while on one side.
sensing::Observation ReadingsWorld::reading(Terminal& terminal) {
    sensing::Observation row;
    row.stream = terminal.stream.id;
    row.feature = terminal.feature;
    row.result_time = ++tokens_;
    const auto kind = random_.below(20);
    if (kind < 14) {
        terminal.time += random_.between(1, kind == 0 ? 200 : 6) * kMinuteMs;
        if (random_.chance(1, 4)) {
            terminal.value = random_.chance(1, 2) ? 120 : 60;
        }
        row.phenomenon_from = terminal.time;
        row.number = terminal.value + static_cast<double>(random_.between(-15, 15));
        if (random_.chance(1, 25)) {
            row.number = 9'000;  // no instrument shows that
        }
    } else if (kind < 17) {  // late, or from another's past
        row.phenomenon_from = terminal.time - random_.between(1, 90) * kMinuteMs;
        row.number = static_cast<double>(random_.between(0, 200));
    } else {  // the time again; with the same value it is a repetition
        row.phenomenon_from = terminal.time;
        row.number = random_.chance(1, 2) ? terminal.value : 70;
    }
    row.phenomenon_to = row.phenomenon_from;
    return row;
}

void ReadingsWorld::measure() {
    SentBatch batch;
    const auto number = static_cast<int>(sent_.size());
    batch.key = fmt::format("g:{}", number);
    batch.fingerprint = fmt::format("f{}", number);
    const auto count = random_.between(1, 6);
    for (std::int64_t i = 0; i < count; ++i) {
        batch.rows.push_back(reading(terminals_[random_.below(terminals_.size())]));
    }
    for (std::size_t i = batch.rows.size(); i > 1 && random_.chance(1, 3); --i) {
        std::swap(batch.rows[i - 1], batch.rows[random_.below(i)]);
    }
    sent_[number] = std::move(batch);
    network_.push_back(number);
}

/// A key that stands for something else already.
void ReadingsWorld::misuse() {
    std::vector<int> stored;
    for (const auto& [number, batch] : sent_) {
        if (batch.ids) {
            stored.push_back(number);
        }
    }
    if (stored.empty()) {
        return;
    }
    const auto number = static_cast<int>(sent_.size());
    SentBatch batch;
    batch.key = sent_[stored[random_.below(stored.size())]].key;
    batch.fingerprint = fmt::format("f{}", number);
    batch.rows.push_back(reading(terminals_.front()));
    batch.refusal_due = true;
    sent_[number] = std::move(batch);
    network_.push_back(number);
}

/// Any of what is under way reaches the server, is lost, or is there twice.
void ReadingsWorld::deliver() {
    if (network_.empty()) {
        return;
    }
    const auto at = static_cast<std::ptrdiff_t>(random_.below(network_.size()));
    const auto number = network_[static_cast<std::size_t>(at)];
    const auto fate = random_.below(10);
    if (fate != 0) {
        network_.erase(network_.begin() + at);
    }
    if (fate == 1) {
        return;
    }
    auto& batch = sent_[number];
    batch.delivered = true;
    services::ObservationRows rows{batch.key, batch.fingerprint, batch.rows};
    for (auto& row : rows.rows) {
        row.received_at = to_millis(clock_.now());
    }
    const bool hears = !random_.chance(1, 6);
    process_->ingest
        .take(std::move(rows), "", [this, number, hears](Result<services::Receipt> got) {
            auto& asked = sent_[number];
            trace_.note(got ? got->first : -static_cast<std::int64_t>(got.error().code));
            if (!got) {
                const bool mismatch = got.error().code == ErrorCode::IdempotencyMismatch;
                refused_ += mismatch ? 1 : 0;
                if (mismatch != asked.refusal_due && mismatch) {
                    findings_.add(fmt::format("batch {} was refused", asked.key));
                }
                return;
            }
            if (asked.refusal_due) {
                findings_.add(fmt::format("the key {} was taken for other rows", asked.key));
            }
            if (asked.ids && *asked.ids != got->first) {
                findings_.add(fmt::format("batch {} was answered in two ways", asked.key));
            }
            if (hears) {
                asked.ids = got->first;
            }
        });
}

void ReadingsWorld::retry() {
    for (const auto& [number, batch] : sent_) {
        const bool waits = std::find(network_.begin(), network_.end(), number) != network_.end();
        const bool again =
            !batch.ids && !batch.refusal_due ? random_.chance(1, 2) : random_.chance(1, 40);
        if (again && !waits) {
            network_.push_back(number);
        }
    }
}

void ReadingsWorld::store() {
    process_->ingest.work_once();
}

void ReadingsWorld::look() {
    auto& alarms = process_->alarms;
    auto page = alarms.next(alarms.cursor());
    if (!page) {
        return;
    }
    if (!page->due) {
        alarms.skip(*page);
        return;
    }
    run(alarms.job(std::move(*page), [](const Result<services::AlarmsOutcome>&) {}));
}

void ReadingsWorld::run(services::Job job) {
    std::vector<services::Job> jobs;
    jobs.push_back(std::move(job));
    process_->engine.run(std::move(jobs));
}

/// The warning rules look; whether there was something to commit.
bool ReadingsWorld::warn() {
    const auto now = clock_.now();
    alerts_checker_->before_look(rows_, now, revision_);
    auto& rules = process_->rules;
    auto page = rules.next(now);
    if (!page || !page->due()) {
        return false;
    }
    run(rules.job(std::move(*page), [](const Result<services::AlertsOutcome>&) {}));
    return true;
}

void ReadingsWorld::tend() {
    services::ResponseTending tending(ledger_);
    auto jobs = tending.round(clock_.now(), false, [](const Status&) {});
    for (std::size_t i = 0; jobs && i < jobs->size(); ++i) {
        run(std::move((*jobs)[i]));
    }
}

void ReadingsWorld::change_revision() {
    revision_ = (revision_ + 1) % revisions_.size();
    process_->definitions.set(city());
}

/// People end cases: then the next alarm of the thing is a new one.
void ReadingsWorld::close_some_case() {
    ports::CaseQuery query;
    query.source = "iot";
    query.open = true;
    const auto open = ledger_.search(query);
    if (!open || open->empty()) {
        return;
    }
    services::ActionRequest request;
    request.id = (*open)[random_.below(open->size())].id;
    request.action = "void";
    request.inputs.reason = "simulated";
    access::Principal who;
    who.account = "shift_leader";
    who.kind = access::PrincipalKind::Person;
    who.posts = {{"shift_leader", "shift_leader", "", ""}};
    services::Job job;
    job.work = [request, who](services::UnitOfWork& work) -> Result<std::string> {
        CS_CHECK(services::act(work, who, request));
        return std::string("{}");
    };
    job.done = [](const Result<std::string>&) {};
    run(std::move(job));
}

void ReadingsWorld::restart() {
    ++crashes_;
    for (int attempt = 0;; ++attempt) {
        if (attempt == kRestarts) {
            findings_.stuck("the server does not start");
            return;
        }
        process_ = std::make_unique<Process>(*this);
        try {
            if (process_->load(ledger_)) {
                return;
            }
        } catch (const Crash&) {
            ++crashes_;
        }
    }
}

template <class Act>
void ReadingsWorld::alive(Act act) {
    try {
        act();
    } catch (const Crash&) {
        restart();
    }
}

void ReadingsWorld::check() {
    checker_->check_alarms(rows_, ledger_);
    alerts_checker_->check(ledger_);
}

/// Live values of readings and of the cases that alarms have opened.
void ReadingsWorld::check_live_values(int how_many) {
    fate_.set_quiet(true);
    const bool read = check_live(
        process_->live,
        ledger_,
        &process_->entities,
        *city(),
        clock_.read(),
        how_many,
        look_random_,
        findings_
    );
    if (!read) {
        findings_.add("live values cannot be read");
    }
    fate_.set_quiet(false);
}

void ReadingsWorld::step() {
    switch (random_.below(20)) {
        case 0:
        case 1:
        case 2:
            measure();
            break;
        case 3:
            retry();
            break;
        case 4:
            random_.chance(1, 4) ? misuse() : measure();
            break;
        case 5:
            alive([&] { close_some_case(); });
            break;
        case 6:
            // The server's clock is set, by up to an hour.
            clock_.set_skew(Duration{random_.between(-60, 60) * kMinuteMs});
            break;
        case 7:
        case 8:
        case 9:
            alive([&] { look(); });
            break;
        case 10:
        case 11:
            alive([&] { store(); });
            break;
        case 12:
            if (random_.chance(1, 10)) {
                restart();
            }
            break;
        case 13:
        case 14:
        case 15:
            alive([&] { warn(); });
            break;
        case 16:
            alive([&] { random_.chance(1, 8) ? change_revision() : tend(); });
            break;
        default:
            deliver();
            break;
    }
    clock_.advance(Duration{random_.between(0, 30'000)});
    check();
    if (look_random_.chance(1, 4)) {
        check_live_values(4);
    }
    if (random_.chance(1, 25)) {
        checker_->check_rows(rows_, sent_, false);
    }
}

/// Faults have ended: whatever was sent is accepted in the end, and the alarms catch up.
void ReadingsWorld::calm() {
    fate_.set_rates({});
    clock_.set_skew({});
    for (int round = 0; round < 400 && findings_.empty(); ++round) {
        retry();
        for (int i = 0; i < 8; ++i) {
            deliver();
            store();
        }
        look();
        check();
        clock_.advance(Duration{10'000});
        const bool waits = std::any_of(sent_.begin(), sent_.end(), [](const auto& sent) {
            return !sent.second.ids && !sent.second.refusal_due;
        });
        if (!waits && process_->alarms.cursor() == rows_.MemoryObservations::stats()->last_id) {
            break;
        }
    }
    // Beyond what was judged while the clock was set too far.
    clock_.advance(Duration{60 * kMinuteMs});
    for (int round = 0; round < 5; ++round) {
        clock_.advance(Duration{11'000});  // so long a rule rests after a failure
        while (findings_.empty() && warn()) {
            check();
        }
        tend();
        check();
    }
    alerts_checker_->check_settled(rows_, ledger_, clock_.now(), revision_);
    check_live_values(40);
    checker_->check_rows(rows_, sent_, true);
    checker_->check_summaries(rows_);
    checker_->check_flags(rows_);
    if (process_->alarms.cursor() != rows_.MemoryObservations::stats()->last_id) {
        findings_.stuck("the alarms do not catch up");
    }
}

Outcome ReadingsWorld::outcome() {
    Outcome out;
    for (const auto& text : findings_.texts()) {
        trace_.note(text);
    }
    out.verdict = findings_.empty()   ? Verdict::Good
                  : findings_.wrong() ? Verdict::Safety
                                      : Verdict::Liveness;
    out.findings = findings_.texts();
    out.requests = static_cast<std::int64_t>(sent_.size());
    for (const auto& [number, batch] : sent_) {
        out.acknowledged += batch.ids ? 1 : 0;
    }
    out.refused = refused_;
    out.faults = fate_.faults();
    out.crashes = crashes_;
    out.entries = rows_.MemoryObservations::stats()->rows;
    out.cases = checker_ ? checker_->cases() : 0;
    out.alerts = alerts_checker_ ? alerts_checker_->alerts() : 0;
    out.responses = alerts_checker_ ? alerts_checker_->responses() : 0;
    out.lived = clock_.read() - begin_;
    trace_.note(out.entries);
    trace_.note(out.cases);
    trace_.note(out.alerts);
    out.trace = trace_.hash();
    return out;
}

}  // namespace

Outcome simulate_readings(const Options& options, const ReadingsCity& city) {
    return ReadingsWorld(options, city).run();
}

}  // namespace chengshu::simulation
