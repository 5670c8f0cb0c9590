#pragma once

#include "runtime.hpp"

#include <optional>
#include <string>
#include <vector>

namespace chengshu::app {

// One function for each subcommand; each gives the process's exit code: 0 done, 1 refused or failed
// (the reason is on standard error), 2 wrong usage (by the command line parser).

int run_init(const Common& common);
int run_city_check(const Common& common, const std::string& folder);
/// Demo accounts that a store does not have yet get a password that is made up and printed once.
int run_city_load(const Common& common, const std::string& folder, bool dry_run);

struct ReplayCommand {
    std::string folder;
    std::optional<std::int64_t> reports;
    int days = 1;
    bool distinct = false;
    bool no_readings = false;
    std::size_t batch = 5000;
};

int run_replay(const Common& common, const ReplayCommand& command);
int run_serve(const Common& common, bool trial);

struct AccountCommand {
    std::string action;  ///< list, add, password, disable, enable, delete, token
    std::string login;
    std::string name;
    std::vector<std::string> posts;
    std::string label;
    std::vector<std::string> scopes;  ///< of a token; none: everything that the account may do
};

/// Passwords are read from standard input, never from arguments.
int run_account(const Common& common, const AccountCommand& command);
/// Copies everything into a new data folder or an empty PostgreSQL database (a connection string),
/// and compares. Stop the server first.
int run_copy(const Common& common, const std::string& to);
int run_backup(const Common& common, const std::string& to);
/// Says what goes where, then does it unless `dry_run`. The place must be empty: a data folder
/// without a store, or a PostgreSQL database without tables.
int run_restore(const Common& common, const std::string& from, bool dry_run);
/// `repair` rewrites statistics that count by measures of an earlier revision, then verifies again.
int run_verify(const Common& common, bool repair);
int run_export(const Common& common, const std::string& what, const std::string& to);
/// Registers the terminals of a CSV file, or changes those that are known; stop the server first.
/// 1 when a row was refused.
int run_things_import(const Common& common, const std::string& path, bool dry_run);
/// Carries out the rules on how long readings are kept, or says what they would do; stop the server
/// first.
int run_retain(const Common& common, bool dry_run);
int run_config_show(const Common& common);
int run_workflow_diagram(
    const Common& common,
    const std::string& folder,
    const std::string& workflow
);

}  // namespace chengshu::app
