#include "vrrpd/io/fd_watch.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <utility>

namespace tandem::vrrp {

struct FdWatch::Impl : std::enable_shared_from_this<FdWatch::Impl> {
  Impl(boost::asio::io_context& io, int watched, std::function<void()> callback)
      : fd(watched), descriptor(io, watched), rest(io), on_readable(std::move(callback)) {}

  void wait() {
    descriptor.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                          [self = shared_from_this()](const boost::system::error_code& error) {
                            if (error || self->stopped) return;
                            self->on_readable();
                            self->wait_after_pause();
                          });
  }

  void wait_after_pause() {
    if (stopped) return;
    if (pause == Duration::zero()) return wait();
    // Out of the event loop's sight: there each packet would wake the process up, whether it is waited for or not.
    descriptor.release();
    rest.expires_after(std::exchange(pause, Duration::zero()));
    rest.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
      if (error || self->stopped) return;
      self->descriptor.assign(self->fd);
      self->wait();
    });
  }

  const int fd;
  boost::asio::posix::stream_descriptor descriptor;
  boost::asio::steady_timer rest;
  Duration pause{};
  std::function<void()> on_readable;
  bool stopped = false;
};

FdWatch::FdWatch(boost::asio::io_context& io, int fd, std::function<void()> on_readable)
    : impl_(std::make_shared<Impl>(io, fd, std::move(on_readable))) {
  impl_->wait();
}

void FdWatch::pause(Duration duration) { impl_->pause = duration; }

FdWatch::~FdWatch() {
  impl_->stopped = true;
  impl_->rest.cancel();
  impl_->descriptor.release();
}

}  // namespace tandem::vrrp
