#include "adapters/http_server/tests/fixture.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <thread>

namespace chengshu::http::testing {
namespace {

template <class T, void (*Free)(T*)>
struct Freed {
    void operator()(T* value) const { Free(value); }
};

using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY, EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freed<X509, X509_free>>;
using Context = std::unique_ptr<SSL_CTX, Freed<SSL_CTX, SSL_CTX_free>>;
using Connection = std::unique_ptr<SSL, Freed<SSL, SSL_free>>;

/// A folder of its own with a fresh key and a certificate signed with it.
class TlsTest : public HttpServerTest {
protected:
    void SetUp() override {
        std::string pattern =
            (std::filesystem::temp_directory_path() / "chengshu-tls-XXXXXX").string();
        ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
        folder_ = pattern;
        const Key key{EVP_EC_gen("P-256")};
        const Certificate certificate{X509_new()};
        ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
        X509_gmtime_adj(X509_getm_notBefore(certificate.get()), 0);
        X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
        X509_set_pubkey(certificate.get(), key.get());
        X509_NAME* name = X509_get_subject_name(certificate.get());
        X509_NAME_add_entry_by_txt(
            name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("localhost"), -1, -1, 0
        );
        X509_set_issuer_name(certificate.get(), name);
        X509_sign(certificate.get(), key.get(), EVP_sha256());
        config.tls_certificate = folder_ / "cert.pem";
        config.tls_key = folder_ / "key.pem";
        std::FILE* file = std::fopen(config.tls_certificate.c_str(), "wb");
        PEM_write_X509(file, certificate.get());
        std::fclose(file);
        file = std::fopen(config.tls_key.c_str(), "wb");
        PEM_write_PrivateKey(file, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
        std::fclose(file);
    }

    void TearDown() override {
        server.reset();
        std::filesystem::remove_all(folder_);
    }

    /// A TLS connection over `client`, or null when the handshake fails.
    static Connection handshake(const Client& client, int max_version = TLS1_3_VERSION) {
        const Context context{SSL_CTX_new(TLS_client_method())};
        SSL_CTX_set_min_proto_version(context.get(), TLS1_VERSION);
        SSL_CTX_set_max_proto_version(context.get(), max_version);
        Connection connection{SSL_new(context.get())};
        SSL_set_fd(connection.get(), client.fd());
        if (SSL_connect(connection.get()) != 1) {
            return nullptr;
        }
        return connection;
    }

    static std::string exchange(SSL* ssl, const std::string& request, const std::string& until) {
        EXPECT_EQ(
            SSL_write(ssl, request.data(), static_cast<int>(request.size())),
            static_cast<int>(request.size())
        );
        std::string got;
        char buffer[16 * 1024];
        // Only the end is searched: the whole again and again would take seconds.
        const auto seen = [&] {
            return got.find(until, got.size() - std::min(got.size(), sizeof buffer)) !=
                   std::string::npos;
        };
        while (!seen()) {
            const int count = SSL_read(ssl, buffer, sizeof buffer);
            if (count <= 0) {
                break;
            }
            got.append(buffer, static_cast<std::size_t>(count));
        }
        return got;
    }

    std::filesystem::path folder_;
};

TEST_F(TlsTest, AnswersWithStrictTransportSecurity) {
    start([](const Request& request, const Reply& reply) {
        reply(text(request.secure ? "secure" : "plain"));
    });
    Client client{port()};
    const Connection tls = handshake(client);
    ASSERT_TRUE(tls);
    for (int i = 0; i < 3; ++i) {
        const std::string answer = exchange(tls.get(), kGet, "secure");
        EXPECT_NE(answer.find("200 OK"), std::string::npos);
        EXPECT_NE(answer.find("Strict-Transport-Security: max-age="), std::string::npos);
    }
}

TEST_F(TlsTest, SendsLargeBodiesAndSaysGoodbye) {
    const std::string body = std::string(3'000'000, 'a') + "end";
    start([&](const Request&, const Reply& reply) { reply(text(body)); });
    Client client{port()};
    const Connection tls = handshake(client);
    ASSERT_TRUE(tls);
    const std::string answer =
        exchange(tls.get(), "GET /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", "aend");
    EXPECT_GT(answer.size(), body.size());
    char byte = 0;
    EXPECT_LE(SSL_read(tls.get(), &byte, 1), 0);
    EXPECT_EQ(SSL_get_shutdown(tls.get()), SSL_RECEIVED_SHUTDOWN);
}

TEST_F(TlsTest, RefusesOldVersionsAndPlainHttp) {
    start(echo);
    Client old{port()};
    EXPECT_FALSE(handshake(old, TLS1_1_VERSION));
    Client plain{port()};
    plain.send(kGet);
    EXPECT_NE(plain.receive().status, 200);
    Client fine{port()};
    EXPECT_TRUE(handshake(fine, TLS1_2_VERSION));
}

TEST_F(TlsTest, ASilentPeerIsCutDuringTheHandshake) {
    config.handshake_timeout = std::chrono::milliseconds{40};
    start(echo);
    Client client{port()};
    EXPECT_TRUE(client.is_closed());
}

TEST_F(TlsTest, StopEndsIdleConnections) {
    start(echo);
    Client client{port()};
    const Connection tls = handshake(client);
    ASSERT_TRUE(tls);
    EXPECT_NE(exchange(tls.get(), kGet, "GET /x"), "");
    server->stop(std::chrono::seconds{10});
    EXPECT_EQ(server->gauges().connections, 0U);
}

TEST_F(TlsTest, AKeyOfAnotherCertificateIsRefused) {
    const Key other{EVP_EC_gen("P-256")};
    std::FILE* file = std::fopen(config.tls_key.c_str(), "wb");
    PEM_write_PrivateKey(file, other.get(), nullptr, nullptr, 0, nullptr, nullptr);
    std::fclose(file);
    const auto started = HttpServer::start(config, std::make_shared<FunctionHandler>(echo));
    ASSERT_FALSE(started);
    EXPECT_EQ(started.error().field, "tls_key");
}

}  // namespace
}  // namespace chengshu::http::testing
