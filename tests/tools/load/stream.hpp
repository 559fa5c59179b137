// A client's connection, clear or TLS 1.3, with the calls of a non-blocking socket.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <memory>

#include "tests/tools/support/net.hpp"

typedef struct ssl_st SSL;
typedef struct ssl_ctx_st SSL_CTX;
typedef struct ssl_session_st SSL_SESSION;

namespace tandem::tools {

/// What all TLS connections of a load share: TLS 1.3, X25519, AES-128-GCM, so that every server under
/// comparison does the same work. Certificates are not verified: it is our own server on loopback.
class TlsClient {
 public:
  /// With `resume` the first session that a server gives is offered on all later connections.
  explicit TlsClient(bool resume);
  ~TlsClient();
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;

  [[nodiscard]] bool resumes() const { return resume_; }
  [[nodiscard]] bool has_session() const { return session_ != nullptr; }

 private:
  friend class Stream;
  static int keep_session(SSL* ssl, SSL_SESSION* session);

  SSL_CTX* context_;
  bool resume_;
  SSL_SESSION* session_ = nullptr;
};

class Stream {
 public:
  Stream() = default;
  ~Stream() { close(); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  /// Begins to connect; TLS if `tls` is given. 0, or -errno.
  int open(const Address& to, TlsClient* tls);
  void close();
  [[nodiscard]] bool is_open() const { return fd_ >= 0; }
  [[nodiscard]] int fd() const { return fd_; }
  /// Whether this connection's handshake, if it is done, took up the session it was offered.
  [[nodiscard]] bool resumed() const;

  /// Like recv(2) and send(2): -1 with EAGAIN when it must be tried again after the next event. A
  /// failure of TLS is EPROTO.
  ssize_t recv(void* into, std::size_t size);
  ssize_t send(const void* from, std::size_t size);

 private:
  ssize_t failure(int result);

  int fd_ = -1;
  SSL* ssl_ = nullptr;
};

}  // namespace tandem::tools
