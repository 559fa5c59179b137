// TLS 1.3 with a pre-shared key: the link's authentication and encryption, without certificates.
//
// Both sides derive the key from the cluster key (HKDF, one use each). The connecting side names the cluster, the
// protocol and itself as PSK identity; the listening side accepts exactly its peer's. Forward secrecy comes from the
// (EC)DHE exchange that accompanies the key; nothing but TLS 1.3 is spoken.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <boost/system/error_code.hpp>

#include <memory>
#include <string>

#include "common/base/result.hpp"
#include "common/crypto/crypto.hpp"

namespace tandem::sync {

class PskContext {
 public:
  /// `connector` is the name of the node that connects: the sender of the identity, on both sides.
  static Result<std::unique_ptr<PskContext>> create(const crypto::Key& cluster_key, const std::string& cluster,
                                                    const std::string& connector);

  boost::asio::ssl::context& context() { return context_; }

 private:
  PskContext();
  friend struct PskCallbacks;

  boost::asio::ssl::context context_;
  std::array<std::uint8_t, 48> key_{};  // as long as the hash of the one cipher suite
  std::string identity_;
};

/// Why a handshake failed.
struct HandshakeFailure {
  bool wrong_key = false;
  std::string reason;  // for the log
};

/// Explains the error of a TLS handshake, on either side.
HandshakeFailure explain_handshake(const boost::system::error_code& error, const std::string& peer);

}  // namespace tandem::sync
