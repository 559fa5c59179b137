#include <algorithm>
#include <array>

#include "common/base/assert.hpp"
#include "lbctl/grammar.hpp"

namespace tandem::ctl {
namespace {

using enum ArgumentKind;

constexpr std::array file_argument = {ArgumentSpec{file, "FILE", false}};
constexpr std::array backend_argument = {ArgumentSpec{backend, "GROUP/BACKEND", true}};
constexpr std::array weight_arguments = {ArgumentSpec{backend, "GROUP/BACKEND", true},
                                         ArgumentSpec{ArgumentKind::weight, "N", true}};
constexpr std::array address_argument = {ArgumentSpec{virtual_address, "VIP", false}};
constexpr std::array service_argument = {ArgumentSpec{service, "on|off|status", true}};
constexpr std::array daemon_argument = {ArgumentSpec{daemon, "lbd|vrrpd|syncd", false}};
constexpr std::array names_argument = {ArgumentSpec{names, "KIND", true}};
constexpr std::array shell_argument = {ArgumentSpec{shell, "bash|zsh|fish", true}};
constexpr std::array command_argument = {ArgumentSpec{ArgumentKind::command, "COMMAND", false}};

constexpr std::array init_options = {
    OptionSpec{"--node", "NAME=ADDRESS", "a node: its host name and its own address on the LAN; twice", text, true},
    OptionSpec{"--sync", "NAME=ADDRESS", "its address on the dedicated link (default: the same as on the LAN)", text,
               true},
    OptionSpec{"--vip", "ADDRESS/LENGTH", "a floating address with prefix length; two keep both nodes busy", text,
               true},
    OptionSpec{"--interface", "NAME", "the LAN's network interface, the same on both nodes", interface},
    OptionSpec{"--backend", "ADDRESS:PORT", "a server behind the load balancer; once for each", text, true},
    OptionSpec{"--listen", "PORT", "where clients connect (default: 80)"},
    OptionSpec{"--mode", "http|tcp", "what they speak (default: http)", mode},
    OptionSpec{"--health-path", "PATH", "a page that a healthy backend answers with 2xx (default: connecting is enough)"},
    OptionSpec{"--witness", "HOST", "what proves that a node is part of the LAN, like the gateway: ADDRESS or ADDRESS:PORT", text, true},
    OptionSpec{"--unicast", "", "adverts to the peer's address, for networks without multicast"},
    OptionSpec{"--vrid", "N", "the first VRRP router id, 1 to 255 (default: 51)"},
    OptionSpec{"--name", "NAME", "of the pair (default: tandem)"},
    OptionSpec{"--output", "FILE", "the configuration to write (default: --config); - prints it", file},
    OptionSpec{"--key-file", "FILE", "the cluster key to make or keep (default: cluster.key beside it)", file},
    OptionSpec{"--force", "", "replace a configuration that is there; it is kept as FILE.old"},
    OptionSpec{"--join", "", "write nothing; print what to copy to the peer, as commands"},
};
constexpr std::array doctor_options = {
    OptionSpec{"--peer-status", "FILE", "what `lbctl doctor --json` said on the peer; - is stdin", file},
};
constexpr std::array failover_options = {
    OptionSpec{"--to", "NODE", "where it shall be; nothing happens if it is there already (default: the other node)",
               node},
    OptionSpec{"--all", "", "every virtual address, instead of one; needs --to"},
    OptionSpec{"--force", "", "even if the peer is not known to live, to be fit, or to be in sync"},
};
constexpr std::array maintenance_options = {
    OptionSpec{"--reason", "TEXT", "for the colleague who sees it"},
    OptionSpec{"--force", "", "even if the peer does not take an address: it then has no owner"},
};
constexpr std::array event_options = {
    OptionSpec{"--follow", "", "go on with new events as they happen (with --json: the default)"},
    OptionSpec{"--once", "", "end after the recent events, with --json, too"},
};

constexpr std::array global_option_table = {
    OptionSpec{"--run-dir", "DIR", "where the daemons' control sockets are (default: /run/tandem)", directory},
    OptionSpec{"--config", "FILE", "the configuration (default: /etc/tandem/tandem.json)", file},
    OptionSpec{"--json", "", "print JSON, errors included"},
};

constexpr std::array command_table = {
    CommandSpec{CommandId::init, "init", {}, init_options,
                "write a configuration for a pair, and its key",
                "On a terminal it asks for what the options do not say. The configuration is the same for both nodes;\n"
                "an existing key is kept. Exit status 2 if the answers make no good configuration: then nothing is written."},
    CommandSpec{CommandId::check, "check", file_argument, {},
                "check a configuration file and print every mistake in it",
                "FILE defaults to --config. Exit status 2 if a daemon would refuse to start with it."},
    CommandSpec{CommandId::status, "status", {}, {},
                "this node on one screen: daemons, addresses, sync, backends, problems",
                "Exit status 0 if all is well, 1 if there are problems, 3 if no daemon is running."},
    CommandSpec{CommandId::doctor, "doctor", {}, doctor_options,
                "look for what would break a failover, with the fix as a command",
                "Looks at this host, its daemons and what they know of the peer, and probes; changes nothing. Best as root.\n"
                "Both at once: ssh PEER lbctl doctor --json | lbctl doctor --peer-status -\n"
                "Exit status 1 if something fails, here or in what the peer said, else 0."},
    CommandSpec{CommandId::drain, "drain", backend_argument, {},
                "give a backend no new traffic; what is open may finish",
                "Replicated to the peer; lasts until `lbctl enable`, through reloads and restarts."},
    CommandSpec{CommandId::enable, "enable", backend_argument, {}, "end the draining of a backend", ""},
    CommandSpec{CommandId::weight, "weight", weight_arguments, {},
                "set a backend's share of the traffic (0 to 1000; 0: none that is new)",
                "Replicated to the peer; overrides the configuration, through reloads and restarts."},
    CommandSpec{CommandId::reload, "reload", {}, {},
                "make lbd read its configuration again; no connection is cut",
                "A configuration with mistakes is refused, and the running one stays. Exit status 2 then."},
    CommandSpec{CommandId::failover, "failover", address_argument, failover_options,
                "move a virtual address to the other node, and wait until it is there",
                "Open connections survive it. Refused while the new owner is not fit or not in sync."},
    CommandSpec{CommandId::maintenance, "maintenance", service_argument, maintenance_options,
                "take this node out of service: it gives its addresses away and owns none",
                "Refused while the peer cannot take over. Lasts until `off`, also over restarts of vrrpd, but not over a\n"
                "reboot. After `off` the node takes its addresses back as usual: when it is in sync, and if it may preempt."},
    CommandSpec{CommandId::events, "events", {}, event_options,
                "what happened: take-overs, health, reloads, each with its cause",
                "With --json one object a line; time_ns is CLOCK_MONOTONIC."},
    CommandSpec{CommandId::sync, "sync", {}, {}, "replication in detail: peer, lag, tables", ""},
    CommandSpec{CommandId::vrrp, "vrrp", {}, {}, "virtual addresses in detail: priorities, adverts, drops", ""},
    CommandSpec{CommandId::metrics, "metrics", daemon_argument, {},
                "a daemon's Prometheus metrics (default: lbd's)", ""},
    CommandSpec{CommandId::names, "names", names_argument, {},
                "the names of all nodes, vips, groups, backends or listeners, one a line",
                "From --config if it is given, else from the running daemons, else from the installed configuration.\n"
                "KIND is one of nodes, vips, groups, backends, listeners."},
    CommandSpec{CommandId::schema, "schema", {}, {},
                "the JSON schema of tandem.json, for editors",
                "Installed as /usr/share/tandem/tandem.schema.json; a configuration names it with \"$schema\"."},
    CommandSpec{CommandId::completion, "completion", shell_argument, {},
                "a completion script for your shell",
                "bash: source <(lbctl completion bash)   zsh: source <(lbctl completion zsh)\n"
                "fish: lbctl completion fish | source    The package installs them."},
    CommandSpec{CommandId::help, "help", command_argument, {}, "this text, or all about one command", ""},
    CommandSpec{CommandId::version, "version", {}, {}, "the version of lbctl", ""},
};

}  // namespace

std::span<const CommandSpec> commands() { return command_table; }

std::span<const OptionSpec> global_options() { return global_option_table; }

const CommandSpec& command(CommandId id) {
  const auto* found =
      std::find_if(command_table.begin(), command_table.end(), [id](const CommandSpec& spec) { return spec.id == id; });
  TANDEM_ASSERT(found != command_table.end());
  return *found;
}

const CommandSpec* find_command(std::string_view word) {
  for (const CommandSpec& spec : command_table) {
    if (spec.word == word) return &spec;
  }
  return nullptr;
}

std::vector<std::string_view> words_of(ArgumentKind kind) {
  switch (kind) {
    case text:
    case file:
    case directory:
    case backend:
    case ArgumentKind::weight:
    case virtual_address:
    case node:
    case interface: return {};
    case daemon: return {"lbd", "vrrpd", "syncd"};
    case mode: return {"http", "tcp"};
    case service: return {"on", "off", "status"};
    case names: return {"nodes", "vips", "groups", "backends", "listeners"};
    case shell: return {"bash", "zsh", "fish"};
    case ArgumentKind::command: break;
  }
  std::vector<std::string_view> words;
  for (const CommandSpec& spec : command_table) words.push_back(spec.word);
  return words;
}

}  // namespace tandem::ctl
