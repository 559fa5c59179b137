#include "vrrpd/core/actions.hpp"

namespace tandem::vrrp {

std::string_view to_string(State state) {
  switch (state) {
    case State::initialize: return "initialize";
    case State::backup: return "backup";
    case State::active: return "active";
  }
  return "initialize";
}

std::string_view to_string(Cause cause) {
  switch (cause) {
    case Cause::startup: return "startup";
    case Cause::adverts_missed: return "adverts_missed";
    case Cause::priority_zero: return "priority_zero";
    case Cause::owner_unfit: return "owner_unfit";
    case Cause::preempting: return "preempting";
    case Cause::forced: return "forced";
    case Cause::failover: return "failover";
    case Cause::nobody_took_over: return "nobody_took_over";
    case Cause::higher_priority: return "higher_priority";
    case Cause::late: return "late";
    case Cause::voted: return "voted";
    case Cause::tie_lost: return "tie_lost";
    case Cause::fault: return "fault";
    case Cause::stopping: return "stopping";
  }
  return "startup";
}

}  // namespace tandem::vrrp
