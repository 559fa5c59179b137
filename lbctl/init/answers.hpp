// What `lbctl init` must know to write a configuration, and how an operator says it. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/inet.hpp"
#include "common/base/result.hpp"
#include "lbctl/grammar.hpp"

namespace tandem::ctl {

struct NamedAddress {
  std::string name;
  IpAddress address;
};

struct InitAnswers {
  std::string name = "tandem";
  std::vector<NamedAddress> nodes;  // two; each with its address on the LAN
  std::vector<NamedAddress> sync;   // addresses on the dedicated link: none, or one for each node
  std::vector<Prefix> vips;
  std::string interface;
  std::vector<Endpoint> backends;
  std::uint16_t port = 80;
  std::string mode = "http";  // or "tcp"
  std::string health_path;    // empty: a backend that accepts connections is healthy
  std::vector<Endpoint> witnesses;  // port 0: none was given
  bool unicast = false;
  std::uint8_t first_vrid = 51;
  std::string key_file;
};

// One answer each. The error is a sentence that says what the word should look like.
Result<NamedAddress> parse_node(std::string_view text);
Result<Prefix> parse_vip(std::string_view text);
Result<Endpoint> parse_backend_address(std::string_view text);
Result<Endpoint> parse_witness(std::string_view text);
Result<std::uint16_t> parse_port(std::string_view text);
Result<std::string> parse_interface(std::string_view text);
Result<std::string> parse_health_path(std::string_view text);

/// What the options of `lbctl init` say; the rest as in InitAnswers. The error names the option.
Result<InitAnswers> read_answers(const Invocation& invocation);

/// The options without which no configuration can be written, with what they are: "--vip (a floating …)".
std::vector<std::string> missing_answers(const InitAnswers& answers);

/// The configuration to write: --output, or --config, or the installed one. "-" is stdout.
std::string output_path(const Invocation& invocation);

}  // namespace tandem::ctl
