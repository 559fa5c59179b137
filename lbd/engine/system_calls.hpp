// The system calls of the data path, without the cancellation points of the C library's wrappers,
// which cost more instructions than some of our own layers. Also the seam where tests inject faults.
#pragma once

#include <sys/socket.h>
#include <sys/types.h>

#include <cstddef>

namespace tandem::lbd::system {

/// recv(2), send(2) and sendmsg(2), with errno; sending never raises SIGPIPE.
ssize_t recv(int fd, void* into, std::size_t size) noexcept;
ssize_t send(int fd, const void* from, std::size_t size) noexcept;
ssize_t sendmsg(int fd, const msghdr& message) noexcept;
/// splice(2) between a socket and a pipe, whichever way, without waiting. Sending raises SIGPIPE.
ssize_t splice(int from, int to, std::size_t most) noexcept;

}  // namespace tandem::lbd::system
