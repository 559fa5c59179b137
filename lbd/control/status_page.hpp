// GET /v1/status of lbd as text.
#pragma once

#include <string>

#include "lbd/control/admin_api.hpp"

namespace tandem::lbd {

/// The JSON object of doc/protocols/control.md.
[[nodiscard]] std::string status_json(const AdminContext& context);

/// "up", "down", "unknown".
[[nodiscard]] std::string_view health_name(Availability::Health health);

}  // namespace tandem::lbd
