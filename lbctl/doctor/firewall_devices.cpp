#include "lbctl/doctor/firewall_devices.hpp"

#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <tuple>
#include <vector>

#include "lbctl/render/field.hpp"

namespace tandem::ctl {
namespace {

using Json = nlohmann::ordered_json;
using ChainName = std::tuple<std::string, std::string, std::string>;  // family, table, chain

// What stands in quotes behind "device" or "devices" in: type filter hook ingress devices = { "eth0", "eth1" } priority 0;
std::vector<std::string> devices_in(const std::string& line) {
  std::vector<std::string> devices;
  const std::size_t end = line.find(" priority ");
  std::size_t quote = line.find('"', line.find(" device"));
  while (quote < end) {
    const std::size_t closing = line.find('"', quote + 1);
    if (closing == std::string::npos) break;
    devices.push_back(line.substr(quote + 1, closing - quote - 1));
    quote = line.find('"', closing + 1);
  }
  return devices;
}

std::map<ChainName, std::vector<std::string>> devices_by_chain(std::string_view text) {
  std::map<ChainName, std::vector<std::string>> found;
  ChainName chain;
  auto& [family, table, name] = chain;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string word;
    words >> word;
    if (word == "table") words >> family >> table;
    if (word == "chain") words >> name;
    if (word == "type" && line.find(" device") != std::string::npos) found[chain] = devices_in(line);
  }
  return found;
}

}  // namespace

void name_devices(Json& ruleset, std::string_view text) {
  const auto devices = devices_by_chain(text);
  if (devices.empty() || !ruleset.contains("nftables")) return;
  for (Json& entry : ruleset["nftables"]) {
    if (!entry.contains("chain")) continue;
    Json& chain = entry["chain"];
    const auto found = devices.find({text_field(chain, "family"), text_field(chain, "table"), text_field(chain, "name")});
    if (found != devices.end()) chain["dev"] = found->second;
  }
}

}  // namespace tandem::ctl
