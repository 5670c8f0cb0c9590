#include "adapters/http_server/tls.hpp"

#include <openssl/ssl.h>

namespace chengshu::http {

namespace ssl = boost::asio::ssl;

namespace {

/// ALPN: we speak HTTP/1.1 only. A client that offers other protocols only is let through without
/// one.
int select_protocol(
    SSL* /*ssl*/,
    const unsigned char** out,
    unsigned char* out_length,
    const unsigned char* offered,
    unsigned offered_length,
    void* /*context*/
) {
    static constexpr unsigned char kHttp11[] = "\x08http/1.1";
    unsigned char* chosen = nullptr;
    if (SSL_select_next_proto(
            &chosen, out_length, kHttp11, sizeof kHttp11 - 1, offered, offered_length
        ) != OPENSSL_NPN_NEGOTIATED) {
        return SSL_TLSEXT_ERR_NOACK;
    }
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

}  // namespace

Result<ssl::context> make_tls_context(const std::string& certificate, const std::string& key) {
    ssl::context context{ssl::context::tls_server};
    boost::system::error_code error;
    context.set_options(
        ssl::context::default_workarounds | ssl::context::no_sslv2 | ssl::context::no_sslv3 |
            ssl::context::no_tlsv1 | ssl::context::no_tlsv1_1 | ssl::context::single_dh_use,
        error
    );
    SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION);
    SSL_CTX_set_options(
        context.native_handle(), SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE
    );
    SSL_CTX_set_alpn_select_cb(context.native_handle(), select_protocol, nullptr);
    context.use_certificate_chain_file(certificate, error);
    if (error) {
        return fail(
            ErrorCode::InvalidInput,
            "the certificate file " + certificate + " cannot be used: " + error.message(),
            "tls_certificate"
        );
    }
    context.use_private_key_file(key, ssl::context::pem, error);
    if (error) {
        return fail(
            ErrorCode::InvalidInput,
            "the key file " + key + " cannot be used: " + error.message(),
            "tls_key"
        );
    }
    if (SSL_CTX_check_private_key(context.native_handle()) != 1) {
        return fail(
            ErrorCode::InvalidInput, "the key does not belong to the certificate", "tls_key"
        );
    }
    return context;
}

}  // namespace chengshu::http
