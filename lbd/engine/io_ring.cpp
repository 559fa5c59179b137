#include "lbd/engine/io_ring.hpp"

#include <linux/io_uring.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "common/base/assert.hpp"

namespace tandem::lbd {

namespace {

// What headers older than the kernel may not know (6.1).
constexpr unsigned setup_submit_all = 1U << 7;
constexpr unsigned setup_single_issuer = 1U << 12;
constexpr unsigned setup_defer_taskrun = 1U << 13;
constexpr unsigned register_ring_fds = 20;
constexpr unsigned unregister_ring_fds = 21;
constexpr unsigned enter_registered_ring = 1U << 4;
constexpr unsigned feature_no_iowait = 1U << 17;  // 6.15
constexpr unsigned enter_no_iowait = 1U << 7;
constexpr std::uint16_t recv_multishot = 1U << 1;
constexpr std::uint8_t skip_success = 1U << 6;
constexpr unsigned poll_add_multi = 1U << 0;
constexpr unsigned cqe_buffer = 1U << 0;
constexpr unsigned cqe_more = 1U << 1;
constexpr unsigned cqe_buffer_shift = 16;
constexpr unsigned sq_cq_overflow = 1U << 1;

constexpr unsigned wanted_entries = 2048;
constexpr unsigned wanted_completions = 8192;
constexpr std::uint32_t generation_mask = 0xffffff;

long ring_enter(int fd, unsigned submit, unsigned wait_for, unsigned flags, void* argument, std::size_t size) noexcept {
  return ::syscall(SYS_io_uring_enter, fd, submit, wait_for, flags, argument, size);
}

std::string refusal_of(int error) {
  switch (error) {
    case ENOSYS: return "this kernel has no io_uring";
    case EPERM: return "io_uring is forbidden here (sysctl kernel.io_uring_disabled, or the container's seccomp profile)";
    case EINVAL: return "this kernel's io_uring is too old (6.1 is needed)";
    case ENOMEM: return "too little memory may be locked for io_uring (LimitMEMLOCK)";
    default: return std::string("io_uring cannot be opened: ") + std::strerror(error);
  }
}

}  // namespace

std::unique_ptr<IoRing> IoRing::open(std::string& refusal) {
  std::unique_ptr<IoRing> ring(new IoRing);
  if (const int error = ring->set_up(); error != 0) {
    refusal = refusal_of(error);
    return nullptr;
  }
  if (!ring->works()) {
    refusal = "this kernel's io_uring does not receive as it should";
    return nullptr;
  }
  return ring;
}

int IoRing::set_up() noexcept {
  io_uring_params parameters{};
  parameters.flags =
      IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP | setup_submit_all | setup_single_issuer | setup_defer_taskrun;
  parameters.cq_entries = wanted_completions;
  fd_ = static_cast<int>(::syscall(SYS_io_uring_setup, wanted_entries, &parameters));
  if (fd_ < 0) return errno;
  constexpr unsigned needed = IORING_FEAT_SINGLE_MMAP | IORING_FEAT_NODROP | IORING_FEAT_SUBMIT_STABLE | IORING_FEAT_EXT_ARG;
  if ((parameters.features & needed) != needed) return EINVAL;

  rings_size_ = std::max<std::size_t>(parameters.sq_off.array + parameters.sq_entries * sizeof(unsigned),
                                      parameters.cq_off.cqes + parameters.cq_entries * sizeof(io_uring_cqe));
  entry_count_ = parameters.sq_entries;
  constexpr int access = PROT_READ | PROT_WRITE;
  void* const rings = ::mmap(nullptr, rings_size_, access, MAP_SHARED, fd_, IORING_OFF_SQ_RING);
  if (rings == MAP_FAILED) return errno;
  rings_ = rings;
  void* const entries = ::mmap(nullptr, entry_count_ * sizeof(io_uring_sqe), access, MAP_SHARED, fd_, IORING_OFF_SQES);
  if (entries == MAP_FAILED) return errno;
  entries_ = static_cast<io_uring_sqe*>(entries);
  const auto at = [this](unsigned offset) { return reinterpret_cast<unsigned*>(static_cast<std::byte*>(rings_) + offset); };
  sq_head_ = at(parameters.sq_off.head);
  sq_tail_ = at(parameters.sq_off.tail);
  sq_flags_ = at(parameters.sq_off.flags);
  for (unsigned i = 0; i < entry_count_; ++i) at(parameters.sq_off.array)[i] = i;
  cq_head_ = at(parameters.cq_off.head);
  cq_tail_ = at(parameters.cq_off.tail);
  cq_mask_ = *at(parameters.cq_off.ring_mask);
  cq_ = reinterpret_cast<const io_uring_cqe*>(at(parameters.cq_off.cqes));

  // A registered descriptor saves the kernel a look-up per call; without it all works the same.
  io_uring_rsrc_update self{};
  self.offset = ~0U;
  self.data = static_cast<std::uint64_t>(fd_);
  const bool registered = ::syscall(SYS_io_uring_register, fd_, register_ring_fds, &self, 1) == 1;
  enter_fd_ = registered ? static_cast<int>(self.offset) : fd_;
  enter_flags_ = registered ? enter_registered_ring : 0;
  // Waiting for a network is no I/O wait; older kernels count it as such.
  waits_quietly_ = (parameters.features & feature_no_iowait) != 0;
  if (waits_quietly_) enter_flags_ |= enter_no_iowait;

  buffers_ = std::make_unique<RingBuffers>(fd_);
  send_space_ = std::make_unique<std::byte[]>(send_space);
  done_.reserve(wanted_completions);
  return buffers_->error();
}

bool IoRing::works() {
  struct Probe final : RingUser {
    void on_completion(const Completion& completion) override {
      if (completion.op == RingOp::recv && completion.result > 0) last = completion;
    }
    void on_send_failed(int, std::span<const std::byte>) noexcept override { failed = true; }
    Completion last;
    bool failed = false;
  } probe;
  std::array<int, 2> pair{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair.data()) != 0) return false;
  const Slot receiver = open_slot(probe);
  const Slot sender = open_slot(probe);
  char byte = 'x';
  const iovec part{&byte, 1};
  bool good = true;
  arm_recv(receiver, pair[0]);
  // Twice: the second time tells whether the first has left the receive armed.
  for (int i = 0; i < 2 && good; ++i) {
    probe.last = {};
    good = queue_send(sender, pair[1], {&part, 1}, 1);
    wait(std::chrono::seconds(1));
    dispatch();
    good = good && !probe.failed && probe.last.result == 1 && probe.last.more && probe.last.buffer != RingBuffers::none;
    if (probe.last.buffer != RingBuffers::none) buffers_->give_back(probe.last.buffer);
  }
  cancel(receiver, RingOp::recv);
  wait(Duration(0));
  dispatch();
  close_slot(receiver);
  close_slot(sender);
  ::close(pair[0]);
  ::close(pair[1]);
  return good;
}

