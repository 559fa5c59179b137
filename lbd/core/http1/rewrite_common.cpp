#include "lbd/core/http1/rewrite_common.hpp"

namespace tandem::lbd::http1 {

void HeadWriter::put_number(std::uint64_t number) noexcept {
  std::array<char, 20> digits;
  char* at = digits.data() + digits.size();
  do {
    *--at = static_cast<char>('0' + number % 10);
    number /= 10;
  } while (number != 0);
  put(std::string_view(at, static_cast<std::size_t>(digits.data() + digits.size() - at)));
}

namespace detail {
namespace {

/// A sender must not be able to strip these from what the next hop relies on.
constexpr FieldSet protected_ids(FieldId::host, FieldId::via, FieldId::forwarded,
                                 FieldId::x_forwarded_for, FieldId::x_forwarded_host,
                                 FieldId::x_forwarded_proto);

}  // namespace

bool Removals::add_named_by_connection(const MessageHead& head) noexcept {
  // Upgrade stays where the caller decided to keep it: naming it is how an upgrade is asked for.
  const bool keep_upgrade = !ids_.has(FieldId::upgrade);
  bool fits = true;
  for (const Field& field : head.fields) {
    if (field.id != FieldId::connection) continue;
    for_each_token(head.value(field), [this, &fits](std::string_view option) {
      const FieldId id = recognise_field(option);
      if (id != FieldId::other) {
        if (!protected_ids.has(id)) ids_.add(id);
      } else if (equal_no_case(option, "close")) {
        return;
      } else if (named_count_ == named_.size()) {
        fits = false;
      } else {
        named_[named_count_++] = {option.data(), option.size()};
      }
    });
  }
  if (keep_upgrade) ids_.remove(FieldId::upgrade);
  return fits;
}

bool Removals::removes_name(std::string_view name) const noexcept {
  for (std::size_t i = 0; i < named_count_; ++i) {
    if (equal_no_case(name, {named_[i].data, named_[i].size})) return true;
  }
  return edits_ != nullptr && edits_->removes(FieldId::other, name);
}

void keep_lines(const MessageHead& head, std::uint32_t from, const Removals& removals,
                HeadWriter& writer) noexcept {
  const auto keep = [&head, &writer](std::uint32_t begin, std::uint32_t end) {
    if (begin < end) writer.keep(head.base + begin, end - begin);
  };
  if (removals.nothing_in(head)) {
    keep(from, head.fields_end);
    return;
  }
  for (std::size_t i = 0; i < head.fields.size(); ++i) {
    const Field& field = head.fields[i];
    if (!removals.removes(head, field)) continue;
    keep(from, field.name_offset);
    from = i + 1 < head.fields.size() ? head.fields[i + 1].name_offset : head.fields_end;
  }
  keep(from, head.fields_end);
}

}  // namespace detail
}  // namespace tandem::lbd::http1
