#include "adapters/webhooks/asio_client.hpp"

#include "adapters/http_server/http_server.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <future>

namespace chengshu::webhooks {
namespace {

class Echo final : public http::Handler {
public:
    void handle(http::Request request, http::Reply reply) override {
        http::Response response;
        response.status =
            request.headers.get("X-Key") == "secret" && request.body == "{}" ? 204 : 400;
        reply(std::move(response));
    }
};

Result<int> post(
    AsioClient& client,
    std::string url,
    std::chrono::milliseconds timeout = std::chrono::seconds{5}
) {
    std::promise<Result<int>> answer;
    client.post({std::move(url), {{"X-Key", "secret"}}, "{}", timeout}, [&](Result<int> status) {
        answer.set_value(std::move(status));
    });
    return answer.get_future().get();
}

TEST(AsioClient, GivesTheStatusOfTheAnswer) {
    auto server = http::HttpServer::start({}, std::make_shared<Echo>());
    ASSERT_TRUE(server);
    AsioClient client([](std::string_view) { return false; });
    const auto status =
        post(client, fmt::format("http://127.0.0.1:{}/hook?a=b", (*server)->port()));
    ASSERT_TRUE(status) << status.error().context;
    EXPECT_EQ(*status, 204);
}

TEST(AsioClient, ConnectsToNoRefusedAddressWhateverTheNameSays) {
    auto server = http::HttpServer::start({}, std::make_shared<Echo>());
    ASSERT_TRUE(server);
    AsioClient client([](std::string_view address) {
        return address == "127.0.0.1" || address == "::1";
    });
    const auto status = post(client, fmt::format("http://localhost:{}/", (*server)->port()));
    ASSERT_FALSE(status);
    EXPECT_NE(status.error().context.find("may not reach"), std::string::npos);
}

TEST(AsioClient, SaysWhyThereIsNoAnswer) {
    AsioClient client([](std::string_view) { return false; });
    EXPECT_FALSE(post(client, "http://127.0.0.1:1/"));
    EXPECT_FALSE(post(client, "ftp://127.0.0.1/"));
    EXPECT_FALSE(post(client, "https://127.0.0.1:1/"));
}

TEST(AsioClient, AServerWithoutTlsIsNotTalkedToAsIfItHadIt) {
    auto server = http::HttpServer::start({}, std::make_shared<Echo>());
    ASSERT_TRUE(server);
    AsioClient client([](std::string_view) { return false; });
    EXPECT_FALSE(post(client, fmt::format("https://127.0.0.1:{}/", (*server)->port())));
}

}  // namespace
}  // namespace chengshu::webhooks
