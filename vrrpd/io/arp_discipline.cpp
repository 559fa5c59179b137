#include "vrrpd/io/arp_discipline.hpp"

#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <utility>
#include <vector>

#include "common/log/log.hpp"
#include "vrrpd/io/net_setting.hpp"

namespace tandem::vrrp {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view notes_prefix = "vrrpd.arp.";  // and the interface's name

struct Setting {
  const char* name;
  int wanted;
};
constexpr std::array settings = {Setting{"arp_ignore", 1}, Setting{"arp_announce", 2}};

std::string full_name(const std::string& interface, const char* setting) {
  return "ipv4/conf/" + interface + "/" + setting;
}

std::string interface_of(const fs::path& notes) { return notes.filename().string().substr(notes_prefix.size()); }

// A line is a setting and its former value. Nothing else than the two settings can be meant.
void put_back(const fs::path& notes) {
  std::ifstream file(notes);
  std::string name;
  int former = 0;
  while (file >> name >> former) {
    for (const Setting& setting : settings) {
      const std::string full = full_name(interface_of(notes), setting.name);
      if (name != setting.name || net_setting(full) != setting.wanted) continue;
      // An interface that has gone needs nothing; whoever may not write has said so before.
      static_cast<void>(set_net_setting(full, former));
    }
  }
  std::error_code ignored;
  fs::remove(notes, ignored);
}

}  // namespace

Result<ArpDiscipline> ArpDiscipline::impose(const std::string& interface, const std::string& run_dir) {
  ArpDiscipline discipline(interface, run_dir + "/" + std::string(notes_prefix) + interface);
  for (const Setting& setting : settings) {
    const auto current = net_setting(full_name(interface, setting.name));
    if (!current) return Error{"cannot read /proc/sys/net/" + full_name(interface, setting.name)};
    if (*current >= setting.wanted) continue;
    if (auto raised = discipline.raise(setting.name, *current, setting.wanted); !raised) return raised.error();
  }
  return discipline;
}

// The note before the deed. Of several about one setting the first counts.
Result<> ArpDiscipline::raise(const std::string& setting, int current, int wanted) const {
  if (std::ofstream file(notes_, std::ios::app); !(file << setting << ' ' << current << '\n' << std::flush)) {
    return errno_error("write " + notes_, errno);
  }
  return set_net_setting(full_name(interface_, setting.c_str()), wanted);
}

void ArpDiscipline::keep() {
  for (const Setting& setting : settings) {
    const auto current = net_setting(full_name(interface_, setting.name));
    if (!current || *current >= setting.wanted) continue;
    if (!raise(setting.name, *current, setting.wanted)) continue;
    log::warning("somebody had set net.{} to {}; it is {} again, so that only the owner of an address answers for it",
                 full_name(interface_, setting.name), *current, setting.wanted);
  }
}

ArpDiscipline::ArpDiscipline(ArpDiscipline&& other) noexcept
    : interface_(std::move(other.interface_)), notes_(std::exchange(other.notes_, {})) {}

ArpDiscipline::~ArpDiscipline() {
  if (!notes_.empty()) put_back(notes_);
}

void lift_arp_discipline(const std::string& run_dir) {
  std::error_code error;
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(run_dir, error)) {
    const bool ours = entry.path().filename().string().starts_with(notes_prefix) && entry.is_regular_file(error) &&
                      !entry.is_symlink(error);
    if (ours) found.push_back(entry.path());
  }
  for (const fs::path& notes : found) put_back(notes);
}

}  // namespace tandem::vrrp
