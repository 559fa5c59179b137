#include "vrrpd/io/drop_report.hpp"

#include "common/log/log.hpp"

namespace tandem::vrrp {

void DropReport::add(Drop cause, const Decoded& packet, std::string_view subject, TimePoint now) {
  count(cause);
  const std::uint64_t packets = log_.note(cause, now);
  if (packets == 0) return;
  const std::string source = packet.source.is_any() ? "" : " from " + packet.source.to_string();
  log::warning("{}: {} advert{}{} dropped ({}): {}", subject, packets, packets == 1 ? "" : "s", source,
               to_string(cause), explain(cause));
}

}  // namespace tandem::vrrp
