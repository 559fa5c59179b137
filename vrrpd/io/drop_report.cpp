#include "vrrpd/io/drop_report.hpp"

#include <string>

#include "common/log/log.hpp"

namespace tandem::vrrp {
namespace {

std::string sentence(Drop cause, const Decoded& packet, std::string_view subject, std::uint64_t packets) {
  const std::string source = packet.source.is_any() ? "" : " from " + packet.source.to_string();
  return fmt::format("{}: {} advert{}{} dropped ({}): {}", subject, packets, packets == 1 ? "" : "s", source,
                     to_string(cause), explain(cause));
}

}  // namespace

void DropReport::add(Drop cause, const Decoded& packet, std::string_view subject, TimePoint now) {
  if (const std::uint64_t packets = note(cause, now, DropLog::pause)) {
    log::warning("{}", sentence(cause, packet, subject, packets));
  }
}

void DropReport::add_foreign(Drop cause, const Decoded& packet, std::string_view subject, TimePoint now) {
  if (const std::uint64_t packets = note(cause, now, DropLog::long_pause)) {
    log::info("{}", sentence(cause, packet, subject, packets));
  }
}

std::uint64_t DropReport::note(Drop cause, TimePoint now, Duration pause) {
  ++counters_[static_cast<std::size_t>(cause)];
  return log_.note(cause, now, pause);
}

}  // namespace tandem::vrrp
