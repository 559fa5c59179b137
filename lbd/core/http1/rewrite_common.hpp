// Which field lines of an original head are kept, as pieces. Shared by both directions; internal.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "lbd/core/http1/rewrite.hpp"

namespace tandem::lbd::http1::detail {

/// Always between two neighbours only, or written by us.
inline constexpr FieldSet hop_by_hop(FieldId::connection, FieldId::content_length,
                                     FieldId::http2_settings, FieldId::keep_alive,
                                     FieldId::proxy_authenticate,
                                     FieldId::proxy_authentication_info,
                                     FieldId::proxy_authorization, FieldId::proxy_connection,
                                     FieldId::te, FieldId::transfer_encoding, FieldId::upgrade);

/// The names to leave out of one head.
class Removals {
 public:
  Removals(FieldSet ids, const CompiledEdits* edits) : ids_(ids), edits_(edits) {}

  /// Adds what Connection names. False: more names than anybody means (we would have to compare
  /// each of them with each field).
  [[nodiscard]] bool add_named_by_connection(const MessageHead& head) noexcept;

  [[nodiscard]] bool nothing_in(const MessageHead& head) const noexcept {
    return !head.present.has_any(ids_) && !by_name();
  }
  [[nodiscard]] bool removes(const MessageHead& head, const Field& field) const noexcept {
    if (field.id != FieldId::other) return ids_.has(field.id);
    return by_name() && removes_name(head.name(field));
  }

 private:
  static constexpr std::size_t most_named = 16;
  struct Name {  // without a constructor: nothing is paid for names that are not there
    const char* data;
    std::size_t size;
  };

  [[nodiscard]] bool by_name() const noexcept {
    return named_count_ != 0 || (edits_ != nullptr && edits_->has_other_removals());
  }
  [[nodiscard]] bool removes_name(std::string_view name) const noexcept;

  FieldSet ids_;
  const CompiledEdits* edits_;
  std::size_t named_count_ = 0;
  std::array<Name, most_named> named_;  // the first named_count_ are set
};

/// Keeps [from, end of the field lines) without the lines to be removed. `from`: offset of the start
/// line, or of the first field line when the start line was rewritten.
void keep_lines(const MessageHead& head, std::uint32_t from, const Removals& removals,
                HeadWriter& writer) noexcept;

inline void put_content_length(HeadWriter& writer, std::uint64_t length) noexcept {
  writer.put("Content-Length: ");
  writer.put_number(length);
  writer.put("\r\n");
}

}  // namespace tandem::lbd::http1::detail
