// tandem-probe: what clients notice. Open-loop load at a constant rate, and the gaps in its answers.
#include <csignal>
#include <cstdio>
#include <string>

#include "tests/tools/probe/report.hpp"
#include "tests/tools/probe/traffic.hpp"
#include "tests/tools/support/options.hpp"

namespace {

volatile std::sig_atomic_t stop_requested = 0;

void request_stop(int) { stop_requested = 1; }

}  // namespace

int main(int argc, char** argv) {
  using namespace tandem::tools;
  const Options options(
      argc, argv,
      "Sends requests at a constant rate and reports failures, gaps and stickiness.\n"
      "Latency counts from the intended time; no request is retried. SIGINT or SIGTERM end early with the report.",
      {{"target", "", "ADDRESS:PORT", false},
       {"mode", "new", "new, keepalive, both (each at --rate), or tcp (echo over new connections)", false},
       {"rate", "500", "requests per second of each of them; 0: only sticky clients", false},
       {"duration", "10s", "how long requests are due", false},
       {"deadline", "1s", "for one request, from its intended time", false},
       {"late", "50ms", "a slower success counts as unavailable", false},
       {"connections", "20", "keep-alive connections", false},
       {"sticky-clients", "0", "clients that must always meet the backend they met first", false},
       {"sticky-rate", "100", "requests per second of all sticky clients together", false},
       {"sticky-source", "", "first of as many addresses to bind sticky clients to, instead of cookies", false},
       {"cookie", "TANDEM", "name of the sticky cookie", false},
       {"path", "/", "what to ask for", false},
       {"host", "demo.test", "Host field", false},
       {"bind", "", "source address", false},
       {"requests", "", "file for one CSV line per request", false},
       {"json", "", "print JSON", true}});
  if (!options.given("target")) die("--target ADDRESS:PORT is missing", 2);

  Plan plan;
  plan.target = parse_address(options.text("target"));
  if (options.given("bind")) plan.bind = parse_address(options.text("bind"));
  plan.host = options.text("host");
  plan.path = options.text("path");
  plan.cookie_name = options.text("cookie");
  const std::string& mode = options.text("mode");
  const double rate = static_cast<double>(options.number("rate"));
  if (mode != "new" && mode != "keepalive" && mode != "both" && mode != "tcp") die("unknown --mode " + mode, 2);
  plan.tcp = mode == "tcp";
  if (mode != "keepalive") plan.new_rate = rate;
  if (mode == "keepalive" || mode == "both") plan.keepalive_rate = rate;
  plan.connections = static_cast<std::uint32_t>(options.number("connections"));
  plan.sticky_clients = static_cast<std::uint32_t>(options.number("sticky-clients"));
  if (plan.sticky_clients > 0) plan.sticky_rate = static_cast<double>(options.number("sticky-rate"));
  if (options.given("sticky-source")) plan.sticky_source = parse_address(options.text("sticky-source"));
  plan.duration = options.duration("duration");
  plan.deadline = options.duration("deadline");
  if (plan.new_rate + plan.keepalive_rate + plan.sticky_rate <= 0) die("nothing to send: every rate is 0", 2);

  signal(SIGPIPE, SIG_IGN);
  signal(SIGINT, request_stop);
  signal(SIGTERM, request_stop);
  const Measurement measurement = run_traffic(plan, stop_requested);
  if (options.given("requests")) write_requests(options.text("requests"), measurement);
  if (options.given("json")) {
    print_json(stdout, measurement, options.duration("late"));
  } else {
    print_text(stdout, measurement, options.duration("late"));
  }
  return 0;
}
