#include "vrrpd/io/instances.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "vrrpd/io/leftovers.hpp"

namespace tandem::vrrp {

Instances::Instances(Context& context, std::string lease_impediment, std::string run_dir)
    : context_(context), lease_impediment_(std::move(lease_impediment)), run_dir_(std::move(run_dir)) {}

Instance* Instances::find(const std::string& name) const {
  for (const auto& instance : in_service_) {
    if (instance->name() == name) return instance.get();
  }
  return nullptr;
}

// ---- coming and going ------------------------------------------------------------------------

void Instances::apply(const std::vector<InstanceConfig>& settings) {
  pending_ = settings;
  for (std::size_t i = in_service_.size(); i-- > 0;) {
    const InstanceConfig& running = in_service_[i]->config();
    const auto same = std::find(pending_.begin(), pending_.end(), running);
    if (same != pending_.end()) pending_.erase(same);
    else retire(i);
  }
  advance();
}

void Instances::stop() {
  pending_.clear();
  while (!in_service_.empty()) retire(in_service_.size() - 1);
}

void Instances::add(InstanceConfig config) {
  auto& interface = interfaces_[config.virtual_address.interface];
  if (!interface) {
    interface = std::make_unique<Interface>(context_.io, config.virtual_address.interface, context_.leases,
                                            lease_impediment_, run_dir_);
  }
  auto group = InstanceGroup::of(config, context_.started, in_service_);
  in_service_.push_back(std::make_unique<Instance>(context_, *interface, std::move(config), std::move(group)));
}

void Instances::retire(std::size_t index) {
  retiring_.push_back(std::move(in_service_[index]));
  in_service_.erase(in_service_.begin() + static_cast<std::ptrdiff_t>(index));
  retiring_.back()->stop();
}

bool Instances::advance() {
  std::erase_if(retiring_, [](const auto& instance) { return instance->released(); });
  std::vector<InstanceConfig> waiting;
  bool added = false;
  for (InstanceConfig& config : pending_) {
    const bool in_the_way = std::any_of(retiring_.begin(), retiring_.end(), [&config](const auto& instance) {
      return takes_place_of(config, instance->config().virtual_address);
    });
    if (in_the_way) {
      waiting.push_back(std::move(config));
    } else {
      add(std::move(config));
      added = true;
    }
  }
  pending_ = std::move(waiting);
  return added;
}

void Instances::sweep() {
  if (settled()) context_.virtual_macs.sweep();
  std::erase_if(interfaces_, [](const auto& entry) { return !entry.second->in_use(); });
}

// ---- what they are told ----------------------------------------------------------------------

void Instances::see(const std::vector<Link>& links, const std::vector<HostAddress>& addresses,
                    const std::vector<InstanceConfig>& settings) {
  for (const auto& [name, interface] : interfaces_) {
    const auto link = std::find_if(links.begin(), links.end(), [&n = name](const Link& l) { return l.name == n; });
    std::vector<Prefix> own;
    for (const HostAddress& address : addresses) {
      const bool here = link != links.end() && address.link == link->index;
      if (here && !address.tentative && !is_floating(address, settings)) own.push_back(address.prefix);
    }
    interface->update(link != links.end() ? std::optional<Link>(*link) : std::nullopt, std::move(own));
  }
}

void Instances::refresh() {
  for (const auto& instance : in_service_) instance->refresh();
  for (const auto& instance : retiring_) instance->refresh();
}

void Instances::renew() {
  renew_addresses();
  for (const auto& instance : in_service_) instance->renew();
  for (const auto& instance : retiring_) instance->renew();
  for (const auto& [name, interface] : interfaces_) interface->keep_discipline();
}

// All look first whether they are late: one that is gives up for its whole group, and nothing of that must come back.
void Instances::renew_addresses() {
  std::vector<AddressKeeper*> keepers;
  for (const auto* instances : {&in_service_, &retiring_}) {
    for (const auto& instance : *instances) {
      instance->go_quiet_if_late();
      keepers.push_back(&instance->keeper());
    }
  }
  AddressKeeper::renew(context_.netlink, keepers);
}

// ---- what they say ---------------------------------------------------------------------------

std::vector<HeartbeatAddress> Instances::heartbeat() const {
  std::vector<HeartbeatAddress> out;
  out.reserve(in_service_.size());
  for (const auto& instance : in_service_) out.push_back(instance->heartbeat());
  return out;
}

std::string Instances::summary() const {
  std::string text;
  for (const auto& instance : in_service_) {
    text += (text.empty() ? "" : ", ") + instance->name() + " " + std::string(to_string(instance->state()));
  }
  return text;
}

void Instances::describe(NodeStatus& status) const {
  for (const auto& instance : in_service_) {
    status.virtual_addresses.emplace_back(instance->config(), instance->status());
  }
  for (const auto& [name, interface] : interfaces_) status.interfaces.emplace_back(name, interface->dropped());
}

}  // namespace tandem::vrrp
