#include "lbd/engine/loop.hpp"

#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "common/base/assert.hpp"

namespace tandem::lbd {

namespace {

TimePoint read_clock() noexcept {
  timespec at{};
  ::clock_gettime(CLOCK_MONOTONIC, &at);
  return TimePoint{std::chrono::seconds(at.tv_sec) + Duration(at.tv_nsec)};
}

}  // namespace

Loop::Loop() : epoll_fd_(::epoll_create1(EPOLL_CLOEXEC)), now_(read_clock()), timers_(now_) {
  TANDEM_ASSERT(epoll_fd_ >= 0);
}

Loop::~Loop() {
  stop_io_uring();
  ::close(epoll_fd_);
}

void Loop::stop_io_uring() noexcept {
  while (!lingering_.empty()) delete &lingering_.front();
  ring_.reset();
}

bool Loop::use_io_uring(bool quietly, std::string& refusal) {
  ring_ = IoRing::open(refusal);
  if (ring_ && quietly && !ring_->waits_quietly()) {
    refusal = "this kernel (before 6.15) would show a waiting worker as waiting for I/O";
    ring_.reset();
  }
  return ring_ != nullptr;
}

void Loop::run() {
  running_ = true;
  while (running_) turn(Duration::max());
}

void Loop::turn(Duration limit) {
  const Duration wait = deferred_.empty() ? std::min(limit, timers_.until_next(now_)) : Duration(0);
  if (ring_) {
    ring_turn(wait);
  } else {
    epoll_turn(milliseconds(wait));
  }
  timers_.advance(now_);
  if (!deferred_.empty()) run_deferred();
}

void Loop::ring_turn(Duration limit) {
  if (!ring_watches_epoll_) ring_->arm_epoll(epoll_fd_);
  ring_watches_epoll_ = true;
  ring_->wait(limit);
  now_ = read_clock();
  // First, because a message of the control thread may be older than a request.
  if (ring_->take_epoll_ready()) {
    ring_watches_epoll_ = false;
    epoll_turn(0);
  }
  ring_->dispatch();
}

void Loop::epoll_turn(int timeout) {
  const int count = ::epoll_wait(epoll_fd_, events_.data(), static_cast<int>(batch), timeout);
  TANDEM_ASSERT(count >= 0 || errno == EINTR);
  now_ = read_clock();
  event_count_ = std::max(count, 0);
  next_event_ = 0;
  while (next_event_ < event_count_) {
    const epoll_event& event = events_[static_cast<std::size_t>(next_event_++)];
    if (event.data.ptr != nullptr) static_cast<EventSource*>(event.data.ptr)->on_events(event.events);
  }
  event_count_ = 0;
}

int Loop::milliseconds(Duration wait) noexcept {
  if (wait == Duration::max()) return -1;
  // Rounded up: waking before the deadline would only find nothing to do.
  const auto milliseconds = (wait.count() + 999'999) / 1'000'000;
  return static_cast<int>(std::min<std::int64_t>(milliseconds, 60'000));
}

void Loop::run_deferred() {
  IntrusiveList<Deferred, DeferredTag> now;
  now.splice(deferred_);
  while (!now.empty()) {
    Deferred& work = now.front();
    work.unlink();
    work.on_deferred();
  }
}

bool Loop::add(EventSource& source, int fd, std::uint32_t events) noexcept {
  epoll_event event{};
  event.events = events;
  event.data.ptr = &source;
  return ::epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, fd, &event) == 0;
}

void Loop::modify(EventSource& source, int fd, std::uint32_t events) noexcept {
  epoll_event event{};
  event.events = events;
  event.data.ptr = &source;
  ::epoll_ctl(epoll_fd_, EPOLL_CTL_MOD, fd, &event);
}

void Loop::remove(EventSource& source, int fd) noexcept {
  forget(source);
  ::epoll_ctl(epoll_fd_, EPOLL_CTL_DEL, fd, nullptr);
}

void Loop::forget(EventSource& source) noexcept {
  for (int i = next_event_; i < event_count_; ++i) {
    epoll_event& event = events_[static_cast<std::size_t>(i)];
    if (event.data.ptr == &source) event.data.ptr = nullptr;
  }
}

}  // namespace tandem::lbd
