#include <fmt/chrono.h>
#include <fmt/core.h>

#include <array>
#include <ctime>
#include <nlohmann/json.hpp>

#include "lbctl/render/field.hpp"
#include "lbctl/render/render.hpp"

namespace tandem::ctl {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array shown_apart = {"time_ns", "node", "daemon", "event", "subject", "cause"};

bool is_detail(const std::string& name) {
  for (const std::string_view known : shown_apart) {
    if (name == known) return false;
  }
  return true;
}

std::string time_text(const Json& event, std::chrono::system_clock::time_point epoch) {
  const Json& time = member(event, "time_ns");
  if (!time.is_number_integer()) return "-";
  using std::chrono::milliseconds;
  const auto since = std::chrono::floor<milliseconds>(epoch.time_since_epoch() + Duration(time.get<std::int64_t>()));
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since);
  const std::time_t wall = seconds.count();
  std::tm parts{};
  ::localtime_r(&wall, &parts);
  return fmt::format("{:%Y-%m-%d %H:%M:%S}.{:03}", parts, (since - seconds).count());
}

}  // namespace

std::string render_event(const Json& event, std::chrono::system_clock::time_point epoch) {
  std::string details;
  if (event.is_object()) {
    for (const auto& item : event.items()) {
      if (!is_detail(item.key())) continue;
      details += fmt::format("{}{}={}", details.empty() ? " (" : ", ", printable(item.key()), text_field(event, item.key()));
    }
  }
  if (!details.empty()) details += ")";
  return fmt::format("{}  {} {:<5}  {} {}: {}{}\n", time_text(event, epoch), text_field(event, "node"),
                     text_field(event, "daemon"), text_field(event, "subject"), text_field(event, "event"),
                     text_field(event, "cause"), details);
}

}  // namespace tandem::ctl