IoRing::~IoRing() {
  if (entries_ != nullptr && buffers_) wait(Duration(0));  // cancels that descriptors closed before now wait for
  if ((enter_flags_ & enter_registered_ring) != 0) {
    io_uring_rsrc_update self{};
    self.offset = static_cast<unsigned>(enter_fd_);
    ::syscall(SYS_io_uring_register, fd_, unregister_ring_fds, &self, 1);
  }
  if (entries_ != nullptr) ::munmap(entries_, entry_count_ * sizeof(io_uring_sqe));
  if (rings_ != nullptr) ::munmap(rings_, rings_size_);
  if (fd_ >= 0) ::close(fd_);
}

IoRing::Slot IoRing::open_slot(RingUser& user) {
  Slot slot = 0;
  if (free_slots_.empty()) {
    slot = static_cast<Slot>(slots_.size());
    slots_.emplace_back();
  } else {
    slot = free_slots_.back();
    free_slots_.pop_back();
  }
  slots_[slot].user = &user;
  return slot;
}

void IoRing::close_slot(Slot slot) noexcept {
  slots_[slot].user = nullptr;
  ++slots_[slot].generation;
  slots_[slot].epoch = slots_[slot].send_epoch = 0;
  free_slots_.push_back(slot);
}

std::uint64_t IoRing::tag(Slot slot, RingOp op) const noexcept {
  return std::uint64_t{static_cast<std::uint8_t>(op)} << 56 |
         std::uint64_t{slots_[slot].generation & generation_mask} << 32 | slot;
}

