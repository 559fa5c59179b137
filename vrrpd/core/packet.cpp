#include "vrrpd/core/packet.hpp"

#include <algorithm>

#include "common/base/assert.hpp"
#include "vrrpd/core/checksum.hpp"

namespace tandem::vrrp {
namespace {

constexpr std::uint8_t advertisement = 1;  // the one type there is (5.2.2)
constexpr Duration centisecond = std::chrono::milliseconds(10);
constexpr Duration second = std::chrono::seconds(1);
constexpr std::uint16_t max_centiseconds = 0x0fff;
constexpr std::size_t count_field = 3;
constexpr std::size_t v2_auth_type_field = 4;
constexpr std::size_t v2_interval_field = 5;

std::uint16_t word_at(std::span<const std::uint8_t> bytes, std::size_t offset) {
  return static_cast<std::uint16_t>(bytes[offset] << 8 | bytes[offset + 1]);
}

void put_word(std::span<std::uint8_t> bytes, std::size_t offset, std::uint16_t value) {
  bytes[offset] = static_cast<std::uint8_t>(value >> 8);
  bytes[offset + 1] = static_cast<std::uint8_t>(value & 0xff);
}

std::size_t address_size(bool v6) { return v6 ? 16 : 4; }

/// All forms cover all bytes of the IP payload, also those behind the last address.
std::uint32_t sum_with_pseudo_header(const IpAddress& source, const IpAddress& destination,
                                     std::span<const std::uint8_t> message) {
  return checksum_add(message) +
         pseudo_header_sum(source, destination, static_cast<std::uint16_t>(message.size()), ip_protocol);
}

/// Whether the checksum is right; sets the form.
bool check_sum(const Datagram& datagram, Advert& advert) {
  const auto with = [&datagram] {
    return checksum_finish(sum_with_pseudo_header(datagram.source, datagram.destination, datagram.message)) == 0;
  };
  if (datagram.source.is_v6()) return with();
  if (checksum_finish(checksum_add(datagram.message)) == 0) return true;
  if (advert.version == Version::v2 || !with()) return false;
  advert.form = ChecksumForm::rfc5798;
  return true;
}

/// Everything but the fields of the message's head; `advert` has its version already.
Drop decode_body(const Datagram& datagram, Advert& advert) {
  const auto message = datagram.message;
  const bool v2 = advert.version == Version::v2;
  const std::size_t addresses = address_size(datagram.source.is_v6()) * message[count_field];
  const std::size_t behind = v2 ? v2_authentication_bytes : 0;
  if (message.size() < header_bytes + addresses + behind) return Drop::truncated;
  if (!check_sum(datagram, advert)) return Drop::checksum;
  if (v2 && message[v2_auth_type_field] != 0) return Drop::auth_type;
  if (addresses == 0) return Drop::no_address;
  // DEVIATION(rfc9568 7.1, erratum 8300): an IPv6 list that does not begin with a link-local address is believed. Its sender owns
  // the addresses all the same: to discard what it says would make a second owner of this node.
  advert.addresses = message.subspan(header_bytes, addresses);
  advert.message = message;
  if (!v2 && message.size() <= max_advert_bytes) advert.trailer = read_trailer(message.subspan(header_bytes + addresses));
  // In version 3 the four bits above the interval are reserved.
  advert.interval = v2 ? second * message[v2_interval_field] : from_centiseconds(word_at(message, 4) & max_centiseconds);
  return advert.interval == Duration::zero() ? Drop::interval : Drop::none;
}

Drop decode_into(const Datagram& datagram, Advert& advert) {
  const auto message = datagram.message;
  if (datagram.ttl != required_ttl) return Drop::ttl;
  if (message.size() < header_bytes) return Drop::truncated;
  const int version = message[0] >> 4;
  if (version != 3 && (version != 2 || datagram.source.is_v6())) return Drop::version;
  if ((message[0] & 0x0f) != advertisement) return Drop::type;
  advert.version = static_cast<Version>(version);
  advert.source = datagram.source;
  advert.destination = datagram.destination;
  advert.vrid = message[1];
  advert.priority = message[2];
  return decode_body(datagram, advert);
}

}  // namespace

IpAddress multicast_group(bool v6) {
  if (!v6) return IpAddress::v4({224, 0, 0, 18});
  return IpAddress::v6({0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x12});
}

Decoded decode(const Datagram& datagram) {
  Decoded result;
  result.v6 = datagram.source.is_v6();
  result.source = datagram.source;
  if (datagram.message.size() >= 2) result.vrid = datagram.message[1];
  result.drop = decode_into(datagram, result.advert);
  return result;
}

Decoded decode(std::span<const std::uint8_t> ipv4_packet) {
  if (const auto datagram = ipv4_datagram(ipv4_packet)) return decode(*datagram);
  Decoded refused;
  refused.drop = Drop::ip_header;
  return refused;
}

Drop classify(const Advert& advert, const Expectation& expected) {
  if (advert.source == expected.own_address) return Drop::own;
  if (advert.version != expected.version) return Drop::version;
  if (expected.unicast) {
    if (advert.destination != expected.own_address) return Drop::destination;
    if (advert.source != expected.peer_address) return Drop::not_peer;
  } else {
    if (advert.destination != multicast_group(advert.source.is_v6())) return Drop::destination;
    if (advert.source.is_v6() && !advert.source.is_v6_link_local()) return Drop::source;
  }
  if (advert.version == Version::v2 && advert.interval != expected.interval) return Drop::interval;
  return Drop::none;
}

bool same_addresses(const Advert& advert, std::span<const Prefix> configured) {
  const std::size_t size = address_size(advert.source.is_v6());
  if (advert.addresses.size() != size * configured.size()) return false;
  return std::all_of(configured.begin(), configured.end(), [&](const Prefix& prefix) {
    const auto wanted = prefix.address.bytes();
    for (std::size_t offset = 0; offset < advert.addresses.size(); offset += size) {
      const auto found = advert.addresses.subspan(offset, size);
      if (std::equal(wanted.begin(), wanted.end(), found.begin(), found.end())) return true;
    }
    return false;
  });
}

std::size_t encode(const Outgoing& advert, std::span<const Prefix> addresses,
                   std::array<std::uint8_t, max_advert_bytes>& out) {
  const bool v6 = advert.source.is_v6();
  const bool v2 = advert.version == Version::v2;
  TANDEM_ASSERT(!addresses.empty() && addresses.size() <= max_addresses);
  TANDEM_ASSERT(!(v2 && (v6 || advert.trailer)));
  const Duration interval = on_the_wire(advert.version, advert.interval);
  out[0] = static_cast<std::uint8_t>(static_cast<std::uint8_t>(advert.version) << 4 | advertisement);
  out[1] = advert.vrid;
  out[2] = advert.priority;
  out[count_field] = static_cast<std::uint8_t>(addresses.size());
  // Version 2 has an authentication type of 0 here, then the seconds: the same two bytes.
  put_word(out, 4, v2 ? static_cast<std::uint16_t>(interval / second) : to_centiseconds(interval));
  put_word(out, 6, 0);
  auto end = out.begin() + header_bytes;
  for (const Prefix& prefix : addresses) {
    TANDEM_ASSERT(prefix.address.is_v6() == v6);
    const auto bytes = prefix.address.bytes();
    end = std::copy(bytes.begin(), bytes.end(), end);
  }
  if (v2) end = std::fill_n(end, v2_authentication_bytes, std::uint8_t{0});
  if (advert.trailer) {
    write_trailer(*advert.trailer, std::span<std::uint8_t, trailer_bytes>(end, trailer_bytes));
    end += trailer_bytes;
  }
  const std::span<const std::uint8_t> message(out.begin(), end);
  const bool with_pseudo_header = v6 || (!v2 && advert.form == ChecksumForm::rfc5798);
  put_word(out, 6, checksum_finish(with_pseudo_header
                                       ? sum_with_pseudo_header(advert.source, advert.destination, message)
                                       : checksum_add(message)));
  return message.size();
}

std::uint16_t to_centiseconds(Duration interval) {
  const auto rounded = (interval + centisecond / 2) / centisecond;
  return static_cast<std::uint16_t>(std::clamp<Duration::rep>(rounded, 1, max_centiseconds));
}

Duration from_centiseconds(std::uint16_t interval_cs) { return centisecond * interval_cs; }

Duration on_the_wire(Version version, Duration interval) {
  if (version == Version::v3) return from_centiseconds(to_centiseconds(interval));
  return second * std::clamp<Duration::rep>((interval + second / 2) / second, 1, 255);
}

}  // namespace tandem::vrrp
