// The signals of a daemon, as callbacks on its io thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <functional>

namespace tandem::io {

/// SIGTERM and SIGINT call `on_stop` (again for each further one), SIGHUP calls `on_reload`; SIGPIPE
/// is ignored. Owned by main, outlives io.run(); keeps the io_context busy until cancel().
class Signals {
 public:
  using Callback = std::function<void()>;

  Signals(boost::asio::io_context& io, Callback on_stop, Callback on_reload);
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  /// Callbacks stop; the signals stay caught, so that a late one does not kill a leaving process.
  void cancel();

 private:
  void wait();

  boost::asio::signal_set signals_;
  Callback on_stop_;
  Callback on_reload_;
};

}  // namespace tandem::io
