#pragma once

#include "adapters/http_server/worker.hpp"

#include <atomic>
#include <memory>

namespace chengshu::http {

/// Where a handler's answer meets the session that waits for it. The answer may come on any thread,
/// before or after the session waits, or after the session has given up.
class ReplySlot : public std::enable_shared_from_this<ReplySlot> {
public:
    explicit ReplySlot(std::shared_ptr<Worker> worker) : worker_(std::move(worker)) {}

    /// Any thread, at most once.
    void fill(Response response);

    /// Session's thread: true when the answer is there.
    [[nodiscard]] bool filled() const { return state_.load() == State::Filled; }

    /// Session's thread: resumes `waiter` when the answer comes or the session gives up.
    void wait(std::unique_ptr<Waiter> waiter);

    /// Session's thread, when nobody else holds the slot: ready for the next request.
    void reset() { state_.store(State::Empty); }

    /// Session's thread: ends the wait without an answer. False when the answer is just coming.
    bool abandon();

    Response response;

private:
    enum class State { Empty, Waiting, Filled, Abandoned };

    void resume();

    std::atomic<State> state_{State::Empty};
    std::unique_ptr<Waiter> waiter_;
    // Keeps the io_context alive for a reply that is late, even later than the server.
    std::shared_ptr<Worker> worker_;
};

/// The one right to fill a slot. When the handler drops it unused, the peer gets a 500 and does not
/// wait for ever.
class ReplyTicket {
public:
    /// `language` is a literal: "zh" or "en".
    ReplyTicket(
        std::shared_ptr<ReplySlot> slot,
        std::shared_ptr<Shared> shared,
        std::string_view language
    )
        : slot_(std::move(slot)), shared_(std::move(shared)), language_(language) {}

    ReplyTicket(const ReplyTicket&) = delete;
    ReplyTicket& operator=(const ReplyTicket&) = delete;
    ~ReplyTicket();

    /// Later calls are ignored and reported.
    void reply(Response response);
    /// Replies 500 when nothing else was replied.
    void fail();

private:
    std::shared_ptr<ReplySlot> slot_;
    std::shared_ptr<Shared> shared_;
    std::string_view language_;
    std::atomic<bool> used_{false};
};

}  // namespace chengshu::http
