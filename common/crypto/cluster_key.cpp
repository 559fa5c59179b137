#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <optional>

#include "common/crypto/crypto.hpp"

namespace tandem::crypto {
namespace {

constexpr std::string_view how_to_make = "; `lbctl init` makes one, and it must be the same on both nodes";

Error key_error(const std::string& path, std::string_view problem) {
  return Error{"cluster key file " + path + ": " + std::string(problem) + std::string(how_to_make)};
}

std::optional<std::uint8_t> hex_digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<std::uint8_t>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<std::uint8_t>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<std::uint8_t>(c - 'A' + 10);
  return std::nullopt;
}

/// Closes the file on every way out.
struct File {
  int fd;
  ~File() {
    if (fd >= 0) ::close(fd);
  }
};

}  // namespace

Result<ClusterKey> load_cluster_key(const std::string& path) {
  const File file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (file.fd < 0 && errno == EACCES) {
    return Error{"cluster key file " + path + ": this daemon's user may not read it; use: chgrp tandem-daemons " + path +
                 "; chmod 640 " + path};
  }
  if (file.fd < 0) return key_error(path, errno_error("cannot be opened", errno).message);
  struct stat status {};
  if (::fstat(file.fd, &status) != 0 || !S_ISREG(status.st_mode)) return key_error(path, "not a regular file");

  std::array<char, 2 * key_bytes + 3> text{};  // one more than 64 characters and CR LF, to notice a longer file
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = ::read(file.fd, text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return key_error(path, errno_error("cannot be read", errno).message);
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  std::string_view digits(text.data(), size);
  if (digits.ends_with('\n')) digits.remove_suffix(1);
  if (digits.ends_with('\r')) digits.remove_suffix(1);
  if (digits.size() > 2 * key_bytes) return key_error(path, "longer than 64 hexadecimal characters");
  if (digits.size() < 2 * key_bytes) {
    return key_error(path, "has " + std::to_string(digits.size()) + " characters, expected 64 hexadecimal ones");
  }

  ClusterKey result;
  for (std::size_t i = 0; i < key_bytes; ++i) {
    const auto high = hex_digit(digits[2 * i]);
    const auto low = hex_digit(digits[2 * i + 1]);
    if (!high || !low) {
      return key_error(path, "character " + std::to_string(2 * i + (high ? 2 : 1)) + " is not a hexadecimal digit");
    }
    result.key[i] = static_cast<std::uint8_t>(*high << 4 | *low);
  }
  // The group is the daemons' on an installed host; nobody else's business.
  if ((status.st_mode & (S_IWGRP | S_IRWXO)) != 0) {
    result.warning = "cluster key file " + path + " is open to others than its owner and group; use: chmod 640 " + path;
  }
  return result;
}

}  // namespace tandem::crypto
