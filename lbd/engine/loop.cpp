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

Loop::~Loop() { ::close(epoll_fd_); }

void Loop::run() {
  running_ = true;
  while (running_) turn(Duration::max());
}

void Loop::turn(Duration limit) {
  const int count = ::epoll_wait(epoll_fd_, events_.data(), static_cast<int>(batch), wait_milliseconds(limit));
  TANDEM_ASSERT(count >= 0 || errno == EINTR);
  now_ = read_clock();
  event_count_ = std::max(count, 0);
  next_event_ = 0;
  while (next_event_ < event_count_) {
    const epoll_event& event = events_[static_cast<std::size_t>(next_event_++)];
    if (event.data.ptr != nullptr) static_cast<EventSource*>(event.data.ptr)->on_events(event.events);
  }
  event_count_ = 0;
  timers_.advance(now_);
  if (!deferred_.empty()) run_deferred();
}

int Loop::wait_milliseconds(Duration limit) const noexcept {
  if (!deferred_.empty()) return 0;
  const Duration wait = std::min(limit, timers_.until_next(now_));
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
