#include "lbctl/init/render.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "common/config/json_schema.hpp"

namespace tandem::ctl {
namespace {

// Text from the command line as JSON text, whatever is in it.
std::string json_text(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

const IpAddress& sync_address(const InitAnswers& answers, const NamedAddress& node) {
  for (const NamedAddress& sync : answers.sync) {
    if (sync.name == node.name) return sync.address;
  }
  return node.address;
}

std::string comma(std::size_t index, std::size_t count) { return index + 1 < count ? "," : ""; }

std::string cluster_section(const InitAnswers& answers) {
  std::string text =
      "  // The two nodes: host name, own address on the LAN, address on the link between the two.\n"
      "  \"cluster\": {\n";
  text += fmt::format("    \"name\": {},\n    \"nodes\": [\n", json_text(answers.name));
  for (std::size_t i = 0; i < answers.nodes.size(); ++i) {
    const NamedAddress& node = answers.nodes[i];
    text += fmt::format("      {{ \"name\": {}, \"address\": \"{}\", \"sync_address\": \"{}\" }}{}\n",
                        json_text(node.name), node.address.to_string(), sync_address(answers, node).to_string(),
                        comma(i, answers.nodes.size()));
  }
  text += "    ],\n";
  text += answers.sync.empty()
              ? "    // There is no dedicated link: the nodes replicate over the LAN. A cable between the two is better;\n"
                "    // then its addresses are the \"sync_address\"es.\n"
              : "    // Replication goes over the dedicated link, and over the LAN while the link is down.\n";
  text += "    // It is encrypted with the shared key: 64 hexadecimal characters, the same file on both nodes.\n";
  text += fmt::format("    \"sync\": {{ \"port\": 5405, \"key_file\": {} }}", json_text(answers.key_file));
  if (!answers.witnesses.empty()) {
    text += ",\n    // Hosts on the LAN that prove that a node is still part of it: they answer ping, or accept connections.\n"
            "    \"witnesses\": [";
    for (std::size_t i = 0; i < answers.witnesses.size(); ++i) {
      const Endpoint& witness = answers.witnesses[i];
      text += fmt::format("\"{}\"{}", witness.port == 0 ? witness.address.to_string() : witness.to_string(),
                          i + 1 < answers.witnesses.size() ? ", " : "");
    }
    text += "]";
  }
  return text + "\n  },\n\n";
}

std::string vip_section(const InitAnswers& answers) {
  std::string text =
      "  // Floating addresses: each is on its preferred node while that is well, else on the other. With\n"
      "  // different preferred nodes both carry traffic. A node that comes back waits preempt_delay before it\n"
      "  // takes its address again. The vrid must be unique among all VRRP routers of this LAN.\n"
      "  \"virtual_addresses\": [\n";
  for (std::size_t i = 0; i < answers.vips.size(); ++i) {
    text += fmt::format(
        "    {{ \"name\": \"vip-{}\", \"addresses\": [\"{}\"], \"interface\": {}, \"vrid\": {},\n"
        "      \"preferred_node\": {}, \"preempt_delay\": \"5s\"{} }}{}\n",
        i + 1, answers.vips[i].to_string(), json_text(answers.interface), answers.first_vrid + i,
        json_text(answers.nodes[i % answers.nodes.size()].name), answers.unicast ? ", \"unicast\": true" : "",
        comma(i, answers.vips.size()));
  }
  return text + "  ],\n\n";
}

std::string listener_section(const InitAnswers& answers) {
  const bool http = answers.mode == "http";
  std::string text = http ? "  // Where clients connect. \"*\" is every address of the node, the floating ones included.\n"
                            "  // Rules (by host, path, header …) and header edits go here: tandem.json(5).\n"
                          : "  // Where clients connect. \"*\" is every address of the node, the floating ones included.\n";
  return text + fmt::format("  \"listeners\": [\n"
                            "    {{ \"name\": \"{0}\", \"protocol\": \"{1}\", \"address\": \"*\", \"port\": {2}, "
                            "\"default_target_group\": \"{0}\" }}\n  ],\n\n",
                            http ? "web" : "app", answers.mode, answers.port);
}

std::string group_section(const InitAnswers& answers) {
  const bool http = answers.mode == "http";
  std::string text =
      "  // The servers. \"p2c\" takes the less busy of two random ones. `lbctl drain GROUP/BACKEND` empties one\n"
      "  // before maintenance.\n"
      "  \"target_groups\": [\n";
  text += fmt::format("    {{ \"name\": \"{}\", \"protocol\": \"{}\", \"algorithm\": \"p2c\",\n      \"backends\": [\n",
                      http ? "web" : "app", answers.mode);
  for (std::size_t i = 0; i < answers.backends.size(); ++i) {
    text += fmt::format("        {{ \"name\": \"b{}\", \"address\": \"{}\" }}{}\n", i + 1,
                        answers.backends[i].to_string(), comma(i, answers.backends.size()));
  }
  text += "      ],\n";
  if (http) {
    text += "      // To keep a browser on its backend, also over a failover, add:  \"sticky\": { \"type\": \"cookie\" },\n";
  } else {
    text += "      // To keep a client on its backend, also over a failover, add:  \"sticky\": { \"type\": \"source\" },\n";
  }
  if (answers.health_path.empty()) {
    text += http ? "      // A backend that accepts connections is up. Better ask for a page:\n"
                   "      // \"health_check\": { \"type\": \"http\", \"path\": \"/ready\", \"interval\": \"2s\" }\n"
                 : "      // A backend that accepts connections is up.\n";
    text += "      \"health_check\": { \"type\": \"tcp\", \"interval\": \"2s\", \"timeout\": \"1s\" } }\n";
  } else {
    text += "      // A backend that answers this page with 2xx is up; down after three failures in a row.\n";
    text += fmt::format("      \"health_check\": {{ \"type\": \"http\", \"path\": {}, \"interval\": \"2s\", "
                        "\"timeout\": \"1s\" }} }}\n",
                        json_text(answers.health_path));
  }
  return text + "  ]\n";
}

}  // namespace

std::string render_config(const InitAnswers& answers) {
  std::string text =
      "// The configuration of a Tandem pair, written by `lbctl init`: one file, the same on both nodes.\n"
      "// JSON with comments; every key is described in tandem.json(5). After a change: `lbctl check`, copy it to\n"
      "// the peer, `systemctl reload tandem-lbd tandem-vrrpd tandem-syncd` on both.\n"
      "{\n";
  text += fmt::format("  \"$schema\": \"{}\",\n  \"version\": 1,\n\n", config::installed_schema);
  return text + cluster_section(answers) + vip_section(answers) + listener_section(answers) + group_section(answers) +
         "}\n";
}

}  // namespace tandem::ctl
