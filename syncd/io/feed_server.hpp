// The local feed: accepts the daemons of this node on RUN-DIR/syncd-feed.sock and joins each to a FeedSession.
#pragma once

#include <boost/asio/io_context.hpp>

#include <functional>
#include <memory>
#include <string>

#include "common/base/result.hpp"
#include "syncd/core/replicator.hpp"

namespace tandem::sync {

/// Used on the io thread only. At most 64 clients; further ones are turned away and logged.
class FeedServer {
 public:
  /// `on_change` is called after input from a client: others may have something to send now.
  FeedServer(boost::asio::io_context& io, Replicator& replicator, std::function<void()> on_change);
  ~FeedServer();
  FeedServer(const FeedServer&) = delete;
  FeedServer& operator=(const FeedServer&) = delete;

  Result<> listen(const std::string& path);
  /// Sends what the sessions have to say.
  void flush();
  /// Ends all connections and removes the socket file.
  void close();

  struct Impl;  // private to the .cpp

 private:
  std::shared_ptr<Impl> impl_;
};

}  // namespace tandem::sync
