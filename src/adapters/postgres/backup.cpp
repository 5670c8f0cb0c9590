#include "adapters/postgres/backup.hpp"

#include "adapters/postgres/connection.hpp"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <memory>
#include <optional>
#include <spawn.h>
#include <string_view>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

extern char** environ;

namespace chengshu::postgres {
namespace {

namespace fs = std::filesystem;

/// Debian keeps each version's programs in /usr/lib/postgresql/<version>/bin; they must not be
/// older than the server, so the newest is taken.
std::optional<std::string> find_program(const std::string& name) {
    std::error_code ignored;
    int newest = 0;
    for (const auto& entry : fs::directory_iterator{"/usr/lib/postgresql", ignored}) {
        const int version = std::atoi(entry.path().filename().c_str());
        if (version > newest && fs::exists(entry.path() / "bin" / name, ignored)) {
            newest = version;
        }
    }
    if (newest > 0) {
        return fmt::format("/usr/lib/postgresql/{}/bin/{}", newest, name);
    }
    const char* path = std::getenv("PATH");
    std::string_view rest = path == nullptr ? "" : path;
    while (!rest.empty()) {
        const auto colon = rest.find(':');
        const auto candidate = fs::path{rest.substr(0, colon)} / name;
        if (::access(candidate.c_str(), X_OK) == 0) {
            return candidate.string();
        }
        rest = colon == std::string_view::npos ? "" : rest.substr(colon + 1);
    }
    return std::nullopt;
}

Result<std::string> need_program(const std::string& name) {
    auto found = find_program(name);
    if (!found) {
        return fail(
            ErrorCode::RuleViolation,
            fmt::format(
                "{0} was not found: install postgresql-client, or run {0} where it is installed",
                name
            )
        );
    }
    return std::move(*found);
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

/// The lines that a program writes to one of its outputs.
class Listener {
public:
    Listener() = default;
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    ~Listener() {
        for (const int end : ends_) {
            if (end >= 0) {
                ::close(end);
            }
        }
        if (ready_) {
            posix_spawn_file_actions_destroy(&actions_);
        }
    }

    /// Takes what the child writes to `output` (1 or 2).
    Status prepare(int output) {
        if (::pipe2(ends_.data(), O_CLOEXEC) != 0 ||
            posix_spawn_file_actions_init(&actions_) != 0) {
            return fail(ErrorCode::StorageUnavailable, "no pipe to the program can be made");
        }
        ready_ = true;
        posix_spawn_file_actions_adddup2(&actions_, ends_[1], output);
        return ok();
    }

    [[nodiscard]] const posix_spawn_file_actions_t* actions() const { return &actions_; }

    /// Until the child closes its end. Lines longer than kLineMax are cut.
    void listen(const std::function<void(std::string_view)>& on_line) {
        ::close(std::exchange(ends_[1], -1));
        std::string line;
        std::array<char, 4096> piece{};
        for (;;) {
            const auto got = ::read(ends_[0], piece.data(), piece.size());
            if (got < 0 && errno == EINTR) {
                continue;
            }
            if (got <= 0) {
                break;
            }
            for (const char c : std::string_view{piece.data(), static_cast<std::size_t>(got)}) {
                if (c == '\n') {
                    on_line(line);
                    line.clear();
                } else if (line.size() < kLineMax) {
                    line += c;
                }
            }
        }
        if (!line.empty()) {
            on_line(line);
        }
    }

private:
    static constexpr std::size_t kLineMax = 2000;

    std::array<int, 2> ends_{-1, -1};
    posix_spawn_file_actions_t actions_{};
    bool ready_ = false;
};

/// Which output of a program is listened to; the other goes where ours goes.
struct Heard {
    int output = 0;  ///< 1, 2, or 0 for none
    std::function<void(std::string_view)> on_line;
};

/// Runs a program and waits for it.
Status
run_program(std::vector<std::string> arguments, const std::string& password, const Heard& heard) {
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
    Listener listener;
    if (heard.output != 0) {
        CS_CHECK(listener.prepare(heard.output));
    }
    pid_t child = 0;
    if (const int error = ::posix_spawn(
            &child,
            argv[0],
            heard.output != 0 ? listener.actions() : nullptr,
            nullptr,
            argv.data(),
            environment.data()
        );
        error != 0) {
        return fail(
            ErrorCode::StorageUnavailable,
            fmt::format(
                "{} did not start: {}", arguments.front(), std::generic_category().message(error)
            )
        );
    }
    if (heard.output != 0) {
        listener.listen(heard.on_line);
    }
    int status = 0;
    while (::waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) {
            return fail(
                ErrorCode::StorageUnavailable,
                fmt::format("the end of {} was not seen", arguments.front())
            );
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

/// How many parts an archive has; InvalidInput when it is none.
Result<std::int64_t> parts_of(const std::string& program, const std::string& archive) {
    std::int64_t parts = 0;
    const auto listed = run_program({program, "--list", archive}, "", {1, [&](auto line) {
                                         parts += line.empty() || line.front() == ';' ? 0 : 1;
                                     }});
    if (!listed) {
        return fail(
            ErrorCode::InvalidInput, fmt::format("{} is no archive that can be read", archive)
        );
    }
    return parts;
}

/// What pg_restore says of each part, in every version's words.
bool begins_part(std::string_view line) {
    return line.find(": creating ") != std::string_view::npos ||
           line.find(": processing data ") != std::string_view::npos ||
           line.find(": executing ") != std::string_view::npos;
}

}  // namespace

Status dump_database(const std::string& conninfo, const std::string& to) {
    std::error_code error;
    if (fs::exists(to, error)) {
        return fail(ErrorCode::InvalidInput, fmt::format("{} exists; backups never overwrite", to));
    }
    CS_TRY(program, need_program("pg_dump"));
    CS_TRY(target, split_password(conninfo));
    const auto partial = to + ".partial";
    auto dumped = run_program(
        {program,
         "--format=custom",
         "--no-owner",
         "--file=" + partial,
         "--dbname=" + target.conninfo},
        target.password,
        {}
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

Result<DatabaseState> inspect_database(const std::string& conninfo) {
    CS_TRY(connection, Connection::open(conninfo));
    CS_TRY(
        rows,
        connection->query(
            "SELECT current_database(), (SELECT count(*) FROM pg_class AS c "
            "JOIN pg_namespace AS n ON n.oid = c.relnamespace "
            "WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' "
            "AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f'))",
            {}
        )
    );
    return DatabaseState{rows[0].text(0), rows[0].integer(1)};
}

Status restore_database(
    const std::string& conninfo,
    const std::string& from,
    const std::function<void(std::int64_t, std::int64_t)>& progress
) {
    CS_TRY(state, inspect_database(conninfo));
    if (state.tables != 0) {
        return fail(
            ErrorCode::RuleViolation,
            fmt::format(
                "database {} holds {} tables already; restore into an empty one (createdb)",
                state.name,
                state.tables
            )
        );
    }
    CS_TRY(program, need_program("pg_restore"));
    CS_TRY(target, split_password(conninfo));
    CS_TRY(total, parts_of(program, from));
    std::int64_t done = 0;
    return run_program(
        {program,
         "--no-owner",
         "--no-privileges",
         "--exit-on-error",
         "--single-transaction",
         "--verbose",
         "--dbname=" + target.conninfo,
         from},
        target.password,
        {2, [&](std::string_view line) {
             if (begins_part(line)) {
                 done = std::min(done + 1, total);
                 progress(done, total);
             } else if (line.find(": error: ") != std::string_view::npos) {
                 fmt::print(stderr, "{}\n", line);
             }
         }}
    );
}

}  // namespace chengshu::postgres
