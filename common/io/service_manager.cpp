#include "common/io/service_manager.hpp"

#include <fmt/core.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "common/io/clock.hpp"
#include "common/io/unique_fd.hpp"
#include "common/log/log.hpp"

namespace tandem::io {

bool has_manager() { return std::getenv("NOTIFY_SOCKET") != nullptr; }

void notify_manager(const std::string& state) {
  const char* target = std::getenv("NOTIFY_SOCKET");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (target == nullptr || (target[0] != '/' && target[0] != '@')) return;
  const std::size_t length = std::strlen(target);
  if (length < 2 || length >= sizeof address.sun_path) return;
  std::memcpy(address.sun_path, target, length);
  if (target[0] == '@') address.sun_path[0] = '\0';  // abstract name
  std::string message = state;
  if (state == "RELOADING=1") {
    const auto stamp = std::chrono::duration_cast<std::chrono::microseconds>(now().time_since_epoch());
    message += fmt::format("\nMONOTONIC_USEC={}", stamp.count());
  }
  const UniqueFd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + length);
  const auto sent = ::sendto(fd.get(), message.data(), message.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
                             reinterpret_cast<const sockaddr*>(&address), size);
  if (sent < 0) log::warning("the service manager was not told '{}': {}", state, std::strerror(errno));
}

std::optional<Duration> watchdog_timeout() {
  const char* text = std::getenv("WATCHDOG_USEC");
  if (text == nullptr) return std::nullopt;
  const std::string_view digits(text);
  std::int64_t microseconds = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), microseconds);
  if (error != std::errc{} || end != digits.data() + digits.size() || microseconds <= 0) return std::nullopt;
  return std::chrono::microseconds(microseconds);
}

}  // namespace tandem::io
