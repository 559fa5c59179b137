// Dense, stable identities of configured objects inside one lbd process.
//
// The control thread assigns an id the first time it sees an identity (listener: protocol, address,
// port; group: name; backend: group name, backend name, endpoint) and never reuses one, so that a
// message or a counter that arrives after a reload can be wrong about nothing.
#pragma once

#include <cstdint>

namespace tandem::lbd {

enum class ListenerId : std::uint32_t {};
enum class GroupId : std::uint32_t {};
enum class BackendId : std::uint32_t {};

}  // namespace tandem::lbd
