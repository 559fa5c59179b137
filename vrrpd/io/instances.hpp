// The virtual addresses of this node: those in service, those that give their addresses up, those that wait for them
// to be gone; and the interfaces that carry them.
//
// Owned by the daemon, io thread only.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "vrrpd/io/instance.hpp"
#include "vrrpd/io/node_status.hpp"

namespace tandem::vrrp {

class Instances {
 public:
  /// `context` outlives this. `run_dir`: ArpDiscipline's. `lease_impediment`: why the kernel refuses leases.
  Instances(Context& context, std::string lease_impediment, std::string run_dir);

  [[nodiscard]] const std::vector<std::unique_ptr<Instance>>& in_service() const { return in_service_; }
  /// nullptr if no virtual address in service has this name.
  [[nodiscard]] Instance* find(const std::string& name) const;

  /// What shall run from now on: keeps what is unchanged, retires what is gone or changed, starts what is new, each as
  /// soon as no retiring one has its VRID. Whoever calls this then calls see().
  void apply(const std::vector<InstanceConfig>& settings);
  /// Every address is given up, and nothing starts any more.
  void stop();
  /// Nothing is being given up.
  [[nodiscard]] bool settled() const { return retiring_.empty(); }

  /// Forgets those that have given everything up, and starts those that waited for it. True if there is a new one, which
  /// knows nothing of the host before see().
  bool advance();
  /// Lets go of interfaces that nobody uses any more, and of devices unless something is being given up.
  void sweep();

  /// The host as it is now; those of `addresses` that are floating (is_floating) are nobody's own.
  void see(const std::vector<Link>& links, const std::vector<HostAddress>& addresses,
           const std::vector<InstanceConfig>& settings);
  /// What they depend on has changed: Instance::refresh.
  void refresh();
  /// Every AddressKeeper::renewal_period.
  void renew();

  /// What the peer is told of those in service.
  [[nodiscard]] std::vector<HeartbeatAddress> heartbeat() const;
  /// Those in service in one line: "vip-a active, vip-b backup".
  [[nodiscard]] std::string summary() const;
  /// Fills in the virtual addresses and the interfaces.
  void describe(NodeStatus& status) const;

 private:
  void add(InstanceConfig config);
  void retire(std::size_t index);
  void renew_addresses();

  Context& context_;
  const std::string lease_impediment_;
  const std::string run_dir_;
  std::map<std::string, std::unique_ptr<Interface>> interfaces_;
  std::vector<std::unique_ptr<Instance>> in_service_;  // declared after what they refer to
  std::vector<std::unique_ptr<Instance>> retiring_;    // that give their addresses up
  std::vector<InstanceConfig> pending_;                // to be added when no retiring one is in the way
};

}  // namespace tandem::vrrp
