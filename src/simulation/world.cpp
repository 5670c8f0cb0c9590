#include "simulation/world.hpp"

#include "services/accounts.hpp"
#include "services/city_revisions.hpp"
#include "simulation/live_checker.hpp"
#include "simulation/whole_checker.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace json = boost::json;

namespace chengshu::simulation {
namespace {

constexpr int kTimersPerRun = 50;

/// Gives up soon, so that there are dead letters.
const services::DeliveryPolicy kDelivery = [] {
    services::DeliveryPolicy policy;
    policy.attempts_max = 3;
    return policy;
}();

FaultRates rates_of(SeededRandom& random) {
    // A different quarter of the faults for every seed, so that their combinations vary.
    const auto some = [&](std::uint64_t most) {
        return random.chance(1, 4) ? 0 : random.below(most);
    };
    FaultRates out;
    out.read_fails = some(120);
    out.commit_fails = some(800);
    out.commit_conflicts = some(500);
    out.commit_unknown = some(1200);
    out.sync_fails = some(200);
    out.slow = some(150);
    out.crash = some(60);
    return out;
}

}  // namespace

World::Process::Process(World& world, services::DefinitionsPtr first)
    : definitions(std::move(first)),
      engine(world.store_, world.clock_, definitions),
      delivery(
          world.store_,
          world.secrets_,
          world.subscribers_,
          definitions,
          *this,
          world.random_.next(),
          kDelivery
      ),
      live(world.store_, definitions, nullptr, {.waits = false}) {
    // Where it fails, nothing is shown until the first commit.
    static_cast<void>(live.start(nullptr));
    engine.on_commit([this](const ports::Changes& changes, Seq head) {
        live.committed(changes, head);
    });
    engine.on_doubt([this](Seq told) { live.commit_doubtful(told); });
}

bool World::Process::submit(services::Job job) {
    if (queue.size() >= kQueueMax) {
        return false;
    }
    queue.emplace_back(0, std::move(job));
    return true;
}

World::World(const Options& options, const SimCity& city)
    : options_(options),
      city_(city),
      random_(options.seed),
      clock_(city.begin + Duration{static_cast<std::int64_t>(random_.below(6 * 86'400'000))}),
      store_(durable_, random_, clock_, options.plant),
      journal_(city, findings_),
      agents_(city, journal_, random_),
      subscribers_(findings_),
      rates_(rates_of(random_)),
      skewed_(random_.chance(1, 3)) {
    for (const auto& account : city.definitions->city->demo_accounts()) {
        logins_.push_back(account.login);
    }
}

bool World::set_up() {
    process_ = std::make_unique<Process>(*this, city_.definitions);
    bool good = run_now("city", [&](services::UnitOfWork& work) -> Result<std::string> {
        CS_TRY(loaded, services::load_city(work, secrets_, kCityCode, city_.files, "operator"));
        return loaded.revision;
    });
    for (const auto& account : city_.definitions->city->demo_accounts()) {
        services::Account made;
        made.login = account.login;
        made.name = account.name;
        made.posts = account.posts;
        made.password_hash = secrets_.hash_password(account.login).value();
        good = run_now(
                   "account",
                   [&](services::UnitOfWork& work) -> Result<std::string> {
                       CS_CHECK(services::put_account(work, "operator", made));
                       return made.login;
                   }
               ) &&
               good;
    }
    for (const char* area : {"", "110102"}) {
        good = run_now(
                   "webhook",
                   [&](services::UnitOfWork& work) -> Result<std::string> {
                       services::Webhook hook;
                       hook.url = fmt::format("https://follower.example.org/{}", area);
                       hook.secret = "secret";
                       hook.area = area;
                       if (*area != '\0') {
                           hook.types = {"report", "dispatch_to_owner", "overdue", "close", "note"};
                       }
                       hook.created_by = "operator";
                       CS_TRY(made, services::add_webhook(work, hook));
                       return made.id;
                   }
               ) &&
               good;
    }
    look();
    return good && findings_.empty();
}

bool World::run_now(
    const std::string& what,
    std::function<Result<std::string>(services::UnitOfWork&)> work
) {
    services::Job job;
    bool good = false;
    job.work = std::move(work);
    job.done = [&](Result<std::string> reply) {
        good = reply.has_value();
        if (!reply) {
            findings_.stuck(fmt::format("{} without faults: {}", what, reply.error().context));
        }
    };
    std::vector<services::Job> jobs;
    jobs.push_back(std::move(job));
    process_->engine.run(std::move(jobs));
    return good;
}

// The server.

void World::start() {
    try {
        const auto stored = services::stored_city(store_);
        if (!stored) {
            return;  // tried again at another step
        }
        if (stored->files.size() != city_.files.size()) {
            findings_.add("the stored city has other files than were loaded");
        }
        process_ = std::make_unique<Process>(*this, city_.definitions);
    } catch (const Crash&) {
        crashes_ += 1;
    }
}

void World::crash() {
    crashes_ += 1;
    trace_.note("crash");
    if (!process_) {
        return;
    }
    const auto queue = std::move(process_->queue);
    const auto in_hand = std::move(process_->in_hand);
    process_.reset();
    store_.crash();
    look();
    for (const auto id : in_hand) {
        lose(id);
    }
    for (const auto& [id, job] : queue) {
        lose(id);
    }
}

/// The writer's turn, the acknowledger's, or one after the other.
void World::batch(std::size_t most) {
    const auto turn = calm_ ? 0 : random_.below(4);
    try {
        if (process_ && turn != 1 && process_->committed.size() < kBatchesMax) {
            execute(most);
        }
        if (process_ && turn != 2 && !process_->committed.empty()) {
            acknowledge();
        }
    } catch (const Crash&) {
        crash();
    }
}

void World::execute(std::size_t most) {
    std::vector<services::Job> jobs;
    while (!process_->queue.empty() && jobs.size() < most) {
        process_->in_hand.push_back(process_->queue.front().first);
        jobs.push_back(std::move(process_->queue.front().second));
        process_->queue.pop_front();
    }
    process_->committed.push_back(process_->engine.execute(std::move(jobs)));
}

void World::acknowledge() {
    const auto durable = process_->engine.acknowledge(std::exchange(process_->committed, {}));
    process_->in_hand.clear();
    look();
    if (!durable) {
        crash();  // the server ends: what the disk has, only the next start can tell
    } else if (random_.chance(1, 3)) {
        check_live_values(6);
    }
}

/// Live values are those of what is acknowledged, whatever the rules of the moment.
void World::check_live_values(int how_many) {
    if (random_.chance(1, 6)) {
        process_->definitions.set(city_.changed);
    }
    try {
        const bool read = check_live(
            process_->live,
            durable_,
            nullptr,
            *process_->definitions.get(),
            clock_.now(),
            how_many,
            random_,
            findings_
        );
        if (!read && calm_) {
            findings_.stuck("live values cannot be read");
        }
        process_->definitions.set(city_.definitions);
    } catch (const Crash&) {
        crash();
    }
}

void World::maintain() {
    if (!process_) {
        return;
    }
    try {
        const auto forgotten = services::forget_old_keys(process_->engine.store(), clock_.now());
        if (calm_ && !forgotten) {
            findings_.stuck("old keys are not forgotten: " + forgotten.error().context);
        }
    } catch (const Crash&) {
        crash();
        return;
    }
    // One that was asked for before the calm may have failed before it, too.
    auto done = [this, calm = calm_](Result<std::string> reply) {
        trace_.note(reply ? *reply : reply.error().context);
        if (calm && (!reply || !json::parse(*reply).at("failed").as_array().empty())) {
            findings_.stuck("timers do not fire: " + (reply ? *reply : reply.error().context));
        }
    };
    process_->queue.emplace_back(
        0, services::maintenance_job(process_->backoff, kTimersPerRun, std::move(done))
    );
}

/// The delivery's own step in the process, and something that happens on the way to the followers.
void World::webhooks() {
    try {
        if (process_) {
            (void)process_->delivery.step(clock_.now());
        }
    } catch (const Crash&) {
        crash();
    }
    subscribers_.step(random_, calm_);
}

services::Job World::job_for(const Request& request) {
    services::Job job;
    job.work = request.work;
    job.idempotency_key = request.key;
    job.fingerprint = request.fingerprint;
    job.done = [this, id = request.id](Result<std::string> reply) {
        // It has gone out, whatever happens next: what it says must be on the disk by now.
        auto& waiting = process_->in_hand;
        waiting.erase(std::find(waiting.begin(), waiting.end(), id));
        look();
        receive({id, std::move(reply)});
    };
    return job;
}

// Time and checks.

void World::pass_time() {
    const auto choice = random_.below(20);
    if (choice < 10) {
        clock_.advance(Duration{random_.between(1, 60'000)});
    } else if (choice < 15) {
        clock_.advance(Duration{random_.between(1, 3 * 3'600'000LL)});
    } else if (choice < 19) {
        const auto next = durable_.next_timer();
        if (*next && **next > to_millis(clock_.now())) {
            clock_.advance(from_millis(**next) - clock_.now() + Duration{random_.between(-2, 2)});
        }
    } else {
        clock_.advance(Duration{random_.between(1, 30 * 3'600'000LL)});
    }
    if (skewed_ && !calm_ && random_.chance(1, 8)) {
        clock_.set_skew(Duration{random_.between(-3000, 3000)});
    }
}

void World::look() {
    journal_.catch_up(durable_, [this](const auto& row, const auto& body) { effect(row, body); });
    for (;;) {
        const auto report = durable_.find_report(ReportId{last_report_.value + 1});
        if (!*report) {
            break;
        }
        last_report_ = (*report)->id;
        const auto body = json::parse((*report)->body);
        count_effect(request_of(std::string_view(body.at("description").as_string())));
    }
    const auto last = durable_.last_report();
    if (*last != last_report_) {
        findings_.add(fmt::format(
            "reports: {} is the last, {} does not exist", last->value, last_report_.value + 1
        ));
    }
}

void World::effect(const ports::JournalRow& row, const json::object& body) {
    trace_.note(row.seq.value);
    trace_.note(row.at);
    trace_.note(row.type);
    trace_.note(row.actor);
    trace_.note(row.body);
    int id = 0;
    const auto read = [&](const char* name) {
        if (const auto* value = body.if_contains(name); value != nullptr && value->is_string()) {
            id = std::max(id, request_of(std::string_view(value->get_string())));
        }
    };
    read("question");
    read("basis");
    if (const auto* reason = body.if_contains("reason"); reason != nullptr && reason->is_array()) {
        id = request_of(std::string_view(reason->get_array().at(0).as_string()));
    }
    if (row.type == "account.created") {
        const std::string_view login(body.at("login").as_string());
        id = login.starts_with('t') ? request_of(fmt::format("T{} ", login.substr(1))) : 0;
    }
    if (row.case_id && body.contains("changes")) {
        subscribers_.committed(row.seq, row.type, row.case_id);
    }
    const auto found = requests_.find(id);
    if (found != requests_.end() && found->second.entry_type == row.type &&
        (!found->second.case_id || found->second.case_id == row.case_id)) {
        count_effect(id);
    }
}

void World::count_effect(int request_id) {
    const auto found = requests_.find(request_id);
    if (found != requests_.end() && ++found->second.effects > 1) {
        findings_.add(fmt::format(
            "request {} ({}) has been done {} times",
            request_id,
            found->second.what,
            found->second.effects
        ));
    }
}

void World::check_requests() {
    for (const auto& [id, request] : requests_) {
        const bool lost =
            request.counted && request.state == Request::State::Done && request.effects != 1;
        const bool uncalled =
            request.state == Request::State::Refused && request.sends == 1 && request.effects != 0;
        if (lost || uncalled) {
            findings_.add(fmt::format(
                "request {} ({}) is {} and found {} times",
                id,
                request.what,
                lost ? "acknowledged" : "refused",
                request.effects
            ));
        }
    }
}

void World::check_everything() {
    check_requests();
    check_whole(city_, durable_, journal_, random_, findings_);
    if (process_ && process_->committed.empty()) {
        check_live_values(40);
    }
}

// The first phase.

void World::step() {
    const auto choice = random_.below(100);
    trace_.note(static_cast<std::int64_t>(choice));
    trace_.note(to_millis(clock_.now()));
    if (!process_) {
        start();
    }
    if (choice < 31) {
        issue();
    } else if (choice < 52) {
        deliver();
    } else if (choice < 58) {
        webhooks();
    } else if (choice < 76) {
        batch(1 + random_.below(6));
    } else if (choice < 83) {
        retry();
    } else if (choice < 88) {
        maintain();
    } else if (choice < 99) {
        pass_time();
    } else {
        crash();
    }
}

void World::safety() {
    constexpr int kCheckEvery = 80;
    store_.set_rates(rates_);
    for (int i = 1; i <= options_.steps && findings_.empty(); ++i) {
        step();
        if (i % kCheckEvery == 0) {
            check_everything();
        }
    }
}

Outcome World::run() {
    Outcome out;
    const auto begin = clock_.now();
    if (set_up()) {
        safety();
    }
    if (findings_.empty()) {
        liveness();
    }
    if (findings_.empty()) {
        check_everything();
    }
    out.verdict = findings_.empty()   ? Verdict::Good
                  : findings_.wrong() ? Verdict::Safety
                                      : Verdict::Liveness;
    trace_.note(static_cast<std::int64_t>(random_.next() >> 1));
    out.trace = trace_.hash();
    out.findings = findings_.texts();
    for (const auto& [id, request] : requests_) {
        out.requests += 1;
        out.acknowledged += request.state == Request::State::Done ? 1 : 0;
        out.refused += request.state == Request::State::Refused ? 1 : 0;
        out.given_up += request.state == Request::State::GivenUp ? 1 : 0;
    }
    out.faults = store_.faults();
    out.crashes = crashes_;
    out.entries = journal_.entries();
    out.cases = static_cast<std::int64_t>(journal_.cases().size());
    out.lived = clock_.now() - begin;
    return out;
}

}  // namespace chengshu::simulation
