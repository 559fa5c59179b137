// What the daemon holds right now, on a page that its guard sees too, also when the daemon is dead.
//
// Written by the daemon's one thread, read by the guard after the daemon's death (and so without races).
// An address is noted before it is installed and struck off after it is removed: what the guard
// finds is never too little.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "common/base/inet.hpp"
#include "common/base/result.hpp"
#include "common/crypto/crypto.hpp"
#include "vrrpd/core/packet.hpp"
#include "vrrpd/io/stamps.hpp"

namespace tandem::vrrp {

/// All that is needed to release one virtual router: plain bytes, no pointers.
struct HeldRecord {
  int interface_index = 0;  // of the LAN, for adverts
  int address_link = 0;     // where the addresses are: the same, or the device of the virtual MAC address
  std::uint8_t vrid = 0;
  std::uint8_t count = 0;       // of addresses
  std::uint8_t advertised = 0;  // how many of them stand in the adverts; they come first
  Version version = Version::v3;
  ChecksumForm form = ChecksumForm::rfc9568;
  bool keeps_connections = false;  // the addresses may stay on the loopback interface for a while
  std::optional<std::uint32_t> lease_slot{};  // in the LeaseTable
  std::optional<crypto::Key> key{};           // that its adverts are authenticated with
  Duration interval{};
  IpAddress source{};
  IpAddress destination{};
  std::array<Prefix, max_addresses> addresses{};

  [[nodiscard]] std::span<const Prefix> prefixes() const { return {addresses.data(), count}; }
  [[nodiscard]] std::span<const Prefix> in_adverts() const { return {addresses.data(), advertised}; }
};

class HeldBoard {
 public:
  static constexpr std::size_t slots = 256;

  /// Shared with every process that is forked afterwards.
  static Result<HeldBoard> create();
  HeldBoard(HeldBoard&& other) noexcept;
  HeldBoard& operator=(HeldBoard&&) = delete;
  ~HeldBoard();

  /// A free slot, or nullopt. Slots are the daemon's to remember.
  [[nodiscard]] std::optional<std::size_t> hold(const HeldRecord& record);
  void strike(std::size_t slot);

  /// For the guard: the record, if the slot is held.
  [[nodiscard]] const HeldRecord* at(std::size_t slot) const;

  [[nodiscard]] Stamps& stamps() { return page_->stamps; }

 private:
  struct Slot {
    std::atomic<bool> held;
    HeldRecord record;
  };
  struct Page {
    Stamps stamps;
    std::array<Slot, slots> slot;
  };
  explicit HeldBoard(Page* page) : page_(page) {}
  Page* page_;
};

}  // namespace tandem::vrrp
