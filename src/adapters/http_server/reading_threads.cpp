#include "adapters/http_server/reading_threads.hpp"

#include "adapters/http_server/response_head.hpp"
#include "edge/http/negotiate.hpp"

namespace chengshu::http {

ReadingThreads::ReadingThreads(
    std::shared_ptr<Handler> handler,
    unsigned threads,
    std::size_t waiting_max,
    Reads reads
)
    : handler_(std::move(handler)), reads_(reads), calls_(waiting_max) {
    for (unsigned i = 0; i < threads; ++i) {
        threads_.emplace_back([this] { run(); });
    }
}

ReadingThreads::~ReadingThreads() {
    calls_.close();
    for (auto& thread : threads_) {
        thread.join();
    }
}

void ReadingThreads::handle(Request request, Reply reply) {
    if (request.method != "GET" && (reads_ == nullptr || !reads_(request))) {
        handler_->handle(std::move(request), std::move(reply));
        return;
    }
    Call call{std::move(request), std::move(reply)};
    if (!calls_.try_push(std::move(call))) {
        auto busy = problem(503, ErrorCode::Overloaded, accepts_language(call.request.headers));
        busy.headers.set("Retry-After", "1");
        call.reply(std::move(busy));
    }
}

void ReadingThreads::run() {
    while (true) {
        auto calls = calls_.pop_batch(1);
        if (calls.empty()) {
            return;
        }
        try {
            handler_->handle(std::move(calls.front().request), std::move(calls.front().reply));
        } catch (...) {  // NOLINT(bugprone-empty-catch)
            // Whoever drops a reply without an answer has it answered 500, and reported.
        }
    }
}

}  // namespace chengshu::http
