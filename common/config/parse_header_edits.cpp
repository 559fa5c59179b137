#include <fmt/format.h>

#include <algorithm>

#include "common/config/http_syntax.hpp"
#include "common/config/parse.hpp"
#include "common/config/reader.hpp"

namespace tandem::config {
namespace {

enum class Edit : std::uint8_t { set, add, remove };

void check_name(std::string_view name, Edit edit, Position position, const std::string& path,
                Diagnostics& mistakes) {
  if (!is_token(name)) {
    mistakes.add(position, path, fmt::format("{} is not a valid header name", quote(name)));
    return;
  }
  const std::string_view refusal = edit_refusal(name);
  if (!refusal.empty()) {
    mistakes.add(position, path, fmt::format("the header {} cannot be edited", name),
                 std::string(refusal));
  }
  if (same_field_name(name, "Host") && edit != Edit::set) {
    mistakes.add(position, path, "Host can only be set",
                 "a request without exactly one Host is invalid");
  }
}

/// "set" or "add": an object of names and texts, kept in document order.
std::vector<std::pair<std::string, std::string>> parse_header_map(const Place& place, Edit edit,
                                                                  Diagnostics& mistakes) {
  std::vector<std::pair<std::string, std::string>> headers;
  if (!place.exists()) return headers;
  if (place.node().kind != Node::Kind::object) {
    mistakes.add(place,
                 "must be an object of header names and texts, like {\"X-Edge\": \"tandem\"}");
    return headers;
  }
  if (place.node().members.size() > longest_list) {
    mistakes.add(place, fmt::format("more than {} headers", longest_list));
    return headers;
  }
  for (const Member& member : place.node().members) {
    const std::string path = place.path_of(member.key);
    check_name(member.key, edit, member.position, path, mistakes);
    const bool text = member.value.kind == Node::Kind::string;
    if (!text || !is_field_value(member.value.text)) {
      mistakes.add(member.value.position, path,
                   "must be a text without line breaks, other control characters or blanks at "
                   "its ends");
    }
    const bool twice =
        edit == Edit::set && std::any_of(headers.begin(), headers.end(), [&](const auto& other) {
          return other.first != member.key && same_field_name(other.first, member.key);
        });
    if (twice) {
      mistakes.add(member.position, path,
                   fmt::format("the header {} is set twice", quote(member.key)),
                   "header names have no case");
    }
    headers.emplace_back(member.key, member.value.text);
  }
  return headers;
}

}  // namespace

HeaderEdits parse_header_edits(const Place& place, Diagnostics& mistakes) {
  HeaderEdits edits;
  ObjectReader reader(place, header_edits_object, mistakes);
  edits.set = parse_header_map(reader.take("set"), Edit::set, mistakes);
  edits.add = parse_header_map(reader.take("add"), Edit::add, mistakes);
  reader.read_list("remove", edits.remove);
  for (std::size_t i = 0; i < edits.remove.size(); ++i) {
    const Place item = place["remove"][i];
    if (mistakes.reported(item)) continue;
    check_name(edits.remove[i], Edit::remove, item.position(), item.path(), mistakes);
  }
  return edits;
}

}  // namespace tandem::config
