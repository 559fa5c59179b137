// IP addresses, endpoints and prefixes as pure values; no sockets, no name resolution.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace tandem {

/// An IPv4 or IPv6 address. Default: 0.0.0.0. Ordered by family, then unsigned network order
/// (the order that RFC 9568 section 6.4.3 compares sender addresses by).
class IpAddress {
 public:
  IpAddress() = default;
  /// From network-order bytes: 4 or 16 of them.
  static IpAddress v4(std::array<std::uint8_t, 4> bytes);
  static IpAddress v6(const std::array<std::uint8_t, 16>& bytes);
  static IpAddress v4_any() { return {}; }
  static IpAddress v6_any() { return v6({}); }
  /// Textual form, no brackets, no zone. nullopt if it is not an address.
  static std::optional<IpAddress> parse(std::string_view text);

  [[nodiscard]] bool is_v4() const { return !v6_; }
  [[nodiscard]] bool is_v6() const { return v6_; }
  [[nodiscard]] bool is_any() const;
  [[nodiscard]] bool is_multicast() const;
  [[nodiscard]] bool is_v6_link_local() const;
  /// Network-order bytes: 4 or 16.
  [[nodiscard]] std::span<const std::uint8_t> bytes() const {
    return {bytes_.data(), v6_ ? std::size_t{16} : std::size_t{4}};
  }
  [[nodiscard]] std::string to_string() const;

  auto operator<=>(const IpAddress&) const = default;

 private:
  bool v6_ = false;
  std::array<std::uint8_t, 16> bytes_{};  // the first 4 for IPv4, the rest zero
};

/// Address and port. Text: "192.0.2.1:80", "[2001:db8::1]:80".
struct Endpoint {
  IpAddress address;
  std::uint16_t port = 0;

  static std::optional<Endpoint> parse(std::string_view text);
  [[nodiscard]] std::string to_string() const;
  auto operator<=>(const Endpoint&) const = default;
};

/// Address with prefix length, as configured on an interface ("192.0.2.100/24": host bits
/// allowed) or as a network. Text without "/" means a full-length prefix.
struct Prefix {
  IpAddress address;
  std::uint8_t length = 32;

  static std::optional<Prefix> parse(std::string_view text);
  /// True if `other` has the same family and the same first `length` bits.
  [[nodiscard]] bool contains(const IpAddress& other) const;
  [[nodiscard]] std::string to_string() const;
  auto operator<=>(const Prefix&) const = default;
};

}  // namespace tandem
