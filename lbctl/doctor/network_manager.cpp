#include "lbctl/doctor/network_manager.hpp"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <optional>
#include <sstream>
#include <vector>

namespace tandem::ctl {
namespace {

namespace fs = std::filesystem;
using Words = std::vector<std::string>;

void each_line(const fs::path& path, const std::function<void(const std::string&)>& on_line) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) on_line(line);
}

// Words are separated by spaces, tabs and commas; what follows a # is a comment.
Words words_of(std::string line) {
  line = line.substr(0, line.find('#'));
  std::replace(line.begin(), line.end(), ',', ' ');
  std::istringstream stream(line);
  Words words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

// "KEY=value" in a file of such lines.
std::string setting(const fs::path& path, const std::string& key) {
  std::string value;
  each_line(path, [&](const std::string& line) {
    if (value.empty() && line.starts_with(key + "=")) value = line.substr(key.size() + 1);
  });
  return value;
}

std::vector<fs::path> files_in(const fs::path& directory) {
  std::vector<fs::path> files;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(directory, error)) files.push_back(entry.path());
  return files;
}

bool networkd_keeps(const fs::path& root, const std::string& network_file) {
  std::vector<fs::path> files = {root / fs::path(network_file).relative_path()};
  for (const char* directory : {"etc", "run", "usr/lib"}) {
    const auto more = files_in(root / directory / "systemd/network" / (fs::path(network_file).filename().string() + ".d"));
    files.insert(files.end(), more.begin(), more.end());
  }
  return std::any_of(files.begin(), files.end(), [](const fs::path& file) {
    const std::string value = setting(file, "KeepConfiguration");
    return value == "yes" || value == "static" || value == "true";
  });
}

std::optional<NetworkManager> networkd(const fs::path& root, unsigned index) {
  const fs::path link = root / fmt::format("run/systemd/netif/links/{}", index);
  const std::string state = setting(link, "ADMIN_STATE");
  if (state.empty() || state == "unmanaged") return std::nullopt;
  return NetworkManager{"systemd-networkd", networkd_keeps(root, setting(link, "NETWORK_FILE"))};
}

std::optional<NetworkManager> network_manager(const fs::path& root, unsigned index) {
  const fs::path device = root / fmt::format("run/NetworkManager/devices/{}", index);
  if (setting(device, "managed") != "true" && setting(device, "managed-type") != "full") return std::nullopt;
  return NetworkManager{"NetworkManager", false};
}

bool any_matches(const Words& patterns, const std::string& interface) {
  return std::any_of(patterns.begin() + 1, patterns.end(),
                     [&](const std::string& pattern) { return ::fnmatch(pattern.c_str(), interface.c_str(), 0) == 0; });
}

// It takes every interface that its file does not deny. A static address of the file is not its to change.
std::optional<NetworkManager> dhcpcd(const fs::path& root, const std::string& interface) {
  const auto runs_as = [&](const std::string& file) { return fs::exists(root / "run" / file); };
  if (!runs_as("dhcpcd/pid") && !runs_as("dhcpcd.pid") && !runs_as("dhcpcd/" + interface + ".pid") &&
      !runs_as("dhcpcd-" + interface + ".pid")) {
    return std::nullopt;
  }
  bool managed = true;
  bool is_static = false;
  std::string section;
  each_line(root / "etc/dhcpcd.conf", [&](const std::string& line) {
    const Words words = words_of(line);
    if (words.size() < 2) return;
    if (words[0] == "denyinterfaces" && any_matches(words, interface)) managed = false;
    if (words[0] == "allowinterfaces" && !any_matches(words, interface)) managed = false;
    if (words[0] == "interface") section = words[1];
    if (section == interface && words[0] == "static" && words[1].starts_with("ip_address=")) is_static = true;
  });
  return managed ? std::optional(NetworkManager{"dhcpcd", is_static}) : std::nullopt;
}

// With every ifreload it removes addresses that its files do not have, unless these say otherwise.
std::optional<NetworkManager> ifupdown2(const fs::path& root, const std::string& interface) {
  if (!fs::exists(root / "etc/network/ifupdown2")) return std::nullopt;
  std::vector<fs::path> files = files_in(root / "etc/network/interfaces.d");
  files.push_back(root / "etc/network/interfaces");
  bool managed = false;
  bool keeps = false;
  for (const fs::path& file : files) {
    std::string section;
    each_line(file, [&](const std::string& line) {
      const Words words = words_of(line);
      if (words.size() < 2) return;
      if (words[0] == "iface" || words[0] == "auto") section = words[0] == "iface" ? words[1] : "";
      managed = managed || section == interface;
      if (section == interface && words[0] == "address-purge" && words[1] == "no") keeps = true;
    });
  }
  return managed ? std::optional(NetworkManager{"ifupdown2", keeps}) : std::nullopt;
}

}  // namespace

NetworkManager find_manager(const fs::path& root, const std::string& interface, unsigned index) {
  for (const auto& found : {network_manager(root, index), networkd(root, index), dhcpcd(root, interface), ifupdown2(root, interface)}) {
    if (found) return *found;
  }
  return {};
}

}  // namespace tandem::ctl
