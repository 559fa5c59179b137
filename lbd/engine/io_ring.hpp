// io_uring, as far as a worker needs it: receiving without being asked, sends that leave together,
// readiness of descriptors; one system call per turn of the loop.
//
// Nothing that is queued happens before submit() or wait(). Who uses it has a slot; a completion finds
// the slot's user, or nobody once the slot has been closed. One thread, the one that called open(),
// from then until the destruction.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "common/base/time.hpp"
#include "lbd/engine/ring_buffers.hpp"

struct io_uring_cqe;
struct io_uring_sqe;

namespace tandem::lbd {

enum class RingOp : std::uint8_t { recv, poll, send, epoll, cancel };

/// What came of an operation: bytes, poll events, or -errno. Unless `more`, it has ended.
/// `buffer`: with the bytes received (result > 0 of a recv), else RingBuffers::none.
struct Completion {
  RingOp op = RingOp::cancel;
  int result = 0;
  bool more = false;
  std::uint16_t buffer = RingBuffers::none;
};

class RingUser {
 public:
  /// May close any slot, its own too. Buffers become the user's. For a send: only after
  /// on_send_failed(), with everything that came before it completed.
  virtual void on_completion(const Completion& completion) = 0;
  /// Of the bytes queued for sending only `result` have been sent (0 if it is -errno), valid during the
  /// call. Called from submit() and wait(): must not queue or wake anything.
  virtual void on_send_failed(int result, std::span<const std::byte> queued) noexcept = 0;

 protected:
  ~RingUser() = default;
};

class IoRing {
 public:
  using Slot = std::uint32_t;
  /// The biggest send that can be queued.
  static constexpr std::size_t max_send = 2048;

  /// Opens a ring and tries everything that is needed of it. nullptr: `refusal` says why, for an operator.
  static std::unique_ptr<IoRing> open(std::string& refusal);
  ~IoRing();
  IoRing(const IoRing&) = delete;
  IoRing& operator=(const IoRing&) = delete;

  [[nodiscard]] Slot open_slot(RingUser& user);
  void move_slot(Slot slot, RingUser& to) noexcept { slots_[slot].user = &to; }
  /// Operations that are under way must have been cancelled.
  void close_slot(Slot slot) noexcept;

  /// Receives into buffers() until it ends (end of stream, error, no buffer left, cancel).
  void arm_recv(Slot slot, int fd) noexcept;
  /// Tells once of any of `events` (EPOLL* bits), or with `edges` each time that some come true.
  void arm_poll(Slot slot, int fd, std::uint32_t events, bool edges) noexcept;
  /// The operation ends with -ECANCELED if it has not ended otherwise.
  void cancel(Slot slot, RingOp op) noexcept;
  /// Copies `total` (<= max_send) bytes. False: no room, or too many of them. At most one send of a slot at a time.
  bool queue_send(Slot slot, int fd, std::span<const iovec> from, std::size_t total) noexcept;
  [[nodiscard]] bool send_queued(Slot slot) const noexcept { return slots_[slot].send_epoch == epoch_; }
  /// Something with the slot's descriptor has not been submitted: it must not be closed yet.
  [[nodiscard]] bool has_queued(Slot slot) const noexcept { return slots_[slot].epoch == epoch_; }
  /// A thread in wait() does not count as waiting for I/O in the system's statistics.
  [[nodiscard]] bool waits_quietly() const noexcept { return waits_quietly_; }
  /// Makes take_epoll_ready() true, once, when this epoll instance has events.
  void arm_epoll(int epoll_fd) noexcept;

  /// Carries out what is queued; sends are over then. What completes waits for dispatch(), in the next turn.
  void submit() noexcept;
  /// The same, and waits for a completion or `limit` (0: not at all; Duration::max(): for ever).
  void wait(Duration limit) noexcept;
  [[nodiscard]] bool take_epoll_ready() noexcept { return std::exchange(epoll_ready_, false); }
  /// Hands out what has completed.
  void dispatch();

  RingBuffers& buffers() noexcept { return *buffers_; }

 private:
  struct SlotState {
    RingUser* user = nullptr;
    std::uint32_t generation = 0;
    std::uint32_t epoch = 0;       // when something with the descriptor was queued last
    std::uint32_t send_epoch = 0;
    std::uint32_t send_begin = 0;  // in send_space_
    std::uint32_t send_size = 0;
  };
  struct Done {
    std::uint64_t tag;
    Completion completion;
  };

  IoRing() = default;
  [[nodiscard]] int set_up() noexcept;
  [[nodiscard]] bool works();
  io_uring_sqe& next_entry() noexcept;
  io_uring_sqe& next_entry(Slot slot, RingOp op, int fd) noexcept;
  [[nodiscard]] std::uint64_t tag(Slot slot, RingOp op) const noexcept;
  [[nodiscard]] RingUser* user_of(std::uint64_t tag) noexcept;
  void enter(unsigned events, unsigned wait_for, Duration limit) noexcept;
  void take_completions() noexcept;
  void hand_out(const Done& done);

  int fd_ = -1;
  int enter_fd_ = -1;  // an index if registered
  unsigned enter_flags_ = 0;
  void* rings_ = nullptr;
  std::size_t rings_size_ = 0;
  io_uring_sqe* entries_ = nullptr;
  unsigned entry_count_ = 0;
  unsigned* sq_head_ = nullptr;
  unsigned* sq_tail_ = nullptr;
  unsigned* sq_flags_ = nullptr;
  unsigned sq_next_ = 0;  // sq_tail_, as soon as the kernel may see it
  unsigned* cq_head_ = nullptr;
  unsigned* cq_tail_ = nullptr;
  unsigned cq_mask_ = 0;
  const io_uring_cqe* cq_ = nullptr;

  std::uint32_t epoch_ = 1;  // submissions
  std::vector<SlotState> slots_;
  std::vector<Slot> free_slots_;
  std::unique_ptr<RingBuffers> buffers_;
  static constexpr std::size_t send_space = std::size_t{256} * 1024;
  std::unique_ptr<std::byte[]> send_space_;
  std::size_t send_used_ = 0;
  bool epoll_ready_ = false;
  bool waits_quietly_ = false;
  std::vector<Done> done_;          // taken from the kernel, not handed out
  std::vector<Done> failed_sends_;  // the same, told last
};

}  // namespace tandem::lbd
