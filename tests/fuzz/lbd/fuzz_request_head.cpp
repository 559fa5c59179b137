// A request head at once and dripped in pieces of a size that the first byte chooses: the same verdict.
#include <array>

#include "tests/fuzz/lbd/fuzz_support.hpp"

using namespace tandem::lbd;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const std::size_t piece = data[0] % 16 + 1u;
  const std::string_view bytes = fuzz::text(data + 1, size - 1);
  std::array<http1::Field, 20> storage;
  const http1::HeadLimits limits{2048};

  http1::HeadProgress at_once;
  http1::RequestHead whole;
  const auto wanted = http1::parse_request_head(bytes, limits, storage, at_once, whole);
  if (wanted.state == http1::HeadState::complete) {
    fuzz::check_head(whole, bytes.size());
    fuzz::require(whole.minor_version == 0 || whole.authority.size > 0);
    fuzz::require(whole.framing.kind != http1::BodyKind::until_close);
  }

  http1::HeadProgress dripping;
  http1::RequestHead head;
  http1::HeadResult result;
  for (std::size_t seen = 0; seen < bytes.size() && result.state == http1::HeadState::incomplete;) {
    seen = std::min(bytes.size(), seen + piece);
    result = http1::parse_request_head(bytes.substr(0, seen), limits, storage, dripping, head);
  }
  if (wanted.state == http1::HeadState::complete) {
    fuzz::require(result.state == wanted.state && head.size == whole.size && head.framing == whole.framing);
  }
  // An error may be noticed later than at once, but never replaced by another or by success.
  if (result.state == http1::HeadState::error) fuzz::require(result.error == wanted.error);
  if (result.state == http1::HeadState::complete) fuzz::require(wanted.state == http1::HeadState::complete);
  return 0;
}
