// What the pure core asks its shell to do: a short list of actions, in order, without allocation.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "common/base/assert.hpp"

namespace tandem::vrrp {

/// RFC 9568 section 6.4.
enum class State : std::uint8_t { initialize, backup, active };

/// Why a state was entered.
enum class Cause : std::uint8_t {
  startup,            // this node became fit to own the address
  adverts_missed,     // Active_Down_Timer ran out in silence
  priority_zero,      // the owner said that it leaves
  owner_unfit,        // the owner said over the sync link that it has given up and is not fit to own
  preempting,         // Active_Down_Timer ran out while only lower-priority adverts came
  forced,             // the operator moves the address to this node
  failover,           // the operator moves the address to the peer
  nobody_took_over,   // handed over, but no other node took the address
  higher_priority,    // an owner with a higher priority was heard
  late,               // this node was not in time with its own adverts: the peer may have taken over
  voted,              // the other voices spoke against this owner (votes.hpp)
  tie_lost,           // an owner with the same priority and a higher address was heard
  fault,              // this node is not fit to own the address any more
  stopping,           // vrrpd ends, or the virtual address is being removed
};

/// "initialize", "backup", "active".
std::string_view to_string(State state);
/// One stable word, as in the enumeration.
std::string_view to_string(Cause cause);

struct Action {
  enum class Kind : std::uint8_t {
    send_advert,      // with `priority`; 0: "I leave"
    take_addresses,   // install the addresses (no harm if they are there)
    announce,         // one round of gratuitous ARP for each address
    drop_addresses,   // remove the addresses
    entered,          // state `from` was left for `to`, for `cause`
    conflict,         // another owner was heard and told to go
  };
  Kind kind{};
  std::uint8_t priority = 0;
  State from{};
  State to{};
  Cause cause{};

  static Action send_advert(std::uint8_t priority) { return {.kind = Kind::send_advert, .priority = priority}; }
  static Action take_addresses() { return {.kind = Kind::take_addresses}; }
  static Action announce() { return {.kind = Kind::announce}; }
  static Action drop_addresses() { return {.kind = Kind::drop_addresses}; }
  static Action entered(State from, State to, Cause cause) {
    return {.kind = Kind::entered, .from = from, .to = to, .cause = cause};
  }
  static Action conflict() { return {.kind = Kind::conflict}; }

  bool operator==(const Action&) const = default;
};

/// At most `capacity` actions; more would be a bug of the core.
class Actions {
 public:
  static constexpr std::size_t capacity = 12;

  void add(const Action& action) {
    TANDEM_ASSERT(size_ < capacity);
    items_[size_++] = action;
  }
  void append(const Actions& other) {
    for (const Action& action : other) add(action);
  }
  [[nodiscard]] const Action* begin() const { return items_.data(); }
  [[nodiscard]] const Action* end() const { return items_.data() + size_; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }

 private:
  std::array<Action, capacity> items_{};
  std::size_t size_ = 0;
};

}  // namespace tandem::vrrp
