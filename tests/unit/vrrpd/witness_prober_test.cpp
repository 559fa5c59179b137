// A witness on the loopback interface: who accepts is there, who refuses or is silent is not.
#include "vrrpd/io/witness_prober.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <thread>
#include <vector>

namespace tandem::vrrp {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using std::chrono::milliseconds;

constexpr auto patience = std::chrono::seconds(5);
const IpAddress loopback = IpAddress::v4({127, 0, 0, 1});

/// Runs the loop until `count` results are there; they are what it returns.
struct Heard {
  asio::io_context io{1};
  std::vector<bool> results;
  std::size_t wanted = 0;

  void note(bool answered) {
    results.push_back(answered);
    if (results.size() >= wanted) io.stop();
  }
  std::vector<bool> next(std::size_t count) {
    results.clear();
    wanted = count;
    io.restart();
    io.run_for(patience);
    return results;
  }
};

TEST_CASE("a TCP witness: accepted connections are answers, refused ones are silence, and it may come back") {
  Heard heard;
  tcp::acceptor acceptor(heard.io, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  const std::uint16_t port = acceptor.local_endpoint().port();
  const WitnessProber prober(heard.io, {loopback, port}, {.interval = milliseconds(5), .timeout = milliseconds(200)},
                             [&heard](bool answered) { heard.note(answered); });
  CHECK(heard.next(3) == std::vector<bool>{true, true, true});
  acceptor.close();
  std::vector<bool> later = heard.next(60);
  REQUIRE(later.size() == 60);
  CHECK_FALSE(later.back());
  acceptor.open(tcp::v4());
  acceptor.set_option(tcp::acceptor::reuse_address(true));
  acceptor.bind(tcp::endpoint(asio::ip::address_v4::loopback(), port));
  acceptor.listen();
  later = heard.next(60);
  REQUIRE(later.size() == 60);
  CHECK(later.back());
}

TEST_CASE("a stall of this process is nobody's silence") {
  Heard heard;
  tcp::acceptor acceptor(heard.io, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  const WitnessProber prober(heard.io, {loopback, acceptor.local_endpoint().port()},
                             {.interval = milliseconds(50), .timeout = milliseconds(60)},
                             [&heard](bool answered) { heard.note(answered); });
  CHECK(heard.next(1) == std::vector<bool>{true});
  for (int stall = 0; stall < 3; ++stall) {
    std::this_thread::sleep_for(milliseconds(120));
    CHECK(heard.next(1) == std::vector<bool>{true});
  }
}

TEST_CASE("a witness that answers ping") {
  if (::geteuid() != 0) {
    MESSAGE("skipped: needs root for a raw socket");
    return;
  }
  for (const char* host : {"127.0.0.1", "::1"}) {
    CAPTURE(host);
    Heard heard;
    // Two of them: each counts its own answers only.
    const WitnessProber other(heard.io, {*IpAddress::parse(host), 0}, {.interval = milliseconds(5), .timeout = milliseconds(50)},
                              [](bool) {});
    const WitnessProber prober(heard.io, {*IpAddress::parse(host), 0}, {.interval = milliseconds(5), .timeout = milliseconds(50)},
                               [&heard](bool answered) { heard.note(answered); });
    CHECK(heard.next(3) == std::vector<bool>{true, true, true});
  }
}

}  // namespace
}  // namespace tandem::vrrp
