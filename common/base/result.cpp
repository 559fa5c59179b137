#include "common/base/result.hpp"

#include <system_error>

namespace tandem {

Error errno_error(std::string what, int saved_errno) {
  what += ": ";
  what += std::generic_category().message(saved_errno);
  return Error{std::move(what)};
}

}  // namespace tandem
