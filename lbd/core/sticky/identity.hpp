// The identity of a target group in cookies (of a backend: lbd/control/id_registry.hpp).
#pragma once

#include <cstdint>
#include <string_view>

namespace tandem::lbd {

/// Stable 64-bit hash of a group's name: equal on both nodes, over reloads and versions.
[[nodiscard]] std::uint64_t group_identity(std::string_view group) noexcept;

}  // namespace tandem::lbd
