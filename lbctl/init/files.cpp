#include "lbctl/init/files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>

#include "common/crypto/crypto.hpp"
#include "common/io/unique_fd.hpp"

namespace tandem::ctl {
namespace {

// The daemons read the key through a group that only they have: members of "tandem" are people, who may look.
std::optional<gid_t> daemons_group() {
  const group* entry = ::geteuid() == 0 ? ::getgrnam("tandem-daemons") : nullptr;
  return entry != nullptr ? std::optional(entry->gr_gid) : std::nullopt;
}

std::string directory_of(const std::string& path) {
  const std::string directory = std::filesystem::path(path).parent_path().string();
  return directory.empty() ? "." : directory;
}

Result<> make_directory(const std::string& path) {
  const std::string directory = directory_of(path);
  if (::mkdir(directory.c_str(), 0755) == 0 || errno == EEXIST) return {};
  return errno_error(fmt::format("cannot make the directory {}", directory), errno);
}

Result<> write_whole(int fd, std::string_view text, const std::string& path) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno_error("cannot write " + path, errno);
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  if (::fsync(fd) != 0 && errno != EINVAL) return errno_error("cannot write " + path, errno);
  return {};
}

// `path` appears with all of its text or not at all, in place of what was there.
Result<> write_atomically(const std::string& path, std::string_view text, mode_t mode, std::optional<gid_t> group) {
  const std::string temporary = path + ".new";
  ::unlink(temporary.c_str());  // of an earlier run that was killed
  const io::UniqueFd file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (file.get() < 0) return errno_error("cannot write " + temporary, errno);
  Result<> done = write_whole(file.get(), text, temporary);
  // The owner first: a change of it may take rights away.
  if (done && group && ::fchown(file.get(), 0, *group) != 0) done = errno_error("cannot give " + path + " its group", errno);
  if (done && ::fchmod(file.get(), mode) != 0) done = errno_error("cannot give " + path + " its mode", errno);
  if (done && ::rename(temporary.c_str(), path.c_str()) != 0) done = errno_error("cannot write " + path, errno);
  if (!done) ::unlink(temporary.c_str());
  return done;
}

Result<std::string> random_key_text() {
  std::array<std::uint8_t, crypto::key_bytes> bytes{};
  if (auto good = crypto::random_bytes(bytes); !good) return good.error();
  std::string text;
  for (const std::uint8_t byte : bytes) text += fmt::format("{:02x}", byte);
  return text + "\n";
}

}  // namespace

Result<FileOwner> owner_of(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return errno_error("cannot look at " + path, errno);
  const passwd* user = ::getpwuid(status.st_uid);
  const group* team = ::getgrgid(status.st_gid);
  return FileOwner{.mode = fmt::format("{:04o}", status.st_mode & 07777U),
                   .owner = user != nullptr ? user->pw_name : std::to_string(status.st_uid),
                   .group = team != nullptr ? team->gr_name : std::to_string(status.st_gid)};
}

Result<KeyOutcome> ensure_key(const std::string& path) {
  KeyOutcome outcome;
  if (::access(path.c_str(), F_OK) == 0) {
    if (const auto key = crypto::load_cluster_key(path); !key) {
      return Error{key.error().message + fmt::format("; or remove it, and lbctl init makes a new one: rm {}", path)};
    }
  } else {
    if (auto good = make_directory(path); !good) return good.error();
    const auto text = random_key_text();
    if (!text) return text.error();
    const auto group = daemons_group();
    if (auto good = write_atomically(path, *text, group ? 0640 : 0600, group); !good) return good.error();
    outcome.made = true;
  }
  const auto owner = owner_of(path);
  if (!owner) return owner.error();
  outcome.owner = *owner;
  return outcome;
}

Result<Obstacle> look_for_obstacle(const std::string& path) {
  if (::access(path.c_str(), F_OK) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return Obstacle::none;
    return errno_error("cannot look at " + path, errno);
  }
  std::ifstream file(path, std::ios::binary);
  if (!file) return Error{fmt::format("cannot read {}", path)};
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  return text == packaged_config ? Obstacle::packaged : Obstacle::foreign;
}

Result<> write_config(const std::string& path, std::string_view text, bool keep_old) {
  if (auto good = make_directory(path); !good) return good.error();
  if (keep_old) {
    const std::string old = path + ".old";
    std::error_code error;
    std::filesystem::copy_file(path, old, std::filesystem::copy_options::overwrite_existing, error);
    if (error) return Error{fmt::format("cannot keep {} as {}: {}", path, old, error.message())};
  }
  return write_atomically(path, text, 0644, std::nullopt);
}

}  // namespace tandem::ctl
