// Features of the schema that this version checks but does not have yet.
#pragma once

#include "common/config/diagnostics.hpp"
#include "common/config/model.hpp"
#include "common/config/place.hpp"

namespace tandem::config {

/// One "not supported yet: …" per use. Like validate(), it runs before rules are sorted.
void find_unsupported(const Config& config, const Place& root, Diagnostics& unsupported);

}  // namespace tandem::config
