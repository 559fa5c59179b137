#include "lbd/core/sticky/cookie.hpp"

#include <algorithm>
#include <cstring>

#include "lbd/core/sticky/base64url.hpp"

namespace tandem::lbd {
namespace {

constexpr std::int64_t clock_skew = 60;  // seconds that the issuing node may be ahead of us

template <class Number>
void put_big_endian(std::uint8_t* out, Number number) noexcept {
  for (std::size_t i = sizeof number; i-- > 0; number = static_cast<Number>(number >> 8)) {
    out[i] = static_cast<std::uint8_t>(number);
  }
}

template <class Number>
Number get_big_endian(const std::uint8_t* in) noexcept {
  Number number = 0;
  for (std::size_t i = 0; i < sizeof number; ++i) number = static_cast<Number>(number << 8 | in[i]);
  return number;
}

/// The binary cookie and its parts.
struct Layout {
  std::array<std::uint8_t, cookie_binary_size> bytes;

  std::span<std::uint8_t, cookie_key_id_size> key_id() {
    return std::span<std::uint8_t, cookie_key_id_size>(bytes.data(), cookie_key_id_size);
  }
  std::span<std::uint8_t, cookie_nonce_size> nonce() {
    return std::span<std::uint8_t, cookie_nonce_size>(bytes.data() + cookie_key_id_size, cookie_nonce_size);
  }
  std::span<std::uint8_t> sealed() {
    constexpr std::size_t at = cookie_key_id_size + cookie_nonce_size;
    return {bytes.data() + at, bytes.size() - at};
  }
};

/// Text into a bounded buffer; too much makes it empty.
class Line {
 public:
  explicit Line(std::span<char> out) : out_(out) {}
  void put(std::string_view text) noexcept {
    fits_ = fits_ && text.size() <= out_.size() - size_;
    if (!fits_) return;
    std::memcpy(out_.data() + size_, text.data(), text.size());
    size_ += text.size();
  }
  void put_number(std::int64_t number) noexcept {
    std::array<char, 20> digits;
    std::size_t at = digits.size();
    do {
      digits[--at] = static_cast<char>('0' + number % 10);
      number /= 10;
    } while (number > 0);
    put({digits.data() + at, digits.size() - at});
  }
  [[nodiscard]] std::string_view text() const noexcept {
    return fits_ ? std::string_view(out_.data(), size_) : std::string_view{};
  }

 private:
  std::span<char> out_;
  std::size_t size_ = 0;
  bool fits_ = true;
};

std::string_view trim(std::string_view text) noexcept {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

}  // namespace

std::optional<StickyCookie> open_sticky_cookie(std::string_view value, std::uint64_t group_identity,
                                               std::int64_t now_unix, std::int64_t ttl,
                                               CookieCipher& cipher) noexcept {
  Layout cookie;
  if (!detail::base64url_decode(value, cookie.bytes)) return std::nullopt;
  const auto key_id = get_big_endian<std::uint32_t>(cookie.key_id().data());
  std::array<std::uint8_t, cookie_plain_size> plain;
  if (!cipher.open(key_id, cookie.key_id(), cookie.nonce(), cookie.sealed(), plain)) return std::nullopt;

  if (get_big_endian<std::uint64_t>(plain.data()) != group_identity) return std::nullopt;
  const auto issued = static_cast<std::int64_t>(get_big_endian<std::uint64_t>(plain.data() + 16));
  if (issued < 0 || issued > now_unix + clock_skew || now_unix - issued > ttl) return std::nullopt;
  return StickyCookie{get_big_endian<std::uint64_t>(plain.data() + 8),
                      now_unix - issued > ttl / 8 || cipher.sealing_key() != key_id};
}

std::string_view write_sticky_cookie(std::span<char> out, std::string_view name,
                                     std::uint64_t group_identity, std::uint64_t backend_identity,
                                     std::int64_t now_unix, std::int64_t ttl, bool secure,
                                     CookieCipher& cipher) noexcept {
  const std::optional<std::uint32_t> key_id = cipher.sealing_key();
  if (!key_id) return {};
  std::array<std::uint8_t, cookie_plain_size> plain;
  put_big_endian(plain.data(), group_identity);
  put_big_endian(plain.data() + 8, backend_identity);
  put_big_endian(plain.data() + 16, static_cast<std::uint64_t>(now_unix));
  Layout cookie;
  put_big_endian(cookie.key_id().data(), *key_id);
  if (!cipher.seal(*key_id, cookie.key_id(), plain, cookie.nonce(), cookie.sealed())) return {};
  std::array<char, cookie_text_size> text;
  detail::base64url_encode(cookie.bytes, text.data());

  Line line(out);
  line.put("Set-Cookie: ");
  line.put(name);
  line.put("=");
  line.put({text.data(), text.size()});
  line.put("; Path=/; HttpOnly; SameSite=Lax; Max-Age=");
  line.put_number(std::max<std::int64_t>(ttl, 0));
  if (secure) line.put("; Secure");
  line.put("\r\n");
  return line.text();
}

std::optional<std::string_view> find_cookie(std::string_view field_value, std::string_view name) noexcept {
  while (!field_value.empty()) {
    const std::size_t semicolon = field_value.find(';');
    const std::string_view pair = trim(field_value.substr(0, semicolon));
    field_value.remove_prefix(semicolon == std::string_view::npos ? field_value.size() : semicolon + 1);
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos || trim(pair.substr(0, equals)) != name) continue;
    std::string_view value = trim(pair.substr(equals + 1));
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
      value = value.substr(1, value.size() - 2);
    }
    return value;
  }
  return std::nullopt;
}

std::optional<std::string_view> find_cookie(const http1::MessageHead& head, std::string_view name) noexcept {
  if (!head.present.has(http1::FieldId::cookie)) return std::nullopt;
  for (const http1::Field& field : head.fields) {
    if (field.id != http1::FieldId::cookie) continue;
    if (const auto value = find_cookie(head.value(field), name)) return value;
  }
  return std::nullopt;
}

}  // namespace tandem::lbd
