#include "common/config/parse.hpp"
#include "common/config/reader.hpp"

namespace tandem::config {

ListenerConfig parse_listener(const Place& place, Diagnostics& mistakes) {
  ListenerConfig listener;
  ObjectReader reader(place, listener_object, mistakes);
  reader.read("name", listener.name);
  reader.read_choice("protocol", listener.protocol);
  reader.read("address", listener.address);
  reader.read("port", listener.port);
  reader.read_list("certificates", listener.certificates);
  reader.read("http2", listener.http2);
  reader.read_list("trusted_proxies", listener.trusted_proxies);
  reader.read_object("request_headers", listener.request_headers, &parse_header_edits);
  reader.read_object("response_headers", listener.response_headers, &parse_header_edits);
  reader.read_objects("rules", listener.rules, &parse_rule);
  reader.read("default_target_group", listener.default_target_group);
  return listener;
}

}  // namespace tandem::config
