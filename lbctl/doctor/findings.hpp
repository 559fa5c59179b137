// Facts in, findings out. Pure.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <string>
#include <vector>

#include "lbctl/doctor/facts.hpp"

namespace tandem::ctl {

enum class Verdict : std::uint8_t { ok, warn, fail };

struct Finding {
  Verdict verdict = Verdict::ok;
  std::string check;  // stable name: "rp_filter"
  std::string what;   // one sentence
  std::string why;    // why it hurts; empty if ok
  std::string fix;    // a command, or what to do; empty if ok
};

/// Collects findings; one list for the whole examination.
class Findings {
 public:
  void ok(std::string check, std::string what) { list.push_back({Verdict::ok, std::move(check), std::move(what), {}, {}}); }
  void warn(std::string check, std::string what, std::string why, std::string fix) {
    list.push_back({Verdict::warn, std::move(check), std::move(what), std::move(why), std::move(fix)});
  }
  void fail(std::string check, std::string what, std::string why, std::string fix) {
    list.push_back({Verdict::fail, std::move(check), std::move(what), std::move(why), std::move(fix)});
  }
  std::vector<Finding> list;
};

/// Everything that can be said about `facts`, in the order in which one would repair it.
std::vector<Finding> examine(const Facts& facts);

// The parts of examine().
void examine_setup(const Facts& facts, Findings& findings);     // file, key, node, daemons, versions
void examine_network(const Facts& facts, Findings& findings);   // interfaces, sysctls
void examine_firewall(const Facts& facts, Findings& findings);
void examine_multicast(const Facts& facts, Findings& findings);  // adverts that are sent and do not arrive
void examine_virtual_macs(const Facts& facts, Findings& findings);
void examine_pair(const Facts& facts, Findings& findings);      // adverts, sync, owners, the other node
void examine_machine(const Facts& facts, Findings& findings);   // real time, BPF, limits, clock, drill

Verdict worst(const std::vector<Finding>& findings);
std::string_view to_string(Verdict verdict);

}  // namespace tandem::ctl
