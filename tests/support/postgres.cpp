#include "support/postgres.hpp"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <sstream>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace chengshu::support {
namespace {

namespace fs = std::filesystem;

constexpr int kPatienceMillis = 60'000;
constexpr int kPollMillis = 20;

/// The folder with the newest `postgres` and `initdb`, or empty.
std::string find_programs() {
    std::error_code ignored;
    int newest = 0;
    for (const auto& entry : fs::directory_iterator{"/usr/lib/postgresql", ignored}) {
        const int version = std::atoi(entry.path().filename().c_str());
        if (version > newest && fs::exists(entry.path() / "bin" / "initdb", ignored)) {
            newest = version;
        }
    }
    if (newest > 0) {
        return fmt::format("/usr/lib/postgresql/{}/bin", newest);
    }
    const char* path = std::getenv("PATH");
    std::istringstream folders{path == nullptr ? "" : path};
    for (std::string folder; std::getline(folders, folder, ':');) {
        if (::access((folder + "/initdb").c_str(), X_OK) == 0 &&
            ::access((folder + "/postgres").c_str(), X_OK) == 0) {
            return folder;
        }
    }
    return {};
}

std::string read_file(const fs::path& path) {
    std::ifstream in{path};
    return {std::istreambuf_iterator<char>{in}, {}};
}

/// Words of a command line without quoting.
std::vector<std::string> split(const std::string& text) {
    std::istringstream in{text};
    std::vector<std::string> words;
    for (std::string word; in >> word;) {
        words.push_back(word);
    }
    return words;
}

void pause_briefly() {
    ::poll(nullptr, 0, kPollMillis);
}

}  // namespace

Result<std::unique_ptr<PrivatePostgres>> PrivatePostgres::start(Options options) {
    std::unique_ptr<PrivatePostgres> server{new PrivatePostgres{options}};
    server->programs_ = find_programs();
    if (server->programs_.empty()) {
        const char* required = std::getenv("CHENGSHU_REQUIRE_POSTGRES");
        const bool must = required != nullptr && std::string_view{required} == "1";
        return fail(
            must ? ErrorCode::Internal : ErrorCode::NotFound,
            "no PostgreSQL server program is installed (package postgresql-15)"
        );
    }
    CS_CHECK(server->init());
    CS_CHECK(server->resume());
    return server;
}

Status PrivatePostgres::init() {
    if (::geteuid() == 0) {
        // The server refuses to run as root.
        const passwd* account = ::getpwnam("postgres");
        account = account == nullptr ? ::getpwnam("nobody") : account;
        if (account == nullptr) {
            return fail(
                ErrorCode::Internal, "no account 'postgres' or 'nobody' to run the server as"
            );
        }
        user_ = account->pw_uid;
        group_ = account->pw_gid;
        if (::chown(folder_.path().c_str(), user_, group_) != 0) {
            return fail(ErrorCode::Internal, "cannot give the folder to the server's account");
        }
    }
    const auto arguments = fmt::format(
        "-D {}/data -U chengshu -E UTF8 --locale=C.UTF-8 --auth=trust --no-sync",
        folder_.path().string()
    );
    int status = 0;
    if (::waitpid(spawn("initdb", arguments, false), &status, 0) < 0 || status != 0) {
        return fail(ErrorCode::Internal, "initdb failed: " + read_file(folder_.file("log")));
    }
    return ok();
}

pid_t PrivatePostgres::spawn(
    const std::string& program,
    const std::string& arguments,
    bool dies_with_us
) {
    // Everything is made ready before fork(): afterwards only system calls are allowed.
    auto words = split(programs_ + "/" + program + " " + arguments);
    std::vector<char*> argv;
    for (auto& word : words) {
        argv.push_back(word.data());
    }
    argv.push_back(nullptr);
    const std::string log = folder_.file("log").string();
    const std::string folder = folder_.path().string();
    const pid_t child = ::fork();
    if (child != 0) {
        return child;
    }
    if (user_ != 0 &&
        (::setgroups(0, nullptr) != 0 || ::setgid(group_) != 0 || ::setuid(user_) != 0)) {
        ::_exit(126);
    }
    const int output = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
    ::dup2(output, STDOUT_FILENO);
    ::dup2(output, STDERR_FILENO);
    if (::chdir(folder.c_str()) != 0) {
        ::_exit(126);
    }
    ::setsid();
    if (dies_with_us) {
        // After setuid(), which forgets it. SIGQUIT: stop at once.
        ::prctl(PR_SET_PDEATHSIG, SIGQUIT);
    }
    ::execv(argv[0], argv.data());
    ::_exit(127);
}

Status PrivatePostgres::resume() {
    const auto folder = folder_.path().string();
    server_ = spawn(
        "postgres",
        fmt::format(
            "-D {0}/data -k {0} -c listen_addresses= -c fsync={1} -c max_connections=60 "
            "-c shared_buffers=128MB -c logging_collector=off -c log_min_messages=fatal",
            folder,
            options_.fsync ? "on" : "off"
        ),
        true
    );
    for (int waited = 0; waited < kPatienceMillis; waited += kPollMillis) {
        if (PQping(conninfo("postgres").c_str()) == PQPING_OK) {
            return ok();
        }
        int status = 0;
        if (::waitpid(server_, &status, WNOHANG) == server_) {
            server_ = 0;
            return fail(ErrorCode::Internal, "PostgreSQL ended: " + read_file(folder_.file("log")));
        }
        pause_briefly();
    }
    return fail(
        ErrorCode::Internal, "PostgreSQL does not answer: " + read_file(folder_.file("log"))
    );
}

void PrivatePostgres::kill() {
    if (server_ == 0) {
        return;
    }
    ::kill(server_, SIGQUIT);
    int status = 0;
    ::waitpid(server_, &status, 0);
    server_ = 0;
}

PrivatePostgres::~PrivatePostgres() {
    kill();
}

std::string PrivatePostgres::conninfo(const std::string& database) const {
    return fmt::format("host={} user=chengshu dbname={}", folder_.path().string(), database);
}

Result<std::string> PrivatePostgres::create_database() {
    const auto name = fmt::format("test_{}", ++databases_);
    const std::unique_ptr<PGconn, void (*)(PGconn*)> connection{
        PQconnectdb(conninfo("postgres").c_str()), PQfinish
    };
    const std::unique_ptr<PGresult, void (*)(PGresult*)> result{
        PQexec(connection.get(), ("CREATE DATABASE " + name).c_str()), PQclear
    };
    if (PQresultStatus(result.get()) != PGRES_COMMAND_OK) {
        return fail(ErrorCode::Internal, PQerrorMessage(connection.get()));
    }
    return conninfo(name);
}

Result<PrivatePostgres*> shared_postgres() {
    static const auto kServer = PrivatePostgres::start({});
    if (!kServer) {
        return fail(kServer.error().code, kServer.error().context);
    }
    return kServer->get();
}

}  // namespace chengshu::support
