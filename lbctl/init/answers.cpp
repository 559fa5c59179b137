#include "lbctl/init/answers.hpp"

#include <fmt/format.h>

#include <charconv>
#include <filesystem>
#include <optional>

namespace tandem::ctl {
namespace {

std::optional<std::uint32_t> number(std::string_view text, std::uint32_t least, std::uint32_t most) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool good = error == std::errc{} && end == text.data() + text.size() && value >= least && value <= most;
  return good ? std::optional(value) : std::nullopt;
}

// Every value of a repeatable option.
template <class T>
Result<std::vector<T>> all(const Invocation& invocation, std::string_view option, Result<T> (*parse)(std::string_view)) {
  std::vector<T> values;
  for (const std::string& text : invocation.values(option)) {
    auto value = parse(text);
    if (!value) return Error{fmt::format("init {}: {}", option, value.error().message)};
    values.push_back(std::move(*value));
  }
  return values;
}

template <class T>
Result<> one(const Invocation& invocation, std::string_view option, T& out, Result<T> (*parse)(std::string_view)) {
  auto values = all<T>(invocation, option, parse);
  if (!values) return values.error();
  if (!values->empty()) out = std::move(values->front());
  return {};
}

Result<std::uint8_t> parse_vrid(std::string_view text) {
  if (const auto value = number(text, 1, 255)) return static_cast<std::uint8_t>(*value);
  return Error{fmt::format("'{}' is not a number from 1 to 255", text)};
}

Result<> check_sync(const InitAnswers& answers) {
  if (answers.sync.empty()) return {};
  if (answers.sync.size() != answers.nodes.size() && !answers.nodes.empty()) {
    return Error{"init --sync: say it once for each node, or leave it out"};
  }
  for (const NamedAddress& sync : answers.sync) {
    bool known = answers.nodes.empty();
    for (const NamedAddress& node : answers.nodes) known = known || node.name == sync.name;
    if (!known) return Error{fmt::format("init --sync: no --node has the name '{}'", sync.name)};
  }
  if (answers.sync.size() == 2 && answers.sync[0].name == answers.sync[1].name) {
    return Error{fmt::format("init --sync: {} is given twice, the other node is missing", answers.sync[0].name)};
  }
  return {};
}

Result<> read_lists(const Invocation& invocation, InitAnswers& answers) {
  auto nodes = all<NamedAddress>(invocation, "--node", &parse_node);
  if (!nodes) return nodes.error();
  auto sync = all<NamedAddress>(invocation, "--sync", &parse_node);
  if (!sync) return sync.error();
  auto vips = all<Prefix>(invocation, "--vip", &parse_vip);
  if (!vips) return vips.error();
  auto backends = all<Endpoint>(invocation, "--backend", &parse_backend_address);
  if (!backends) return backends.error();
  auto witnesses = all<Endpoint>(invocation, "--witness", &parse_witness);
  if (!witnesses) return witnesses.error();
  answers.nodes = std::move(*nodes);
  answers.sync = std::move(*sync);
  answers.vips = std::move(*vips);
  answers.backends = std::move(*backends);
  answers.witnesses = std::move(*witnesses);
  if (answers.nodes.size() > 2) return Error{"init --node: a pair has exactly two nodes"};
  return check_sync(answers);
}

}  // namespace

Result<NamedAddress> parse_node(std::string_view text) {
  const std::size_t equals = text.find('=');
  const auto address = equals == std::string_view::npos ? std::nullopt : IpAddress::parse(text.substr(equals + 1));
  if (!address || equals == 0) return Error{fmt::format("'{}' is not NAME=ADDRESS (like lb1=192.0.2.11)", text)};
  return NamedAddress{std::string(text.substr(0, equals)), *address};
}

Result<Prefix> parse_vip(std::string_view text) {
  const auto prefix = Prefix::parse(text);
  if (!prefix) return Error{fmt::format("'{}' is not ADDRESS/LENGTH (like 192.0.2.100/24)", text)};
  if (text.find('/') == std::string_view::npos) {
    return Error{fmt::format("'{}' lacks the LAN's prefix length (like {}/24; `ip address` shows it)", text, text)};
  }
  return *prefix;
}

