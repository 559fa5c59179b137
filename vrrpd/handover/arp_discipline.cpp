#include "vrrpd/handover/arp_discipline.hpp"

#include <cerrno>
#include <fstream>
#include <utility>

namespace tandem::vrrp {
namespace {

std::string setting_path(const std::string& interface, const char* setting) {
  return "/proc/sys/net/ipv4/conf/" + interface + "/" + setting;
}

bool write_setting(const std::string& interface, const char* setting, int value) {
  std::ofstream file(setting_path(interface, setting));
  file << value << std::flush;
  return file.good();
}

/// Raises the setting to at least `wanted`; `former` receives the old value if it was changed.
Result<> raise(const std::string& interface, const char* setting, int wanted, int& former) {
  int current = 0;
  if (!(std::ifstream(setting_path(interface, setting)) >> current)) {
    return errno_error("read " + setting_path(interface, setting), errno);
  }
  if (current >= wanted) return {};
  if (!write_setting(interface, setting, wanted)) {
    return errno_error("write " + setting_path(interface, setting), errno);
  }
  former = current;
  return {};
}

}  // namespace

Result<ArpDiscipline> ArpDiscipline::impose(const std::string& interface) {
  ArpDiscipline discipline(interface);
  if (auto done = raise(interface, "arp_ignore", 1, discipline.former_ignore_); !done) return done.error();
  if (auto done = raise(interface, "arp_announce", 2, discipline.former_announce_); !done) return done.error();
  return discipline;
}

ArpDiscipline::ArpDiscipline(ArpDiscipline&& other) noexcept
    : interface_(std::move(other.interface_)),
      former_ignore_(std::exchange(other.former_ignore_, -1)),
      former_announce_(std::exchange(other.former_announce_, -1)) {}

ArpDiscipline::~ArpDiscipline() {
  if (former_ignore_ >= 0) write_setting(interface_, "arp_ignore", former_ignore_);
  if (former_announce_ >= 0) write_setting(interface_, "arp_announce", former_announce_);
}

}  // namespace tandem::vrrp
