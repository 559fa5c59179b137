#include "vrrpd/io/net_setting.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>

#include "common/io/unique_fd.hpp"

namespace tandem::vrrp {
namespace {

std::string path_of(const std::string& name) { return "/proc/sys/net/" + name; }

}  // namespace

std::optional<int> net_setting(const std::string& name) {
  int value = 0;
  if (!(std::ifstream(path_of(name)) >> value)) return std::nullopt;
  return value;
}

Result<> set_net_setting(const std::string& name, int value) {
  const std::string path = path_of(name);
  const io::UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  const std::string text = std::to_string(value);
  if (!fd || ::write(fd.get(), text.data(), text.size()) < 0) return errno_error("write " + path, errno);
  return {};
}

}  // namespace tandem::vrrp