Result<Endpoint> parse_backend_address(std::string_view text) {
  const auto endpoint = Endpoint::parse(text);
  if (endpoint && endpoint->port != 0) return *endpoint;
  return Error{fmt::format("'{}' is not ADDRESS:PORT (like 192.0.2.21:8080 or [2001:db8::21]:8080)", text)};
}

Result<Endpoint> parse_witness(std::string_view text) {
  if (const auto address = IpAddress::parse(text)) return Endpoint{.address = *address, .port = 0};
  const auto endpoint = Endpoint::parse(text);
  if (endpoint && endpoint->port != 0) return *endpoint;
  return Error{fmt::format("'{}' is not an IP address, with or without a port (like 192.0.2.1 or 192.0.2.53:53)", text)};
}

Result<std::uint16_t> parse_port(std::string_view text) {
  if (const auto value = number(text, 1, 65535)) return static_cast<std::uint16_t>(*value);
  return Error{fmt::format("'{}' is not a port from 1 to 65535", text)};
}

Result<std::string> parse_interface(std::string_view text) {
  constexpr std::size_t longest = 15;  // IFNAMSIZ - 1
  const bool good = !text.empty() && text.size() <= longest && text.find_first_of("/ \"\\") == std::string_view::npos;
  if (good) return std::string(text);
  return Error{fmt::format("'{}' is not the name of a network interface (like eth0; `ip link` lists them)", text)};
}

Result<std::string> parse_health_path(std::string_view text) {
  const bool good = text.starts_with('/') && text.find_first_of(" \"\\") == std::string_view::npos;
  if (good) return std::string(text);
  return Error{fmt::format("'{}' is not a path (like /ready)", text)};
}

Result<InitAnswers> read_answers(const Invocation& invocation) {
  InitAnswers answers;
  if (auto good = read_lists(invocation, answers); !good) return good.error();
  if (auto good = one<std::string>(invocation, "--interface", answers.interface, &parse_interface); !good) {
    return good.error();
  }
  if (auto good = one<std::uint16_t>(invocation, "--listen", answers.port, &parse_port); !good) return good.error();
  if (auto good = one<std::uint8_t>(invocation, "--vrid", answers.first_vrid, &parse_vrid); !good) return good.error();
  if (auto good = one<std::string>(invocation, "--health-path", answers.health_path, &parse_health_path); !good) {
    return good.error();
  }
  answers.mode = invocation.value("--mode").value_or(answers.mode);
  if (answers.mode == "tcp" && !answers.health_path.empty()) {
    return Error{"init --health-path: only --mode http asks for a page"};
  }
  answers.name = invocation.value("--name").value_or(answers.name);
  answers.unicast = invocation.has("--unicast");
  const std::filesystem::path directory = std::filesystem::path(output_path(invocation)).parent_path();
  const std::string installed = "/etc/tandem/cluster.key";
  const std::string beside = std::filesystem::absolute(directory / "cluster.key").lexically_normal().string();
  answers.key_file = invocation.value("--key-file").value_or(output_path(invocation) == "-" ? installed : beside);
  return answers;
}

std::vector<std::string> missing_answers(const InitAnswers& answers) {
  std::vector<std::string> missing;
  if (answers.nodes.size() < 2) missing.emplace_back("--node NAME=ADDRESS (twice)");
  if (answers.vips.empty()) missing.emplace_back("--vip ADDRESS/LENGTH");
  if (answers.interface.empty()) missing.emplace_back("--interface NAME");
  if (answers.backends.empty()) missing.emplace_back("--backend ADDRESS:PORT");
  return missing;
}

std::string output_path(const Invocation& invocation) {
  return invocation.value("--output").value_or(invocation.config_path());
}

}  // namespace tandem::ctl
