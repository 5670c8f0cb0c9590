// The obvious alternative for readings, for comparison: COPY into a plain table of PostgreSQL,
// every batch a durable transaction of its own. No HTTP, no checks, no keys, no summaries.

#include "readings/readings.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <libpq-fe.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
using namespace chengshu::load;

constexpr const char* kTable =
    "DROP TABLE IF EXISTS plain_readings; CREATE TABLE plain_readings (id bigint NOT NULL, "
    "stream bigint NOT NULL, phenomenon_from bigint NOT NULL, phenomenon_to bigint NOT NULL, "
    "received_at bigint NOT NULL, number double precision, feature bigint NOT NULL, "
    "quality integer NOT NULL);";
constexpr const char* kIndex = "CREATE INDEX ON plain_readings (stream, phenomenon_from)";

[[noreturn]] void give_up(PGconn* connection, const char* what) {
    fmt::print(stderr, "{}: {}\n", what, PQerrorMessage(connection));
    std::exit(1);
}

PGconn* connect(const std::string& conninfo) {
    auto* connection = PQconnectdb(conninfo.c_str());
    if (PQstatus(connection) != CONNECTION_OK) {
        give_up(connection, "connect");
    }
    return connection;
}

/// Ends the program unless the statement has this outcome.
std::string run(PGconn* connection, const std::string& sql, ExecStatusType wanted) {
    auto* result = PQexec(connection, sql.c_str());
    if (PQresultStatus(result) != wanted) {
        give_up(connection, sql.c_str());
    }
    std::string first = PQntuples(result) > 0 ? PQgetvalue(result, 0, 0) : "";
    PQclear(result);
    return first;
}

std::string text_of(Gateway& gateway, std::int64_t& id, int rows) {
    std::string text;
    for (int i = 0; i < rows; ++i) {
        const auto point = gateway.next();
        fmt::format_to(
            std::back_inserter(text),
            "{}\t{}\t{}\t{}\t{}\t{}.{:02}\t{}\t0\n",
            ++id,
            point.stream,
            point.time,
            point.time,
            point.time,
            point.cents / 100,
            point.cents % 100,
            point.stream
        );
    }
    return text;
}

void copy(PGconn* connection, const std::string& text) {
    run(connection, "COPY plain_readings FROM STDIN", PGRES_COPY_IN);
    if (PQputCopyData(connection, text.data(), static_cast<int>(text.size())) != 1 ||
        PQputCopyEnd(connection, nullptr) != 1) {
        give_up(connection, "COPY");
    }
    for (auto* result = PQgetResult(connection); result != nullptr;
         result = PQgetResult(connection)) {
        if (PQresultStatus(result) != PGRES_COMMAND_OK) {
            give_up(connection, "COPY");
        }
        PQclear(result);
    }
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{"COPY of readings into a plain table; prints one JSON object"};
    std::string conninfo;
    Fleet fleet;
    std::int64_t rows = 1'000'000;
    int batch = 10'000;
    int connections = 2;
    bool index = false;
    app.add_option("conninfo", conninfo, "libpq connection string")->required();
    app.add_option("--streams", fleet.streams)->check(CLI::PositiveNumber);
    app.add_option("-n,--readings", rows)->check(CLI::PositiveNumber);
    app.add_option("--rows", batch, "of a transaction")->check(CLI::PositiveNumber);
    app.add_option("-c,--connections", connections)->check(CLI::Range(1, 64));
    app.add_flag("--index", index, "with an index on stream and time");
    CLI11_PARSE(app, argc, argv);

    auto* control = connect(conninfo);
    run(control, kTable, PGRES_COMMAND_OK);
    if (index) {
        run(control, kIndex, PGRES_COMMAND_OK);
    }
    const auto batches = std::max<std::int64_t>(rows / batch / connections, 1);
    const auto start = Clock::now();
    std::vector<std::thread> threads;
    for (int part = 0; part < connections; ++part) {
        threads.emplace_back([&, part] {
            auto* connection = connect(conninfo);
            Gateway gateway{
                fleet, static_cast<std::size_t>(part), static_cast<std::size_t>(connections)
            };
            std::int64_t id = part * batches * batch;
            for (std::int64_t i = 0; i < batches; ++i) {
                copy(connection, text_of(gateway, id, batch));
            }
            PQfinish(connection);
        });
    }
    for (auto& thread : threads) {
        thread.join();
    }
    const auto seconds = std::chrono::duration<double>(Clock::now() - start).count();
    const auto count = run(control, "SELECT count(*) FROM plain_readings", PGRES_TUPLES_OK);
    const auto bytes =
        run(control, "SELECT pg_total_relation_size('plain_readings')", PGRES_TUPLES_OK);
    run(control, "DROP TABLE plain_readings", PGRES_COMMAND_OK);
    PQfinish(control);
    const auto sent = batches * batch * connections;
    fmt::print(
        "{{\"seconds\":{:.3f},\"sent\":{},\"stored\":{},\"bytes\":{}}}\n",
        seconds,
        sent,
        count,
        bytes
    );
    return count == std::to_string(sent) ? 0 : 1;
}
