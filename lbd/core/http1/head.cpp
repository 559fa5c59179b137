#include "lbd/core/http1/head.hpp"

#include "lbd/core/http1/char_class.hpp"

namespace tandem::lbd::http1 {

bool equal_no_case(std::string_view a, std::string_view b) noexcept {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (detail::to_lower(a[i]) != detail::to_lower(b[i])) return false;
  }
  return true;
}

bool list_has_token(std::string_view list, std::string_view token) noexcept {
  bool found = false;
  for_each_token(list, [&found, token](std::string_view element) {
    found = found || equal_no_case(element, token);
  });
  return found;
}

}  // namespace tandem::lbd::http1
