// Calls to the control sockets, with what can go wrong turned into exit code, error and hint.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <memory>
#include <string>
#include <string_view>

#include "common/base/time.hpp"
#include "lbctl/grammar.hpp"
#include "lbctl/output.hpp"

namespace tandem::ctl {

/// The daemons' names, in the order in which they are shown.
inline constexpr std::string_view daemon_names[] = {"lbd", "vrrpd", "syncd"};

/// RUN-DIR/NAME.sock
std::string socket_path(const Invocation& invocation, std::string_view daemon);

/// "start it: systemctl start tandem-lbd"; for another run directory than the service's, what to look at.
std::string start_hint(const Invocation& invocation, std::string_view daemon);

/// The outcome of one call: `status` and `body`, or `status` 0 and why there is none.
struct Reply {
  int status = 0;
  std::string body;
  bool not_running = false;
  std::string error;  // set unless status is 200; the daemon's own sentence if it sent one
  std::string hint;

  [[nodiscard]] bool ok() const { return status == 200; }
};

/// One request to `daemon`.
Reply call(const Invocation& invocation, std::string_view daemon, std::string_view method, std::string_view target,
           std::string_view body = {}, Duration timeout = std::chrono::seconds(5));

/// Prints why `reply` is not ok; returns the exit code.
[[nodiscard]] int fail(const Output& output, const Reply& reply);

/// The body as a JSON object. An empty object and `reply` turned into an error if it is none.
nlohmann::ordered_json parse_object(Reply& reply);

}  // namespace tandem::ctl
