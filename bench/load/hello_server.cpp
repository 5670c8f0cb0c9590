// The HTTP server with a handler that does nothing: what the server itself costs. For bench runs
// only.

#include "adapters/http_server/http_server.hpp"

#include <csignal>
#include <cstdio>
#include <cstdlib>

namespace {

class Hello final : public chengshu::http::Handler {
public:
    void handle(chengshu::http::Request request, chengshu::http::Reply reply) override {
        chengshu::http::Response response;
        response.headers.add("Content-Type", "application/json");
        response.body = request.body.empty() ? R"({"hello":"world"})" : std::move(request.body);
        reply(std::move(response));
    }
};

}  // namespace

int main(int argc, char** argv) {
    chengshu::http::ServerConfig config;
    config.port = argc > 1 ? static_cast<std::uint16_t>(std::atoi(argv[1])) : std::uint16_t{8099};
    config.threads = argc > 2 ? static_cast<unsigned>(std::atoi(argv[2])) : 2U;
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    auto server = chengshu::http::HttpServer::start(config, std::make_shared<Hello>());
    if (!server) {
        std::fprintf(stderr, "%s\n", server.error().context.c_str());
        return 1;
    }
    std::printf("port %d\n", int{server.value()->port()});
    std::fflush(stdout);
    int signal = 0;
    sigwait(&signals, &signal);
    server.value()->stop(std::chrono::seconds{2});
    return 0;
}
