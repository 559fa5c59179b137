// Starting coroutines whose failures are seen.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <string>

namespace tandem::io {

/// Runs `work` on its own. Environment errors belong to `work` (as_tuple): an exception that
/// escapes it is a bug, which is logged with `name`, and the process aborts.
void spawn(const boost::asio::any_io_executor& executor, std::string name, boost::asio::awaitable<void> work);
void spawn(boost::asio::io_context& io, std::string name, boost::asio::awaitable<void> work);

}  // namespace tandem::io
