// Two real syncd processes and real clients, in a network namespace of the test's own: loopback carries the nodes'
// addresses, so nothing outside is touched and everything is gone with the process.
#pragma once

#include <sys/types.h>

#include <boost/asio/io_context.hpp>

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "common/base/time.hpp"
#include "common/replica/replica_client.hpp"

namespace tandem::sync::test {

/// A client with a view of what it was told.
struct Client {
  std::unique_ptr<replica::ReplicaClient> feed;
  std::map<std::string, std::string> view;  // key → value, own writes not included
  std::size_t announcements = 0;
  std::size_t snapshots = 0;
  std::function<void(const wire::Entry&)> on_entry;
};

class Pair {
 public:
  Pair();
  ~Pair();
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;

  /// Nodes are 0 ("lb1", which connects) and 1 ("lb2").
  void start_syncd(std::size_t node);
  /// Sends the signal and waits for the end; the exit status as of waitpid.
  int end_syncd(std::size_t node, int signal);
  void signal_syncd(std::size_t node, int signal) const;
  void start_client(std::size_t node);
  void end_client(std::size_t node) { clients_[node].feed.reset(); }
  Client& client(std::size_t node) { return clients_[node]; }

  /// Runs the clients until `condition` holds; false after `limit`.
  bool run_until(const std::function<bool()>& condition, Duration limit = std::chrono::seconds(10));
  void run_for(Duration time);

  /// The status object of a syncd, as text; empty if it does not answer.
  [[nodiscard]] std::string status(std::size_t node) const;
  [[nodiscard]] bool status_has(std::size_t node, const std::string& text) const {
    return status(node).find(text) != std::string::npos;
  }
  bool wait_in_sync();
  [[nodiscard]] std::string log_of(std::size_t node) const;

  /// Writes a node's configuration again with this key.
  void write_config(std::size_t node, const std::string& key_hex) const;
  [[nodiscard]] std::string run_dir(std::size_t node) const;

 private:
  std::string directory_;
  boost::asio::io_context io_{1};
  std::array<pid_t, 2> syncds_{-1, -1};
  std::array<Client, 2> clients_;
};

inline constexpr const char* good_key = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
inline constexpr const char* other_key = "ff112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

/// Runs a shell command in the namespace; true if it succeeded.
bool shell(const std::string& command);

}  // namespace tandem::sync::test
