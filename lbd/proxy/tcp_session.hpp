// One TCP connection through the proxy: bytes both ways until both ends have said they are done.
#pragma once

#include <cstdint>

#include "lbd/engine/task.hpp"
#include "lbd/proxy/client_session.hpp"
#include "lbd/proxy/group.hpp"
#include "lbd/proxy/relay.hpp"

namespace tandem::lbd {

class TcpSession final : public ClientSession {
 public:
  /// Takes over `fd` and runs until the connection ends.
  static void start(WorkerContext& context, Ref<Listener> listener, int fd, const Endpoint& peer);

 private:
  /// What is needed only while the connection is proxied.
  struct Direction final : public Pooled {
    Relay relay;
    InBuffer input;
    OutQueueOf<OutQueue::reserve_parts, 0, OutQueue::reserve_bytes> queue;
    bool open = true;
  };

  TcpSession(WorkerContext& context, Ref<Listener> listener, const Endpoint& peer);
  ~TcpSession() override;

  static Session serve(TcpSession* self);
  Task<bool> open_connection();
  [[nodiscard]] bool choose_backend(RetryState& retries);
  /// True: go on after waiting for what the interests say; false: over, end_ says how.
  [[nodiscard]] bool advance();
  [[nodiscard]] bool advance(Direction& direction, Socket& from, Readiness& from_interest, Socket& to,
                             Readiness& to_interest, bool from_client);
  [[nodiscard]] SessionEnd failure(const Direction& direction, RelayState state, bool from_client) const noexcept;
  void end_attempt() noexcept;
  void account() noexcept;

  Ref<Group> group_;
  Ref<Backend> backend_;
  std::unique_ptr<BackendConnection> connection_;
  std::unique_ptr<Direction> up_;
  std::unique_ptr<Direction> down_;
  TimePoint started_;
  TimePoint connected_;
  TimePoint first_byte_;
  TimePoint moved_;              // last byte in either direction
  SessionEnd end_ = SessionEnd::completed;
  Readiness client_interest_ = 0;
  Readiness backend_interest_ = 0;
  std::uint8_t retries_used_ = 0;
  bool attempt_ = false;
  bool yields_ = false;
  bool sticky_ = false;
};

}  // namespace tandem::lbd
