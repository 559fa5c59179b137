// Any bytes as a request head, a response head and a stream of lines: no crash, and what the parsers
// accept keeps its promises however the input is cut.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "common/io/http_text.hpp"

using namespace tandem::io;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

template <class Parse>
void check_prefixes(std::string_view bytes, std::size_t head_bytes, Parse parse) {
  // The head is complete exactly at its end: no prefix is accepted, and more bytes change nothing.
  require(std::holds_alternative<Incomplete>(parse(bytes.substr(0, head_bytes - 1))));
  require(parse(bytes.substr(0, head_bytes)).index() == 1);
}

std::vector<std::string> lines_of(std::string_view bytes, std::size_t cut) {
  std::vector<std::string> lines;
  LineSplitter splitter;
  const auto keep = [&](std::string_view line) {
    lines.emplace_back(line);
    return true;
  };
  splitter.feed(bytes.substr(0, cut), keep);
  splitter.feed(bytes.substr(cut), keep);
  return lines;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto request = parse_request_head(bytes);
  if (const auto* head = std::get_if<RequestHead>(&request)) {
    require(head->head_bytes <= bytes.size() && head->head_bytes <= max_head_bytes);
    require(head->body_bytes <= max_body_bytes && head->path.front() == '/' && !head->method.empty());
    check_prefixes(bytes, head->head_bytes, parse_request_head);
  }
  const auto response = parse_response_head(bytes);
  if (const auto* head = std::get_if<ResponseHead>(&response)) {
    require(head->head_bytes <= bytes.size() && head->status >= 0 && head->status <= 999);
    check_prefixes(bytes, head->head_bytes, parse_response_head);
  }
  require(lines_of(bytes, size / 2) == lines_of(bytes, 0));
  return 0;
}
