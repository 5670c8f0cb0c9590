#pragma once

#include "base/bounded_queue.hpp"
#include "edge/http/message.hpp"

#include <cstddef>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

namespace chengshu::http {

/// Has GETs answered on threads of its own, so that one which reads much holds up no other
/// connection of its I/O thread. Other methods go straight to the handler: they only ask for a
/// commit. When `waiting_max` GETs wait, the next is answered 503.
class ReadingThreads final : public Handler {
public:
    ReadingThreads(std::shared_ptr<Handler> handler, unsigned threads, std::size_t waiting_max);
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
    BoundedQueue<Call> calls_;
    std::vector<std::thread> threads_;
};

}  // namespace chengshu::http
