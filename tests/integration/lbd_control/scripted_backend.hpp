// A backend on loopback that answers every connection as its script says, for tests of health checks and of lbd.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>

#include "common/base/inet.hpp"
#include "common/io/unique_fd.hpp"

namespace tandem::lbd::test {

/// Serves one connection after the other on its own thread.
class ScriptedBackend {
 public:
  enum class Behaviour : std::uint8_t {
    answer,       // the reply text, then close
    silent,       // takes the request, never answers
    drip,         // one byte of the reply every 10 ms
    close_early,  // closes without a byte
    reset,        // resets the connection
  };

  /// Listens on 127.0.0.1, on a port of the kernel's choice.
  explicit ScriptedBackend(std::string reply);
  ~ScriptedBackend();
  ScriptedBackend(const ScriptedBackend&) = delete;
  ScriptedBackend& operator=(const ScriptedBackend&) = delete;

  void behave(Behaviour behaviour) { behaviour_ = behaviour; }
  [[nodiscard]] Endpoint endpoint() const { return endpoint_; }
  [[nodiscard]] int connections() const { return connections_; }

 private:
  void run();
  void serve(int fd);

  std::string reply_;
  std::atomic<Behaviour> behaviour_{Behaviour::answer};
  std::atomic<int> connections_{0};
  std::atomic<bool> stopping_{false};
  io::UniqueFd listener_;
  Endpoint endpoint_;
  std::thread thread_;
};

/// "HTTP/1.1 STATUS x" with a small body, closing.
[[nodiscard]] std::string http_reply(int status, const std::string& body = "ok");

/// A port of 127.0.0.1 on which nobody listens (for the moment).
[[nodiscard]] std::uint16_t free_port();

/// Connects to `port` of 127.0.0.1, sends `request`, and returns what comes until the other side closes, or what
/// has come after two seconds. Empty if the connection is refused.
std::string exchange(std::uint16_t port, const std::string& request);

}  // namespace tandem::lbd::test
