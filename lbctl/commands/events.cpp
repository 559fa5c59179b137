#include <fmt/core.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <vector>

#include "common/io/clock.hpp"
#include "common/io/http_client.hpp"
#include "lbctl/commands/commands.hpp"
#include "lbctl/daemons.hpp"
#include "lbctl/render/field.hpp"
#include "lbctl/render/render.hpp"

namespace tandem::ctl {
namespace {

using Json = nlohmann::ordered_json;

std::chrono::system_clock::time_point monotonic_epoch() {
  return std::chrono::system_clock::now() - io::now().time_since_epoch();
}

void print_event(const Output& output, const Json& event) {
  output.text(output.is_json() ? event.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n"
                               : render_event(event, monotonic_epoch()));
}

struct Recent {
  std::vector<Json> events;  // of all daemons, oldest first
  bool any_running = false;
  Reply failure;  // of one that does not run
};

Recent ask_all(const Invocation& invocation) {
  Recent recent;
  for (const std::string_view daemon : daemon_names) {
    Reply reply = call(invocation, daemon, "GET", "/v1/events");
    const Json answer = reply.ok() ? parse_object(reply) : Json();
    recent.any_running = recent.any_running || reply.ok();
    if (!reply.ok() && recent.failure.error.empty()) recent.failure = std::move(reply);
    for (Json& event : elements(answer, "events")) recent.events.push_back(std::move(event));
  }
  std::stable_sort(recent.events.begin(), recent.events.end(), [](const Json& a, const Json& b) {
    return number_field(a, "time_ns") < number_field(b, "time_ns");
  });
  return recent;
}

// Follows all daemons, also those that start or restart later, until lbctl is killed.
class Follower {
 public:
  Follower(const Invocation& invocation, const Output& output) : output_(output) {
    for (const std::string_view daemon : daemon_names) {
      watchers_.push_back(std::make_unique<io::LineWatcher>(
          io_, socket_path(invocation, daemon), "/v1/events/stream",
          [this, daemon](std::string_view line) { on_line(daemon, line); },
          [this](std::string_view reason) { output_.notice(fmt::format("{}; waiting for it", reason)); }));
    }
  }

  /// The events up to here have been printed and come again at the beginning of each stream.
  void skip(const std::vector<Json>& printed) {
    for (const Json& event : printed) note(text_field(event, "daemon"), number_field(event, "time_ns"));
  }

  void run() {
    for (const auto& watcher : watchers_) watcher->start();
    io_.run();
  }

 private:
  void note(const std::string& daemon, std::int64_t time) { last_[daemon] = std::max(last_[daemon], time); }

  void on_line(std::string_view daemon, std::string_view line) {
    const Json event = Json::parse(line, nullptr, false);
    const std::int64_t time = number_field(event, "time_ns");
    const std::string name(daemon);
    if (!event.is_object() || time <= last_[name]) return;
    note(name, time);
    print_event(output_, event);
  }

  const Output& output_;
  boost::asio::io_context io_{1};
  std::vector<std::unique_ptr<io::LineWatcher>> watchers_;
  std::map<std::string, std::int64_t> last_;  // by daemon: time of the newest printed event
};

}  // namespace

int run_events(const Invocation& invocation, const Output& output) {
  const Recent recent = ask_all(invocation);
  if (!recent.any_running) return fail(output, recent.failure);
  for (const Json& event : recent.events) print_event(output, event);
  const bool follow = invocation.has("--follow") || (invocation.json && !invocation.has("--once"));
  if (!follow) return exit_ok;
  Follower follower(invocation, output);
  follower.skip(recent.events);
  follower.run();
  return exit_ok;
}

}  // namespace tandem::ctl
