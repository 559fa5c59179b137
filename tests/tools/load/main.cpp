// tandem-load: drives a benchmark, and checks every byte that comes back.
#include <csignal>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

#include "tests/tools/load/client.hpp"
#include "tests/tools/support/options.hpp"

namespace {

volatile std::sig_atomic_t stop_requested = 0;

void request_stop(int) { stop_requested = 1; }

void announce_ready() {
  std::printf("ready\n");
  std::fflush(stdout);
}

/// The lines of a file of header fields, each ended by CRLF.
std::string header_fields(const std::string& path) {
  std::ifstream file(path);
  if (!file) tandem::tools::die("cannot read " + path, 2);
  std::string text;
  for (std::string line; std::getline(file, line);) {
    if (!line.empty()) text += line + "\r\n";
  }
  return text;
}

std::string request_text(const tandem::tools::Options& options) {
  const std::uint64_t upload = options.number("upload");
  std::string text = (upload > 0 ? "POST " : "GET ") + options.text("path") + " HTTP/1.1\r\nHost: " + options.text("host") + "\r\n";
  if (options.given("headers")) text += header_fields(options.text("headers"));
  if (options.given("close")) text += "Connection: close\r\n";
  if (upload > 0) text += "Content-Length: " + std::to_string(upload) + "\r\n";
  return text + "\r\n" + std::string(upload, 'x');
}

/// A masked text frame of less than 64 KiB (RFC 6455 section 5.2). The backend returns it as it is.
std::string websocket_frame(std::uint64_t size) {
  std::string frame = {'\x81', static_cast<char>(0x80 | (size < 126 ? size : 126))};
  if (size >= 126) {
    frame += static_cast<char>(size >> 8);
    frame += static_cast<char>(size & 0xff);
  }
  frame += std::string(4, '\x55');
  return frame + std::string(size, 'e' ^ 0x55);
}

}  // namespace

int main(int argc, char** argv) {
  using namespace tandem::tools;
  const Options options(argc, argv, "A closed-loop load for benchmarks; prints JSON.",
                        {{"target", "", "ADDRESS:PORT", false},
                         {"connections", "64", "how many, kept open", false},
                         {"requests", "100000", "how many in all", false},
                         {"rate", "0", "requests per second, 0: as fast as answers come", false},
                         {"pipeline", "1", "requests sent at once on each connection", false},
                         {"path", "/", "what to ask for", false},
                         {"host", "bench.test", "Host field", false},
                         {"headers", "", "file of further header fields, one a line", false},
                         {"upload", "0", "bytes of a POST body", false},
                         {"close", "", "ask for Connection: close, and connect anew each time", true},
                         {"tls", "", "TLS 1.3", true},
                         {"resume", "", "with --tls: every connection resumes a session", true},
                         {"websocket", "0", "upgrade, then echo messages of that many bytes", false},
                         {"tcp", "0", "echo that many bytes over TCP instead of HTTP", false},
                         {"expect-status", "200", "of every reply", false},
                         {"expect-bytes", "128", "of every reply's body", false},
                         {"hold", "", "one request per connection, then say 'ready' and hold them until a signal", true}});
  if (!options.given("target")) die("--target ADDRESS:PORT is missing", 2);

  LoadPlan plan;
  plan.target = parse_address(options.text("target"));
  plan.connections = static_cast<std::uint32_t>(options.number("connections"));
  plan.requests = options.number("requests");
  plan.rate = static_cast<double>(options.number("rate"));
  plan.pipeline = static_cast<std::uint32_t>(options.number("pipeline"));
  plan.close = options.given("close");
  plan.hold = options.given("hold");
  plan.tls = options.given("tls");
  plan.resume = options.given("resume");
  plan.tcp = options.number("tcp") > 0;
  if (plan.tcp) {
    plan.message = std::string(options.number("tcp"), 'e');
  } else if (const std::uint64_t size = options.number("websocket"); size > 0) {
    plan.upgrade = "GET /websocket HTTP/1.1\r\nHost: " + options.text("host") + "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                   "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGFuZGVtLWJlbmNobWFyaw==\r\n\r\n";
    plan.message = websocket_frame(size);
  } else {
    plan.message = request_text(options);
  }
  if (plan.resume && !(plan.tls && plan.close)) die("--resume needs --tls and --close", 2);
  plan.status = static_cast<int>(options.number("expect-status"));
  plan.body_bytes = options.number("expect-bytes");

  signal(SIGPIPE, SIG_IGN);
  signal(SIGINT, request_stop);
  signal(SIGTERM, request_stop);
  const LoadResult result = run_load(plan, stop_requested, announce_ready);
  std::printf("{\"completed\": %llu, \"opened\": %llu, \"seconds\": %.6f, \"p50_us\": %.1f, \"p99_us\": %.1f, \"errors\": {",
              static_cast<unsigned long long>(result.completed), static_cast<unsigned long long>(result.opened),
              result.seconds, result.p50_us, result.p99_us);
  const char* comma = "";
  for (const auto& [why, count] : result.errors) {
    std::printf("%s\"%s\": %llu", comma, why.c_str(), static_cast<unsigned long long>(count));
    comma = ", ";
  }
  std::printf("}}\n");
  return result.errors.empty() ? 0 : 1;
}