RingUser* IoRing::user_of(std::uint64_t tag) noexcept {
  const SlotState& state = slots_[static_cast<Slot>(tag)];
  return (state.generation & generation_mask) == (tag >> 32 & generation_mask) ? state.user : nullptr;
}

io_uring_sqe& IoRing::next_entry() noexcept {
  if (sq_next_ - __atomic_load_n(sq_head_, __ATOMIC_ACQUIRE) == entry_count_) submit();
  io_uring_sqe& entry = entries_[sq_next_++ & (entry_count_ - 1)];
  std::memset(&entry, 0, sizeof entry);
  return entry;
}

io_uring_sqe& IoRing::next_entry(Slot slot, RingOp op, int fd) noexcept {
  io_uring_sqe& entry = next_entry();
  entry.fd = fd;
  entry.user_data = tag(slot, op);
  slots_[slot].epoch = epoch_;
  return entry;
}

void IoRing::arm_recv(Slot slot, int fd) noexcept {
  io_uring_sqe& entry = next_entry(slot, RingOp::recv, fd);
  entry.opcode = IORING_OP_RECV;
  entry.flags = IOSQE_BUFFER_SELECT;
  entry.ioprio = recv_multishot;
}

void IoRing::arm_poll(Slot slot, int fd, std::uint32_t events, bool edges) noexcept {
  io_uring_sqe& entry = next_entry(slot, RingOp::poll, fd);
  entry.opcode = IORING_OP_POLL_ADD;
  entry.poll32_events = events;
  entry.len = edges ? poll_add_multi : 0;
}

void IoRing::cancel(Slot slot, RingOp op) noexcept {
  io_uring_sqe& entry = next_entry();
  entry.opcode = IORING_OP_ASYNC_CANCEL;
  entry.flags = skip_success;
  entry.fd = -1;
  entry.addr = tag(slot, op);
  entry.user_data = tag(slot, RingOp::cancel);
}

bool IoRing::queue_send(Slot slot, int fd, std::span<const iovec> from, std::size_t total) noexcept {
  if (total > max_send || send_used_ + total > send_space) return false;
  io_uring_sqe& entry = next_entry(slot, RingOp::send, fd);  // may submit, which empties send_space_
  std::byte* const begin = send_space_.get() + send_used_;
  std::byte* at = begin;
  for (const iovec& part : from) {
    std::memcpy(at, part.iov_base, part.iov_len);
    at += part.iov_len;
  }
  entry.opcode = IORING_OP_SEND;
  // Success is silent. Less than all is made a failure by WAITALL, and is not waited for.
  entry.flags = skip_success;
  entry.msg_flags = MSG_NOSIGNAL | MSG_DONTWAIT | MSG_WAITALL;
  entry.addr = reinterpret_cast<std::uint64_t>(begin);
  entry.len = static_cast<std::uint32_t>(total);
  SlotState& state = slots_[slot];
  state.send_epoch = epoch_;
  state.send_begin = static_cast<std::uint32_t>(send_used_);
  state.send_size = static_cast<std::uint32_t>(total);
  send_used_ = (send_used_ + total + 63) & ~std::size_t{63};
  return true;
}

void IoRing::arm_epoll(int epoll_fd) noexcept {
  io_uring_sqe& entry = next_entry();
  entry.opcode = IORING_OP_POLL_ADD;
  entry.fd = epoll_fd;
  entry.poll32_events = POLLIN;
  entry.user_data = std::uint64_t{static_cast<std::uint8_t>(RingOp::epoll)} << 56;
}

void IoRing::submit() noexcept { enter(0, 0, Duration(0)); }

void IoRing::wait(Duration limit) noexcept {
  const bool at_all = limit > Duration(0) && done_.empty() && failed_sends_.empty() && !epoll_ready_;
  enter(IORING_ENTER_GETEVENTS, at_all ? 1 : 0, limit);
}

