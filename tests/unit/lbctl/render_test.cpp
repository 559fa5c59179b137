#include "lbctl/render/render.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <ctime>
#include <nlohmann/json.hpp>

#include "tests/unit/lbctl/samples.hpp"

using namespace tandem;
using namespace tandem::ctl;
using Json = nlohmann::ordered_json;

namespace {
const TimePoint now{std::chrono::seconds(64)};
}

TEST_CASE("vrrp: the lease, enforced or not, and the lateness") {
  Json status = Json::parse(ctl::testing::vrrpd_status);
  status["virtual_addresses"][0]["late_total"] = 1;
  status["virtual_addresses"][0]["lease"] = {
      {"bound_ms", 275.0}, {"enforced", true}, {"reason", ""}, {"remaining_ms", 200.4}, {"silenced_packets", 12}};
  status["virtual_addresses"][0]["lateness"] = {{"count", 7}, {"p50_ms", 0.05}, {"p99_ms", 1.5}, {"max_ms", 3.1}};
  status["virtual_addresses"][0]["lateness"]["buckets"] = {
      {{"le_ms", 0.05}, {"count", 5}}, {{"le_ms", 4.8}, {"count", 1}}, {{"le_ms", nullptr}, {"count", 1}}};
  status["virtual_addresses"][1]["lease"] = {{"enforced", false}, {"reason", "no CAP_BPF"}};
  const std::string text = render_vrrp(status, now, false);
  CAPTURE(text);
  CHECK(text.find("  lease           mute 275 ms after the last advert; 200 ms left; 12 packets silenced\n"
                  "  lateness        of 7 timers: p50 0.05 ms, p99 1.5 ms, at most 3.1 ms; too late 1 times\n"
                  "                  ≤0.05 ms 5, ≤4.8 ms 1, more 1\n") !=
        std::string::npos);
  CHECK(text.find("  lease           NOT ENFORCED, a frozen vrrpd goes on answering: no CAP_BPF\n") != std::string::npos);
}

TEST_CASE("vrrp: whether adverts are authenticated, and what is wrong with that") {
  Json status = Json::parse(ctl::testing::vrrpd_status);
  status["virtual_addresses"][0]["authentication"] = {{"enabled", true}, {"problem", nullptr}};
  status["virtual_addresses"][1]["authentication"] = {{"enabled", false}, {"problem", "it differs"}};
  const std::string text = render_vrrp(status, now, false);
  CHECK(text.find("  authentication  with the cluster key\n") != std::string::npos);
  CHECK(text.find("  authentication  none; PROBLEM: it differs\n") != std::string::npos);
}

TEST_CASE("vrrp: with whom an address moves") {
  Json status = Json::parse(ctl::testing::vrrpd_status);
  Json& addresses = status["virtual_addresses"];
  addresses.push_back(addresses[1]);
  addresses[2]["name"] = "vip-c";
  for (std::size_t i = 0; i < 3; ++i) addresses[i]["sync_group"] = nullptr;
  CHECK(render_vrrp(status, now, false).find("sync group") == std::string::npos);
  addresses[0]["sync_group"] = addresses[2]["sync_group"] = "edge";
  const std::string text = render_vrrp(status, now, false);
  CAPTURE(text);
  CHECK(text.find("  sync group      edge, with vip-c\n") < text.find("vip-b: "));
  CHECK(text.find("  sync group      edge, with vip-a\n") > text.find("vip-c: "));
  CHECK(text.find("  sync group      edge, with vip-a\n") != std::string::npos);
}

TEST_CASE("vrrp: the virtual MAC address, in force, doubtful, or not") {
  Json status = Json::parse(ctl::testing::vrrpd_status);
  Json& first = status["virtual_addresses"][0]["virtual_mac"];
  first = {{"address", "00:00:5e:00:01:33"}, {"device", "vr4.51.eth0"}, {"in_force", true}, {"problem", ""}};
  status["virtual_addresses"][1]["virtual_mac"] = {
      {"address", "00:00:5e:00:01:34"}, {"device", nullptr}, {"in_force", false}, {"problem", "no macvlan"}};
  std::string text = render_vrrp(status, now, false);
  CAPTURE(text);
  CHECK(text.find("  virtual MAC     00:00:5e:00:01:33 on vr4.51.eth0\n") != std::string::npos);
  CHECK(text.find("  virtual MAC     00:00:5e:00:01:34, NOT IN FORCE: no macvlan\n") != std::string::npos);
  first["problem"] = "arp_filter is 1";
  CHECK(render_vrrp(status, now, false).find("on vr4.51.eth0: arp_filter is 1\n") != std::string::npos);
  status["virtual_addresses"][0]["virtual_mac"] = nullptr;
  status["virtual_addresses"][1].erase("virtual_mac");
  CHECK(render_vrrp(status, now, false).find("virtual MAC") == std::string::npos);
}

