#include "common/io/event_log.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

#include "common/io/clock.hpp"
#include "common/log/log.hpp"

namespace tandem::io {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kept_events = 256;

std::string dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

}  // namespace

EventLog::EventLog(std::string node, std::string daemon) : node_(std::move(node)), daemon_(std::move(daemon)) {}

void EventLog::add(std::string_view event, std::string_view subject, std::string_view cause,
                   const std::vector<std::pair<std::string, std::string>>& details) {
  Json line = {{"time_ns", now().time_since_epoch().count()},
               {"node", node_},
               {"daemon", daemon_},
               {"event", event},
               {"subject", subject},
               {"cause", cause}};
  std::string shown;
  for (const auto& [name, value] : details) {
    line.emplace(name, value);  // the stable fields win over a detail of the same name
    shown += (shown.empty() ? " (" : ", ") + name + "=" + value;
  }
  if (!shown.empty()) shown += ")";
  log::info("{} {}: {}{}", subject, event, cause, shown);
  recent_.push_back(dump(line));
  if (recent_.size() > kept_events) recent_.pop_front();
  std::erase_if(streams_, [](const std::shared_ptr<LineStream>& stream) { return !stream->open(); });
  for (const auto& stream : streams_) stream->write_line(recent_.back());
}

void EventLog::serve(HttpServer& server) {
  server.route("GET", "/v1/events", [this](const HttpRequest&) {
    std::string body = "{\"events\":[";
    for (const std::string& line : recent_) {
      if (body.back() != '[') body += ',';
      body += line;
    }
    return HttpResponse{.body = body + "]}\n"};
  });
  server.route_stream("/v1/events/stream", [this](std::shared_ptr<LineStream> stream) {
    for (const std::string& line : recent_) stream->write_line(line);
    std::erase_if(streams_, [](const std::shared_ptr<LineStream>& other) { return !other->open(); });
    streams_.push_back(std::move(stream));
  });
}

}  // namespace tandem::io
