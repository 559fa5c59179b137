#include "common/io/unix_socket.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>
#include <utility>

#include "common/io/peer_process.hpp"

namespace tandem::io {
namespace {

constexpr mode_t socket_mode = 0660;

std::optional<sockaddr_un> address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) return std::nullopt;
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

UniqueFd stream_socket() { return UniqueFd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)); }

std::string parent_of(const std::string& path) {
  const auto parent = std::filesystem::path(path).parent_path();
  return parent.empty() ? "." : parent.string();
}

// Held while the old socket file is judged and replaced: of two daemons that start together,
// the second one then sees the first one's listener.
Result<UniqueFd> lock_directory(const std::string& directory) {
  UniqueFd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return errno_error("open directory " + directory, errno);
  if (::flock(fd.get(), LOCK_EX) != 0) return errno_error("lock directory " + directory, errno);
  return fd;
}

Error already_running(const std::string& path, const UnixConnection& connection) {
  const auto peer = peer_process(connection.fd.get());
  return Error{fmt::format("another instance is running (pid {}): it listens on {}",
                           peer ? std::to_string(peer->pid) : "unknown", path)};
}

// Clears the way for bind(): nothing there, or a socket whose listener is gone.
Result<> remove_stale(const std::string& path) {
  const UnixConnection connection = connect_unix_socket(path);
  if (connection.error == ENOENT) return {};
  if (connection.error == 0 || connection.error == EAGAIN) return already_running(path, connection);
  struct stat status {};
  const bool is_socket = ::lstat(path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode);
  if (connection.error != ECONNREFUSED || !is_socket) {
    return errno_error(fmt::format("{} exists and cannot be replaced", path), connection.error);
  }
  if (::unlink(path.c_str()) != 0) {
    return Error{fmt::format("{}; somebody else has left it there: sudo rm {}",
                             errno_error("remove the stale socket " + path, errno).message, path)};
  }
  return {};
}

// Before listen(), so that nobody of the wrong group gets through.
Result<> give_to_group_of_directory(const std::string& path) {
  const std::string directory = parent_of(path);
  struct stat status {};
  if (::stat(directory.c_str(), &status) != 0) return errno_error("examine " + directory, errno);
  if (::lchown(path.c_str(), static_cast<uid_t>(-1), status.st_gid) != 0) {
    return errno_error(fmt::format("give {} to the group of {}", path, directory), errno);
  }
  return {};
}

}  // namespace

UnixConnection connect_unix_socket(const std::string& path) {
  const auto address = address_of(path);
  if (!address) return {.fd = {}, .error = ENAMETOOLONG};
  UniqueFd fd = stream_socket();
  if (!fd) return {.fd = {}, .error = errno};
  // A Unix connect succeeds or fails at once; it is never in progress.
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0) {
    return {.fd = {}, .error = errno};
  }
  return {.fd = std::move(fd), .error = 0};
}

Result<UnixListener> listen_unix_socket(const std::string& path, SocketGroup group) {
  const auto address = address_of(path);
  if (!address) {
    return Error{fmt::format("the socket path '{}' must have 1 to {} bytes: choose a shorter --run-dir", path,
                             sizeof(sockaddr_un::sun_path) - 1)};
  }
  const auto lock = lock_directory(parent_of(path));
  if (!lock) return lock.error();
  if (auto cleared = remove_stale(path); !cleared) return cleared.error();
  UnixListener listener{.fd = stream_socket(), .path = path, .file = {}};
  if (!listener.fd) return errno_error("create a Unix socket", errno);
  // The mode before bind() keeps the file from being wider for a moment; chmod() then undoes the umask.
  ::fchmod(listener.fd.get(), socket_mode);
  if (::bind(listener.fd.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0) {
    return errno_error("bind " + path, errno);
  }
  if (group == SocketGroup::directory) {
    if (auto given = give_to_group_of_directory(path); !given) return given.error();
  }
  listener.file = UniqueFd(::open(path.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  if (!listener.file || ::chmod(path.c_str(), socket_mode) != 0 || ::listen(listener.fd.get(), SOMAXCONN) != 0) {
    return errno_error("listen on " + path, errno);
  }
  return listener;
}

void remove_socket_file(const UnixListener& listener) {
  struct stat ours {};
  struct stat present {};
  if (::fstat(listener.file.get(), &ours) != 0 || ::lstat(listener.path.c_str(), &present) != 0) return;
  if (ours.st_dev == present.st_dev && ours.st_ino == present.st_ino) ::unlink(listener.path.c_str());
}

bool means_not_running(int connect_error) { return connect_error == ENOENT || connect_error == ECONNREFUSED; }

std::string explain_connect_error(const std::string& path, int connect_error) {
  const std::string daemon = std::filesystem::path(path).stem().string();
  if (means_not_running(connect_error)) return fmt::format("{} is not running: nothing listens on {}", daemon, path);
  if (connect_error == EACCES || connect_error == EPERM) {
    return fmt::format("no permission to use {}: run lbctl with sudo, or let an administrator add you to the group "
                       "of that socket (usermod -aG tandem YOU) and log in again", path);
  }
  if (connect_error == EAGAIN) {
    return fmt::format("{} does not accept connections on {}: it hangs or is stopped", daemon, path);
  }
  return errno_error("connect to " + path, connect_error).message;
}

}  // namespace tandem::io
