#include "common/io/signals.hpp"

#include <csignal>
#include <utility>

namespace tandem::io {

Signals::Signals(boost::asio::io_context& io, Callback on_stop, Callback on_reload)
    : signals_(io, SIGTERM, SIGINT, SIGHUP), on_stop_(std::move(on_stop)), on_reload_(std::move(on_reload)) {
  std::signal(SIGPIPE, SIG_IGN);
  wait();
}

void Signals::cancel() {
  boost::system::error_code ignored;
  signals_.cancel(ignored);
}

void Signals::wait() {
  signals_.async_wait([this](const boost::system::error_code& error, int signal) {
    if (error) return;
    wait();
    if (signal == SIGHUP) {
      on_reload_();
    } else {
      on_stop_();
    }
  });
}

}  // namespace tandem::io
