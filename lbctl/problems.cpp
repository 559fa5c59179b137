#include "lbctl/problems.hpp"

#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "lbctl/render/field.hpp"
#include "lbctl/render/render.hpp"

namespace tandem::ctl {
namespace {

using Json = nlohmann::ordered_json;
using Problems = std::vector<std::string>;

std::string with_reason(std::string sentence, const Json& object, std::string_view name) {
  const std::string reason = text_field(object, name, "");
  return reason.empty() ? sentence : sentence + ": " + reason;
}

void judge_group(const Json& group, Problems& problems) {
  const std::string name = text_field(group, "name");
  Problems down;
  bool any_usable = false;
  for (const Json& backend : elements(group, "backends")) {
    const std::string health = text_field(backend, "health");
    if (health == "up" && text_field(backend, "admin") != "drain") any_usable = true;
    if (health != "down") continue;
    down.push_back(with_reason(fmt::format("{}/{} is down", name, text_field(backend, "name")), backend, "health_reason"));
  }
  if (!any_usable) {
    problems.push_back(fmt::format("target group {} has no backend that is up and enabled", name));
  }
  problems.insert(problems.end(), down.begin(), down.end());
}

void judge_lbd(const Json& lbd, bool clustered, Problems& problems) {
  if (!bool_field(lbd, "ready")) problems.push_back(with_reason("lbd is not ready", lbd, "ready_reason"));
  if (clustered && !bool_field(member(lbd, "sync"), "connected")) {
    problems.emplace_back("lbd is not connected to syncd: what it learns is not replicated");
  }
  for (const Json& group : elements(lbd, "target_groups")) judge_group(group, problems);
}

void judge_address(const Json& address, bool maintenance, Problems& problems) {
  const std::string name = text_field(address, "name");
  if (member(address, "owner").is_null()) {
    problems.push_back(with_reason(fmt::format("virtual address {} has no known owner", name), address, "cause"));
  }
  const std::string strangers = text_field(member(address, "authentication"), "problem", "");
  if (!strangers.empty()) problems.push_back(fmt::format("the latest advert for {}: {}", name, strangers));
  if (const Json& vote = member(address, "vote"); bool_field(vote, "held")) {
    problems.push_back(fmt::format("{} is held, silence on the LAN is not believed: {}; to do: {}", name,
                                   text_field(vote, "text", ""), text_field(vote, "remedy", "see lbctl doctor")));
  }
  const std::string mac = text_field(member(address, "virtual_mac"), "problem", "");
  if (!mac.empty()) problems.push_back(fmt::format("the virtual MAC address of {}: {}", name, mac));
  if (text_field(address, "state") != "active" && !bool_field(address, "may_take_over") && !maintenance) {
    problems.push_back(with_reason(fmt::format("this node may not take over {}", name), address, "may_take_over_reason"));
  }
}

void judge_vrrpd(const Json& vrrpd, Problems& problems) {
  if (!bool_field(vrrpd, "lbd_ready")) {
    problems.push_back(with_reason("vrrpd sees that lbd is not ready", vrrpd, "lbd_reason"));
  }
  const Json& maintenance = member(vrrpd, "maintenance");
  const bool out_of_service = bool_field(maintenance, "on");
  if (out_of_service) {
    problems.push_back(fmt::format("this node is {}; it owns no address until `lbctl maintenance off`",
                                   maintenance_text(maintenance)));
  }
  for (const Json& address : elements(vrrpd, "virtual_addresses")) judge_address(address, out_of_service, problems);
}

void judge_syncd(const Json& syncd, Problems& problems) {
  const Json& peer = member(syncd, "peer");
  if (!bool_field(peer, "connected")) {
    problems.push_back(fmt::format("the peer {} is not connected: nothing is replicated", text_field(peer, "name")));
  } else if (text_field(peer, "path", "") == "lan") {
    problems.push_back(fmt::format("replication with {} runs over the LAN, because the sync link is down: one broken switch now "
                                   "cuts adverts and replication at once",
                                   text_field(peer, "name")));
  }
  if (!bool_field(syncd, "in_sync")) problems.push_back(with_reason("this node is not in sync", syncd, "in_sync_reason"));
}

}  // namespace

std::vector<std::string> find_problems(const Json& status, bool clustered) {
  Problems problems;
  if (member(status, "lbd").is_object()) judge_lbd(member(status, "lbd"), clustered, problems);
  if (member(status, "vrrpd").is_object()) judge_vrrpd(member(status, "vrrpd"), problems);
  if (member(status, "syncd").is_object()) judge_syncd(member(status, "syncd"), problems);
  return problems;
}

}  // namespace tandem::ctl
