// Bytes that a socket has accepted and the kernel then did not take: sent as soon as it does.
//
// Only with io_uring, whose sends are carried out after they have been promised, and only when a socket's
// send buffer is full. If the socket is closed meanwhile, this goes on alone, for a while.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "lbd/engine/frame_pool.hpp"
#include "lbd/engine/loop.hpp"

namespace tandem::lbd {

class Unsent final : public Pooled, public Lingering, private RingUser, private Timer {
 public:
  /// How long a closed socket's bytes are waited for.
  static constexpr Duration patience = std::chrono::seconds(30);

  explicit Unsent(std::span<const std::byte> bytes) : bytes_(bytes.begin(), bytes.end()) {}
  ~Unsent() override;

  /// Sends what goes. True: nothing is left, or nobody will take it (then error() != 0).
  bool flush(int fd) noexcept;
  [[nodiscard]] int error() const noexcept { return error_; }
  /// FIN follows the last byte.
  void shutdown_after() noexcept { shutdown_ = true; }
  /// Takes over the slot and the descriptor of a socket that is being closed, and itself: destroyed
  /// once all is sent, or patience is over (the peer gets a reset then), or with the loop.
  void go_on_alone(Loop& loop, IoRing::Slot slot, int fd);

 private:
  void on_completion(const Completion& completion) override;
  void on_send_failed(int, std::span<const std::byte>) noexcept override {}
  void on_expired() override;

  std::vector<std::byte> bytes_;
  std::size_t sent_ = 0;
  int error_ = 0;
  bool shutdown_ = false;
  Loop* loop_ = nullptr;  // while it lingers
  IoRing::Slot slot_ = 0;
  int fd_ = -1;
};

}  // namespace tandem::lbd
