#include "adapters/http_server/reply_slot.hpp"

#include <boost/asio/post.hpp>

namespace chengshu::http {

void ReplySlot::fill(Response answer) {
    // A session that gave up frees this slot when we do, on this thread.
    const auto self = shared_from_this();
    response = std::move(answer);
    if (state_.exchange(State::Filled) == State::Waiting) {
        asio::post(worker_->io, [self] { self->resume(); });
    }
}

void ReplySlot::wait(std::unique_ptr<Waiter> waiter) {
    waiter_ = std::move(waiter);
    State expected = State::Empty;
    if (!state_.compare_exchange_strong(expected, State::Waiting)) {
        asio::post(worker_->io, [self = shared_from_this()] { self->resume(); });
    }
}

bool ReplySlot::abandon() {
    State expected = State::Waiting;
    if (!state_.compare_exchange_strong(expected, State::Abandoned)) {
        return false;
    }
    // Not inline: the caller may be walking over the sessions, and this one may end.
    asio::post(worker_->io, [self = shared_from_this()] { self->resume(); });
    return true;
}

void ReplySlot::resume() {
    const auto waiter = std::move(waiter_);
    if (waiter) {
        waiter->resume();
    }
}

ReplyTicket::~ReplyTicket() {
    if (!used_.load()) {
        shared_->report("a handler ended without an answer");
        try {
            fail();
        } catch (...) {
            shared_->report("no memory for an answer; a connection waits until the server stops");
        }
    }
}

void ReplyTicket::fail() {
    if (!used_.load()) {
        reply(problem(500, ErrorCode::Internal, language_));
    }
}

void ReplyTicket::reply(Response response) {
    if (used_.exchange(true)) {
        shared_->report("a handler answered twice; the second answer is dropped");
        return;
    }
    shared_->in_flight.fetch_sub(1);
    slot_->fill(std::move(response));
}

}  // namespace chengshu::http
