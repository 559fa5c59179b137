// The identity of a backend in cookies, sticky tables and on the sync link.
#pragma once

#include <cstdint>
#include <string_view>

namespace tandem::lbd {

/// Stable 64-bit hash of a group's name (FNV-1a with a finaliser): equal on both nodes, over reloads
/// and versions. Never 0.
[[nodiscard]] std::uint64_t group_identity(std::string_view group) noexcept;

/// The same for (group, backend); never a list position. Never 0: 0 means "none".
[[nodiscard]] std::uint64_t backend_identity(std::string_view group, std::string_view backend) noexcept;

}  // namespace tandem::lbd
