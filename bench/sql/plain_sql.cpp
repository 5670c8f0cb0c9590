// The obvious alternative, for comparison: the four steps of a lifecycle as plain SQL transactions
// on PostgreSQL, as an engineer would write them by hand. A row for the case, a row of history for
// each step, the usual indexes; prepared statements over libpq, one transaction per step, every
// commit durable. It does not locate, find duplicates, dispatch, compute deadlines, count or
// journal.

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <libpq-fe.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* kSchema = R"(
CREATE TABLE plain_cases (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, category text NOT NULL,
    description text NOT NULL,
    lon double precision NOT NULL,
    lat double precision NOT NULL, area text NOT NULL, state text NOT NULL,
    department text, holder text, result text,
    reported_at timestamptz NOT NULL, updated_at timestamptz NOT NULL);
CREATE INDEX ON plain_cases (state, reported_at);
CREATE INDEX ON plain_cases (department, state);
CREATE INDEX ON plain_cases (area, reported_at);
CREATE INDEX ON plain_cases (category, reported_at);
CREATE TABLE plain_history (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    case_id bigint NOT NULL REFERENCES plain_cases,
    at timestamptz NOT NULL, action text NOT NULL, actor text NOT NULL, reason text);
CREATE INDEX ON plain_history (case_id, at);
)";

constexpr const char* kFill = R"(
INSERT INTO plain_cases (category, description, lon, lat, area, state, department, holder, result,
                         reported_at, updated_at)
SELECT 'c' || n % 400, 'generated matter ' || n, 116 + random(), 39.5 + random(), 'a' || n % 349,
       CASE WHEN n % 100 < 91 THEN 'closed' ELSE 'handling' END, 'd' || n % 500,
       'h' || n % 500, 'done',
       now() - n * interval '15 seconds', now() - n * interval '15 seconds'
FROM generate_series(1, $1::bigint) AS n)";

[[noreturn]] void give_up(PGconn* connection, const char* what) {
    fmt::print(stderr, "{}: {}\n", what, PQerrorMessage(connection));
    std::exit(1);
}

class Connection {
public:
    explicit Connection(const std::string& conninfo) : handle_(PQconnectdb(conninfo.c_str())) {
        if (PQstatus(handle_) != CONNECTION_OK) {
            give_up(handle_, "connect");
        }
    }

    ~Connection() { PQfinish(handle_); }

    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    void script(const char* sql) { check(PQexec(handle_, sql), "script"); }

    void prepare(const char* name, const char* sql) {
        check(PQprepare(handle_, name, sql, 0, nullptr), name);
    }

    /// The first value of the answer, or "".
    std::string run(const char* name, const std::vector<std::string>& values) {
        std::vector<const char*> texts;
        for (const auto& value : values) {
            texts.push_back(value.c_str());
        }
        const auto count = static_cast<int>(texts.size());
        return check(PQexecPrepared(handle_, name, count, texts.data(), nullptr, nullptr, 0), name);
    }

private:
    std::string check(PGresult* raw, const char* what) {
        const std::unique_ptr<PGresult, decltype(&PQclear)> result(raw, PQclear);
        const auto status = PQresultStatus(raw);
        if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
            give_up(handle_, what);
        }
        return PQntuples(raw) > 0 ? PQgetvalue(raw, 0, 0) : "";
    }

    PGconn* handle_;
};

void prepare_steps(Connection& to) {
    to.prepare(
        "create",
        "INSERT INTO plain_cases (category, description, lon, lat, area, state, reported_at, "
        "updated_at) "
        "VALUES ($1, $2, $3, $4, $5, 'reported', now(), now()) RETURNING id"
    );
    to.prepare(
        "assign",
        "UPDATE plain_cases SET state = 'handling', department = $2, holder = $3, updated_at = "
        "now() "
        "WHERE id = $1 AND state = 'reported' RETURNING id"
    );
    to.prepare(
        "resolve",
        "UPDATE plain_cases SET state = 'handled', result = $2, updated_at = now() "
        "WHERE id = $1 AND state = 'handling' RETURNING id"
    );
    to.prepare(
        "history",
        "INSERT INTO plain_history (case_id, at, action, actor, reason) VALUES ($1, now(), $2, $3, "
        "$4)"
    );
    to.prepare("search", "SELECT id FROM plain_cases WHERE id = $1");
}

