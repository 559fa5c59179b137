// A tiny fast random generator for load balancing, jitter and sampling. Not for secrets.
#pragma once

#include <cstdint>

namespace tandem::lbd {

/// wyrand: 64 bits of state, passes the usual statistical batteries. One per worker.
class Rng {
 public:
  /// Any seed will do; equal seeds give equal sequences.
  explicit Rng(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() noexcept {
    state_ += 0xa0761d6478bd642fULL;
    __extension__ using Wide = unsigned __int128;
    const Wide product = static_cast<Wide>(state_) * (state_ ^ 0xe7037ed1a0b428dbULL);
    return static_cast<std::uint64_t>(product >> 64) ^ static_cast<std::uint64_t>(product);
  }

  /// Uniform in [0, bound); bound > 0. The bias is below bound / 2^32.
  std::uint32_t below(std::uint32_t bound) noexcept {
    return static_cast<std::uint32_t>(((next() >> 32) * bound) >> 32);
  }

 private:
  std::uint64_t state_;
};

}  // namespace tandem::lbd
