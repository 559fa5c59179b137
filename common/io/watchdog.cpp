#include "common/io/watchdog.hpp"

#include <utility>

#include "common/io/service_manager.hpp"

namespace tandem::io {

Watchdog::Watchdog(boost::asio::io_context& io, std::function<bool()> alive) : timer_(io), alive_(std::move(alive)) {}

void Watchdog::start() {
  const auto timeout = watchdog_timeout();
  if (!timeout) return;
  period_ = *timeout / 4;
  beat();
}

void Watchdog::beat() {
  if (!alive_ || alive_()) notify_manager("WATCHDOG=1");
  timer_.expires_after(period_);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) beat();
  });
}

}  // namespace tandem::io
