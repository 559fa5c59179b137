#include "vrrpd/io/peer_line.hpp"

#include <algorithm>
#include <utility>

#include "common/io/clock.hpp"
#include "common/log/log.hpp"

namespace tandem::vrrp {
namespace {

constexpr const char* table = "vrrp";
constexpr Duration lifetime = std::chrono::seconds(10);  // of a heartbeat in the replicated table

}  // namespace

PeerLine::PeerLine(boost::asio::io_context& io, const std::string& run_dir, std::string self, std::string peer,
                   std::function<void()> on_news)
    : self_(std::move(self)),
      peer_(std::move(peer)),
      on_news_(std::move(on_news)),
      client_(io, run_dir + "/syncd-feed.sock", "vrrpd",
              {.on_entry = [this](const wire::Entry& entry) { take(entry); }, .on_connected = {}, .on_in_sync = {}},
              table) {
  said_.boot = static_cast<std::uint64_t>(io::now().time_since_epoch().count());
}

bool PeerLine::is_news(Sight sight, const std::vector<HeartbeatAddress>& addresses) const {
  return sight != said_.sight || addresses != said_.addresses;
}

void PeerLine::publish(Sight sight, std::vector<HeartbeatAddress> addresses, Duration period) {
  ++said_.sequence;
  said_.sight = sight;
  said_.addresses = std::move(addresses);
  said_.period_ms = static_cast<std::uint16_t>(std::clamp<std::int64_t>(period / std::chrono::milliseconds(1), 1, 60'000));
  client_.put(table, self_, encode(said_), lifetime);
}

void PeerLine::take(const wire::Entry& entry) {
  if (entry.table != table || entry.key != peer_ || entry.deleted) return;
  auto heartbeat = decode_heartbeat(entry.value);
  if (!heartbeat) {
    if (understood_) log::warning("heartbeats of {} over syncd are not understood: is it of another version?", peer_);
    understood_ = false;
    return;
  }
  understood_ = true;
  const TimePoint now = io::now();
  const bool was_fresh = heard_.fresh(now);
  heard_.take(*heartbeat, now);
  const bool news = heartbeat->addresses != last_.addresses || heartbeat->sight != last_.sight ||
                    heard_.fresh(now) != was_fresh;
  last_ = std::move(*heartbeat);
  if (news) on_news_();
}

}  // namespace tandem::vrrp
