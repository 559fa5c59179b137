// One HTTP/1.x client connection: waits for requests without holding a buffer, and serves them in
// order, one exchange at a time.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "lbd/engine/task.hpp"
#include "lbd/proxy/client_session.hpp"
#include "lbd/proxy/in_buffer.hpp"

namespace tandem::lbd {

class HttpSession final : public ClientSession {
 public:
  /// Takes over `fd` and runs until the connection ends.
  static void start(WorkerContext& context, Ref<Listener> listener, int fd, const Endpoint& peer);

  InBuffer input;  // received from the client, not used yet

  /// Text of the client's address, for X-Forwarded-For.
  [[nodiscard]] std::string_view client_text() const noexcept { return {text_.data(), text_size_}; }
  /// The connection cannot be kept after this exchange, whatever the client wishes.
  [[nodiscard]] bool must_close() const noexcept;

 private:
  HttpSession(WorkerContext& context, Ref<Listener> listener, const Endpoint& peer);

  static Session serve(HttpSession* self);
  [[nodiscard]] TimePoint idle_deadline() const noexcept;

  bool first_ = true;  // no request yet
  std::uint8_t text_size_ = 0;
  std::array<char, 46> text_;  // the longest text of an IPv6 address
};

}  // namespace tandem::lbd
