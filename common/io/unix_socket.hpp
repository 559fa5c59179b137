// Unix stream sockets by path: one listener per path, clients that know why they failed.
#pragma once

#include <string>

#include "common/base/result.hpp"
#include "common/io/unique_fd.hpp"

namespace tandem::io {

/// A listening socket and the file it stands for.
struct UnixListener {
  UniqueFd fd;
  std::string path;
  UniqueFd file;  // O_PATH of the socket file: keeps its inode number from being reused for a successor's
};

/// Whose the socket is, beside its owner: that of the process (operators who may look), or that of the directory
/// (the daemons alone, where an installed system gives the directory to their group).
enum class SocketGroup { process, directory };

/// Binds `path` with mode 0660 and listens. A socket file that nobody listens on is replaced. While
/// somebody does, the error says so with its pid. Safe against a second process that starts meanwhile.
Result<UnixListener> listen_unix_socket(const std::string& path, SocketGroup group = SocketGroup::process);

/// Removes the socket file, unless another process has put its own there.
void remove_socket_file(const UnixListener& listener);

/// A connected, non-blocking socket, or errno in `error` (EAGAIN: the listener's backlog is full).
struct UnixConnection {
  UniqueFd fd;
  int error = 0;
};
UnixConnection connect_unix_socket(const std::string& path);

/// What `connect_error` (an errno) at `path` means to the operator: "lbd is not running: nothing listens
/// on /run/tandem/lbd.sock". The daemon's name is the file's.
std::string explain_connect_error(const std::string& path, int connect_error);

/// True if `connect_error` means that no daemon serves the socket.
bool means_not_running(int connect_error);

}  // namespace tandem::io
