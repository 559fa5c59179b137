#include "lbd/control/access_log.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <string_view>
#include <utility>

#include <fmt/core.h>

#include "common/io/clock.hpp"
#include "common/log/log.hpp"
#include "lbd/control/access_log_format.hpp"

namespace tandem::lbd {
namespace {

constexpr std::size_t records_per_take = 256;
constexpr std::size_t batch_bytes = 256 * 1024;
constexpr std::size_t pipe_bytes = 4096;  // PIPE_BUF: a pipe that polls writable takes that much without waiting
constexpr auto poll_interval = std::chrono::milliseconds(50);
constexpr auto stop_patience = std::chrono::seconds(2);
constexpr auto complaint_interval = std::chrono::minutes(1);

Duration unix_offset() {
  timespec wall{};
  ::clock_gettime(CLOCK_REALTIME, &wall);
  return std::chrono::seconds(wall.tv_sec) + std::chrono::nanoseconds(wall.tv_nsec) - io::now().time_since_epoch();
}

}  // namespace

AccessLog::AccessLog(std::vector<Worker*> workers)
    : workers_(std::move(workers)), names_(std::make_shared<const NameTable>()), records_(records_per_take) {
  batch_.reserve(batch_bytes + 4096);
}

AccessLog::~AccessLog() { stop(); }

Result<> AccessLog::open(const std::string& destination) {
  std::shared_ptr<const Destination> next;
  if (!destination.empty()) {
    auto opened = std::make_shared<Destination>();
    constexpr int flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY;
    const int fd = destination == "stdout" ? ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0)
                                           : ::open(destination.c_str(), flags, 0640);
    opened->fd = io::UniqueFd(fd);
    if (fd < 0) return errno_error(fmt::format("cannot open the access log {}", destination), errno);
    struct stat status {};
    opened->regular = ::fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
    next = std::move(opened);
  }
  const std::lock_guard lock(mutex_);
  destination_ = std::move(next);
  return {};
}

void AccessLog::set_names(NameTablePtr names) {
  const std::lock_guard lock(mutex_);
  names_ = std::move(names);
}

void AccessLog::start() { thread_ = std::thread(&AccessLog::run, this); }

void AccessLog::stop() {
  if (!thread_.joinable()) return;
  stopping_ = true;
  thread_.join();
}

void AccessLog::run() {
  while (true) {
    const bool last_round = stopping_.load();
    if (last_round && give_up_ == TimePoint::max()) give_up_ = io::now() + stop_patience;
    std::shared_ptr<const Destination> destination;
    NameTablePtr names;
    {
      const std::lock_guard lock(mutex_);
      destination = destination_;
      names = names_;
    }
    bool more = false;
    for (Worker* worker : workers_) more = take_from(*worker, *names, destination.get()) || more;
    if (destination) write_batch(*destination);
    if (last_round && (!more || io::now() >= give_up_)) return;
    if (!more) std::this_thread::sleep_for(poll_interval);
  }
}

// True if the worker had as many records as we take at once, so probably more.
bool AccessLog::take_from(Worker& worker, const NameTable& names, const Destination* destination) {
  const std::size_t count = worker.take_access_records(records_);
  if (destination != nullptr) {
    const Duration to_unix = unix_offset();
    for (std::size_t i = 0; i < count; ++i) format_access_line(records_[i], names, to_unix, batch_);
    batch_lines_ += count;
    if (batch_.size() >= batch_bytes) write_batch(*destination);
  }
  return count == records_.size();
}

void AccessLog::write_batch(const Destination& destination) {
  if (batch_.empty()) return;
  auto& counter = write_all(destination, batch_) ? written_ : lost_;
  counter.fetch_add(batch_lines_, std::memory_order_relaxed);
  batch_.clear();
  batch_lines_ = 0;
}

// False if some of it was lost. Waits for a slow reader, but never past the end of stop()'s patience.
bool AccessLog::write_all(const Destination& destination, std::string_view bytes) {
  while (!bytes.empty()) {
    std::size_t chunk = bytes.size();
    if (!destination.regular) {
      pollfd ready{destination.fd.get(), POLLOUT, 0};
      const int polled = ::poll(&ready, 1, 100);
      if (polled == 0 && stopping_.load() && io::now() >= give_up_) return false;
      if (stopping_.load() && give_up_ == TimePoint::max()) give_up_ = io::now() + stop_patience;
      if (polled <= 0) continue;
      chunk = std::min(chunk, pipe_bytes);
    }
    const ssize_t written = ::write(destination.fd.get(), bytes.data(), chunk);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0 && errno == EAGAIN) continue;
    if (written < 0) {
      complain(errno);
      return false;
    }
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

void AccessLog::complain(int error) {
  const TimePoint now = io::now();
  if (complained_ != TimePoint{} && now - complained_ < complaint_interval) return;
  complained_ = now;
  log::error("{}", errno_error("access log: cannot write, lines are lost and counted", error).message);
}

}  // namespace tandem::lbd
