// One node's daemons as lbctl sees them: servers on real sockets that speak the documented JSON.
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <utility>
#include <vector>

#include "common/io/event_log.hpp"
#include "common/io/http_server.hpp"
#include "tests/integration/lbctl/program.hpp"
#include "tests/support/io_fixture.hpp"

namespace tandem::ctl::testing {

/// A daemon: its status, its answers to POST, its events. Runs on the io thread.
class FakeDaemon {
 public:
  FakeDaemon(boost::asio::io_context& io, const std::string& run_dir, const std::string& name, std::string status);

  io::HttpServer server;
  io::EventLog events;
  std::string status;                                         // of GET /v1/status
  io::HttpResponse answer;                                    // to every POST
  std::vector<std::pair<std::string, std::string>> requests;  // path and body of every POST
};

class Node {
 public:
  Node();
  ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  /// Starts "lbd", "vrrpd" or "syncd", healthy.
  FakeDaemon& start(const std::string& name);
  void stop(const std::string& name);
  /// On the io thread.
  void on_thread(const std::function<void()>& work) { thread.run(work); }
  /// lbctl with --run-dir of this node.
  Run lbctl(std::vector<std::string> arguments) const;
  [[nodiscard]] std::string run_dir() const { return directory.path(); }
  [[nodiscard]] std::string socket(const std::string& name) const { return run_dir() + "/" + name + ".sock"; }

  io::testing::TemporaryDirectory directory;
  io::testing::IoThread thread;

 private:
  std::vector<std::pair<std::string, std::unique_ptr<FakeDaemon>>> daemons_;
};

}  // namespace tandem::ctl::testing
