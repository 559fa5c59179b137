#include "vrrpd/core/policy.hpp"

#include <algorithm>

namespace tandem::vrrp {

std::uint8_t priority_of(bool preferred, Override override, std::uint8_t foreign) {
  if (foreign != 0) {
    switch (override) {
      case Override::none: return foreign;
      case Override::forced:
      case Override::kept: return std::max(foreign, forced_priority);
      case Override::yielded: return lowest_priority;
    }
  }
  switch (override) {
    case Override::none: return preferred ? preferred_priority : other_priority;
    case Override::forced: return forced_priority;
    case Override::kept: return preferred_priority;
    case Override::yielded: return yielded_priority;
  }
  return other_priority;
}

std::string_view to_string(Fault fault) {
  switch (fault) {
    case Fault::none: return "none";
    case Fault::link_down: return "link_down";
    case Fault::no_source: return "no_source";
    case Fault::lbd_dead: return "lbd_dead";
    case Fault::sync_group: return "sync_group";
    case Fault::maintenance: return "maintenance";
    case Fault::lbd_not_ready: return "lbd_not_ready";
    case Fault::tracked: return "tracked";
  }
  return "none";
}

Fault fault_of(const Surroundings& surroundings) {
  if (!surroundings.link_up) return Fault::link_down;
  if (!surroundings.has_source) return Fault::no_source;
  if (!surroundings.lbd_connected) return Fault::lbd_dead;
  if (!surroundings.group_on_lans) return Fault::sync_group;
  if (surroundings.maintenance) return Fault::maintenance;
  if (!surroundings.lbd_ready) return Fault::lbd_not_ready;
  if (!surroundings.tracked_hold) return Fault::tracked;
  return Fault::none;
}

Release release_for(Fault fault) {
  switch (fault) {
    case Fault::sync_group:
    case Fault::maintenance:
    case Fault::lbd_not_ready:
    case Fault::tracked: return Release::planned;
    case Fault::none:
    case Fault::link_down:
    case Fault::no_source:
    case Fault::lbd_dead: break;
  }
  return Release::at_once;
}

}  // namespace tandem::vrrp
