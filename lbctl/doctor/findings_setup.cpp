#include <fmt/format.h>

#include "lbctl/doctor/findings.hpp"

namespace tandem::ctl {
namespace {

void examine_config(const Facts& facts, Findings& findings) {
  if (!facts.config_exists && !facts.root) {
    return findings.warn("config", fmt::format("{} is not there, or you may not read it", facts.config_file),
                         "without it nothing else can be examined", "run lbctl doctor as root");
  }
  if (!facts.config_exists) {
    return findings.fail("config", fmt::format("{} cannot be read", facts.config_file),
                         "no daemon starts without a configuration", "lbctl init");
  }
  if (!facts.mistakes.empty()) {
    return findings.fail("config",
                         fmt::format("{} has {} mistake{}, the first: {}", facts.config_file, facts.mistakes.size(),
                                     facts.mistakes.size() == 1 ? "" : "s", facts.mistakes.front().to_string()),
                         "a daemon that restarts with it will not come back", fmt::format("lbctl check {}", facts.config_file));
  }
  findings.ok("config", fmt::format("{} has no mistakes", facts.config_file));
  if (!facts.config.cluster) {
    findings.warn("config", "there is no \"cluster\": lbd runs alone", "nothing takes over when this host dies", "lbctl init");
  } else if (facts.config.virtual_addresses.empty()) {
    findings.warn("config", "there are no virtual_addresses", "clients have no address that survives this host", "lbctl init");
  }
}

void examine_key(const Facts& facts, Findings& findings) {
  const std::string& file = facts.config.cluster->sync.key_file;
  if (!facts.key_problem.empty()) {
    // Somebody who is not root may not read it, and that is as it should be.
    if (!facts.root) return;
    return findings.fail("key", facts.key_problem, "without the key the nodes cannot replicate, nor share sticky cookies",
                         "lbctl init makes one; on the second node copy that of the first: lbctl init --join");
  }
  if (!facts.key_warning.empty()) {
    return findings.fail("key", facts.key_warning, "who reads the key can speak as the peer and forge sticky cookies",
                         fmt::format("chmod 640 {}", file));
  }
  findings.ok("key", fmt::format("{} is a key that others cannot read", file));
}

void examine_self(const Facts& facts, Findings& findings) {
  const config::ClusterConfig& cluster = *facts.config.cluster;
  if (cluster.nodes.size() != 2) return;
  if (facts.self.empty()) {
    return findings.fail("node",
                         fmt::format("this host is called {}, but the nodes are {} and {}", facts.host, cluster.nodes[0].name,
                                     cluster.nodes[1].name),
                         "the daemons do not know which node they are and refuse to start",
                         fmt::format("hostnamectl set-hostname {}   (or start the daemons with --node)", cluster.nodes[0].name));
  }
  findings.ok("node", fmt::format("this host is the node {}", facts.self));
}

void examine_daemon(const std::string& name, const DaemonFacts& daemon, const Facts& facts, Findings& findings) {
  if (daemon.refused) {
    return findings.warn("daemons", fmt::format("{} cannot be asked: {}", name, daemon.why_not), "whether it is well is not known",
                         facts.root ? fmt::format("journalctl -u tandem-{}", name) : "run lbctl doctor as root");
  }
  if (!daemon.running) {
    const std::string why = name == "lbd"     ? "no traffic is served here, and vrrpd gives the addresses away"
                            : name == "vrrpd" ? "this node neither owns a floating address nor can take one over"
                                              : "nothing is replicated; after a failover sticky clients may lose their backend";
    return findings.fail("daemons", fmt::format("{} does not run ({})", name, daemon.why_not), why,
                         fmt::format("systemctl start tandem-{}   (then: journalctl -u tandem-{})", name, name));
  }
  if (daemon.version != facts.own_version) {
    findings.warn("versions", fmt::format("{} runs version {}, installed is {}", name, daemon.version, facts.own_version),
                  "the new version takes effect only after a restart", fmt::format("systemctl restart tandem-{}", name));
  }
  if (daemon.config_outdated) {
    findings.warn("reload", fmt::format("{} was changed after {} has read it", facts.config_file, name),
                  "a restart at night would bring a configuration that nobody has tried",
                  fmt::format("lbctl check && systemctl reload tandem-{}", name));
  }
}

}  // namespace

void examine_setup(const Facts& facts, Findings& findings) {
  examine_config(facts, findings);
  const bool clustered = facts.config_exists && facts.mistakes.empty() && facts.config.cluster.has_value();
  if (clustered) {
    examine_key(facts, findings);
    examine_self(facts, findings);
  }
  bool all = true;
  for (const auto& [name, daemon] : facts.daemons) {
    if (!clustered && name != "lbd" && !daemon.running) continue;
    all = all && daemon.running;
    examine_daemon(name, daemon, facts, findings);
  }
  if (all) findings.ok("daemons", clustered ? "lbd, vrrpd and syncd run" : "lbd runs");
  for (const std::string& rival : facts.rivals) {
    findings.warn("rivals", fmt::format("{} runs here, too", rival),
                  "two programs that own floating addresses take them from each other",
                  fmt::format("systemctl disable --now {}", rival));
  }
}

}  // namespace tandem::ctl
