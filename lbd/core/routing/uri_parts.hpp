// Taking apart what a request names: host and port, query parameters.
#pragma once

#include <string_view>

namespace tandem::lbd {

/// "example.com:81" -> host "example.com", port "81"; "[::1]:81" -> "[::1]", "81"; no port: empty.
struct HostAndPort {
  std::string_view host;
  std::string_view port;
};
[[nodiscard]] HostAndPort split_authority(std::string_view authority) noexcept;

/// Calls visit(name, value) for each "name=value" between '&', as received; stops and returns true as
/// soon as visit does. A parameter without '=' has an empty value.
template <class Visit>
bool any_query_parameter(std::string_view query, Visit&& visit) {
  while (!query.empty()) {
    const std::size_t ampersand = query.find('&');
    const std::string_view pair = query.substr(0, ampersand);
    query.remove_prefix(ampersand == std::string_view::npos ? query.size() : ampersand + 1);
    const std::size_t equals = pair.find('=');
    const std::string_view value =
        equals == std::string_view::npos ? std::string_view{} : pair.substr(equals + 1);
    if (visit(pair.substr(0, equals), value)) return true;
  }
  return false;
}

}  // namespace tandem::lbd
