#include "common/replica/digest.hpp"

namespace tandem::replica {
namespace {

constexpr std::uint64_t fnv_start = 0xcbf29ce484222325;
constexpr std::uint64_t fnv_prime = 0x100000001b3;

std::uint64_t fnv(std::uint64_t hash, std::string_view text) {
  for (const char c : text) hash = (hash ^ static_cast<std::uint8_t>(c)) * fnv_prime;
  return hash;
}

std::uint64_t fnv(std::uint64_t hash, std::uint64_t number) {
  for (int shift = 56; shift >= 0; shift -= 8) hash = (hash ^ (number >> shift & 0xff)) * fnv_prime;
  return hash;
}

/// FNV alone spreads its last bytes badly, and sums need every bit to be good (the finaliser of MurmurHash3).
std::uint64_t mix(std::uint64_t hash) {
  hash = (hash ^ hash >> 33) * 0xff51afd7ed558ccd;
  hash = (hash ^ hash >> 33) * 0xc4ceb9fe1a85ec53;
  return hash ^ hash >> 33;
}

}  // namespace

std::uint64_t key_hash(std::string_view key) { return mix(fnv(fnv_start, key)); }

std::uint64_t state_hash(std::string_view key, const wire::Version& version) {
  std::uint64_t hash = fnv(fnv_start, key);
  hash = fnv(hash, version.epoch);
  hash = fnv(hash, version.sequence);
  return mix(fnv(hash, version.node));
}

}  // namespace tandem::replica
