#include "base/json_text.hpp"
#include "edge/api/internal/handlers.hpp"
#include "edge/api/internal/text.hpp"
#include "edge/api/internal/views.hpp"
#include "services/accounts.hpp"
#include "services/reports.hpp"

#include <fmt/format.h>

namespace chengshu::api {
namespace {

constexpr std::size_t kSessionTokenBytes = 32;

std::string cookie_header(const Call& call, const std::string& token, std::chrono::seconds life) {
    const bool secure = call.request.secure || call.ports.options.secure_cookies;
    return fmt::format(
        "chengshu_session={}; Path=/; HttpOnly; SameSite=Strict; Max-Age={}{}",
        token,
        life.count(),
        secure ? "; Secure" : ""
    );
}

}  // namespace

Result<Outcome> open_session(const Call& call) {
    const auto login = call.text("login");
    // The password is checked here, so that hashing never holds up the writer.
    auto account = services::check_password(
        call.ports.store, call.ports.secrets, call.now, login, call.text("password")
    );
    if (!account && account.error().code != ErrorCode::NotAuthenticated) {
        return Failure{account.error()};
    }
    if (!account) {
        Write write;
        write.work = [login](services::UnitOfWork& work) -> Result<std::string> {
            CS_CHECK(services::record_failure(work, login));
            return std::string();
        };
        write.respond = [error = account.error()](const std::string&) -> Result<Answer> {
            return Failure{error};
        };
        return Outcome{std::move(write)};
    }
    const auto token = call.ports.secrets.random_token(kSessionTokenBytes);
    const auto expires = call.now + services::kSessionLife;
    Write write;
    write.work = [login, hash = call.ports.secrets.sha256(token)](services::UnitOfWork& work
                 ) -> Result<std::string> {
        CS_CHECK(services::open_session(work, login, hash));
        return std::string();
    };
    json::object body{
        {"token", token},
        {"expires", format_utc(expires)},
        {"account", account_view(*account, *call.definitions)}
    };
    write.respond = [text = json_text(body),
                     cookie = cookie_header(
                         call, token, services::kSessionLife
                     )](const std::string&) -> Result<Answer> {
        Answer out;
        out.body = text;
        out.headers.set("Set-Cookie", cookie);
        return out;
    };
    return Outcome{std::move(write)};
}

Result<Outcome> close_session(const Call& call) {
    Write write;
    write.work = [login = call.who.account,
                  hash = call.ports.secrets.sha256(call.token)](services::UnitOfWork& work
                 ) -> Result<std::string> {
        CS_CHECK(services::delete_token(work, login, hash));
        return std::string();
    };
    write.respond = [cookie = cookie_header(
                         call, "", std::chrono::seconds{0}
                     )](const std::string&) -> Result<Answer> {
        Answer out;
        out.headers.set("Set-Cookie", cookie);
        return out;
    };
    return Outcome{std::move(write)};
}

Result<Outcome> get_me(const Call& call) {
    return Outcome{json_answer(principal_view(call.who, *call.definitions))};
}

Result<Outcome> put_position(const Call& call) {
    const city::Point point{
        number_of(call.body, "lon").value_or(0), number_of(call.body, "lat").value_or(0)
    };
    Write write;
    write.work = [who = call.who, point](services::UnitOfWork& work) -> Result<std::string> {
        CS_CHECK(services::note_position(work, who, point));
        return std::string();
    };
    write.respond = [](const std::string&) -> Result<Answer> { return Answer{}; };
    return Outcome{std::move(write)};
}

}  // namespace chengshu::api
