#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "common/io/http_client.hpp"
#include "common/io/http_text.hpp"
#include "common/io/spawn.hpp"
#include "common/io/unix_socket.hpp"

namespace tandem::io {

namespace asio = boost::asio;

namespace {

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr Duration first_pause = std::chrono::milliseconds(10);
constexpr Duration longest_pause = std::chrono::milliseconds(200);

}  // namespace

struct LineWatcher::Impl {
  Impl(asio::io_context& context, std::string path, std::string stream, OnLine line, OnLost lost)
      : io(context), socket_path(std::move(path)), target(std::move(stream)), on_line(std::move(line)),
        on_lost(std::move(lost)), socket(context), pause(context) {}

  asio::io_context& io;
  std::string socket_path;
  std::string target;
  OnLine on_line;
  OnLost on_lost;
  asio::local::stream_protocol::socket socket;
  asio::steady_timer pause;
  // Of start(): a coroutine of an earlier start() sees that it is no longer the current one.
  unsigned generation = 0;
  bool running = false;
};

namespace {

using ImplPtr = std::shared_ptr<LineWatcher::Impl>;

// One connection, from connect to its end; what ended it.
struct Attempt {
  bool delivered = false;  // the stream was open
  std::string reason;
};

bool current(const ImplPtr& self, unsigned generation) { return self->running && self->generation == generation; }

asio::awaitable<Attempt> follow_once(ImplPtr self, unsigned generation) {
  Attempt attempt;
  auto connection = connect_unix_socket(self->socket_path);
  if (connection.error != 0) {
    attempt.reason = explain_connect_error(self->socket_path, connection.error);
    co_return attempt;
  }
  boost::system::error_code refused;
  self->socket.assign(asio::local::stream_protocol(), connection.fd.get(), refused);
  if (refused) {
    attempt.reason = "watch " + self->socket_path + ": " + refused.message();
    co_return attempt;
  }
  [[maybe_unused]] const int owned_by_socket = connection.fd.release();
  const std::string request = request_text("GET", self->target, {});
  co_await asio::async_write(self->socket, asio::buffer(request), as_result);

  std::string head_bytes;
  LineSplitter lines;
  std::array<char, 16 * 1024> chunk;
  while (current(self, generation)) {
    const auto read = co_await self->socket.async_read_some(asio::buffer(chunk), as_result);
    const auto& [error, size] = read;
    if (!current(self, generation)) co_return attempt;
    if (error) {
      attempt.reason = attempt.delivered ? "the daemon ended" : "the daemon closed the connection without an answer";
      co_return attempt;
    }
    std::string_view bytes(chunk.data(), size);
    if (!attempt.delivered) {
      head_bytes.append(bytes);
      auto parsed = parse_response_head(head_bytes);
      if (std::holds_alternative<Incomplete>(parsed)) continue;
      const auto* head = std::get_if<ResponseHead>(&parsed);
      if (head == nullptr || head->status != 200) {
        attempt.reason = head == nullptr ? std::get<Refusal>(parsed).message
                                         : fmt::format("{} answered {}", self->target, head->status);
        co_return attempt;
      }
      attempt.delivered = true;
      bytes = std::string_view(head_bytes).substr(head->head_bytes);
    }
    const bool go_on = lines.feed(bytes, [&](std::string_view line) {
      self->on_line(line);
      return current(self, generation);
    });
    if (!go_on) {
      attempt.reason = "the daemon sent a line that is too long";
      co_return attempt;
    }
  }
  co_return attempt;
}

asio::awaitable<void> follow(ImplPtr self, unsigned generation) {
  Duration wait = first_pause;
  bool lost_reported = false;
  while (current(self, generation)) {
    const Attempt attempt = co_await follow_once(self, generation);
    if (!current(self, generation)) co_return;
    boost::system::error_code ignored;
    self->socket.close(ignored);
    if (attempt.delivered) {
      lost_reported = false;
      wait = first_pause;
    }
    if (!lost_reported) {
      lost_reported = true;
      self->on_lost(attempt.reason);
      if (!current(self, generation)) co_return;
    }
    self->pause.expires_after(wait);
    wait = std::min(wait * 2, longest_pause);
    co_await self->pause.async_wait(as_result);
  }
}

}  // namespace

LineWatcher::LineWatcher(asio::io_context& io, std::string socket_path, std::string target, OnLine on_line,
                         OnLost on_lost)
    : impl_(std::make_shared<Impl>(io, std::move(socket_path), std::move(target), std::move(on_line),
                                   std::move(on_lost))) {}

LineWatcher::~LineWatcher() { stop(); }

void LineWatcher::start() {
  if (impl_->running) return;
  impl_->running = true;
  spawn(impl_->io, "watcher of " + impl_->socket_path, follow(impl_, ++impl_->generation));
}

void LineWatcher::stop() {
  impl_->running = false;
  boost::system::error_code ignored;
  impl_->socket.close(ignored);
  impl_->pause.cancel();
}

}  // namespace tandem::io
