#include "lbd/control/readiness_feed.hpp"

#include <string>
#include <utility>

namespace tandem::lbd {

void ReadinessFeed::serve(io::HttpServer& server) {
  server.route_stream("/v1/readiness/stream", [this](std::shared_ptr<io::LineStream> stream) {
    stream->write_line(readiness_json(current_));
    streams_.push_back(std::move(stream));
  });
}

void ReadinessFeed::update(const ReadinessInputs& inputs) {
  inputs_ = inputs;
  const Readiness next = evaluate(inputs);
  std::erase_if(streams_, [](const auto& stream) { return !stream->open(); });
  if (next == current_) return;
  const bool flipped = next.ready != current_.ready;
  current_ = next;
  const std::string line = readiness_json(current_);
  for (const auto& stream : streams_) stream->write_line(line);
  if (flipped) on_change_(current_);
}

}  // namespace tandem::lbd
