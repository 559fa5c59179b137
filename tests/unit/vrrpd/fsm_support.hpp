// Prints actions, and builds the machines that the tests start from.
#pragma once

#include <string>

#include "vrrpd/core/fsm.hpp"

namespace tandem::vrrp::test {

using std::chrono::milliseconds;

inline const TimePoint start{std::chrono::hours(10)};
inline const IpAddress own = IpAddress::v4({192, 0, 2, 11});
inline const IpAddress higher_address = IpAddress::v4({192, 0, 2, 200});
inline const IpAddress lower_address = IpAddress::v4({192, 0, 2, 3});

/// "take advert:200 announce backup>active(adverts_missed)"
inline std::string text(const Actions& actions) {
  std::string out;
  for (const Action& action : actions) {
    if (!out.empty()) out += ' ';
    switch (action.kind) {
      case Action::Kind::send_advert: out += "advert:" + std::to_string(action.priority); break;
      case Action::Kind::take_addresses: out += "take"; break;
      case Action::Kind::announce: out += "announce"; break;
      case Action::Kind::drop_addresses: out += "drop"; break;
      case Action::Kind::conflict: out += "conflict"; break;
      case Action::Kind::entered:
        out += std::string(to_string(action.from)) + '>' + std::string(to_string(action.to)) + '(' +
               std::string(to_string(action.cause)) + ')';
        break;
    }
  }
  return out;
}

inline FsmConfig config(std::uint8_t priority = 200, bool preempt = true) {
  return {.priority = priority, .advert_interval = milliseconds(100), .preempt = preempt, .address = own};
}

inline Fsm in_backup(const FsmConfig& c = config()) {
  Fsm fsm(c);
  fsm.startup(start);
  return fsm;
}

/// Active since `start + 322 ms` or so; returns with that time in `now`.
inline Fsm in_active(TimePoint& now, const FsmConfig& c = config()) {
  Fsm fsm = in_backup(c);
  now = *fsm.deadline();
  fsm.on_time(now);
  return fsm;
}

inline HeardAdvert heard(std::uint8_t priority, const IpAddress& source = lower_address,
                         Duration interval = milliseconds(100)) {
  return {.priority = priority, .interval = interval, .source = source};
}

}  // namespace tandem::vrrp::test
