// Authenticated adverts: seals those that this node sends, checks those that it receives.
//
// One AdvertSeal for each process that sends (daemon, guard), one AdvertGate for each virtual router. Nothing here
// allocates or logs per advert. io thread only.
#pragma once

#include <array>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "common/base/result.hpp"
#include "common/crypto/crypto.hpp"
#include "vrrpd/core/packet.hpp"
#include "vrrpd/io/stamps.hpp"

namespace tandem::vrrp {

/// Each node seals with a key of its own, so that no advert can be thrown back at its sender.
struct AdvertKeys {
  crypto::Key ours{};
  crypto::Key peers{};
  bool operator==(const AdvertKeys&) const = default;
};

/// From the cluster key and the nodes' names.
Result<AdvertKeys> advert_keys(const crypto::Key& cluster_key, const std::string& self, const std::string& peer);

class AdvertSeal {
 public:
  /// `stamps` outlives it. `on_new_session`: ours or the other node's has changed, and should be written down.
  explicit AdvertSeal(Stamps& stamps, std::function<void()> on_new_session = {})
      : stamps_(stamps), on_new_session_(std::move(on_new_session)) {}

  /// encode(), sealed by `ours`; nullptr: without a trailer.
  std::size_t write(Outgoing advert, std::span<const Prefix> addresses, const crypto::Hmac* ours,
                    std::array<std::uint8_t, max_advert_bytes>& out);
  /// none, no_authentication, wrong_hmac or replayed. `peers` has the sender's key, `filter` is the virtual router's.
  Drop check(const Advert& advert, const crypto::Hmac& peers, ReplayFilter& filter);
  [[nodiscard]] Stamp heard() const { return stamps_.heard(); }

 private:
  Stamps& stamps_;
  std::function<void()> on_new_session_;
};

class AdvertGate {
 public:
  /// `keys`: nullopt if this virtual router's adverts are not authenticated.
  AdvertGate(AdvertSeal& seal, const std::optional<AdvertKeys>& keys);

  std::size_t write(const Outgoing& advert, std::span<const Prefix> addresses,
                    std::array<std::uint8_t, max_advert_bytes>& out) {
    return seal_.write(advert, addresses, sealing_ ? &sealing_->ours : nullptr, out);
  }
  Drop check(const Advert& advert, TimePoint now);

  [[nodiscard]] bool authenticates() const { return sealing_.has_value(); }
  /// The key that the guard needs to say good-bye.
  [[nodiscard]] std::optional<crypto::Key> own_key() const;
  /// Why the two nodes do not understand each other, as the latest advert shows; empty if it does not, or if there was
  /// none for three intervals and 3 s.
  [[nodiscard]] std::string_view problem(TimePoint now) const;

 private:
  struct Sealing {
    crypto::Key own_key;
    crypto::Hmac ours;
    crypto::Hmac peers;
  };

  AdvertSeal& seal_;
  std::optional<Sealing> sealing_;
  ReplayFilter filter_;
  std::string_view problem_;  // of the latest advert
  TimePoint problem_until_{};
};

}  // namespace tandem::vrrp
