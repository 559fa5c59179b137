#include "syncd/io/psk.hpp"

#include <boost/asio/ssl/error.hpp>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <array>

namespace tandem::sync {

namespace {

constexpr const char* cipher_suite = "TLS_AES_256_GCM_SHA384";
constexpr std::array<unsigned char, 2> cipher_suite_id = {0x13, 0x02};

/// Asio uses the plain application data of contexts itself.
int context_slot() {
  static const int slot = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return slot;
}

}  // namespace

struct PskCallbacks {
  static PskContext* owner(SSL* ssl) {
    return static_cast<PskContext*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), context_slot()));
  }

  /// The key, dressed up as the session that OpenSSL wants; nullptr if it is out of memory.
  static SSL_SESSION* session(SSL* ssl) {
    const PskContext& self = *owner(ssl);
    SSL_SESSION* const session = SSL_SESSION_new();
    const SSL_CIPHER* const cipher = SSL_CIPHER_find(ssl, cipher_suite_id.data());
    if (session != nullptr && cipher != nullptr &&
        SSL_SESSION_set1_master_key(session, self.key_.data(), self.key_.size()) == 1 &&
        SSL_SESSION_set_cipher(session, cipher) == 1 &&
        SSL_SESSION_set_protocol_version(session, TLS1_3_VERSION) == 1) {
      return session;
    }
    SSL_SESSION_free(session);
    return nullptr;
  }

  /// Connecting side. `digest`, if given, is the hash that the server has already fixed.
  static int use(SSL* ssl, const EVP_MD* digest, const unsigned char** identity, std::size_t* length,
                 SSL_SESSION** out) {
    *identity = nullptr;
    *length = 0;
    *out = nullptr;
    if (digest != nullptr && EVP_MD_get_type(digest) != NID_sha384) return 1;
    *out = session(ssl);
    if (*out == nullptr) return 0;
    const std::string& name = owner(ssl)->identity_;
    *identity = reinterpret_cast<const unsigned char*>(name.data());
    *length = name.size();
    return 1;
  }

  /// Listening side. No session means that the identity is unknown; without a certificate the handshake then fails.
  static int find(SSL* ssl, const unsigned char* identity, std::size_t length, SSL_SESSION** out) {
    *out = nullptr;
    const std::string_view name(reinterpret_cast<const char*>(identity), length);
    if (name != owner(ssl)->identity_) return 1;
    *out = session(ssl);
    return *out != nullptr ? 1 : 0;
  }
};

PskContext::PskContext() : context_(boost::asio::ssl::context::tls) {}

Result<std::unique_ptr<PskContext>> PskContext::create(const crypto::Key& cluster_key, const std::string& cluster,
                                                       const std::string& connector) {
  std::unique_ptr<PskContext> self(new PskContext());
  self->identity_ = "tandem-sync/1 " + cluster + " " + connector;
  if (auto derived = crypto::hkdf_sha256(cluster_key, {}, "tandem sync link 1 " + cluster, self->key_); !derived) {
    return derived.error();
  }
  SSL_CTX* const native = self->context_.native_handle();
  if (SSL_CTX_set_min_proto_version(native, TLS1_3_VERSION) != 1 ||
      SSL_CTX_set_max_proto_version(native, TLS1_3_VERSION) != 1 ||
      SSL_CTX_set_ciphersuites(native, cipher_suite) != 1 || SSL_CTX_set_num_tickets(native, 0) != 1 ||
      SSL_CTX_set_ex_data(native, context_slot(), self.get()) != 1) {
    return Error{"OpenSSL does not offer TLS 1.3 with " + std::string(cipher_suite)};
  }
  // Each connection proves the key itself.
  SSL_CTX_set_session_cache_mode(native, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_psk_use_session_callback(native, &PskCallbacks::use);
  SSL_CTX_set_psk_find_session_callback(native, &PskCallbacks::find);
  return self;
}

HandshakeFailure explain_handshake(const boost::system::error_code& error, const std::string& peer) {
  if (error.category() != boost::asio::error::get_ssl_category()) {
    return {false, "the connection ended during the TLS handshake: " + error.message()};
  }
  const int reason = ERR_GET_REASON(static_cast<unsigned long>(error.value()));
  switch (reason) {
    case SSL_R_BINDER_DOES_NOT_VERIFY:              // seen by the listening side
    case SSL_R_SSLV3_ALERT_ILLEGAL_PARAMETER:       // its answer, seen by the connecting side
    case SSL_R_TLSV1_ALERT_DECRYPT_ERROR:
      return {true, "the peer's cluster key differs: copy the key file of one node to the other (" + peer +
                        ") and reload both"};
    default:
      return {false, "the TLS handshake failed (" + error.message() +
                         "): do both nodes have the same cluster name and node names?"};
  }
}

}  // namespace tandem::sync
