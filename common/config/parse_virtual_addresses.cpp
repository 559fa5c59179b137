#include "common/config/parse.hpp"
#include "common/config/reader.hpp"

namespace tandem::config {

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
  return address;
}

}  // namespace tandem::config
