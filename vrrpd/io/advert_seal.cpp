#include "vrrpd/io/advert_seal.hpp"

#include <algorithm>

#include "vrrpd/core/seal.hpp"

namespace tandem::vrrp {
namespace {

constexpr std::string_view unheeded =
    "the other router's adverts are authenticated, this node's are not: it does not listen to this node; "
    "\"authentication\" must be the same on both";
constexpr Duration shortest_memory = std::chrono::seconds(3);

Mac mac_of(const crypto::Hmac& hmac, const IpAddress& source, std::span<const std::uint8_t> message) {
  const auto digest = hmac.digest(SealedText(source, message).view());
  Mac mac{};
  std::copy_n(digest.begin(), mac.size(), mac.begin());
  return mac;
}

}  // namespace

Result<AdvertKeys> advert_keys(const crypto::Key& cluster_key, const std::string& self, const std::string& peer) {
  AdvertKeys keys;
  const std::string label = "tandem vrrp adverts 1 from ";
  if (auto done = crypto::hkdf_sha256(cluster_key, {}, label + self, keys.ours); !done) return done.error();
  if (auto done = crypto::hkdf_sha256(cluster_key, {}, label + peer, keys.peers); !done) return done.error();
  return keys;
}

std::size_t AdvertSeal::write(Outgoing advert, std::span<const Prefix> addresses, const crypto::Hmac* ours,
                              std::array<std::uint8_t, max_advert_bytes>& out) {
  if (ours == nullptr) return encode(advert, addresses, out);
  advert.trailer = Trailer{.stamp = stamps_.next(), .heard = stamps_.heard()};
  const std::size_t length = encode(advert, addresses, out);
  const std::span<std::uint8_t> message(out.data(), length);
  put_mac(mac_of(*ours, advert.source, message), message);
  return length;
}

Drop AdvertSeal::check(const Advert& advert, const crypto::Hmac& peers, ReplayFilter& filter) {
  if (!advert.trailer) return Drop::no_authentication;
  const Trailer& trailer = *advert.trailer;
  if (!crypto::same_secret(mac_of(peers, advert.source, advert.message), trailer.mac)) return Drop::wrong_hmac;
  // What the other node has ever heard from us stays true, however old the advert that says so.
  bool news = stamps_.note_echo(trailer.heard);
  const bool fresh = trailer.stamp.session >= stamps_.heard().session && filter.accept(trailer.stamp);
  if (fresh && stamps_.note_heard(trailer.stamp)) news = true;
  if (news && on_new_session_) on_new_session_();
  return fresh ? Drop::none : Drop::replayed;
}

// A virtual router that begins is not fooled by what another one, or an earlier vrrpd, has heard already.
AdvertGate::AdvertGate(AdvertSeal& seal, const std::optional<AdvertKeys>& keys)
    : seal_(seal), filter_(seal.heard()) {
  if (keys) sealing_ = Sealing{.own_key = keys->ours, .ours = crypto::Hmac(keys->ours), .peers = crypto::Hmac(keys->peers)};
}

Drop AdvertGate::check(const Advert& advert, TimePoint now) {
  const Drop verdict = sealing_ ? seal_.check(advert, sealing_->peers, filter_) : Drop::none;
  const bool stranger = verdict == Drop::no_authentication || verdict == Drop::wrong_hmac;
  problem_ = stranger ? explain(verdict) : !sealing_ && advert.trailer ? unheeded : std::string_view();
  problem_until_ = now + std::max(3 * advert.interval, shortest_memory);
  return verdict;
}

std::optional<crypto::Key> AdvertGate::own_key() const {
  return sealing_ ? std::optional(sealing_->own_key) : std::nullopt;
}

std::string_view AdvertGate::problem(TimePoint now) const {
  return now < problem_until_ ? problem_ : std::string_view();
}

}  // namespace tandem::vrrp
