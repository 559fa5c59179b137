// Assertions for bugs, on in every build.
//
// TANDEM_ASSERT(cond) states what the code itself guarantees. A violation is a bug: it is
// printed with its place and the process aborts, so that the peer takes over instead of a
// half-broken daemon carrying on. Never assert on bytes from outside or on the environment.
#pragma once

namespace tandem {

/// Prints "file:line: assertion failed: expression" to stderr and aborts.
[[noreturn]] void assertion_failed(const char* expression, const char* file, int line) noexcept;

}  // namespace tandem

#define TANDEM_ASSERT(condition) \
  (static_cast<bool>(condition) ? static_cast<void>(0) \
                                : ::tandem::assertion_failed(#condition, __FILE__, __LINE__))
