// Scripted TCP peers for tests: blocking, on loopback, every wait bounded by a deadline.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/inet.hpp"

namespace tandem::test {

inline constexpr std::chrono::milliseconds patience{5000};

/// One connection. Destroying it closes it.
class TcpPeer {
 public:
  explicit TcpPeer(int fd = -1) : fd_(fd) {}
  TcpPeer(TcpPeer&& other) noexcept;
  TcpPeer& operator=(TcpPeer&& other) noexcept;
  ~TcpPeer() { close(); }

  /// Throws std::runtime_error if nobody listens. `receive_buffer` > 0: bytes of SO_RCVBUF.
  static TcpPeer connect(const Endpoint& to, int receive_buffer = 0);

  [[nodiscard]] bool is_open() const { return fd_ >= 0; }
  [[nodiscard]] int fd() const { return fd_; }
  /// Sends everything. False if the connection broke or patience ran out.
  bool send(std::string_view bytes);
  /// Sends one byte per segment, with a moment between them.
  bool send_slowly(std::string_view bytes, std::chrono::microseconds pause = std::chrono::microseconds(200));
  void shutdown_send();
  void close();
  void reset();

  /// What arrives until `end` has been seen, that included; what came before an end of the
  /// stream or of patience otherwise. Bytes behind it are kept for the next call.
  std::string read_until(std::string_view end);
  std::string read_exactly(std::size_t bytes);
  /// Until the peer closes.
  std::string read_all();
  /// One HTTP message: head, and body by Content-Length or chunked (as it is framed).
  std::string read_message(bool without_body = false);
  /// What is there within `time`, possibly nothing.
  std::string read_for(std::chrono::milliseconds time);
  /// True once the peer has closed or reset (unread bytes are dropped).
  bool wait_closed(std::chrono::milliseconds time = patience);
  /// The last read ended with a reset.
  [[nodiscard]] bool was_reset() const { return reset_; }

 private:
  bool fill(std::chrono::steady_clock::time_point deadline);

  int fd_ = -1;
  bool ended_ = false;
  bool reset_ = false;
  std::string unread_;
};

/// A listening socket on 127.0.0.1, port chosen by the system.
class TcpListener {
 public:
  explicit TcpListener(int backlog = 128, bool reuse_port = false, bool nonblocking = false);
  ~TcpListener();
  TcpListener(const TcpListener&) = delete;
  TcpListener& operator=(const TcpListener&) = delete;

  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] Endpoint endpoint() const { return endpoint_; }
  /// The next connection; not open if none came in time.
  TcpPeer accept(std::chrono::milliseconds time = patience);
  /// Stops listening: connects are refused from now on.
  void close();

 private:
  int fd_ = -1;
  Endpoint endpoint_;
};

}  // namespace tandem::test
