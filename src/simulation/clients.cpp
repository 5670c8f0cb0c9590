#include "services/accounts.hpp"
#include "simulation/world.hpp"

#include <fmt/format.h>

namespace chengshu::simulation {
namespace {

constexpr std::chrono::hours kGiveUpAfter{24 * 3};  // long before idempotency keys are forgotten
constexpr int kConflictsMax = 3;

}  // namespace

std::optional<access::Principal> World::signed_in(const std::string& login) {
    const auto now = clock_.now();
    const auto token = tokens_.find(login);
    if (token != tokens_.end()) {
        auto who = services::authenticate(store_, secrets_, *city_.definitions, now, token->second);
        if (who) {
            return std::move(*who);
        }
        if (who.error().code == ErrorCode::NotAuthenticated) {
            tokens_.erase(token);  // expired, or its session was never opened
        }
        return std::nullopt;
    }
    const bool right = random_.chance(9, 10);
    const auto account =
        services::check_password(store_, secrets_, now, login, right ? login : "wrong");
    Request request;
    request.id = ++last_request_;
    request.issued = now;
    request.counted = false;
    request.key = fmt::format("client:{}", request.id);
    request.fingerprint = request.key;
    request.repeatable = true;
    if (account) {
        const auto secret = secrets_.random_token(32);
        tokens_[login] = secret;
        request.what = "session of " + login;
        request.work = [login, hash = secrets_.sha256(secret)](services::UnitOfWork& work
                       ) -> Result<std::string> {
            CS_CHECK(services::open_session(work, login, hash));
            return std::string("{}");
        };
    } else if (account.error().code == ErrorCode::NotAuthenticated) {
        request.what = "refused session of " + login;
        request.work = [login](services::UnitOfWork& work) -> Result<std::string> {
            CS_CHECK(services::record_failure(work, login));
            return std::string("{}");
        };
    } else {
        return std::nullopt;
    }
    send(requests_.emplace(request.id, std::move(request)).first->second);
    return std::nullopt;
}

void World::issue() {
    std::optional<Request> made;
    try {
        if (random_.chance(1, 3)) {
            access::Principal stranger;
            made = random_.chance(1, 10) ? agents_.nonsense(stranger, ++last_request_, clock_.now())
                                         : agents_.report(stranger, ++last_request_, clock_.now());
        } else if (const auto who = signed_in(logins_[random_.below(logins_.size())])) {
            made = agents_.act(store_, *who, ++last_request_, clock_.now());
        }
    } catch (const Crash&) {
        crash();  // the server died while it was being read from
    }
    if (made) {
        trace_.note(made->what);
        send(requests_.emplace(made->id, std::move(*made)).first->second);
    }
}

void World::send(Request& request) {
    const bool twice = request.repeatable && random_.chance(1, 8);
    for (int i = 0; i < (twice ? 2 : 1); ++i) {
        network_.push_back(request.id);
        request.copies += 1;
        request.sends += 1;
    }
}

void World::lose(int id) {
    const auto found = requests_.find(id);
    if (found == requests_.end()) {
        return;  // maintenance: there will be another
    }
    auto& request = found->second;
    request.copies -= 1;
    if (request.copies == 0 && request.state == Request::State::Waiting && !request.repeatable) {
        request.state = Request::State::GivenUp;
    }
}

void World::deliver() {
    if (network_.empty()) {
        return;
    }
    const auto at = random_.below(network_.size());  // out of order
    const auto id = network_[at];
    network_[at] = network_.back();
    network_.pop_back();
    // No network keeps a message for days; a copy that came after its key is forgotten would be new
    // work.
    const bool old = clock_.now() - requests_.at(id).issued > kGiveUpAfter;
    if (!process_ || old || (!calm_ && random_.chance(1, 25))) {
        lose(id);
        return;
    }
    if (process_->queue.size() >= kQueueMax) {
        receive({id, Failure{{ErrorCode::Overloaded, "the queue is full", ""}}});
        return;
    }
    process_->queue.emplace_back(id, job_for(requests_.at(id)));
}

void World::retry() {
    std::vector<Request*> waiting;
    for (auto& [id, request] : requests_) {
        if (request.state == Request::State::Waiting && request.copies == 0) {
            waiting.push_back(&request);
        }
    }
    if (waiting.empty()) {
        return;
    }
    auto& request = *waiting[random_.below(waiting.size())];
    if (!request.repeatable || clock_.now() - request.issued > kGiveUpAfter) {
        request.state = Request::State::GivenUp;
        return;
    }
    send(request);
}

void World::receive(const Receipt& receipt) {
    auto& request = requests_.at(receipt.id);
    trace_.note(receipt.id);
    trace_.note(receipt.reply ? *receipt.reply : receipt.reply.error().context);
    if (!calm_ && random_.chance(1, 30)) {
        lose(receipt.id);  // the reply does not arrive
        return;
    }
    request.copies -= 1;
    if (receipt.reply) {
        acknowledged(request, *receipt.reply);
    } else {
        failed(request, receipt.reply.error());
    }
}

void World::acknowledged(Request& request, const std::string& reply) {
    if (request.state == Request::State::Done && request.reply != reply &&
        clock_.now() - request.issued < kGiveUpAfter) {
        findings_.add(fmt::format(
            "request {} ({}) was answered {} and then {}",
            request.id,
            request.what,
            request.reply,
            reply
        ));
    }
    request.state = Request::State::Done;
    request.reply = reply;
    if (request.counted && request.effects != 1) {
        findings_.add(fmt::format(
            "request {} ({}) is acknowledged and found {} times",
            request.id,
            request.what,
            request.effects
        ));
    }
}

void World::failed(Request& request, const Error& error) {
    const bool again = error_info(error.code).retryable;
    if (!again && error.code != ErrorCode::Conflict && request.state == Request::State::Done &&
        !request.key.empty() && clock_.now() - request.issued < kGiveUpAfter) {
        findings_.add(fmt::format(
            "request {} ({}) was acknowledged, its repetition is refused: {}",
            request.id,
            request.what,
            error.context
        ));
    }
    if (error.code == ErrorCode::Internal) {
        findings_.add(fmt::format(
            "request {} ({}) meets a mistake of the server: {}",
            request.id,
            request.what,
            error.context
        ));
    }
    if (request.state != Request::State::Waiting) {
        return;
    }
    if (error.code == ErrorCode::Conflict && request.repeatable &&
        ++request.conflicts < kConflictsMax) {
        return;
    }
    if (again && request.repeatable) {
        return;
    }
    request.state = again ? Request::State::GivenUp : Request::State::Refused;
    if (request.state == Request::State::Refused && request.sends == 1 && request.effects != 0) {
        findings_.add(fmt::format(
            "request {} ({}) is refused ({}) and yet done", request.id, request.what, error.context
        ));
    }
}

}  // namespace chengshu::simulation
