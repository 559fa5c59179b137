// What the peer's doctor found counts here, too.
#include "lbctl/doctor/peer_report.hpp"

#include <doctest/doctest.h>

using namespace tandem::ctl;

namespace {

// A report of lb1 with these findings, as its doctor prints it.
std::string report_with(const std::string& findings) {
  return R"({"node": "lb1", "identity": {"node": "lb1", "version": "1.2.3"}, "findings": )" + findings + "}";
}

}  // namespace

TEST_CASE("the peer's warnings and failures say where they are; what is good there is left out") {
  const auto report = parse_peer_report(report_with(R"([
    {"verdict": "ok", "check": "clock", "what": "the clock is synchronised", "why": "", "fix": ""},
    {"verdict": "fail", "check": "firewall", "what": "adverts are dropped", "why": "it will take over", "fix": "nft list ruleset"},
    {"verdict": "warn", "check": "sync", "what": "not in sync", "why": "w", "fix": "on the peer: systemctl start tandem-syncd"}])"));
  REQUIRE(report);
  CHECK(report->identity.node == "lb1");
  REQUIRE(report->findings.size() == 2);
  const Finding& firewall = report->findings[0];
  CHECK(firewall.verdict == Verdict::fail);
  CHECK(firewall.check == "firewall");
  CHECK(firewall.what == "lb1: adverts are dropped");
  CHECK(firewall.why == "it will take over");
  CHECK(firewall.fix == "on lb1: nft list ruleset");
  CHECK(report->findings[1].verdict == Verdict::warn);
  CHECK(report->findings[1].fix == "on this host: systemctl start tandem-syncd");
  CHECK(worst(report->findings) == Verdict::fail);
}

TEST_CASE("a peer without traps adds nothing, and one that does not know its name is called the peer") {
  CHECK(parse_peer_report(report_with("[]"))->findings.empty());
  const auto nameless = parse_peer_report(R"({"identity": {}, "findings": [{"verdict": "fail", "what": "who is this?"}]})");
  REQUIRE(nameless);
  CHECK(nameless->findings.at(0).what == "the peer: who is this?");
}

TEST_CASE("a verdict that is unknown here is no good news, and other text is no report") {
  CHECK(worst(parse_peer_report(report_with(R"([{"verdict": "doom"}])"))->findings) == Verdict::fail);
  CHECK(worst(parse_peer_report(report_with("[1]"))->findings) == Verdict::fail);
  for (const char* text : {"", "{}", "[]", "ssh: connect refused", R"({"identity": {"node": "lb1"}})",
                           R"({"identity": {"node": "lb1"}, "findings": 1})"}) {
    CHECK_FALSE(parse_peer_report(text));
  }
}
