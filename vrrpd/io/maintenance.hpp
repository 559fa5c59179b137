// Whether the operator has taken this node out of service: kept in a file of the run directory, so that a restart of
// vrrpd does not bring the node back.
#pragma once

#include <cstdint>
#include <string>

#include "common/base/result.hpp"

namespace tandem::vrrp {

struct MaintenanceStatus {
  bool on = false;
  std::int64_t since_s = 0;  // of the Unix epoch, for people to read; 0: not known
  std::string reason{};      // the operator's words, may be empty
  bool operator==(const MaintenanceStatus&) const = default;
};

/// Longest reason, in bytes.
inline constexpr std::size_t longest_maintenance_reason = 200;

/// "in maintenance since 2026-11-24 09:30:00 UTC: new switch"; "not in maintenance".
std::string describe(const MaintenanceStatus& status);
/// "2026-11-24T09:30:00Z"; empty for 0.
std::string utc_time(std::int64_t unix_s);

class Maintenance {
 public:
  /// Reads RUN-DIR/vrrpd.maintenance. A file that cannot be understood counts: its node was taken out of service.
  explicit Maintenance(const std::string& run_dir);

  [[nodiscard]] const MaintenanceStatus& status() const { return status_; }
  /// On, or still on with another reason; control characters in `reason` become blanks, it is cut at the longest.
  /// Without the file there is no change, and an error.
  Result<> enter(std::string reason);
  Result<> leave();

 private:
  std::string file_;
  MaintenanceStatus status_;
};

}  // namespace tandem::vrrp
