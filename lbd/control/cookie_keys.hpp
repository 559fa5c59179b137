// Keeps the workers supplied with cookie keys: the base key at once, rotated ones as the pair makes them.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "common/base/result.hpp"
#include "common/crypto/crypto.hpp"
#include "common/wire/replica.hpp"
#include "lbd/control/cookie_key_ring.hpp"

namespace tandem::lbd {

/// Key id 0: from the cluster key, so that both nodes have it without asking each other.
[[nodiscard]] Result<CookieKey> base_key_of_cluster(const crypto::Key& cluster_key);
/// Key id 0 of an lbd that runs alone: stickiness ends with the process.
[[nodiscard]] Result<CookieKey> random_base_key();

/// Control thread only.
class CookieKeys {
 public:
  struct Outputs {
    std::function<void(const std::vector<CookieKey>& keys)> publish;  // to the workers
    /// To the table "keys", if there is a peer; without one this node rotates for itself.
    std::function<void(const std::string& name, const std::string& value)> put;
    std::function<void(const std::string& name)> erase;
  };

  /// `patience`: how much later than due this node makes a key, giving the other the chance to do it.
  CookieKeys(boost::asio::io_context& io, const CookieKey& base, Duration patience, Outputs outputs);

  /// Publishes what is known.
  void start();
  void stop();
  /// A change of the table "keys".
  void entry(const wire::Entry& entry);
  /// The table is complete: from now on (plus patience) a missing or old key is made.
  void caught_up();

  /// Entries of the table that could not be understood.
  [[nodiscard]] std::uint64_t ignored() const { return ignored_; }

 private:
  void refresh();
  void rotate_if_due();
  void arm();

  boost::asio::steady_timer timer_;
  CookieKeyRing ring_;
  Duration patience_;
  Outputs outputs_;
  std::vector<std::uint32_t> published_;  // ids in order
  std::optional<TimePoint> may_rotate_from_;  // set once caught up
  std::uint64_t ignored_ = 0;
};

}  // namespace tandem::lbd
