#pragma once

#include "base/bounded_queue.hpp"
#include "edge/http/message.hpp"

#include <cstddef>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

namespace chengshu::http {

/// Has reads answered on threads of its own, so that one which reads much holds up no other
/// connection of its I/O thread: GETs, and what `reads` says of other methods. The rest goes
/// straight to the handler: it only asks for a commit. When `waiting_max` reads wait, the next is
/// answered 503.
class ReadingThreads final : public Handler {
public:
    using Reads = bool (*)(const Request& request);

    ReadingThreads(
        std::shared_ptr<Handler> handler,
        unsigned threads,
        std::size_t waiting_max,
        Reads reads = nullptr
    );
    ReadingThreads(const ReadingThreads&) = delete;
    ReadingThreads& operator=(const ReadingThreads&) = delete;
    /// Answers what still waits.
    ~ReadingThreads() override;

    void handle(Request request, Reply reply) override;

private:
    struct Call {
        Request request;
        Reply reply;
    };

    void run();

    std::shared_ptr<Handler> handler_;
    Reads reads_;
    BoundedQueue<Call> calls_;
    std::vector<std::thread> threads_;
};

}  // namespace chengshu::http
