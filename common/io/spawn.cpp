#include "common/io/spawn.hpp"

#include <boost/asio/co_spawn.hpp>

#include <cstdlib>
#include <exception>
#include <utility>

#include "common/log/log.hpp"

namespace tandem::io {
namespace {

[[noreturn]] void abort_with(const std::string& name, const std::exception_ptr& escaped) {
  try {
    std::rethrow_exception(escaped);
  } catch (const std::exception& error) {
    log::error("bug: an exception escaped from {}: {}", name, error.what());
  } catch (...) {
    log::error("bug: an unknown exception escaped from {}", name);
  }
  std::abort();
}

}  // namespace

void spawn(const boost::asio::any_io_executor& executor, std::string name, boost::asio::awaitable<void> work) {
  boost::asio::co_spawn(executor, std::move(work), [name = std::move(name)](const std::exception_ptr& escaped) {
    if (escaped) abort_with(name, escaped);
  });
}

void spawn(boost::asio::io_context& io, std::string name, boost::asio::awaitable<void> work) {
  spawn(io.get_executor(), std::move(name), std::move(work));
}

}  // namespace tandem::io
