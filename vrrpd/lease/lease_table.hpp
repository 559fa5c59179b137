// The leases on this node's floating addresses, in a map that the kernel's lease programs, the daemon and its guard share
// (vrrpd/lease/lease.bpf.c).
//
// Created before the guard forks the daemon. The daemon's one thread allocates, opens and closes; the guard only closes,
// when the daemon is dead. Reading and writing are plain memory accesses: no call, no allocation.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "common/base/result.hpp"
#include "common/base/time.hpp"

struct lease;  // lease_maps.h

namespace tandem::vrrp {

/// What an advert of this node entitles it to.
struct LeaseTerms {
  Duration length{};    // an advert
  Duration farewell{};  // an advert of priority 0, while the addresses are being handed over
};

class LeaseTable {
 public:
  /// Needs CAP_BPF. The error says what the kernel refuses.
  static Result<LeaseTable> create();
  LeaseTable(LeaseTable&& other) noexcept;
  LeaseTable& operator=(LeaseTable&&) = delete;
  ~LeaseTable();

  /// A free slot, closed; nullopt if all 256 are in use.
  [[nodiscard]] std::optional<std::uint32_t> allocate();
  void release(std::uint32_t slot);

  /// The node may answer from its next advert on, which must leave within 20 ms; then as long as they leave in time.
  void open(std::uint32_t slot, const LeaseTerms& terms);
  /// The node may not answer, whatever it sends.
  void close(std::uint32_t slot);

  /// How long the node may answer if no further advert leaves; zero or negative: it is mute.
  [[nodiscard]] Duration remaining(std::uint32_t slot) const;
  /// Packets that were dropped because the lease was over, since the slot was allocated.
  [[nodiscard]] std::uint64_t silenced(std::uint32_t slot) const;

  /// Of the map, for the programs. Owned by the table.
  [[nodiscard]] int fd() const { return fd_; }

 private:
  LeaseTable(int fd, ::lease* entries) : fd_(fd), entries_(entries) {}

  int fd_;
  ::lease* entries_;                  // the kernel's memory
  std::array<bool, 256> used_{};
};

}  // namespace tandem::vrrp
