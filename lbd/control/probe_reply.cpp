#include "lbd/control/probe_reply.hpp"

#include <algorithm>

#include <fmt/core.h>

namespace tandem::lbd {
namespace {

ProbeReply malformed(std::string reason) { return {ProbeReply::State::malformed, 0, std::move(reason)}; }

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The status of "HTTP/1.x NNN …"; 0 if the line is something else. RFC 9112 section 4.
int status_of(std::string_view line) {
  if (!line.starts_with("HTTP/1.") || line.size() < 12) return 0;
  if (!is_digit(line[7]) || line[8] != ' ') return 0;
  if (!is_digit(line[9]) || !is_digit(line[10]) || !is_digit(line[11])) return 0;
  if (line.size() > 12 && line[12] != ' ') return 0;
  return (line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0');
}

// Where the head that starts at 0 ends (after its empty line); npos if it has not ended yet.
std::size_t head_end(std::string_view bytes) {
  std::size_t line = 0;
  while (true) {
    const std::size_t end = bytes.find('\n', line);
    if (end == std::string_view::npos) return std::string_view::npos;
    const std::string_view content = bytes.substr(line, end - line);
    if (content.empty() || content == "\r") return end + 1;
    line = end + 1;
  }
}

}  // namespace

ProbeReply parse_probe_reply(std::string_view bytes) {
  const bool full = bytes.size() >= max_probe_reply_bytes;
  bytes = bytes.substr(0, max_probe_reply_bytes);
  while (true) {
    constexpr std::string_view start = "HTTP/1.";
    const std::size_t compared = std::min(bytes.size(), start.size());
    if (bytes.substr(0, compared) != start.substr(0, compared)) {
      return malformed(fmt::format("the reply is not HTTP/1: \"{}\"", printable(bytes)));
    }
    const std::size_t line_end = bytes.find('\n');
    if (line_end != std::string_view::npos) {
      std::string_view line = bytes.substr(0, line_end);
      if (line.ends_with('\r')) line.remove_suffix(1);
      const int status = status_of(line);
      if (status < 100) return malformed(fmt::format("bad status line: \"{}\"", printable(line)));
      const std::size_t end = head_end(bytes);
      if (end != std::string_view::npos && status >= 200) return {ProbeReply::State::complete, status, {}};
      if (end != std::string_view::npos) {
        bytes.remove_prefix(end);
        continue;
      }
    }
    if (!full) return {};
    return malformed(fmt::format("the head of the reply is longer than {} bytes", max_probe_reply_bytes));
  }
}

bool status_expected(int status, const std::vector<config::StatusRange>& expected) {
  return std::any_of(expected.begin(), expected.end(), [status](const config::StatusRange& range) {
    return status >= range.first && status <= range.last;
  });
}

std::string ranges_text(const std::vector<config::StatusRange>& ranges) {
  std::string text;
  for (const auto& range : ranges) {
    if (!text.empty()) text += ", ";
    text += range.first == range.last ? fmt::format("{}", range.first) : fmt::format("{}-{}", range.first, range.last);
  }
  return text;
}

std::string probe_request(const config::HealthCheckConfig& check, const Endpoint& backend) {
  const std::string host = check.host.empty() ? backend.to_string() : check.host;
  return fmt::format(
      "GET {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: tandem-health\r\nAccept: */*\r\nConnection: close\r\n\r\n",
      check.path, host);
}

std::string printable(std::string_view bytes) {
  std::string result(bytes.substr(0, 32));
  for (char& c : result) {
    if (c < ' ' || c > '~' || c == '"') c = '.';
  }
  return result;
}

}  // namespace tandem::lbd
