#include "lbctl/problems.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <nlohmann/json.hpp>

#include "tests/unit/lbctl/samples.hpp"

using namespace tandem::ctl;
using Json = nlohmann::ordered_json;
using Problems = std::vector<std::string>;

namespace {

Json healthy() {
  return {{"lbd", Json::parse(testing::lbd_status)},
          {"vrrpd", Json::parse(testing::vrrpd_status)},
          {"syncd", Json::parse(testing::syncd_status)}};
}

}  // namespace

TEST_CASE("a healthy node has no problems, and a daemon that is absent is not judged") {
  CHECK(find_problems(healthy(), true).empty());
  CHECK(find_problems({{"lbd", nullptr}, {"vrrpd", nullptr}, {"syncd", nullptr}}, true).empty());
}

TEST_CASE("each thing that goes wrong is one sentence") {
  struct Row {
    std::function<void(Json&)> spoil;
    Problems problems;
  };
  const std::vector<Row> rows = {
      {[](Json& s) { s["lbd"]["ready"] = false; s["lbd"]["ready_reason"] = "draining"; }, {"lbd is not ready: draining"}},
      {[](Json& s) { s["lbd"]["sync"]["connected"] = false; },
       {"lbd is not connected to syncd: what it learns is not replicated"}},
      {[](Json& s) {
         auto& backend = s["lbd"]["target_groups"][0]["backends"][1];
         backend["health"] = "down";
         backend["health_reason"] = "connection refused";
       },
       {"shop/s2 is down: connection refused"}},
      {[](Json& s) {
         auto& backend = s["lbd"]["target_groups"][0]["backends"][0];
         backend["health"] = "down";
         backend["health_reason"] = "timeout";
       },
       {"target group shop has no backend that is up and enabled", "shop/s1 is down: timeout"}},
      {[](Json& s) { s["lbd"]["target_groups"][0]["backends"] = Json::array(); },
       {"target group shop has no backend that is up and enabled"}},
      {[](Json& s) { s["vrrpd"]["lbd_ready"] = false; s["vrrpd"]["lbd_reason"] = "it is stopping"; },
       {"vrrpd sees that lbd is not ready: it is stopping"}},
      {[](Json& s) { s["vrrpd"]["virtual_addresses"][1]["owner"] = nullptr; },
       {"virtual address vip-b has no known owner: adverts of a higher priority"}},
      {[](Json& s) {
         s["vrrpd"]["virtual_addresses"][1]["authentication"] = {{"enabled", true}, {"problem", "it is not authenticated"}};
       },
       {"the latest advert for vip-b: it is not authenticated"}},
      {[](Json& s) {
         s["vrrpd"]["virtual_addresses"][1]["vote"] = {{"held", true}, {"text", "no witness"}, {"remedy", "repair the cable"}};
       },
       {"vip-b is held, silence on the LAN is not believed: no witness; to do: repair the cable"}},
      {[](Json& s) {
         s["vrrpd"]["virtual_addresses"][1]["virtual_mac"] = {{"address", "00:00:5e:00:01:34"}, {"problem", "no macvlan"}};
       },
       {"the virtual MAC address of vip-b: no macvlan"}},
      {[](Json& s) { s["vrrpd"]["virtual_addresses"][1]["virtual_mac"] = nullptr; }, {}},
      {[](Json& s) {
         s["vrrpd"]["virtual_addresses"][1]["may_take_over"] = false;
         s["vrrpd"]["virtual_addresses"][1]["may_take_over_reason"] = "not in sync";
       },
       {"this node may not take over vip-b: not in sync"}},
      {[](Json& s) {
         s["vrrpd"]["maintenance"] = {{"on", true}, {"since", "2026-11-24T09:30:00Z"}, {"reason", "new switch"}};
         s["vrrpd"]["virtual_addresses"][1]["may_take_over"] = false;
       },
       {"this node is in maintenance since 2026-11-24T09:30:00Z: new switch; it owns no address until `lbctl maintenance "
        "off`"}},
      {[](Json& s) { s["vrrpd"]["virtual_addresses"][0]["may_take_over"] = false; }, {}},
      {[](Json& s) { s["syncd"]["peer"]["connected"] = false; },
       {"the peer lb2 is not connected: nothing is replicated"}},
      {[](Json& s) { s["syncd"]["peer"]["path"] = "sync"; }, {}},
      {[](Json& s) { s["syncd"]["peer"]["path"] = "lan"; },
       {"replication with lb2 runs over the LAN, because the sync link is down: one broken switch now cuts adverts and "
        "replication at once"}},
      {[](Json& s) { s["syncd"]["peer"]["connected"] = false; s["syncd"]["peer"]["path"] = "lan"; },
       {"the peer lb2 is not connected: nothing is replicated"}},
      {[](Json& s) { s["syncd"]["in_sync"] = false; s["syncd"]["in_sync_reason"] = "repairing"; },
       {"this node is not in sync: repairing"}},
  };
  for (std::size_t i = 0; i < rows.size(); ++i) {
    CAPTURE(i);
    Json status = healthy();
    rows[i].spoil(status);
    CHECK(find_problems(status, true) == rows[i].problems);
  }
}

TEST_CASE("without a pair nobody misses replication") {
  Json status = {{"lbd", Json::parse(testing::lbd_status)}, {"vrrpd", nullptr}, {"syncd", nullptr}};
  status["lbd"]["sync"]["connected"] = false;
  CHECK(find_problems(status, false).empty());
}
