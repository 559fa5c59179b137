#include "tests/integration/lbctl/pair.hpp"

#include <algorithm>

#include "common/log/log.hpp"
#include "tests/unit/lbctl/samples.hpp"

namespace tandem::ctl::testing {

FakeDaemon::FakeDaemon(boost::asio::io_context& io, const std::string& run_dir, const std::string& name,
                       std::string status_text)
    : server(io), events("lb1", name), status(std::move(status_text)) {
  server.route("GET", "/v1/status", [this](const io::HttpRequest&) { return io::HttpResponse{.body = status}; });
  server.route("GET", "/metrics", [name](const io::HttpRequest&) {
    return io::HttpResponse{.body = "# TYPE up gauge\nup{daemon=\"" + name + "\"} 1\n", .content_type = "text/plain"};
  });
  for (const char* path : {"/v1/drain", "/v1/enable", "/v1/weight", "/v1/reload", "/v1/failover", "/v1/maintenance"}) {
    server.route("POST", path, [this](const io::HttpRequest& request) {
      requests.emplace_back(request.path, request.body);
      return answer;
    });
  }
  events.serve(server);
  REQUIRE(server.listen_unix(run_dir + "/" + name + ".sock"));
}

Node::Node() { log::init("test", log::Level::error); }

Node::~Node() {
  thread.run([this] { daemons_.clear(); });
  thread.stop();
}

FakeDaemon& Node::start(const std::string& name) {
  const char* status = name == "lbd" ? lbd_status : name == "vrrpd" ? vrrpd_status : syncd_status;
  FakeDaemon* started = nullptr;
  thread.run([&] {
    daemons_.emplace_back(name, std::make_unique<FakeDaemon>(thread.io, run_dir(), name, status));
    started = daemons_.back().second.get();
  });
  return *started;
}

void Node::stop(const std::string& name) {
  thread.run([&] { std::erase_if(daemons_, [&](const auto& entry) { return entry.first == name; }); });
}

Run Node::lbctl(std::vector<std::string> arguments) const {
  arguments.insert(arguments.begin(), {"--run-dir", run_dir()});
  return run_lbctl(arguments);
}

}  // namespace tandem::ctl::testing
