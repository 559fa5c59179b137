#include "lbctl/init/join.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "common/config/own_node.hpp"
#include "common/io/daemon.hpp"
#include "lbctl/completion/completion.hpp"
#include "lbctl/init/guess.hpp"

namespace tandem::ctl {
namespace {

// The index of this host among the nodes: by its name, else by its addresses. A host that is neither is taken for
// the first one; the text says on which node the commands are meant to run.
std::size_t find_self(const config::ClusterConfig& cluster) {
  const config::NodeConfig* own = config::find_own_node(cluster, io::host_name());
  if (own != nullptr) return static_cast<std::size_t>(own - cluster.nodes.data());
  for (std::size_t i = 0; i < cluster.nodes.size(); ++i) {
    if (is_own_address(cluster.nodes[i].address.to_string())) return i;
  }
  return 0;
}

// A word of a command line: quoted only if it must be.
std::string word(const std::string& text) {
  const bool plain = text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                            "/._-:@[]=") == std::string::npos;
  return plain && !text.empty() ? text : shell_quote(text);
}

std::string ssh_host(const JoinPlan& plan) { return "root@" + plan.peer.address.to_string(); }

std::string scp_host(const JoinPlan& plan) {
  const std::string address = plan.peer.address.to_string();
  return plan.peer.address.is_v6() ? "root@[" + address + "]" : "root@" + address;
}

Result<> add_file(JoinPlan& plan, const std::string& path, std::string what) {
  for (const JoinFile& file : plan.files) {
    if (file.path == path) return {};
  }
  auto owner = owner_of(path);
  if (!owner) return Error{fmt::format("{} ({}) is needed on both nodes: {}", path, what, owner.error().message)};
  plan.files.push_back({path, std::move(what), std::move(*owner)});
  return {};
}

}  // namespace

Result<JoinPlan> plan_join(const config::Config& config, const std::string& config_path) {
  if (!config.cluster || config.cluster->nodes.size() != 2) {
    return Error{fmt::format("{} has no \"cluster\": there is no peer; `lbctl init` writes one", config_path)};
  }
  const config::ClusterConfig& cluster = *config.cluster;
  const std::size_t self = find_self(cluster);
  JoinPlan plan{.self = cluster.nodes[self], .peer = cluster.nodes[1 - self], .files = {}, .config_path = {}};
  plan.config_path = std::filesystem::absolute(config_path).lexically_normal().string();
  if (auto good = add_file(plan, plan.config_path, "the configuration"); !good) return good.error();
  if (auto good = add_file(plan, cluster.sync.key_file, "the cluster key"); !good) return good.error();
  for (const config::CertificateConfig& certificate : config.certificates) {
    if (auto good = add_file(plan, certificate.cert_file, "the certificate " + certificate.name); !good) return good.error();
    if (auto good = add_file(plan, certificate.key_file, "the private key of " + certificate.name); !good) {
      return good.error();
    }
  }
  return plan;
}

std::vector<std::string> join_commands(const JoinPlan& plan) {
  std::vector<std::string> commands;
  for (const JoinFile& file : plan.files) {
    const std::string directory = std::filesystem::path(file.path).parent_path().string();
    const std::string remote_directory = fmt::format("mkdir -p {}", word(directory));
    // A second file of a directory does not make it again.
    bool made = false;
    for (const std::string& earlier : commands) made = made || earlier.find(shell_quote(remote_directory)) != std::string::npos;
    if (!made) commands.push_back(fmt::format("ssh {} {}", ssh_host(plan), shell_quote(remote_directory)));
    commands.push_back(fmt::format("scp -p {0} {1}:{0}", word(file.path), scp_host(plan)));
    const std::string rights = fmt::format("chown {}:{} {} && chmod {} {}", file.owner.owner, file.owner.group,
                                           word(file.path), file.owner.mode, word(file.path));
    commands.push_back(fmt::format("ssh {} {}", ssh_host(plan), shell_quote(rights)));
  }
  commands.push_back(fmt::format("ssh {} {}", ssh_host(plan), shell_quote("lbctl check " + word(plan.config_path))));
  commands.emplace_back("systemctl enable --now tandem.target");
  commands.push_back(fmt::format("ssh {} {}", ssh_host(plan), shell_quote("systemctl enable --now tandem.target")));
  commands.push_back(fmt::format("ssh {} {} | lbctl doctor --peer-status -", ssh_host(plan), shell_quote("lbctl doctor --json")));
  return commands;
}

std::string join_text(const JoinPlan& plan) {
  std::string text = fmt::format("# On {}, as root. {} is the peer, at {}; both need the package tandem-lb.\n"
                                 "# They need ssh to root there, with a key:  ssh-copy-id {}\n"
                                 "# Without it, by hand: copy these files by any safe way, to the same paths, with these owners and modes,\n"
                                 "# then on both nodes:  systemctl enable --now tandem.target\n",
                                 plan.self.name, plan.peer.name, plan.peer.address.to_string(), ssh_host(plan));
  for (const JoinFile& file : plan.files) {
    text += fmt::format("#   {}  {}:{}  {}   {}\n", file.owner.mode, file.owner.owner, file.owner.group, file.path, file.what);
  }
  text += "\n";
  for (const std::string& command : join_commands(plan)) text += command + "\n";
  return text;
}

nlohmann::ordered_json join_json(const JoinPlan& plan) {
  using Json = nlohmann::ordered_json;
  Json files = Json::array();
  for (const JoinFile& file : plan.files) {
    files.push_back({{"path", file.path},
                     {"what", file.what},
                     {"mode", file.owner.mode},
                     {"owner", file.owner.owner},
                     {"group", file.owner.group}});
  }
  return {{"node", plan.self.name},
          {"peer", {{"name", plan.peer.name}, {"address", plan.peer.address.to_string()}}},
          {"files", std::move(files)},
          {"commands", join_commands(plan)}};
}

}  // namespace tandem::ctl