/// One life in four transactions. False when a step did not find the case as it should be.
bool live(Connection& to, std::int64_t n) {
    const auto in_transaction = [&](auto&& step) {
        to.script("BEGIN");
        const bool good = step();
        to.script("COMMIT");
        return good;
    };
    std::string id;
    const bool created = in_transaction([&] {
        id = to.run(
            "create",
            {fmt::format("c{}", n % 400),
             fmt::format("measured matter {}", n),
             "116.3",
             "39.95",
             fmt::format("a{}", n % 349)}
        );
        to.run("history", {id, "create", "reporter", ""});
        return !id.empty();
    });
    const bool assigned =
        created && in_transaction([&] {
            const auto done =
                to.run("assign", {id, fmt::format("d{}", n % 500), fmt::format("h{}", n % 500)});
            to.run("history", {id, "assign", "dispatcher", "by area"});
            return done == id;
        });
    const bool resolved = assigned && in_transaction([&] {
                              const auto done = to.run("resolve", {id, "done"});
                              to.run("history", {id, "resolve", "handler", "done"});
                              return done == id;
                          });
    return resolved && to.run("search", {id}) == id;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{"The four steps of a lifecycle as plain SQL on PostgreSQL; prints one JSON object"
    };
    std::string conninfo;
    int connections = 16;
    double seconds = 10;
    std::int64_t fill = 0;
    app.add_option("conninfo", conninfo, "an empty database")->required();
    app.add_option("-c,--connections", connections)
        ->capture_default_str()
        ->check(CLI::Range(1, 500));
    app.add_option("-d,--duration", seconds, "seconds")->capture_default_str();
    app.add_option("--fill", fill, "make the tables with so many cases first; -1: they are there");
    CLI11_PARSE(app, argc, argv);
    if (fill >= 0) {
        Connection maker(conninfo);
        maker.script(kSchema);
        maker.prepare("fill", kFill);
        maker.run("fill", {fmt::format("{}", fill)});
        maker.script("VACUUM ANALYZE");
    }
    std::atomic<std::int64_t> done = 0;
    std::atomic<std::int64_t> bad = 0;
    std::mutex mutex;
    std::vector<double> millis;
    std::vector<std::jthread> workers;
    const auto started = Clock::now();
    const auto end =
        started +
        std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
    for (int worker = 0; worker < connections; ++worker) {
        workers.emplace_back([&, worker] {
            Connection connection(conninfo);
            prepare_steps(connection);
            std::vector<double> own;
            for (std::int64_t n = worker; Clock::now() < end; n += connections) {
                const auto begun = Clock::now();
                live(connection, n) ? ++done : ++bad;
                own.push_back(
                    std::chrono::duration<double, std::milli>(Clock::now() - begun).count()
                );
            }
            const std::scoped_lock lock(mutex);
            millis.insert(millis.end(), own.begin(), own.end());
        });
    }
    workers.clear();
    const double measured = std::chrono::duration<double>(Clock::now() - started).count();
    std::sort(millis.begin(), millis.end());
    const auto quantile = [&](double q) {
        return millis.empty()
                   ? 0.0
                   : millis[static_cast<std::size_t>(q * static_cast<double>(millis.size() - 1))];
    };
    fmt::print(
        R"({{"seconds":{:.3f},"jobs_per_second":{:.1f},"good":{},"bad":{},)"
        R"("job_ms":{{"p50":{:.3f},"p99":{:.3f}}}}})"
        "\n",
        measured,
        static_cast<double>(done) / measured,
        done.load(),
        bad.load(),
        quantile(0.5),
        quantile(0.99)
    );
    return bad == 0 ? 0 : 1;
}
