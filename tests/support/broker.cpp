#include "support/broker.hpp"

#include <fmt/format.h>

#include <arpa/inet.h>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <poll.h>
#include <string_view>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace chengshu::support {
namespace {

constexpr int kPatienceMillis = 30'000;
constexpr int kPollMillis = 20;

std::string find_program() {
    for (const auto* path :
         {"/usr/sbin/mosquitto", "/usr/bin/mosquitto", "/usr/local/sbin/mosquitto"}) {
        if (::access(path, X_OK) == 0) {
            return path;
        }
    }
    return {};
}

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in out{};
    out.sin_family = AF_INET;
    out.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    out.sin_port = htons(port);
    return out;
}

/// Mosquitto does not tell which port it took, so one is chosen for it that was free just now.
std::uint16_t free_port() {
    const int handle = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    auto address = loopback(0);
    socklen_t size = sizeof address;
    std::uint16_t port = 0;
    if (::bind(handle, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
        ::getsockname(handle, reinterpret_cast<sockaddr*>(&address), &size) == 0) {
        port = ntohs(address.sin_port);
    }
    ::close(handle);
    return port;
}

bool answers(std::uint16_t port) {
    const int handle = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const auto address = loopback(port);
    const bool out =
        ::connect(handle, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    ::close(handle);
    return out;
}

}  // namespace

Result<std::unique_ptr<PrivateBroker>> PrivateBroker::start() {
    std::unique_ptr<PrivateBroker> broker(new PrivateBroker());
    broker->program_ = find_program();
    if (broker->program_.empty()) {
        const char* required = std::getenv("CHENGSHU_REQUIRE_MOSQUITTO");
        const bool must = required != nullptr && std::string_view{required} == "1";
        return fail(
            must ? ErrorCode::Internal : ErrorCode::NotFound,
            "no MQTT broker is installed (package mosquitto)"
        );
    }
    for (int attempt = 0; attempt < 5; ++attempt) {
        broker->port_ = free_port();
        if (auto up = broker->resume(); up || attempt == 4) {
            CS_CHECK(up);
            break;
        }
    }
    return broker;
}

PrivateBroker::~PrivateBroker() {
    kill();
}

void PrivateBroker::kill() {
    if (process_ > 0) {
        ::kill(process_, SIGKILL);
        ::waitpid(process_, nullptr, 0);
        process_ = 0;
    }
}

Status PrivateBroker::resume() {
    const auto config = folder_.file("mosquitto.conf").string();
    std::ofstream(config) << fmt::format(
        "listener {} 127.0.0.1\n"
        "allow_anonymous true\n"
        "max_queued_messages 0\n"
        "log_type none\n"
        // Where it cannot become another user, as root it would want to.
        "user {}\n",
        port_,
        ::geteuid() == 0 ? "root" : "mosquitto"
    );
    process_ = ::fork();
    if (process_ == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        const int nowhere = ::open("/dev/null", O_RDWR);
        ::dup2(nowhere, 0);
        ::dup2(nowhere, 1);
        ::dup2(nowhere, 2);
        ::execl(program_.c_str(), program_.c_str(), "-c", config.c_str(), nullptr);
        ::_exit(127);
    }
    for (int waited = 0; waited < kPatienceMillis; waited += kPollMillis) {
        int status = 0;
        if (::waitpid(process_, &status, WNOHANG) == process_) {
            process_ = 0;
            return fail(ErrorCode::Internal, "the broker has ended at once");
        }
        if (answers(port_)) {
            return ok();
        }
        ::poll(nullptr, 0, kPollMillis);
    }
    kill();
    return fail(ErrorCode::Internal, "the broker does not answer");
}

}  // namespace chengshu::support
