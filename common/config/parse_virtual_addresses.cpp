#include <fmt/format.h>

#include <algorithm>

#include "common/config/parse.hpp"
#include "common/config/reader.hpp"

namespace tandem::config {
namespace {

TrackConfig parse_track(const Place& place, Diagnostics& mistakes) {
  TrackConfig track;
  ObjectReader reader(place, track_object, mistakes);
  reader.read("interface", track.interface);
  reader.read("route", track.route);
  reader.read("witness", track.witness);
  reader.read("file", track.file);
  reader.read_list("script", track.script);
  reader.read("weight", track.weight);
  reader.read("interval", track.interval);
  track.timeout = std::min(track.timeout, track.interval);
  reader.read("timeout", track.timeout);
  reader.read("unhealthy_threshold", track.unhealthy_threshold);
  reader.read("healthy_threshold", track.healthy_threshold);

  std::size_t kinds = 0;
  bool misspelt = false;
  for (std::size_t i = 0; i < track_kind_names.size(); ++i) {
    if (!place[track_kind_names[i]].exists()) {
      misspelt = misspelt || mistakes.reported(place[track_kind_names[i]]);
      continue;
    }
    if (++kinds == 1) track.kind = static_cast<TrackConfig::Kind>(i);
  }
  if (kinds != 1 && !misspelt && place.node().kind == Node::Kind::object) {
    mistakes.add(place, fmt::format("must have exactly one of {}, not {}", fmt::join(track_kind_names, ", "), kinds));
  }
  return track;
}

}  // namespace

VirtualAddressConfig parse_virtual_address(const Place& place, Diagnostics& mistakes) {
  VirtualAddressConfig address;
  ObjectReader reader(place, virtual_address_object, mistakes);
  reader.read("name", address.name);
  reader.read_list("addresses", address.addresses);
  reader.read("interface", address.interface);
  reader.read("vrid", address.vrid);
  reader.read("preferred_node", address.preferred_node);
  reader.read("advert_interval", address.advert_interval);
  reader.read("preempt", address.preempt);
  reader.read("preempt_delay", address.preempt_delay);
  reader.read("version", address.version);
  reader.read_choice("checksum", address.checksum);
  reader.read("unicast", address.unicast);
  reader.read("foreign", address.foreign);
  reader.read("priority", address.priority);
  reader.read("sync_group", address.sync_group);
  reader.read_objects("track", address.track, &parse_track);
  reader.read_list("hook", address.hook);
  reader.read("hook_timeout", address.hook_timeout);
  reader.read("virtual_mac", address.virtual_mac);
  const bool ours = !address.foreign && address.version == 3;
  address.authentication = ours;
  reader.read("authentication", address.authentication);
  return address;
}

}  // namespace tandem::config
