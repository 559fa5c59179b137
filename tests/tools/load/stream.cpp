#include "tests/tools/load/stream.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "tests/tools/support/options.hpp"

namespace tandem::tools {

TlsClient::TlsClient(bool resume) : context_(SSL_CTX_new(TLS_client_method())), resume_(resume) {
  const bool set = context_ != nullptr && SSL_CTX_set_min_proto_version(context_, TLS1_3_VERSION) == 1 &&
                   SSL_CTX_set_ciphersuites(context_, "TLS_AES_128_GCM_SHA256") == 1 &&
                   SSL_CTX_set1_groups_list(context_, "X25519") == 1;
  if (!set) die("cannot set up TLS 1.3");
  SSL_CTX_set_mode(context_, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_session_cache_mode(context_, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context_, keep_session);
  SSL_CTX_set_app_data(context_, this);
}

TlsClient::~TlsClient() {
  SSL_SESSION_free(session_);
  SSL_CTX_free(context_);
}

int TlsClient::keep_session(SSL* ssl, SSL_SESSION* session) {
  auto* const self = static_cast<TlsClient*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
  if (!self->resume_ || self->session_ != nullptr) return 0;
  self->session_ = session;
  return 1;  // the reference is ours now
}

int Stream::open(const Address& to, TlsClient* tls) {
  const int fd = start_connect(to, Address());
  if (fd < 0) return fd;
  fd_ = fd;
  if (tls == nullptr) return 0;
  ssl_ = SSL_new(tls->context_);
  if (ssl_ == nullptr || SSL_set_fd(ssl_, fd_) != 1) die("cannot start TLS");
  SSL_set_connect_state(ssl_);
  if (tls->session_ != nullptr) {
    // A copy: OpenSSL makes a TLS 1.3 session useless once it has been taken up.
    SSL_SESSION* const session = SSL_SESSION_dup(tls->session_);
    SSL_set_session(ssl_, session);
    SSL_SESSION_free(session);
  }
  return 0;
}

void Stream::close() {
  if (fd_ < 0) return;
  if (ssl_ != nullptr) {
    SSL_set_quiet_shutdown(ssl_, 1);
    SSL_shutdown(ssl_);
    SSL_free(ssl_);
    ssl_ = nullptr;
  }
  ::close(fd_);
  fd_ = -1;
}

bool Stream::resumed() const { return ssl_ != nullptr && SSL_session_reused(ssl_) == 1; }

ssize_t Stream::recv(void* into, std::size_t size) {
  if (ssl_ == nullptr) return ::recv(fd_, into, size, 0);
  ERR_clear_error();
  const int got = SSL_read(ssl_, into, static_cast<int>(size));
  return got > 0 ? got : failure(got);
}

ssize_t Stream::send(const void* from, std::size_t size) {
  if (ssl_ == nullptr) return ::send(fd_, from, size, MSG_NOSIGNAL);
  ERR_clear_error();
  const int sent = SSL_write(ssl_, from, static_cast<int>(size));
  return sent > 0 ? sent : failure(sent);
}

ssize_t Stream::failure(int result) {
  switch (SSL_get_error(ssl_, result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE: errno = EAGAIN; return -1;
    case SSL_ERROR_ZERO_RETURN: return 0;
    case SSL_ERROR_SYSCALL:
      if (errno != 0) return -1;
      break;
    default: break;
  }
  errno = EPROTO;
  return -1;
}

}  // namespace tandem::tools
