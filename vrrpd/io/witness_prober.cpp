#include "vrrpd/io/witness_prober.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>

#include "common/io/clock.hpp"
#include "common/log/log.hpp"
#include "vrrpd/io/echo_socket.hpp"
#include "vrrpd/io/fd_watch.hpp"

namespace tandem::vrrp {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

tcp::endpoint to_asio(const Endpoint& endpoint) {
  const auto bytes = endpoint.address.bytes();
  if (endpoint.address.is_v6()) {
    asio::ip::address_v6::bytes_type v6{};
    std::copy(bytes.begin(), bytes.end(), v6.begin());
    return {asio::ip::address_v6(v6), endpoint.port};
  }
  asio::ip::address_v4::bytes_type v4{};
  std::copy(bytes.begin(), bytes.end(), v4.begin());
  return {asio::ip::address_v4(v4), endpoint.port};
}

}  // namespace

struct WitnessProber::Impl : std::enable_shared_from_this<WitnessProber::Impl> {
  struct Probe {
    std::uint16_t sequence;
    TimePoint sent;
    std::unique_ptr<tcp::socket> connection;  // null: ICMP
  };

  Impl(asio::io_context& context, const Endpoint& host, ProbeRhythm how, std::function<void(bool)> callback)
      : io(context), witness(host), rhythm(how), on_result(std::move(callback)), timer(context) {}

  void start();
  void stop();
  void wake();
  void wait();
  void ask(TimePoint now);
  void connect(Probe& probe);
  void read_replies();
  void answered(std::uint16_t sequence);
  [[nodiscard]] bool expire(TimePoint now);

  asio::io_context& io;
  Endpoint witness;
  ProbeRhythm rhythm;
  std::function<void(bool)> on_result;
  asio::steady_timer timer;
  std::optional<EchoSocket> echo;
  std::optional<FdWatch> watch;  // of echo's socket, so declared after it
  std::deque<Probe> probes;      // under way, the oldest first
  std::uint16_t sequence = 0;
  TimePoint due{};
  bool stopped = false;
};

void WitnessProber::Impl::start() {
  if (witness.port == 0) {
    auto opened = EchoSocket::open(witness.address);
    if (opened) {
      echo.emplace(std::move(*opened));
      watch.emplace(io, echo->fd(), [this] { read_replies(); });
    } else {
      log::error("{}", opened.error().message);  // and the witness stays silent
    }
  }
  due = io::now();
  wake();
}

void WitnessProber::Impl::stop() {
  stopped = true;
  timer.cancel();
  watch.reset();
  probes.clear();
}

void WitnessProber::Impl::wake() {
  if (echo) read_replies();
  const TimePoint now = io::now();
  if (now - due > rhythm.interval) probes.clear();  // this process did not run: what it did not hear proves nothing
  const bool silent = expire(now);
  if (now >= due) ask(now);
  wait();
  if (silent) on_result(false);
}

bool WitnessProber::Impl::expire(TimePoint now) {
  bool silent = false;
  for (; !probes.empty() && now - probes.front().sent >= rhythm.timeout; probes.pop_front()) silent = true;
  return silent;
}

void WitnessProber::Impl::wait() {
  TimePoint next = due;
  if (!probes.empty()) next = std::min(next, probes.front().sent + rhythm.timeout);
  timer.expires_at(std::chrono::steady_clock::time_point(next.time_since_epoch()));
  timer.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
    if (!error && !self->stopped) self->wake();
  });
}

void WitnessProber::Impl::ask(TimePoint now) {
  due += rhythm.interval;
  if (due <= now) due = now + rhythm.interval;
  Probe& probe = probes.emplace_back(Probe{.sequence = ++sequence, .sent = now, .connection = nullptr});
  if (echo) echo->send(probe.sequence);
  if (witness.port != 0) connect(probe);
}

void WitnessProber::Impl::connect(Probe& probe) {
  probe.connection = std::make_unique<tcp::socket>(io);
  probe.connection->async_connect(to_asio(witness), [self = shared_from_this(), number = probe.sequence](
                                                        const boost::system::error_code& error) {
    if (!error && !self->stopped) self->answered(number);
  });
}

void WitnessProber::Impl::read_replies() {
  while (!stopped) {
    const auto reply = echo->receive();
    if (!reply) return;
    answered(*reply);
  }
}

// Those before it are lost, which is nothing: the host is there.
void WitnessProber::Impl::answered(std::uint16_t reply) {
  const auto found = std::find_if(probes.begin(), probes.end(), [reply](const Probe& p) { return p.sequence == reply; });
  if (found == probes.end()) return;
  if (io::now() - found->sent >= rhythm.timeout) return;
  if (found->connection) {
    // Closed by a reset: ten connections in a second shall leave nothing behind.
    boost::system::error_code ignored;
    found->connection->set_option(asio::socket_base::linger(true, 0), ignored);
  }
  probes.erase(probes.begin(), found + 1);
  on_result(true);
}

WitnessProber::WitnessProber(asio::io_context& io, const Endpoint& witness, ProbeRhythm rhythm,
                             std::function<void(bool answered)> on_result)
    : impl_(std::make_shared<Impl>(io, witness, rhythm, std::move(on_result))) {
  impl_->start();
}

WitnessProber::~WitnessProber() { impl_->stop(); }

}  // namespace tandem::vrrp
