#include "lbd/core/sticky/identity.hpp"

namespace tandem::lbd {

std::uint64_t group_identity(std::string_view group) noexcept {
  std::uint64_t hash = 0xcbf29ce484222325U;  // FNV-1a
  for (const char c : group) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x100000001b3U;
  }
  return hash;
}

}  // namespace tandem::lbd
