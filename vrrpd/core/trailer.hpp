// What authenticates an advert of version 3: a trailer behind its addresses, where a router that does not know it
// looks for nothing (the address count says where the advert ends). Big-endian:
//
//   0  "TDM", format 1      4
//   4  session, counter     8 + 8   of the sender: which advert this is
//  20  session, counter     8 + 8   the highest that the sender has heard from the other node; 0, 0: none
//  36  MAC                  16      of everything, see seal.hpp
//
// No clock takes part. A session is one life of the sender's vrrpd, later ones have higher numbers; the counter
// grows with each advert. Who has lost its numbers learns them from what the other node has heard.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace tandem::vrrp {

/// The place of an advert among all that its node ever sent.
struct Stamp {
  std::uint64_t session = 0;  // 0: none
  std::uint64_t counter = 0;
  auto operator<=>(const Stamp&) const = default;
};

using Mac = std::array<std::uint8_t, 16>;
inline constexpr std::size_t trailer_bytes = 36 + sizeof(Mac);

struct Trailer {
  Stamp stamp;
  Stamp heard;
  Mac mac{};
};

void write_trailer(const Trailer& trailer, std::span<std::uint8_t, trailer_bytes> out);

/// `behind`: all that stands behind the addresses. nullopt: not exactly a trailer of this format.
std::optional<Trailer> read_trailer(std::span<const std::uint8_t> behind);

/// What a receiver keeps of one sender on one virtual router: the highest stamp accepted.
class ReplayFilter {
 public:
  explicit ReplayFilter(const Stamp& highest) : highest_(highest) {}

  /// True if the advert is newer than all before, which it then replaces; false: it was sent, or is overtaken, already.
  bool accept(const Stamp& stamp) {
    if (stamp <= highest_) return false;
    highest_ = stamp;
    return true;
  }

 private:
  Stamp highest_;
};

}  // namespace tandem::vrrp