TEST_CASE("vrrp: each address in full") {
  CHECK(render_vrrp(Json::parse(ctl::testing::vrrpd_status), now, false) ==
        "node lb1: lbd is ready, in sync\n"
        "\n"
        "vip-a: active for 1m0s (three adverts missed)\n"
        "  addresses       192.0.2.100/24 on eth0, vrid 51\n"
        "  owner           lb1 (preferred lb1)\n"
        "  priority        150, peer's 100\n"
        "  may take over   yes\n"
        "  adverts         every 100 ms; 600 sent; 2 received, the last 60000 ms ago\n"
        "  dropped         ttl 3\n"
        "\n"
        "vip-b: backup for 1m0s (adverts of a higher priority)\n"
        "  addresses       192.0.2.101/24 on eth0, vrid 52\n"
        "  owner           lb2 (preferred lb2)\n"
        "  priority        100, peer's 150\n"
        "  may take over   yes\n"
        "  adverts         every 100 ms; 0 sent; 600 received, the last 35 ms ago\n"
        "  dropped         none\n");
  Json unready = Json::parse(ctl::testing::vrrpd_status);
  unready["lbd_ready"] = false;
  unready["lbd_reason"] = "its socket closed";
  unready["virtual_addresses"][0]["may_take_over"] = false;
  unready["virtual_addresses"][0]["may_take_over_reason"] = "lbd is not ready";
  unready["virtual_addresses"][0]["owner"] = nullptr;
  const std::string text = render_vrrp(unready, now, false);
  CHECK(text.find("lbd is not ready (its socket closed), in sync\n") != std::string::npos);
  CHECK(text.find("  may take over   no: lbd is not ready\n") != std::string::npos);
  CHECK(text.find("  owner           nobody (preferred lb1)\n") != std::string::npos);
}

TEST_CASE("vrrp: a node that may take over says why it does not preempt") {
  Json status = Json::parse(ctl::testing::vrrpd_status);
  status["virtual_addresses"][1]["may_take_over_reason"] = "does not preempt a living owner: preempt is false";
  CHECK(render_vrrp(status, now, false).find("  may take over   yes; does not preempt a living owner: preempt is false\n") !=
        std::string::npos);
  status["virtual_addresses"][1]["may_take_over"] = false;
  status["virtual_addresses"][1]["may_take_over_reason"] = nullptr;
  CHECK(render_vrrp(status, now, false).find("  may take over   no: -\n") != std::string::npos);
}

TEST_CASE("vrrp: the timers") {
  Json status = Json::parse(ctl::testing::vrrpd_status);
  status["virtual_addresses"][1]["timers"] = {
      {"active_adver_interval_ms", 100.0}, {"skew_time_ms", 1.562}, {"active_down_interval_ms", 301.562}, {"due_ms", 266.4}};
  CHECK(render_vrrp(status, now, false).find("  timers          Active_Adver_Interval 100.0 ms, Skew_Time 1.562 ms, "
                                             "Active_Down_Interval 301.562 ms; next due in 266.4 ms\n") != std::string::npos);
  status["virtual_addresses"][1]["timers"]["due_ms"] = nullptr;
  CHECK(render_vrrp(status, now, false).find("301.562 ms; nothing is due\n") != std::string::npos);
}

TEST_CASE("vrrp: a node in maintenance says so first") {
  Json status = Json::parse(ctl::testing::vrrpd_status);
  status["maintenance"] = {{"on", true}, {"since", nullptr}, {"reason", ""}};
  CHECK(render_vrrp(status, now, false).find("in sync\nin maintenance since an unknown time\n\nvip-a") != std::string::npos);
  CHECK(maintenance_text(Json{{"on", false}}) == "not in maintenance");
  CHECK(maintenance_text(Json("x")) == "not in maintenance");
}

TEST_CASE("sync: the peer, the lag and the tables") {
  Json status = Json::parse(ctl::testing::syncd_status);
  CHECK(render_sync(status, now, false) ==
        "in sync (digests agree); peer lb2 connected at 198.51.100.2 for 1m2s; lag 0 entries, oldest 0 ms\n"
        "last heard from the peer: 40 ms ago; local clients: 2; resyncs: 1\n"
        "\n"
        "TABLE   ENTRIES  TOMBSTONES\n"
        "sticky     1200           3\n");
  status["clients"] = Json::array({"lbd", Json{{"name", "vrrpd"}}});
  CHECK(render_sync(status, now, false).find("local clients: lbd, vrrpd; ") != std::string::npos);
  status["clients"] = Json::array();
  CHECK(render_sync(status, now, false).find("local clients: none; ") != std::string::npos);
  status["in_sync"] = false;
  status["peer"]["connected"] = false;
  CHECK(sync_summary(status, now, false).find("not in sync (digests agree); peer lb2 not connected for 1m2s") == 0);
}

TEST_CASE("an event is a line with the wall clock's time, the subject, the cause and its details") {
  ::setenv("TZ", "UTC0", 1);
  ::tzset();
  const auto epoch = std::chrono::system_clock::from_time_t(1'700'000'000);  // 2023-11-14 22:13:20
  const Json event = {{"time_ns", 1'234'567'890}, {"node", "lb1"},    {"daemon", "vrrpd"}, {"event", "active"},
                      {"subject", "vip-a"},       {"cause", "three adverts missed"}, {"priority", "150"}, {"from", "lb2"}};
  CHECK(render_event(event, epoch) ==
        "2023-11-14 22:13:21.234  lb1 vrrpd  vip-a active: three adverts missed (priority=150, from=lb2)\n");
  CHECK(render_event(Json::object(), epoch) == "-  - -      - -: -\n");
  CHECK(render_event(Json("x"), epoch).back() == '\n');
}
