// The header fields a proxy acts on, recognised by one hash probe and one compare.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tandem::lbd::http1 {

/// Fields the proxy acts on; every other name is `other`. Fewer than 64, so that a set of them is
/// one word (FieldSet).
enum class FieldId : std::uint8_t {
  other,
  connection,
  content_length,
  cookie,
  expect,
  forwarded,
  host,
  http2_settings,
  keep_alive,
  location,
  proxy_authenticate,
  proxy_authentication_info,
  proxy_authorization,
  proxy_connection,
  referer,
  server,
  set_cookie,
  te,
  trailer,
  transfer_encoding,
  upgrade,
  user_agent,
  via,
  x_forwarded_for,
  x_forwarded_host,
  x_forwarded_proto,
};

inline constexpr std::size_t field_id_count = static_cast<std::size_t>(FieldId::x_forwarded_proto) + 1;

/// A set of FieldIds. `other` may be a member: "there was at least one unrecognised name".
class FieldSet {
 public:
  constexpr FieldSet() = default;
  template <class... Ids>
  constexpr explicit FieldSet(FieldId first, Ids... rest) : bits_((bit(first) | ... | bit(rest))) {}

  [[nodiscard]] constexpr bool has(FieldId id) const { return (bits_ & bit(id)) != 0; }
  [[nodiscard]] constexpr bool has_any(FieldSet set) const { return (bits_ & set.bits_) != 0; }
  [[nodiscard]] constexpr bool empty() const { return bits_ == 0; }
  constexpr void add(FieldId id) { bits_ |= bit(id); }
  constexpr void remove(FieldId id) { bits_ &= ~bit(id); }
  constexpr FieldSet operator|(FieldSet set) const { return FieldSet(bits_ | set.bits_); }
  constexpr bool operator==(const FieldSet&) const = default;

 private:
  constexpr explicit FieldSet(std::uint64_t bits) : bits_(bits) {}
  static constexpr std::uint64_t bit(FieldId id) {
    return std::uint64_t{1} << static_cast<unsigned>(id);
  }
  std::uint64_t bits_ = 0;
};

/// The id of a name, whatever its case. `name` must consist of token characters (RFC 9110 section
/// 5.6.2): a name that does not is nobody's name, yet could be taken for one.
[[nodiscard]] FieldId recognise_field(std::string_view name) noexcept;

/// Canonical spelling ("Content-Length"); empty for `other`.
[[nodiscard]] std::string_view field_name(FieldId id) noexcept;

}  // namespace tandem::lbd::http1
