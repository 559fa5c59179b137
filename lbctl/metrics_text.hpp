// Prometheus text into JSON. Pure.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <string_view>

namespace tandem::ctl {

/// [{"name", "labels": {…}, "value"}] in the order of `text`. Values that JSON has no number for ("NaN",
/// "+Inf") stay strings; comments and lines that are no samples are skipped.
nlohmann::ordered_json parse_metrics(std::string_view text);

}  // namespace tandem::ctl
