// A query on a CSV file that has been loaded into DuckDB in memory, as often as asked for. Prints a
// JSON line with the times and the first value of the answer.

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <duckdb.h>
#include <string>
#include <vector>

int main(int argc, char** argv) {
    if (argc != 4) {
        fmt::print(
            stderr, "usage: chengshu-duck FILE.csv QUERY TIMES (the table is called cases)\n"
        );
        return 2;
    }
    duckdb_database database = nullptr;
    duckdb_connection connection = nullptr;
    if (duckdb_open(nullptr, &database) != DuckDBSuccess ||
        duckdb_connect(database, &connection) != DuckDBSuccess) {
        return 1;
    }
    const auto run = [&](const std::string& query, std::string* first) {
        duckdb_result result;
        const auto begun = std::chrono::steady_clock::now();
        if (duckdb_query(connection, query.c_str(), &result) != DuckDBSuccess) {
            fmt::print(stderr, "{}\n", duckdb_result_error(&result));
            std::exit(1);
        }
        const std::chrono::duration<double, std::milli> took =
            std::chrono::steady_clock::now() - begun;
        if (first != nullptr) {
            char* text = duckdb_value_varchar(&result, 1, 0);
            *first = text == nullptr ? "" : text;
            duckdb_free(text);
        }
        duckdb_destroy_result(&result);
        return took.count();
    };
    const double load =
        run(fmt::format("CREATE TABLE cases AS SELECT * FROM read_csv('{}')", argv[1]), nullptr);
    std::vector<double> times;
    std::string first;
    for (int i = 0; i < std::max(1, std::atoi(argv[3])); ++i) {
        times.push_back(run(argv[2], &first));
    }
    std::sort(times.begin(), times.end());
    const auto at = [&](double part) {
        return times[static_cast<std::size_t>(part * static_cast<double>(times.size() - 1))];
    };
    fmt::print(
        "{{\"load_ms\":{:.0f},\"p50_ms\":{:.2f},\"p95_ms\":{:.2f},\"first\":\"{}\"}}\n",
        load,
        at(0.5),
        at(0.95),
        first
    );
    duckdb_disconnect(&connection);
    duckdb_close(&database);
    return 0;
}
