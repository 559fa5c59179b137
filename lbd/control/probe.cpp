#include "lbd/control/probe.hpp"

#include <array>
#include <memory>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <fmt/core.h>

#include "common/io/clock.hpp"
#include "lbd/control/probe_reply.hpp"

namespace tandem::lbd {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using Outcome = ProbeReport::Outcome;
using boost::system::error_code;

constexpr auto awaiting = asio::as_tuple(asio::use_awaitable);

// The socket of one probe and the one timer that bounds it. Shared with the timer's handler.
struct Attempt {
  explicit Attempt(const asio::any_io_executor& executor) : socket(executor), timeout(executor) {}
  tcp::socket socket;
  asio::steady_timer timeout;
  bool expired = false;
};

void arm(const std::shared_ptr<Attempt>& attempt, Duration timeout) {
  attempt->timeout.expires_after(timeout);
  attempt->timeout.async_wait([attempt](const error_code& error) {
    if (error) return;
    attempt->expired = true;
    error_code ignored;
    attempt->socket.close(ignored);
  });
}

tcp::endpoint to_asio(const Endpoint& endpoint) {
  const auto bytes = endpoint.address.bytes();
  if (endpoint.address.is_v6()) {
    asio::ip::address_v6::bytes_type raw{};
    std::copy(bytes.begin(), bytes.end(), raw.begin());
    return {asio::ip::address_v6(raw), endpoint.port};
  }
  asio::ip::address_v4::bytes_type raw{};
  std::copy(bytes.begin(), bytes.end(), raw.begin());
  return {asio::ip::address_v4(raw), endpoint.port};
}

// Errors of this host's resources, not of the backend.
bool is_local(const error_code& error) {
  return error == boost::system::errc::too_many_files_open ||
         error == boost::system::errc::too_many_files_open_in_system ||
         error == boost::system::errc::not_enough_memory || error == boost::system::errc::no_buffer_space ||
         error == boost::system::errc::address_not_available;
}

ProbeReport failure(const Attempt& attempt, const error_code& error, const config::HealthCheckConfig& check,
                    std::string_view doing) {
  if (attempt.expired) {
    const auto limit = std::chrono::duration_cast<std::chrono::milliseconds>(check.timeout).count();
    return {Outcome::failed, fmt::format("{}: timed out after {} ms", doing, limit), {}};
  }
  if (is_local(error)) return {Outcome::inconclusive, fmt::format("{}: {}", doing, error.message()), {}};
  return {Outcome::failed, fmt::format("{}: {}", doing, error.message()), {}};
}

ProbeReport judge(const ProbeReply& reply, const config::HealthCheckConfig& check) {
  if (reply.state == ProbeReply::State::malformed) return {Outcome::failed, reply.reason, {}};
  if (status_expected(reply.status, check.expect_status)) {
    return {Outcome::passed, fmt::format("HTTP {}", reply.status), {}};
  }
  return {Outcome::failed, fmt::format("HTTP {}, expected {}", reply.status, ranges_text(check.expect_status)), {}};
}

asio::awaitable<ProbeReport> ask_http(std::shared_ptr<Attempt> attempt, Endpoint backend,
                                      config::HealthCheckConfig check) {
  const std::string request = probe_request(check, backend);
  auto sent = co_await asio::async_write(attempt->socket, asio::buffer(request), awaiting);
  if (std::get<0>(sent)) co_return failure(*attempt, std::get<0>(sent), check, "send");

  std::string received;
  std::array<char, 4096> chunk{};
  while (true) {
    auto got = co_await attempt->socket.async_read_some(asio::buffer(chunk), awaiting);
    const error_code error = std::get<0>(got);
    if (error == asio::error::eof && !attempt->expired) {
      const char* reason = received.empty() ? "closed without a reply" : "closed before the head of the reply ended";
      co_return ProbeReport{Outcome::failed, reason, {}};
    }
    if (error) co_return failure(*attempt, error, check, "receive");
    received.append(chunk.data(), std::get<1>(got));
    const ProbeReply reply = parse_probe_reply(received);
    if (reply.state != ProbeReply::State::incomplete) co_return judge(reply, check);
  }
}

asio::awaitable<ProbeReport> run(std::shared_ptr<Attempt> attempt, Endpoint backend, config::HealthCheckConfig check) {
  const tcp::endpoint target = to_asio(backend);
  error_code error;
  attempt->socket.open(target.protocol(), error);
  if (error) co_return failure(*attempt, error, check, "socket");
  auto connected = co_await attempt->socket.async_connect(target, awaiting);
  if (std::get<0>(connected)) co_return failure(*attempt, std::get<0>(connected), check, "connect");
  if (check.type == config::HealthCheckConfig::Type::tcp) {
    co_return ProbeReport{Outcome::passed, "connected", {}};
  }
  auto result = co_await ask_http(attempt, backend, check);
  co_return result;
}

}  // namespace

asio::awaitable<ProbeReport> probe(asio::any_io_executor executor, Endpoint backend, config::HealthCheckConfig check) {
  const TimePoint started = io::now();
  auto attempt = std::make_shared<Attempt>(executor);
  arm(attempt, check.timeout);
  auto result = co_await run(attempt, backend, check);
  attempt->timeout.cancel();
  error_code ignored;
  attempt->socket.close(ignored);
  result.took = io::now() - started;
  co_return result;
}

}  // namespace tandem::lbd
