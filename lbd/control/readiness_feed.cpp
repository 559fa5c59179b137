#include "lbd/control/readiness_feed.hpp"

#include <string>
#include <utility>

namespace tandem::lbd {

void ReadinessFeed::serve(io::HttpServer& server) {
  server.route_stream("/v1/readiness/stream", [this](std::shared_ptr<io::LineStream> stream) {
    stream->write_line(line());
    streams_.push_back(std::move(stream));
  });
}

std::string ReadinessFeed::line() const {
  return readiness_json(current_, std::chrono::milliseconds(heartbeat_period / std::chrono::milliseconds(1)));
}

void ReadinessFeed::say() const {
  const std::string text = line();
  for (const auto& stream : streams_) stream->write_line(text);
}

void ReadinessFeed::beat() {
  std::erase_if(streams_, [](const auto& stream) { return !stream->open(); });
  say();
}

void ReadinessFeed::update(const ReadinessInputs& inputs) {
  inputs_ = inputs;
  const Readiness next = evaluate(inputs);
  std::erase_if(streams_, [](const auto& stream) { return !stream->open(); });
  if (next == current_) return;
  const bool flipped = next.ready != current_.ready;
  current_ = next;
  say();
  if (flipped) on_change_(current_);
}

}  // namespace tandem::lbd
