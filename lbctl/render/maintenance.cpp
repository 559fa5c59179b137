#include <nlohmann/json.hpp>

#include "lbctl/render/field.hpp"
#include "lbctl/render/render.hpp"

namespace tandem::ctl {

std::string maintenance_text(const nlohmann::ordered_json& maintenance) {
  if (!bool_field(maintenance, "on")) return "not in maintenance";
  std::string text = "in maintenance since " + text_field(maintenance, "since", "an unknown time");
  const std::string reason = text_field(maintenance, "reason", "");
  return reason.empty() ? text : text + ": " + reason;
}

}  // namespace tandem::ctl