void IoRing::enter(unsigned events, unsigned wait_for, Duration limit) noexcept {
  __kernel_timespec time{};
  io_uring_getevents_arg argument{};
  if (wait_for > 0 && limit != Duration::max()) {
    time.tv_sec = limit.count() / 1'000'000'000;
    time.tv_nsec = limit.count() % 1'000'000'000;
    argument.ts = reinterpret_cast<std::uint64_t>(&time);
  }
  __atomic_store_n(sq_tail_, sq_next_, __ATOMIC_RELEASE);
  const unsigned flags = events | IORING_ENTER_EXT_ARG | enter_flags_;
  for (;;) {
    const unsigned queued = sq_next_ - __atomic_load_n(sq_head_, __ATOMIC_ACQUIRE);
    const long result = ring_enter(enter_fd_, queued, wait_for, flags, &argument, sizeof argument);
    TANDEM_ASSERT(result >= 0 || errno == EINTR || errno == ETIME || errno == EAGAIN || errno == EBUSY);
    take_completions();
    // The kernel may take less than all when it is short of memory.
    if (__atomic_load_n(sq_head_, __ATOMIC_ACQUIRE) == sq_next_) break;
    wait_for = 0;
  }
  ++epoch_;
  send_used_ = 0;
}

// All at once, and before anything is handed out: what sends have come to must be known before their
// bytes and their sockets go.
void IoRing::take_completions() noexcept {
  for (;;) {
    unsigned head = *cq_head_;
    const unsigned tail = __atomic_load_n(cq_tail_, __ATOMIC_ACQUIRE);
    for (; head != tail; ++head) {
      const io_uring_cqe& entry = cq_[head & cq_mask_];
      Done done{entry.user_data, {}};
      done.completion.op = static_cast<RingOp>(entry.user_data >> 56);
      done.completion.result = entry.res;
      done.completion.more = (entry.flags & cqe_more) != 0;
      if ((entry.flags & cqe_buffer) != 0) done.completion.buffer = static_cast<std::uint16_t>(entry.flags >> cqe_buffer_shift);
      if (done.completion.op == RingOp::cancel) continue;
      if (done.completion.op == RingOp::epoll) {
        epoll_ready_ = true;
        continue;
      }
      if (done.completion.op != RingOp::send) {
        done_.push_back(done);
        continue;
      }
      RingUser* const user = user_of(done.tag);
      if (user == nullptr) continue;
      const SlotState& state = slots_[static_cast<Slot>(done.tag)];
      user->on_send_failed(entry.res, {send_space_.get() + state.send_begin, state.send_size});
      failed_sends_.push_back(done);
    }
    __atomic_store_n(cq_head_, head, __ATOMIC_RELEASE);
    if ((__atomic_load_n(sq_flags_, __ATOMIC_RELAXED) & sq_cq_overflow) == 0) return;
    io_uring_getevents_arg argument{};
    ring_enter(enter_fd_, 0, 0, IORING_ENTER_GETEVENTS | IORING_ENTER_EXT_ARG | enter_flags_, &argument, sizeof argument);
  }
}

void IoRing::dispatch() {
  // Handlers may submit, which adds to these. That is for the next turn, so that others get theirs.
  const std::size_t completed = done_.size();
  const std::size_t failed = failed_sends_.size();
  for (std::size_t i = 0; i < completed; ++i) hand_out(Done(done_[i]));
  done_.erase(done_.begin(), done_.begin() + static_cast<std::ptrdiff_t>(completed));
  // Whatever was received before a send failed has been handed out now.
  for (std::size_t i = 0; i < failed; ++i) hand_out(Done(failed_sends_[i]));
  failed_sends_.erase(failed_sends_.begin(), failed_sends_.begin() + static_cast<std::ptrdiff_t>(failed));
}

void IoRing::hand_out(const Done& done) {
  if (RingUser* const user = user_of(done.tag)) {
    user->on_completion(done.completion);
  } else if (done.completion.buffer != RingBuffers::none) {
    buffers_->give_back(done.completion.buffer);
  }
}

}  // namespace tandem::lbd
