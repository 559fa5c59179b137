// HTTP/1 message heads as values over the receive buffer: offsets, not copies.
//
// A head borrows the bytes it was parsed from (`base`) and the caller's array of Fields. It stays
// valid as long as both do; when the bytes move, set `base` anew. No member allocates.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "lbd/core/http1/field_id.hpp"

namespace tandem::lbd::http1 {

/// Part of a head: offset from `base` and size, in bytes.
struct Slice {
  std::uint32_t offset = 0;
  std::uint32_t size = 0;
  [[nodiscard]] std::uint32_t end() const { return offset + size; }
};

/// One field line. The line starts at `name_offset` and ends where the next one starts (the last
/// one at `fields_end`), CRLF included. Left uninitialised on purpose: the parser fills it.
struct Field {
  std::uint32_t name_offset;
  std::uint32_t value_offset;  // blanks around the value are not part of it
  std::uint32_t value_size;
  std::uint16_t name_size;
  FieldId id;
};

enum class Method : std::uint8_t { get, head, post, put, delete_, patch, options, trace, other };

/// Idempotent by RFC 9110 section 9.2.2; `other` is not.
[[nodiscard]] constexpr bool is_idempotent(Method method) {
  return method == Method::get || method == Method::head || method == Method::put ||
         method == Method::delete_ || method == Method::options || method == Method::trace;
}

/// RFC 9112 section 3.2. CONNECT, the only user of authority-form, is refused by the parser.
enum class TargetForm : std::uint8_t { origin, absolute, asterisk };

/// How the length of the body is known.
enum class BodyKind : std::uint8_t {
  none,
  length,       // Content-Length, may be 0
  chunked,
  until_close,  // responses only
};

struct Framing {
  BodyKind kind = BodyKind::none;
  std::uint64_t length = 0;  // BodyKind::length only; at most 2^63-1
  bool operator==(const Framing&) const = default;
  /// No byte of body follows the head.
  [[nodiscard]] bool empty() const {
    return kind == BodyKind::none || (kind == BodyKind::length && length == 0);
  }
};

/// What requests and responses have in common.
struct MessageHead {
  const char* base = nullptr;
  std::uint32_t start = 0;         // offset of the start line: 2 after a tolerated empty line
  std::uint32_t fields_begin = 0;  // offset of the first field line
  std::uint32_t fields_end = 0;    // offset of the CRLF that ends the head
  std::uint32_t size = 0;          // bytes of the head from base, everything included; the body follows
  std::span<const Field> fields;
  FieldSet present;                // ids that occur
  Framing framing;
  std::uint8_t minor_version = 1;  // HTTP/1.x
  bool keep_alive = false;         // the sender lets the connection live after this message
  bool connection_upgrade = false; // Connection names "upgrade"
  bool connection_names = false;   // Connection names something beside close, keep-alive, upgrade, te
  bool upgrade = false;            // asks for (agrees to) another protocol; never h2c

  [[nodiscard]] std::string_view text(Slice slice) const { return {base + slice.offset, slice.size}; }
  [[nodiscard]] std::string_view name(const Field& field) const {
    return {base + field.name_offset, field.name_size};
  }
  [[nodiscard]] std::string_view value(const Field& field) const {
    return {base + field.value_offset, field.value_size};
  }
  /// The first field with this id (not `other`), or nullptr. Free when it is absent.
  [[nodiscard]] const Field* find(FieldId id) const {
    if (!present.has(id)) return nullptr;
    for (const Field& field : fields) {
      if (field.id == id) return &field;
    }
    return nullptr;
  }
};

struct RequestHead : MessageHead {
  Method method = Method::get;
  TargetForm form = TargetForm::origin;
  bool expect_continue = false;  // Expect: 100-continue from a 1.1 client
  bool te_trailers = false;      // TE lists "trailers"
  Slice method_text;
  Slice target;     // as received
  Slice path;       // without query, not decoded, begins with '/'; empty for "*" or "http://host"
  Slice query;      // after '?'; size 0 also when there is no '?'
  Slice authority;  // of the target URI: absolute-form's, else Host's value; size 0: 1.0 without Host

  [[nodiscard]] bool is_head() const { return method == Method::head; }
};

struct ResponseHead : MessageHead {
  std::uint16_t status = 0;  // 100..599
  Slice reason;
  bool has_content_length = false;   // also where it frames nothing: HEAD, 304
  std::uint64_t content_length = 0;

  /// 1xx other than 101: another head of the same exchange follows.
  [[nodiscard]] bool is_interim() const { return status < 200 && status != 101; }
};

/// Equal, whatever the case of ASCII letters. RFC 9110 section 5.1.
[[nodiscard]] bool equal_no_case(std::string_view a, std::string_view b) noexcept;

/// Calls visit(element) for each element of a comma-separated list, blanks around it removed, empty
/// ones left out (RFC 9110 section 5.6.1).
template <class Visit>
void for_each_token(std::string_view list, Visit&& visit) {
  constexpr std::string_view blanks = " \t";
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    std::string_view element = list.substr(0, comma);
    list = comma == std::string_view::npos ? std::string_view{} : list.substr(comma + 1);
    const std::size_t first = element.find_first_not_of(blanks);
    if (first == std::string_view::npos) continue;
    element = element.substr(first, element.find_last_not_of(blanks) - first + 1);
    visit(element);
  }
}

/// True if the comma-separated list holds the token, whatever its case (RFC 9110 section 5.6.1).
[[nodiscard]] bool list_has_token(std::string_view list, std::string_view token) noexcept;

}  // namespace tandem::lbd::http1
