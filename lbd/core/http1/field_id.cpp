#include "lbd/core/http1/field_id.hpp"

#include "lbd/core/http1/field_table.hpp"

namespace tandem::lbd::http1 {

FieldId recognise_field(std::string_view name) noexcept {
  return name.empty() ? FieldId::other : detail::recognise(name);
}

std::string_view field_name(FieldId id) noexcept {
  return detail::field_names[static_cast<std::size_t>(id)];
}

}  // namespace tandem::lbd::http1
