#include "lbctl/init/questions.hpp"

#include <fmt/format.h>

#include <istream>
#include <optional>
#include <ostream>

namespace tandem::ctl {
namespace {

std::string trimmed(const std::string& line) {
  const std::size_t first = line.find_first_not_of(" \t\r");
  if (first == std::string::npos) return {};
  return line.substr(first, line.find_last_not_of(" \t\r") - first + 1);
}

class Interview {
 public:
  Interview(InitAnswers answers, const Guess& guess, std::istream& in, std::ostream& out)
      : answers_(std::move(answers)), guess_(guess), in_(in), out_(out) {}

  InitAnswers run() {
    out_ << "A pair needs two nodes, one or two floating addresses, and backends. An empty line takes what is in [].\n";
    ask_nodes();
    ask_sync();
    ask_interface();
    ask_vips();
    ask_witnesses();
    ask_service();
    ask_backends();
    return std::move(answers_);
  }

 private:
  // nullopt: an empty line without a proposal, or the end of the input. `refused` says why an answer is no good.
  template <class T>
  std::optional<T> question(const std::string& text, const std::string& proposal, bool may_be_empty,
                            Result<T> (*parse)(std::string_view)) {
    while (!ended_) {
      out_ << text << (proposal.empty() ? "" : " [" + proposal + "]") << ": " << std::flush;
      std::string line;
      if (!std::getline(in_, line)) {
        ended_ = true;
        break;
      }
      line = trimmed(line);
      if (line.empty()) line = proposal;
      if (line.empty() && may_be_empty) return std::nullopt;
      auto value = parse(line);
      if (value) return std::move(*value);
      out_ << "  " << value.error().message << "\n";
    }
    return std::nullopt;
  }

  void ask_nodes() {
    if (answers_.nodes.empty()) {
      const bool known = !guess_.host.empty() && !guess_.address.empty();
      const std::string proposal = known ? fmt::format("{}={}", guess_.host, guess_.address) : "";
      if (auto node = question<NamedAddress>("This node: its host name and its address on the LAN, NAME=ADDRESS", proposal,
                                             false, &parse_node)) {
        answers_.nodes.push_back(std::move(*node));
      }
    }
    if (answers_.nodes.size() == 1) {
      if (auto node = question<NamedAddress>("The other node, NAME=ADDRESS", "", false, &parse_node)) {
        answers_.nodes.push_back(std::move(*node));
      }
    }
  }

  void ask_sync() {
    if (!answers_.sync.empty() || ended_) return;
    for (const NamedAddress& node : answers_.nodes) {
      const bool optional = answers_.sync.empty();
      auto address = question<NamedAddress>(
          fmt::format("Address of {} on a dedicated link between the nodes{}", node.name,
                      optional ? " (empty: there is none)" : ""),
          "", optional, [](std::string_view text) -> Result<NamedAddress> {
            if (const auto parsed = IpAddress::parse(text)) return NamedAddress{"", *parsed};
            return Error{fmt::format("'{}' is not an IP address", text)};
          });
      if (!address) return;
      answers_.sync.push_back({node.name, address->address});
    }
  }

  void ask_interface() {
    if (!answers_.interface.empty()) return;
    if (auto name = question<std::string>("Network interface of the LAN, the same on both nodes", guess_.interface, false,
                                          &parse_interface)) {
      answers_.interface = std::move(*name);
    }
  }

  void ask_vips() {
    if (!answers_.vips.empty()) return;
    auto first = question<Prefix>("Floating address, ADDRESS/LENGTH (like 192.0.2.100/24)", "", false, &parse_vip);
    if (!first) return;
    answers_.vips.push_back(*first);
    auto second = question<Prefix>("A second one, so that both nodes carry traffic (empty: none)", "", true, &parse_vip);
    if (second) answers_.vips.push_back(*second);
  }

  void ask_witnesses() {
    if (!answers_.witnesses.empty() || ended_) return;
    using Choice = std::optional<Endpoint>;
    const auto first = question<Choice>(
        "A host that proves that a node is part of the LAN, like the default gateway, ADDRESS or ADDRESS:PORT (none: there is none)",
        guess_.gateway.empty() ? "none" : guess_.gateway, false, [](std::string_view text) -> Result<Choice> {
          if (text == "none") return Choice();
          auto witness = parse_witness(text);
          return witness ? Result<Choice>(*witness) : Result<Choice>(witness.error());
        });
    if (!first || !*first) return;
    answers_.witnesses.push_back(**first);
    while (auto next = question<Endpoint>("One more, on another device (empty: no more)", "", true, &parse_witness)) {
      answers_.witnesses.push_back(*next);
    }
  }

  // Only what no option said: a default that was never chosen is a question.
  void ask_service() {
    if (!answers_.backends.empty() || ended_) return;
    if (auto mode = question<std::string>("What clients speak, http or tcp", answers_.mode, false,
                                          [](std::string_view text) -> Result<std::string> {
                                            if (text == "http" || text == "tcp") return std::string(text);
                                            return Error{fmt::format("'{}' is neither http nor tcp", text)};
                                          })) {
      answers_.mode = std::move(*mode);
    }
    if (auto port = question<std::uint16_t>("Port that they connect to", std::to_string(answers_.port), false, &parse_port)) {
      answers_.port = *port;
    }
  }

  void ask_backends() {
    if (!answers_.backends.empty()) return;
    auto first = question<Endpoint>("Backend, ADDRESS:PORT (like 192.0.2.21:8080)", "", false, &parse_backend_address);
    if (!first) return;
    answers_.backends.push_back(*first);
    while (auto next = question<Endpoint>("One more backend (empty: no more)", "", true, &parse_backend_address)) {
      answers_.backends.push_back(*next);
    }
    if (answers_.mode != "http" || !answers_.health_path.empty()) return;
    if (auto path = question<std::string>("A page that a healthy backend answers with 2xx, like /ready (empty: connecting is enough)",
                                          "", true, &parse_health_path)) {
      answers_.health_path = std::move(*path);
    }
  }

  InitAnswers answers_;
  const Guess& guess_;
  std::istream& in_;
  std::ostream& out_;
  bool ended_ = false;
};

}  // namespace

Result<InitAnswers> ask(InitAnswers answers, const Guess& guess, std::istream& in, std::ostream& out) {
  Interview interview(std::move(answers), guess, in, out);
  InitAnswers complete = interview.run();
  // The last question may be left open by the end of the input.
  if (!missing_answers(complete).empty()) return Error{"the input ended before all was answered; nothing was written"};
  return complete;
}

}  // namespace tandem::ctl
