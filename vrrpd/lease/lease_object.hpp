// The compiled lease programs, embedded at build time (vrrpd/lease/CMakeLists.txt).
#pragma once

#include <cstddef>
#include <span>

namespace tandem::vrrp {

/// An ELF object for bpf_object__open_mem(), 8-byte aligned, for the life of the process.
extern const std::span<const unsigned char> lease_object;

}  // namespace tandem::vrrp
