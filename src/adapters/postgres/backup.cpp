#include "adapters/postgres/backup.hpp"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <spawn.h>
#include <string_view>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <vector>

extern char** environ;

namespace chengshu::postgres {
namespace {

namespace fs = std::filesystem;

/// Debian keeps each version's programs in /usr/lib/postgresql/<version>/bin; a dump must not be
/// older than the server, so the newest is taken.
std::optional<std::string> find_pg_dump() {
    std::error_code ignored;
    int newest = 0;
    for (const auto& entry : fs::directory_iterator{"/usr/lib/postgresql", ignored}) {
        const int version = std::atoi(entry.path().filename().c_str());
        if (version > newest && fs::exists(entry.path() / "bin" / "pg_dump", ignored)) {
            newest = version;
        }
    }
    if (newest > 0) {
        return fmt::format("/usr/lib/postgresql/{}/bin/pg_dump", newest);
    }
    const char* path = std::getenv("PATH");
    std::string_view rest = path == nullptr ? "" : path;
    while (!rest.empty()) {
        const auto colon = rest.find(':');
        const auto candidate = fs::path{rest.substr(0, colon)} / "pg_dump";
        if (::access(candidate.c_str(), X_OK) == 0) {
            return candidate.string();
        }
        rest = colon == std::string_view::npos ? "" : rest.substr(colon + 1);
    }
    return std::nullopt;
}

struct Target {
    std::string conninfo;  ///< without the password
    std::string password;
};

/// The password goes through the environment: arguments can be seen by every account of the
/// machine.
Result<Target> split_password(const std::string& conninfo) {
    const std::unique_ptr<PQconninfoOption, void (*)(PQconninfoOption*)> options{
        PQconninfoParse(conninfo.c_str(), nullptr), PQconninfoFree
    };
    if (options == nullptr) {
        return fail(ErrorCode::InvalidInput, "the connection string is malformed");
    }
    Target target;
    for (const auto* option = options.get(); option->keyword != nullptr; ++option) {
        if (option->val == nullptr) {
            continue;
        }
        if (std::string_view{option->keyword} == "password") {
            target.password = option->val;
            continue;
        }
        target.conninfo += fmt::format("{}='", option->keyword);
        for (const char c : std::string_view{option->val}) {
            if (c == '\\' || c == '\'') {
                target.conninfo += '\\';
            }
            target.conninfo += c;
        }
        target.conninfo += "' ";
    }
    return target;
}

/// Runs a program and waits for it; its messages go to our stderr.
Status run_program(std::vector<std::string> arguments, const std::string& password) {
    std::vector<char*> argv;
    for (auto& argument : arguments) {
        argv.push_back(argument.data());
    }
    argv.push_back(nullptr);
    std::vector<char*> environment;
    for (char** variable = environ; *variable != nullptr; ++variable) {
        environment.push_back(*variable);
    }
    std::string secret = "PGPASSWORD=" + password;
    if (!password.empty()) {
        environment.insert(environment.begin(), secret.data());
    }
    environment.push_back(nullptr);
    pid_t child = 0;
    if (const int error =
            ::posix_spawn(&child, argv[0], nullptr, nullptr, argv.data(), environment.data());
        error != 0) {
        return fail(
            ErrorCode::StorageUnavailable,
            fmt::format(
                "{} did not start: {}", arguments.front(), std::generic_category().message(error)
            )
        );
    }
    int status = 0;
    while (::waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) {
            return fail(ErrorCode::StorageUnavailable, "the dump's end was not seen");
        }
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        return fail(
            ErrorCode::StorageUnavailable,
            fmt::format("{} failed; its message is above", arguments.front())
        );
    }
    return ok();
}

}  // namespace

Status dump_database(const std::string& conninfo, const std::string& to) {
    std::error_code error;
    if (fs::exists(to, error)) {
        return fail(ErrorCode::InvalidInput, fmt::format("{} exists; backups never overwrite", to));
    }
    const auto program = find_pg_dump();
    if (!program) {
        return fail(
            ErrorCode::RuleViolation,
            "pg_dump was not found: install postgresql-client, or run pg_dump where it is installed"
        );
    }
    CS_TRY(target, split_password(conninfo));
    const auto partial = to + ".partial";
    auto dumped = run_program(
        {*program,
         "--format=custom",
         "--no-owner",
         "--file=" + partial,
         "--dbname=" + target.conninfo},
        target.password
    );
    if (!dumped) {
        fs::remove(partial, error);
        return dumped;
    }
    fs::rename(partial, to, error);
    if (error) {
        return fail(
            ErrorCode::StorageUnavailable,
            fmt::format("cannot rename {} to {}: {}", partial, to, error.message())
        );
    }
    return ok();
}

}  // namespace chengshu::postgres
