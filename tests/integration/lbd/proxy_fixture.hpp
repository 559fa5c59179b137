// A real Worker on loopback between scripted clients and backends.
#pragma once

#include <doctest/doctest.h>

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "lbd/runtime/worker.hpp"
#include "tests/support/tcp_peer.hpp"

namespace tandem::lbd {

class RecordingSink final : public ControlSink {
 public:
  void post(ControlMessage message) override;
  /// True once `matches` holds for a message that has come, within the patience.
  bool wait_for(const std::function<bool(const ControlMessage&)>& matches,
                std::chrono::milliseconds time = test::patience);

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<ControlMessage> messages_;
};

/// Change what the members say, then start().
class ProxyFixture {
 public:
  /// Backends b0, b1, … of group "group", all up.
  explicit ProxyFixture(std::size_t backend_count = 1,
                        config::ListenerProtocol protocol = config::ListenerProtocol::http);
  ~ProxyFixture();
  ProxyFixture(const ProxyFixture&) = delete;
  ProxyFixture& operator=(const ProxyFixture&) = delete;

  void start();
  test::TcpPeer connect(int receive_buffer = 0) { return test::TcpPeer::connect(front.endpoint(), receive_buffer); }
  test::TcpListener& backend(std::size_t index = 0) { return *backends[index]; }
  void set_availability(std::size_t backend, const Availability& availability);

  [[nodiscard]] std::uint64_t ends(SessionEnd end) const;
  /// True once `condition` holds, within the patience.
  static bool eventually(const std::function<bool()>& condition, std::chrono::milliseconds time = test::patience);
  bool eventually_ends(SessionEnd end, std::uint64_t count = 1) const;
  const BackendCounters& backend_counters(std::size_t index = 0) const;
  const ListenerCounters& listener_counters() const;
  AccessRecord take_record();

  Snapshot snapshot;  // one listener, one group
  test::TcpListener front;
  std::vector<std::unique_ptr<test::TcpListener>> backends;
  RecordingSink sink;
  std::unique_ptr<Worker> worker;
};

inline constexpr ListenerId listener_id{1};
inline constexpr GroupId group_id{1};
constexpr BackendId backend_id(std::size_t index) { return BackendId{static_cast<std::uint32_t>(index + 1)}; }

}  // namespace tandem::lbd
