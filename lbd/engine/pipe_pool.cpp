#include "lbd/engine/pipe_pool.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>

#include "common/base/assert.hpp"

namespace tandem::lbd {

namespace {

void close_both(int read, int write) noexcept {
  ::close(read);
  ::close(write);
}

}  // namespace

PipePool::PipePool(std::size_t max_pipes, std::size_t max_spare, metrics::Counter& in_use, metrics::Counter& moved)
    : max_pipes_(max_pipes), max_spare_(max_spare), in_use_(in_use), moved_(moved) {
  spare_.reserve(max_spare_);
}

PipePool::~PipePool() {
  TANDEM_ASSERT(out_ == 0);
  close_spare();
}

Pipe PipePool::take() noexcept {
  if (out_ == max_pipes_) return {};
  Pipe::Ends ends;
  if (!spare_.empty()) {
    ends = spare_.back();
    spare_.pop_back();
  } else {
    std::array<int, 2> fds{};
    if (::pipe2(fds.data(), O_NONBLOCK | O_CLOEXEC) != 0) return {};
    ::fcntl(fds[1], F_SETPIPE_SZ, static_cast<int>(capacity));
    ends = {fds[0], fds[1]};
  }
  ++out_;
  in_use_.add();
  return {this, ends};
}

bool PipePool::close_spare() noexcept {
  const bool any = !spare_.empty();
  for (const Pipe::Ends& each : spare_) close_both(each.read, each.write);
  spare_.clear();
  return any;
}

void PipePool::give_back(Pipe::Ends ends, bool empty) noexcept {
  --out_;
  in_use_.subtract();
  // What is left in a pipe belongs to one connection: nobody else may find it.
  if (empty && spare_.size() < max_spare_) spare_.push_back(ends);
  else close_both(ends.read, ends.write);
}

}  // namespace tandem::lbd
