#include "vrrpd/core/frame.hpp"

#include <algorithm>

#include "vrrpd/core/checksum.hpp"

namespace tandem::vrrp {
namespace {

constexpr std::size_t v4_header_bytes = 20;
constexpr std::uint8_t internet_control = 0xc0;  // IP precedence 6, as routing protocols use

class Writer {
 public:
  explicit Writer(std::array<std::uint8_t, max_frame_bytes>& out) : out_(out) {}

  void bytes(std::span<const std::uint8_t> bytes) {
    std::copy(bytes.begin(), bytes.end(), out_.begin() + static_cast<std::ptrdiff_t>(size_));
    size_ += bytes.size();
  }
  void byte(std::uint8_t value) { out_[size_++] = value; }
  void word(std::size_t value) {
    byte(static_cast<std::uint8_t>(value >> 8));
    byte(static_cast<std::uint8_t>(value & 0xff));
  }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  std::array<std::uint8_t, max_frame_bytes>& out_;
  std::size_t size_ = 0;
};

// RFC 791; a datagram that is never fragmented needs no identification (RFC 6864).
void put_v4_header(Writer& writer, const IpAddress& source, const IpAddress& destination, std::size_t payload,
                   std::array<std::uint8_t, max_frame_bytes>& out) {
  const std::size_t start = writer.size();
  writer.byte(0x45);
  writer.byte(internet_control);
  writer.word(v4_header_bytes + payload);
  writer.word(0);
  writer.word(0x4000);  // don't fragment
  writer.byte(required_ttl);
  writer.byte(ip_protocol);
  writer.word(0);
  writer.bytes(source.bytes());
  writer.bytes(destination.bytes());
  const std::uint16_t checksum = checksum_finish(checksum_add({out.data() + start, v4_header_bytes}));
  out[start + 10] = static_cast<std::uint8_t>(checksum >> 8);
  out[start + 11] = static_cast<std::uint8_t>(checksum & 0xff);
}

// RFC 8200 section 3.
void put_v6_header(Writer& writer, const IpAddress& source, const IpAddress& destination, std::size_t payload) {
  writer.word(0x6000U | (internet_control << 4U));
  writer.word(0);
  writer.word(payload);
  writer.byte(ip_protocol);
  writer.byte(required_ttl);
  writer.bytes(source.bytes());
  writer.bytes(destination.bytes());
}

}  // namespace

MacAddress multicast_mac(const IpAddress& group) {
  const auto bytes = group.bytes();
  if (group.is_v4()) return {0x01, 0x00, 0x5e, static_cast<std::uint8_t>(bytes[1] & 0x7f), bytes[2], bytes[3]};
  return {0x33, 0x33, bytes[12], bytes[13], bytes[14], bytes[15]};
}

std::size_t advert_frame(const MacAddress& from, const IpAddress& source, const IpAddress& destination,
                         std::span<const std::uint8_t> message, std::array<std::uint8_t, max_frame_bytes>& out) {
  Writer writer(out);
  writer.bytes(multicast_mac(destination));
  writer.bytes(from);
  writer.word(source.is_v4() ? 0x0800 : 0x86dd);
  if (source.is_v4()) put_v4_header(writer, source, destination, message.size(), out);
  else put_v6_header(writer, source, destination, message.size());
  writer.bytes(message);
  return writer.size();
}

}  // namespace tandem::vrrp
