// The Location of redirect rules.
#include <array>

#include "common/base/assert.hpp"
#include "lbd/core/http1/rewrite.hpp"
#include "lbd/core/routing/router.hpp"
#include "lbd/core/routing/uri_parts.hpp"

namespace tandem::lbd {
namespace {

std::uint16_t default_port(std::string_view scheme) noexcept { return scheme == "https" ? 443 : 80; }

void put_port(http1::HeadWriter& writer, std::uint16_t port, std::string_view scheme) noexcept {
  if (port == default_port(scheme)) return;
  writer.put(":");
  writer.put_number(port);
}

/// The request's path and query, or the rule's path with the request's query.
void put_path(http1::HeadWriter& writer, const std::string& path, const http1::RequestHead& head) noexcept {
  if (!path.empty()) {
    writer.put(path);
  } else {
    writer.put(head.path.size != 0 ? head.text(head.path) : std::string_view("/"));
  }
  if (head.query.size == 0 || path.find('?') != std::string::npos) return;
  writer.put("?");
  writer.put(head.text(head.query));
}

}  // namespace

std::string_view Router::write_location(std::uint32_t rule, const http1::RequestHead& head,
                                        std::string_view scheme, std::uint16_t port,
                                        std::span<char> out) const noexcept {
  TANDEM_ASSERT(rule < rules_.size() && rules_[rule].redirect);
  const config::RedirectConfig& redirect = *rules_[rule].redirect;
  const HostAndPort named = split_authority(head.text(head.authority));
  const std::string_view host = redirect.host.empty() ? named.host : std::string_view(redirect.host);
  if (host.empty()) return {};
  const std::string_view new_scheme = redirect.scheme.empty() ? scheme : std::string_view(redirect.scheme);

  std::array<http1::Piece, 1> piece;
  http1::HeadWriter writer(piece, out);
  writer.put(new_scheme);
  writer.put("://");
  writer.put(host);
  if (redirect.port) {
    put_port(writer, *redirect.port, new_scheme);
  } else if (new_scheme == scheme) {
    if (!named.port.empty()) {
      writer.put(":");
      writer.put(named.port);
    } else if (named.host.empty()) {
      put_port(writer, port, new_scheme);
    }
  }
  put_path(writer, redirect.path, head);
  writer.flush();
  if (writer.overflowed()) return {};
  return {writer.pieces().front().data, writer.bytes()};
}

}  // namespace tandem::lbd
