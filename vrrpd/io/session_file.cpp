#include "vrrpd/io/session_file.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <limits>
#include <optional>

#include "common/io/unique_fd.hpp"
#include "common/log/log.hpp"

namespace tandem::vrrp {
namespace {

constexpr int format = 1;

struct Saved {
  std::uint64_t session = 0;
  Stamp heard;
};

std::optional<Saved> parse(std::istream& text) {
  int version = 0;
  Saved saved;
  text >> version >> saved.session >> saved.heard.session >> saved.heard.counter;
  const bool good = text && version == format && saved.session != 0 &&
                    saved.session != std::numeric_limits<std::uint64_t>::max();
  return good ? std::optional(saved) : std::nullopt;
}

std::uint64_t wall_clock_seconds() {
  return static_cast<std::uint64_t>(std::max<std::time_t>(std::time(nullptr), 1));
}

}  // namespace

Result<> SessionFile::start(Stamps& stamps) const {
  std::ifstream file(path_);
  const auto saved = parse(file);
  if (file.is_open() && !saved) log::warning("{} is damaged; a new one is begun", path_);
  if (saved) stamps.start(saved->session + 1, saved->heard);
  else stamps.start(wall_clock_seconds(), {});
  return save(stamps);
}

Result<> SessionFile::save(const Stamps& stamps) const {
  const std::string text = fmt::format("{} {} {} {}\n", format, stamps.own().session, stamps.heard().session,
                                       stamps.heard().counter);
  const std::string fresh = path_ + ".new";
  const io::UniqueFd fd(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd) return errno_error("write " + fresh, errno);
  if (::write(fd.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    return errno_error("write " + fresh, errno);
  }
  if (std::rename(fresh.c_str(), path_.c_str()) != 0) return errno_error("rename " + fresh + " to " + path_, errno);
  return {};
}

}  // namespace tandem::vrrp
