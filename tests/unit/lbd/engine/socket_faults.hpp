// Stands between the engine and the kernel: counts recv/send calls and, with a seed, makes them
// short or EAGAIN now and then.
//
// A fault keeps the promise that the kernel gives: EAGAIN is followed by a new edge. So a faked
// EAGAIN or short result re-arms the descriptor in epoll, which reports it again.
#pragma once

#include <cstdint>

/// Active while it lives; one at a time.
struct SocketFaults {
  explicit SocketFaults(unsigned seed = 0);
  ~SocketFaults();
  SocketFaults(const SocketFaults&) = delete;
  int calls = 0;
  std::uint64_t state = 0;  // 0: only count
};
