// Any bytes may answer a health check: they are a reply, the beginning of one, or refused in printable words; and a
// verdict never changes because more bytes follow.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "common/base/assert.hpp"
#include "lbd/control/probe_reply.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tandem::lbd;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const ProbeReply whole = parse_probe_reply(bytes);
  if (whole.state == ProbeReply::State::complete) TANDEM_ASSERT(whole.status >= 200 && whole.status <= 999);
  TANDEM_ASSERT((whole.state == ProbeReply::State::malformed) == !whole.reason.empty());
  TANDEM_ASSERT(std::all_of(whole.reason.begin(), whole.reason.end(), [](char c) { return c >= ' ' && c <= '~'; }));
  // Cut anywhere: an early answer is the final one.
  const std::size_t step = std::max<std::size_t>(1, size / 64);
  for (std::size_t cut = 0; cut < size; cut += step) {
    const ProbeReply part = parse_probe_reply(bytes.substr(0, cut));
    if (part.state == ProbeReply::State::incomplete) continue;
    TANDEM_ASSERT(part.state == whole.state && part.status == whole.status);
  }
  return 0;
}
