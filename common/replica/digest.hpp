// The hash that digests are summed from; fixed by doc/protocols/sync.md, as both nodes must agree.
#pragma once

#include <cstdint>
#include <string_view>

#include "common/wire/replica.hpp"

namespace tandem::replica {

/// Of a key alone: its low ten bits choose the bucket.
std::uint64_t key_hash(std::string_view key);

/// Of one state of a key. Equal states have equal hashes on every machine.
std::uint64_t state_hash(std::string_view key, const wire::Version& version);

}  // namespace tandem::replica
