#include "common/config/http_syntax.hpp"

#include <algorithm>
#include <array>

namespace tandem::config {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool is_token_char(char c) {
  constexpr std::string_view punctuation = "!#$%&'*+-.^_`|~";
  const char low = lower(c);
  return (low >= 'a' && low <= 'z') || (c >= '0' && c <= '9') ||
         punctuation.find(c) != std::string_view::npos;
}

bool is_value_char(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte >= 0x20 && byte != 0x7f) || c == '\t';
}

bool is_blank(char c) { return c == ' ' || c == '\t'; }

struct Refusal {
  std::string_view field_name;
  std::string_view reason;
};

constexpr std::string_view framing = "it frames the message, which lbd does itself";
constexpr std::string_view hop_by_hop = "it belongs to one connection, which lbd manages";

constexpr std::array<Refusal, 9> refusals{{{"Content-Length", framing},
                                           {"Transfer-Encoding", framing},
                                           {"Trailer", framing},
                                           {"Connection", hop_by_hop},
                                           {"Proxy-Connection", hop_by_hop},
                                           {"Keep-Alive", hop_by_hop},
                                           {"Upgrade", hop_by_hop},
                                           {"TE", hop_by_hop},
                                           {"Expect", hop_by_hop}}};

}  // namespace

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_token_char);
}

bool is_field_value(std::string_view text) {
  if (!text.empty() && (is_blank(text.front()) || is_blank(text.back()))) return false;
  return std::all_of(text.begin(), text.end(), is_value_char);
}

bool is_path(std::string_view text) {
  return !text.empty() && text.front() == '/' && is_field_value(text) &&
         std::none_of(text.begin(), text.end(), is_blank);
}

bool same_field_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view edit_refusal(std::string_view field_name) {
  for (const Refusal& refusal : refusals) {
    if (same_field_name(refusal.field_name, field_name)) return refusal.reason;
  }
  return {};
}

}  // namespace tandem::config
