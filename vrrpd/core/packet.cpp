#include "vrrpd/core/packet.hpp"

#include <algorithm>

#include "common/base/assert.hpp"
#include "vrrpd/core/checksum.hpp"

namespace tandem::vrrp {
namespace {

constexpr std::uint8_t version_and_type = 0x31;  // version 3, type 1 (ADVERTISEMENT)
constexpr std::size_t ipv4_header_bytes = 20;
constexpr Duration centisecond = std::chrono::milliseconds(10);
constexpr std::uint16_t max_centiseconds = 0x0fff;

IpAddress address_at(std::span<const std::uint8_t> bytes, std::size_t offset) {
  return IpAddress::v4({bytes[offset], bytes[offset + 1], bytes[offset + 2], bytes[offset + 3]});
}

std::uint16_t word_at(std::span<const std::uint8_t> bytes, std::size_t offset) {
  return static_cast<std::uint16_t>(bytes[offset] << 8 | bytes[offset + 1]);
}

struct IpView {
  bool ok = false;
  std::uint8_t ttl = 0;
  IpAddress source;
  IpAddress destination;
  std::span<const std::uint8_t> payload;
};

IpView ip_view(std::span<const std::uint8_t> packet) {
  IpView view;
  if (packet.size() < ipv4_header_bytes || packet[0] >> 4 != 4) return view;
  const std::size_t header = std::size_t{4} * (packet[0] & 0x0f);
  const std::size_t total = word_at(packet, 2);
  if (header < ipv4_header_bytes || total < header || total > packet.size()) return view;
  if (packet[9] != ip_protocol) return view;
  view.ok = true;
  view.ttl = packet[8];
  view.source = address_at(packet, 12);
  view.destination = address_at(packet, 16);
  view.payload = packet.subspan(header, total - header);
  return view;
}

}  // namespace

IpAddress multicast_group() { return IpAddress::v4({224, 0, 0, 18}); }

std::string_view to_string(Drop drop) {
  switch (drop) {
    case Drop::none: return "none";
    case Drop::ip_header: return "ip_header";
    case Drop::ttl: return "ttl";
    case Drop::truncated: return "truncated";
    case Drop::version: return "version";
    case Drop::type: return "type";
    case Drop::checksum: return "checksum";
    case Drop::no_address: return "no_address";
    case Drop::interval: return "interval";
    case Drop::vrid: return "vrid";
    case Drop::destination: return "destination";
    case Drop::not_peer: return "not_peer";
    case Drop::own: return "own";
  }
  return "none";
}

Decoded decode(std::span<const std::uint8_t> packet) {
  const IpView ip = ip_view(packet);
  Decoded result;
  const auto dropped = [&result](Drop cause) {
    result.drop = cause;
    return result;
  };
  if (!ip.ok) return dropped(Drop::ip_header);
  const auto message = ip.payload;
  if (message.size() >= 2) result.vrid = message[1];

  if (ip.ttl != required_ttl) return dropped(Drop::ttl);
  if (message.size() < header_bytes) return dropped(Drop::truncated);
  if (message[0] >> 4 != version_and_type >> 4) return dropped(Drop::version);
  if ((message[0] & 0x0f) != (version_and_type & 0x0f)) return dropped(Drop::type);
  const std::size_t address_bytes = std::size_t{4} * message[3];
  if (message.size() < header_bytes + address_bytes) return dropped(Drop::truncated);

  // Both forms cover all bytes of the IP payload, also those behind the last address.
  const std::uint32_t plain = checksum_add(message);
  Advert& advert = result.advert;
  if (checksum_finish(plain) == 0) {
    advert.form = ChecksumForm::rfc9568;
  } else if (checksum_finish(plain + pseudo_header_sum(ip.source, ip.destination,
                                                       static_cast<std::uint16_t>(message.size()))) == 0) {
    advert.form = ChecksumForm::rfc5798;
  } else {
    return dropped(Drop::checksum);
  }
  if (address_bytes == 0) return dropped(Drop::no_address);

  advert.source = ip.source;
  advert.destination = ip.destination;
  advert.vrid = message[1];
  advert.priority = message[2];
  advert.interval_cs = word_at(message, 4) & max_centiseconds;  // the 4 bits above are reserved
  advert.addresses = message.subspan(header_bytes, address_bytes);
  if (advert.interval_cs == 0) return dropped(Drop::interval);
  return result;
}

Drop classify(const Advert& advert, const Expectation& expected) {
  if (advert.source == expected.own_address) return Drop::own;
  if (expected.unicast) {
    if (advert.destination != expected.own_address) return Drop::destination;
    if (advert.source != expected.peer_address) return Drop::not_peer;
    return Drop::none;
  }
  return advert.destination == multicast_group() ? Drop::none : Drop::destination;
}

bool same_addresses(const Advert& advert, std::span<const Prefix> configured) {
  if (advert.addresses.size() != 4 * configured.size()) return false;
  return std::all_of(configured.begin(), configured.end(), [&advert](const Prefix& prefix) {
    for (std::size_t offset = 0; offset < advert.addresses.size(); offset += 4) {
      if (address_at(advert.addresses, offset) == prefix.address) return true;
    }
    return false;
  });
}

std::size_t encode(const Outgoing& advert, std::span<const Prefix> addresses,
                   std::array<std::uint8_t, max_advert_bytes>& out) {
  TANDEM_ASSERT(!addresses.empty() && addresses.size() <= max_addresses);
  const std::uint16_t interval = to_centiseconds(advert.interval);
  out[0] = version_and_type;
  out[1] = advert.vrid;
  out[2] = advert.priority;
  out[3] = static_cast<std::uint8_t>(addresses.size());
  out[4] = static_cast<std::uint8_t>(interval >> 8);
  out[5] = static_cast<std::uint8_t>(interval & 0xff);
  out[6] = 0;
  out[7] = 0;
  std::size_t length = header_bytes;
  for (const Prefix& prefix : addresses) {
    TANDEM_ASSERT(prefix.address.is_v4());
    const auto bytes = prefix.address.bytes();
    std::copy(bytes.begin(), bytes.end(), out.begin() + static_cast<std::ptrdiff_t>(length));
    length += 4;
  }
  std::uint32_t sum = checksum_add({out.data(), length});
  if (advert.form == ChecksumForm::rfc5798) {
    sum += pseudo_header_sum(advert.source, advert.destination, static_cast<std::uint16_t>(length));
  }
  const std::uint16_t checksum = checksum_finish(sum);
  out[6] = static_cast<std::uint8_t>(checksum >> 8);
  out[7] = static_cast<std::uint8_t>(checksum & 0xff);
  return length;
}

std::uint16_t to_centiseconds(Duration interval) {
  const auto rounded = (interval + centisecond / 2) / centisecond;
  return static_cast<std::uint16_t>(std::clamp<Duration::rep>(rounded, 1, max_centiseconds));
}

Duration from_centiseconds(std::uint16_t interval_cs) { return centisecond * interval_cs; }

}  // namespace tandem::vrrp
